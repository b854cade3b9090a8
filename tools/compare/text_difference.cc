// SPDX-License-Identifier: MIT
#include "tools/compare/text_difference.h"

#include <algorithm>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

constexpr std::size_t kContextBefore = 30;  // code points
constexpr std::size_t kContextAfter = 40;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Byte offset `count` code points before / after `from`.
std::size_t Back(std::string_view text, std::size_t from, std::size_t count) {
  while (count > 0 && from > 0) {
    --from;
    if (!IsContinuation(text[from])) --count;
  }
  return from;
}
std::size_t Forward(std::string_view text, std::size_t from, std::size_t count) {
  return from + base::FirstCodePoints(text.substr(from), count).size();
}

}  // namespace

std::optional<TextDifference> FirstDifference(std::string_view old_text, std::string_view new_text, std::string part) {
  if (old_text == new_text) return std::nullopt;
  const auto parted = std::mismatch(old_text.begin(), old_text.end(), new_text.begin(), new_text.end());
  const auto first = static_cast<std::size_t>(parted.first - old_text.begin());
  // Two characters may share their first bytes: step back to where both begin.
  const std::size_t at = std::min(base::CodePointStart(old_text, first), base::CodePointStart(new_text, first));
  const std::string_view common = old_text.substr(0, at);

  TextDifference difference;
  difference.part = std::move(part);
  difference.character = base::CodePointIndex(old_text, at);
  difference.line = 1 + static_cast<std::size_t>(std::count(common.begin(), common.end(), '\n'));
  const std::size_t newline = common.rfind('\n');
  const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  difference.column = 1 + base::CodePointIndex(common.substr(line_start), at - line_start);
  const std::size_t from = Back(old_text, at, kContextBefore);
  difference.before = common.substr(from);
  difference.before_cut = from > 0;
  const std::size_t old_end = Forward(old_text, at, kContextAfter);
  difference.old_text = old_text.substr(at, old_end - at);
  difference.old_cut = old_end < old_text.size();
  const std::size_t new_end = Forward(new_text, at, kContextAfter);
  difference.new_text = new_text.substr(at, new_end - at);
  difference.new_cut = new_end < new_text.size();
  difference.old_whole = base::FirstCodePoints(old_text, kMostWhole);
  difference.old_whole_cut = difference.old_whole.size() < old_text.size();
  difference.new_whole = base::FirstCodePoints(new_text, kMostWhole);
  difference.new_whole_cut = difference.new_whole.size() < new_text.size();
  difference.words = DiffWords(old_text, new_text);
  return difference;
}

}  // namespace assay::compare

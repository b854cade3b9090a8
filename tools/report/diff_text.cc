// SPDX-License-Identifier: MIT
#include "tools/report/diff_text.h"

#include <algorithm>
#include <string_view>

#include "fixtures/base/text.h"
#include "tools/report/answer_text.h"

namespace assay::report {
namespace {

using compare::DiffKind;
using compare::DiffPiece;

// So that no answer can pretend to a change that is none.
std::string WithoutMarks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const char before = out.empty() ? '\0' : out.back();
    const bool opens = (before == '[' && c == '-') || (before == '{' && c == '+');
    const bool closes = (before == '-' && c == ']') || (before == '+' && c == '}');
    if (opens || closes) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string Plain(std::string_view text) { return WithoutMarks(AnswerText(text)); }

// What was removed or added: its beginning, `shown` as an answer's, and how much more there is.
std::string Changed(const DiffPiece& piece, const std::string& shown, std::size_t most) {
  const std::size_t characters = base::CodePointIndex(piece.text, piece.text.size());
  const std::size_t left_out = piece.left_out + (characters > most ? characters - most : 0);
  return WithoutMarks(shown) + (left_out == 0 ? "" : "...(" + std::to_string(left_out) + " characters more)");
}

// What stands around a change: of what is in front of the first one the end, of all else the beginning.
std::string Context(const DiffPiece& piece, std::size_t most, bool first) {
  const std::size_t characters = base::CodePointIndex(piece.text, piece.text.size());
  if (characters <= most && piece.left_out == 0) return Plain(piece.text);
  if (!first || piece.left_out > 0) return Plain(base::FirstCodePoints(piece.text, most)) + "...";
  const std::size_t cut = base::FirstCodePoints(piece.text, characters - most).size();
  return "..." + Plain(std::string_view(piece.text).substr(cut));
}

std::string Line(const compare::DiffHunk& hunk, std::size_t most) {
  std::string line;
  for (std::size_t i = 0; i < hunk.pieces.size(); ++i) {
    const DiffPiece& piece = hunk.pieces[i];
    if (piece.kind == DiffKind::kSame) line += Context(piece, most, i == 0);
    if (piece.kind == DiffKind::kSame) continue;
    const bool removed = piece.kind == DiffKind::kRemoved;
    const bool last = i + 1 == hunk.pieces.size();
    const DiffPiece* const added =
        removed && !last && hunk.pieces[i + 1].kind == DiffKind::kAdded ? &hunk.pieces[i + 1] : nullptr;
    const std::string_view text = base::FirstCodePoints(piece.text, most);
    const std::string_view other = added != nullptr ? base::FirstCodePoints(added->text, most) : text;
    const AnswerTexts texts = AnswerTextsSideBySide(text, other);
    line += (removed ? "[-" : "{+") + Changed(piece, texts.one, most) + (removed ? "-]" : "+}");
    if (added == nullptr) continue;
    line += "{+" + Changed(*added, texts.two, most) + "+}";
    ++i;
  }
  if (hunk.cut_before && !line.starts_with("...")) line.insert(0, "...");
  if (hunk.cut_after && !line.ends_with("...")) line += "...";
  return line;
}

}  // namespace

std::vector<std::string> DiffLines(const compare::TextDiff& diff, const DiffTextLimits& limits) {
  std::vector<std::string> lines;
  const std::size_t shown = std::min(diff.hunks.size(), limits.hunks);
  for (std::size_t i = 0; i < shown; ++i) lines.push_back("words: " + Line(diff.hunks[i], limits.characters));
  if (shown < diff.hunks.size()) {
    lines.push_back("and " + std::to_string(diff.hunks.size() - shown) + " more places, all of them in --json");
  }
  if (diff.bounded) {
    lines.push_back(
        "too much differs for a word by word comparison: what both begin and end with is left out, all "
        "between is shown as one change");
  }
  return lines;
}

}  // namespace assay::report

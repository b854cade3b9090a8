// SPDX-License-Identifier: MIT
#include "tools/compare/similarity.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

constexpr std::uint64_t kEnd = 0x1FFFFF;      // no code point
constexpr std::uint64_t kOddByte = 0x110000;  // bytes that are no UTF-8 stand behind the last code point
constexpr int kBits = 21;
constexpr std::uint64_t kMask = (std::uint64_t{1} << (3 * kBits)) - 1;

// The code point at `at`, which moves behind it; of a byte that is no UTF-8 a character of its own.
std::uint64_t Next(std::string_view text, std::size_t& at) {
  const base::CodePoint point = base::DecodeUtf8(text, at);
  if (point.length == 0) return kOddByte + static_cast<unsigned char>(text[at++]);
  at += point.length;
  return point.value;
}

std::vector<std::uint64_t> Trigrams(std::string_view text) {
  std::vector<std::uint64_t> trigrams;
  trigrams.reserve(text.size() + 2);
  std::uint64_t last = (kEnd << kBits) | kEnd;
  const auto add = [&](std::uint64_t character) {
    last = ((last << kBits) | character) & kMask;
    trigrams.push_back(last);
  };
  for (std::size_t at = 0; at < text.size();) add(Next(text, at));
  add(kEnd);
  add(kEnd);
  std::sort(trigrams.begin(), trigrams.end());
  return trigrams;
}

}  // namespace

double TextSimilarity(std::string_view a, std::string_view b) {
  if (a == b) return 1;
  if (a.empty() || b.empty()) return 0;
  const std::vector<std::uint64_t> of_a = Trigrams(a);
  const std::vector<std::uint64_t> of_b = Trigrams(b);
  std::size_t shared = 0;
  for (auto i = of_a.begin(), k = of_b.begin(); i != of_a.end() && k != of_b.end();) {
    if (*i == *k) {
      ++shared;
      ++i;
      ++k;
    } else {
      *i < *k ? ++i : ++k;
    }
  }
  return 2.0 * static_cast<double>(shared) / static_cast<double>(of_a.size() + of_b.size());
}

}  // namespace assay::compare

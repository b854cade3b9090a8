// SPDX-License-Identifier: MIT
#include "tools/compare/similarity.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::compare {
namespace {

constexpr std::uint64_t kEnd = 0x1FFFFF;      // no code point
constexpr std::uint64_t kOddByte = 0x110000;  // bytes that are no UTF-8 stand behind the last code point
constexpr int kBits = 21;
constexpr std::uint64_t kMask = (std::uint64_t{1} << (3 * kBits)) - 1;

// The code point at `at`, which moves behind it.
std::uint64_t Next(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  bool whole = length > 0 && at + length <= text.size();
  for (std::size_t i = 1; whole && i < length; ++i) whole = (byte(at + i) & 0xC0) == 0x80;
  if (!whole) return kOddByte + byte(at++);
  std::uint64_t value = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) value = (value << 6) | (byte(at + i) & 0x3FU);
  at += length;
  return std::min(value, kEnd - 1);
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

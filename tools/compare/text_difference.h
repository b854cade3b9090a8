// SPDX-License-Identifier: MIT
// Where two texts part: the first character that differs, as people count characters, lines and columns. Pure; linear
// in their length.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assay::compare {

// Where two texts part, with some of what stands around it.
struct TextDifference {
  std::string part;           // "text", "reasoning" or "tool_calls"
  std::size_t character = 0;  // code points before it, from 0
  std::size_t line = 1;       // from 1
  std::size_t column = 1;     // in code points, from 1
  std::string before;         // what both have in front of it, up to 30 code points
  std::string old_text;       // from there on, up to 40 code points
  std::string new_text;
  bool before_cut = false;  // there is more than `before` in front
  bool old_cut = false;
  bool new_cut = false;
};
// Absent when the texts are equal. Linear in their length.
std::optional<TextDifference> FirstDifference(std::string_view old_text, std::string_view new_text, std::string part);

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// Where two texts part: the first character that differs, as people count characters, lines and columns, and all that
// does, word by word. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tools/compare/text_diff.h"

namespace assay::compare {

inline constexpr std::size_t kMostWhole = 4000;  // what a page has room for

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
  std::string old_whole = {};  // from the beginning, up to kMostWhole code points
  std::string new_whole = {};
  bool old_whole_cut = false;
  bool new_whole_cut = false;
  TextDiff words = {};  // all of it
};
// Absent when the texts are equal. Bounded as DiffWords is.
std::optional<TextDifference> FirstDifference(std::string_view old_text, std::string_view new_text, std::string part);

}  // namespace assay::compare

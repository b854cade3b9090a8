// SPDX-License-Identifier: MIT
// What changed between two texts, word by word: for answers, of which a reader wants to see the words that differ and a
// program where they are. Bounded in time and memory whatever the texts are; where the bound is reached the result says
// so and is coarser, never wrong. Texts are taken as they are and come out as they were: whoever shows one escapes it.
// Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay::compare {

enum class DiffKind { kSame, kRemoved, kAdded };

struct DiffPiece {
  DiffKind kind = DiffKind::kSame;
  std::string text;
  std::size_t left_out = 0;  // code points behind `text` that are not shown; 0 = it is whole
};

// Changes that stand close together, with what stands around them.
struct DiffHunk {
  std::size_t old_character = 0;  // code points in front of the first piece, in either text
  std::size_t new_character = 0;
  bool cut_before = false;  // there is text in front of the first piece, and behind the last one
  bool cut_after = false;
  std::vector<DiffPiece> pieces;  // in reading order; of one place what was removed comes first
};

struct DiffLimits {
  std::size_t most_edits = 2000;               // words removed and added
  std::size_t most_work = 20'000'000;          // comparisons of two words
  std::size_t most_bytes = 4U * 1024U * 1024;  // of either text behind what both begin with
  std::size_t most_shown = 65'536;             // code points of one piece
  std::size_t context = 8;                     // words and white spaces around a change
};

struct TextDiff {
  std::size_t first_word = 0;        // words in front of the first one that differs
  double common_prefix_share = 1.0;  // code points both begin with, of those of the longer text; 1 when equal
  std::size_t old_characters = 0;    // code points
  std::size_t new_characters = 0;
  // A limit was reached: what both begin and end with is taken out and all between is one change.
  bool bounded = false;
  std::size_t work = 0;  // comparisons that were made
  std::vector<DiffHunk> hunks;
};

// The end of the word that begins at `at` < text.size(): a run of letters and digits, a run of white space, or one
// other character. Scripts that put no blanks between words (Chinese, Japanese, Thai, ...) give a word per character.
// Marks and joiners belong to what they stand behind, so that an emoji stays whole. Bytes that are no UTF-8 are
// characters.
std::size_t WordEnd(std::string_view text, std::size_t at);

// The fewest words removed and added (E. W. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1,
// 1986, the greedy algorithm of section 3). Changes with nothing but white space between them are one. Time: linear in
// the texts, plus limits.most_work; memory: linear, plus 2 * most_edits^2 bytes.
TextDiff DiffWords(std::string_view old_text, std::string_view new_text, const DiffLimits& limits = {});

}  // namespace assay::compare

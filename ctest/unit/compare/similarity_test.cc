// SPDX-License-Identifier: MIT
#include "tools/compare/similarity.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::compare {
namespace {

TEST(TextSimilarity, EqualTextsAreOneAndStrangersZero) {
  EXPECT_EQ(TextSimilarity("Paris", "Paris"), 1);
  EXPECT_EQ(TextSimilarity("", ""), 1);
  EXPECT_EQ(TextSimilarity("", "a"), 0);
  EXPECT_EQ(TextSimilarity("abc", "xyz"), 0);
}

// By hand, with ^ and $ for the two characters at each end. "night": ^^n ^ni nig igh ght ht$ t$$, "nacht": ^^n ^na nac
// ach cht ht$ t$$: three of seven shared.
TEST(TextSimilarity, SharesOfTrigramsCountedByHand) {
  EXPECT_DOUBLE_EQ(TextSimilarity("night", "nacht"), 2.0 * 3 / 14);
  // "a": ^^a ^a$ a$$; "aa": ^^a ^aa aa$ a$$: two shared of three and four.
  EXPECT_DOUBLE_EQ(TextSimilarity("a", "aa"), 2.0 * 2 / 7);
  // Each counts as often as it occurs: "aaaa" has ^^a ^aa aaa aaa aa$ a$$, "aaa" one aaa: five shared of six and five.
  EXPECT_DOUBLE_EQ(TextSimilarity("aaaa", "aaa"), 2.0 * 5 / 11);
}

TEST(TextSimilarity, CharactersAreCodePoints) {
  // "日本" and "日中" part in one of two characters, as "ab" and "ac" do: ^^a ^ab ab$ b$$ against ^^a ^ac ac$ c$$.
  EXPECT_DOUBLE_EQ(TextSimilarity("日本", "日中"), 2.0 * 1 / 8);
  EXPECT_DOUBLE_EQ(TextSimilarity("🙂x", "🙂y"), 2.0 * 1 / 8);
  EXPECT_DOUBLE_EQ(TextSimilarity("ab", "ac"), 2.0 * 1 / 8);
}

TEST(TextSimilarity, BytesThatAreNoTextAreCharactersToo) {
  EXPECT_LT(TextSimilarity("a\xff", "a\xfe"), 1);
  EXPECT_LT(TextSimilarity("a\xe2\x82", "a\xe2"), 1);
  EXPECT_EQ(TextSimilarity(std::string("\0\0", 2), std::string("\0\0", 2)), 1);
}

TEST(TextSimilarity, OneWordOfALongTextMovesItLittle) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "word" + std::to_string(i) + " ";
  std::string other = text;
  other.replace(other.find("word100"), 7, "another");
  EXPECT_GT(TextSimilarity(text, other), 0.98);
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// The search for a prompt length, against tokenizers that are formulas.
#include "fixtures/session/fit_input.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::session {
namespace {

class FitWordsTest : public ::testing::Test {
 protected:
  CountWithWords Counting(std::function<std::int64_t(std::int64_t words)> tokens) {
    return [this, tokens = std::move(tokens)](std::int64_t words) -> base::Result<std::int64_t> {
      asked_.push_back(words);
      return tokens(words);
    };
  }
  std::vector<std::int64_t> asked_;
};

TEST_F(FitWordsTest, APromptThatIsRightGetsNoWords) {
  const Fit fit = FitWords(12, Counting([](std::int64_t) { return 12; })).value();
  EXPECT_EQ(fit.words, 0);
  EXPECT_EQ(fit.tokens, 12);
  EXPECT_EQ(asked_, std::vector<std::int64_t>({0}));
}

// 10 + 4 for what stands around the words + one token each: 54 words miss 64 by 4, and 50 meet it. The first line goes
// through (0, 10) and (54, 68): 58 / 54 tokens a word, so 4 tokens are 3.7 words, 4.
TEST_F(FitWordsTest, WhatStandsAroundTheWordsIsCorrected) {
  const Fit fit = FitWords(64, Counting([](std::int64_t words) { return words == 0 ? 10 : 14 + words; })).value();
  EXPECT_EQ(fit.words, 50);
  EXPECT_EQ(fit.tokens, 64);
  EXPECT_EQ(asked_, std::vector<std::int64_t>({0, 54, 50}));
}

// Two tokens a word and 14 around: 64 = 14 + 2 * 25.
TEST_F(FitWordsTest, WordsOfSeveralTokensAreMet) {
  const Fit fit = FitWords(64, Counting([](std::int64_t words) { return words == 0 ? 10 : 14 + 2 * words; })).value();
  EXPECT_EQ(fit.words, 25);
  EXPECT_EQ(fit.tokens, 64);
}

// 65 is odd and never comes: 64 and 66 are as near.
TEST_F(FitWordsTest, TheNearestStandsWhereNothingFits) {
  const Fit fit = FitWords(65, Counting([](std::int64_t words) { return words == 0 ? 10 : 14 + 2 * words; })).value();
  EXPECT_EQ(std::abs(fit.tokens - 65), 1);
  EXPECT_LE(asked_.size(), 5U);
}

// One token more than the prompt has and at least five with any word: none is nearer than five.
TEST_F(FitWordsTest, NoWordsMayBeTheNearest) {
  const Fit fit = FitWords(11, Counting([](std::int64_t words) { return words == 0 ? 10 : 14 + words; })).value();
  EXPECT_EQ(fit.words, 0);
  EXPECT_EQ(fit.tokens, 10);
}

TEST_F(FitWordsTest, AtMostThreeCorrections) {
  const auto chaos = [](std::int64_t words) { return words == 0 ? 10 : 500 + (words * 7919) % 100; };
  static_cast<void>(FitWords(100, Counting(chaos)));
  EXPECT_LE(asked_.size(), 5U);  // none, the first guess, three corrections
  for (const std::int64_t words : asked_) EXPECT_GE(words, 0);
}

TEST_F(FitWordsTest, APromptThatIsTooLongIsWrongUsageWithBothNumbers) {
  const auto fit = FitWords(20, Counting([](std::int64_t) { return 31; }));
  ASSERT_FALSE(fit.ok());
  EXPECT_EQ(fit.error().code, base::ErrorCode::kUsage);
  EXPECT_NE(fit.error().what.find("20"), std::string::npos);
  EXPECT_NE(fit.error().what.find("31"), std::string::npos);
}

TEST_F(FitWordsTest, ACountThatFailsEndsIt) {
  int calls = 0;
  const auto fit = FitWords(64, [&](std::int64_t) -> base::Result<std::int64_t> {
    if (++calls == 2) return base::Error{base::ErrorCode::kUnavailable, "HTTP 500", ""};
    return 10;
  });
  ASSERT_FALSE(fit.ok());
  EXPECT_EQ(fit.error().what, "HTTP 500");
}

}  // namespace
}  // namespace assay::session

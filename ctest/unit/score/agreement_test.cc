// SPDX-License-Identifier: MIT
#include "tools/score/agreement.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::score {
namespace {

// By hand. a = 1 2 3 4 5, b = 1 2 3 4 4. Observed squared differences: 1. Expected: every a against every b over 5:
// b=1: 0+1+4+9+16 = 30, b=2: 1+0+1+4+9 = 15, b=3: 10, b=4 twice: 15 each; 85 / 5 = 17. Kappa = 1 - 1/17.
TEST(Agreement, WeightedKappaCountedByHand) {
  const std::vector<MarkPair> pairs = {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 4}};
  const std::optional<Agreement> agreement = AgreementOf(pairs);
  ASSERT_TRUE(agreement.has_value());
  EXPECT_DOUBLE_EQ(agreement->exact, 0.8);
  EXPECT_DOUBLE_EQ(agreement->within_one, 1);
  EXPECT_NEAR(agreement->kappa.value_or(0), 16.0 / 17.0, 1e-12);
  EXPECT_EQ(agreement->answers, 5U);
}

TEST(Agreement, ExtremesOfKappa) {
  const std::vector<MarkPair> same = {{1, 1}, {5, 5}};
  EXPECT_DOUBLE_EQ(AgreementOf(same)->kappa.value_or(9), 1);
  const std::vector<MarkPair> opposite = {{1, 5}, {5, 1}};
  EXPECT_DOUBLE_EQ(AgreementOf(opposite)->kappa.value_or(9), -1);  // 32 observed, 16 expected
  EXPECT_EQ(AgreementOf(opposite)->within_one, 0);
  // One rater without any spread: observed equals expected.
  const std::vector<MarkPair> flat = {{1, 3}, {5, 3}};
  EXPECT_DOUBLE_EQ(AgreementOf(flat)->kappa.value_or(9), 0);
  const std::vector<MarkPair> one = {{3, 3}, {3, 3}};
  EXPECT_EQ(AgreementOf(one)->kappa, std::nullopt);
  EXPECT_EQ(AgreementOf({}), std::nullopt);
}

TEST(Agreement, JudgesAreHeldAgainstTheMeanOfPeople) {
  run::Scores scores;
  scores.raters = {{"ann", std::nullopt}, {"bob", std::nullopt}, {"judge m", run::JudgeInfo{"m", 1}}};
  scores.marks = {{"c", "x", "ann", {{"brevity", 2}, {"tone", 5}}, ""},
                  {"c", "x", "bob", {{"brevity", 3}}, ""},
                  {"c", "x", "judge m", {{"brevity", 3}}, ""},  // the mean of 2 and 3 rounds to 3
                  {"c", "y", "judge m", {{"brevity", 1}}, ""},  // nobody else marked it
                  {"c", "z", "ann", {{"brevity", 5}}, ""},
                  {"c", "z", "judge m", {{"brevity", 1}}, ""}};
  const std::vector<JudgeAgreement> all = AgreementWithPeople(scores);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].judge, "judge m");
  EXPECT_EQ(all[0].dimension, "brevity");
  EXPECT_EQ(all[0].agreement.answers, 2U);
  EXPECT_DOUBLE_EQ(all[0].agreement.exact, 0.5);
}

}  // namespace
}  // namespace assay::score

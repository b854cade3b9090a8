// SPDX-License-Identifier: MIT
// The gate on pairs of requests: what cancels, what is found, what is refused, and what a second look changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

using ::testing::HasSubstr;

// Pairs that share a drift of 30 % and differ by noise of their own.
class Pairs {
 public:
  explicit Pairs(unsigned seed) : random_(seed) {}

  PairedSeries::Block Block(int n, double factor, double noise = 0.02) {
    PairedSeries::Block block;
    for (int i = 0; i < n; ++i) {
      const double shared = 100 * (1 + 0.3 * std::sin(i));
      block.base.push_back(shared * std::exp(noise * Normal()));
      block.head.push_back(shared * factor * std::exp(noise * Normal()));
    }
    return block;
  }
  PairedSeries Series(std::vector<int> blocks, double factor, double noise = 0.02) {
    PairedSeries one;
    one.metric = run::FindMetric("ttft_ms");
    one.min_effect = 0.05;
    for (const int n : blocks) one.blocks.push_back(Block(n, factor, noise));
    return one;
  }
  std::vector<PairedSeries> Family(int cases, const std::vector<int>& blocks, double all = 1) {
    std::vector<PairedSeries> family;
    for (int c = 0; c < cases; ++c) family.push_back(Series(blocks, all));
    return family;
  }

 private:
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random_()) / 4294967296.0;
    return sum;
  }
  std::mt19937 random_;
};

FamilyFindings Judge(const std::vector<PairedSeries>& family) { return GateRule().JudgePairs(family, FamilyOptions{}); }

TEST(GatePairs, WhatBothSidesShareCancels) {
  Pairs pairs(1);
  std::vector<PairedSeries> family;
  for (int c = 0; c < 4; ++c) family.push_back(pairs.Series({6, 6}, 1.2, 0));
  const FamilyFindings judged = Judge(family);
  ASSERT_EQ(judged.pairs.size(), 4U);
  for (const LatencyFinding& finding : judged.pairs) {
    // Every pair is ln 1.2 apart, whatever the drift did.
    EXPECT_NEAR(finding.change.value(), 0.2, 1e-9);
    EXPECT_EQ(finding.verdict, Verdict::kRegressed);
    EXPECT_EQ(finding.n_head, 12U);
    EXPECT_EQ(finding.n_base, 12U);
    EXPECT_EQ(finding.sessions, 2U);
    EXPECT_EQ(finding.family, 4U);
  }
}

TEST(GatePairs, OneSlowerCaseIsFoundAndTheOthersAreNot) {
  Pairs pairs(2);
  std::vector<PairedSeries> family = pairs.Family(20, {10, 10});
  family[3] = pairs.Series({10, 10}, 1.15);
  family[4] = pairs.Series({10, 10}, 0.85);
  const FamilyFindings judged = Judge(family);
  for (std::size_t i = 0; i < family.size(); ++i) {
    const Verdict wanted = i == 3 ? Verdict::kRegressed : i == 4 ? Verdict::kImproved : Verdict::kUnchanged;
    EXPECT_EQ(judged.pairs[i].verdict, wanted) << i;
  }
  const LatencyFinding& slow = judged.pairs[3];
  EXPECT_LT(slow.lower.value(), 0.15);
  EXPECT_GT(slow.upper.value(), 0.15);
  EXPECT_LT(slow.p_adjusted.value(), 0.05);
  EXPECT_TRUE(slow.suspect);
  EXPECT_GT(slow.mde.value(), 0.05);
  EXPECT_LT(slow.mde.value(), 0.15);
}

TEST(GatePairs, MoreIsBetterTurnsTheDirection) {
  Pairs pairs(3);
  std::vector<PairedSeries> family = pairs.Family(10, {10, 10});
  family[0] = pairs.Series({10, 10}, 0.8);
  for (PairedSeries& one : family) one.metric = run::FindMetric("decode_tokens_per_s");
  ASSERT_NE(family[0].metric, nullptr);
  const FamilyFindings judged = Judge(family);
  EXPECT_EQ(judged.pairs[0].verdict, Verdict::kRegressed);
  EXPECT_NEAR(judged.pairs[0].change.value(), -0.2, 0.02);
}

TEST(GatePairs, FourPairsAreTooFew) {
  Pairs pairs(4);
  std::vector<PairedSeries> family = pairs.Family(10, {10, 10});
  family[0] = pairs.Series({2, 2}, 2);
  const FamilyFindings judged = Judge(family);
  EXPECT_EQ(judged.pairs[0].verdict, Verdict::kCannotTell);
  EXPECT_EQ(judged.pairs[0].code, LatencyReason::kTooFewSamples);
  EXPECT_THAT(judged.pairs[0].reason, HasSubstr("there are 4 pairs, 5 are needed"));
  EXPECT_EQ(judged.pairs[1].family, 9U);
}

TEST(GatePairs, ATimeOfZeroIsNoSpeedUp) {
  Pairs pairs(5);
  std::vector<PairedSeries> family = pairs.Family(10, {10, 10});
  family[0].blocks[1].head[2] = 0;
  const FamilyFindings judged = Judge(family);
  EXPECT_EQ(judged.pairs[0].verdict, Verdict::kCannotTell);
  EXPECT_EQ(judged.pairs[0].code, LatencyReason::kZeroTime);
}

TEST(GatePairs, ToleranceIsTestedAgainst) {
  Pairs pairs(6);
  std::vector<PairedSeries> family = pairs.Family(10, {10, 10});
  family[0] = pairs.Series({10, 10}, 1.12);
  EXPECT_EQ(Judge(family).pairs[0].verdict, Verdict::kRegressed);
  for (PairedSeries& one : family) one.tolerance = 0.15;
  EXPECT_EQ(Judge(family).pairs[0].verdict, Verdict::kUnchanged);
}

TEST(GatePairs, AllSlowerIsTheSoftware) {
  Pairs pairs(7);
  const FamilyFindings judged = Judge(pairs.Family(20, {10, 10}, 1.06));
  ASSERT_TRUE(judged.suite.has_value());
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kSuiteRegression);
  EXPECT_NEAR(judged.suite->change.value(), 0.06, 0.01);
  EXPECT_LT(judged.suite->p.value(), 0.01);
  EXPECT_EQ(judged.suite->cases, 20U);
  EXPECT_EQ(judged.suite->sessions, 2U);
  EXPECT_EQ(Judge(pairs.Family(20, {10, 10}, 0.94)).suite->verdict, SuiteVerdict::kSuiteImprovement);
  EXPECT_EQ(Judge(pairs.Family(20, {10, 10})).suite->verdict, SuiteVerdict::kUnchanged);
}

TEST(GatePairs, AShiftBelowTheSmallestThatCountsIsNone) {
  Pairs pairs(8);
  const FamilyFindings judged = Judge(pairs.Family(40, {20, 20}, 1.02));
  EXPECT_LT(judged.suite->p.value(), 0.01);  // it is surely there
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kUnchanged);
}

TEST(GatePairs, WithoutARestartCasesAreJudgedAndTheSuiteIsNot) {
  Pairs pairs(9);
  std::vector<PairedSeries> family = pairs.Family(20, {20});
  family[0] = pairs.Series({20}, 1.2);
  const FamilyFindings judged = Judge(family);
  EXPECT_EQ(judged.pairs[0].verdict, Verdict::kRegressed);
  EXPECT_EQ(judged.pairs[1].verdict, Verdict::kUnchanged);
  ASSERT_TRUE(judged.suite.has_value());
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kNotJudged);
  EXPECT_THAT(judged.suite->reason, HasSubstr("nothing was restarted"));
}

TEST(GatePairs, AFewCasesWithoutARestartAreJudgedToo) {
  Pairs pairs(10);
  std::vector<PairedSeries> family = pairs.Family(2, {20});
  family[0] = pairs.Series({20}, 1.2);
  const FamilyFindings judged = Judge(family);
  EXPECT_EQ(judged.pairs[0].verdict, Verdict::kRegressed);
  EXPECT_EQ(judged.pairs[1].verdict, Verdict::kUnchanged);
}

TEST(GatePairs, ABlockIsOnePairWhereSidesWereNotAskedInTurns) {
  // Differences of the blocks: ln 1.1, ln 1.2, ln 1.3 and ln 1.2; nothing is trimmed of four, so that their mean is
  // (ln 1.1 + 2 ln 1.2 + ln 1.3) / 4 = 0.1805794.
  std::vector<PairedSeries> family;
  for (int c = 0; c < 3; ++c) {
    PairedSeries one;
    one.metric = run::FindMetric("ttft_ms");
    one.min_effect = 0.05;
    one.block_is_pair = true;
    for (const double factor : {1.1, 1.2, 1.3, 1.2}) {
      // As many requests as came; they are no partners.
      one.blocks.push_back(PairedSeries::Block{{100, 100, 100, 100}, std::vector<double>(6, 100 * factor)});
    }
    family.push_back(std::move(one));
  }
  const FamilyFindings judged = Judge(family);
  EXPECT_NEAR(judged.pairs[0].change.value(), std::expm1(0.1805794), 1e-6);
  EXPECT_EQ(judged.pairs[0].sessions, 4U);
  EXPECT_EQ(judged.pairs[0].n_head, 24U);
  EXPECT_EQ(judged.pairs[0].n_base, 16U);

  for (PairedSeries& one : family) one.blocks.resize(2);
  const FamilyFindings few = Judge(family);
  EXPECT_EQ(few.pairs[0].code, LatencyReason::kTooFewSamples);
  EXPECT_THAT(few.pairs[0].reason, HasSubstr("there are 2 blocks of both sides, 3 are needed"));
}

TEST(GatePairs, ASecondLookAcquitsWhatTheFirstOnlySuspected) {
  Pairs pairs(11);
  std::vector<PairedSeries> family = pairs.Family(20, {5, 5});
  family[0] = pairs.Series({5, 5}, 1.2);
  const FamilyFindings first = Judge(family);
  ASSERT_EQ(first.pairs[0].verdict, Verdict::kRegressed);
  EXPECT_FALSE(first.pairs[0].first_change.has_value());

  family[0].second_blocks = pairs.Series({10, 10}, 1.0).blocks;
  const FamilyFindings both = Judge(family);
  EXPECT_EQ(both.pairs[0].n_second, 20U);
  EXPECT_NEAR(both.pairs[0].first_change.value(), first.pairs[0].change.value(), 1e-12);
  // A third of +20 % and two thirds of nothing: (1/3) ln 1.2 = 0.061.
  EXPECT_NEAR(both.pairs[0].change.value(), std::expm1(std::log(1.2) / 3), 0.02);
}

TEST(GatePairs, ASecondLookConvictsWhatIsStillThere) {
  Pairs pairs(12);
  std::vector<PairedSeries> family = pairs.Family(20, {5, 5});
  family[0] = pairs.Series({5, 5}, 1.2);
  family[0].second_blocks = pairs.Series({10, 10}, 1.2).blocks;
  const FamilyFindings both = Judge(family);
  EXPECT_EQ(both.pairs[0].verdict, Verdict::kRegressed);
  EXPECT_EQ(both.pairs[0].n_second, 20U);
  EXPECT_EQ(both.pairs[1].n_second, 0U);
  EXPECT_EQ(both.pairs[1].verdict, Verdict::kUnchanged);
}

TEST(GatePairs, EachLookIsKnownByItself) {
  Pairs pairs(14);
  std::vector<PairedSeries> family = pairs.Family(20, {5, 5});
  family[0] = pairs.Series({5, 5}, 1.3);
  EXPECT_FALSE(Judge(family).pairs[0].second_change.has_value());
  family[0].second_blocks = pairs.Series({10, 10}, 1.0).blocks;
  const LatencyFinding both = Judge(family).pairs[0];
  EXPECT_NEAR(both.first_change.value(), 0.3, 0.03);
  EXPECT_NEAR(both.second_change.value(), 0, 0.03);
}

// A second look was taken and has nothing, or too little, of what the first found.
TEST(GatePairs, WhatWasNotMeasuredAgainIsNotConfirmed) {
  Pairs pairs(15);
  std::vector<PairedSeries> family = pairs.Family(20, {10, 10});
  family[0] = pairs.Series({10, 10}, 1.3);
  FamilyOptions twice;
  twice.second_look = true;
  for (const std::vector<int>& again : {std::vector<int>{}, std::vector<int>{2, 2}}) {
    family[0].second_blocks.clear();
    for (const int n : again) family[0].second_blocks.push_back(pairs.Block(n, 1.3));
    const FamilyFindings judged = GateRule().JudgePairs(family, twice);
    EXPECT_EQ(judged.pairs[0].verdict, Verdict::kCannotTell);
    EXPECT_EQ(judged.pairs[0].code, LatencyReason::kNotConfirmed);
    EXPECT_NEAR(judged.pairs[0].change.value(), 0.3, 0.03);
    EXPECT_EQ(judged.pairs[1].verdict, Verdict::kUnchanged);
  }
  family[0].second_blocks.clear();
  EXPECT_EQ(Judge(family).pairs[0].verdict, Verdict::kRegressed);  // one look
}

TEST(GatePairs, ASideThatIsTooGoodToBeTrueIsNoImprovement) {
  Pairs pairs(16);
  std::vector<PairedSeries> family = pairs.Family(4, {6, 6});
  family[0] = pairs.Series({6, 6}, 0.001);  // seconds for milliseconds
  family[1] = pairs.Series({6, 6}, 0.1);
  const FamilyFindings judged = Judge(family);
  EXPECT_EQ(judged.pairs[0].verdict, Verdict::kCannotTell);
  EXPECT_EQ(judged.pairs[0].code, LatencyReason::kImplausible);
  EXPECT_THAT(judged.pairs[0].reason, HasSubstr("more than 100 times better than the base; look at the unit"));
  EXPECT_EQ(judged.pairs[1].verdict, Verdict::kImproved);
}

TEST(GatePairs, NothingToJudgeSaysSoForEachCase) {
  Pairs pairs(13);
  const FamilyFindings judged = Judge(pairs.Family(2, {1, 1}));
  ASSERT_EQ(judged.pairs.size(), 2U);
  EXPECT_EQ(judged.pairs[0].code, LatencyReason::kTooFewSamples);
  EXPECT_FALSE(judged.suite.has_value());
}

}  // namespace
}  // namespace assay::compare

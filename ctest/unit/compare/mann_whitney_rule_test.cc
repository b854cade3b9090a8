// SPDX-License-Identifier: MIT
// Expected p-values are counted by hand: two samples without ties that separate completely have a
// one-sided exact p of 1 / C(n+m, n). C(10, 5) = 252, C(20, 10) = 184756.
#include "tools/compare/mann_whitney_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::compare {
namespace {

using ::testing::HasSubstr;

std::vector<double> Ramp(int n, double first, double step) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(first + step * i);
  return values;
}

LatencySeries Series(std::vector<double> head, std::vector<std::vector<double>> sessions,
                     const char* metric = "e2e_ms") {
  LatencySeries series;
  series.case_id = "case";
  series.metric = run::FindMetric(metric);
  series.min_effect = 0.05;
  series.head = std::move(head);
  for (std::vector<double>& session : sessions) {
    series.base.push_back(SessionValues{"session " + std::to_string(series.base.size() + 1), std::move(session)});
  }
  return series;
}

LatencyFinding JudgeOne(LatencySeries series) {
  const std::vector<LatencySeries> family = {std::move(series)};
  return MannWhitneyRule().Judge(family, 0.05).at(0);
}

TEST(MannWhitneyRule, SlowerBeyondChanceAndEffectIsRegressed) {
  // Medians 102 and 152: +49.0196 %.
  const LatencyFinding finding = JudgeOne(Series(Ramp(5, 150, 1), {Ramp(5, 100, 1)}));
  EXPECT_EQ(finding.verdict, Verdict::kRegressed);
  EXPECT_EQ(finding.base_median, 102.0);
  EXPECT_EQ(finding.head_median, 152.0);
  EXPECT_NEAR(*finding.change, 50.0 / 102.0, 1e-12);
  EXPECT_NEAR(*finding.p, 1.0 / 252.0, 1e-12);
  EXPECT_NEAR(*finding.p_adjusted, 1.0 / 252.0, 1e-12);
  EXPECT_EQ(finding.n_head, 5U);
  EXPECT_EQ(finding.n_base, 5U);
}

TEST(MannWhitneyRule, FasterBeyondChanceAndEffectIsImproved) {
  const LatencyFinding finding = JudgeOne(Series(Ramp(5, 50, 1), {Ramp(5, 100, 1)}));
  EXPECT_EQ(finding.verdict, Verdict::kImproved);
  EXPECT_NEAR(*finding.p, 1.0 / 252.0, 1e-12);
}

TEST(MannWhitneyRule, SameNumbersAreUnchanged) {
  const LatencyFinding finding = JudgeOne(Series(Ramp(5, 100.5, 1), {Ramp(5, 100, 1)}));
  EXPECT_EQ(finding.verdict, Verdict::kUnchanged);
  EXPECT_EQ(finding.code, LatencyReason::kNone);
}

TEST(MannWhitneyRule, DifferenceBelowTheSmallestEffectIsUnchanged) {
  // Medians 100.2 and 103.2: +2.99 %, and yet every head value is above every base value.
  const LatencyFinding finding = JudgeOne(Series(Ramp(5, 103, 0.1), {Ramp(5, 100, 0.1)}));
  EXPECT_EQ(finding.verdict, Verdict::kUnchanged);
  EXPECT_EQ(finding.code, LatencyReason::kBelowMinEffect);
}

TEST(MannWhitneyRule, ASessionAsSlowAsTheHeadExplainsIt) {
  // Sessions at 100, 100 and 148: the pooled median is 103ish, the head's 152 is not 5 % above the
  // slow session.
  const LatencyFinding finding =
      JudgeOne(Series(Ramp(10, 150.5, 0.5), {Ramp(10, 100, 1), Ramp(10, 100.3, 1), Ramp(10, 144.25, 0.5)}));
  EXPECT_EQ(finding.verdict, Verdict::kUnchanged);
  EXPECT_EQ(finding.code, LatencyReason::kWithinSessionSpread);
  EXPECT_THAT(finding.reason, HasSubstr("session 3"));
  EXPECT_EQ(finding.sessions, 3U);
}

TEST(MannWhitneyRule, DirectionComesFromTheMetric) {
  const LatencyFinding more = JudgeOne(Series(Ramp(5, 150, 1), {Ramp(5, 100, 1)}, "decode_tokens_per_s"));
  EXPECT_EQ(more.verdict, Verdict::kImproved);
  const LatencyFinding less = JudgeOne(Series(Ramp(5, 50, 1), {Ramp(5, 100, 1)}, "decode_tokens_per_s"));
  EXPECT_EQ(less.verdict, Verdict::kRegressed);
  EXPECT_NEAR(*less.p, 1.0 / 252.0, 1e-12);
}

TEST(MannWhitneyRule, HolmCountsTheWholeFamily) {
  // 13 pairs, one of them separated: 13 / 252 = 0.0516 is above alpha, 12 / 252 = 0.0476 below.
  const auto family = [](std::size_t size) {
    std::vector<LatencySeries> all;
    all.push_back(Series(Ramp(5, 150, 1), {Ramp(5, 100, 1)}));
    while (all.size() < size) all.push_back(Series(Ramp(5, 100.5, 1), {Ramp(5, 100, 1)}));
    return all;
  };
  const LatencyFinding twelve = MannWhitneyRule().Judge(family(12), 0.05).at(0);
  EXPECT_EQ(twelve.verdict, Verdict::kRegressed);
  EXPECT_NEAR(*twelve.p_adjusted, 12.0 / 252.0, 1e-12);
  const LatencyFinding thirteen = MannWhitneyRule().Judge(family(13), 0.05).at(0);
  EXPECT_EQ(thirteen.verdict, Verdict::kCannotTell);
  EXPECT_EQ(thirteen.code, LatencyReason::kTooFewSamples);
  EXPECT_EQ(thirteen.family, 13U);
}

TEST(MannWhitneyRule, TooFewSamplesSaysHowManyAreNeeded) {
  // 1 / C(4, 2) = 1/6, 1 / C(6, 3) = 1/20 is not below 0.05, 1 / C(8, 4) = 1/70 is.
  const LatencyFinding both = JudgeOne(Series(Ramp(2, 150, 1), {Ramp(2, 100, 1)}));
  EXPECT_EQ(both.verdict, Verdict::kCannotTell);
  EXPECT_THAT(both.reason, HasSubstr("2 in the run and 2 in the baseline"));
  EXPECT_THAT(both.reason, HasSubstr("4 on each side are needed"));
  // One against ten: 1/11; two against ten: 1/66.
  const LatencyFinding one = JudgeOne(Series(Ramp(1, 150, 1), {Ramp(10, 100, 1)}));
  EXPECT_THAT(one.reason, HasSubstr("2 in the run are needed"));
  EXPECT_EQ(SmallestUsefulSample(1, 0.05), 4U);
  // 108 pairs (36 cases, 3 metrics): C(14, 7) = 3432, 108/3432 = 0.031; C(12, 6) = 924, 108/924 =
  // 0.117.
  EXPECT_EQ(SmallestUsefulSample(108, 0.05), 7U);
}

TEST(MannWhitneyRule, AZeroTimeIsNoImprovement) {
  std::vector<double> head = Ramp(5, 50, 1);
  head[2] = 0;
  const LatencyFinding finding = JudgeOne(Series(std::move(head), {Ramp(5, 100, 1)}));
  EXPECT_EQ(finding.verdict, Verdict::kCannotTell);
  EXPECT_EQ(finding.code, LatencyReason::kZeroTime);
}

TEST(MannWhitneyRule, AnEmptyFamilyHasNoFindings) { EXPECT_TRUE(MannWhitneyRule().Judge({}, 0.05).empty()); }

}  // namespace
}  // namespace assay::compare

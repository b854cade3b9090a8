// SPDX-License-Identifier: MIT
#include "tools/compare/budgets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;

Budget On(std::string_view metric, double quantile, double limit, std::string match = "*") {
  return Budget{std::move(match), run::FindMetric(metric), quantile, limit, true};
}

std::vector<BudgetFinding> Judged(const RunBuilder& builder, std::vector<Budget> budgets) {
  Policy policy = DefaultPolicy();
  policy.budgets = std::move(budgets);
  return JudgeBudgets(builder.Build().cases.front(), policy);
}

// e2e_ms 100, 101, ... 100 + n - 1.
RunBuilder Ramp(int n) {
  RunBuilder builder;
  builder.Case("capital").AddRamp(n, 100, 1);
  return builder;
}

TEST(Budgets, AMedianAtTheLimitIsWithin) {
  const auto findings = Judged(Ramp(5), {On("e2e_ms", 0.5, 102)});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].verdict, Verdict::kUnchanged);
  EXPECT_EQ(findings[0].observed, 102.0);
  EXPECT_EQ(findings[0].n, 5U);
  EXPECT_EQ(findings[0].reason, "");
  EXPECT_TRUE(findings[0].gates);
}

TEST(Budgets, AMedianBeyondTheLimitIsOverBudget) {
  const auto findings = Judged(Ramp(5), {On("e2e_ms", 0.5, 101.5)});
  EXPECT_EQ(findings.at(0).verdict, Verdict::kRegressed);
  EXPECT_EQ(findings.at(0).reason, "p50 of e2e_ms is 102 ms, the budget at most 101.5");
}

TEST(Budgets, WhereHigherIsBetterTheLimitIsAMinimum) {
  // tpot = (100 - 20) / (5 - 1) = 20 ms, so 50 tokens/s.
  RunBuilder builder;
  builder.Case("capital").Add(SampleSpec{});
  EXPECT_EQ(Judged(builder, {On("decode_tokens_per_s", 0.5, 50)}).at(0).verdict, Verdict::kUnchanged);
  const auto findings = Judged(builder, {On("decode_tokens_per_s", 0.5, 50.5)});
  EXPECT_EQ(findings.at(0).verdict, Verdict::kRegressed);
  EXPECT_THAT(findings.at(0).reason, HasSubstr("is 50 tokens/s, the budget at least 50.5"));
}

// 64 values are the fewest for a p90 (metrics.md b3); the p10 is the tail of what should be high.
TEST(Budgets, AQuantileOfTooFewValuesIsNotTold) {
  const auto few = Judged(Ramp(63), {On("e2e_ms", 0.9, 1), On("e2e_ms", 0.1, 1)});
  EXPECT_EQ(few.at(0).verdict, Verdict::kCannotTell);
  EXPECT_FALSE(few.at(0).observed.has_value());
  EXPECT_EQ(few.at(0).reason, "p90 of e2e_ms needs 64 values, there are 63");
  EXPECT_EQ(few.at(1).reason, "p10 of e2e_ms needs 64 values, there are 63");
  // 100 + 0.9 * 63 = 156.7.
  const auto enough = Judged(Ramp(64), {On("e2e_ms", 0.9, 156.8), On("e2e_ms", 0.9, 156.6, "*capital*")});
  ASSERT_EQ(enough.size(), 1U);  // the later one of two on the same quantile
  EXPECT_NEAR(enough.at(0).observed.value(), 156.7, 1e-9);
  EXPECT_EQ(enough.at(0).verdict, Verdict::kRegressed);
  EXPECT_EQ(Judged(Ramp(20), {On("e2e_ms", 0.99, 1)}).at(0).reason, "p99 of e2e_ms needs 662 values, there are 20");
}

TEST(Budgets, AMetricNoRequestHasIsNotTold) {
  const auto findings = Judged(Ramp(5), {On("load_ms", 0.5, 100)});
  EXPECT_EQ(findings.at(0).verdict, Verdict::kCannotTell);
  EXPECT_EQ(findings.at(0).reason, "no request has load_ms");
  EXPECT_EQ(findings.at(0).n, 0U);
}

TEST(Budgets, OnlyRequestsThatCountAreInIt) {
  RunBuilder builder;
  SampleSpec warmup;
  warmup.warmup = true;
  warmup.e2e_ms = 9000;
  SampleSpec failed;
  failed.outcome = run::Outcome::kTimeout;
  failed.error = "no answer";
  failed.e2e_ms = 9000;
  builder.Case("capital").Add(warmup).AddRamp(3, 100, 1).Add(failed);
  EXPECT_EQ(Judged(builder, {On("e2e_ms", 0.5, 101)}).at(0).observed, 101.0);
}

TEST(Budgets, OnlyThoseThatMatchTheCaseInTheOrderOfThePolicy) {
  const auto findings =
      Judged(Ramp(5), {On("e2e_ms", 0.5, 500), On("ttft_ms", 0.5, 5, "*code*"), On("ttft_ms", 0.5, 50, "*capital*")});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].metric, run::FindMetric("e2e_ms"));
  EXPECT_EQ(findings[1].metric, run::FindMetric("ttft_ms"));
  EXPECT_EQ(findings[1].limit, 50);
}

TEST(Budgets, NumbersOfARunThatIsNotValidAreNeitherOverNorWithin) {
  auto findings = Judged(Ramp(5), {On("e2e_ms", 0.5, 1), On("load_ms", 0.5, 1)});
  MarkNotValid("", findings);
  EXPECT_EQ(findings[0].verdict, Verdict::kRegressed);
  MarkNotValid("the client was busy", findings);
  EXPECT_EQ(findings[0].verdict, Verdict::kCannotTell);
  EXPECT_EQ(findings[0].reason, "the client was busy");
  EXPECT_EQ(findings[1].reason, "no request has load_ms");
}

TEST(Budgets, QuantilesHaveNames) {
  EXPECT_EQ(QuantileName(0.5), "p50");
  EXPECT_EQ(QuantileName(0.9), "p90");
  EXPECT_EQ(QuantileName(0.999), "p99.9");
  EXPECT_EQ(QuantileName(0.07), "p7");
}

}  // namespace
}  // namespace assay::compare

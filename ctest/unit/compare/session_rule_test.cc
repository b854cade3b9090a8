// SPDX-License-Identifier: MIT
#include "tools/compare/session_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace assay::compare {
namespace {

using ::testing::HasSubstr;

// One number per session; `head` is the last.
LatencySeries Series(const char* metric, const std::vector<double>& sessions, double head) {
  LatencySeries one;
  one.case_id = "case";
  one.metric = run::FindMetric(metric);
  one.min_effect = 0.05;
  one.head = {head};
  for (std::size_t k = 0; k < sessions.size(); ++k) {
    one.base.push_back({"session " + std::to_string(k), {sessions[k]}});
  }
  return one;
}

LatencyFinding Judge(const LatencySeries& one) {
  const std::vector<LatencySeries> family = {one};
  return JudgeSessionNumbers(family, {0.05, {}}).pairs.at(0);
}

// ln of the sessions 0.98 .. 1.02: s = 0.0158, se = s sqrt(1 + 1/5) = 0.0173, df 4; t_.95 = 2.13: flagged from 3.7 %
// on, and never below 5 %.
const std::vector<double> kSessions = {98, 99, 100, 101, 102};

TEST(SessionRule, LessThroughputThanSessionsDifferIsRegressed) {
  const LatencyFinding finding = Judge(Series("output_tokens_per_s", kSessions, 90));
  EXPECT_EQ(finding.verdict, Verdict::kRegressed);
  EXPECT_NEAR(*finding.change, -0.10, 0.001);
  EXPECT_EQ(finding.sessions, 5U);
  EXPECT_EQ(finding.head_median, 90.0);
  EXPECT_EQ(finding.base_median, 100.0);
  EXPECT_LT(*finding.mde, 0);  // worse is less
  EXPECT_EQ(Judge(Series("output_tokens_per_s", kSessions, 110)).verdict, Verdict::kImproved);
}

TEST(SessionRule, AsFarOffAsSessionsAreIsUnchanged) {
  EXPECT_EQ(Judge(Series("output_tokens_per_s", kSessions, 97)).verdict, Verdict::kUnchanged);
  // 10 % off, of sessions that lie 20 % apart.
  EXPECT_EQ(Judge(Series("output_tokens_per_s", {80, 90, 100, 110, 120}, 90)).verdict, Verdict::kUnchanged);
}

TEST(SessionRule, ALoadTimeIsTheMedianOfItsSession) {
  LatencySeries one = Series("load_ms", kSessions, 100);
  one.head = {100, 120, 500};
  const LatencyFinding finding = Judge(one);
  EXPECT_EQ(finding.head_median, 120.0);
  EXPECT_EQ(finding.n_head, 3U);
  EXPECT_EQ(finding.verdict, Verdict::kRegressed);
}

TEST(SessionRule, NothingIsTakenOutThatAllShare) {
  std::vector<LatencySeries> family;
  for (int c = 0; c < 10; ++c) family.push_back(Series("requests_per_s", kSessions, 80));
  for (const LatencyFinding& finding : JudgeSessionNumbers(family, {0.05, {}}).pairs) {
    EXPECT_EQ(finding.verdict, Verdict::kRegressed);
    EXPECT_EQ(finding.family, 10U);
  }
}

TEST(SessionRule, TwoSessionsAreTooFew) {
  const LatencyFinding finding = Judge(Series("load_ms", {100, 101}, 200));
  EXPECT_EQ(finding.verdict, Verdict::kCannotTell);
  EXPECT_EQ(finding.code, LatencyReason::kTooFewSessions);
  EXPECT_EQ(finding.reason, "one number per session: needs 3 accepted sessions, found 2");
  EXPECT_FALSE(finding.p.has_value());
}

TEST(SessionRule, AZeroIsNotJudged) {
  EXPECT_EQ(Judge(Series("load_ms", kSessions, 0)).code, LatencyReason::kZeroTime);
  EXPECT_EQ(Judge(Series("load_ms", {0, 1, 2}, 1)).code, LatencyReason::kZeroTime);
}

TEST(SessionRule, AnEmptyFamilyHasNoFindings) { EXPECT_TRUE(JudgeSessionNumbers({}, {0.05, {}}).pairs.empty()); }

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// Every status a case can end with and every way the books may not balance: none of them passes
// silently.
#include "tools/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ctest/support/run_builder.h"
#include "ctest/unit/compare/rest_cases.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"
#include "tools/compare/gate_rule.h"
#include "tools/stats/gate.h"

namespace assay::compare {
namespace {

using assay::testing::AddRest;
using assay::testing::kRest;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;

class ComparisonTest : public ::testing::Test {
 protected:
  ComparisonTest() : temporary_(*base::TemporaryDirectory::Create("assay-comparison")), policy_(DefaultPolicy()) {}

  // Ten cases, 10 samples each; of the first two the medians are 104.5 and 204.5 ms.
  static RunBuilder Base() {
    RunBuilder builder;
    builder.Repetitions(10).Case("capital").AddRamp(10, 100, 1).Case("code").AddRamp(10, 200, 1);
    return AddRest(builder, 0);
  }
  // The same a little shifted.
  static RunBuilder Same() {
    RunBuilder builder;
    builder.StartedAt("2026-03-02T12:00:00Z").Repetitions(10);
    builder.Case("capital").AddRamp(10, 100.25, 1).Case("code").AddRamp(10, 200.25, 1);
    return AddRest(builder);
  }
  void AcceptRun(const RunBuilder& builder, bool outputs = true, bool latency = true) {
    AcceptRequest request{temporary_.path(), "because", "2026-03-01T13:00:00Z", outputs, latency, {}, DefaultPolicy()};
    const auto summary = Accept(*RunSet::Create({builder.Build()}), request);
    ASSERT_TRUE(summary.ok()) << summary.error().Message();
  }
  base::Result<Comparison> Judge(const std::vector<run::Run>& runs) {
    ASSAY_TRY(const RunSet set, RunSet::Create(runs));
    const std::vector<std::filesystem::path> folders = {temporary_.path()};
    return Compare({&set, nullptr, folders, &policy_, selection_, "2026-04-02"}, GateRule());
  }
  Comparison Judged(const RunBuilder& builder) {
    base::Result<Comparison> comparison = Judge({builder.Build()});
    EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
    return std::move(comparison).value();
  }
  Comparison JudgedWithRest(RunBuilder builder) { return Judged(AddRest(builder)); }

  base::TemporaryDirectory temporary_;
  Policy policy_;
  Selection selection_;
};

// The logarithms of ten times to the first token before and now, as RunBuilder::AddRamp makes them.
stats::StoredCase Stored(double base_ms, double head_ms) {
  stats::StoredCase one;
  one.sessions.emplace_back();
  for (int i = 0; i < 10; ++i) {
    one.sessions[0].push_back(std::log((base_ms + i) / 5));
    one.head.push_back(std::log((head_ms + i) / 5));
  }
  return one;
}

const CaseComparison& Find(const Comparison& comparison, const std::string& prompt) {
  for (const CaseComparison& one : comparison.cases) {
    if (one.prompt == prompt) return one;
  }
  ADD_FAILURE() << "no case of " << prompt;
  return comparison.cases.front();
}

const LatencyFinding& Metric(const CaseComparison& one, std::string_view name) {
  for (const LatencyFinding& finding : one.latency) {
    if (finding.metric->name == name) return finding;
  }
  ADD_FAILURE() << "no finding of " << name;
  return one.latency.front();
}

TEST_F(ComparisonTest, TheSameAgainPasses) {
  AcceptRun(Base());
  const Comparison comparison = Judged(Same());
  EXPECT_EQ(comparison.verdict, Verdict::kUnchanged);
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_TRUE(comparison.latency_baseline);
  ASSERT_EQ(comparison.cases.size(), 2U + kRest);
  EXPECT_EQ(comparison.cases[0].status, CaseStatus::kMeasured);
  EXPECT_EQ(Metric(comparison.cases[0], "tpot_ms").family, 2U + kRest);
}

TEST_F(ComparisonTest, OneSlowCaseFails) {
  AcceptRun(Base());
  RunBuilder slow;
  slow.Repetitions(10).Case("capital").AddRamp(10, 150, 1).Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(slow);
  EXPECT_EQ(comparison.exit_code, 1);
  const CaseComparison& capital = Find(comparison, "capital");
  EXPECT_EQ(capital.verdict, Verdict::kRegressed);
  // The gate on the times to the first token, a fifth of the ramps, at half of alpha: decoding is the other family.
  std::vector<stats::StoredCase> cases = {Stored(100, 150), Stored(200, 200.25)};
  for (int i = 0; i < kRest; ++i) cases.push_back(Stored(100 + 10 * i, 100.25 + 10 * i));
  stats::GateOptions options;
  options.alpha = 0.025;
  options.session_centre = stats::SessionCentre::kCaseDeviations;
  options.biweight_centre = true;
  options.own_sessions = true;
  options.guard_sides = true;
  const stats::CaseEstimate expected = *stats::GateStored(cases, options)->cases[0];
  const LatencyFinding& ttft = Metric(capital, "ttft_ms");
  EXPECT_EQ(ttft.alpha, 0.025);
  EXPECT_NEAR(*ttft.change, std::expm1(expected.shift), 1e-9);
  EXPECT_NEAR(*ttft.p_adjusted, expected.p_holm, 1e-9);
  // About (154.5 / 104.5) / (134.75 / 134.5) - 1, which the trimmed means of logarithms give or take a little.
  EXPECT_NEAR(*ttft.change, 0.4757, 0.01);
  EXPECT_EQ(Find(comparison, "code").verdict, Verdict::kUnchanged);
}

TEST_F(ComparisonTest, AFastCaseIsImproved) {
  AcceptRun(Base());
  RunBuilder fast;
  fast.Repetitions(10).Case("capital").AddRamp(10, 50, 1).Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(fast);
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(comparison.verdict, Verdict::kImproved);
}

TEST_F(ComparisonTest, AFailedCaseFailsWithItsReason) {
  AcceptRun(Base());
  SampleSpec timeout;
  timeout.outcome = run::Outcome::kTimeout;
  timeout.error = "no answer in 60 s";
  RunBuilder failed;
  failed.Repetitions(10).Case("capital").Add(timeout).Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(failed);
  EXPECT_EQ(comparison.exit_code, 1);
  const CaseComparison& capital = Find(comparison, "capital");
  EXPECT_EQ(capital.status, CaseStatus::kFailed);
  EXPECT_EQ(capital.outcome, "timeout");
  EXPECT_EQ(capital.reason, "no answer in 60 s");
}

TEST_F(ComparisonTest, APlannedCaseWithoutASampleIsMissing) {
  AcceptRun(Base());
  const Comparison comparison = Judged(Same().Case("third"));
  EXPECT_EQ(Find(comparison, "third").status, CaseStatus::kMissing);
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(ComparisonTest, ACaseOnlyTheBaselineKnowsIsMissing) {
  AcceptRun(Base());
  RunBuilder less;
  less.Repetitions(10).Case("capital").AddRamp(10, 100.25, 1);
  const Comparison comparison = JudgedWithRest(less);
  ASSERT_EQ(comparison.cases.size(), 2U + kRest);
  EXPECT_EQ(Find(comparison, "code").status, CaseStatus::kMissing);
  EXPECT_THAT(Find(comparison, "code").reason, HasSubstr("ember-mini-generic-cpu-1.json"));
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(ComparisonTest, ACaseNobodyAcceptedIsNew) {
  AcceptRun(Base());
  const Comparison comparison = Judged(Same().Case("third").AddRamp(10, 100, 1));
  EXPECT_EQ(Find(comparison, "third").status, CaseStatus::kNew);
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(ComparisonTest, AChangedRequestIsNeverARegression) {
  AcceptRun(Base());
  SampleSpec other;
  other.text = "Something else.";
  RunBuilder changed;
  changed.Repetitions(10)
      .Case("capital")
      .Fingerprint("new")
      .AddRamp(10, 500, 1, other)
      .Case("code")
      .AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(changed);
  const CaseComparison& capital = Find(comparison, "capital");
  EXPECT_EQ(capital.status, CaseStatus::kRequestChanged);
  EXPECT_EQ(capital.verdict, Verdict::kCannotTell);
  EXPECT_EQ(Metric(capital, "tpot_ms").code, LatencyReason::kRequestChanged);
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(ComparisonTest, AnotherMachineHasNoLatencyBaselineButTheSameAnswers) {
  AcceptRun(Base());
  const Comparison comparison = Judged(Same().Cpu("Other CPU"));
  EXPECT_FALSE(comparison.latency_baseline);
  EXPECT_EQ(comparison.without_latency_baseline, (std::vector<std::string>{RunBuilder::kModel}));
  EXPECT_EQ(Find(comparison, "capital").answers->verdict, AnswerVerdict::kUnchanged);
  EXPECT_EQ(Find(comparison, "capital").status, CaseStatus::kMeasured);
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(ComparisonTest, ThePolicyMayOnlyReportAMissingLatencyBaseline) {
  AcceptRun(Base(), true, false);
  policy_.latency_no_baseline = NoBaseline::kReport;
  const Comparison comparison = Judged(Same());
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_FALSE(comparison.cases[0].latency_decides);
}

TEST_F(ComparisonTest, ChangedAnswersFail) {
  AcceptRun(Base());
  SampleSpec lyon;
  lyon.text = "Lyon.";
  RunBuilder changed;
  changed.Repetitions(10).Case("capital").AddRamp(10, 100.25, 1, lyon).Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(changed);
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_EQ(Find(comparison, "capital").answers->verdict, AnswerVerdict::kChanged);
  EXPECT_EQ(Find(comparison, "capital").latency_verdict, Verdict::kUnchanged);
}

TEST_F(ComparisonTest, TokenCountsOfAnotherSourceAreNotCompared) {
  AcceptRun(Base());
  for (const run::TokenSource source : {run::TokenSource::kChunks, run::TokenSource::kTokenizerCount}) {
    SampleSpec counted;
    counted.token_source = source;
    RunBuilder other;
    other.Repetitions(10).Case("capital").AddRamp(10, 500, 1, counted).Case("code").AddRamp(10, 200.25, 1);
    const Comparison comparison = JudgedWithRest(other);
    const CaseComparison& capital = Find(comparison, "capital");
    EXPECT_EQ(Metric(capital, "tpot_ms").code, LatencyReason::kTokenSourceDiffers);
    EXPECT_EQ(Metric(capital, "e2e_ms").code, LatencyReason::kTokenSourceDiffers);
    EXPECT_TRUE(Metric(capital, "e2e_ms").decides);
    EXPECT_EQ(Metric(capital, "ttft_ms").verdict, Verdict::kRegressed);
  }
}

// Once accepted, they are compared with their own kind and with nothing else.
TEST_F(ComparisonTest, TokensOfATokenizerAreComparedWithThoseOfATokenizer) {
  SampleSpec counted;
  counted.token_source = run::TokenSource::kTokenizerCount;
  RunBuilder base;
  base.Repetitions(10).Case("capital").AddRamp(10, 100, 1, counted);
  AcceptRun(AddRest(base, 0));
  RunBuilder slower;
  slower.StartedAt("2026-03-02T12:00:00Z").Repetitions(10).Case("capital").AddRamp(10, 150.25, 1, counted);
  EXPECT_EQ(Metric(Find(JudgedWithRest(slower), "capital"), "tpot_ms").verdict, Verdict::kRegressed);
  RunBuilder usage;
  usage.StartedAt("2026-03-02T12:00:00Z").Repetitions(10).Case("capital").AddRamp(10, 150.25, 1);
  EXPECT_EQ(Metric(Find(JudgedWithRest(usage), "capital"), "tpot_ms").code, LatencyReason::kTokenSourceDiffers);
}

// Disturbed requests, good or failed, slow or with another answer, change nothing: neither verdict nor count.
TEST_F(ComparisonTest, DisturbedRequestsAreNotThere) {
  AcceptRun(Base());
  RunBuilder disturbed;
  disturbed.StartedAt("2026-03-02T12:00:00Z").Repetitions(10);
  SampleSpec refused;
  refused.outcome = run::Outcome::kConnect;
  refused.error = "connection refused";
  refused.disturbed = "service_moved";
  SampleSpec slow;
  slow.e2e_ms = 90000;
  slow.text = "Another answer.";
  slow.completion_tokens = 9;
  slow.token_source = run::TokenSource::kChunks;
  slow.disturbed = "model_evicted";
  disturbed.Case("capital").Add(refused).Add(slow).AddRamp(10, 100.25, 1);
  disturbed.Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(disturbed);
  EXPECT_EQ(comparison.exit_code, 0);
  const CaseComparison& capital = Find(comparison, "capital");
  EXPECT_EQ(capital.status, CaseStatus::kMeasured);
  EXPECT_EQ(capital.verdict, Verdict::kUnchanged);
  EXPECT_EQ(capital.facts.counting, 10U);
  EXPECT_EQ(capital.facts.failed, 0U);
  EXPECT_EQ(capital.facts.disturbed, 2U);
  EXPECT_EQ(capital.facts.distinct_answers, 1U);
  EXPECT_EQ(capital.facts.token_sources.size(), 1U);
}

// What was accepted holds no trace of them either.
TEST_F(ComparisonTest, DisturbedRequestsAreNotAccepted) {
  RunBuilder base;
  SampleSpec slow;
  slow.e2e_ms = 90000;
  slow.text = "Another answer.";
  slow.disturbed = "model_evicted";
  base.Repetitions(10).Case("capital").Add(slow).Add(slow).AddRamp(10, 100, 1);
  AcceptRun(AddRest(base, 0));
  RunBuilder head;
  head.StartedAt("2026-03-02T12:00:00Z").Repetitions(10).Case("capital").AddRamp(10, 100.25, 1);
  const Comparison comparison = JudgedWithRest(head);
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(Metric(Find(comparison, "capital"), "e2e_ms").n_base, 10U);
}

// A repetition that was disturbed and never stood is missing, not failed.
TEST_F(ComparisonTest, ADisturbedRequestDoesNotStandInForTheOneThatIsMissing) {
  AcceptRun(Base());
  SampleSpec lost;
  lost.outcome = run::Outcome::kReset;
  lost.disturbed = "service_moved";
  RunBuilder head;
  head.StartedAt("2026-03-02T12:00:00Z").Repetitions(10);
  head.Case("capital").AddRamp(9, 100.25, 1).Add(lost).Case("code").AddRamp(10, 200.25, 1);
  const CaseComparison capital = Find(JudgedWithRest(head), "capital");
  EXPECT_EQ(capital.facts.failed, 0U);
  EXPECT_TRUE(capital.facts.Incomplete());
}

TEST_F(ComparisonTest, AnswersOfAnotherLengthLeaveTheWordToTpot) {
  AcceptRun(Base());
  SampleSpec longer;
  longer.completion_tokens = 9;
  RunBuilder other;
  // Twice the tokens in twice the time: (200 - 40) / 8 = 20 ms per token, as before; the first
  // token comes at the same time.
  other.Repetitions(10).Case("capital");
  for (int i = 0; i < 10; ++i) {
    longer.ttft_ms = 20.05 + i * 0.2;
    longer.e2e_ms = longer.ttft_ms + 160.4 + i * 1.6;
    other.Add(longer);
  }
  other.Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(other);
  const CaseComparison& capital = Find(comparison, "capital");
  EXPECT_EQ(Metric(capital, "e2e_ms").code, LatencyReason::kCompletionTokensDiffer);
  EXPECT_FALSE(Metric(capital, "e2e_ms").decides);
  EXPECT_EQ(Metric(capital, "tpot_ms").verdict, Verdict::kUnchanged);
  EXPECT_EQ(capital.latency_verdict, Verdict::kUnchanged);
}

TEST_F(ComparisonTest, AMetricThatIsUndefinedOnBothSidesDoesNotDecide) {
  SampleSpec one_token;
  one_token.completion_tokens = 1;
  RunBuilder base;
  base.Repetitions(10).Case("yes-no").AddRamp(10, 100, 1, one_token);
  AcceptRun(AddRest(base, 0));
  RunBuilder head;
  head.Repetitions(10).Case("yes-no").AddRamp(10, 100.25, 1, one_token);
  const Comparison comparison = JudgedWithRest(head);
  const LatencyFinding& tpot = Metric(comparison.cases[0], "tpot_ms");
  EXPECT_EQ(tpot.code, LatencyReason::kMetricAbsent);
  EXPECT_FALSE(tpot.decides);
  EXPECT_EQ(comparison.exit_code, 0);
  // Its whole latency stands in, among the times per token of the others.
  const LatencyFinding& e2e = Metric(comparison.cases[0], "e2e_ms");
  EXPECT_TRUE(e2e.decides);
  EXPECT_EQ(e2e.kind, FamilyKind::kDecode);
  EXPECT_EQ(e2e.family, 1U + kRest);
}

TEST_F(ComparisonTest, AnIncompleteCaseCannotPass) {
  AcceptRun(Base());
  RunBuilder short_run;
  short_run.Repetitions(10).Case("capital").AddRamp(9, 100.25, 1).Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(short_run.Interrupted());
  EXPECT_EQ(Metric(Find(comparison, "capital"), "tpot_ms").code, LatencyReason::kIncomplete);
  EXPECT_EQ(comparison.exit_code, 3);
  ASSERT_FALSE(comparison.warnings.empty());
  EXPECT_EQ(comparison.warnings.front().code, "interrupted");
}

TEST_F(ComparisonTest, WarmUpsNeverCount) {
  AcceptRun(Base());
  SampleSpec warmup;
  warmup.warmup = true;
  warmup.e2e_ms = 9000;
  warmup.text = "still waking up";
  RunBuilder builder;
  builder.Repetitions(10).Case("capital").Add(warmup).AddRamp(10, 100.25, 1).Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(builder);
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(Find(comparison, "capital").facts.counting, 10U);
}

TEST_F(ComparisonTest, WhatThePolicySwitchesOffIsShownAndDecidesNothing) {
  AcceptRun(Base());
  policy_.cases.push_back(CaseRule{"*/capital/*", nullptr, {}, {}, false, DeterminismLevel::kOff});
  SampleSpec lyon;
  lyon.text = "Lyon.";
  RunBuilder changed;
  changed.Repetitions(10).Case("capital").AddRamp(10, 150, 1, lyon).Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = JudgedWithRest(changed);
  EXPECT_EQ(comparison.exit_code, 0);
  const CaseComparison& capital = Find(comparison, "capital");
  EXPECT_FALSE(capital.decides);
  EXPECT_EQ(Metric(capital, "tpot_ms").verdict, Verdict::kRegressed);
  // Only the other cases pay for multiplicity, and what is shown is judged in their company.
  EXPECT_EQ(Metric(Find(comparison, "code"), "tpot_ms").family, 1U + kRest);
  EXPECT_EQ(Metric(capital, "tpot_ms").family, 2U + kRest);
}

TEST_F(ComparisonTest, ARuleThatMatchesNoCaseIsAnError) {
  policy_.cases.push_back(CaseRule{"chat/*/gone/*", nullptr, 0.1, {}, {}, {}});
  const auto comparison = Judge({Base().Build()});
  ASSERT_FALSE(comparison.ok());
  EXPECT_THAT(comparison.error().Message(),
              HasSubstr("$.cases[0].match: 'chat/*/gone/*' matches none of the 10 cases"));
}

TEST_F(ComparisonTest, ASelectionDecidesTheExitCodeButNotTheStatistics) {
  AcceptRun(Base());
  RunBuilder slow;
  slow.Repetitions(10).Case("capital").AddRamp(10, 150, 1).Case("code").AddRamp(10, 200.25, 1);
  selection_.prompts = {"code"};
  const Comparison comparison = JudgedWithRest(slow);
  EXPECT_EQ(comparison.exit_code, 0);
  ASSERT_EQ(comparison.cases.size(), 1U);
  EXPECT_EQ(comparison.cases_in_family, 2U + kRest);
  EXPECT_EQ(Metric(comparison.cases[0], "tpot_ms").family, 2U + kRest);
}

TEST_F(ComparisonTest, AQuestionDecidesAlone) {
  AcceptRun(Base());
  RunBuilder slow;
  slow.Repetitions(10).Case("capital").AddRamp(10, 150, 1).Case("code").AddRamp(10, 200.25, 1);
  selection_.question = Question::kDeterminism;
  EXPECT_EQ(JudgedWithRest(slow).exit_code, 0);
  selection_.question = Question::kLatency;
  EXPECT_EQ(JudgedWithRest(slow).exit_code, 1);
}

TEST_F(ComparisonTest, RunsAreMergedIntoOneFamily) {
  AcceptRun(Base());
  RunBuilder first;
  first.Repetitions(10).Case("capital").AddRamp(10, 100.25, 1);
  RunBuilder second;
  second.Repetitions(10).Case("code").AddRamp(10, 200.25, 1);
  const auto comparison = Judge({first.Build("a"), AddRest(second).Build("b")});
  ASSERT_TRUE(comparison.ok()) << comparison.error().Message();
  EXPECT_EQ(comparison->exit_code, 0);
  EXPECT_EQ(Metric(comparison->cases[0], "tpot_ms").family, 2U + kRest);
  EXPECT_EQ(comparison->runs.size(), 2U);
}

TEST_F(ComparisonTest, RunsThatDoNotBelongTogetherAreRefused) {
  const auto twice = Judge({Base().Build("a"), Base().Build("b")});
  ASSERT_FALSE(twice.ok());
  EXPECT_THAT(twice.error().Message(), HasSubstr("is in two runs"));
  const auto machines = Judge({Base().Build("a"), RunBuilder().Cpu("Other").Case("x").Build("b")});
  ASSERT_FALSE(machines.ok());
  EXPECT_THAT(machines.error().Message(), HasSubstr("different environments"));
  const auto empty = Judge({RunBuilder().Build()});
  ASSERT_FALSE(empty.ok());
  EXPECT_THAT(empty.error().Message(), HasSubstr("has no cases"));
}

TEST_F(ComparisonTest, AFolderThatIsNotThereIsAnError) {
  const RunSet set = *RunSet::Create({Base().Build()});
  const std::vector<std::filesystem::path> folders = {temporary_.path() / "typo"};
  const auto comparison = Compare({&set, nullptr, folders, &policy_, selection_, "2026-04-02"}, GateRule());
  ASSERT_FALSE(comparison.ok());
  EXPECT_THAT(comparison.error().Message(), HasSubstr("no such folder of baselines"));
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// Several accepted sessions, families, and what all cases do together, from run to exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;

constexpr const char* kOther = "tiny-generic-cpu:1";

struct Shape {
  std::string started_at = "2026-04-01T12:00:00Z";
  double all = 1;    // factor on every case
  double first = 1;  // and on the first case
  int cases = 12;
  int n = 10;
  bool stream = true;
  double ttft_ms = 0;  // added to the first token only; the time per token stays
  std::string model = RunBuilder::kModel;
};

class GateComparison : public ::testing::Test {
 protected:
  GateComparison() : temporary_(*base::TemporaryDirectory::Create("assay-gate")), policy_(DefaultPolicy()) {}

  // Noise of 6 % to both sides, another one in every run.
  RunBuilder Run(const Shape& shape) {
    RunBuilder builder;
    builder.StartedAt(shape.started_at).Repetitions(shape.n);
    for (int c = 0; c < shape.cases; ++c) {
      builder.Case("prompt-" + std::to_string(c), shape.model);
      for (int i = 0; i < shape.n; ++i) {
        const double factor = shape.all * (c == 0 ? shape.first : 1) * std::exp(0.06 * Between());
        SampleSpec sample;
        sample.e2e_ms = 100 * (c + 1) * factor + shape.ttft_ms;
        sample.ttft_ms = 20 * (c + 1) * factor + shape.ttft_ms;
        if (!shape.stream) sample.completion_tokens = 1;  // no gap: only a whole latency
        builder.Add(sample);
      }
    }
    return builder;
  }
  void AcceptRuns(std::vector<run::Run> runs, const std::string& at) {
    AcceptRequest request{temporary_.path(), "because", at, true, true, {}, DefaultPolicy()};
    const auto summary = Accept(*RunSet::Create(std::move(runs)), request);
    ASSERT_TRUE(summary.ok()) << summary.error().Message();
  }
  // Sessions 1 % apart.
  void AcceptSessions(int count, Shape shape = {}) {
    const double drift[] = {1.0, 1.01, 0.99, 1.005, 0.995};
    for (int k = 0; k < count; ++k) {
      shape.started_at = "2026-03-0" + std::to_string(k + 1) + "T12:00:00Z";
      shape.all = drift[k];
      AcceptRuns({Run(shape).Build()}, "2026-03-0" + std::to_string(k + 1) + "T13:00:00Z");
    }
  }
  Comparison Judged(std::vector<run::Run> runs) {
    const std::vector<std::filesystem::path> folders = {temporary_.path()};
    const RunSet set = *RunSet::Create(std::move(runs));
    auto comparison = Compare({&set, nullptr, folders, &policy_, selection_, "2026-04-02"}, GateRule());
    EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
    return std::move(comparison).value();
  }
  Comparison Judged(const Shape& shape) { return Judged({Run(shape).Build()}); }

  double Between() { return static_cast<double>(random_()) / 2147483648.0 - 1.0; }

  base::TemporaryDirectory temporary_;
  Policy policy_;
  Selection selection_;
  std::mt19937 random_{11};
};

const LatencyFinding& Metric(const CaseComparison& one, std::string_view name) {
  for (const LatencyFinding& finding : one.latency) {
    if (finding.metric->name == name) return finding;
  }
  ADD_FAILURE() << "no finding of " << name;
  return one.latency.front();
}

const SuiteFinding& Suite(const Comparison& comparison, FamilyKind kind) {
  for (const SuiteFinding& suite : comparison.suite) {
    if (suite.kind == kind) return suite;
  }
  ADD_FAILURE() << "nothing of " << ToString(kind);
  static const SuiteFinding none;
  return none;
}

Shape Slower(double all, double first = 1) {
  Shape shape;
  shape.all = all;
  shape.first = first;
  return shape;
}

TEST_F(GateComparison, TheSameAgainPasses) {
  AcceptSessions(5);
  const Comparison comparison = Judged(Shape{});
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(comparison.verdict, Verdict::kUnchanged);
  ASSERT_EQ(comparison.suite.size(), 3U);
  for (const SuiteFinding& suite : comparison.suite) {
    EXPECT_EQ(suite.verdict, SuiteVerdict::kUnchanged);
    EXPECT_FALSE(suite.decides);
    EXPECT_EQ(suite.sessions, 5U);
  }
  EXPECT_TRUE(Suite(comparison, FamilyKind::kTtft).gates);
  EXPECT_TRUE(Suite(comparison, FamilyKind::kDecode).gates);
  EXPECT_FALSE(Suite(comparison, FamilyKind::kE2e).gates);
}

TEST_F(GateComparison, OneCaseAFifthSlowerFails) {
  AcceptSessions(5);
  const Comparison comparison = Judged(Slower(1, 1.2));
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_EQ(comparison.cases[0].latency_verdict, Verdict::kRegressed);
  for (std::size_t c = 1; c < 12; ++c) EXPECT_EQ(comparison.cases[c].latency_verdict, Verdict::kUnchanged) << c;
}

TEST_F(GateComparison, AllSlowerIsNoRegressionAndNoPass) {
  AcceptSessions(5);
  const Comparison comparison = Judged(Slower(1.15));
  for (const CaseComparison& one : comparison.cases) EXPECT_EQ(one.verdict, Verdict::kUnchanged);
  EXPECT_EQ(Suite(comparison, FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteShift);
  EXPECT_TRUE(Suite(comparison, FamilyKind::kDecode).decides);
  EXPECT_TRUE(Suite(comparison, FamilyKind::kTtft).decides);
  EXPECT_FALSE(Suite(comparison, FamilyKind::kE2e).decides);  // only shown
  EXPECT_EQ(comparison.verdict, Verdict::kCannotTell);
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(GateComparison, ARegressionBeyondThatOfAllStillFails) {
  AcceptSessions(5);
  const Comparison comparison = Judged(Slower(1.15, 1.3));
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_EQ(comparison.cases[0].latency_verdict, Verdict::kRegressed);
  EXPECT_EQ(Suite(comparison, FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteShift);
}

TEST_F(GateComparison, AllFasterIsReportedAndPasses) {
  AcceptSessions(5);
  const Comparison comparison = Judged(Slower(0.85));
  EXPECT_EQ(Suite(comparison, FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteShift);
  EXPECT_FALSE(Suite(comparison, FamilyKind::kDecode).decides);
  EXPECT_EQ(comparison.exit_code, 0);
}

TEST_F(GateComparison, BelowThreeSessionsAllSlowerIsNotJudged) {
  AcceptSessions(2);
  const Comparison comparison = Judged(Slower(1.15));
  EXPECT_EQ(Suite(comparison, FamilyKind::kDecode).verdict, SuiteVerdict::kNotJudged);
  EXPECT_EQ(comparison.exit_code, 0);
}

// Each test of a suite asks about one case: none of them passes while all are slower, and none of the answers' fails.
TEST_F(GateComparison, ASelectionHearsOfTheSuiteAndAnAnswerDoesNot) {
  AcceptSessions(5);
  selection_.prompts = {"prompt-3"};
  selection_.question = Question::kLatency;
  EXPECT_EQ(Judged(Slower(1.15)).exit_code, 3);
  EXPECT_EQ(Judged(Shape{}).exit_code, 0);
  selection_.question = Question::kDeterminism;
  const Comparison answers = Judged(Slower(1.15));
  EXPECT_EQ(answers.exit_code, 0);
  EXPECT_TRUE(answers.suite.empty());
}

TEST_F(GateComparison, ACaseThatDoesNotGateHearsNothingOfTheSuite) {
  AcceptSessions(5);
  policy_.cases.push_back(CaseRule{"*/prompt-3/*", nullptr, {}, {}, false, {}});
  selection_.prompts = {"prompt-3"};
  EXPECT_EQ(Judged(Slower(1.15)).exit_code, 0);
}

TEST_F(GateComparison, OneSessionOfFewCasesCannotTell) {
  Shape few;
  few.cases = 7;
  AcceptSessions(1, few);
  const Comparison comparison = Judged(few);
  EXPECT_EQ(comparison.exit_code, 3);
  EXPECT_EQ(Metric(comparison.cases[0], "tpot_ms").code, LatencyReason::kTooFewSessions);
  // A policy that lets a first run pass lets the second be accepted too; who asks only this gets no pass.
  policy_.latency_no_baseline = NoBaseline::kReport;
  EXPECT_EQ(Judged(few).exit_code, 0);
  selection_.question = Question::kLatency;
  EXPECT_EQ(Judged(few).exit_code, 3);
}

TEST_F(GateComparison, ASecondSessionIsEnoughForFewCases) {
  Shape few;
  few.cases = 4;
  AcceptSessions(2, few);
  EXPECT_EQ(Judged(few).exit_code, 0);
  few.first = 1.5;
  EXPECT_EQ(Judged(few).exit_code, 1);
}

TEST_F(GateComparison, TwoCasesCannotTellWhateverTheSessions) {
  Shape two;
  two.cases = 2;
  AcceptSessions(5, two);
  const Comparison comparison = Judged(two);
  EXPECT_EQ(comparison.exit_code, 3);
  EXPECT_EQ(Metric(comparison.cases[0], "tpot_ms").code, LatencyReason::kTooFewCases);
}

TEST_F(GateComparison, FourRequestsAreTooFew) {
  AcceptSessions(5);
  Shape shape;
  shape.n = 4;
  const Comparison comparison = Judged(shape);
  EXPECT_EQ(comparison.exit_code, 3);
  EXPECT_EQ(Metric(comparison.cases[0], "ttft_ms").code, LatencyReason::kTooFewSamples);
  shape.n = 5;
  EXPECT_EQ(Judged(shape).exit_code, 0);
}

// The first token 50 ms later: the whole latency is too, the time per token is not.
TEST_F(GateComparison, TheWholeLatencyIsShownBesideTheTimePerToken) {
  AcceptSessions(5);
  Shape late;
  late.ttft_ms = 50;
  policy_.metrics.erase(policy_.metrics.begin() + 1);  // e2e_ms and tpot_ms
  const Comparison comparison = Judged(late);
  const LatencyFinding& e2e = Metric(comparison.cases[0], "e2e_ms");
  EXPECT_EQ(e2e.verdict, Verdict::kRegressed);  // 100 -> 150 ms; the longer answers moved far less
  EXPECT_EQ(e2e.kind, FamilyKind::kE2e);
  EXPECT_TRUE(e2e.gates);
  EXPECT_FALSE(e2e.decides);
  EXPECT_EQ(e2e.alpha, 0.05);
  EXPECT_EQ(Metric(comparison.cases[0], "tpot_ms").alpha, 0.05);  // the only family that gates
  EXPECT_EQ(comparison.exit_code, 0);
}

TEST_F(GateComparison, StatedInThePolicyTheWholeLatencyIsAThirdFamily) {
  AcceptSessions(5);
  Shape late;
  late.ttft_ms = 50;
  const run::Json text = *run::ParseJson(
      R"({"schema_version": 1, "latency": {"metrics": {"e2e_ms": {"gate": true}, "ttft_ms": {}, "tpot_ms": {}}}})",
      "p");
  policy_ = *ParsePolicy(text, "policy.json");
  const Comparison comparison = Judged(late);
  for (const char* name : {"e2e_ms", "ttft_ms", "tpot_ms"}) {
    EXPECT_NEAR(Metric(comparison.cases[0], name).alpha, 0.05 / 3, 1e-15) << name;
  }
  EXPECT_TRUE(Metric(comparison.cases[0], "e2e_ms").decides);
  EXPECT_EQ(Metric(comparison.cases[0], "e2e_ms").verdict, Verdict::kRegressed);
  EXPECT_TRUE(Suite(comparison, FamilyKind::kE2e).gates);
  EXPECT_EQ(comparison.exit_code, 1);
}

TEST_F(GateComparison, WithoutTimePerTokenTheWholeLatencyDecides) {
  Shape one_token;
  one_token.stream = false;
  AcceptSessions(5, one_token);
  const Comparison same = Judged(one_token);
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_TRUE(Metric(same.cases[0], "e2e_ms").decides);
  EXPECT_EQ(Metric(same.cases[0], "e2e_ms").kind, FamilyKind::kDecode);
  EXPECT_EQ(Metric(same.cases[0], "e2e_ms").alpha, 0.025);
  EXPECT_FALSE(Metric(same.cases[0], "tpot_ms").decides);
  one_token.first = 1.3;
  EXPECT_EQ(Judged(one_token).exit_code, 1);
}

// A policy that gates no time per token leaves decoding to the whole latency.
TEST_F(GateComparison, ATimePerTokenThatIsOnlyShownDoesNotSpeakForTheWholeLatency) {
  AcceptSessions(5);
  policy_.metrics[2].gate = false;
  const Comparison comparison = Judged(Slower(1, 1.3));
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_TRUE(Metric(comparison.cases[0], "e2e_ms").decides);
  EXPECT_EQ(Metric(comparison.cases[0], "tpot_ms").verdict, Verdict::kRegressed);
  EXPECT_FALSE(Metric(comparison.cases[0], "tpot_ms").gates);
}

// A run for each model: what was accepted together is one session for both.
TEST_F(GateComparison, RunsAcceptedTogetherAreOneSession) {
  const double drift[] = {1.0, 1.25, 0.8, 1.1};
  std::vector<run::Run> last;
  for (int k = 0; k < 4; ++k) {
    const std::string day = "2026-03-0" + std::to_string(k + 1);
    Shape shape;
    shape.all = drift[k];
    shape.cases = 6;
    shape.started_at = day + "T12:00:00Z";
    RunBuilder one = Run(shape);
    shape.model = kOther;
    shape.started_at = day + "T12:30:00Z";
    RunBuilder two = Run(shape);
    last = {one.Build("one"), two.Build("two")};
    if (k < 3) AcceptRuns(last, day + "T13:00:00Z");
  }
  const Comparison comparison = Judged(last);
  EXPECT_EQ(Suite(comparison, FamilyKind::kDecode).sessions, 3U);
  EXPECT_EQ(Suite(comparison, FamilyKind::kDecode).cases, 12U);
  // df = 2 of three sessions; six sessions of six cases each would have 5.
  EXPECT_GT(*Suite(comparison, FamilyKind::kDecode).p, 0.1);
  EXPECT_EQ(comparison.exit_code, 0);
}

TEST_F(GateComparison, ACaseThatASessionLacksIsJudgedByTheOthers) {
  AcceptSessions(3);
  Shape fewer;
  fewer.cases = 11;
  fewer.started_at = "2026-03-08T12:00:00Z";
  AcceptRuns({Run(fewer).Build()}, "2026-03-08T13:00:00Z");
  const Comparison comparison = Judged(Shape{});
  EXPECT_EQ(Metric(comparison.cases[11], "tpot_ms").sessions, 3U);
  EXPECT_EQ(Metric(comparison.cases[10], "tpot_ms").sessions, 4U);
  EXPECT_EQ(Metric(comparison.cases[11], "tpot_ms").family, 12U);
  EXPECT_EQ(comparison.exit_code, 0);
}

}  // namespace
}  // namespace assay::compare

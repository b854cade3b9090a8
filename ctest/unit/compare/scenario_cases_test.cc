// SPDX-License-Identifier: MIT
// Cases that are not the plain one: another text every time, under load, with a number of requests of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "ctest/unit/compare/rest_cases.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"
#include "tools/compare/baseline_store.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

using assay::testing::AddRest;
using assay::testing::kRest;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;

run::Scenario Unique() {
  run::Scenario scenario;
  scenario.cache = run::PromptCache::kUnique;
  return scenario;
}

run::Scenario Concurrency(std::int64_t n) {
  run::Scenario scenario;
  scenario.concurrency = n;
  return scenario;
}

// A case under `scenario` whose every repetition answers something else.
RunBuilder& AddDiffering(RunBuilder& builder, const run::Scenario& scenario, double first_ms, int n = 10) {
  builder.Case("capital").Scenario(scenario);
  for (int i = 0; i < n; ++i) {
    SampleSpec sample;
    sample.e2e_ms = first_ms + i;
    sample.ttft_ms = sample.e2e_ms / 5;
    sample.text = "answer " + std::to_string(i);
    builder.Add(sample);
  }
  return builder;
}

class ScenarioCases : public ::testing::Test {
 protected:
  ScenarioCases() : temporary_(*base::TemporaryDirectory::Create("assay-scenarios")) {}

  base::Result<AcceptSummary> AcceptRun(const RunBuilder& builder) {
    AcceptRequest request{temporary_.path(), "because", "2026-03-01T13:00:00Z", true, true, {}, DefaultPolicy()};
    return Accept(*RunSet::Create({builder.Build()}), request);
  }
  Comparison Judged(const RunBuilder& builder, const Selection& selection = {}) {
    const std::vector<std::filesystem::path> folders = {temporary_.path()};
    const RunSet set = *RunSet::Create({builder.Build()});
    const Policy policy = DefaultPolicy();
    auto comparison = Compare({&set, nullptr, folders, &policy, selection, "2026-04-02"}, GateRule());
    EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
    return std::move(comparison).value();
  }

  base::TemporaryDirectory temporary_;
};

TEST_F(ScenarioCases, AnotherTextEveryTimeIsNotComparedAndNotAccepted) {
  RunBuilder base;
  AddDiffering(base.Repetitions(10), Unique(), 100);
  AcceptRequest alone{temporary_.path() / "alone", "because", "2026-03-01T13:00:00Z", true, true, {}, DefaultPolicy()};
  ASSERT_TRUE(Accept(*RunSet::Create({base.Build()}), alone).ok());
  EXPECT_FALSE(std::filesystem::exists(OutputsPath(alone.baselines, RunBuilder::kModel)));
  const auto accepted = AcceptRun(AddRest(base, 0));
  ASSERT_TRUE(accepted.ok()) << accepted.error().Message();
  EXPECT_EQ(accepted->answers_new, static_cast<std::size_t>(kRest));
  EXPECT_EQ(accepted->sessions_added, 1U);  // its latency is one like any other

  RunBuilder head;
  AddDiffering(head.StartedAt("2026-03-02T12:00:00Z").Repetitions(10), Unique(), 100.25);
  const Comparison comparison = Judged(AddRest(head));
  ASSERT_EQ(comparison.cases.size(), 1U + kRest);
  const CaseComparison& one = comparison.cases[0];
  EXPECT_EQ(one.answers->verdict, AnswerVerdict::kNotCompared);
  EXPECT_EQ(one.answers->reason, "every repetition asks another text");
  EXPECT_EQ(one.answers->n, 10U);
  EXPECT_TRUE(one.answers->shares.empty());
  EXPECT_FALSE(one.answers_decide);
  EXPECT_EQ(one.answers_verdict, Verdict::kCannotTell);
  EXPECT_EQ(one.latency_verdict, Verdict::kUnchanged);
  EXPECT_EQ(comparison.exit_code, 0);
}

TEST_F(ScenarioCases, ASlowCaseWithAnotherTextEveryTimeFails) {
  RunBuilder base;
  AddDiffering(base.Repetitions(10), Unique(), 100);
  ASSERT_TRUE(AcceptRun(AddRest(base, 0)).ok());
  RunBuilder head;
  AddDiffering(head.StartedAt("2026-03-02T12:00:00Z").Repetitions(10), Unique(), 150.25);
  EXPECT_EQ(Judged(AddRest(head)).exit_code, 1);
}

TEST_F(ScenarioCases, AskingForAnswersThatCannotBeComparedIsNoPass) {
  RunBuilder base;
  AddDiffering(base.Repetitions(10), Unique(), 100);
  ASSERT_TRUE(AcceptRun(base).ok());
  Selection answers;
  answers.question = Question::kDeterminism;
  EXPECT_EQ(Judged(base, answers).exit_code, 3);
  // Beside a case whose answers were compared it does not decide.
  RunBuilder both;
  both.Repetitions(10).StartedAt("2026-03-02T12:00:00Z").Case("capital").AddRamp(10, 100, 1);
  ASSERT_TRUE(AcceptRun(both).ok());
  AddDiffering(both, Unique(), 100);
  EXPECT_EQ(Judged(both, answers).exit_code, 0);
}

// Declared reuse asks one text: it has one answer.
TEST_F(ScenarioCases, ReuseLoadColdAndRestartAreJudgedLikeTheOthers) {
  run::Scenario reuse;
  reuse.cache = run::PromptCache::kReuse;
  run::Scenario cold;
  cold.start = run::Start::kCold;
  run::Scenario restart;
  restart.start = run::Start::kAfterRestart;
  for (const run::Scenario& scenario : {reuse, cold, restart, Concurrency(4)}) {
    RunBuilder flip;
    AddDiffering(flip.Repetitions(10), scenario, 100);
    const auto accepted = AcceptRun(flip);
    ASSERT_FALSE(accepted.ok());
    EXPECT_THAT(accepted.error().Message(), HasSubstr("nondeterministic: 10 different answers"));
    const Comparison comparison = Judged(flip);
    EXPECT_EQ(comparison.cases[0].answers->verdict, AnswerVerdict::kNondeterministic);
    EXPECT_EQ(comparison.exit_code, 1);
  }
}

TEST_F(ScenarioCases, OneOfMoreRequestsThanTheOthersIsCompleteByItsOwnCount) {
  RunBuilder base;
  base.Repetitions(10).Case("code").AddRamp(10, 200, 1);
  base.Case("capital").Scenario(Concurrency(4)).CaseRepetitions(20).AddRamp(20, 100, 1);
  ASSERT_TRUE(AcceptRun(AddRest(base, 0)).ok());
  RunBuilder head;
  head.StartedAt("2026-03-02T12:00:00Z").Repetitions(10).Case("code").AddRamp(10, 200.25, 1);
  head.Case("capital").Scenario(Concurrency(4)).CaseRepetitions(20).AddRamp(15, 100.25, 1);
  const Comparison comparison = Judged(AddRest(head));
  EXPECT_FALSE(comparison.cases[0].facts.Incomplete());
  EXPECT_EQ(comparison.cases[1].facts.planned, 20);
  EXPECT_TRUE(comparison.cases[1].facts.Incomplete());
  EXPECT_THAT(comparison.cases[1].latency[0].reason, HasSubstr("only 15 of 20 repetitions"));
  EXPECT_EQ(comparison.exit_code, 3);
}

// One after the other is another case than four at once: neither stands in for the other.
TEST_F(ScenarioCases, ScenariosOfOnePromptHaveBaselinesOfTheirOwn) {
  RunBuilder base;
  base.Repetitions(10).Case("capital").AddRamp(10, 100, 1);
  base.Case("capital").Scenario(Concurrency(4)).AddRamp(10, 400, 1);
  ASSERT_TRUE(AcceptRun(AddRest(base, 0)).ok());
  RunBuilder head;
  head.StartedAt("2026-03-02T12:00:00Z").Repetitions(10).Case("capital").AddRamp(10, 100.25, 1);
  head.Case("capital").Scenario(Concurrency(4)).AddRamp(10, 600.25, 1);
  const Comparison comparison = Judged(AddRest(head));
  ASSERT_EQ(comparison.cases.size(), 2U + kRest);
  EXPECT_EQ(comparison.cases[0].verdict, Verdict::kUnchanged);
  EXPECT_EQ(comparison.cases[1].verdict, Verdict::kRegressed);
}

}  // namespace
}  // namespace assay::compare

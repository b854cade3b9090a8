// SPDX-License-Identifier: MIT
// Scores from a run into a baseline and back out as a verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "fixtures/run/scores.h"
#include "tools/compare/accept.h"
#include "tools/compare/baseline_store.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using ::testing::HasSubstr;

class QualityComparison : public ::testing::Test {
 protected:
  QualityComparison() : temporary_(*base::TemporaryDirectory::Create("assay-quality")), policy_(DefaultPolicy()) {
    selection_.question = Question::kDeterminism;
  }

  // Four repetitions of one answer that scores this much.
  run::Run Scored(std::optional<double> score, const std::string& started_at = "2026-03-02T12:00:00Z") const {
    RunBuilder builder;
    builder.StartedAt(started_at).Repetitions(4).Case("capital").AddRamp(4, 100, 1);
    run::Run run = builder.Build(temporary_.path() / "run");
    if (score) run.cases[0].plan.expect_sha256 = "e";
    for (run::Sample& sample : run.cases[0].samples) sample.score = score;
    return run;
  }
  AcceptSummary AcceptRun(const run::Run& run) {
    const AcceptRequest request{Folder(), "because", "2026-03-01T13:00:00Z", true, false, {}, policy_};
    base::Result<AcceptSummary> summary = Accept(*RunSet::Create({run}), request);
    EXPECT_TRUE(summary.ok()) << (summary.ok() ? "" : summary.error().Message());
    return summary.ok() ? *std::move(summary) : AcceptSummary();
  }
  Comparison Judge(const run::Run& run) {
    const RunSet set = *RunSet::Create({run});
    const std::vector<std::filesystem::path> folders = {Folder()};
    base::Result<Comparison> comparison =
        Compare({&set, nullptr, folders, &policy_, selection_, "2026-04-02"}, GateRule());
    EXPECT_TRUE(comparison.ok()) << (comparison.ok() ? "" : comparison.error().Message());
    return comparison.ok() ? *std::move(comparison) : Comparison();
  }
  void Mark(std::int64_t mark, const run::Run& run) {
    run::Scores scores;
    run::ReplaceMarks(scores, {"ann", std::nullopt},
                      {{run.cases[0].plan.id, run.cases[0].answers.begin()->first, "", {{"brevity", mark}}, ""}});
    ASSERT_TRUE(run::WriteScores(run.directory, scores).ok());
  }
  std::filesystem::path Folder() const { return temporary_.path() / "baselines"; }

  base::TemporaryDirectory temporary_;
  Policy policy_;
  Selection selection_;
};

TEST_F(QualityComparison, AScoreThatFellFailsTheRunAlthoughTheAnswerStayed) {
  EXPECT_EQ(AcceptRun(Scored(1.0)).scored, 1U);
  Comparison comparison = Judge(Scored(1.0));
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(comparison.cases[0].quality[0].verdict, Verdict::kUnchanged);
  comparison = Judge(Scored(0.5));
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_EQ(comparison.cases[0].answers->verdict, AnswerVerdict::kUnchanged);
  EXPECT_EQ(comparison.cases[0].answers_verdict, Verdict::kRegressed);
  policy_.quality.gate = false;
  EXPECT_EQ(Judge(Scored(0.5)).exit_code, 0);
}

TEST_F(QualityComparison, ARuleOfTheCaseBeatsThePolicy) {
  AcceptRun(Scored(1.0));
  CaseRule rule;
  rule.match = "*capital*";
  rule.quality_tolerance = 0.6;
  policy_.cases = {rule};
  EXPECT_EQ(Judge(Scored(0.5)).exit_code, 0);
}

TEST_F(QualityComparison, ScoresAreKeptWhereAnswersAreNotCompared) {
  policy_.determinism = *ParseDeterminismLevel("off");
  AcceptRun(Scored(1.0));
  const std::optional<OutputsBaseline> read =
      *ReadOutputs(OutputsPath(Folder(), RunBuilder::kModel), RunBuilder::kModel);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->cases.empty());
  EXPECT_EQ(read->scores.size(), 1U);
  const Comparison comparison = Judge(Scored(0.5));
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_TRUE(comparison.cases[0].answers_decide);
}

TEST_F(QualityComparison, ABaselineOfBeforeHasNoScores) {
  AcceptRun(Scored(std::nullopt));
  EXPECT_EQ(base::ReadFile(OutputsPath(Folder(), RunBuilder::kModel))->find("\"scores\""), std::string::npos);
  const Comparison comparison = Judge(Scored(0.5));
  EXPECT_EQ(comparison.exit_code, 0);
  ASSERT_EQ(comparison.cases[0].quality.size(), 1U);
  EXPECT_THAT(comparison.cases[0].quality[0].reason, HasSubstr("no score was accepted yet"));
}

TEST_F(QualityComparison, AcceptingTheSameScoresAgainRewritesNothing) {
  AcceptRun(Scored(1.0));
  EXPECT_TRUE(AcceptRun(Scored(1.0, "2026-03-03T12:00:00Z")).written.empty());
  EXPECT_FALSE(AcceptRun(Scored(0.5)).written.empty());
  EXPECT_EQ(Judge(Scored(0.5)).exit_code, 0);
}

TEST_F(QualityComparison, MarksOfPeopleAreComparedAndOutliveARunNobodyMarked) {
  const run::Run run = Scored(std::nullopt);
  Mark(5, run);
  AcceptRun(run);
  EXPECT_EQ(Judge(run).exit_code, 0);
  Mark(3, run);  // 1.0 -> 0.5 of the scale
  EXPECT_EQ(Judge(run).exit_code, 1);
  std::filesystem::remove(run.directory / run::kScoresFile);
  const Comparison unmarked = Judge(run);
  EXPECT_EQ(unmarked.exit_code, 0);
  EXPECT_THAT(unmarked.cases[0].quality[0].reason, HasSubstr("nobody marked"));
  AcceptRun(Scored(std::nullopt, "2026-03-03T12:00:00Z"));
  Mark(3, run);
  EXPECT_EQ(Judge(run).exit_code, 1) << "the accepted marks are still there";
}

TEST_F(QualityComparison, ACaseOnlyItsScoresAreKnownOfIsMissedToo) {
  policy_.determinism = *ParseDeterminismLevel("off");
  AcceptRun(Scored(1.0));
  RunBuilder other;
  other.Repetitions(4).Case("code").AddRamp(4, 100, 1);
  const Comparison comparison = Judge(other.Build());
  ASSERT_EQ(comparison.cases.size(), 2U);
  EXPECT_EQ(comparison.cases[1].status, CaseStatus::kMissing);
}

TEST_F(QualityComparison, BrokenScoresOfARunAreAnError) {
  AcceptRun(Scored(1.0));
  const run::Run run = Scored(1.0);
  ASSERT_TRUE(base::WriteFileAtomically(run.directory / run::kScoresFile, "{}").ok());
  const RunSet set = *RunSet::Create({run});
  const std::vector<std::filesystem::path> folders = {Folder()};
  EXPECT_FALSE(Compare({&set, nullptr, folders, &policy_, selection_, "2026-04-02"}, GateRule()).ok());
}

TEST(QualityPolicy, IsReadStrictly) {
  const auto read = [](const std::string& text) { return ParsePolicy(*run::ParseJson(text, "p"), "policy.json"); };
  const base::Result<Policy> good = read(
      R"({"schema_version":1,"quality":{"gate":false,"tolerance":0.1,"alpha":0.01},
          "cases":[{"match":"*a*","quality_tolerance":0.2}]})");
  ASSERT_TRUE(good.ok()) << good.error().Message();
  EXPECT_FALSE(good->quality.gate);
  EXPECT_EQ(good->quality.tolerance, 0.1);
  EXPECT_EQ(good->quality.alpha, 0.01);
  EXPECT_EQ(good->For("abc").quality_tolerance, 0.2);
  EXPECT_EQ(good->For("xyz").quality_tolerance, std::nullopt);
  for (const char* bad :
       {R"({"schema_version":1,"quality":{"tolerance":1.5}})", R"({"schema_version":1,"quality":{"gat":true}})",
        R"({"schema_version":1,"quality":{"alpha":0}})",
        R"({"schema_version":1,"cases":[{"match":"*","metric":"ttft_ms","quality_tolerance":0.1}]})"}) {
    EXPECT_FALSE(read(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/quality_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace assay::compare {
namespace {

using ::testing::HasSubstr;

run::RunCase Measured(const std::vector<double>& scores, const std::string& expect = "e") {
  run::RunCase one;
  one.plan.id = "case";
  one.plan.fingerprint = "f";
  one.plan.expect_sha256 = expect;
  for (const double score : scores) {
    run::Sample sample;
    sample.score = score;
    sample.answer_sha256 = "x";
    one.samples.push_back(sample);
  }
  return one;
}

AcceptedScores AcceptedWith(const std::vector<double>& scores) {
  run::ScoreSeries series;
  series.values = scores;
  AcceptedScores accepted;
  accepted.fingerprint = "f";
  accepted.expect_sha256 = "e";
  accepted.at = "2026-01-01T00:00:00Z";
  accepted.reason = "good";
  accepted.series = {AcceptedSeriesOf(series)};
  return accepted;
}

class QualityRule : public ::testing::Test {
 protected:
  QualityFinding Judge(const run::RunCase& one, const AcceptedScores* accepted) {
    const QualityCase quality{&one, &marks_, accepted, tolerance_};
    const std::vector<std::vector<QualityFinding>> findings = JudgeQuality({&quality, 1}, policy_);
    EXPECT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].size(), 1U);
    return findings[0].empty() ? QualityFinding() : findings[0][0];
  }

  run::Scores marks_;
  QualityPolicy policy_;
  double tolerance_ = 0.05;
};

TEST_F(QualityRule, ADropBelowToleranceIsARegression) {
  const AcceptedScores accepted = AcceptedWith({1, 1, 1, 1});
  const QualityFinding finding = Judge(Measured({0.75, 0.75, 0.75, 0.75}), &accepted);
  EXPECT_EQ(finding.verdict, Verdict::kRegressed);
  EXPECT_TRUE(finding.decides);
  EXPECT_FALSE(finding.varies);
  EXPECT_EQ(finding.p, std::nullopt);
  EXPECT_EQ(finding.reason, "the mean score fell from 1.000 to 0.750, by more than the tolerance of 0.050");
}

TEST_F(QualityRule, ADropOfTheToleranceIsNone) {
  const AcceptedScores accepted = AcceptedWith({0.9});
  tolerance_ = 0.1;
  EXPECT_EQ(Judge(Measured({0.8}), &accepted).verdict, Verdict::kUnchanged);
  EXPECT_EQ(Judge(Measured({0.79}), &accepted).verdict, Verdict::kRegressed);
  EXPECT_EQ(Judge(Measured({1.0}), &accepted).verdict, Verdict::kUnchanged);
}

TEST_F(QualityRule, ARiseIsAnImprovement) {
  const AcceptedScores accepted = AcceptedWith({0.5, 0.5});
  EXPECT_EQ(Judge(Measured({1, 1}), &accepted).verdict, Verdict::kImproved);
}

// By hand: p = 15/70 for two zeros of four against none of four (Fisher's exact test), 1/70 for four of four.
TEST_F(QualityRule, WhereScoresVaryChanceMustBeRuledOut) {
  const AcceptedScores accepted = AcceptedWith({1, 1, 1, 1});
  const QualityFinding maybe = Judge(Measured({0, 0, 1, 1}), &accepted);
  EXPECT_EQ(maybe.verdict, Verdict::kCannotTell);
  EXPECT_FALSE(maybe.decides) << "no wolf";
  EXPECT_NEAR(maybe.p.value_or(0), 15.0 / 70, 1e-9);
  EXPECT_THAT(maybe.reason, HasSubstr("more repetitions would tell"));
  const AcceptedScores wavering = AcceptedWith({1, 1, 1, 0.5});
  const QualityFinding sure = Judge(Measured({0, 0, 0, 0}), &wavering);
  EXPECT_EQ(sure.verdict, Verdict::kRegressed);
  EXPECT_NEAR(sure.p.value_or(0), 1.0 / 70, 1e-9);
}

TEST_F(QualityRule, HolmHoldsOverAllCasesThatVary) {
  const AcceptedScores accepted = AcceptedWith({1, 1, 1, 0.5});
  const run::RunCase low = Measured({0, 0, 0, 0});
  const std::vector<QualityCase> four(4, QualityCase{&low, &marks_, &accepted, 0.05});
  for (const std::vector<QualityFinding>& findings : JudgeQuality(four, policy_)) {
    EXPECT_NEAR(findings[0].p_adjusted.value_or(0), 4.0 / 70, 1e-9);  // above 0.05
    EXPECT_EQ(findings[0].verdict, Verdict::kCannotTell);
  }
}

// Both sides from one distribution of scores: at most alpha of all comparisons may say that it fell.
TEST_F(QualityRule, UnchangedScoresThatVaryRaiseNoAlarm) {
  std::mt19937_64 random(7);
  int alarms = 0;
  for (int i = 0; i < 400; ++i) {
    const auto draw = [&] {
      std::vector<double> scores;
      for (int k = 0; k < 10; ++k) scores.push_back(static_cast<double>(random() % 5) / 4);
      return scores;
    };
    const AcceptedScores accepted = AcceptedWith(draw());
    if (Judge(Measured(draw()), &accepted).verdict == Verdict::kRegressed) ++alarms;
  }
  EXPECT_LE(alarms, 30);  // 400 x 0.05 = 20, and two and a quarter standard deviations
}

TEST_F(QualityRule, WhatCannotBeComparedIsSaidAndDecidesNothing) {
  const auto said = [&](const run::RunCase& one, const AcceptedScores* accepted) {
    const QualityFinding finding = Judge(one, accepted);
    EXPECT_EQ(finding.verdict, Verdict::kCannotTell);
    EXPECT_FALSE(finding.decides);
    return finding.reason;
  };
  AcceptedScores accepted = AcceptedWith({1});
  EXPECT_THAT(said(Measured({1}), nullptr), HasSubstr("no score was accepted yet"));
  EXPECT_THAT(said(Measured({0}, "other"), &accepted), HasSubstr("expects something else"));
  EXPECT_THAT(said(Measured({}), &accepted), HasSubstr("expects nothing any more"));
  accepted.fingerprint = "another";
  EXPECT_THAT(said(Measured({0}), &accepted), HasSubstr("another request"));
}

TEST_F(QualityRule, MarksOfAnotherJudgeOrTemplateAreNotCompared) {
  run::RunCase one = Measured({});
  one.samples.resize(2);
  for (run::Sample& sample : one.samples) sample.answer_sha256 = "x";
  const auto judged_by = [](const std::string& model, std::int64_t version) {
    run::Scores marks;
    run::ReplaceMarks(marks, {"judge", run::JudgeInfo{model, version}}, {{"case", "x", "", {{"brevity", 1}}, ""}});
    return marks;
  };
  AcceptedScores accepted = AcceptedWith({1});
  accepted.series[0].source = run::ScoreSource::kJudge;
  accepted.series[0].dimension = "brevity";
  accepted.series[0].judge = run::JudgeInfo{"m", 1};
  marks_ = judged_by("m", 1);
  EXPECT_EQ(Judge(one, &accepted).verdict, Verdict::kRegressed);
  marks_ = judged_by("m", 2);
  EXPECT_THAT(Judge(one, &accepted).reason, HasSubstr("another version of the judge's prompt"));
  marks_ = judged_by("other", 1);
  EXPECT_THAT(Judge(one, &accepted).reason, HasSubstr("another judge"));
  marks_ = run::Scores();
  EXPECT_THAT(Judge(one, &accepted).reason, HasSubstr("nobody marked"));
}

TEST_F(QualityRule, APolicyMayOnlyShowIt) {
  policy_.gate = false;
  const AcceptedScores accepted = AcceptedWith({1});
  const QualityFinding finding = Judge(Measured({0}), &accepted);
  EXPECT_EQ(finding.verdict, Verdict::kRegressed);
  EXPECT_FALSE(finding.decides);
}

TEST(AcceptedScores, AreReadBackAsWritten) {
  AcceptedScores scores = AcceptedWith({1, 0.5, 0.5, 1.0 / 3});
  AcceptedSeries judged = scores.series[0];
  judged.source = run::ScoreSource::kJudge;
  judged.dimension = "tone";
  judged.judge = run::JudgeInfo{"m", 1};
  scores.series.push_back(judged);
  const run::Json json = ToJson(scores);
  const base::Result<AcceptedScores> read = AcceptedScoresFromJson(json, "outputs.json", "$");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_TRUE(read->SameContent(scores));
  EXPECT_EQ(read->reason, "good");
  EXPECT_NEAR(read->series[0].Mean(), (1 + 0.5 + 0.5 + 0.333333) / 4, 1e-9);
  EXPECT_EQ(read->series[0].Values().size(), 4U);
  for (const char* key : {"fingerprint", "accepted", "series"}) {
    run::Json broken = json;
    broken.as_object()->erase(key);
    EXPECT_FALSE(AcceptedScoresFromJson(broken, "outputs.json", "$").ok()) << key;
  }
}

}  // namespace
}  // namespace assay::compare

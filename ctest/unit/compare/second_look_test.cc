// SPDX-License-Identifier: MIT
// The second look from plan to exit code, what does not belong together, and runs measured in rounds.
#include <gmock/gmock.h>

#include "ctest/unit/compare/measured_sessions.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::Session;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SecondLook : public assay::testing::MeasuredSessions {
 protected:
  static Session Slower(double first) {
    Session session;
    session.first = first;
    return session;
  }
  void ExpectRefused(const run::Run& first, run::Run second, const std::string& why) {
    std::vector<run::Run> again;
    again.push_back(std::move(second));
    const auto comparison = Compared(first, std::move(again));
    ASSERT_FALSE(comparison.ok()) << why;
    EXPECT_EQ(comparison.error().code, base::ErrorCode::kUsage);
    EXPECT_THAT(comparison.error().Message(), HasSubstr(why));
  }
};

const std::string kFirst = RunBuilder::CaseIdOf("prompt-0");

TEST_F(SecondLook, IsPlannedWhereThereIsASuspect) {
  AcceptSessions(5);
  const Comparison slower = Judged(Measured(Slower(1.3)));
  EXPECT_EQ(slower.exit_code, 1);
  ASSERT_TRUE(slower.second_look.has_value());
  EXPECT_THAT(slower.second_look->suspects, ElementsAre(kFirst));
  EXPECT_EQ(slower.second_look->repetitions, 20);  // twice the run's 10
  // 8 of each of two families, of eleven cases.
  EXPECT_GE(slower.second_look->controls.size(), 8U);
  EXPECT_LE(slower.second_look->controls.size(), 11U);
  for (const std::string& id : slower.second_look->controls) EXPECT_NE(id, kFirst);
  policy_.quarantine.push_back(QuarantineEntry{"*/prompt-0/*", "2026-04-02", "known"});
  EXPECT_FALSE(Judged(Measured(Slower(1.3))).second_look.has_value());
}

TEST_F(SecondLook, ConfirmsARegression) {
  AcceptSessions(5);
  const run::Run first = Measured(Slower(1.3));
  const SecondLookPlan plan = *Judged(first).second_look;
  const Comparison both = Judged(first, {Again(plan, first, Slower(1.3))});
  EXPECT_EQ(both.exit_code, 1);
  const LatencyFinding& finding = Metric(both.cases[0], "tpot_ms");
  EXPECT_EQ(finding.verdict, Verdict::kRegressed);
  EXPECT_EQ(finding.n_second, 20U);
  EXPECT_NEAR(*finding.first_change, 0.3, 0.05);
  EXPECT_NEAR(finding.second_change.value(), 0.3, 0.05);
  EXPECT_FALSE(finding.suspect);
  EXPECT_FALSE(both.second_look.has_value());
  EXPECT_THAT(both.second_looks, ElementsAre("again"));
  EXPECT_EQ(Metric(both.cases[3], "tpot_ms").n_second, 0U);
}

// What one session did to one case once, and never again.
TEST_F(SecondLook, ClearsWhatItDoesNotFindAgain) {
  AcceptSessions(5);
  const run::Run first = Measured(Slower(1.08));
  const Comparison alone = Judged(first);
  ASSERT_EQ(alone.exit_code, 1);
  const Comparison both = Judged(first, {Again(*alone.second_look, first, Session{})});
  EXPECT_EQ(both.exit_code, 0);
  EXPECT_EQ(Metric(both.cases[0], "tpot_ms").verdict, Verdict::kUnchanged);
  EXPECT_GT(Metric(both.cases[0], "tpot_ms").n_second, 0U);
  EXPECT_NEAR(Metric(both.cases[0], "tpot_ms").second_change.value(), 0, 0.04);
}

TEST_F(SecondLook, WhatWasFoundAndNotMeasuredAgainCannotTell) {
  AcceptSessions(5);
  const run::Run first = Measured(Slower(1.3));
  run::Run again = Again(*Judged(first).second_look, first, Slower(1.3));
  std::erase_if(again.cases, [](const run::RunCase& one) { return one.plan.id == kFirst; });
  const Comparison both = Judged(first, {again});
  EXPECT_EQ(both.exit_code, 3);
  EXPECT_EQ(Metric(both.cases[0], "tpot_ms").code, LatencyReason::kNotConfirmed);
  EXPECT_THAT(Metric(both.cases[0], "tpot_ms").reason, HasSubstr("second look"));
}

TEST_F(SecondLook, ThatCouldNotMeasureASuspectToItsEndIsNoPass) {
  AcceptSessions(5);
  const run::Run first = Measured(Slower(1.08));
  run::Run again = Again(*Judged(first).second_look, first, Session{});
  again.cases.front().samples.pop_back();
  const Comparison short_of_one = Judged(first, {again});
  EXPECT_EQ(short_of_one.exit_code, 3);
  EXPECT_THAT(Metric(short_of_one.cases[0], "tpot_ms").reason, HasSubstr("only 19 of 20 repetitions"));
  again.cases.front().plan.failure = "the model is gone";
  const Comparison failed = Judged(first, {again});
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_THAT(Metric(failed.cases[0], "tpot_ms").reason, HasSubstr("the model is gone"));
}

TEST_F(SecondLook, AnAnswerThatChangesThereHasChanged) {
  AcceptSessions(5);
  const run::Run first = Measured(Slower(1.08));
  run::Run again = Again(*Judged(first).second_look, first, Session{});
  RunBuilder other;
  assay::testing::SampleSpec sample;
  sample.text = "Lyon.";
  other.Repetitions(1).Case("prompt-0").Add(sample);
  const run::Run lyon = other.Build();
  again.cases.front().answers = lyon.cases[0].answers;
  for (run::Sample& one : again.cases.front().samples) one.answer_sha256 = lyon.cases[0].samples[0].answer_sha256;
  const Comparison both = Judged(first, {again});
  EXPECT_EQ(both.cases[0].answers->verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(both.cases[0].answers->notes, ::testing::Contains("found by the second look"));
  EXPECT_EQ(both.exit_code, 1);
}

TEST_F(SecondLook, OfAnotherRunIsRefused) {
  AcceptSessions(5);
  const run::Run first = Measured(Slower(1.3));
  const run::Run good = Again(*Judged(first).second_look, first, Slower(1.3));

  ExpectRefused(first, Measured(Session{}, "plain"), "is no second look");
  run::Run bad = good;
  bad.info.second_look->first_started_at = {"2026-04-09T12:00:00Z"};
  ExpectRefused(first, bad, "belongs to the run of '2026-04-09T12:00:00Z'");
  bad = good;
  bad.info.provenance.started_at = first.info.provenance.started_at;
  ExpectRefused(first, bad, "is the first look itself");
  bad = good;
  bad.info.environment.cpu = "another CPU";
  ExpectRefused(first, bad, "measure both on one machine");
  bad = good;
  bad.cases.front().plan.fingerprint = "another";
  ExpectRefused(first, bad, "asked another request for the case");
  bad = good;
  bad.cases.front().plan.id = RunBuilder::CaseIdOf("stranger");
  ExpectRefused(first, bad, "which the first one does not");
}

// --- Rounds ----------------------------------------------------------------------------------------------------------

TEST_F(SecondLook, RoundsLeaveLessAlphaForTheEnd) {
  AcceptSessions(5);
  run::Run run = Measured(Session{});
  run.info.rounds = run::Rounds{{5, 10}, 0.2, 120, 120, {}};
  const Comparison comparison = Judged(run);
  EXPECT_NEAR(Metric(comparison.cases[0], "tpot_ms").alpha, 0.025 * 0.8, 1e-15);
  EXPECT_EQ(comparison.exit_code, 0);
}

// By the most that rounds would have asked, whatever the suspects were stopped at.
TEST_F(SecondLook, AfterRoundsAsksFourTimesTheirMost) {
  AcceptSessions(5);
  run::Run slower = Measured(Slower(1.3));
  slower.info.rounds = run::Rounds{{8, 21}, 0.1, 252, 247, {{kFirst, 10, "regressed"}}};
  slower.cases.front().plan.repetitions = 10;
  const Comparison comparison = Judged(slower);
  ASSERT_TRUE(comparison.second_look.has_value());
  EXPECT_THAT(comparison.second_look->suspects, ElementsAre(kFirst));
  EXPECT_EQ(comparison.second_look->repetitions, 84);
  EXPECT_TRUE(comparison.second_look->in_rounds);
}

TEST_F(SecondLook, ACaseThatWasStoppedAsRegressedIsNoPass) {
  AcceptSessions(5);
  run::Run slower = Measured(Slower(1.3));
  slower.info.rounds = run::Rounds{{5, 10}, 0.2, 120, 115, {{kFirst, 5, "regressed"}}};
  EXPECT_EQ(Judged(slower).exit_code, 1);
  run::Run same = Measured(Session{});
  same.info.rounds = slower.info.rounds;
  const Comparison comparison = Judged(same);
  EXPECT_EQ(comparison.exit_code, 3);
  EXPECT_EQ(Metric(comparison.cases[0], "tpot_ms").code, LatencyReason::kNotConfirmed);
  same.info.rounds->stops[0].why = "cannot_regress";
  EXPECT_EQ(Judged(same).exit_code, 0);
}

// --- Quarantine ------------------------------------------------------------------------------------------------------

TEST_F(SecondLook, AQuarantineEndsWithItsDay) {
  AcceptSessions(5);
  policy_.quarantine.push_back(QuarantineEntry{"*/prompt-0/*", "2026-04-02", "known"});
  const Comparison during = Judged(Measured(Slower(1.3)));
  EXPECT_EQ(during.exit_code, 0);
  EXPECT_EQ(during.cases[0].latency_verdict, Verdict::kRegressed);
  today_ = "2026-04-03";
  const Comparison after = Judged(Measured(Slower(1.3)));
  EXPECT_EQ(after.exit_code, 1);
  EXPECT_TRUE(after.cases[0].quarantine->expired);
}

TEST_F(SecondLook, ABudgetDecidesBesideTheTest) {
  AcceptSessions(5);
  Budget budget;
  budget.match = "*/prompt-0/*";
  budget.metric = run::FindMetric("e2e_ms");
  budget.limit = 50;  // the case takes 100 ms
  policy_.budgets.push_back(budget);
  const Comparison comparison = Judged(Measured(Session{}));
  EXPECT_EQ(comparison.exit_code, 1);
  ASSERT_EQ(comparison.cases[0].budgets.size(), 1U);
  EXPECT_EQ(comparison.cases[0].budgets[0].verdict, Verdict::kRegressed);
  EXPECT_TRUE(comparison.cases[1].budgets.empty());
}

TEST_F(SecondLook, ATolerancePasses) {
  AcceptSessions(5);
  EXPECT_EQ(Judged(Measured(Slower(1.2))).exit_code, 1);
  policy_.tolerance = 0.25;
  const Comparison comparison = Judged(Measured(Slower(1.2)));
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(Metric(comparison.cases[0], "tpot_ms").tolerance, 0.25);
}

}  // namespace
}  // namespace assay::compare

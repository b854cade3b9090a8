// SPDX-License-Identifier: MIT
// All cases of one variant got slower: half of a family, or a third, is neither its centre nor an outlier.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "ctest/unit/compare/measured_sessions.h"
#include "tools/compare/settle.h"

namespace assay::compare {
namespace {

using assay::testing::kOtherModel;
using assay::testing::RunBuilder;
using assay::testing::Session;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- The rule --------------------------------------------------------------------------------------------------------

struct Suite {
  int variants = 2;
  int cases = 22;  // of each
  int sessions = 5;
  std::vector<double> moved = {};  // ln, what the head did by variant; those that are missing did nothing
  double machine = 0;              // ln, to all
};

class Latencies {
 public:
  explicit Latencies(unsigned seed) : random_(seed) {}

  // Requests of 10 % noise, cases that move by 2 % from session to session, sessions by 2 %.
  std::vector<LatencySeries> Family(const Suite& suite) {
    std::vector<double> session;
    for (int k = 0; k <= suite.sessions; ++k) session.push_back(Normal(0.02));
    std::vector<LatencySeries> family;
    for (int i = 0; i < suite.variants * suite.cases; ++i) {
      LatencySeries one;
      const auto variant = static_cast<std::size_t>(i % suite.variants);
      one.case_id = "case " + std::to_string(i);
      one.variant = "model " + std::to_string(variant);
      one.metric = run::FindMetric("tpot_ms");
      one.min_effect = 0.05;
      const double level = std::log(10 + i);
      for (int k = 0; k < suite.sessions; ++k) {
        one.base.push_back({"session " + std::to_string(k), Times(level + session[static_cast<std::size_t>(k)])});
      }
      const double moved = variant < suite.moved.size() ? suite.moved[variant] : 0;
      one.head = Times(level + session.back() + moved + suite.machine);
      family.push_back(std::move(one));
    }
    return family;
  }
  std::vector<double> Times(double level) {
    const double here = level + Normal(0.02);
    std::vector<double> values;
    for (int i = 0; i < 10; ++i) values.push_back(std::exp(here + Normal(0.10)));
    return values;
  }
  std::vector<AnchorSeries> Anchors(int sessions, double machine) {
    std::vector<AnchorSeries> anchors;
    for (int a = 0; a < 6; ++a) {
      AnchorSeries one{"anchor " + std::to_string(a), Times(machine), {}, {}};
      for (int k = 0; k < sessions; ++k) one.base.push_back({"session " + std::to_string(k), Times(0)});
      anchors.push_back(std::move(one));
    }
    return anchors;
  }

 private:
  double Normal(double sd) { return std::normal_distribution<double>(0, sd)(random_); }
  std::mt19937 random_;
};

FamilyFindings Judged(const std::vector<LatencySeries>& family, const std::vector<AnchorSeries>& anchors = {},
                      const FamilyOptions& options = {}) {
  return GateRule().JudgeFamily(family, anchors, options);
}

std::size_t Count(const FamilyFindings& findings, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(findings.pairs.begin(), findings.pairs.end(),
                                                [&](const auto& finding) { return finding.verdict == verdict; }));
}

TEST(GateVariants, HalfOfTheSuiteSlowerIsARegressionOfItsVariant) {
  for (const int sessions : {1, 2, 5}) {
    const FamilyFindings judged =
        Judged(Latencies(3).Family({.sessions = sessions, .moved = {0, std::log(1.3)}, .machine = 0.01}));
    ASSERT_EQ(judged.variants.size(), 2U) << sessions;
    EXPECT_EQ(judged.variants[0].verdict, SuiteVerdict::kUnchanged) << sessions << " " << judged.variants[0].reason;
    const SuiteFinding& slower = judged.variants[1];
    EXPECT_EQ(slower.verdict, SuiteVerdict::kSuiteRegression) << sessions << " " << slower.why_no_anchors;
    EXPECT_EQ(slower.variant, "model 1");
    EXPECT_EQ(slower.cases, 22U);
    EXPECT_EQ(slower.anchors, 22U);
    EXPECT_NEAR(*slower.beyond_anchors, 0.3, 0.06);
    EXPECT_LT(*slower.beyond_p, 0.0025);
    EXPECT_TRUE(slower.suspect);
    EXPECT_GE(*slower.mde, sessions < 3 ? 0.10 : 0.03);
  }
}

// The single slow case is seen among those that got slower with it: they are judged around their own centre.
TEST(GateVariants, ACaseSlowerThanItsVariantIsStillFound) {
  std::vector<LatencySeries> family = Latencies(5).Family({.moved = {0, std::log(1.3)}});
  for (double& value : family[7].head) value *= 1.3;  // of model 1
  for (double& value : family[8].head) value *= 1.3;  // of model 0
  const FamilyFindings judged = Judged(family);
  EXPECT_EQ(judged.variants[1].verdict, SuiteVerdict::kSuiteRegression);
  EXPECT_EQ(judged.pairs[7].verdict, Verdict::kRegressed);
  EXPECT_NEAR(*judged.pairs[7].change, 0.3, 0.1);
  EXPECT_EQ(judged.pairs[8].verdict, Verdict::kRegressed);
  EXPECT_LE(Count(judged, Verdict::kRegressed), 3U);
  EXPECT_LT(*judged.pairs[9].mde, 0.4);
}

// Else the cases of the slower variant would pass one by one, and nothing would speak for them.
TEST(GateVariants, WhereTheSuiteDecidesNothingCasesKeepTheCentreOfAll) {
  FamilyOptions options;
  options.suite.gate = false;
  const std::vector<LatencySeries> quarter =
      Latencies(7).Family({.variants = 4, .cases = 8, .moved = {0, 0, 0, std::log(1.5)}});
  EXPECT_EQ(Count(Judged(quarter, {}, options), Verdict::kRegressed), 8U);
  EXPECT_EQ(Count(Judged(quarter), Verdict::kRegressed), 0U);
  EXPECT_EQ(Judged(quarter).variants[3].verdict, SuiteVerdict::kSuiteRegression);
}

TEST(GateVariants, AnUnchangedSuiteRaisesNoAlarm) {
  int alarms = 0;
  int suspects = 0;
  Latencies latencies(11);
  for (int run = 0; run < 60; ++run) {
    const FamilyFindings judged = Judged(latencies.Family({.cases = 12, .machine = 0.05}));
    for (const SuiteFinding& one : judged.variants) {
      alarms += one.verdict != SuiteVerdict::kUnchanged;
      suspects += one.suspect;
    }
  }
  EXPECT_LE(alarms, 3);  // half of 1 % of runs slower, and as many faster: this many in one of 3,000 tests
  EXPECT_LE(suspects, 14);
}

TEST(GateVariants, OfThreeTheOneThatGotSlowerIsNamed) {
  const FamilyFindings judged = Judged(Latencies(13).Family({.variants = 3, .cases = 10, .moved = {0, 0, 0.2}}));
  ASSERT_EQ(judged.variants.size(), 3U);
  EXPECT_EQ(judged.variants[0].verdict, SuiteVerdict::kUnchanged);
  EXPECT_EQ(judged.variants[1].verdict, SuiteVerdict::kUnchanged);
  EXPECT_EQ(judged.variants[2].verdict, SuiteVerdict::kSuiteRegression);
}

// "One slower" and "the other faster" look alike: what each did against its own baseline tells them apart.
TEST(GateVariants, AFasterVariantMakesNoOtherSlower) {
  Latencies latencies(17);
  const std::vector<LatencySeries> family = latencies.Family({.moved = {-0.3, 0}});
  const FamilyFindings judged = Judged(family, latencies.Anchors(5, 0));
  EXPECT_EQ(judged.variants[0].verdict, SuiteVerdict::kSuiteImprovement);
  EXPECT_EQ(judged.variants[1].verdict, SuiteVerdict::kUnchanged);
  EXPECT_FALSE(judged.variants[1].suspect);
}

// A machine that got faster hides half of it: without anchors nobody can tell, and with them it is told.
TEST(GateVariants, SlowerOnAFasterMachineIsNoPass) {
  Latencies latencies(19);
  std::vector<LatencySeries> family = latencies.Family({.moved = {0, 0.2}, .machine = -0.13});
  for (LatencySeries& one : family) {
    // Sessions that differ as much: such a machine is nothing new.
    for (double& value : one.base[0].values) value *= std::exp(-0.16);
    for (double& value : one.base[1].values) value *= std::exp(0.16);
  }
  const SuiteFinding alone = Judged(family).variants[1];
  EXPECT_EQ(alone.verdict, SuiteVerdict::kSuiteShift);
  EXPECT_TRUE(alone.Slower());
  EXPECT_FALSE(alone.explained);
  EXPECT_THAT(alone.why_no_anchors, HasSubstr("or the others faster, cannot be told; measure again with anchors"));
  std::vector<AnchorSeries> anchors = latencies.Anchors(5, -0.13);
  EXPECT_EQ(Judged(family, anchors).variants[1].verdict, SuiteVerdict::kSuiteRegression);
}

// A second look on a machine that is another one altogether says little: where the distance is as large as before it is
// no acquittal.
TEST(GateVariants, ASecondLookThatIsNotSureDoesNotAcquit) {
  Latencies latencies(21);
  std::vector<LatencySeries> family = latencies.Family({.moved = {0, std::log(1.3)}});
  FamilyOptions options;
  options.second_look = true;
  const auto verdict = [&](double machine, double moved) {
    for (LatencySeries& one : family) {
      one.second = one.head;
      for (double& value : one.second) value *= std::exp(machine) * (one.variant == "model 1" ? moved : 1);
    }
    return Judged(family, {}, options).variants[1].verdict;
  };
  EXPECT_EQ(verdict(0, 1), SuiteVerdict::kSuiteRegression);
  EXPECT_EQ(verdict(-0.8, 1), SuiteVerdict::kSuiteShift);
  EXPECT_EQ(verdict(0, 1 / 1.3), SuiteVerdict::kUnchanged);
}

TEST(GateVariants, RunsOfTheirOwnTakeThreeSessionsToBeSure) {
  FamilyOptions options;
  options.variants_apart = true;
  const auto verdict = [&](int sessions, double moved) {
    return Judged(Latencies(23).Family({.sessions = sessions, .moved = {0, moved}}), {}, options).variants[1].verdict;
  };
  EXPECT_EQ(verdict(1, 0.15), SuiteVerdict::kUnchanged);
  EXPECT_EQ(verdict(1, 0.30), SuiteVerdict::kSuiteShift);
  EXPECT_EQ(verdict(5, 0.15), SuiteVerdict::kSuiteRegression);
}

TEST(GateVariants, FewCasesAndOneVariantAreNotJudged) {
  Latencies latencies(29);
  EXPECT_THAT(Judged(latencies.Family({.cases = 4})).variants, IsEmpty());
  EXPECT_THAT(Judged(latencies.Family({.variants = 1})).variants, IsEmpty());
  EXPECT_EQ(Judged(latencies.Family({.cases = 6})).variants.size(), 2U);
}

// --- From runs to the exit code --------------------------------------------------------------------------------------

using VariantsOfARun = assay::testing::MeasuredSessions;

std::vector<run::Run> Runs(run::Run run) {
  std::vector<run::Run> runs;
  runs.push_back(std::move(run));
  return runs;
}

Session TwoModels(double other = 1) {
  Session session;
  session.of_other = 6;
  session.other = other;
  return session;
}

const SuiteFinding* Of(const Comparison& comparison, FamilyKind kind, const std::string& variant) {
  for (const SuiteFinding& one : comparison.suite) {
    if (one.kind == kind && one.variant == variant) return &one;
  }
  return nullptr;
}

TEST_F(VariantsOfARun, OneModelSlowerFails) {
  AcceptSessions(5, TwoModels());
  EXPECT_EQ(Judged(Measured(TwoModels())).exit_code, 0);
  const Comparison comparison = Judged(Measured(TwoModels(1.3)));
  EXPECT_EQ(comparison.exit_code, 1);
  for (const FamilyKind kind : {FamilyKind::kTtft, FamilyKind::kDecode}) {
    const SuiteFinding* const slower = Of(comparison, kind, kOtherModel);
    ASSERT_NE(slower, nullptr);
    EXPECT_EQ(slower->verdict, SuiteVerdict::kSuiteRegression);
    EXPECT_TRUE(slower->decides);
    const SuiteFinding* const same = Of(comparison, kind, RunBuilder::kModel);
    ASSERT_NE(same, nullptr);
    EXPECT_FALSE(same->decides);
  }
  EXPECT_EQ(Of(comparison, FamilyKind::kDecode, "")->verdict, SuiteVerdict::kUnchanged);  // what is left is the rest
  // What is only shown decides nothing.
  ASSERT_NE(Of(comparison, FamilyKind::kE2e, kOtherModel), nullptr);
  EXPECT_FALSE(Of(comparison, FamilyKind::kE2e, kOtherModel)->decides);
}

// A test of one case hears of its own variant.
TEST_F(VariantsOfARun, ASelectionHearsOfItsOwnVariant) {
  AcceptSessions(5, TwoModels());
  const run::Run run = Measured(TwoModels(1.3));
  selection_.models = {kOtherModel};
  EXPECT_EQ(Judged(run).exit_code, 1);
  selection_.models = {RunBuilder::kModel};
  const Comparison other = Judged(run);
  EXPECT_EQ(other.exit_code, 0);
  EXPECT_FALSE(Of(other, FamilyKind::kDecode, kOtherModel)->decides);
}

TEST_F(VariantsOfARun, WhatThePolicySwitchesOffDecidesNothing) {
  AcceptSessions(5, TwoModels());
  policy_.suite.gate = false;
  const Comparison comparison = Judged(Measured(TwoModels(1.3)));
  EXPECT_EQ(Of(comparison, FamilyKind::kDecode, kOtherModel)->verdict, SuiteVerdict::kSuiteRegression);
  EXPECT_FALSE(Of(comparison, FamilyKind::kDecode, kOtherModel)->decides);
}

TEST_F(VariantsOfARun, ASecondLookMeasuresBothSidesAndConfirms) {
  AcceptSessions(5, TwoModels());
  const run::Run first = Measured(TwoModels(1.3));
  const Comparison once = Judged(first);
  ASSERT_TRUE(once.second_look.has_value());
  std::multiset<std::string> models;
  for (const CaseComparison& one : once.cases) {
    for (const auto* ids : {&once.second_look->suspects, &once.second_look->controls}) {
      if (std::find(ids->begin(), ids->end(), one.id) != ids->end()) models.insert(one.model);
    }
  }
  EXPECT_GE(models.count(kOtherModel), 5U);
  EXPECT_GE(models.count(RunBuilder::kModel), 5U);

  const Comparison again = Judged(first, Runs(Again(*once.second_look, first, TwoModels(1.3))));
  const SuiteFinding* const slower = Of(again, FamilyKind::kDecode, kOtherModel);
  EXPECT_EQ(slower->verdict, SuiteVerdict::kSuiteRegression);
  EXPECT_NEAR(slower->beyond_again.value(), 0.3, 0.06);
  EXPECT_EQ(again.exit_code, 1);

  const Comparison cleared = Judged(first, Runs(Again(*once.second_look, first, TwoModels(1.0))));
  EXPECT_EQ(Of(cleared, FamilyKind::kDecode, kOtherModel)->verdict, SuiteVerdict::kUnchanged);
  EXPECT_THAT(Of(cleared, FamilyKind::kDecode, kOtherModel)->reason, HasSubstr("does not confirm it"));
  EXPECT_EQ(cleared.exit_code, 0);
}

TEST_F(VariantsOfARun, ASecondLookWithoutTheOthersIsNoPass) {
  AcceptSessions(5, TwoModels());
  const run::Run first = Measured(TwoModels(1.3));
  run::Run again = Again(*Judged(first).second_look, first, TwoModels(1.3));
  std::erase_if(again.cases, [](const run::RunCase& one) { return one.plan.model == RunBuilder::kModel; });
  std::erase_if(again.info.cases, [](const run::PlannedCase& one) { return one.model == RunBuilder::kModel; });
  const Comparison comparison = Judged(first, Runs(std::move(again)));
  const SuiteFinding* const slower = Of(comparison, FamilyKind::kDecode, kOtherModel);
  EXPECT_EQ(slower->verdict, SuiteVerdict::kSuiteShift);
  EXPECT_TRUE(slower->decides);
  EXPECT_EQ(comparison.exit_code, 3);
}

run::Run OfModel(run::Run run, const std::string& model) {
  std::erase_if(run.cases, [&](const run::RunCase& one) { return one.plan.model != model; });
  std::erase_if(run.info.cases, [&](const run::PlannedCase& one) { return one.model != model; });
  return run;
}

// Two sessions and a run for each model: its 30 % are no suspect, and yet not what its cases will be judged with.
TEST_F(VariantsOfARun, WhileAVariantIsInQuestionASecondLookSettlesNothing) {
  AcceptSessions(2, TwoModels());
  for (const double other : {1.0, 1.3}) {
    const run::Run whole = Measured(TwoModels(other));
    std::vector<run::Run> first;
    for (const char* model : {RunBuilder::kModel, kOtherModel}) first.push_back(OfModel(whole, model));
    const auto runs = RunSet::Create(std::move(first));
    ASSERT_TRUE(runs.ok()) << runs.error().Message();
    SecondLookPlan plan;
    plan.repetitions = 8;
    for (const run::RunCase& one : whole.cases) {
      (plan.suspects.empty() ? plan.suspects : plan.controls).push_back(one.plan.id);
    }
    run::Run again = Again(plan, whole, TwoModels(other));
    again.info.second_look->first_started_at.assign(2, whole.info.provenance.started_at);
    const auto second = RunSet::Create(Runs(std::move(again)));
    ASSERT_TRUE(second.ok()) << second.error().Message();
    SettleOptions options;
    options.looks = 4;
    options.n_max = 40;
    const auto settled = SettleSecondLook(*runs, *second, {baselines()}, policy_, options);
    ASSERT_TRUE(settled.ok()) << settled.error().Message();
    EXPECT_EQ(settled->empty(), other > 1) << settled->size();
  }
}

// --- How little an `unchanged` may say -------------------------------------------------------------------------------

TEST_F(VariantsOfARun, AnUnchangedThatCouldHaveMissedTooMuchCannotTell) {
  Session noisy;
  noisy.noise = 0.15;
  noisy.n = 5;
  AcceptSessions(3, noisy);
  const run::Run run = Measured(noisy);
  const Comparison usual = Judged(run);
  EXPECT_EQ(usual.exit_code, 0) << Metric(usual.cases[3], "tpot_ms").reason << usual.suite[0].why_no_anchors;
  const LatencyFinding& seen = Metric(usual.cases[3], "tpot_ms");
  policy_.max_mde = *seen.mde * 1.01;
  EXPECT_EQ(Metric(Judged(run).cases[3], "tpot_ms").verdict, Verdict::kUnchanged);
  policy_.max_mde = *seen.mde * 0.99;
  const Comparison comparison = Judged(run);
  const LatencyFinding& finding = Metric(comparison.cases[3], "tpot_ms");
  EXPECT_EQ(finding.verdict, Verdict::kCannotTell);
  EXPECT_EQ(finding.code, LatencyReason::kTooNoisy);
  EXPECT_THAT(finding.reason, HasSubstr("needs more requests or accepted sessions (`assay plan` says how many)"));
  EXPECT_EQ(Metric(comparison.cases[3], "e2e_ms").verdict, Verdict::kUnchanged);  // decides nothing
  EXPECT_EQ(comparison.exit_code, 3);
}

}  // namespace
}  // namespace assay::compare

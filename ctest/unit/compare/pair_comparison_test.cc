// SPDX-License-Identifier: MIT
// A paired run from its two sides to the exit code.
#include "tools/compare/pair_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/compare/made_pairs.h"
#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using made::PairMaker;
using made::PairSpec;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr const char* kToday = "2026-04-01";

class PairComparison : public ::testing::Test {
 protected:
  base::Result<Comparison> Tried(const PairedRuns& pair, const PairedRuns* second = nullptr) {
    return ComparePair(pair, second, policy_, selection_, kToday, GateRule());
  }
  Comparison Judged(const PairedRuns& pair, const PairedRuns* second = nullptr) {
    auto comparison = Tried(pair, second);
    EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
    return std::move(comparison).value();
  }
  Comparison Judged(const PairSpec& spec) { return Judged(PairMaker(spec).Build()); }

  Policy policy_ = DefaultPolicy();
  Selection selection_;
};

const CaseComparison& Case(const Comparison& comparison, const std::string& id) {
  for (const CaseComparison& one : comparison.cases) {
    if (one.id == id) return one;
  }
  ADD_FAILURE() << "no case " << id;
  static const CaseComparison none;
  return none;
}

const LatencyFinding& Metric(const CaseComparison& one, std::string_view name) {
  for (const LatencyFinding& finding : one.latency) {
    if (finding.metric->name == name) return finding;
  }
  ADD_FAILURE() << "no finding of " << name;
  static const LatencyFinding none;
  return none;
}

PairSpec Slower(double all, double first = 1) {
  PairSpec spec;
  spec.all = all;
  spec.first = first;
  return spec;
}

// A pair whose first case failed on one side.
PairMaker WithFailure(bool of_head) {
  PairSpec spec;
  spec.cases = 10;
  PairMaker maker(spec);
  SampleSpec fine;
  SampleSpec broken;
  broken.outcome = run::Outcome::kTimeout;
  broken.error = "no answer in 30 s";
  maker.base.Case("broken");
  maker.head.Case("broken");
  for (int i = 0; i < 20; ++i) {
    maker.base.Add(of_head ? fine : broken);
    maker.head.Add(of_head ? broken : fine);
  }
  maker.info.cases.push_back(run::PairedIds{RunBuilder::CaseIdOf("broken"), RunBuilder::CaseIdOf("broken")});
  return maker;
}

TEST_F(PairComparison, EqualSidesPass) {
  const Comparison comparison = Judged(PairSpec{});
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(comparison.verdict, Verdict::kUnchanged);
  ASSERT_EQ(comparison.cases.size(), 12U);
  EXPECT_EQ(comparison.cases[0].paired_with, PairMaker::Id(0));
  EXPECT_EQ(comparison.cases[0].answers->verdict, AnswerVerdict::kUnchanged);
  ASSERT_TRUE(comparison.pair.has_value());
  EXPECT_EQ(comparison.pair->head.stated, "head words");
  EXPECT_EQ(comparison.runs.size(), 2U);
  EXPECT_TRUE(comparison.baselines.empty());
  EXPECT_FALSE(comparison.second_look.has_value());
  EXPECT_TRUE(comparison.warnings.empty());
}

TEST_F(PairComparison, ASlowerCaseFailsAndIsASuspect) {
  const Comparison comparison = Judged(Slower(1, 1.2));
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_EQ(Case(comparison, PairMaker::Id(0)).verdict, Verdict::kRegressed);
  EXPECT_EQ(Case(comparison, PairMaker::Id(1)).verdict, Verdict::kUnchanged);
  const LatencyFinding& ttft = Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms");
  EXPECT_EQ(ttft.kind, FamilyKind::kTtft);
  EXPECT_NEAR(ttft.change.value(), 0.2, 0.03);
  EXPECT_DOUBLE_EQ(ttft.alpha, 0.025);  // two families gate
  ASSERT_TRUE(comparison.second_look.has_value());
  EXPECT_THAT(comparison.second_look->suspects, Contains(PairMaker::Id(0)));
  EXPECT_TRUE(comparison.second_look->controls.empty());
  EXPECT_EQ(comparison.second_look->repetitions, 40);  // twice the 20 of the pair
}

TEST_F(PairComparison, AllSlowerIsASuiteRegression) {
  const Comparison comparison = Judged(Slower(1.05));
  ASSERT_FALSE(comparison.suite.empty());
  EXPECT_EQ(comparison.suite[0].verdict, SuiteVerdict::kSuiteRegression);
  EXPECT_TRUE(comparison.suite[0].decides);
  EXPECT_EQ(comparison.exit_code, 1);
  policy_.suite.gate = false;
  const Comparison shown = Judged(Slower(1.035));
  EXPECT_EQ(shown.suite[0].verdict, SuiteVerdict::kSuiteRegression);
  EXPECT_FALSE(shown.suite[0].decides);
}

TEST_F(PairComparison, OneVariantAgainstAnotherHasTheNamesOfTheHead) {
  PairSpec spec;
  spec.head_model = made::kOtherModel;
  const Comparison comparison = Judged(spec);
  EXPECT_EQ(comparison.exit_code, 0);
  const CaseComparison& one = Case(comparison, PairMaker::Id(0, made::kOtherModel));
  EXPECT_EQ(one.paired_with, PairMaker::Id(0));
  EXPECT_EQ(one.model, made::kOtherModel);
  EXPECT_FALSE(one.answers_decide);
}

TEST_F(PairComparison, AnotherRequestIsNoErrorAndItsAnswersDecideNothing) {
  PairMaker maker(PairSpec{});
  run::Run head = maker.head.Build("pair/head");
  for (run::RunCase& one : head.cases) {
    one.plan.fingerprint = "with a seed";
    for (run::Sample& sample : one.samples) sample.answer_sha256 = "another";
  }
  const auto pair = PairedRuns::Create("pair", maker.info, maker.base.Build("pair/base"), std::move(head));
  ASSERT_TRUE(pair.ok());
  const Comparison comparison = Judged(*pair);
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(comparison.cases[0].answers->verdict, AnswerVerdict::kChanged);
  EXPECT_FALSE(comparison.cases[0].answers_decide);
}

TEST_F(PairComparison, AChangedAnswerOfOneRequestFails) {
  PairMaker maker(PairSpec{});
  run::Run head = maker.head.Build("pair/head");
  for (run::Sample& sample : head.cases[2].samples) sample.answer_sha256 = "another";
  const auto pair = PairedRuns::Create("pair", maker.info, maker.base.Build("pair/base"), std::move(head));
  ASSERT_TRUE(pair.ok());
  const Comparison comparison = Judged(*pair);
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_EQ(Case(comparison, PairMaker::Id(2)).answers_verdict, Verdict::kRegressed);
}

TEST_F(PairComparison, ACaseTheHeadFailedFails) {
  const Comparison comparison = Judged(WithFailure(true).Build());
  const CaseComparison& one = Case(comparison, RunBuilder::CaseIdOf("broken"));
  EXPECT_EQ(one.status, CaseStatus::kFailed);
  EXPECT_EQ(one.outcome, "timeout");
  EXPECT_EQ(one.reason, "the head: no answer in 30 s");
  EXPECT_EQ(one.verdict, Verdict::kRegressed);
  EXPECT_EQ(comparison.exit_code, 1);
}

TEST_F(PairComparison, ACaseTheBaseFailedCannotBeJudged) {
  const Comparison comparison = Judged(WithFailure(false).Build());
  const CaseComparison& one = Case(comparison, RunBuilder::CaseIdOf("broken"));
  EXPECT_EQ(one.status, CaseStatus::kFailed);
  EXPECT_EQ(one.reason, "the base: no answer in 30 s");
  EXPECT_EQ(one.verdict, Verdict::kCannotTell);
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(PairComparison, AnIncompletePairIsDroppedAndTheCaseDoesNotPass) {
  PairMaker maker(PairSpec{});
  run::Run head = maker.head.Build("pair/head");
  head.cases[0].samples[3].outcome = run::Outcome::kReset;
  const auto pair = PairedRuns::Create("pair", maker.info, maker.base.Build("pair/base"), std::move(head));
  ASSERT_TRUE(pair.ok());
  const Comparison comparison = Judged(*pair);
  EXPECT_EQ(comparison.exit_code, 3);
  const LatencyFinding& ttft = Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms");
  EXPECT_EQ(ttft.code, LatencyReason::kIncomplete);
  EXPECT_EQ(ttft.n_head, 19U);
  EXPECT_EQ(ttft.n_base, 19U);
  EXPECT_EQ(ttft.reason, "only 19 of 20 pairs are complete, the head has 19 of 20 (reset)");
}

TEST_F(PairComparison, RequestsThatFailedInTurnsLeaveNoPair) {
  PairMaker maker(PairSpec{});
  run::Run base = maker.base.Build("pair/base");
  run::Run head = maker.head.Build("pair/head");
  for (std::size_t i = 0; i < 20; ++i) {
    (i % 2 == 0 ? base : head).cases[0].samples[i].outcome = run::Outcome::kReset;
  }
  const auto pair = PairedRuns::Create("pair", maker.info, std::move(base), std::move(head));
  ASSERT_TRUE(pair.ok());
  const Comparison comparison = Judged(*pair);
  const LatencyFinding& ttft = Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms");
  EXPECT_EQ(ttft.verdict, Verdict::kCannotTell);
  EXPECT_THAT(ttft.reason, HasSubstr("no request of the head has its partner"));
}

TEST_F(PairComparison, AnswersOfDifferentLengthAreComparedByTimePerToken) {
  PairMaker maker(PairSpec{});
  run::Run head = maker.head.Build("pair/head");
  for (run::Sample& sample : head.cases[0].samples) sample.completion_tokens = 6;
  const auto pair = PairedRuns::Create("pair", maker.info, maker.base.Build("pair/base"), std::move(head));
  ASSERT_TRUE(pair.ok());
  const Comparison comparison = Judged(*pair);
  const LatencyFinding& e2e = Metric(Case(comparison, PairMaker::Id(0)), "e2e_ms");
  EXPECT_EQ(e2e.code, LatencyReason::kCompletionTokensDiffer);
  EXPECT_THAT(e2e.reason, HasSubstr("6 tokens, in the base 5"));
  EXPECT_FALSE(e2e.decides);
  // The same time for a token more: (e2e - ttft) / 5 instead of / 4.
  EXPECT_NEAR(Metric(Case(comparison, PairMaker::Id(0)), "tpot_ms").change.value(), -0.2, 0.03);
}

TEST_F(PairComparison, TokensOfDifferentSourcesAreNotCompared) {
  PairMaker maker(PairSpec{});
  run::Run head = maker.head.Build("pair/head");
  for (run::Sample& sample : head.cases[0].samples) sample.token_source = run::TokenSource::kChunks;
  const auto pair = PairedRuns::Create("pair", maker.info, maker.base.Build("pair/base"), std::move(head));
  ASSERT_TRUE(pair.ok());
  const Comparison comparison = Judged(*pair);
  const LatencyFinding& tpot = Metric(Case(comparison, PairMaker::Id(0)), "tpot_ms");
  EXPECT_EQ(tpot.code, LatencyReason::kTokenSourceDiffers);
  EXPECT_EQ(tpot.verdict, Verdict::kCannotTell);
}

TEST_F(PairComparison, WithoutARestartTheComparisonSaysWhatIsMissing) {
  PairSpec spec;
  spec.blocks = {20};
  const Comparison comparison = Judged(spec);
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_THAT(comparison.warnings, ElementsAre(Field(&run::Warning::code, "pair_not_restarted")));
}

TEST_F(PairComparison, AnUnchangedThatCouldHaveMissedTooMuchCannotTell) {
  const PairedRuns pair = PairMaker(PairSpec{}).Build();
  for (MetricPolicy& metric : policy_.metrics) metric.min_effect = metric.tolerance = 0;
  policy_.max_mde = *Metric(Judged(pair).cases[3], "tpot_ms").mde * 0.99;
  const Comparison comparison = Judged(pair);
  const LatencyFinding& finding = Metric(comparison.cases[3], "tpot_ms");
  EXPECT_EQ(finding.verdict, Verdict::kCannotTell);
  EXPECT_EQ(finding.code, LatencyReason::kTooNoisy);
  EXPECT_THAT(finding.reason, HasSubstr("needs more requests or restarts"));
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(PairComparison, BlocksAreHeldAgainstBlocks) {
  PairSpec spec = Slower(1, 1.3);
  spec.blocks = {5, 5, 5, 5, 5, 5};
  PairMaker maker(spec);
  maker.info.order = run::PairOrder::kBlocks;
  const Comparison comparison = Judged(maker.Build());
  EXPECT_EQ(Case(comparison, PairMaker::Id(0)).verdict, Verdict::kRegressed);
  EXPECT_EQ(Case(comparison, PairMaker::Id(1)).verdict, Verdict::kUnchanged);
  EXPECT_EQ(Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms").sessions, 6U);
}

TEST_F(PairComparison, ALoadIsOneBlockOfEachSideAndNotJudged) {
  PairMaker maker(PairSpec{});
  run::Scenario load;
  load.concurrency = 4;
  for (RunBuilder* side : {&maker.base, &maker.head}) {
    side->Case("loaded").Scenario(load).CaseRepetitions(40);
    for (int i = 0; i < 40; ++i) side->Add(SampleSpec{});  // more than the blocks have repetitions
  }
  const std::string id = maker.head.Build().cases.back().plan.id;
  maker.info.cases.push_back(run::PairedIds{id, id});
  const Comparison comparison = Judged(maker.Build());
  const LatencyFinding& ttft = Metric(Case(comparison, id), "ttft_ms");
  EXPECT_EQ(ttft.verdict, Verdict::kCannotTell);
  EXPECT_THAT(ttft.reason, HasSubstr("under load each side was asked in one block"));
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(PairComparison, RoundsTakeTheirPartOfAlpha) {
  PairMaker maker(PairSpec{});
  run::Run head = maker.head.Build("pair/head");
  head.info.rounds = run::Rounds{{5, 20}, 0.2, 0, 0, {}};
  const auto pair = PairedRuns::Create("pair", maker.info, maker.base.Build("pair/base"), std::move(head));
  ASSERT_TRUE(pair.ok());
  const Comparison comparison = Judged(*pair);
  // 0.05 * (1 - 0.2) over two families.
  EXPECT_NEAR(Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms").alpha, 0.02, 1e-12);
}

TEST_F(PairComparison, ABudgetHoldsTheHead) {
  policy_.budgets.push_back(Budget{PairMaker::Id(1), run::FindMetric("ttft_ms"), 0.5, 10, true});
  const Comparison comparison = Judged(PairSpec{});
  EXPECT_EQ(comparison.exit_code, 1);
  ASSERT_EQ(Case(comparison, PairMaker::Id(1)).budgets.size(), 1U);
  EXPECT_EQ(Case(comparison, PairMaker::Id(1)).verdict, Verdict::kRegressed);
}

TEST_F(PairComparison, ACaseInQuarantineDecidesNothingUntilItsDay) {
  policy_.quarantine.push_back(QuarantineEntry{PairMaker::Id(0), "2026-04-01", "known"});
  const Comparison held = Judged(Slower(1, 1.2));
  EXPECT_EQ(held.exit_code, 0);
  EXPECT_EQ(Case(held, PairMaker::Id(0)).latency_verdict, Verdict::kRegressed);
  EXPECT_FALSE(Case(held, PairMaker::Id(0)).decides);
  EXPECT_FALSE(held.second_look.has_value());
  policy_.quarantine[0].until = "2026-03-31";
  EXPECT_EQ(Judged(Slower(1, 1.2)).exit_code, 1);
}

TEST_F(PairComparison, ARuleThatMatchesNoCaseIsAnError) {
  policy_.cases.push_back(CaseRule{"chat/nothing*", nullptr, 0.1, {}, {}, {}});
  const auto comparison = Tried(PairMaker(PairSpec{}).Build());
  ASSERT_FALSE(comparison.ok());
  EXPECT_THAT(comparison.error().Message(), HasSubstr("chat/nothing*"));
}

TEST_F(PairComparison, ASideMeasuredUnderWrongConditionsSaysNothing) {
  for (const bool of_head : {true, false}) {
    PairMaker maker(Slower(1, 1.2));
    (of_head ? maker.head : maker.base)
        .Flag(run::Flag{"client_cpu_share", "", 0.9, "share", 0.5, true, "the client was busy"});
    policy_.validity.rules["client_cpu_share"].effect = FlagEffect::kCannotTell;
    const Comparison comparison = Judged(maker.Build());
    EXPECT_EQ(comparison.exit_code, 3) << of_head;
    EXPECT_EQ(Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms").code, LatencyReason::kRunNotValid) << of_head;
    EXPECT_EQ(comparison.suite[0].verdict, SuiteVerdict::kNotJudged) << of_head;
  }
}

TEST_F(PairComparison, ASelectionChangesNoVerdict) {
  selection_.cases = {PairMaker::Id(1)};
  const Comparison comparison = Judged(Slower(1, 1.2));
  ASSERT_EQ(comparison.cases.size(), 1U);
  EXPECT_EQ(comparison.exit_code, 0);
  EXPECT_EQ(comparison.cases_in_family, 12U);
  EXPECT_EQ(Metric(comparison.cases[0], "ttft_ms").family, 12U);
}

class PairSecondLook : public PairComparison {
 protected:
  // A second look at the first case.
  PairMaker Second(double first, int cases = 1) {
    PairSpec spec;
    spec.cases = cases;
    spec.blocks = {20, 20};
    spec.first = first;
    spec.base_started_at = "2026-03-01T13:00:00Z";
    spec.head_started_at = "2026-03-01T13:00:01Z";
    spec.seed = 77;
    return PairMaker(spec);
  }
  static PairedRuns Built(const PairMaker& maker, const std::string& of = "2026-03-01T12:00:01Z") {
    run::Run base = maker.base.Build("second/base");
    run::Run head = maker.head.Build("second/head");
    base.info.second_look = head.info.second_look = run::SecondLook{{of}, {PairMaker::Id(0)}, {}};
    auto pair = PairedRuns::Create("second", maker.info, std::move(base), std::move(head));
    EXPECT_TRUE(pair.ok()) << pair.error().Message();
    return std::move(pair).value();
  }
  PairedRuns first_ = PairMaker(Slower(1, 1.2)).Build();
};

TEST_F(PairSecondLook, WhatBothLooksShowIsRegressed) {
  const PairedRuns second = Built(Second(1.2));
  const Comparison comparison = Judged(first_, &second);
  EXPECT_EQ(comparison.exit_code, 1);
  const LatencyFinding& ttft = Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms");
  EXPECT_EQ(ttft.n_second, 40U);
  EXPECT_TRUE(ttft.first_change.has_value());
  EXPECT_THAT(comparison.second_looks, ElementsAre("second"));
  EXPECT_FALSE(comparison.second_look.has_value());  // it was taken
  EXPECT_EQ(comparison.runs.size(), 4U);
}

TEST_F(PairSecondLook, WhatTheSecondDoesNotShowIsNot) {
  PairSpec spec = Slower(1, 1.08);  // a suspect
  spec.blocks = {5, 5};
  const PairedRuns first = PairMaker(spec).Build();
  const PairedRuns second = Built(Second(1.0));
  const Comparison comparison = Judged(first, &second);
  EXPECT_EQ(Case(comparison, PairMaker::Id(0)).latency_verdict, Verdict::kUnchanged);
  EXPECT_EQ(comparison.exit_code, 0);
}

TEST_F(PairSecondLook, WhatWasNotMeasuredAgainIsNotConvicted) {
  PairMaker maker = Second(1.2, 2);
  maker.info.cases.erase(maker.info.cases.begin());  // the suspect
  const PairedRuns second = Built(maker);
  const Comparison comparison = Judged(first_, &second);
  const LatencyFinding& ttft = Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms");
  EXPECT_EQ(ttft.verdict, Verdict::kCannotTell);
  EXPECT_EQ(ttft.reason, "not confirmed: the second look did not measure it");
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(PairSecondLook, ASecondLookThatWasCutShortDoesNotAcquit) {
  const PairMaker maker = Second(1.0);
  run::Run base = maker.base.Build("second/base");
  run::Run head = maker.head.Build("second/head");
  head.info.second_look = run::SecondLook{{"2026-03-01T12:00:01Z"}, {PairMaker::Id(0)}, {}};
  head.cases[0].samples.resize(30);
  const auto second = PairedRuns::Create("second", maker.info, std::move(base), std::move(head));
  ASSERT_TRUE(second.ok());
  PairSpec spec = Slower(1, 1.08);  // a suspect
  spec.blocks = {5, 5};
  const PairedRuns first = PairMaker(spec).Build();
  const Comparison comparison = Judged(first, &*second);
  const LatencyFinding& ttft = Metric(Case(comparison, PairMaker::Id(0)), "ttft_ms");
  EXPECT_EQ(ttft.verdict, Verdict::kCannotTell);
  EXPECT_EQ(ttft.reason, "not confirmed: the second look has only 30 of 40 pairs");
}

TEST_F(PairSecondLook, AnAnswerThatChangedInTheSecondLookHasChanged) {
  const PairMaker maker = Second(1.2);
  run::Run head = maker.head.Build("second/head");
  head.info.second_look = run::SecondLook{{"2026-03-01T12:00:01Z"}, {PairMaker::Id(0)}, {}};
  for (run::Sample& sample : head.cases[0].samples) sample.answer_sha256 = "another";
  const auto second = PairedRuns::Create("second", maker.info, maker.base.Build("second/base"), std::move(head));
  ASSERT_TRUE(second.ok());
  const Comparison comparison = Judged(first_, &*second);
  EXPECT_EQ(Case(comparison, PairMaker::Id(0)).answers->verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(Case(comparison, PairMaker::Id(0)).answers->notes, Contains("found by the second look"));
}

TEST_F(PairSecondLook, OneThatBelongsToAnotherPairIsRefused) {
  const auto refused = [&](const PairedRuns& second) {
    const auto comparison = Tried(first_, &second);
    EXPECT_FALSE(comparison.ok());
    if (comparison.ok()) return std::string();
    EXPECT_EQ(comparison.error().code, base::ErrorCode::kUsage);
    return comparison.error().what;
  };
  EXPECT_THAT(refused(Built(Second(1), "2026-02-01T00:00:00Z")), HasSubstr("was started at 2026-02-01T00:00:00Z"));
  EXPECT_THAT(refused(PairMaker(Slower(1, 1.2)).Build()), HasSubstr("the first look itself"));
  EXPECT_THAT(refused(Second(1).Build()), HasSubstr("is no second look"));
  PairMaker other = Second(1);
  other.base.Cpu("Other CPU");
  other.head.Cpu("Other CPU");
  EXPECT_THAT(refused(Built(other)), HasSubstr("another machine"));
  PairSpec spec;
  spec.cases = 1;
  spec.from = 40;
  spec.head_started_at = "2026-03-01T13:00:01Z";
  EXPECT_THAT(refused(Built(PairMaker(spec))), HasSubstr("is not in the first look"));
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// What the gate has to say, as people and programs see it: anchors, pairs, budgets and quarantines. The
// comparisons are made by hand, so that each says one thing; that they come out like this is tested in unit/compare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "ctest/support/run_builder.h"
#include "ctest/unit/report/golden.h"
#include "ctest/unit/report/made_comparisons.h"
#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/ctest_measurements.h"
#include "tools/report/decision_text.h"
#include "tools/report/latency_text.h"
#include "tools/report/suite_text.h"
#include "tools/report/verdict_json.h"

namespace assay::report {
namespace {

using namespace made;
using assay::testing::ExpectGolden;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(GateReports, ASuiteRegressionBeyondTheAnchors) {
  const std::string text = Terminal(SuiteRegression());
  ExpectGolden("suite_regression.txt", text);
  EXPECT_THAT(text, HasSubstr("decided by: suite_regression of decode\n"));
}

TEST(GateReports, AShiftOfTheMachineDecidesNothing) {
  const std::string text = Terminal(MachineShift());
  ExpectGolden("machine_shift.txt", text);
  EXPECT_THAT(text, HasSubstr("suite_shift, slower: the machine, not the service\n"));
  EXPECT_THAT(text, Not(HasSubstr("decided by")));
}

TEST(GateReports, WithoutAnchorsItSaysWhatIsMissing) {
  Comparison comparison = Unchanged();
  comparison.suite = {Suite(FamilyKind::kDecode, SuiteVerdict::kSuiteShift, 0.2)};
  comparison.suite[0].why_no_anchors = "no anchors in the run (--anchors=off)";
  EXPECT_THAT(SuiteLines(comparison), ElementsAre(::testing::EndsWith(
                                          "suite_shift, slower; whether the machine or the service changed cannot be "
                                          "told: no anchors in the run (--anchors=off)")));
}

TEST(GateReports, WhatWasTakenOutStandsAtTheHeadOfTheTable) {
  const std::string line = "changes are beyond what all cases did together: decode +8.1 %\n";
  EXPECT_THAT(Terminal(MachineShift()), HasSubstr("\n\n" + line + "  prompt"));
  EXPECT_THAT(Markdown(MachineShift()), HasSubstr("\n\n" + line + "\n| variant"));
  EXPECT_THAT(Terminal(Pair()), Not(HasSubstr("changes are beyond")));
  Comparison none = MachineShift();
  for (CaseComparison& one : none.cases) {
    for (LatencyFinding& finding : one.latency) finding.change.reset();
  }
  EXPECT_THAT(Terminal(none), Not(HasSubstr("changes are beyond")));
  none = Unchanged();
  for (SuiteFinding& suite : none.suite) suite.change = 0.0001;
  EXPECT_THAT(Terminal(none), Not(HasSubstr("changes are beyond")));
}

TEST(GateReports, WhereNothingGatesThePassSaysSo) {
  Comparison comparison = Unchanged();
  comparison.verdict = Verdict::kCannotTell;
  for (CaseComparison& one : comparison.cases) one.decides = one.latency_decides = one.answers_decide = false;
  comparison.cases[1].quarantine = compare::Quarantined{"2026-12-01", "known", false};
  const std::string why = "nothing gates: 1 case in quarantine, 1 case that the policy only reports\n";
  EXPECT_THAT(Terminal(comparison), HasSubstr(why));
  EXPECT_THAT(Terminal(comparison), ::testing::EndsWith("verdict: nothing gates (exit code 0)\n"));
  EXPECT_THAT(Markdown(comparison), HasSubstr("### Assay: nothing gates\n"));
  EXPECT_THAT(Markdown(comparison), HasSubstr(why));
  // Programs keep the four words they know.
  const run::Json json = Verdicts(comparison);
  EXPECT_EQ(*json.Find("verdict")->as_string(), "cannot_tell");
  EXPECT_EQ(*json.Find("decided_by")->as_string() + "\n", why);
  // Answers that could not be compared are asked for all the same: that is no pass.
  comparison.exit_code = 3;
  EXPECT_THAT(Terminal(comparison), ::testing::EndsWith("verdict: cannot_tell (exit code 3)\n"));
}

TEST(GateReports, APairSaysWhatWasDoneBetweenItsBlocks) {
  Comparison comparison = Pair();
  EXPECT_THAT(Terminal(comparison), HasSubstr("per case, sides restarted or loaded anew between them\n"));
  comparison.pair->renewal = run::PairRenewal::kServices;
  EXPECT_THAT(Terminal(comparison), HasSubstr("per case, services restarted between them\n"));
  EXPECT_EQ(*Verdicts(comparison).Find("pair")->Find("renewal")->as_string(), "services");
  comparison.pair->renewal = run::PairRenewal::kModels;
  EXPECT_THAT(Terminal(comparison), HasSubstr("per case, models loaded anew between them\n"));
}

TEST(GateReports, APairIsHeadAgainstBase) {
  const std::string text = Terminal(Pair());
  ExpectGolden("pair.txt", text);
  EXPECT_THAT(text, Not(HasSubstr("baseline")));
  EXPECT_THAT(text, Not(HasSubstr("session")));
}

TEST(GateReports, APairNamesTheSidesOfItsAnswers) {
  Comparison comparison = Pair();
  compare::DeterminismFinding& answers = *comparison.cases[1].answers;
  answers.verdict = compare::AnswerVerdict::kChanged;
  answers.reason = "the sides answer differently";
  answers.difference = compare::TextDifference{"text", 3, 1, 4, "Par", "is.", "ma.", false, false, false};
  answers.accepted = compare::Acceptance{};
  EXPECT_THAT(Terminal(comparison), HasSubstr("    base: Par>>is.<<\n    head: Par>>ma.<<\n"));
  EXPECT_THAT(Terminal(comparison), Not(HasSubstr("accepted")));
}

TEST(GateReports, BudgetsAndQuarantine) {
  const std::string text = Terminal(BudgetsAndQuarantine());
  ExpectGolden("budgets_quarantine.txt", text);
  EXPECT_THAT(text, HasSubstr("  p50 of ttft_ms 612 > 500 ms: over budget, n 20\n"));
  EXPECT_THAT(text, HasSubstr("decided by: 1 case off budget\n"));
}

TEST(GateReports, ABudgetMissedByAHairDoesNotReadAsEqual) {
  EXPECT_EQ(BudgetLine(Budget("ttft_ms", 500, 500.2, Verdict::kRegressed)),
            "p50 of ttft_ms 500.200 > 500.000 ms: over budget, n 20");
  EXPECT_EQ(BudgetLine(Budget("ttft_ms", 500, 500, Verdict::kUnchanged)),
            "p50 of ttft_ms 500 = 500 ms: within budget, n 20");
}

TEST(GateReports, ThroughputTakesNoColumnAndIsShownWhenItMoved) {
  Comparison comparison = Unchanged();
  LatencyFinding moved = Finding("output_tokens_per_s", FamilyKind::kThroughput, Verdict::kRegressed, -0.2);
  moved.gates = moved.decides = false;
  LatencyFinding untold = moved;
  untold.verdict = Verdict::kCannotTell;
  untold.code = compare::LatencyReason::kTooFewSessions;
  untold.reason = "needs 3 accepted sessions, found 1";
  comparison.cases[0].latency.push_back(moved);
  comparison.cases[1].latency.push_back(untold);
  const std::string text = Terminal(comparison);
  EXPECT_THAT(text, HasSubstr("\n  prompt   TTFT ms           TPOT ms           p     answers    verdict\n"));
  EXPECT_THAT(text, HasSubstr("\n  output_tokens_per_s ("));
  EXPECT_THAT(text, HasSubstr(" (not gated)\n"));
  EXPECT_THAT(text, Not(HasSubstr("found 1")));
}

TEST(GateReports, AToleranceStandsBesideTheVerdict) {
  LatencyFinding finding = Finding("ttft_ms", FamilyKind::kTtft, Verdict::kRegressed, 0.2);
  finding.tolerance = 0.02;
  EXPECT_EQ(
      LatencyLine(finding, false),
      "ttft_ms (time to first token) regressed +20.0 % (95 % interval +17.0 % to +23.0 %): median 20.0 -> 24.0 ms, "
      "adjusted p 0.0004 among 2 pairs, n 20 against 100 in 5 sessions, smallest effect that counts 5 %, beyond a "
      "tolerance of 2 %, could have seen +7.0 %");
}

TEST(GateReports, WhatCannotBeToldSaysWhatToDoOncePerReason) {
  Comparison comparison = Unchanged();
  for (CaseComparison& one : comparison.cases) {
    for (LatencyFinding& finding : one.latency) {
      finding.verdict = Verdict::kCannotTell;
      finding.code = compare::LatencyReason::kTooFewSamples;
    }
    one.latency_verdict = one.verdict = Verdict::kCannotTell;
  }
  comparison.verdict = Verdict::kCannotTell;
  comparison.exit_code = 3;
  EXPECT_THAT(NextStepLines(comparison),
              ElementsAre(HasSubstr("cannot_tell of 2 cases, too_few_samples: measure again")));
  EXPECT_EQ(DecidedByLine(comparison), "decided by: 2 cases that cannot be told");
  EXPECT_THAT(NextStepLines(Unchanged()), IsEmpty());
}

TEST(GateReports, OneLineSaysWhatCouldHaveBeenSeen) {
  Comparison comparison = Unchanged();
  EXPECT_EQ(SensitivityLine(comparison), "an unchanged case would have shown a slowdown of: ttft 7 %, decode 7 %");
  comparison.cases.push_back(Case("code", Verdict::kUnchanged, 0));
  comparison.cases.back().latency[1].mde = 0.4;
  EXPECT_EQ(SensitivityLine(comparison),
            "an unchanged case would have shown a slowdown of: ttft 7 %, decode 7 % (at worst 40 %: "
            "ember-mini-generic-cpu:1, code)");
  comparison.cases.clear();
  EXPECT_EQ(SensitivityLine(comparison), "");
}

TEST(GateReports, WhatDecidesComesFirst) {
  Comparison comparison = Regressed();
  comparison.cases = {Case("first", Verdict::kImproved, -0.3), Case("second", Verdict::kRegressed, 0.3)};
  const std::string text = Terminal(comparison);
  EXPECT_LT(text.find("prompt second: regressed"), text.find("prompt first: improved"));
}

TEST(GateReports, AProgramReadsAnchorsBudgetsQuarantineAndPair) {
  const run::Json anchored = Verdicts(SuiteRegression());
  const run::Json& suite = anchored.Find("suite")->as_array()->at(1);
  EXPECT_EQ(*suite.Find("verdict")->as_string(), "suite_regression");
  EXPECT_EQ(suite.Find("anchor_change")->as_number(), 0.072);
  EXPECT_EQ(suite.Find("beyond_anchors")->as_number(), 0.052);
  EXPECT_EQ(suite.Find("beyond_p")->as_number(), 0.0004);
  EXPECT_EQ(*suite.Find("anchors")->as_integer(), 6);
  EXPECT_TRUE(anchored.Find("pair")->is_null());
  EXPECT_EQ(*anchored.Find("decided_by")->as_string(), "decided by: suite_regression of decode");

  const run::Json policy = Verdicts(BudgetsAndQuarantine());
  const run::Json& over = policy.Find("cases")->as_array()->front();
  const run::JsonArray& budgets = *over.Find("budgets")->as_array();
  ASSERT_EQ(budgets.size(), 4U);
  EXPECT_EQ(*budgets[0].Find("quantile")->as_string(), "p50");
  EXPECT_EQ(budgets[0].Find("observed")->as_number(), 612);
  EXPECT_TRUE(budgets[3].Find("observed")->is_null());
  EXPECT_TRUE(*over.Find("quarantine")->Find("expired")->as_bool());

  const run::Json pair = Verdicts(Pair());
  EXPECT_EQ(*pair.Find("pair")->Find("order")->as_string(), "interleaved");
  EXPECT_EQ(*pair.Find("pair")->Find("head")->Find("stated")->as_string(), "device=gpu");
  EXPECT_THAT(*pair.Find("cases")->as_array()->front().Find("paired_with")->as_string(), HasSubstr("int8"));
}

// A number that is none must not make a file that nobody can read.
TEST(GateReports, WhatIsNoNumberIsNull) {
  Comparison comparison = SuiteRegression();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  comparison.cases[0].latency[0].change = nan;
  comparison.cases[0].latency[0].mde = std::numeric_limits<double>::infinity();
  comparison.suite[1].beyond_p = nan;
  const run::Json json = Verdicts(comparison);
  const run::Json& metric =
      json.Find("cases")->as_array()->front().Find("latency")->Find("metrics")->as_array()->front();
  EXPECT_TRUE(metric.Find("change")->is_null());
  EXPECT_TRUE(metric.Find("mde")->is_null());
  EXPECT_TRUE(json.Find("suite")->as_array()->at(1).Find("beyond_p")->is_null());
  std::ostringstream measurements;
  WriteCtestMeasurements(comparison, measurements);
  EXPECT_THAT(measurements.str(), Not(HasSubstr("nan")));
  EXPECT_THAT(measurements.str(), Not(HasSubstr("inf")));
}

TEST(GateReports, CtestMeasurementsSayWhatCouldHaveBeenSeen) {
  std::ostringstream out;
  WriteCtestMeasurements(Unchanged(), out);
  EXPECT_THAT(out.str(), HasSubstr("/tpot_ms.could_have_seen_percent\">7.0</CTestMeasurement>\n"));
}

// Sides are as typed, reasons come from a policy, anchors from a file: all of it may have been written by others.
TEST(GateReports, HostileTextIsShownHarmlessly) {
  const std::string hostile = "\x1B[2J::error::<script>alert(1)</script> | `a` \xE2\x80\xAE @everyone\r\n::error::x";
  Comparison comparison = Pair();
  comparison.pair->base.stated = comparison.pair->head.stated = hostile;
  comparison.pair->notes = {hostile};
  comparison.suite[0].verdict = SuiteVerdict::kSuiteShift;
  comparison.suite[0].why_no_anchors = hostile;
  comparison.cases[0].quarantine = compare::Quarantined{hostile, hostile, false};
  comparison.cases[0].budgets = {Budget("ttft_ms", 1, std::nullopt, Verdict::kCannotTell)};
  comparison.cases[0].budgets[0].reason = hostile;
  comparison.cases[0].paired_with = hostile;
  comparison.second_look = compare::SecondLookPlan{{hostile}, {hostile}, 40};
  Comparison taken = Unchanged();
  taken.second_looks = {hostile};
  for (const std::string& text :
       {Terminal(comparison, {{"--run", hostile}, hostile}), Markdown(comparison), Terminal(taken), Markdown(taken)}) {
    EXPECT_THAT(text, HasSubstr("\\x1B"));
    for (const char* control : {"\x1B", "\r", "\xE2\x80\xAE"}) EXPECT_EQ(text.find(control), std::string::npos) << text;
    for (const std::string& line : base::Split(text, '\n')) EXPECT_FALSE(base::Trim(line).starts_with("::")) << line;
  }
  EXPECT_EQ(*Verdicts(comparison).Find("pair")->Find("base")->Find("stated")->as_string(), hostile);
}

}  // namespace
}  // namespace assay::report

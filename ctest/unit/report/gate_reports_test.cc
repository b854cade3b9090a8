// SPDX-License-Identifier: MIT
// What the gate has to say, as people and programs see it: anchors, second looks, pairs, budgets and quarantines. The
// comparisons are made by hand, so that each says one thing; that they come out like this is tested in unit/compare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "ctest/support/run_builder.h"
#include "ctest/unit/report/golden.h"
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

using assay::testing::ExpectGolden;
using assay::testing::RunBuilder;
using compare::CaseComparison;
using compare::Comparison;
using compare::FamilyKind;
using compare::LatencyFinding;
using compare::SuiteFinding;
using compare::SuiteVerdict;
using compare::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

LatencyFinding Finding(std::string_view metric, FamilyKind kind, Verdict verdict, double change) {
  LatencyFinding finding;
  finding.metric = run::FindMetric(metric);
  finding.kind = kind;
  finding.verdict = verdict;
  finding.base_median = 20;
  finding.head_median = 20 * (1 + change);
  finding.change = change;
  finding.lower = change - 0.03;
  finding.upper = change + 0.03;
  finding.p = verdict == Verdict::kRegressed ? 0.00004 : 0.4;
  finding.p_adjusted = verdict == Verdict::kRegressed ? 0.0004 : 1.0;
  finding.mde = 0.07;
  finding.se = 0.015;
  finding.df = 30;
  finding.alpha = 0.025;
  finding.family = 2;
  finding.min_effect = 0.05;
  finding.n_head = 20;
  finding.n_base = 100;
  finding.sessions = 5;
  return finding;
}

CaseComparison Case(const std::string& prompt, Verdict verdict, double change) {
  CaseComparison one;
  one.id = RunBuilder::CaseIdOf(prompt);
  one.model = one.alias = RunBuilder::kModel;
  one.prompt = prompt;
  one.facts.counting = 20;
  one.facts.planned = 20;
  one.latency = {Finding("ttft_ms", FamilyKind::kTtft, Verdict::kUnchanged, 0.001),
                 Finding("tpot_ms", FamilyKind::kDecode, verdict, change)};
  one.latency_verdict = one.verdict = verdict;
  one.latency_decides = one.decides = true;
  compare::DeterminismFinding answers;
  answers.verdict = compare::AnswerVerdict::kUnchanged;
  answers.n = 20;
  one.answers = answers;
  one.answers_verdict = Verdict::kUnchanged;
  one.answers_decide = true;
  return one;
}

SuiteFinding Suite(FamilyKind kind, SuiteVerdict verdict, double change) {
  SuiteFinding suite;
  suite.kind = kind;
  suite.verdict = verdict;
  suite.change = change;
  suite.lower = change - 0.09;
  suite.upper = change + 0.09;
  suite.p = 0.12;
  suite.cases = 2;
  suite.sessions = 5;
  return suite;
}

SuiteFinding Anchored(SuiteFinding suite, double anchors, double beyond, double p) {
  suite.anchors = 6;
  suite.anchor_change = anchors;
  suite.beyond_anchors = beyond;
  suite.beyond_lower = beyond - 0.015;
  suite.beyond_upper = beyond + 0.015;
  suite.beyond_p = p;
  suite.mde = 0.021;
  return suite;
}

// Two cases that stayed where they were, against five sessions.
Comparison Unchanged() {
  Comparison comparison;
  comparison.environment = RunBuilder().Case("a").Build().info.environment;
  compare::ComparedRun run;
  run.directory = "build/run";
  run.service.kind = "embedded";
  run.service.generation = "g3";
  run.provenance.started_at = "2026-03-02T12:00:00Z";
  comparison.runs = {run};
  comparison.baselines = {"baselines"};
  comparison.policy_source = "built-in defaults";
  comparison.alpha = 0.05;
  comparison.cases = {Case("capital", Verdict::kUnchanged, 0.004), Case("story", Verdict::kUnchanged, -0.002)};
  comparison.suite = {Suite(FamilyKind::kTtft, SuiteVerdict::kUnchanged, 0.001),
                      Suite(FamilyKind::kDecode, SuiteVerdict::kUnchanged, 0.002)};
  comparison.cases_in_family = 2;
  comparison.latency_baseline = true;
  comparison.verdict = Verdict::kUnchanged;
  comparison.exit_code = 0;
  return comparison;
}

Comparison Regressed() {
  Comparison comparison = Unchanged();
  comparison.verdict = Verdict::kRegressed;
  comparison.exit_code = 1;
  return comparison;
}

Comparison SuiteRegression() {
  Comparison comparison = Regressed();
  comparison.suite[1] =
      Anchored(Suite(FamilyKind::kDecode, SuiteVerdict::kSuiteRegression, 0.128), 0.072, 0.052, 0.0004);
  comparison.suite[1].decides = true;
  return comparison;
}

Comparison MachineShift() {
  Comparison comparison = Unchanged();
  comparison.suite[1] = Anchored(Suite(FamilyKind::kDecode, SuiteVerdict::kSuiteShift, 0.081), 0.076, 0.005, 0.31);
  comparison.suite[1].explained = true;
  return comparison;
}

Comparison SecondLookPlanned() {
  Comparison comparison = Regressed();
  comparison.cases[0] = Case("capital", Verdict::kRegressed, 0.14);
  comparison.cases[0].latency[1].suspect = true;
  comparison.second_look = compare::SecondLookPlan{{comparison.cases[0].id}, {comparison.cases[1].id}, 40};
  return comparison;
}

Comparison SecondLookTaken() {
  Comparison comparison = SecondLookPlanned();
  comparison.second_look.reset();
  comparison.second_looks = {"build/run-again"};
  LatencyFinding& finding = comparison.cases[0].latency[1];
  finding.n_second = 40;
  finding.first_change = 0.17;
  return comparison;
}

Comparison Pair() {
  Comparison comparison = Regressed();
  run::PairInfo pair;
  pair.seed = 7;
  pair.base = {"device=cpu", "base"};
  pair.head = {"device=gpu", "head"};
  pair.blocks = {10, 10};
  pair.restarted = true;
  pair.notes = {"the service was there before and is not ours: its models were loaded anew"};
  comparison.pair = pair;
  comparison.baselines.clear();
  comparison.cases[0] = Case("capital", Verdict::kRegressed, 0.14);
  for (CaseComparison& one : comparison.cases) {
    for (LatencyFinding& finding : one.latency) {
      finding.n_base = finding.n_head;
      finding.sessions = 2;
    }
    one.paired_with = RunBuilder::CaseIdOf(one.prompt, "ember-mini-instruct-int8-cpu:1");
  }
  comparison.suite[1].verdict = SuiteVerdict::kSuiteRegression;
  comparison.suite[1].change = 0.07;
  comparison.suite[1].lower = 0.05;
  comparison.suite[1].upper = 0.09;
  comparison.suite[1].p = 0.0007;
  comparison.suite[1].mde = 0.019;
  comparison.suite[1].decides = true;
  for (SuiteFinding& suite : comparison.suite) suite.sessions = 2;
  return comparison;
}

compare::BudgetFinding Budget(std::string_view metric, double limit, std::optional<double> observed, Verdict verdict) {
  compare::BudgetFinding budget;
  budget.metric = run::FindMetric(metric);
  budget.limit = limit;
  budget.observed = observed;
  budget.n = 20;
  budget.verdict = verdict;
  return budget;
}

Comparison BudgetsAndQuarantine() {
  Comparison comparison = Regressed();
  CaseComparison& over = comparison.cases[0];
  over.budgets = {Budget("ttft_ms", 500, 612, Verdict::kRegressed), Budget("e2e_ms", 3000, 2100, Verdict::kUnchanged),
                  Budget("decode_tokens_per_s", 40, 31, Verdict::kRegressed),
                  Budget("ttft_ms", 900, std::nullopt, Verdict::kCannotTell)};
  over.budgets[2].gates = false;
  over.budgets[3].quantile = 0.99;
  over.budgets[3].reason = "p99 is stated from 662 requests on, the run has 20";
  over.latency_verdict = over.verdict = Verdict::kRegressed;
  over.quarantine = compare::Quarantined{"2026-03-01", "flaky since the new driver", true};
  comparison.cases[1] = Case("story", Verdict::kRegressed, 0.2);
  comparison.cases[1].quarantine = compare::Quarantined{"2026-12-01", "known, see the tracker", false};
  comparison.cases[1].decides = comparison.cases[1].latency_decides = comparison.cases[1].answers_decide = false;
  return comparison;
}

std::string Terminal(const Comparison& comparison, const AskedFor& asked = {}) {
  std::ostringstream out;
  WriteComparisonTerminal(comparison, asked, out);
  return out.str();
}
std::string Markdown(const Comparison& comparison) {
  std::ostringstream out;
  WriteComparisonMarkdown(comparison, out);
  return out.str();
}
run::Json Verdicts(const Comparison& comparison) {
  std::ostringstream out;
  WriteVerdictJson(comparison, out);
  auto json = run::ParseJson(out.str(), "verdict.json");
  EXPECT_TRUE(json.ok()) << json.error().Message();
  return *json;
}

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

TEST(GateReports, ASecondLookThatIsWorthTakingEndsWithItsCommands) {
  ExpectGolden("second_look_planned.txt",
               Terminal(SecondLookPlanned(),
                        {{"--run", "build/run", "--baselines", "my baselines", "--json", "v.json"}, "v.json"}));
}

TEST(GateReports, WithoutAVerdictFileTheCommandThatWritesItComesFirst) {
  const std::string text = Terminal(SecondLookPlanned(), {{"--run=build/run", "--baselines", "b"}, ""});
  EXPECT_THAT(text,
              HasSubstr("judge both looks together:\n"
                        "  assay compare --run=build/run --baselines b --json verdict.json\n"
                        "  assay-bench --service=embedded --models=ember-mini-generic-cpu:1 --confirm=verdict.json "
                        "--run=build/run-again\n"
                        "  assay compare --run=build/run --baselines b --confirm build/run-again\n"));
  // Nobody said how it was asked: by what the comparison knows.
  EXPECT_THAT(Terminal(SecondLookPlanned()),
              HasSubstr("  assay compare --run build/run --baselines baselines --confirm "));
}

TEST(GateReports, ASecondLookThatWasTaken) {
  const std::string text = Terminal(SecondLookTaken());
  ExpectGolden("second_look_taken.txt", text);
  EXPECT_THAT(text, HasSubstr("and 40 of the second look, both together (the first alone +17.0 %)"));
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

TEST(GateReports, ASecondLookAtAPairIsAPair) {
  Comparison comparison = Pair();
  comparison.second_look = compare::SecondLookPlan{{comparison.cases[0].id}, {}, 40};
  const std::string text = Terminal(comparison, {{"--run", "p/", "--json", "v.json"}, "v.json"});
  EXPECT_THAT(text, HasSubstr("measure it again, 40 requests each"));
  EXPECT_THAT(text, HasSubstr("\n  assay-bench --pair device=cpu device=gpu --confirm=v.json --run=p-again\n"
                              "  assay compare --run p/ --json v.json --confirm p-again\n"));
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

TEST(GateReports, AProgramReadsTheSecondLook) {
  const run::Json json = Verdicts(SecondLookPlanned());
  const run::Json* look = json.Find("second_look");
  ASSERT_NE(look, nullptr);
  EXPECT_EQ(*look->Find("suspects"), run::Json(run::JsonArray{RunBuilder::CaseIdOf("capital")}));
  EXPECT_EQ(*look->Find("controls"), run::Json(run::JsonArray{RunBuilder::CaseIdOf("story")}));
  EXPECT_EQ(*look->Find("repetitions")->as_integer(), 40);
  EXPECT_EQ(*look->Find("first_started_at"), run::Json(run::JsonArray{"2026-03-02T12:00:00Z"}));
  EXPECT_TRUE(Verdicts(Unchanged()).Find("second_look")->is_null());
  const run::Json taken = Verdicts(SecondLookTaken());
  EXPECT_TRUE(taken.Find("second_look")->is_null());
  EXPECT_EQ(*taken.Find("second_looks"), run::Json(run::JsonArray{"build/run-again"}));
  const run::Json& metric =
      taken.Find("cases")->as_array()->front().Find("latency")->Find("metrics")->as_array()->at(1);
  EXPECT_EQ(*metric.Find("n_second")->as_integer(), 40);
  EXPECT_EQ(metric.Find("first_change")->as_number(), 0.17);
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

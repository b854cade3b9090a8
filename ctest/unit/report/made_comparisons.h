// SPDX-License-Identifier: MIT
// Comparisons made by hand, each of which says one thing, and the forms they are shown in.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "ctest/support/run_builder.h"
#include "fixtures/run/json.h"
#include "fixtures/run/metrics.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/verdict_json.h"

namespace assay::report::made {

using assay::testing::RunBuilder;
using compare::CaseComparison;
using compare::Comparison;
using compare::FamilyKind;
using compare::LatencyFinding;
using compare::SuiteFinding;
using compare::SuiteVerdict;
using compare::Verdict;

inline LatencyFinding Finding(std::string_view metric, FamilyKind kind, Verdict verdict, double change) {
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

inline CaseComparison Case(const std::string& prompt, Verdict verdict, double change) {
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

inline SuiteFinding Suite(FamilyKind kind, SuiteVerdict verdict, double change) {
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

inline SuiteFinding Anchored(SuiteFinding suite, double anchors, double beyond, double p) {
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
inline Comparison Unchanged() {
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

inline Comparison Regressed() {
  Comparison comparison = Unchanged();
  comparison.verdict = Verdict::kRegressed;
  comparison.exit_code = 1;
  return comparison;
}

inline Comparison SuiteRegression() {
  Comparison comparison = Regressed();
  comparison.suite[1] =
      Anchored(Suite(FamilyKind::kDecode, SuiteVerdict::kSuiteRegression, 0.128), 0.072, 0.052, 0.0004);
  comparison.suite[1].decides = true;
  return comparison;
}

inline Comparison MachineShift() {
  Comparison comparison = Unchanged();
  comparison.suite[1] = Anchored(Suite(FamilyKind::kDecode, SuiteVerdict::kSuiteShift, 0.081), 0.076, 0.005, 0.31);
  comparison.suite[1].explained = true;
  return comparison;
}

inline Comparison SecondLookPlanned() {
  Comparison comparison = Regressed();
  comparison.cases[0] = Case("capital", Verdict::kRegressed, 0.14);
  comparison.cases[0].latency[1].suspect = true;
  comparison.second_look = compare::SecondLookPlan{{comparison.cases[0].id}, {comparison.cases[1].id}, 40};
  return comparison;
}

inline Comparison SecondLookTaken() {
  Comparison comparison = SecondLookPlanned();
  comparison.second_look.reset();
  comparison.second_looks = {"build/run-again"};
  LatencyFinding& finding = comparison.cases[0].latency[1];
  finding.n_second = 40;
  finding.first_change = 0.17;
  finding.second_change = 0.13;
  return comparison;
}

inline Comparison Pair() {
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

inline compare::BudgetFinding Budget(std::string_view metric, double limit, std::optional<double> observed,
                                     Verdict verdict) {
  compare::BudgetFinding budget;
  budget.metric = run::FindMetric(metric);
  budget.limit = limit;
  budget.observed = observed;
  budget.n = 20;
  budget.verdict = verdict;
  return budget;
}

inline Comparison BudgetsAndQuarantine() {
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

inline std::string Terminal(const Comparison& comparison, const AskedFor& asked = {}) {
  std::ostringstream out;
  WriteComparisonTerminal(comparison, asked, out);
  return out.str();
}
inline std::string Markdown(const Comparison& comparison) {
  std::ostringstream out;
  WriteComparisonMarkdown(comparison, out);
  return out.str();
}
inline run::Json Verdicts(const Comparison& comparison) {
  std::ostringstream out;
  WriteVerdictJson(comparison, out);
  auto json = run::ParseJson(out.str(), "verdict.json");
  EXPECT_TRUE(json.ok()) << json.error().Message();
  return *json;
}

}  // namespace assay::report::made

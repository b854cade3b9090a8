// SPDX-License-Identifier: MIT
#include "tools/compare/conclude.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace assay::compare {
namespace {

std::unordered_set<std::string_view> SelectedIds(const Comparison& comparison) {
  std::unordered_set<std::string_view> ids = {""};  // about the whole run
  for (const CaseComparison& one : comparison.cases) ids.insert(one.id);
  return ids;
}

// Verdicts of one question: those that decide, or all where none does.
struct Said {
  std::vector<Verdict> deciding;
  std::vector<Verdict> shown;

  void Add(Verdict verdict, bool decides) {
    shown.push_back(verdict);
    if (decides) deciding.push_back(verdict);
  }
  bool Decides() const { return !deciding.empty(); }
  Verdict Worst() const { return compare::Worst(Decides() ? deciding : shown); }
};

bool Has(const CaseComparison& one, LatencyReason code) {
  return std::any_of(one.latency.begin(), one.latency.end(),
                     [&](const LatencyFinding& finding) { return finding.code == code; });
}

bool Worsened(const SuiteFinding& suite) {
  return suite.verdict == SuiteVerdict::kSuiteRegression || (suite.Slower() && !suite.explained);
}

}  // namespace

CaseComparison PlannedComparison(const run::RunCase& measured, const run::Run& run) {
  const run::PlannedCase& plan = measured.plan;
  CaseComparison one;
  one.id = plan.id;
  one.model = plan.model;
  one.alias = plan.alias;
  one.prompt = plan.prompt;
  one.probe = plan.scenario.probe;
  one.facts = FactsOf(measured, run);
  if (!plan.failure.empty()) {
    one.status = CaseStatus::kFailed;
    one.reason = plan.failure;
  } else if (one.facts.counting == 0 && one.facts.failed > 0) {
    one.status = CaseStatus::kFailed;
    one.reason = one.facts.last_error.empty() ? "every request failed" : one.facts.last_error;
  } else if (one.facts.counting == 0) {
    one.status = CaseStatus::kMissing;
    one.reason = "planned, but never measured";
  }
  if (one.status == CaseStatus::kFailed) one.outcome = one.facts.Outcomes();
  return one;
}

void MarkNotValid(const std::string& why, std::vector<LatencyFinding>& findings) {
  if (why.empty()) return;
  for (LatencyFinding& finding : findings) {
    if (finding.verdict == Verdict::kCannotTell) continue;
    finding.verdict = Verdict::kCannotTell;
    finding.code = LatencyReason::kRunNotValid;
    finding.reason = why;
  }
}

void MarkNotValid(const std::string& why, std::vector<SuiteFinding>& suite) {
  if (why.empty()) return;
  for (SuiteFinding& one : suite) {
    one.verdict = SuiteVerdict::kNotJudged;
    one.reason = why;
  }
}

void ConcludeCase(const Selection& selection, CaseComparison& one) {
  const bool quarantined = one.quarantined();
  if (!one.measured()) {
    one.verdict = one.status == CaseStatus::kFailed ? Verdict::kRegressed : Verdict::kCannotTell;
    one.latency_verdict = one.answers_verdict = one.verdict;
    one.decides = one.latency_decides = one.answers_decide = !quarantined;
    return;
  }
  Said latency;
  for (const LatencyFinding& finding : one.latency) latency.Add(finding.verdict, finding.decides && !quarantined);
  for (const BudgetFinding& budget : one.budgets) latency.Add(budget.verdict, budget.gates && !quarantined);
  one.latency_decides = latency.Decides();
  one.latency_verdict = latency.Worst();
  Said answers;
  answers.Add(AsVerdict(one.answers->verdict), one.answers->gates && !quarantined);
  for (const QualityFinding& finding : one.quality) {
    // What decides nothing takes no part: marks that nobody gave say nothing of the answers.
    if (finding.decides) answers.Add(finding.verdict, !quarantined);
  }
  one.answers_decide = answers.Decides();
  one.answers_verdict = answers.Worst();

  Said all;
  if (selection.Asks(Question::kLatency)) all.Add(one.latency_verdict, one.latency_decides);
  if (selection.Asks(Question::kDeterminism)) all.Add(one.answers_verdict, one.answers_decide);
  one.decides = all.Decides();
  one.verdict = all.Worst();

  const bool no_latency = Has(one, LatencyReason::kNoBaseline) || one.latency.empty();
  if (one.answers->verdict == AnswerVerdict::kRequestChanged || Has(one, LatencyReason::kRequestChanged)) {
    one.status = CaseStatus::kRequestChanged;
  } else if (!one.answers->accepted && no_latency) {
    one.status = CaseStatus::kNew;
  }
}

void ConcludeSuite(Comparison& comparison) {
  for (SuiteFinding& suite : comparison.suite) {
    if (!suite.gates || !Worsened(suite)) continue;
    for (const CaseComparison& one : comparison.cases) {
      if (one.quarantined() || (!suite.variant.empty() && suite.variant != one.model)) continue;
      for (const LatencyFinding& finding : one.latency) {
        suite.decides = suite.decides || (finding.decides && finding.kind == suite.kind);
      }
    }
  }
}

void ConcludeAll(Comparison& comparison) {
  std::vector<Verdict> deciding;
  for (const CaseComparison& one : comparison.cases) {
    if (one.decides) deciding.push_back(one.verdict);
  }
  for (const SuiteFinding& suite : comparison.suite) {
    if (!suite.decides) continue;
    deciding.push_back(suite.verdict == SuiteVerdict::kSuiteRegression ? Verdict::kRegressed : Verdict::kCannotTell);
  }
  comparison.verdict = Worst(deciding);
  const auto any = [&](Verdict verdict) {
    return std::find(deciding.begin(), deciding.end(), verdict) != deciding.end();
  };
  comparison.exit_code = any(Verdict::kRegressed) ? 1 : any(Verdict::kCannotTell) ? 3 : 0;
  // Who asks about answers alone gets no pass where none could be compared.
  const bool only_answers = comparison.selection.question == Question::kDeterminism;
  const bool not_compared = std::any_of(comparison.cases.begin(), comparison.cases.end(), [](const auto& one) {
    return one.answers && one.answers->verdict == AnswerVerdict::kNotCompared;
  });
  if (only_answers && deciding.empty() && not_compared) comparison.exit_code = 3;
}

void GroupByVariant(std::vector<CaseComparison>& cases) {
  std::map<std::string, std::size_t> first;
  for (const CaseComparison& one : cases) first.emplace(one.model, first.size());
  const auto before = [&](const CaseComparison& a, const CaseComparison& b) {
    return first.at(a.model) < first.at(b.model);
  };
  // Sorting takes the place of half of them once more.
  if (!std::ranges::is_sorted(cases, before)) std::ranges::stable_sort(cases, before);
}

void DescribeRun(const run::Run& one, Comparison& comparison) {
  comparison.runs.push_back(ComparedRun{one.directory.string(), one.info.service, one.info.provenance,
                                        one.info.validity, one.info.models, one.info.machine, one.info.overhead});
  if (one.info.validity.interrupted) {
    comparison.warnings.push_back(
        run::Warning{"interrupted", "", "the run in " + one.directory.string() + " was interrupted"});
  }
  const std::unordered_set<std::string_view> selected = SelectedIds(comparison);
  for (const run::Warning& warning : one.info.validity.warnings) {
    if (selected.contains(warning.case_id)) comparison.warnings.push_back(warning);
  }
}

void DescribeFlags(std::vector<JudgedFlag> flags, Comparison& comparison) {
  const std::unordered_set<std::string_view> selected = SelectedIds(comparison);
  for (JudgedFlag& one : flags) {
    if (selected.contains(one.flag.case_id)) comparison.flags.push_back(std::move(one));
  }
}

}  // namespace assay::compare

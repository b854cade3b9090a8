// SPDX-License-Identifier: MIT
#include "tools/compare/budgets.h"

#include <algorithm>
#include <cstdio>

#include "fixtures/base/quantile.h"
#include "fixtures/base/text.h"
#include "tools/compare/case_facts.h"

namespace assay::compare {
namespace {

// A low quantile is the tail where higher is better, and needs as many values.
std::size_t FewestFor(double quantile) { return base::FewestForQuantile(std::max(quantile, 1 - quantile)); }

std::string Number(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

BudgetFinding Judge(const Budget& budget, const std::vector<double>& values) {
  BudgetFinding finding{budget.metric, budget.quantile,      budget.limit, {},
                        values.size(), Verdict::kCannotTell, "",           budget.gate};
  const std::string what = QuantileName(budget.quantile) + " of " + std::string(budget.metric->name);
  if (values.empty()) {
    finding.reason = "no request has " + std::string(budget.metric->name);
    return finding;
  }
  const std::size_t fewest = FewestFor(budget.quantile);
  if (values.size() < fewest) {
    finding.reason = what + " needs " + std::to_string(fewest) + " values, there are " + std::to_string(values.size());
    return finding;
  }
  finding.observed = base::Quantile(values, budget.quantile);
  if (!finding.observed) {
    finding.reason = "a value of " + std::string(budget.metric->name) + " is no finite number";
    return finding;
  }
  const bool higher = budget.metric->direction == run::Direction::kHigherIsBetter;
  const bool kept = higher ? *finding.observed >= budget.limit : *finding.observed <= budget.limit;
  finding.verdict = kept ? Verdict::kUnchanged : Verdict::kRegressed;
  if (!kept) {
    finding.reason = what + " is " + Number(*finding.observed) + " " + std::string(budget.metric->unit) +
                     ", the budget " + (higher ? "at least " : "at most ") + Number(budget.limit);
  }
  return finding;
}

}  // namespace

std::vector<BudgetFinding> JudgeBudgets(const run::RunCase& one, const Policy& policy) {
  std::vector<const Budget*> own;
  for (const Budget& budget : policy.budgets) {
    if (!base::GlobMatches(budget.match, one.plan.id)) continue;
    std::erase_if(own, [&](const Budget* before) {
      return before->metric == budget.metric && before->quantile == budget.quantile;
    });
    own.push_back(&budget);
  }
  std::vector<BudgetFinding> findings;
  for (const Budget* budget : own) findings.push_back(Judge(*budget, MetricValues(one, *budget->metric)));
  return findings;
}

void MarkNotValid(const std::string& why, std::vector<BudgetFinding>& findings) {
  if (why.empty()) return;
  for (BudgetFinding& finding : findings) {
    if (finding.verdict == Verdict::kCannotTell) continue;
    finding.verdict = Verdict::kCannotTell;
    finding.reason = why;
  }
}

std::string QuantileName(double quantile) {
  char text[32];
  std::snprintf(text, sizeof text, "p%.10g", quantile * 100);
  return text;
}

}  // namespace assay::compare

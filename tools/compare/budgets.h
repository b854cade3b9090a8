// SPDX-License-Identifier: MIT
// Absolute limits of a policy, held against the run alone: no baseline is needed, and no test is made. A quantile that
// so few values do not tell is not stated but called cannot_tell. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/run/metrics.h"
#include "fixtures/run/run_directory.h"
#include "tools/compare/policy.h"
#include "tools/compare/verdict.h"

namespace assay::compare {

struct BudgetFinding {
  const run::Metric* metric = nullptr;
  double quantile = 0.5;           // 0.5 = p50
  double limit = 0;                // in the unit of the metric: at most, or at least where higher is better
  std::optional<double> observed;  // absent: cannot tell, `reason` says why
  std::size_t n = 0;
  Verdict verdict = Verdict::kCannotTell;  // regressed = over budget, unchanged = within
  std::string reason;                      // a sentence without its full stop; empty when within budget
  bool gates = true;
};

// Those of the budgets that match the case, in the policy's order. Of two budgets on the same quantile of a metric that
// both match the later one holds.
std::vector<BudgetFinding> JudgeBudgets(const run::RunCase& one, const Policy& policy);

// What was measured under conditions the policy does not take (WhyNotValid of validity.h) is neither over nor within.
// Nothing when `why` is empty.
void MarkNotValid(const std::string& why, std::vector<BudgetFinding>& findings);

// 0.5 -> "p50", 0.999 -> "p99.9".
std::string QuantileName(double quantile);

}  // namespace assay::compare

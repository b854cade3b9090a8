// SPDX-License-Identifier: MIT
// What is said to people of one number of a case: its latencies, its budgets, its quarantine. Every verdict has its
// estimate, 95 % interval, adjusted p, n and the smallest effect it could have seen, as far as they are known. Not
// escaped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/compare/comparison.h"

namespace assay::report {

// "ttft (time to first token)"
std::string FamilyTitle(compare::FamilyKind kind);
// " (95 % interval +1.0 % to +9.2 %)", or nothing.
std::string Interval(const std::optional<double>& lower, const std::optional<double>& upper);
// "1 case", "3 sessions".
std::string Counted(std::size_t count, std::string_view word);

// An `unchanged` that could have missed much.
bool IsCoarse(const compare::LatencyFinding& finding);
// Shown beside the time per token, which decides.
bool IsSpokenFor(const compare::LatencyFinding& finding);
// One line without indent. `paired`: n counts pairs and sessions are blocks between restarts.
std::string LatencyLine(const compare::LatencyFinding& finding, bool paired);

// "p50 of ttft_ms 612 > 500 ms: over budget, n 10"
std::string BudgetLine(const compare::BudgetFinding& finding);
std::string QuarantineLine(const compare::Quarantined& quarantine);

// Stands at the head of the table where a shift of all cases together was taken out of its changes: which, by family.
// Empty where none of half a percent was: in a pair nothing is taken out, nor where no case has an estimate.
std::string TakenOutLine(const compare::Comparison& comparison);

// What the unchanged cases that decide could have shown, of each family that of the middle case: "an unchanged case
// would have shown a slowdown of: ttft 4.1 % (at worst 12.3 %: m, capital), decode 3 %". Empty when there is none.
std::string SensitivityLine(const compare::Comparison& comparison);

}  // namespace assay::report

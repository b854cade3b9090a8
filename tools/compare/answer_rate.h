// SPDX-License-Identifier: MIT
// Level rate: another answer now and then is known of the case; does it come more often than it did? One-sided Fisher
// exact test of the answers that are not the accepted one, here against all accepted runs, Holm over the cases at this
// level (gating.md b2). Pure.
#pragma once

#include <span>

#include "tools/compare/determinism_rule.h"

namespace assay::compare {

// Counts, p-value and a verdict that does not depend on the other cases yet.
void OpenRate(const AcceptedAnswer& accepted, std::int64_t planned, DeterminismFinding& finding);

// Adds the answers of a second look to those of the first.
void AddRate(const DeterminismFinding& second, DeterminismFinding& finding);

// The verdicts of all findings at level rate together, at `alpha`; others stay as they are. Null ones are passed over.
void JudgeRates(std::span<DeterminismFinding* const> findings, double alpha);

}  // namespace assay::compare

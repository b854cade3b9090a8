// SPDX-License-Identifier: MIT
// The head's answers against those the base gave in the same run. Nothing accepted is asked: what the base says is
// neither right nor wrong, only what the other side said.
#pragma once

#include <cstdint>

#include "tools/compare/determinism_rule.h"
#include "tools/compare/paired_runs.h"
#include "tools/compare/policy.h"

namespace assay::compare {

// Both sides have a request that counts. The finding gates where the policy holds the case to exact answers and both
// sides ask the same request of the same variant; else it is only shown, with a note that says what differs. A base
// that disagrees with itself: `unchanged` when the head gave one answer, one of the base's; `not_compared`, which is
// cannot_tell, when the head disagrees with itself as well; else as always.
DeterminismFinding JudgePairedAnswers(const PairedRuns::Entry& entry, std::int64_t planned, const CasePolicy& policy);

}  // namespace assay::compare

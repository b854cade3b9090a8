// SPDX-License-Identifier: MIT
// The rule for throughput and load times: a session gives one number of each, so only how far sessions lie apart says
// what chance does. stats::JudgeSessions on logarithms; values of a metric of a request (load_ms) come down to their
// median. Nothing is taken out that all cases share.
#pragma once

#include <span>

#include "tools/compare/latency_rule.h"

namespace assay::compare {

// One finding per series, in their order; never a suite's. A second look plays no part.
FamilyFindings JudgeSessionNumbers(std::span<const LatencySeries> family, const FamilyOptions& options);

}  // namespace assay::compare

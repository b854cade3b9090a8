// SPDX-License-Identifier: MIT
// Compares the two sides of a paired run, head against base, under a policy. Needs no baseline: the other side is the
// yardstick, of the machine as well as of the cases. Gives the same findings as a comparison with a baseline; cases
// have the names of the head. Pure apart from time.
#pragma once

#include <string>

#include "fixtures/base/result.h"
#include "tools/compare/comparison.h"
#include "tools/compare/latency_rule.h"
#include "tools/compare/paired_runs.h"
#include "tools/compare/policy.h"
#include "tools/compare/selection.h"

namespace assay::compare {

// What differs from a comparison with a baseline:
//  - latency: request r of the head against request r of the base. A pair with a request that does not count is
//  dropped;
//    a case with fewer pairs than planned never passes.
//  - answers: the head's against the base's. They decide only where both sides ask one variant the same request; a
//    base that disagrees with itself cannot say whether the head's answer is right.
//  - a case that failed or is missing on either side is no pass: regressed when the head failed, else cannot_tell.
//  - budgets hold the head alone.
// `second` is a second look at suspects of `pair` and may be null; kUsage when it belongs to another pair. `today` is
// YYYY-MM-DD (UTC) and ends quarantines. Else errors as Compare.
base::Result<Comparison> ComparePair(const PairedRuns& pair, const PairedRuns* second, const Policy& policy,
                                     const Selection& selection, const std::string& today, const LatencyRule& rule);

}  // namespace assay::compare

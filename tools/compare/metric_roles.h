// SPDX-License-Identifier: MIT
// Which family a latency belongs to, what it hangs on, and which of a case's metrics decides. The same for a comparison
// with a baseline and for a paired run. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fixtures/run/metrics.h"
#include "tools/compare/latency_rule.h"

namespace assay::compare {

// The whole latency grows with the length of the answer; the time to the first token does not, nor does the time per
// token.
bool DependsOnLength(const run::Metric& metric);
// Counts of different sources are never compared: not as a divisor, and not to find two answers equally long.
bool DependsOnTokenCounts(const run::Metric& metric);

// A whole latency that decides without being asked to stands in for the time per token.
FamilyKind KindOf(const run::Metric& metric, bool decides, bool gate_stated);

// Another metric of the case may speak for one that cannot: time per token where answers differ in length, and the rest
// where a metric is by its nature undefined (one token has no gap, a request that does not stream no first token).
void SettleWhoDecides(std::vector<LatencyFinding>& findings);

// An `unchanged` that decides and could have missed a slowdown beyond `max_mde`, or twice its own min_effect or
// tolerance where that is more (shares; of a metric where more is better a fall to less than 1 / (1 + max_mde)) has
// shown nothing: it cannot tell (kTooNoisy).
void MarkTooNoisy(double max_mde, bool paired, std::vector<LatencyFinding>& findings);

// "5, 7"; "none" of nothing.
std::string TokenCounts(const std::vector<std::int64_t>& values);

}  // namespace assay::compare

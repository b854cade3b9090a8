// SPDX-License-Identifier: MIT
// What the files of the gate's rule share: from series to logarithms, and from an estimate to a finding. Nobody but
// they and settle.cc, self_check.cc, request_plan.cc include this.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/compare/latency_rule.h"
#include "tools/stats/gate.h"

namespace assay::compare::parts {

// The options every family with a stored baseline, or of a paired run, is judged with; what the policy sets is `alpha`.
// `first_look` as in stats::GateOptions.
stats::GateOptions StoredOptions(double alpha, std::size_t first_look = 0);
stats::GateOptions PairedOptions(double alpha);

bool HasZero(std::span<const double> values);  // or a value that is no number
bool HasZero(const LatencySeries& one);
bool HasZero(const PairedSeries& one);

// +1 when a larger number is worse, -1 when it is better: on the logarithm, "worse" is then up for every metric.
double WorseSign(const run::Metric& metric);
std::vector<double> Logarithms(std::span<const double> values, double sign);

// Where a session stands in every case's list of them.
using SessionPositions = std::map<std::string, std::size_t>;
SessionPositions PositionsOf(std::span<const LatencySeries> family);
// As stats::GateStored takes it: sessions at the same place in every case. The head is left out where it has fewer than
// kFewestHeadValues, everything where a value is not above 0.
stats::StoredCase ToStored(const LatencySeries& one, const SessionPositions& positions);
std::vector<stats::StoredCase> ToStored(std::span<const LatencySeries> family);
// Logarithms of the second look's values; none where there are too few, or one is not above 0.
std::vector<stats::Values> SecondValues(std::span<const LatencySeries> family);
bool Judgeable(const stats::StoredCase& one);  // the gate has an estimate for it
// Likewise for stats::GatePaired, of the first or the second look: logarithms of head over base, and one value per
// block where the block is the pair.
stats::PairedCase ToPaired(const PairedSeries& one, bool second = false);

// The smallest change beyond anchors, or other variants, that counts: where sessions are too few to say how far both
// lie apart by themselves, at least kFewSessionsMinEffect.
double LeastBeside(const stats::AnchoredShift& shift, const SuitePolicy& policy);
// Of all cases together; ln.
double BothLooks(double first, double second);

void Refuse(LatencyFinding& finding, LatencyReason code, std::string reason);
// What the estimate says, in the metric's own direction; not the verdict.
void Estimated(const run::Metric& metric, const stats::CaseEstimate& estimate, LatencyFinding& finding);
// Where the numbers are too good to be true: the medians, because a change of all cases together is taken out of the
// estimates. `reference`: what the head is held against, such as "the baseline"; `if_right`: what to do if they are
// true.
void RefuseImplausible(std::string_view reference, std::string_view if_right, LatencyFinding& finding);
// Two questions, each with the alpha of the family: "did anything get worse" keeps it whatever got better.
void Decide(const stats::CaseEstimate& estimate, double alpha, LatencyFinding& finding);

}  // namespace assay::compare::parts

// SPDX-License-Identifier: MIT
// The rule of today: a one-sided rank test per pair, Holm over the family, and a smallest effect
// that must be reached against the pooled baseline and against each of its sessions. Its
// false-alarm rate under session drift is known to be too high (gating.md b3); the rule that
// replaces it goes behind the same interface.
#pragma once

#include "tools/compare/latency_rule.h"

namespace assay::compare {

class MannWhitneyRule final : public LatencyRule {
 public:
  std::vector<LatencyFinding> Judge(std::span<const LatencySeries> family, double alpha) const override;
};

// Samples per side from which on a complete separation of two samples reaches alpha among `family`
// pairs.
std::size_t SmallestUsefulSample(std::size_t family, double alpha);

}  // namespace assay::compare

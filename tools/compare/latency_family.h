// SPDX-License-Identifier: MIT
// Decides which (case, metric) pairs are comparable with their baseline, hands those to the rule as
// one family, and says of each other pair why it is not. What the policy only wants shown forms a
// family of its own, so that it costs the gate no power.
#pragma once

#include <span>
#include <vector>

#include "tools/compare/baseline_format.h"
#include "tools/compare/case_facts.h"
#include "tools/compare/latency_rule.h"
#include "tools/compare/policy.h"

namespace assay::compare {

// A case that was measured; failed and missing ones have no latency to judge.
struct LatencyCase {
  const run::RunCase* one = nullptr;
  const CaseFacts* facts = nullptr;
  const LatencyBaseline* baseline = nullptr;  // null: nothing accepted for this variant and environment
  CasePolicy policy;
};

// Per case one finding per metric of the policy, in the policy's order.
std::vector<std::vector<LatencyFinding>> JudgeLatency(std::span<const LatencyCase> cases, const Policy& policy,
                                                      const LatencyRule& rule);

}  // namespace assay::compare

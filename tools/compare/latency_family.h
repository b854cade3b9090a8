// SPDX-License-Identifier: MIT
// Decides which (case, metric) pairs are comparable with their baseline, hands those to the rule in families, and says
// of each other pair why it is not.
//
// Families that gate: the time to the first token; decoding, where each case has its time per token or, without one
// (not streamed, one token, one burst), its whole latency between answers of equal length; and the whole latency beside
// the time per token where the policy says in so many words that it gates. They share alpha equally, those without a
// pair to judge apart. What is only shown is judged beside them, in the company of what gates, so that it costs the
// gate no power and has the same view of what a session did.
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
  const run::Run* run = nullptr;         // that measured it; null: nothing is known of its build and its rounds
  const run::RunCase* second = nullptr;  // of the second look; null: not measured again
};

struct LatencyInput {
  std::span<const LatencyCase> cases;
  const Policy* policy = nullptr;
  std::vector<const run::Run*> runs;              // whose anchors count; may be empty
  bool second_look = false;                       // one was taken, whether it has a value or not
  std::vector<const run::Run*> second_runs = {};  // of it
};

struct LatencyFindings {
  // Per case one per latency of the policy, in the policy's order; then one per throughput or load time that the case
  // or its baseline has.
  std::vector<std::vector<LatencyFinding>> cases;
  // Per kind of family that the rule could say something of one of all cases, then one of each variant.
  std::vector<SuiteFinding> suite;
};
LatencyFindings JudgeLatency(const LatencyInput& input, const LatencyRule& rule);

// A family as the rule gets it.
struct LatencyFamily {
  FamilyKind kind = FamilyKind::kTtft;
  double alpha = 0;                // its part of the policy's; what rounds may spend early is still in it
  std::vector<std::size_t> cases;  // index of each series in the input
  std::vector<LatencySeries> series;
};
// The families that gate, without those of one number per session.
std::vector<LatencyFamily> BuildFamilies(std::span<const LatencyCase> cases, const Policy& policy);

// The requests every case had when the first case of these runs was settled; 0 when none was.
std::size_t FirstLook(std::span<const run::Run* const> runs);
// What looks between rounds could spend of alpha: the most of the runs; 0 when none was measured in rounds.
double EarlyAlphaShare(std::span<const run::Run* const> runs);

}  // namespace assay::compare

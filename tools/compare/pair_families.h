// SPDX-License-Identifier: MIT
// Puts the requests of both sides of a paired run beside each other, decides which (case, metric) pairs are comparable,
// and sorts them into the families the rule judges. As latency_family.h, with the base in place of a baseline.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tools/compare/case_facts.h"
#include "tools/compare/latency_family.h"
#include "tools/compare/latency_rule.h"
#include "tools/compare/paired_runs.h"
#include "tools/compare/policy.h"

namespace assay::compare {

// A case that was measured on both sides.
struct PairCase {
  const run::RunCase* base = nullptr;
  const run::RunCase* head = nullptr;
  const CaseFacts* base_facts = nullptr;
  const CaseFacts* head_facts = nullptr;
  CasePolicy policy;
  const PairedRuns::Entry* second = nullptr;  // of the second look; null: not measured again
};

// How the requests of both sides belong together.
struct PairShape {
  const run::PairInfo* first = nullptr;
  const run::PairInfo* second = nullptr;  // null without a second look
  double early_alpha_share = 0;           // of a pair measured in rounds: what the looks between them could spend
};

// Which finding of which case a series is for.
struct PairPlace {
  std::size_t one = 0;     // index of the case
  std::size_t metric = 0;  // index into the policy's metrics
};

struct PairFamily {
  FamilyKind kind = FamilyKind::kTtft;
  bool gates = true;
  double alpha = 0;  // its part of the policy's; what rounds may spend early is still in it
  std::vector<PairPlace> places;
  std::vector<PairedSeries> series;  // of each place
};

struct PairFamilies {
  std::vector<PairFamily> families;                   // those that gate first
  std::vector<std::vector<LatencyFinding>> findings;  // per case one per metric of the policy; judged ones still open
};
PairFamilies BuildPairFamilies(std::span<const PairCase> cases, const PairShape& shape, const Policy& policy);

LatencyFindings JudgePairedLatency(std::span<const PairCase> cases, const PairShape& shape, const Policy& policy,
                                   const LatencyRule& rule);

// Pairs of which both requests count, over all blocks. Where the block is the pair: requests of the side with fewer.
std::size_t CompletePairs(const run::RunCase& base, const run::RunCase& head);
// Whether every request that was planned has its partner.
bool Incomplete(const PairCase& one);

}  // namespace assay::compare

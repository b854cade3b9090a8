// SPDX-License-Identifier: MIT
// The rules other tools decide by, written again from their sources, for the table beside our gate. All numbers are
// natural logarithms of latencies; the answer is which cases a rule calls slower. Pure but for the seeded resampling.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "benchmarks/micro/gate_power/noise.h"

namespace assay::micro {

struct PeerData {
  std::span<const Logs> sessions;  // of the baseline, oldest first
  const Logs& head;
};

struct PeerRule {
  std::string_view name;
  bool history = false;  // looks at all sessions; the others at the last one
  bool paired = false;   // also judged with the base side of a paired run as the baseline
  std::vector<bool> (*judge)(const PeerData& data);
};

// google/benchmark compare.py, golang/perf benchstat, criterion.rs, psf/pyperf, asv, llvm-lnt, github-action-benchmark,
// bencher, rustc-perf, conbench; defaults of each.
const std::vector<PeerRule>& PeerRules();

// Rules made for pairs: nanobench's compare() (sign-test interval of the median), signed rank.
struct PairedPeerRule {
  std::string_view name;
  std::vector<bool> (*judge)(const SimulatedPair& pair);
};
const std::vector<PairedPeerRule>& PairedPeerRules();

}  // namespace assay::micro

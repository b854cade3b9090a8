// SPDX-License-Identifier: MIT
// The order of measured requests, and the moments of an open loop. What is asked one by one is asked in rounds, each a
// seeded permutation of all cases, so that drift of the machine falls on all cases alike (gating.md c1 #9: Google
// Benchmark's own interleaving has no seed). Pure; the same on every platform.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fixtures/base/clock.h"
#include "fixtures/run/scenario.h"

namespace assay::suite {

struct Slot {
  std::size_t case_index = 0;
  std::int64_t repetition = 0;  // from 0
  friend bool operator==(const Slot&, const Slot&) = default;
};

// Parts of a run, in their order: what a load or a cold start does to the machine is in no number of an earlier phase.
enum class Phase {
  kOneByOne,      // warm, one request in flight, interleaved
  kUnderLoad,     // each case one block
  kCold,          // interleaved
  kAfterRestart,  // interleaved
  // Probes, one after the other, each step by step; nothing is measured any more.
  kProbes,
  kReloadProbes,
  kRestartProbes,
};
inline constexpr Phase kPhases[] = {Phase::kOneByOne, Phase::kUnderLoad,    Phase::kCold,         Phase::kAfterRestart,
                                    Phase::kProbes,   Phase::kReloadProbes, Phase::kRestartProbes};
inline constexpr bool IsOfProbes(Phase phase) { return phase >= Phase::kProbes; }

Phase PhaseOf(const run::Scenario& scenario);

struct Asking {
  Phase phase = Phase::kOneByOne;
  std::int64_t repetitions = 0;
};

// A seed for another purpose, made of the run's own: `text` names the purpose.
std::uint64_t SeedFor(std::int64_t seed, std::string_view text);

// The slots of one phase; `cases` are all of the run. An interleaved case takes part in the first `repetitions` rounds.
// Each phase has the seed to itself: cases of another phase change nothing.
std::vector<Slot> PhaseOrder(const std::vector<Asking>& cases, Phase phase, std::int64_t seed);

// Where in a phase's order the round ends that `begin` lies in: a repetition of every case, under load a block.
std::size_t EndOfRound(std::span<const Slot> order, std::size_t begin, Phase phase);

// Moments of a Poisson process from its first arrival, at 0, on: gaps are exponential, and whole microseconds. Of the
// run's seed each case has a part of its own.
std::vector<base::Nanoseconds> PoissonArrivals(double rate_per_s, std::int64_t count, std::int64_t seed,
                                               std::string_view case_id);

}  // namespace assay::suite

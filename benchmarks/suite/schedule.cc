// SPDX-License-Identifier: MIT
#include "benchmarks/suite/schedule.h"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include "fixtures/base/hash.h"

namespace assay::suite {
namespace {

// Boost's distributions give the same numbers everywhere; the standard library's may not.
using Random = boost::random::mt19937_64;

void Shuffle(std::vector<std::size_t>& cases, Random& random) {
  for (std::size_t i = cases.size(); i > 1; --i) {
    boost::random::uniform_int_distribution<std::size_t> pick(0, i - 1);
    std::swap(cases[i - 1], cases[pick(random)]);
  }
}

// In [0, 1), all 53 bits of it.
double Uniform(Random& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

}  // namespace

std::uint64_t SeedFor(std::int64_t seed, std::string_view text) {
  std::uint64_t hash = 0;
  const auto digest = base::Sha256(text);
  for (std::size_t i = 0; i < sizeof hash; ++i) hash = hash << 8 | digest[i];
  return hash ^ static_cast<std::uint64_t>(seed);
}

Phase PhaseOf(const run::Scenario& scenario) {
  if (scenario.probe) {
    return scenario.probe == run::ProbeKind::kReload    ? Phase::kReloadProbes
           : scenario.probe == run::ProbeKind::kRestart ? Phase::kRestartProbes
                                                        : Phase::kProbes;
  }
  if (scenario.start == run::Start::kCold) return Phase::kCold;
  if (scenario.start == run::Start::kAfterRestart) return Phase::kAfterRestart;
  return scenario.loaded() ? Phase::kUnderLoad : Phase::kOneByOne;
}

std::vector<Slot> PhaseOrder(const std::vector<Asking>& cases, Phase phase, std::int64_t seed) {
  std::vector<std::size_t> round;
  std::int64_t rounds = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].phase != phase) continue;
    round.push_back(i);
    rounds = std::max(rounds, cases[i].repetitions);
  }
  Random random(static_cast<std::uint64_t>(seed));
  std::vector<Slot> order;
  if (phase == Phase::kUnderLoad) {
    Shuffle(round, random);
    for (const std::size_t index : round) {
      for (std::int64_t request = 0; request < cases[index].repetitions; ++request) order.push_back({index, request});
    }
    return order;
  }
  for (std::int64_t repetition = 0; repetition < rounds; ++repetition) {
    Shuffle(round, random);
    for (const std::size_t index : round) {
      if (repetition < cases[index].repetitions) order.push_back({index, repetition});
    }
  }
  return order;
}

std::size_t EndOfRound(std::span<const Slot> order, std::size_t begin, Phase phase) {
  const auto round = [phase](const Slot& slot) {
    return phase == Phase::kUnderLoad ? static_cast<std::int64_t>(slot.case_index) : slot.repetition;
  };
  std::size_t end = begin;
  while (end < order.size() && round(order[end]) == round(order[begin])) ++end;
  return end;
}

std::vector<base::Nanoseconds> PoissonArrivals(double rate_per_s, std::int64_t count, std::int64_t seed,
                                               std::string_view case_id) {
  Random random(SeedFor(seed, case_id));
  std::vector<base::Nanoseconds> arrivals;
  arrivals.reserve(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
  std::chrono::microseconds at{0};
  for (std::int64_t i = 0; i < count; ++i) {
    arrivals.emplace_back(at);
    // The inverse of the distribution function. Two platforms' logarithms may differ in the last bit: whole
    // microseconds do not show it.
    at += std::chrono::microseconds(std::llround(-std::log(1.0 - Uniform(random)) / rate_per_s * 1e6));
  }
  return arrivals;
}

}  // namespace assay::suite

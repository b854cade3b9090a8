// SPDX-License-Identifier: MIT
// One simulated trial: sessions are drawn, written as run files, accepted and compared by the code that ships; what
// comes back is which cases each rule called slower, and what was asked for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/micro/gate_power/noise.h"
#include "fixtures/base/result.h"

namespace assay::micro {

struct TrialShape {
  const NoiseLevel* noise = nullptr;
  std::size_t cases = 50;
  std::size_t requests = 20;  // per case
  std::size_t sessions = 5;   // of the baseline
  std::size_t restarts = 2;   // of a pair
  std::size_t anchors = 6;
  double changed_share = 0.1;  // of the cases, where some are slower
  std::size_t models = 1;      // stored only; the cases' models take turns
  bool peers = true;
  bool shorter_plans = false;  // fixed plans with fewer requests too, to find the one that rounds are worth
};

// Requests of those, ascending: .4 to .8 of the shape's; none below 5 requests, or without shape.shorter_plans.
std::vector<std::size_t> ShorterPlans(const TrialShape& shape);
std::string ShorterPlanName(std::size_t requests);  // in TrialResult::said, with the second look

// What --repetitions=auto asks a case at most in the first look, beside a fixed plan of the shape's requests.
std::size_t MostOfRounds(const TrialShape& shape);

enum class Slower { kSome, kAll, kOneModel };  // changed_share of the cases, all, or those of the last model

// What one rule said of one trial.
struct Said {
  std::vector<bool> slower;   // per case
  bool suite_slower = false;  // of all together, or of a model
  bool untold = false;        // anything that decides cannot be told: exit code 3, or would be without an alarm
  std::int64_t requests = 0;  // asked in all, the head's only
};

struct TrialResult {
  std::vector<bool> changed;         // the truth
  std::map<std::string, Said> said;  // by rule
};

// The rules of a stored baseline: our gate with one session, with all, with the second look, with rounds and the second
// look, and the peers. `effect` makes cases slower. `folder` is emptied.
base::Result<TrialResult> StoredTrial(const TrialShape& shape, double effect, Slower which, std::uint64_t seed,
                                      const std::filesystem::path& folder);
// The rules of a paired run, likewise.
base::Result<TrialResult> PairedTrial(const TrialShape& shape, double effect, Slower which, std::uint64_t seed,
                                      const std::filesystem::path& folder);

// Names of our rules in TrialResult::said.
inline constexpr const char* kGateOne = "GATE stored K=1";
inline constexpr const char* kGate = "GATE stored K=5";
inline constexpr const char* kGateConfirmed = "GATE stored K=5 + confirm";
inline constexpr const char* kGateRounds = "GATE stored K=5, auto";
inline constexpr const char* kGateRoundsConfirmed = "GATE stored K=5, auto + confirm";
inline constexpr const char* kGatePaired = "GATE paired";
inline constexpr const char* kGatePairedConfirmed = "GATE paired + confirm";
inline constexpr const char* kGatePairedRounds = "GATE paired, auto";
inline constexpr const char* kGatePairedRoundsConfirmed = "GATE paired, auto + confirm";

}  // namespace assay::micro

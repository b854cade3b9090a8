// SPDX-License-Identifier: MIT
#include "tools/stats/sequential.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "tools/stats/distributions.h"
#include "tools/stats/gate_parts.h"

namespace assay::stats {
namespace {

constexpr double kNormalDf = 1e6;
// A case is settled when the chance that it ends as a suspect is below this: at the first look, where least is known,
// and later. Simulated through the second look, .5 and .5 ask 3 % less and find 1 % less of +10 %, .3 and .3 ask 5 %
// more and find no more; what both together cost and find stands in benchmarks/suite/looks.md.
constexpr double kSuspectChanceAtFirst = 0.3;
constexpr double kSuspectChanceLater = 0.6;
constexpr std::size_t kFewestFirstValues = 5;
// A suspect is asked no more when the chance that both looks flag it is below this. Simulated, 10 % ask 5 % less of an
// unchanged run and find 1 % less of +10 %.
constexpr double kFlaggedChance = 0.03;

bool InRange(const SequentialOptions& sequential) {
  return sequential.look >= 1 && sequential.look < sequential.looks && sequential.early_share > 0 &&
         sequential.early_share < 1;
}

GateOptions EarlyOptions(GateOptions options, const SequentialOptions& sequential) {
  options.alpha = EarlyAlpha(options.alpha, sequential);
  return options;
}

// `own`: the part of se^2 that falls with the number of values.
Settlement SettleOne(const CaseEstimate& one, double own, std::size_t count, double tolerance, double min_effect,
                     const GateOptions& options, const SequentialOptions& sequential) {
  if (one.flagged) return Settlement::kRegressed;
  if (count >= sequential.most_requests) return Settlement::kOpen;
  const double left = 1 - static_cast<double>(count) / static_cast<double>(sequential.most_requests);
  const double moves = std::max(0.0, own) * left;
  const double se_then = std::sqrt(std::max(0.0, one.se * one.se - moves));
  const double chance = sequential.look == 1 ? kSuspectChanceAtFirst : kSuspectChanceLater;
  const auto reach = StudentQuantile(1 - chance, kNormalDf);
  const auto screen = options.screen > 0 && options.screen < 1 ? StudentQuantile(options.screen, one.df) : std::nullopt;
  if (!reach || !screen) return Settlement::kOpen;
  const double needed = std::max(std::log1p(min_effect / 2), std::log1p(tolerance) - *screen * se_then);
  return one.shift + *reach * std::sqrt(moves) < needed ? Settlement::kCannotRegress : Settlement::kOpen;
}

// A share of the largest number, and the fewest.
struct EarlyLook {
  std::size_t part = 0;
  std::size_t of = 1;
  std::size_t fewest = 0;
};

std::vector<std::size_t> Looks(const std::vector<EarlyLook>& early, std::size_t most_requests) {
  std::vector<std::size_t> looks;
  for (const EarlyLook& one : early) {
    const std::size_t look = std::max(one.fewest, most_requests * one.part / one.of);
    if (look < most_requests) looks.push_back(look);
  }
  looks.push_back(most_requests);
  return looks;
}

Settlement SettleTwice(const CaseEstimate& one, const LooksVariance& variance, std::size_t count, std::size_t family,
                       double tolerance, double min_effect, const GateOptions& options,
                       const SequentialOptions& sequential) {
  if (count >= sequential.most_requests) return Settlement::kOpen;
  const double left = 1 - static_cast<double>(count) / static_cast<double>(sequential.most_requests);
  const auto whole = [&](double second) {
    const double weight = parts::WeightOfFirst(variance.first, second, options);
    return variance.base + weight * weight * variance.first + (1 - weight) * (1 - weight) * second;
  };
  const double then = whole(std::max(0.0, variance.second - variance.requests * left));
  const double moves = std::max(0.0, one.se * one.se - then);
  const auto reach = StudentQuantile(1 - kFlaggedChance, kNormalDf);
  const auto level = StudentQuantile(1 - options.alpha / static_cast<double>(family), one.df);
  if (!reach || !level) return Settlement::kOpen;
  const double needed = std::max(std::log1p(min_effect), std::log1p(tolerance) + *level * std::sqrt(then));
  return one.shift + *reach * std::sqrt(moves) < needed ? Settlement::kCannotRegress : Settlement::kOpen;
}

std::size_t SmallestHead(std::span<const StoredCase> cases) {
  std::size_t smallest = 0;
  for (const StoredCase& one : cases) {
    const std::size_t count = one.head.size();
    if (count >= kFewestFirstValues && (smallest == 0 || count < smallest)) smallest = count;
  }
  return smallest;
}

// The same at every look: they come from values that no later look changes.
std::vector<std::size_t> ControlsOfFirstLook(std::span<const StoredCase> cases, const GateOptions& options) {
  std::vector<StoredCase> then(cases.begin(), cases.end());
  for (StoredCase& one : then) one.head.resize(std::min(one.head.size(), options.first_look));
  GateOptions plain = options;
  plain.first_look = 0;
  const auto first = GateStored(then, plain);
  return first ? Controls(*first, options.controls) : std::vector<std::size_t>{};
}

}  // namespace

std::vector<std::size_t> RecommendedLooks(std::size_t most_requests) {
  return Looks({{2, 5, 8}, {3, 5, 12}}, most_requests);
}

std::vector<std::size_t> RecommendedSecondLooks(std::size_t most_requests) {
  return Looks({{1, 5, 8}, {3, 10, 12}, {1, 2, 20}}, most_requests);
}

double EarlyAlpha(double alpha, const SequentialOptions& sequential) {
  if (sequential.looks < 2) return 0;
  return alpha * sequential.early_share / static_cast<double>(sequential.looks - 1);
}

double FinalAlpha(double alpha, double early_share) { return alpha * (1 - early_share); }

std::vector<Settlement> SettleStored(std::span<const StoredCase> cases, const GateOptions& options,
                                     const SequentialOptions& sequential) {
  std::vector<Settlement> settled(cases.size(), Settlement::kOpen);
  if (!InRange(sequential)) return settled;
  GateOptions early = EarlyOptions(options, sequential);
  if (early.first_look == 0) early.first_look = SmallestHead(cases);
  const auto gate = GateStored(cases, early);
  if (!gate || gate->blind) return settled;
  bool open = false;
  const auto controls = options.centre ? ControlsOfFirstLook(cases, early) : std::vector<std::size_t>{};
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!gate->cases[c]) continue;
    const CaseEstimate& one = *gate->cases[c];
    const double own = one.se * one.se * (1 - one.base_share) - gate->session_variance;
    settled[c] = SettleOne(one, own, cases[c].head.size(), cases[c].tolerance.value_or(options.tolerance),
                           cases[c].min_effect.value_or(options.min_effect), options, sequential);
    const bool is_control = std::find(controls.begin(), controls.end(), c) != controls.end();
    if (settled[c] == Settlement::kOpen && !is_control) open = true;
  }
  for (const std::size_t c : controls) settled[c] = open ? Settlement::kOpen : Settlement::kCannotRegress;
  return settled;
}

std::vector<Settlement> SettleConfirmed(std::span<const StoredCase> cases, std::span<const Values> second,
                                        const GateOptions& options, const SequentialOptions& sequential) {
  std::vector<Settlement> settled(cases.size(), Settlement::kOpen);
  if (sequential.look < 1 || sequential.look >= sequential.looks) return settled;
  const auto gate = ConfirmStored(cases, second, options);
  if (!gate || gate->first.blind) return settled;
  bool open = false;
  for (const std::size_t c : gate->suspects) {
    if (gate->cases[c] && gate->variances[c]) {
      settled[c] = SettleTwice(*gate->cases[c], *gate->variances[c], second[c].size(), gate->first.family,
                               cases[c].tolerance.value_or(options.tolerance),
                               cases[c].min_effect.value_or(options.min_effect), options, sequential);
    }
    // A suspect that this look does not ask keeps nobody waiting.
    if (settled[c] == Settlement::kOpen && !second[c].empty()) open = true;
  }
  const auto is_one_of = [](const std::vector<std::size_t>& places, std::size_t c) {
    return std::find(places.begin(), places.end(), c) != places.end();
  };
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (is_one_of(gate->suspects, c) || (open && is_one_of(gate->controls, c))) continue;
    settled[c] = Settlement::kCannotRegress;
  }
  return settled;
}

std::vector<Settlement> SettlePaired(std::span<const PairedCase> cases, const GateOptions& options,
                                     const SequentialOptions& sequential) {
  std::vector<Settlement> settled(cases.size(), Settlement::kOpen);
  if (!InRange(sequential)) return settled;
  const auto gate = GatePaired(cases, EarlyOptions(options, sequential));
  if (!gate || gate->blind) return settled;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!gate->cases[c]) continue;
    std::size_t count = 0;
    double blocks = 0;
    for (const Values& block : cases[c].blocks) {
      count += block.size();
      if (!block.empty()) ++blocks;
    }
    const CaseEstimate& one = *gate->cases[c];
    settled[c] = SettleOne(one, one.se * one.se - gate->session_variance / blocks, count,
                           cases[c].tolerance.value_or(options.tolerance),
                           cases[c].min_effect.value_or(options.min_effect), options, sequential);
  }
  return settled;
}

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
#include "tools/stats/plan.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tools/stats/distributions.h"
#include "tools/stats/gate_parts.h"
#include "tools/stats/shrinkage.h"

namespace assay::stats {
namespace {

constexpr std::size_t kFewestPlannedRequests = 5;
constexpr std::size_t kMostGroups = 1000;
constexpr double kPairedConfirmDf = 60;  // ConfirmPaired

bool IsPaired(PlanKind kind) { return kind == PlanKind::kPaired || kind == PlanKind::kPairedConfirmed; }
bool IsConfirmed(PlanKind kind) { return kind == PlanKind::kStoredConfirmed || kind == PlanKind::kPairedConfirmed; }

bool IsVariance(double value) { return std::isfinite(value) && value >= 0; }

bool InRange(const CaseNoise& noise, const PlanSetting& setting, const GateOptions& options) {
  return parts::OptionsInRange(options) && std::isfinite(noise.per_request) && noise.per_request > 0 &&
         std::isfinite(noise.df) && noise.df > 0 && setting.family > 0 && setting.groups > 0 &&
         IsVariance(setting.group_variance.value_or(0)) && IsVariance(setting.base_per_group.value_or(0));
}

// What is known of the estimate at the end, and of the first look that decides about a second one.
struct Error {
  double se = 0;
  double df = 0;
  double first_se = 0;
};

Error ErrorOf(const CaseNoise& noise, std::size_t n, const PlanSetting& setting, const GateOptions& options) {
  const auto requests = static_cast<double>(n);
  const auto groups = static_cast<double>(setting.groups);
  const auto family = static_cast<double>(setting.family);
  const double between = setting.group_variance.value_or(0);
  const double head = noise.per_request / requests;
  Error error;
  error.df = std::min({noise.df, 3 * requests, 4 * family});
  if (IsPaired(setting.kind)) {
    const double first = head + between / groups;
    error.first_se = std::sqrt(first);
    error.se = error.first_se;
    if (IsConfirmed(setting.kind)) {
      const double second = head / 2 + between / groups;
      error.se = std::sqrt(first * second / (first + second));
      error.df = kPairedConfirmDf;
    }
    return error;
  }
  const double base = (setting.base_per_group.value_or(head) + between) / groups;
  const double first = head + between;
  error.first_se = std::sqrt(base + first);
  error.se = error.first_se;
  if (IsConfirmed(setting.kind)) {
    double second = head / 2 + between;
    if (options.centre) {
      const auto controls = static_cast<double>(std::max<std::size_t>(1, options.controls));
      second += std::numbers::pi / 2 / controls * (second + base);
    }
    error.se = std::sqrt(base + first * second / (first + second));
    error.df = 4 * family;
  }
  return error;
}

// Where the estimate must lie to be flagged.
std::optional<double> Threshold(double se, double df, std::size_t family, const GateOptions& options) {
  const auto tail = StudentQuantile(options.alpha / static_cast<double>(family), df);
  if (!tail) return std::nullopt;
  return std::max(std::log1p(options.tolerance) - *tail * se, std::log1p(options.min_effect));
}

}  // namespace

std::vector<std::optional<CaseNoise>> NoiseOf(std::span<const Values> cases, Trim trim) {
  std::vector<std::optional<CaseNoise>> noise(cases.size());
  std::vector<VarianceEstimate> family;
  std::vector<std::size_t> known;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    const auto location = TrimmedLocation(cases[c], trim);
    if (!location || !location->variance) continue;
    family.push_back({*location->variance * static_cast<double>(cases[c].size()), location->df});
    known.push_back(c);
  }
  const auto moderated = ModerateVariances(family);
  if (!moderated) return noise;
  for (std::size_t i = 0; i < known.size(); ++i) {
    noise[known[i]] = CaseNoise{(*moderated)[i].variance, (*moderated)[i].df};
  }
  return noise;
}

std::optional<double> DetectableEffect(const CaseNoise& noise, std::size_t n, const PlanSetting& setting,
                                       const GateOptions& options) {
  if (!InRange(noise, setting, options) || n < kFewestPlannedRequests) return std::nullopt;
  const Error error = ErrorOf(noise, n, setting, options);
  const auto threshold = Threshold(error.se, error.df, setting.family, options);
  const auto power = StudentQuantile(options.power, error.df);
  if (!threshold || !power) return std::nullopt;
  const double effect = std::expm1(*threshold + *power * error.se);
  if (!std::isfinite(effect)) return std::nullopt;
  return effect;
}

std::optional<double> PowerAt(const CaseNoise& noise, std::size_t n, double effect, const PlanSetting& setting,
                              const GateOptions& options) {
  if (!InRange(noise, setting, options) || n < kFewestPlannedRequests || !std::isfinite(effect) || effect <= -1) {
    return std::nullopt;
  }
  const double shift = std::log1p(effect);
  const Error error = ErrorOf(noise, n, setting, options);
  const auto threshold = Threshold(error.se, error.df, setting.family, options);
  if (!threshold || error.se <= 0) return std::nullopt;
  const auto flagged = StudentUpperTail((*threshold - shift) / error.se, error.df);
  if (!flagged || !IsConfirmed(setting.kind)) return flagged;
  const double first_df = std::min({noise.df, 3 * static_cast<double>(n), 4 * static_cast<double>(setting.family)});
  const auto screen = StudentQuantile(std::clamp(options.screen, 1e-12, 1 - 1e-12), first_df);
  if (!screen) return std::nullopt;
  const double bar =
      std::max(std::log1p(options.tolerance) - *screen * error.first_se, std::log1p(options.min_effect / 2));
  const auto suspect = StudentUpperTail((bar - shift) / error.first_se, first_df);
  if (!suspect) return std::nullopt;
  return std::min(*flagged, *suspect);
}

std::optional<RequestPlan> PlanRequests(const CaseNoise& noise, double effect, const PlanSetting& setting,
                                        const GateOptions& options) {
  if (!InRange(noise, setting, options) || !std::isfinite(effect) || effect <= 0) return std::nullopt;
  RequestPlan plan;
  plan.below_min_effect = effect <= options.min_effect;
  const auto reaches = [&](std::size_t n, const PlanSetting& how) {
    const auto detectable = DetectableEffect(noise, n, how, options);
    return detectable && *detectable <= effect;
  };
  // More requests and more groups never make the smallest detectable effect larger.
  if (reaches(kMostPlannedRequests, setting)) {
    std::size_t low = kFewestPlannedRequests;
    std::size_t high = kMostPlannedRequests;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (reaches(middle, setting)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    plan.requests = low;
    return plan;
  }
  PlanSetting more = setting;
  more.groups = kMostGroups;
  if (setting.groups >= kMostGroups || !reaches(kMostPlannedRequests, more)) return plan;
  std::size_t low = setting.groups + 1;
  std::size_t high = kMostGroups;
  while (low < high) {
    more.groups = low + (high - low) / 2;
    if (reaches(kMostPlannedRequests, more)) {
      high = more.groups;
    } else {
      low = more.groups + 1;
    }
  }
  plan.groups_needed = low;
  return plan;
}

}  // namespace assay::stats

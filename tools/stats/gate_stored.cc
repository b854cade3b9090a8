// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tools/stats/descriptive.h"
#include "tools/stats/gate.h"
#include "tools/stats/gate_parts.h"
#include "tools/stats/shrinkage.h"

namespace assay::stats {
namespace parts {
namespace {

bool HaveUsableOptions(std::span<const StoredCase> cases) {
  return std::all_of(cases.begin(), cases.end(),
                     [](const StoredCase& one) { return CaseOptionsInRange(one.tolerance, one.min_effect); });
}

}  // namespace

std::optional<Head> ReadHead(std::span<const double> values) {
  const auto location = TrimmedLocation(values, Trim::kLatency);
  if (!location || !location->variance) return std::nullopt;
  return Head{*location, values.size()};
}

std::optional<GateResult> GateHeads(const Baseline& baseline, std::span<const StoredCase> cases,
                                    std::span<const std::optional<Head>> heads, const GateOptions& options) {
  if (!OptionsInRange(options) || !HaveUsableOptions(cases)) return std::nullopt;
  std::vector<std::size_t> judged;
  std::vector<VarianceEstimate> family;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!heads[c] || !baseline.cases[c]) continue;
    judged.push_back(c);
    family.push_back({*heads[c]->location.variance, heads[c]->location.df});
  }
  const auto head_errors = ModerateVariances(family);
  if (!head_errors) return std::nullopt;

  std::vector<CaseInput> inputs;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const Head& head = *heads[judged[i]];
    const BaseCase& base = *baseline.cases[judged[i]];
    const VarianceEstimate& head_error = (*head_errors)[i];
    const auto seen = static_cast<double>(base.seen);
    const double base_part = (base.variance + baseline.session_variance) / seen;
    CaseInput input;
    input.shift = head.location.mean - base.mean;
    input.variance = head_error.variance + base_part + baseline.session_variance;
    input.df = std::min(base.df + head_error.df, 3 * static_cast<double>(head.count));
    input.base_share = base_part / input.variance;
    input.tolerance = cases[judged[i]].tolerance;
    input.min_effect = cases[judged[i]].min_effect;
    inputs.push_back(input);
  }
  auto result = GateCore(inputs, options.centre, baseline.blind, options);
  if (!result) return std::nullopt;
  result->session_variance = baseline.session_variance;
  std::vector<std::optional<CaseEstimate>> spread(cases.size());
  for (std::size_t i = 0; i < judged.size(); ++i) spread[judged[i]] = result->cases[i];
  result->cases = std::move(spread);
  return result;
}

std::optional<SuiteShift> SuiteOfHeads(const Baseline& baseline, std::span<const std::optional<Head>> heads,
                                       const GateOptions& options) {
  std::vector<bool> chosen(heads.size(), false);
  for (std::size_t c = 0; c < heads.size(); ++c) chosen[c] = heads[c] && baseline.cases[c];
  const SessionEffects sessions = EffectsOf(baseline.cases, chosen, options.session_centre);
  std::vector<double> effects;
  for (const auto& effect : sessions.effects) {
    if (effect) effects.push_back(*effect);
  }
  std::vector<double> now;
  for (std::size_t c = 0; c < heads.size(); ++c) {
    if (chosen[c]) now.push_back(heads[c]->location.mean - sessions.levels[c]);
  }
  const auto head_effect = Median(now);
  if (!head_effect || effects.empty()) return std::nullopt;
  const double shift = *head_effect - MeanOf(effects);
  if (!std::isfinite(shift)) return std::nullopt;
  if (effects.size() < 3) return TestSuite(shift, 0, 0, options);
  const auto count = static_cast<double>(effects.size());
  return TestSuite(shift, std::sqrt(VarianceOf(effects) * (1 + 1 / count)), count - 1, options);
}

}  // namespace parts

namespace {

std::vector<std::optional<parts::Head>> ReadHeads(std::span<const StoredCase> cases) {
  std::vector<std::optional<parts::Head>> heads;
  for (const StoredCase& one : cases) heads.push_back(parts::ReadHead(one.head));
  return heads;
}

}  // namespace

std::optional<GateResult> GateStored(std::span<const StoredCase> cases, const GateOptions& options) {
  const auto baseline = parts::ReadBaseline(cases, options);
  if (!baseline) return std::nullopt;
  const auto heads = ReadHeads(cases);
  auto result = parts::GateHeads(*baseline, cases, heads, options);
  if (result) result->suite = parts::SuiteOfHeads(*baseline, heads, options);
  return result;
}

std::optional<SuiteShift> StoredSuiteShift(std::span<const StoredCase> cases, const GateOptions& options) {
  if (!parts::OptionsInRange(options)) return std::nullopt;
  const auto baseline = parts::ReadBaseline(cases, options);
  if (!baseline) return std::nullopt;
  return parts::SuiteOfHeads(*baseline, ReadHeads(cases), options);
}

std::optional<SuiteShift> AnchoredSuiteShift(std::span<const StoredCase> suite, std::span<const StoredCase> anchors,
                                             const GateOptions& options) {
  if (!parts::OptionsInRange(options)) return std::nullopt;
  std::vector<StoredCase> together(suite.begin(), suite.end());
  together.insert(together.end(), anchors.begin(), anchors.end());
  const auto baseline = parts::ReadBaseline(together, options);
  if (!baseline || baseline->blind) return std::nullopt;

  std::vector<double> suite_shifts;
  std::vector<double> anchor_shifts;
  double weighted = 0;
  double df = 0;
  for (std::size_t c = 0; c < together.size(); ++c) {
    const auto& base = baseline->cases[c];
    if (!base) continue;
    if (base->between) {
      const auto seen = static_cast<double>(base->seen);
      weighted += (seen - 1) * *base->between * (1 + 1 / seen);
      df += seen - 1;
    }
    const auto head = parts::ReadHead(together[c].head);
    if (head) (c < suite.size() ? suite_shifts : anchor_shifts).push_back(head->location.mean - base->mean);
  }
  const auto suite_shift = Median(suite_shifts);
  const auto anchor_shift = Median(anchor_shifts);
  if (!suite_shift || !anchor_shift || df <= 0) return std::nullopt;
  const double shift = *suite_shift - *anchor_shift;
  if (!std::isfinite(shift)) return std::nullopt;
  const double counts = 1 / static_cast<double>(suite_shifts.size()) + 1 / static_cast<double>(anchor_shifts.size());
  return parts::TestSuite(shift, std::sqrt(std::numbers::pi / 2 * (weighted / df) * counts), df, options);
}

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "tools/stats/descriptive.h"
#include "tools/stats/gate.h"
#include "tools/stats/gate_parts.h"
#include "tools/stats/shrinkage.h"

namespace assay::stats {
namespace parts {
namespace {

double Square(double value) { return value * value; }

bool HaveUsableOptions(std::span<const StoredCase> cases) {
  return std::all_of(cases.begin(), cases.end(),
                     [](const StoredCase& one) { return CaseOptionsInRange(one.tolerance, one.min_effect); });
}

// Variance of the Winsorised values over that of their location (location.h). What cases share is the noise of a value:
// where they were not asked equally often, the errors of their locations differ by design.
double ValuesWorth(const Head& head) {
  const auto kept = static_cast<double>(head.location.kept);
  return kept * std::max(1.0, kept - 1) / static_cast<double>(head.count - 1);
}

// Centre and guard of the first look stand: what came later was only asked of cases chosen for how they looked.
std::optional<GateResult> GateWith(std::span<const CaseInput> inputs, const Rounds& rounds,
                                   const GateOptions& options) {
  GateResult result;
  result.family = inputs.size();
  result.centre = rounds.centre;
  result.lambda = rounds.lambda;
  result.lambda_faster = rounds.lambda_faster;
  std::vector<double> z;
  for (const CaseInput& one : inputs) z.push_back((one.shift - rounds.centre) / std::sqrt(one.variance));
  if (!JudgeInputs(inputs, 4 * static_cast<double>(inputs.size()), options, z, result)) return std::nullopt;
  return result;
}

std::optional<Head> ReadFirst(const Values& values, std::size_t count) {
  return ReadHead(std::span(values).first(std::min(count, values.size())));
}

}  // namespace

std::optional<Head> ReadHead(std::span<const double> values) {
  const auto location = TrimmedLocation(values, Trim::kLatency);
  if (!location || !location->variance) return std::nullopt;
  return Head{*location, values.size()};
}

std::optional<double> MovedBy(const Baseline& baseline, std::span<const std::optional<Head>> heads,
                              std::span<const std::size_t> cases) {
  std::vector<double> shifts;
  for (const std::size_t c : cases) {
    if (heads[c] && baseline.cases[c]) shifts.push_back(heads[c]->location.mean - baseline.cases[c]->mean);
  }
  return Median(shifts);
}

std::optional<GateResult> GateHeads(const Baseline& baseline, std::span<const StoredCase> cases,
                                    std::span<const std::optional<Head>> heads, const GateOptions& options,
                                    const Rounds* rounds, std::optional<double> moved) {
  if (!OptionsInRange(options) || !HaveUsableOptions(cases)) return std::nullopt;
  std::vector<std::size_t> judged;
  std::vector<VarianceEstimate> family;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!heads[c] || !baseline.cases[c]) continue;
    judged.push_back(c);
    family.push_back({*heads[c]->location.variance * ValuesWorth(*heads[c]), heads[c]->location.df});
  }
  const auto head_errors = ModerateVariances(family);
  if (!head_errors) return std::nullopt;
  if (!moved) moved = MovedBy(baseline, heads, judged).value_or(0.0);

  std::vector<CaseInput> inputs;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const Head& head = *heads[judged[i]];
    const BaseCase& base = *baseline.cases[judged[i]];
    VarianceEstimate head_error = (*head_errors)[i];
    head_error.variance /= ValuesWorth(head);
    const auto seen = static_cast<double>(base.seen);
    const double of_sessions = base.own_session_variance.value_or(baseline.session_variance);
    const double all_moved = rounds ? rounds->centre + rounds->drift[judged[i]] : *moved;
    const double as_before = std::clamp(all_moved, base.least_effect, base.most_effect);
    const double of_slope = Square(base.slope * (all_moved - as_before));
    const double base_part = (base.variance + of_sessions) / seen + of_slope;
    CaseInput input;
    input.shift = head.location.mean - base.mean - (rounds ? rounds->drift[judged[i]] : 0) - base.slope * as_before;
    input.variance = head_error.variance + base_part + of_sessions + (rounds ? rounds->drift_variance[judged[i]] : 0);
    input.df = std::min(base.df + head_error.df, 3 * static_cast<double>(head.count));
    if (base.own_session_variance) {  // Satterthwaite: a variance of few sessions is not well known
      const double own = of_sessions * (1 + 1 / seen);
      const double rest = input.variance - own;
      input.df = Square(input.variance) / (Square(own) / base.own_df + Square(rest) / input.df);
    }
    input.base_share = base_part / input.variance;
    input.tolerance = cases[judged[i]].tolerance;
    input.min_effect = cases[judged[i]].min_effect;
    inputs.push_back(input);
  }
  auto result = rounds ? GateWith(inputs, *rounds, options) : GateCore(inputs, options.centre, baseline.blind, options);
  if (!result) return std::nullopt;
  result->session_variance = baseline.session_variance;
  std::vector<std::optional<CaseEstimate>> spread(cases.size());
  for (std::size_t i = 0; i < judged.size(); ++i) spread[judged[i]] = result->cases[i];
  result->cases = std::move(spread);
  return result;
}

std::optional<GateResult> GateOwnHeads(const Baseline& baseline, std::span<const StoredCase> cases,
                                       std::span<const std::optional<Head>> heads, const GateOptions& options) {
  if (options.first_look == 0 || !options.centre || baseline.blind) return GateHeads(baseline, cases, heads, options);
  std::vector<std::optional<Head>> first_heads;
  for (const StoredCase& one : cases) first_heads.push_back(ReadFirst(one.head, options.first_look));
  const auto first = GateHeads(baseline, cases, first_heads, options);
  if (!first) return std::nullopt;
  Rounds rounds;
  rounds.centre = first->centre;
  rounds.lambda = first->lambda;
  rounds.lambda_faster = first->lambda_faster;
  rounds.controls = Controls(*first, options.controls);
  rounds.drift.assign(cases.size(), 0.0);
  rounds.drift_variance.assign(cases.size(), 0.0);
  std::map<std::size_t, std::pair<double, double>> by_count;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    const std::size_t count = cases[c].head.size();
    if (!heads[c] || count <= options.first_look) continue;
    const auto known = by_count.find(count);
    if (known == by_count.end()) {
      std::vector<double> moves;
      double noise = 0;
      for (const std::size_t control : rounds.controls) {
        if (cases[control].head.size() < count) continue;
        const auto then = ReadFirst(cases[control].head, count);
        if (!then) continue;
        moves.push_back(then->location.mean - first_heads[control]->location.mean);
        noise += std::max(0.0, *first_heads[control]->location.variance *
                                   (1 - static_cast<double>(options.first_look) / static_cast<double>(count)));
      }
      const auto move = Median(moves);
      const auto n = static_cast<double>(std::max<std::size_t>(1, moves.size()));
      by_count[count] = {move.value_or(0.0), 1.35 * noise / n / n};
    }
    rounds.drift[c] = by_count[count].first;
    rounds.drift_variance[c] = by_count[count].second;
  }
  return GateHeads(baseline, cases, heads, options, &rounds);
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
  auto result = parts::GateOwnHeads(*baseline, cases, heads, options);
  if (result) result->suite = parts::SuiteOfHeads(*baseline, heads, options);
  return result;
}

std::optional<SuiteShift> StoredSuiteShift(std::span<const StoredCase> cases, const GateOptions& options) {
  if (!parts::OptionsInRange(options)) return std::nullopt;
  const auto baseline = parts::ReadBaseline(cases, options);
  if (!baseline) return std::nullopt;
  return parts::SuiteOfHeads(*baseline, ReadHeads(cases), options);
}

}  // namespace assay::stats

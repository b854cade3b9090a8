// SPDX-License-Identifier: MIT
#include "tools/stats/prediction.h"

#include <algorithm>
#include <cmath>

#include "tools/stats/gate_parts.h"
#include "tools/stats/shrinkage.h"

namespace assay::stats {
namespace {

bool IsJudged(const SessionNumbers& one) {
  return one.sessions.size() >= kFewestPredictionSessions && one.head && std::isfinite(*one.head) &&
         std::all_of(one.sessions.begin(), one.sessions.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

std::optional<PredictionResult> JudgeSessions(std::span<const SessionNumbers> cases, const GateOptions& options) {
  if (!parts::OptionsInRange(options)) return std::nullopt;
  std::vector<std::size_t> judged;
  std::vector<VarianceEstimate> family;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!parts::CaseOptionsInRange(cases[c].tolerance, cases[c].min_effect)) return std::nullopt;
    if (!IsJudged(cases[c])) continue;
    const double variance = parts::VarianceOf(cases[c].sessions);
    if (!std::isfinite(variance)) continue;
    judged.push_back(c);
    family.push_back({variance, static_cast<double>(cases[c].sessions.size() - 1)});
  }
  const auto moderated = ModerateVariances(family);
  if (!moderated) return std::nullopt;

  PredictionResult result;
  result.family = judged.size();
  result.cases.resize(cases.size());
  std::vector<double> min_effects;
  for (const SessionNumbers& one : cases) min_effects.push_back(one.min_effect.value_or(options.min_effect));
  parts::StudentPoints points;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const SessionNumbers& one = cases[judged[i]];
    const auto sessions = static_cast<double>(one.sessions.size());
    CaseEstimate estimate;
    estimate.shift = *one.head - parts::MeanOf(one.sessions);
    estimate.se = std::sqrt((*moderated)[i].variance * (1 + 1 / sessions));
    // The prior was learnt from this many cases; it is not known better than that.
    estimate.df = std::min((*moderated)[i].df, std::max(4 * static_cast<double>(judged.size()), sessions - 1));
    estimate.z = estimate.shift / estimate.se;
    estimate.base_share = 1 / (sessions + 1);
    if (!parts::FinishEstimate(estimate, one.tolerance.value_or(options.tolerance), min_effects[judged[i]],
                               result.family, options, points)) {
      return std::nullopt;
    }
    estimate.suspect = false;
    result.cases[judged[i]] = estimate;
  }
  if (!parts::AdjustFamily(result.cases, min_effects, result.family, options.alpha)) return std::nullopt;
  return result;
}

}  // namespace assay::stats

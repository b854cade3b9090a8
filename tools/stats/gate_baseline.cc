// SPDX-License-Identifier: MIT
// What the baseline sessions say: the level of each case, the effect of each session, and how much sessions differ by
// case.
#include <algorithm>
#include <cmath>

#include "tools/stats/descriptive.h"
#include "tools/stats/distributions.h"
#include "tools/stats/gate_parts.h"
#include "tools/stats/session_variance.h"
#include "tools/stats/shrinkage.h"

namespace assay::stats::parts {
namespace {

constexpr int kMostTurns = 50;
constexpr double kStandsStill = 1e-12;
constexpr std::size_t kFewestForOutliers = 5;
constexpr double kFewestDfOfOutliers = 3;  // a variance of two or three sessions is no evidence, and no yardstick
constexpr double kOutlierLevel = 0.05;
constexpr std::size_t kFewestSessionsOfASlope = 5;
constexpr double kSteepest = 1;  // twice what all do: five sessions that lie close together show any slope

// Absent when no session has the case, or any value is not finite.
std::optional<BaseCase> ReadCase(const std::vector<Values>& sessions, std::size_t session_count) {
  BaseCase one;
  one.sessions.resize(session_count);
  for (std::size_t k = 0; k < sessions.size(); ++k) {
    if (sessions[k].empty()) continue;
    const auto location = TrimmedLocation(sessions[k], Trim::kLatency);
    if (!location) return std::nullopt;
    if (!location->variance) continue;  // a single value has no error
    one.sessions[k] = location;
    ++one.seen;
    one.mean += location->mean;
    one.variance += *location->variance;
    one.df += location->df;
  }
  if (one.seen == 0) return std::nullopt;
  one.mean /= static_cast<double>(one.seen);
  one.variance /= static_cast<double>(one.seen);
  if (!std::isfinite(one.mean) || !std::isfinite(one.variance)) return std::nullopt;
  return one;
}

// Session k's median over the chosen cases of location minus level.
std::optional<double> EffectOf(std::span<const std::optional<BaseCase>> cases, const std::vector<bool>& chosen,
                               const std::vector<double>& levels, std::size_t k) {
  std::vector<double> deviations;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (chosen[c] && cases[c] && cases[c]->sessions[k]) deviations.push_back(cases[c]->sessions[k]->mean - levels[c]);
  }
  return Median(deviations);
}

bool Moderate(std::vector<std::optional<BaseCase>>& cases) {
  std::vector<VarianceEstimate> family;
  for (const auto& one : cases) {
    if (one) family.push_back({one->variance, one->df});
  }
  const auto moderated = ModerateVariances(family);
  if (!moderated) return false;
  std::size_t at = 0;
  for (auto& one : cases) {
    if (!one) continue;
    one->variance = (*moderated)[at].variance;
    one->df = (*moderated)[at].df;
    ++at;
  }
  return true;
}

// A case seen in some sessions only: its mean moves with the effects of just those.
double CorrectionFor(const BaseCase& one, const SessionEffects& sessions) {
  std::vector<double> all;
  std::vector<double> own;
  for (std::size_t k = 0; k < sessions.effects.size(); ++k) {
    if (!sessions.effects[k]) continue;
    all.push_back(*sessions.effects[k]);
    if (one.sessions[k]) own.push_back(*sessions.effects[k]);
  }
  if (own.size() == all.size() || own.empty()) return 0;
  return MeanOf(own) - MeanOf(all);
}

// Which of these variances no chance explains if they were all alike: chi-squared about their median, Bonferroni over
// them.
std::vector<bool> Outlying(std::span<const VarianceEstimate> spreads) {
  std::vector<bool> outlying(spreads.size(), false);
  if (spreads.size() < kFewestForOutliers) return outlying;
  std::vector<double> typical;
  for (const VarianceEstimate& one : spreads) {
    if (const auto median = ChiSquaredMedian(one.df)) typical.push_back(one.variance * one.df / *median);
  }
  const double common = Median(typical).value_or(0);
  if (common <= 0) return outlying;
  const double level = kOutlierLevel / static_cast<double>(spreads.size());
  for (std::size_t i = 0; i < spreads.size(); ++i) {
    if (spreads[i].df < kFewestDfOfOutliers) continue;
    const auto below = ChiSquaredCdf(spreads[i].df * spreads[i].variance / common, spreads[i].df);
    outlying[i] = below && 1 - *below < level;
  }
  return outlying;
}

// Judged by its own sessions: `between` of all of it, and from enough of them on the slope along the sessions' effects.
void JudgeAlone(const SessionEffects& sessions, BaseCase& one) {
  one.on_its_own = true;
  // Slow spells that move many requests of a session alike pass for noise of single requests within it: what sessions
  // of such a case were apart is taken whole.
  one.own_session_variance = *one.between;
  one.own_df = static_cast<double>(one.seen - 1);
  if (one.seen < kFewestSessionsOfASlope) return;
  std::vector<double> effects;
  std::vector<double> deviations;
  for (std::size_t k = 0; k < one.sessions.size(); ++k) {
    if (!one.sessions[k]) continue;
    effects.push_back(sessions.effects[k].value_or(0.0));
    deviations.push_back(one.sessions[k]->mean - effects.back());
  }
  const double mean_effect = MeanOf(effects);
  const double mean = MeanOf(deviations);
  double squares = 0;
  double products = 0;
  for (std::size_t k = 0; k < effects.size(); ++k) {
    squares += (effects[k] - mean_effect) * (effects[k] - mean_effect);
    products += (effects[k] - mean_effect) * (deviations[k] - mean);
  }
  if (squares <= 0) return;
  one.slope = std::clamp(products / squares, -kSteepest, kSteepest);
  const auto [least, most] = std::ranges::minmax(effects);
  one.least_effect = least - mean_effect;
  one.most_effect = most - mean_effect;
}

bool OwnSessions(Baseline& baseline, const SessionEffects& sessions) {
  std::vector<BaseCase*> cases;
  std::vector<VarianceEstimate> spreads;
  for (auto& one : baseline.cases) {
    if (!one || !one->between) continue;
    cases.push_back(&*one);
    spreads.push_back({*one->between, static_cast<double>(one->seen - 1)});
  }
  const std::vector<bool> outlying = Outlying(spreads);
  std::vector<VarianceEstimate> alike;
  for (std::size_t i = 0; i < spreads.size(); ++i) {
    if (!outlying[i]) alike.push_back(spreads[i]);
  }
  const auto moderated = ModerateVariances(alike);
  if (!moderated) return false;
  std::size_t at = 0;
  for (std::size_t i = 0; i < spreads.size(); ++i) {
    if (outlying[i]) {
      JudgeAlone(sessions, *cases[i]);
      continue;
    }
    const VarianceEstimate& spread = (*moderated)[at++];
    const double own = spread.variance - cases[i]->variance;
    if (own <= baseline.session_variance) continue;
    cases[i]->own_session_variance = own;
    cases[i]->own_df = spread.df;
  }
  return true;
}

}  // namespace

SessionEffects EffectsOf(std::span<const std::optional<BaseCase>> cases, const std::vector<bool>& chosen,
                         SessionCentre centre) {
  std::size_t session_count = 0;
  for (const auto& one : cases) {
    if (one) session_count = std::max(session_count, one->sessions.size());
  }
  SessionEffects sessions;
  sessions.levels.assign(cases.size(), 0.0);
  sessions.effects.resize(session_count);
  std::vector<bool> has_case(session_count, false);
  for (std::size_t c = 0; c < cases.size(); ++c) {
    for (std::size_t k = 0; chosen[c] && cases[c] && k < session_count; ++k) {
      if (cases[c]->sessions[k]) has_case[k] = true;
    }
  }
  const auto used = static_cast<std::size_t>(std::count(has_case.begin(), has_case.end(), true));
  bool complete = true;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (chosen[c] && cases[c] && cases[c]->seen != used) complete = false;
  }

  if (complete && centre == SessionCentre::kCaseMedian) {
    for (std::size_t k = 0; k < session_count; ++k) {
      sessions.effects[k] = EffectOf(cases, chosen, sessions.levels, k);
    }
    return sessions;
  }
  for (int turn = 0; turn < kMostTurns; ++turn) {
    // Levels take up what effects have in common only once, else both would wander off together.
    std::vector<double> known;
    for (const auto& effect : sessions.effects) {
      if (effect) known.push_back(*effect);
    }
    const double common = known.empty() ? 0 : MeanOf(known);
    double moved = 0;
    for (std::size_t c = 0; c < cases.size(); ++c) {
      if (!chosen[c] || !cases[c]) continue;
      std::vector<double> free_of_session;
      for (std::size_t k = 0; k < session_count; ++k) {
        const auto& location = cases[c]->sessions[k];
        if (location) free_of_session.push_back(location->mean - (sessions.effects[k].value_or(common) - common));
      }
      if (free_of_session.empty()) continue;
      const double level = MeanOf(free_of_session);
      moved = std::max(moved, std::abs(level - sessions.levels[c]));
      sessions.levels[c] = level;
    }
    if (moved <= kStandsStill) break;
    for (std::size_t k = 0; k < session_count; ++k) {
      sessions.effects[k] = EffectOf(cases, chosen, sessions.levels, k);
    }
  }
  return sessions;
}

std::optional<Baseline> ReadBaseline(std::span<const StoredCase> cases, const GateOptions& options) {
  std::size_t session_count = 0;
  for (const StoredCase& one : cases) session_count = std::max(session_count, one.sessions.size());
  Baseline baseline;
  for (const StoredCase& one : cases) baseline.cases.push_back(ReadCase(one.sessions, session_count));
  if (!Moderate(baseline.cases)) return std::nullopt;

  const std::vector<bool> all(cases.size(), true);
  const SessionEffects sessions = EffectsOf(baseline.cases, all, options.session_centre);
  std::vector<SpreadOfCase> spreads;
  for (auto& one : baseline.cases) {
    if (!one) continue;
    one->mean -= CorrectionFor(*one, sessions);
    if (one->seen < 2) continue;
    std::vector<double> deviations;
    for (std::size_t k = 0; k < session_count; ++k) {
      if (one->sessions[k]) deviations.push_back(one->sessions[k]->mean - sessions.effects[k].value_or(0.0));
    }
    one->between = VarianceOf(deviations);
    spreads.push_back({*one->between, one->variance, static_cast<double>(one->seen - 1)});
  }
  baseline.blind = spreads.size() < 2;
  if (!baseline.blind) {
    const auto variance = options.trimmed_spread ? TrimmedSessionVariance(spreads) : SessionVariance(spreads);
    if (!variance) return std::nullopt;
    baseline.session_variance = *variance;
    if (options.own_sessions && !OwnSessions(baseline, sessions)) return std::nullopt;
  }
  return baseline;
}

}  // namespace assay::stats::parts

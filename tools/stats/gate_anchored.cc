// SPDX-License-Identifier: MIT
// The suite against anchors: is it the machine or the software?
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "tools/stats/descriptive.h"
#include "tools/stats/distributions.h"
#include "tools/stats/gate.h"
#include "tools/stats/gate_parts.h"
#include "tools/stats/location.h"
#include "tools/stats/scale.h"

namespace assay::stats {
namespace {

constexpr std::size_t kFewestCasesOfOneSession = 3;
constexpr std::size_t kFewestAnchorsOfOneSession = 6;
constexpr std::size_t kFewestForQn = 8;
constexpr std::size_t kFewestSessionsApart = 3;
// Variances are pooled unless chance explains their ratio in less than a quarter: T. A. Bancroft, Ann. Math. Stat.
// 15(2), 1944; with a smaller level a real difference is overlooked too often.
constexpr double kPoolingLevel = 0.25;
constexpr std::size_t kFewestNear = 3;

// n times the variance of the median of n standard normal values, by numerical integration of the order statistics'
// densities; pi/2 in the limit, and taken to be that from 11 on (1.51 there): the error is on the safe side.
double MedianFactor(std::size_t n) {
  constexpr std::array<double, 11> kFactors = {1,
                                               1,
                                               1,
                                               1.34601331373445,
                                               1.19279847374055,
                                               1.43416830802920,
                                               1.28845599948866,
                                               1.47312803074696,
                                               1.34544684127493,
                                               1.49491153222823,
                                               1.38326435836148};
  return n < kFactors.size() ? kFactors[n] : std::numbers::pi / 2;
}

// One of the two middles.
struct Side {
  parts::Middle middle = parts::Middle::kMedian;
  std::vector<bool> chosen;    // of all cases together: those of this side that are judged
  std::vector<double> shifts;  // d_c
  double weighted = 0;         // sum of (K_c - 1) a_c (1 + 1/K_c)
  double between_df = 0;       // sum of K_c - 1
};

struct Part {
  double variance = 0;
  double df = 0;
};

// n times the variance of the middle of n values of variance 1.
double FactorOf(const Side& side) { return side.middle == parts::Middle::kMean ? 1 : MedianFactor(side.shifts.size()); }

Part FromSessions(const Side& side) {
  const auto count = static_cast<double>(side.shifts.size());
  return {FactorOf(side) * side.weighted / side.between_df / count, side.between_df};
}

std::optional<Part> FromSpread(const Side& side, bool robust) {
  const auto count = static_cast<double>(side.shifts.size());
  double variance = parts::VarianceOf(side.shifts);
  double df = count - 1;
  if (robust && side.shifts.size() >= kFewestForQn) {
    const auto scale = Qn(side.shifts);
    if (!scale) return std::nullopt;
    variance = *scale * *scale;
    df *= 0.82;  // the efficiency of Qn
  }
  return Part{FactorOf(side) * variance / count, df};
}

// What baseline sessions did to the one and not to the other, as the variance of one more session against their mean.
struct Sessions {
  Part apart;
  std::size_t count = 0;
  double farthest = 0;  // that the anchors were from their mean
  // How much more than the anchors the suite does what the machine does to both, and the standard deviation of that.
  double slope = 0;
  double slope_sd = 0;
};

// What each session did to one side.
std::vector<std::optional<double>> EffectsOn(const Side& side, const parts::Baseline& baseline, SessionCentre centre) {
  parts::SessionEffects sessions = parts::EffectsOf(baseline.cases, side.chosen, centre);
  if (side.middle == parts::Middle::kMedian) return std::move(sessions.effects);
  for (std::size_t k = 0; k < sessions.effects.size(); ++k) {
    std::vector<double> deviations;
    for (std::size_t c = 0; c < baseline.cases.size(); ++c) {
      const auto& one = baseline.cases[c];
      if (side.chosen[c] && one && one->sessions[k]) deviations.push_back(one->sessions[k]->mean - one->mean);
    }
    if (!deviations.empty()) sessions.effects[k] = parts::MeanOf(deviations);
  }
  return std::move(sessions.effects);
}

Sessions Apart(const parts::Baseline& baseline, const Side& suite, const Side& anchors,
               const std::optional<parts::StepVariance>& within, const GateOptions& options) {
  const auto on_suite = EffectsOn(suite, baseline, options.session_centre);
  const auto on_anchors = EffectsOn(anchors, baseline, options.session_centre);
  Sessions sessions;
  sessions.slope_sd = options.anchors_follow;
  std::vector<double> differences;
  std::vector<double> of_anchors;
  for (std::size_t k = 0; k < std::min(on_suite.size(), on_anchors.size()); ++k) {
    if (!on_suite[k] || !on_anchors[k]) continue;
    differences.push_back(*on_suite[k] - *on_anchors[k]);
    of_anchors.push_back(*on_anchors[k]);
  }
  sessions.count = differences.size();
  if (sessions.count < kFewestSessionsApart) return sessions;
  const double middle = parts::MeanOf(of_anchors);
  for (const double effect : of_anchors) sessions.farthest = std::max(sessions.farthest, std::fabs(effect - middle));
  const auto count = static_cast<double>(sessions.count);
  // The slope's posterior: normal about 0 before the sessions, and these say the more the further the machine went.
  const double noise = within ? within->of_session : parts::VarianceOf(differences);
  if (options.anchors_slope && options.anchors_follow > 0 && noise > 0) {
    double squares = 0;
    double products = 0;
    for (std::size_t k = 0; k < of_anchors.size(); ++k) {
      squares += (of_anchors[k] - middle) * (of_anchors[k] - middle);
      products += (of_anchors[k] - middle) * differences[k];
    }
    const double precision = squares / noise + 1 / (options.anchors_follow * options.anchors_follow);
    sessions.slope = products / noise / precision;
    sessions.slope_sd = 1 / std::sqrt(precision);
    for (std::size_t k = 0; k < of_anchors.size(); ++k) differences[k] -= sessions.slope * (of_anchors[k] - middle);
  }
  sessions.apart = {parts::VarianceOf(differences) * (1 + 1 / count), count - 1};
  return sessions;
}

// What the sessions' own parts show of how far sessions lie apart is as good, and there are more of them: unless the
// sessions lie further apart than that.
void Pool(const parts::StepVariance& within, Sessions& sessions) {
  if (sessions.count < kFewestSessionsApart || within.of_session <= 0) return;
  const double next = 1 + 1 / static_cast<double>(sessions.count);
  const double between = sessions.apart.variance / next;
  const double df = sessions.apart.df;
  const auto chance = FisherUpperTail(between / within.of_session, df, within.df);
  if (!chance || *chance < kPoolingLevel) return;
  const double pooled = (df * between + within.df * within.of_session) / (df + within.df);
  // A head of fewer values is less sure; with more of them it is only surer where sessions add nothing.
  const double of_head = std::max(1.0, within.of_head / within.of_session);
  sessions.apart = {pooled * (next - 1 + of_head), df + within.df};
}

std::optional<Part> OfCases(const Side& suite, const Side& anchors) {
  Part one;
  Part other;
  if (suite.between_df > 0 && anchors.between_df > 0) {
    one = FromSessions(suite);
    other = FromSessions(anchors);
  } else {
    if (suite.shifts.size() < kFewestCasesOfOneSession || anchors.shifts.size() < kFewestAnchorsOfOneSession) {
      return std::nullopt;
    }
    const auto spread = FromSpread(suite, true);
    const auto anchor_spread = FromSpread(anchors, false);
    if (!spread || !anchor_spread) return std::nullopt;
    one = *spread;
    other = *anchor_spread;
  }
  const double sum = one.variance + other.variance;
  if (!std::isfinite(sum * sum) || sum <= 0) return std::nullopt;
  return Part{sum, sum * sum / (one.variance * one.variance / one.df + other.variance * other.variance / other.df)};
}

// A case's locations, and its level: the mean over the sessions of the baseline.
struct Located {
  std::vector<std::optional<double>> sessions;
  std::optional<double> head;
  double level = 0;
};

// Absent without a session that has it.
std::optional<Located> Locate(const StoredCase& one) {
  const auto location = [](const Values& values) -> std::optional<double> {
    const auto found = TrimmedLocation(values, Trim::kLatency);
    return found ? std::optional(found->mean) : std::nullopt;
  };
  Located located;
  std::vector<double> known;
  for (const Values& values : one.sessions) {
    located.sessions.push_back(location(values));
    if (located.sessions.back()) known.push_back(*located.sessions.back());
  }
  if (known.empty()) return std::nullopt;
  located.head = location(one.head);
  located.level = parts::MeanOf(known);
  return located;
}

// Mean over these of how far they lie above their levels; `of` tells where.
template <typename Of>
std::optional<double> MeanAbove(std::span<const Located> anchors, const std::vector<bool>& near, bool which, Of of) {
  std::vector<double> deviations;
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    const std::optional<double> value = of(anchors[i]);
    if (near[i] == which && value) deviations.push_back(*value - anchors[i].level);
  }
  return deviations.empty() ? std::nullopt : std::optional(parts::MeanOf(deviations));
}

// Whether the near and the far moved apart in the head, beside what sessions of the baseline do to them.
bool MovedApart(std::span<const Located> anchors, const std::vector<bool>& near) {
  const auto gap = [&](auto of) -> std::optional<double> {
    const auto one = MeanAbove(anchors, near, true, of);
    const auto other = MeanAbove(anchors, near, false, of);
    return one && other ? std::optional(*one - *other) : std::nullopt;
  };
  std::vector<double> gaps;
  std::size_t sessions = 0;
  for (const Located& one : anchors) sessions = std::max(sessions, one.sessions.size());
  for (std::size_t k = 0; k < sessions; ++k) {
    const auto in_session = [&](const Located& one) {
      return k < one.sessions.size() ? one.sessions[k] : std::optional<double>();
    };
    if (const auto of_session = gap(in_session)) gaps.push_back(*of_session);
  }
  const auto of_head = gap([](const Located& one) { return one.head; });
  if (!of_head || gaps.size() < kFewestSessionsApart) return false;
  const auto count = static_cast<double>(gaps.size());
  const double sd = std::sqrt(parts::VarianceOf(gaps) * (1 + 1 / count));
  const auto chance = StudentUpperTail(std::fabs(*of_head - parts::MeanOf(gaps)) / sd, count - 1);
  return chance && 2 * *chance < kPoolingLevel;
}

// The anchors that count (GateOptions::anchors_near), in their order.
std::vector<StoredCase> Near(std::span<const StoredCase> suite, std::span<const StoredCase> anchors, double most) {
  std::vector<StoredCase> chosen;
  std::vector<Located> located;
  for (const StoredCase& one : anchors) {
    auto found = Locate(one);
    if (!found) continue;
    located.push_back(*std::move(found));
    chosen.push_back(one);
  }
  if (located.empty() || !std::isfinite(most)) return chosen;  // the suite may have very many cases
  std::vector<double> levels;
  for (const StoredCase& one : suite) {
    if (const auto found = Locate(one)) levels.push_back(found->level);
  }
  const auto middle = Median(levels);
  if (!middle) return chosen;
  std::vector<std::pair<double, std::size_t>> distances;
  for (std::size_t i = 0; i < located.size(); ++i) distances.emplace_back(std::fabs(located[i].level - *middle), i);
  std::ranges::sort(distances);
  std::vector<bool> near(located.size(), false);
  for (std::size_t i = 0; i < distances.size(); ++i) {
    near[distances[i].second] = i < kFewestNear || distances[i].first <= distances.front().first + most;
  }
  if (!MovedApart(located, near)) return chosen;
  std::size_t at = 0;
  std::erase_if(chosen, [&](const StoredCase&) { return !near[at++]; });
  return chosen;
}

}  // namespace

std::optional<AnchoredShift> AnchoredSuiteShift(std::span<const StoredCase> suite,
                                                std::span<const StoredCase> all_anchors, const GateOptions& options,
                                                const InStep& in_step) {
  if (!parts::OptionsInRange(options)) return std::nullopt;
  const std::vector<StoredCase> near =
      options.anchors_near ? Near(suite, all_anchors, *options.anchors_near) : std::vector<StoredCase>();
  const std::span<const StoredCase> anchors = options.anchors_near ? std::span(near) : all_anchors;
  const parts::Middle middle = options.anchors_near ? parts::Middle::kMean : parts::Middle::kMedian;
  std::vector<StoredCase> together = parts::WithoutCourse(suite, anchors, middle, in_step);
  together.insert(together.end(), anchors.begin(), anchors.end());
  const auto baseline = parts::ReadBaseline(together, options);
  if (!baseline) return std::nullopt;

  Side of_suite;
  Side of_anchors;
  of_anchors.middle = middle;
  of_suite.chosen.assign(together.size(), false);
  of_anchors.chosen.assign(together.size(), false);
  for (std::size_t c = 0; c < together.size(); ++c) {
    const auto& base = baseline->cases[c];
    if (!base) continue;
    Side& side = c < suite.size() ? of_suite : of_anchors;
    if (base->between) {
      const auto seen = static_cast<double>(base->seen);
      side.weighted += (seen - 1) * *base->between * (1 + 1 / seen);
      side.between_df += seen - 1;
    }
    const auto head = parts::ReadHead(together[c].head);
    if (!head) continue;
    side.shifts.push_back(head->location.mean - base->mean);
    side.chosen[c] = true;
  }
  if (of_suite.shifts.empty() || of_anchors.shifts.empty()) return std::nullopt;
  AnchoredShift result;
  result.suite = parts::MiddleOf(of_suite.shifts, of_suite.middle);
  result.anchors = parts::MiddleOf(of_anchors.shifts, of_anchors.middle);
  if (!std::isfinite(result.suite - result.anchors)) return std::nullopt;
  result.suite_used = of_suite.shifts.size();
  result.anchors_used = of_anchors.shifts.size();
  const auto within = parts::WithinSessions(suite, anchors, middle, in_step);
  Sessions sessions = Apart(*baseline, of_suite, of_anchors, within, options);
  if (within) Pool(*within, sessions);
  const Part& apart = sessions.apart;
  result.sessions = sessions.count;
  const double moved = std::fabs(result.anchors);
  const double strange = result.anchors < 0 ? std::max(0.0, moved - 2 * sessions.farthest) : 0;
  const double shift = result.suite - result.anchors - sessions.slope * std::copysign(moved - strange, result.anchors);
  const auto of_cases = OfCases(of_suite, of_anchors);
  if (!of_cases) {
    result.beyond = parts::TestSuite(shift, 0, 0, options);
    return result;
  }
  result.cases_se = std::sqrt(of_cases->variance);
  double variance = of_cases->variance;
  double df = of_cases->df;
  if (apart.variance > of_cases->variance && std::isfinite(apart.variance * apart.variance)) {
    result.apart_variance = apart.variance - of_cases->variance;
    variance = apart.variance;
    df = variance * variance /
         (of_cases->variance * of_cases->variance / of_cases->df +
          result.apart_variance * result.apart_variance / apart.df);
  }
  const double follow =
      sessions.slope_sd * (moved - strange) + std::max(options.anchors_follow, options.anchors_strange) * strange;
  result.beyond = parts::TestSuite(shift, std::sqrt(variance + follow * follow), df, options);
  return result;
}

}  // namespace assay::stats

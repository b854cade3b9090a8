// SPDX-License-Identifier: MIT
// The suite against anchors: is it the machine or the software?
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "tools/stats/descriptive.h"
#include "tools/stats/distributions.h"
#include "tools/stats/gate.h"
#include "tools/stats/gate_parts.h"
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

// One of the two medians.
struct Side {
  std::vector<bool> chosen;    // of all cases together: those of this side that are judged
  std::vector<double> shifts;  // d_c
  double weighted = 0;         // sum of (K_c - 1) a_c (1 + 1/K_c)
  double between_df = 0;       // sum of K_c - 1
};

struct Part {
  double variance = 0;
  double df = 0;
};

Part FromSessions(const Side& side) {
  const auto count = static_cast<double>(side.shifts.size());
  return {MedianFactor(side.shifts.size()) * side.weighted / side.between_df / count, side.between_df};
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
  return Part{MedianFactor(side.shifts.size()) * variance / count, df};
}

// What baseline sessions did to the one and not to the other, as the variance of one more session against their mean.
struct Sessions {
  Part apart;
  std::size_t count = 0;
  double farthest = 0;  // that the anchors were from their mean
};

Sessions Apart(const parts::Baseline& baseline, const Side& suite, const Side& anchors, const GateOptions& options) {
  const auto on_suite = parts::EffectsOf(baseline.cases, suite.chosen, options.session_centre);
  const auto on_anchors = parts::EffectsOf(baseline.cases, anchors.chosen, options.session_centre);
  Sessions sessions;
  std::vector<double> differences;
  std::vector<double> of_anchors;
  for (std::size_t k = 0; k < std::min(on_suite.effects.size(), on_anchors.effects.size()); ++k) {
    if (!on_suite.effects[k] || !on_anchors.effects[k]) continue;
    differences.push_back(*on_suite.effects[k] - *on_anchors.effects[k]);
    of_anchors.push_back(*on_anchors.effects[k]);
  }
  sessions.count = differences.size();
  if (sessions.count < kFewestSessionsApart) return sessions;
  const double middle = parts::MeanOf(of_anchors);
  for (const double effect : of_anchors) sessions.farthest = std::max(sessions.farthest, std::fabs(effect - middle));
  const auto count = static_cast<double>(sessions.count);
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

}  // namespace

std::optional<AnchoredShift> AnchoredSuiteShift(std::span<const StoredCase> suite, std::span<const StoredCase> anchors,
                                                const GateOptions& options, const InStep& in_step) {
  if (!parts::OptionsInRange(options)) return std::nullopt;
  std::vector<StoredCase> together = parts::WithoutCourse(suite, anchors, in_step);
  together.insert(together.end(), anchors.begin(), anchors.end());
  const auto baseline = parts::ReadBaseline(together, options);
  if (!baseline) return std::nullopt;

  Side of_suite;
  Side of_anchors;
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
  const auto suite_shift = Median(of_suite.shifts);
  const auto anchor_shift = Median(of_anchors.shifts);
  if (!suite_shift || !anchor_shift || !std::isfinite(*suite_shift - *anchor_shift)) return std::nullopt;
  AnchoredShift result;
  result.suite = *suite_shift;
  result.anchors = *anchor_shift;
  result.suite_used = of_suite.shifts.size();
  result.anchors_used = of_anchors.shifts.size();
  Sessions sessions = Apart(*baseline, of_suite, of_anchors, options);
  if (const auto within = parts::WithinSessions(suite, anchors, in_step)) Pool(*within, sessions);
  const Part& apart = sessions.apart;
  result.sessions = sessions.count;
  const double shift = *suite_shift - *anchor_shift;
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
  const double moved = std::fabs(*anchor_shift);
  const double strange = *anchor_shift < 0 ? std::max(0.0, moved - 2 * sessions.farthest) : 0;
  const double follow =
      options.anchors_follow * (moved - strange) + std::max(options.anchors_follow, options.anchors_strange) * strange;
  result.beyond = parts::TestSuite(shift, std::sqrt(variance + follow * follow), df, options);
  return result;
}

}  // namespace assay::stats

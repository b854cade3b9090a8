// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "tools/stats/descriptive.h"
#include "tools/stats/distributions.h"
#include "tools/stats/gate.h"
#include "tools/stats/gate_parts.h"
#include "tools/stats/multiplicity.h"
#include "tools/stats/scale.h"

namespace assay::stats {
namespace parts {
namespace {

bool InsideZeroOne(double value) { return value > 0 && value < 1; }
bool IsShare(double value) { return std::isfinite(value) && value >= 0; }

bool UpdatePoints(StudentPoints& points, double df, std::size_t family, const GateOptions& options) {
  if (points.df == df) return true;
  const auto interval = StudentQuantile((1 + options.level) / 2, df);
  // By the lower tail, whose small p keeps its digits.
  const auto tail = StudentQuantile(options.alpha / static_cast<double>(family), df);
  const auto power = StudentQuantile(options.power, df);
  if (!interval || !tail || !power) return false;
  points = {df, *interval, -*tail, *power};
  return true;
}

}  // namespace

bool OptionsInRange(const GateOptions& options) {
  return InsideZeroOne(options.alpha) && InsideZeroOne(options.level) && InsideZeroOne(options.power) &&
         InsideZeroOne(options.suite_alpha) && options.screen >= 0 && options.screen <= 1 &&
         CaseOptionsInRange(options.tolerance, options.min_effect);
}

bool CaseOptionsInRange(const std::optional<double>& tolerance, const std::optional<double>& min_effect) {
  return (!tolerance || IsShare(*tolerance)) && (!min_effect || IsShare(*min_effect));
}

double MeanOf(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double MiddleOf(std::span<const double> values, Middle middle) {
  return middle == Middle::kMean ? MeanOf(values) : Median(values).value_or(0);
}

double VarianceOf(std::span<const double> values) {
  const double mean = MeanOf(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(values.size() - 1);
}

bool FinishEstimate(CaseEstimate& estimate, double tolerance, double min_effect, std::size_t family,
                    const GateOptions& options, StudentPoints& points) {
  const double margin = std::log1p(tolerance);
  const auto slower = StudentUpperTail((estimate.shift - margin) / estimate.se, estimate.df);
  const auto faster = StudentUpperTail((-estimate.shift - margin) / estimate.se, estimate.df);
  if (!slower || !faster || !UpdatePoints(points, estimate.df, family, options)) return false;
  estimate.p = *slower;
  estimate.p_faster = *faster;
  estimate.lower = estimate.shift - points.interval * estimate.se;
  estimate.upper = estimate.shift + points.interval * estimate.se;
  estimate.mde = margin + (points.family + points.power) * estimate.se;
  estimate.mde_flagged = std::max(estimate.mde, std::log1p(min_effect) + points.power * estimate.se);
  estimate.suspect = estimate.p < options.screen && std::expm1(estimate.shift) >= min_effect / 2;
  return std::isfinite(estimate.lower) && std::isfinite(estimate.upper) && std::isfinite(estimate.mde) &&
         std::isfinite(estimate.mde_flagged) && std::isfinite(estimate.z);
}

bool AdjustFamily(std::span<std::optional<CaseEstimate>> cases, std::span<const double> min_effects, std::size_t family,
                  double alpha) {
  std::vector<double> slower;
  std::vector<double> faster;
  for (const auto& one : cases) {
    if (!one) continue;
    slower.push_back(one->p);
    faster.push_back(one->p_faster);
  }
  slower.resize(std::max(family, slower.size()), 1.0);
  faster.resize(slower.size(), 1.0);
  const auto slower_adjusted = HolmAdjust(std::move(slower));
  const auto faster_adjusted = HolmAdjust(std::move(faster));
  if (!slower_adjusted || !faster_adjusted) return false;
  std::size_t at = 0;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!cases[c]) continue;
    CaseEstimate& one = *cases[c];
    one.p_holm = (*slower_adjusted)[at];
    one.p_faster_holm = (*faster_adjusted)[at];
    one.flagged = one.p_holm < alpha && std::expm1(one.shift) >= min_effects[c];
    ++at;
  }
  return true;
}

bool JudgeInputs(std::span<const CaseInput> cases, double most_df, const GateOptions& options,
                 std::span<const double> z, GateResult& result) {
  std::vector<double> min_effects;
  StudentPoints points;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    CaseEstimate estimate;
    estimate.shift = cases[c].shift - result.centre;
    estimate.se = std::sqrt(cases[c].variance) * result.LambdaOf(estimate.shift);
    estimate.df = std::min(cases[c].df, most_df);
    estimate.z = z[c];
    estimate.base_share = cases[c].base_share;
    min_effects.push_back(cases[c].min_effect.value_or(options.min_effect));
    if (!FinishEstimate(estimate, cases[c].tolerance.value_or(options.tolerance), min_effects.back(), result.family,
                        options, points)) {
      return false;
    }
    result.cases.emplace_back(estimate);
  }
  return AdjustFamily(result.cases, min_effects, result.family, options.alpha);
}

SuiteShift TestSuite(double shift, double se, double df, const GateOptions& options) {
  SuiteShift suite;
  suite.shift = shift;
  if (!std::isfinite(se) || se <= 0) return suite;
  const auto slower = StudentUpperTail(shift / se, df);
  const auto faster = StudentUpperTail(-shift / se, df);
  const auto point = StudentQuantile((1 + options.level) / 2, df);
  const auto tail = StudentQuantile(options.suite_alpha, df);
  const auto power = StudentQuantile(options.power, df);
  if (!slower || !faster || !point || !tail || !power || !std::isfinite((*power - *tail + *point) * se)) return suite;
  suite.se = se;
  suite.df = df;
  suite.p = slower;
  suite.p_faster = faster;
  suite.lower = shift - *point * se;
  suite.upper = shift + *point * se;
  suite.mde = (*power - *tail) * se;
  return suite;
}

}  // namespace parts

namespace {

// Below this many cases their spread says too little to correct the errors by it.
constexpr std::size_t kFewestForGuard = 8;

constexpr double kBiweightCut = 3;
constexpr int kBiweightTurns = 50;

// Location by iterated weights (1 - u^2)^2, u = distance / (3 MAD/0.6745), from the median on: F. Mosteller, J. W.
// Tukey, "Data Analysis and Regression", 1977, chapter 10. The median where more than half of the values are equal.
double Biweight(std::span<const double> values, double median) {
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - median));
  const double reach = kBiweightCut * Median(distances).value_or(0.0) / 0.6745;
  if (!(reach > 0) || !std::isfinite(reach)) return median;
  double centre = median;
  for (int turn = 0; turn < kBiweightTurns; ++turn) {
    double sum = 0;
    double weights = 0;
    for (const double value : values) {
      const double u = (value - centre) / reach;
      if (std::abs(u) >= 1) continue;
      const double weight = (1 - u * u) * (1 - u * u);
      sum += weight * value;
      weights += weight;
    }
    if (!(weights > 0) || !std::isfinite(sum)) return median;
    const double moved = sum / weights - centre;
    centre += moved;
    if (std::abs(moved) <= 1e-12 * reach) break;
  }
  return centre;
}

bool IsUsable(const CaseInput& one) {
  return std::isfinite(one.shift) && std::isfinite(one.variance) && one.variance > 0 && std::isfinite(one.df) &&
         one.df > 0 && std::isfinite(one.base_share) && parts::CaseOptionsInRange(one.tolerance, one.min_effect);
}

}  // namespace

std::optional<GateResult> GateCore(std::span<const CaseInput> cases, bool centred, bool blind,
                                   const GateOptions& options) {
  if (!parts::OptionsInRange(options) || cases.size() < (centred ? 2U : 1U) ||
      !std::all_of(cases.begin(), cases.end(), IsUsable)) {
    return std::nullopt;
  }
  GateResult result;
  result.family = cases.size();
  result.blind = blind;
  result.advisory = blind && cases.size() < kFewestForGuard;
  if (centred) {
    std::vector<double> shifts;
    for (const CaseInput& one : cases) shifts.push_back(one.shift);
    const auto centre = Median(shifts);
    if (!centre) return std::nullopt;
    result.centre = *centre;
    if (options.biweight_centre && cases.size() >= kFewestForGuard) result.centre = Biweight(shifts, *centre);
  }

  std::vector<double> z;
  for (const CaseInput& one : cases) z.push_back((one.shift - result.centre) / std::sqrt(one.variance));
  double most_df = 4 * static_cast<double>(cases.size());
  if (options.guard && cases.size() >= kFewestForGuard) {
    if (blind) {
      std::vector<double> spread_out = z;
      if (!centred && options.guard_sides) {
        // What all did together is no spread: a common slowdown must not widen its own error.
        std::vector<double> shifts;
        for (const CaseInput& one : cases) shifts.push_back(one.shift);
        const double together = Median(shifts).value_or(0.0);
        for (std::size_t c = 0; c < cases.size(); ++c) {
          spread_out[c] = (cases[c].shift - together) / std::sqrt(cases[c].variance);
        }
      }
      const auto spread = Qn(spread_out);
      if (!spread) return std::nullopt;
      result.lambda = std::max(1.0, *spread);
      most_df = std::min(most_df, 0.82 * static_cast<double>(cases.size() - 1));
    } else {
      const double middle = Median(z).value_or(0.0);
      const double centre = centred && !options.biweight_centre ? middle : 0.0;
      const auto below = ScaleBelow(z, !centred && options.guard_sides ? std::min(centre, middle) : centre);
      if (!below) return std::nullopt;
      result.lambda = GuardFactor(*below);
      if (options.guard_sides) {
        std::vector<double> mirrored;
        for (const double value : z) mirrored.push_back(-value);
        const auto above = ScaleBelow(mirrored, centred ? -centre : std::min(-centre, -middle));
        if (!above) return std::nullopt;
        result.lambda_faster = GuardFactor(*above);
      }
    }
  }

  if (!parts::JudgeInputs(cases, most_df, options, z, result)) return std::nullopt;
  return result;
}

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
#include "tools/stats/shrinkage.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "tools/stats/distributions.h"

namespace assay::stats {
namespace {

constexpr double kSmallestVariance = 1e-12;
constexpr double kSmallestSpread = 1e-3;
constexpr double kPriorOfNoSpread = 1e3;

bool IsEstimate(const VarianceEstimate& estimate) {
  return std::isfinite(estimate.variance) && estimate.variance >= 0 && std::isfinite(estimate.df) && estimate.df > 0;
}

}  // namespace

std::optional<double> TrigammaInverse(double y) {
  if (!std::isfinite(y) || y <= 0) return std::nullopt;
  // Where Newton would leave the range of numbers: trigamma(x) = 1/x + 1/(2x^2) + ..., and 1/x^2 + pi^2/6 + ... near 0.
  double x = 0.5 + 1 / y;
  if (y < 1e-6) return std::isfinite(x) ? std::optional(x) : std::nullopt;
  if (y > 1e7) return 1 / std::sqrt(y - std::numbers::pi * std::numbers::pi / 6);
  for (int step = 0; step < 60; ++step) {
    const auto trigamma = Trigamma(x);
    const auto tetragamma = Tetragamma(x);
    if (!trigamma || !tetragamma) return std::nullopt;
    const double change = *trigamma * (1 - *trigamma / y) / *tetragamma;
    x += change;
    if (std::abs(change) <= 4 * std::numeric_limits<double>::epsilon() * x) break;
  }
  if (!std::isfinite(x) || x <= 0) return std::nullopt;
  return x;
}

std::optional<std::vector<VarianceEstimate>> ModerateVariances(std::span<const VarianceEstimate> family) {
  if (family.empty() || !std::all_of(family.begin(), family.end(), IsEstimate)) return std::nullopt;
  std::vector<VarianceEstimate> moderated(family.begin(), family.end());
  if (family.size() == 1) {
    moderated[0].variance = std::max(moderated[0].variance, kSmallestVariance);
    return moderated;
  }

  const auto count = static_cast<double>(family.size());
  std::vector<double> logs;
  double mean = 0;
  double expected_spread = 0;
  for (const VarianceEstimate& one : family) {
    const auto digamma = Digamma(one.df / 2);
    const auto trigamma = Trigamma(one.df / 2);
    if (!digamma || !trigamma) return std::nullopt;
    logs.push_back(std::log(std::max(one.variance, kSmallestVariance)) - *digamma + std::log(one.df / 2));
    mean += logs.back() / count;
    expected_spread += *trigamma / count;
  }
  double spread = 0;
  for (const double e : logs) spread += (e - mean) * (e - mean) / (count - 1);
  spread -= expected_spread;

  double prior_df = kPriorOfNoSpread;
  if (spread > kSmallestSpread) {
    const auto half = TrigammaInverse(spread);
    if (!half) return std::nullopt;
    prior_df = 2 * *half;
  }
  const auto digamma = Digamma(prior_df / 2);
  if (!digamma) return std::nullopt;
  const double prior = std::exp(mean + *digamma - std::log(prior_df / 2));
  for (VarianceEstimate& one : moderated) {
    one.variance = (prior_df * prior + one.df * one.variance) / (prior_df + one.df);
    one.df += prior_df;
    if (!std::isfinite(one.variance) || one.variance <= 0) return std::nullopt;
  }
  return moderated;
}

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
#include "tools/stats/multiplicity.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "tools/stats/distributions.h"

namespace assay::stats {
namespace {

constexpr double kNormalDf = 1e9;
constexpr double kSmallestP = 1e-200;  // further out no quantile is a number

std::optional<double> NormalScore(double p) {
  const auto quantile = StudentQuantile(std::max(p, kSmallestP), kNormalDf);
  return quantile ? std::optional(-*quantile) : std::nullopt;
}

}  // namespace

std::optional<std::vector<double>> HolmAdjust(std::vector<double> p_values) {
  const auto is_probability = [](double p) { return p >= 0 && p <= 1; };  // false for NaN
  if (!std::all_of(p_values.begin(), p_values.end(), is_probability)) return std::nullopt;
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  double largest = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    double& p = p_values[order[k]];
    largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - k) * p));
    p = largest;
  }
  return p_values;
}

std::optional<double> CombinedP(double first, double second, double correlation) {
  const auto in_range = [](double p) { return p >= 0 && p < 1; };  // false for NaN
  if (!in_range(first) || !in_range(second) || !(correlation >= 0 && correlation <= 1)) return std::nullopt;
  const auto one = NormalScore(first);
  const auto two = NormalScore(second);
  if (!one || !two) return std::nullopt;
  return StudentUpperTail((*one + *two) / std::sqrt(2 * (1 + correlation)), kNormalDf);
}

}  // namespace assay::stats

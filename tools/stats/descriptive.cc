// SPDX-License-Identifier: MIT
#include "tools/stats/descriptive.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::stats {
namespace {

bool AllFinite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

std::optional<double> FiniteOrNothing(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> Percentile(std::span<const double> values, double p) {
  if (values.empty() || !AllFinite(values) || !(p >= 0 && p <= 1)) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(position), sorted.size() - 1);
  const auto lower = sorted.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(sorted.begin(), lower, sorted.end());
  if (below + 1 == sorted.size()) return *lower;
  const double upper = *std::min_element(lower + 1, sorted.end());
  // std::lerp is exact at both ends and monotone, and does not overflow where upper - lower would.
  return FiniteOrNothing(std::lerp(*lower, upper, position - static_cast<double>(below)));
}

std::optional<double> Median(std::span<const double> values) { return Percentile(values, 0.5); }

std::optional<double> RelativeChange(double head_median, double base_median) {
  if (!std::isfinite(head_median) || !std::isfinite(base_median) || base_median <= 0) return std::nullopt;
  return FiniteOrNothing((head_median - base_median) / base_median);
}

std::optional<double> HodgesLehmannShift(std::span<const double> head, std::span<const double> base) {
  if (!AllFinite(head) || !AllFinite(base)) return std::nullopt;
  std::vector<double> differences;
  differences.reserve(head.size() * base.size());
  for (const double h : head) {
    for (const double b : base) differences.push_back(h - b);
  }
  return Median(differences);
}

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
#include "tools/stats/descriptive.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fixtures/base/quantile.h"

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

std::optional<double> Percentile(std::span<const double> values, double p) { return base::Quantile(values, p); }

std::optional<double> Median(std::span<const double> values) { return base::Quantile(values, 0.5); }

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

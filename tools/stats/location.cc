// SPDX-License-Identifier: MIT
#include "tools/stats/location.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::stats {

std::optional<Location> TrimmedLocation(std::span<const double> values, Trim trim) {
  const std::size_t n = values.size();
  if (n == 0 || !std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
    return std::nullopt;
  }
  const std::size_t low = n / 5;
  std::size_t high = low;
  if (trim == Trim::kLatency && n > 2) high = std::max(std::min<std::size_t>(2, n - 2), low);

  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t kept = n - low - high;
  Location location;
  location.kept = kept;
  for (std::size_t i = low; i < n - high; ++i) location.mean += sorted[i] / static_cast<double>(kept);
  if (!std::isfinite(location.mean)) return std::nullopt;
  const auto freedom = static_cast<double>(std::max<std::size_t>(kept - 1, 1));
  location.df = freedom;
  if (n == 1) return location;

  std::fill(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(low), sorted[low]);
  std::fill(sorted.end() - static_cast<std::ptrdiff_t>(high), sorted.end(), sorted[n - high - 1]);
  double winsorised_mean = 0;
  for (const double value : sorted) winsorised_mean += value / static_cast<double>(n);
  double squares = 0;  // (n - 1) s_w^2
  for (const double value : sorted) squares += (value - winsorised_mean) * (value - winsorised_mean);
  const double variance = squares / (static_cast<double>(kept) * freedom);
  if (!std::isfinite(variance)) return std::nullopt;
  location.variance = variance;
  return location;
}

}  // namespace assay::stats

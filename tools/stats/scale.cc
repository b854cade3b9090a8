// SPDX-License-Identifier: MIT
#include "tools/stats/scale.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tools/stats/descriptive.h"

namespace assay::stats {
namespace {

bool AllFinite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

// Pairs i < j of the sorted values whose difference, as computed, is at most `limit`. The computed difference grows
// with the larger value and falls with the smaller, so one pass with two ends counts them all.
std::uint64_t PairsWithin(const std::vector<double>& sorted, double limit) {
  std::uint64_t pairs = 0;
  std::size_t first = 0;
  for (std::size_t last = 1; last < sorted.size(); ++last) {
    while (sorted[last] - sorted[first] > limit) ++first;
    pairs += last - first;
  }
  return pairs;
}

// The k-th smallest of those differences, k from 1: the smallest number with at least k pairs within. The bits of
// non-negative numbers order as the numbers do, so bisecting the bits ends at it exactly.
double SmallestDifference(const std::vector<double>& sorted, std::uint64_t k) {
  std::uint64_t low = 0;
  std::uint64_t high = std::bit_cast<std::uint64_t>(sorted.back() - sorted.front() + 0.0);
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (PairsWithin(sorted, std::bit_cast<double>(middle)) >= k) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return std::bit_cast<double>(low);
}

}  // namespace

std::optional<double> Qn(std::span<const double> values) {
  if (values.size() < 2 || !AllFinite(values)) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  if (!std::isfinite(sorted.back() - sorted.front())) return std::nullopt;
  const std::uint64_t half = sorted.size() / 2 + 1;
  const auto count = static_cast<double>(sorted.size());
  const double correction = sorted.size() % 2 == 1 ? count / (count + 1.4) : count / (count + 3.8);
  const double scale = SmallestDifference(sorted, half * (half - 1) / 2) * 2.2219 * correction;
  if (!std::isfinite(scale)) return std::nullopt;
  return scale;
}

std::optional<LowerScale> ScaleBelow(std::span<const double> values, double centre) {
  if (!AllFinite(values) || !std::isfinite(centre)) return std::nullopt;
  std::vector<double> distances;
  for (const double value : values) {
    if (value < centre) distances.push_back(centre - value);
  }
  LowerScale below;
  below.count = distances.size();
  if (below.count < std::max<std::size_t>(5, values.size() / 10)) return below;
  const auto median = Median(distances);
  if (!median) return std::nullopt;
  below.scale = *median / 0.6745;
  return below;
}

double GuardFactor(const LowerScale& below) {
  const auto count = static_cast<double>(std::max<std::size_t>(below.count, 1));
  return std::max(1.0, below.scale / (1 + 1.17 / std::sqrt(count)));
}

}  // namespace assay::stats

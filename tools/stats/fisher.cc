// SPDX-License-Identifier: MIT
#include "tools/stats/fisher.h"

#include <algorithm>

namespace assay::stats {
namespace {

// Far above any count of answers, far below where sums of four of them overflow.
constexpr std::int64_t kLargestTotal = std::int64_t{1} << 40;

bool IsUsable(const Hits& side) {
  return side.total > 0 && side.total <= kLargestTotal && side.hits >= 0 && side.hits <= side.total;
}

}  // namespace

std::optional<double> FisherExactGreater(const Hits& head, const Hits& base) {
  if (!IsUsable(head) || !IsUsable(base)) return std::nullopt;
  const std::int64_t hits = head.hits + base.hits;
  const std::int64_t least = std::max<std::int64_t>(0, hits - base.total);
  const std::int64_t most = std::min(hits, head.total);

  // P(X = x+1) / P(X = x), for counts drawn from head.total + base.total of which `hits` are hits.
  const auto step_up = [&](std::int64_t x) {
    return static_cast<double>(hits - x) / static_cast<double>(x + 1) * static_cast<double>(head.total - x) /
           static_cast<double>(base.total - hits + x + 1);
  };
  // Weights relative to the observed table, walked outwards and rescaled so that neither side overflows: above and
  // below are the sums of the terms over and under the observed one, all divided by the largest seen so far.
  const auto sum = [&](std::int64_t from, std::int64_t to, double& scale) {
    double total = 0;
    double weight = 1;
    const std::int64_t direction = to >= from ? 1 : -1;
    for (std::int64_t x = from; x != to; x += direction) {
      weight *= direction > 0 ? step_up(x) : 1 / step_up(x - 1);
      if (weight > 1e200) {
        weight *= 1e-200;
        total *= 1e-200;
        scale *= 1e-200;
      }
      total += weight;
      if (weight == 0) break;
    }
    return total;
  };
  double scale_above = 1;
  double scale_below = 1;
  const double above = sum(head.hits, most, scale_above);   // in units of the observed term / scale_above
  const double below = sum(head.hits, least, scale_below);  // in units of the observed term / scale_below
  // At most one of the two sides climbs over the mode, so at most one scale differs from 1. Dividing by the tail keeps
  // a scale that ran down to 0 a number: p is then 0 or 1.
  if (scale_below < 1) {
    const double tail = (1 + above) * scale_below;
    return std::min(1.0, tail / (tail + below));
  }
  const double tail = scale_above + above;
  return std::min(1.0, tail / (tail + below * scale_above));
}

std::optional<std::int64_t> FewestSignificantHits(std::int64_t head_total, const Hits& base, double alpha) {
  if (!(alpha > 0 && alpha < 1)) return std::nullopt;
  const auto significant = [&](std::int64_t hits) {
    const auto p = FisherExactGreater({hits, head_total}, base);
    return p && *p <= alpha;
  };
  if (!significant(head_total)) return std::nullopt;
  // p falls as hits grow: bisect between one that is not and one that is.
  std::int64_t low = -1;
  std::int64_t high = head_total;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (significant(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace assay::stats

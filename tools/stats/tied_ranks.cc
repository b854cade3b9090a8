// SPDX-License-Identifier: MIT
#include "tools/stats/tied_ranks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "tools/stats/mann_whitney.h"

namespace assay::stats {
namespace {

constexpr std::size_t kMostExact = 50;  // values of a sample

struct Group {
  std::size_t all = 0;   // values that are equal
  std::size_t head = 0;  // of these in head
};

double Binomial(std::size_t n, std::size_t k) {
  double ways = 1;
  for (std::size_t i = 0; i < k; ++i) ways = ways * static_cast<double>(n - i) / static_cast<double>(i + 1);
  return ways;
}

}  // namespace

std::optional<double> TiedRankSumLess(std::span<const double> head, std::span<const double> base) {
  if (head.empty() || base.empty()) return std::nullopt;
  std::map<double, Group> groups;
  for (const double value : base) {
    if (!std::isfinite(value)) return std::nullopt;
    ++groups[value].all;
  }
  for (const double value : head) {
    if (!std::isfinite(value)) return std::nullopt;
    ++groups[value].all;
    ++groups[value].head;
  }
  if (groups.size() == 1) return 1;
  if (head.size() > kMostExact || base.size() > kMostExact) {
    const std::optional<MannWhitney> test = MannWhitneyGreater(base, head);
    if (!test) return std::nullopt;
    return test->p_value;
  }
  const std::size_t n = head.size();
  const std::size_t most = 2 * n * (n + base.size());  // of the doubled rank sum, which is whole with ties too
  // ways[k][w]: so many ways to choose k values of the groups so far whose doubled mid-ranks sum to w.
  std::vector<std::vector<double>> ways(n + 1, std::vector<double>(most + 1, 0));
  ways[0][0] = 1;
  std::size_t before = 0;
  std::size_t of_head = 0;
  std::size_t seen = 0;  // the most that can have been chosen
  for (const auto& [value, group] : groups) {
    const std::size_t rank = 2 * before + group.all + 1;
    of_head += group.head * rank;
    before += group.all;
    seen = std::min(n, seen + group.all);
    for (std::size_t k = seen; k > 0; --k) {
      for (std::size_t chosen = 1; chosen <= std::min(group.all, k); ++chosen) {
        const double choices = Binomial(group.all, chosen);
        const std::vector<double>& from = ways[k - chosen];
        for (std::size_t w = chosen * rank; w <= most; ++w) {
          if (from[w - chosen * rank] > 0) ways[k][w] += choices * from[w - chosen * rank];
        }
      }
    }
  }
  double all = 0;
  double as_small = 0;
  for (std::size_t w = 0; w <= most; ++w) {
    all += ways[n][w];
    if (w <= of_head) as_small += ways[n][w];
  }
  return std::min(1.0, as_small / all);
}

}  // namespace assay::stats

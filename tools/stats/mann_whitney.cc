// SPDX-License-Identifier: MIT
#include "tools/stats/mann_whitney.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace assay::stats {
namespace {

// The recurrence costs n * m * (n*m) steps: 6 million for two samples of this size.
constexpr std::size_t kLargestExactSample = 50;

struct Ranked {
  double rank_sum_head = 0;  // with the mean rank for tied values
  double tie_term = 0;       // sum of t^3 - t over groups of t tied values
};

Ranked RankTogether(std::span<const double> head, std::span<const double> base) {
  struct Value {
    double value;
    bool from_head;
  };
  std::vector<Value> all;
  all.reserve(head.size() + base.size());
  for (const double value : head) all.push_back({value, true});
  for (const double value : base) all.push_back({value, false});
  std::sort(all.begin(), all.end(), [](const Value& a, const Value& b) { return a.value < b.value; });

  Ranked ranked;
  for (std::size_t from = 0; from < all.size();) {
    std::size_t to = from + 1;
    while (to < all.size() && all[to].value == all[from].value) ++to;
    const double mean_rank = static_cast<double>(from + 1 + to) / 2;
    for (std::size_t i = from; i < to; ++i) {
      if (all[i].from_head) ranked.rank_sum_head += mean_rank;
    }
    const auto tied = static_cast<double>(to - from);
    ranked.tie_term += tied * tied * tied - tied;
    from = to;
  }
  return ranked;
}

// P(U >= u) for every u under the null hypothesis. With f(i, j, u) the probability of U = u for sizes i and j, the
// largest value of all belongs to the first sample with probability i/(i+j) and then beats all j values of the other:
//   f(i, j, u) = i/(i+j) f(i-1, j, u-j) + j/(i+j) f(i, j-1, u).
// Probabilities instead of Mann and Whitney's counts because C(100, 50) does not fit an integer; all terms are
// positive, so nothing cancels.
std::vector<double> ExactUpperTails(std::size_t n, std::size_t m) {
  // rows[j] holds f(i, j, .) for the current i; before the update of column j it still holds f(i-1, j, .).
  std::vector<std::vector<double>> rows(m + 1, std::vector<double>{1.0});
  for (std::size_t i = 1; i <= n; ++i) {
    rows[0] = {1.0};
    for (std::size_t j = 1; j <= m; ++j) {
      const std::vector<double>& without_first = rows[j];       // f(i-1, j, .)
      const std::vector<double>& without_second = rows[j - 1];  // f(i, j-1, .)
      const double first = static_cast<double>(i) / static_cast<double>(i + j);
      const double second = static_cast<double>(j) / static_cast<double>(i + j);
      std::vector<double> next(i * j + 1, 0.0);
      for (std::size_t k = 0; k < without_first.size(); ++k) next[k + j] += first * without_first[k];
      for (std::size_t k = 0; k < without_second.size(); ++k) next[k] += second * without_second[k];
      rows[j] = std::move(next);
    }
  }
  // Summed from the far end, where the terms are smallest.
  std::vector<double> tails = std::move(rows[m]);
  double tail = 0;
  for (std::size_t k = tails.size(); k-- > 0;) {
    tail += tails[k];
    tails[k] = std::min(tail, 1.0);
  }
  return tails;
}

double NormalUpperTail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

}  // namespace

const std::vector<double>& ExactTails::Of(std::size_t n, std::size_t m) {
  const auto known = tails_.find({n, m});
  if (known != tails_.end()) return known->second;
  return tails_.emplace(std::pair{n, m}, ExactUpperTails(n, m)).first->second;
}

std::optional<MannWhitney> MannWhitneyGreater(std::span<const double> head, std::span<const double> base) {
  ExactTails tails;
  return MannWhitneyGreater(head, base, tails);
}

std::optional<MannWhitney> MannWhitneyGreater(std::span<const double> head, std::span<const double> base,
                                              ExactTails& tails) {
  const auto finite = [](double value) { return std::isfinite(value); };
  if (head.empty() || base.empty() || !std::all_of(head.begin(), head.end(), finite) ||
      !std::all_of(base.begin(), base.end(), finite)) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(head.size());
  const auto m = static_cast<double>(base.size());
  const Ranked ranked = RankTogether(head, base);

  MannWhitney result;
  result.u = ranked.rank_sum_head - n * (n + 1) / 2;
  if (ranked.tie_term == 0 && head.size() <= kLargestExactSample && base.size() <= kLargestExactSample) {
    result.exact = true;
    result.p_value = tails.Of(head.size(), base.size())[static_cast<std::size_t>(std::llround(result.u))];
    return result;
  }
  // E. L. Lehmann, "Nonparametrics: Statistical Methods Based on Ranks", 1975, section 1.4.
  const double total = n + m;
  const double variance = n * m / 12 * (total + 1 - ranked.tie_term / (total * (total - 1)));
  if (variance > 0) {
    result.p_value = NormalUpperTail((result.u - n * m / 2 - 0.5) / std::sqrt(variance));
  }
  return result;
}

std::optional<double> SmallestExactPValue(std::size_t n, std::size_t m) {
  if (n == 0 || m == 0) return std::nullopt;
  double p = 1;
  for (std::size_t i = 1; i <= n; ++i) p *= static_cast<double>(i) / static_cast<double>(m + i);
  return p;
}

}  // namespace assay::stats

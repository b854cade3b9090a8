// SPDX-License-Identifier: MIT
#include "tools/stats/order_interval.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tools/stats/distributions.h"

namespace assay::stats {
namespace {

bool InsideZeroOne(double value) { return value > 0 && value < 1; }

bool IsUsable(std::span<const double> values, double p, double confidence) {
  return !values.empty() && InsideZeroOne(p) && InsideZeroOne(confidence) &&
         std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

// P(B <= k) for B ~ Binomial(n, p), p inside (0, 1): never absent then.
double AtMost(std::int64_t k, std::int64_t n, double p) { return BinomialCdf(k, n, p).value_or(0.0); }

// The smallest k in [0, n] with `holds`, which is false up to somewhere and true from there on; n when it never is.
template <typename Predicate>
std::int64_t FirstWhere(std::int64_t n, const Predicate& holds) {
  std::int64_t low = 0;
  std::int64_t high = n;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (holds(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// The smallest n with q^n <= tail, 0 < q < 1.
std::optional<std::size_t> FewestPowers(double q, double tail) {
  const double estimate = std::ceil(std::log(tail) / std::log(q));
  if (!std::isfinite(estimate) || estimate > 9007199254740992.0) return std::nullopt;
  // The logarithms round: settle which neighbour it is by the power itself.
  auto n = static_cast<std::size_t>(std::max(estimate, 1.0));
  while (n > 1 && std::pow(q, static_cast<double>(n - 1)) <= tail) --n;
  while (std::pow(q, static_cast<double>(n)) > tail) ++n;
  return n;
}

}  // namespace

std::optional<OrderInterval> QuantileInterval(std::span<const double> values, double p, double confidence) {
  if (!IsUsable(values, p, confidence)) return std::nullopt;
  const auto n = static_cast<std::int64_t>(values.size());
  const double tail = (1 - confidence) / 2;
  // l = largest with P(B <= l-1) <= tail: the first k with P(B <= k) > tail is l.
  const std::int64_t lower = FirstWhere(n, [&](std::int64_t k) { return AtMost(k, n, p) > tail; });
  // P(B >= u) = P(n - B <= n - u) with n - B ~ Binomial(n, 1 - p): the same from the other end.
  const std::int64_t upper = n + 1 - FirstWhere(n, [&](std::int64_t k) { return AtMost(k, n, 1 - p) > tail; });
  if (lower < 1 || upper > n || lower > upper) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  OrderInterval interval;
  interval.lower_rank = static_cast<std::size_t>(lower);
  interval.upper_rank = static_cast<std::size_t>(upper);
  interval.lower = sorted[interval.lower_rank - 1];
  interval.upper = sorted[interval.upper_rank - 1];
  interval.coverage = 1 - AtMost(lower - 1, n, p) - AtMost(n - upper, n, 1 - p);
  return interval;
}

std::optional<OrderBound> QuantileUpperBound(std::span<const double> values, double p, double confidence) {
  const auto fewest = FewestForUpperBound(p, confidence);
  if (!fewest || !IsUsable(values, p, confidence) || values.size() < *fewest) return std::nullopt;
  const auto n = static_cast<std::int64_t>(values.size());
  // P(B <= u-1) >= confidence; by the complement, whose digits are not lost near 1.
  const std::int64_t below =
      FirstWhere(n - 1, [&](std::int64_t k) { return AtMost(n - k - 1, n, 1 - p) <= 1 - confidence; });
  std::vector<double> copy(values.begin(), values.end());
  std::nth_element(copy.begin(), copy.begin() + below, copy.end());
  return OrderBound{copy[static_cast<std::size_t>(below)], static_cast<std::size_t>(below + 1),
                    1 - AtMost(n - below - 1, n, 1 - p)};
}

std::optional<std::size_t> FewestForUpperBound(double p, double confidence) {
  if (!InsideZeroOne(p) || !InsideZeroOne(confidence)) return std::nullopt;
  return FewestPowers(p, 1 - confidence);
}

std::optional<std::size_t> FewestForInterval(double p, double confidence) {
  if (!InsideZeroOne(p) || !InsideZeroOne(confidence)) return std::nullopt;
  return FewestPowers(std::max(p, 1 - p), (1 - confidence) / 2);
}

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
// Confidence intervals for quantiles that assume nothing about the distribution: their ends are order statistics, their
// confidence is binomial. Too few values give no interval instead of a wrong one. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace assay::stats {

struct OrderInterval {
  double lower = 0;
  double upper = 0;
  std::size_t lower_rank = 0;  // from 1, in ascending order
  std::size_t upper_rank = 0;
  double coverage = 0;  // the confidence it really has, at least the one asked for
};

// Interval for the p-quantile, 0 < p < 1, with tails of at most (1 - confidence)/2 each. With B ~ Binomial(n, p) the
// ranks are the largest l with P(B <= l-1) <= tail and the smallest u with P(B >= u) <= tail; coverage P(l <= B <=
// u-1). W. J. Conover, "Practical Nonparametric Statistics", 3rd ed., 1999, section 3.2; SciPy's quantile_test(x,
// p=p).confidence_interval(confidence). Exact for continuous data, wider than needed with ties. Nothing when one end
// would lie outside the sample (n < FewestForInterval), for p or confidence outside (0, 1) and for values that are not
// finite.
std::optional<OrderInterval> QuantileInterval(std::span<const double> values, double p, double confidence);

struct OrderBound {
  double value = 0;
  std::size_t rank = 0;
  double coverage = 0;
};

// Upper confidence bound for the p-quantile: the smallest rank u with P(B <= u-1) >= confidence. Nothing for fewer than
// FewestForUpperBound values, else as above.
std::optional<OrderBound> QuantileUpperBound(std::span<const double> values, double p, double confidence);

// The fewest values with which these exist: 1 - p^n >= confidence for the bound (29, 59 and 299 for p90, p95 and p99 at
// 95 %); p^n and (1-p)^n both at most (1 - confidence)/2 for the interval (6 for the median at 95 %). Nothing for p or
// confidence outside (0, 1), or above 2^53 values.
std::optional<std::size_t> FewestForUpperBound(double p, double confidence);
std::optional<std::size_t> FewestForInterval(double p, double confidence);

}  // namespace assay::stats

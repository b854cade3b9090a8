// SPDX-License-Identifier: MIT
// The distribution functions the tests of this folder stand on; the one place that asks Boost.Math. Each takes what its
// docstring names and gives nothing for anything else: a NaN neither enters nor leaves. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>

namespace assay::stats {

// P(T > t) for Student's t with df > 0 degrees of freedom (need not be whole), t finite.
std::optional<double> StudentUpperTail(double t, double df);

// The t with P(T <= t) = p, 0 < p < 1, df > 0. Nothing where t is too large for a number.
std::optional<double> StudentQuantile(double p, double df);

// Median of chi-squared with df > 0 degrees of freedom.
std::optional<double> ChiSquaredMedian(double df);

// The x with P(X <= x) = p for chi-squared with df > 0 degrees of freedom, 0 < p < 1, and P(X <= x), x >= 0.
std::optional<double> ChiSquaredQuantile(double p, double df);
std::optional<double> ChiSquaredCdf(double x, double df);

// P(F > f), f >= 0, for the ratio of two independent variances of one normal population with so many degrees of
// freedom.
std::optional<double> FisherUpperTail(double f, double df, double other_df);

// P(B <= k) for B binomial with n trials of probability p; 0 for k < 0 and 1 for k >= n. Nothing unless n >= 0 and p is
// in [0, 1].
std::optional<double> BinomialCdf(std::int64_t k, std::int64_t n, double p);

// The logarithmic derivative of the gamma function and its first two derivatives, x > 0.
std::optional<double> Digamma(double x);
std::optional<double> Trigamma(double x);
std::optional<double> Tetragamma(double x);

}  // namespace assay::stats

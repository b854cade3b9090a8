// SPDX-License-Identifier: MIT
#include "tools/stats/distributions.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>

namespace assay::stats {
namespace {

namespace policies = boost::math::policies;

// No exception crosses this folder's border: what Boost cannot answer comes back as a non-finite number.
using Quiet = policies::policy<
    policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::overflow_error<policies::ignore_error>, policies::underflow_error<policies::ignore_error>,
    policies::denorm_error<policies::ignore_error>, policies::rounding_error<policies::ignore_error>,
    policies::evaluation_error<policies::ignore_error>, policies::indeterminate_result_error<policies::ignore_error>>;

std::optional<double> FiniteOrNothing(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

bool IsPositive(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

std::optional<double> StudentUpperTail(double t, double df) {
  if (!std::isfinite(t) || !IsPositive(df)) return std::nullopt;
  return FiniteOrNothing(
      boost::math::cdf(boost::math::complement(boost::math::students_t_distribution<double, Quiet>(df), t)));
}

std::optional<double> StudentQuantile(double p, double df) {
  if (!(p > 0 && p < 1) || !IsPositive(df)) return std::nullopt;
  return FiniteOrNothing(boost::math::quantile(boost::math::students_t_distribution<double, Quiet>(df), p));
}

std::optional<double> ChiSquaredMedian(double df) { return ChiSquaredQuantile(0.5, df); }

std::optional<double> ChiSquaredQuantile(double p, double df) {
  if (!(p > 0 && p < 1) || !IsPositive(df)) return std::nullopt;
  return FiniteOrNothing(boost::math::quantile(boost::math::chi_squared_distribution<double, Quiet>(df), p));
}

std::optional<double> ChiSquaredCdf(double x, double df) {
  if (!(x >= 0) || !std::isfinite(x) || !IsPositive(df)) return std::nullopt;
  return FiniteOrNothing(boost::math::cdf(boost::math::chi_squared_distribution<double, Quiet>(df), x));
}

std::optional<double> FisherUpperTail(double f, double df, double other_df) {
  if (!(f >= 0) || !std::isfinite(f) || !IsPositive(df) || !IsPositive(other_df)) return std::nullopt;
  const boost::math::fisher_f_distribution<double, Quiet> ratio(df, other_df);
  return FiniteOrNothing(boost::math::cdf(boost::math::complement(ratio, f)));
}

std::optional<double> BinomialCdf(std::int64_t k, std::int64_t n, double p) {
  if (n < 0 || !(p >= 0 && p <= 1)) return std::nullopt;
  if (k < 0) return 0.0;
  if (k >= n) return 1.0;
  const boost::math::binomial_distribution<double, Quiet> binomial(static_cast<double>(n), p);
  return FiniteOrNothing(boost::math::cdf(binomial, static_cast<double>(k)));
}

std::optional<double> Digamma(double x) {
  if (!IsPositive(x)) return std::nullopt;
  return FiniteOrNothing(boost::math::digamma(x, Quiet()));
}

std::optional<double> Trigamma(double x) {
  if (!IsPositive(x)) return std::nullopt;
  return FiniteOrNothing(boost::math::trigamma(x, Quiet()));
}

std::optional<double> Tetragamma(double x) {
  if (!IsPositive(x)) return std::nullopt;
  return FiniteOrNothing(boost::math::polygamma(2, x, Quiet()));
}

}  // namespace assay::stats

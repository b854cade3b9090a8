// SPDX-License-Identifier: MIT
// Expected values are closed forms, or from the program named at the line.
#include "tools/stats/distributions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace assay::stats {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// df 1 is Cauchy's distribution, P(T > t) = 1/2 - atan(t)/pi; df 2 has 1/2 - t / (2 sqrt(2 + t^2)).
TEST(StudentUpperTail, HasTheClosedFormsOfOneAndTwoDegrees) {
  for (const double t : {-3.0, 0.0, 0.5, 1.0, 8.0}) {
    EXPECT_NEAR(StudentUpperTail(t, 1).value(), 0.5 - std::atan(t) / std::numbers::pi, 1e-15) << t;
    EXPECT_NEAR(StudentUpperTail(t, 2).value(), 0.5 - t / (2 * std::sqrt(2 + t * t)), 1e-15) << t;
  }
}

// R: pt(2, 4, lower.tail = FALSE) = 0.05805826; SciPy: stats.t.sf(2, 4), stats.t.sf(2.5, 7.3).
TEST(StudentUpperTail, AgreesWithRAndSciPy) {
  EXPECT_NEAR(StudentUpperTail(2, 4).value(), 0.058058261758408, 1e-14);
  EXPECT_NEAR(StudentUpperTail(2.5, 7.3).value(), 0.019825117332800207, 1e-15);
}

// R: qt(c(0.975, 0.95), c(10, 5)) = 2.228139, 2.015048; more digits by mpmath from the incomplete beta function.
TEST(StudentQuantile, AgreesWithTheTables) {
  EXPECT_NEAR(StudentQuantile(0.975, 10).value(), 2.228138851986274, 1e-13);
  EXPECT_NEAR(StudentQuantile(0.95, 5).value(), 2.015048373333024, 1e-13);
  EXPECT_NEAR(StudentQuantile(0.5, 3).value(), 0, 1e-15);
}

// With 2 degrees of freedom chi-squared is exponential: the median is 2 ln 2. R: qchisq(0.5, 1) = 0.4549364.
TEST(ChiSquaredMedian, OfOneAndTwoDegrees) {
  EXPECT_NEAR(ChiSquaredMedian(2).value(), 2 * std::numbers::ln2, 1e-15);
  EXPECT_NEAR(ChiSquaredMedian(1).value(), 0.454936423119573, 1e-14);
}

// SciPy: stats.f.sf(f, df, other_df). With 2 and n degrees of freedom it is (1 + 2 f / n)^(-n/2).
TEST(FisherUpperTail, AgreesWithSciPy) {
  EXPECT_NEAR(FisherUpperTail(1.5, 4, 18).value(), 0.24402523040771484, 1e-14);
  EXPECT_NEAR(FisherUpperTail(0.7, 4, 18).value(), 0.6019730214659496, 1e-14);
  EXPECT_NEAR(FisherUpperTail(30, 1, 3).value(), 0.01196691229854743, 1e-14);
  EXPECT_NEAR(FisherUpperTail(1, 2, 7).value(), std::pow(1 + 2.0 / 7, -3.5), 1e-14);
  EXPECT_EQ(FisherUpperTail(0, 3, 4).value(), 1);
  EXPECT_FALSE(FisherUpperTail(-1, 3, 4).has_value());
  EXPECT_FALSE(FisherUpperTail(1, 0, 4).has_value());
  EXPECT_FALSE(FisherUpperTail(kNan, 3, 4).has_value());
}

// Counted: of 8 throws of three coins 1 + 3 have at most one head. SciPy: stats.binom.cdf(5, 20, 0.3).
TEST(BinomialCdf, CountsThrows) {
  EXPECT_NEAR(BinomialCdf(1, 3, 0.5).value(), 0.5, 1e-15);
  EXPECT_NEAR(BinomialCdf(5, 20, 0.3).value(), 0.41637082944748184, 1e-14);
  EXPECT_EQ(BinomialCdf(-1, 3, 0.5).value(), 0);
  EXPECT_EQ(BinomialCdf(3, 3, 0.5).value(), 1);
  EXPECT_EQ(BinomialCdf(0, 0, 0.5).value(), 1);
}

// Abramowitz and Stegun 6.3.2, 6.4.4 and 6.4.2: psi(1) = -gamma, psi'(1/2) = pi^2/2, psi'(1) = pi^2/6, psi''(1) = -2
// zeta(3).
TEST(Polygamma, HasTheKnownValues) {
  EXPECT_NEAR(Digamma(1).value(), -std::numbers::egamma, 1e-15);
  EXPECT_NEAR(Trigamma(0.5).value(), std::numbers::pi * std::numbers::pi / 2, 1e-14);
  EXPECT_NEAR(Trigamma(1).value(), std::numbers::pi * std::numbers::pi / 6, 1e-15);
  EXPECT_NEAR(Tetragamma(1).value(), -2 * 1.2020569031595942854, 1e-14);
}

TEST(Distributions, GiveNothingForWhatTheyDoNotTake) {
  EXPECT_FALSE(StudentUpperTail(kNan, 3).has_value());
  EXPECT_FALSE(StudentUpperTail(kInfinity, 3).has_value());
  for (const double df : {0.0, -1.0, kNan, kInfinity}) {
    EXPECT_FALSE(StudentUpperTail(1, df).has_value());
    EXPECT_FALSE(StudentQuantile(0.9, df).has_value());
    EXPECT_FALSE(ChiSquaredMedian(df).has_value());
    EXPECT_FALSE(Digamma(df).has_value());
    EXPECT_FALSE(Trigamma(df).has_value());
    EXPECT_FALSE(Tetragamma(df).has_value());
  }
  for (const double p : {0.0, 1.0, -0.1, 1.1, kNan}) EXPECT_FALSE(StudentQuantile(p, 3).has_value());
  EXPECT_FALSE(BinomialCdf(1, -1, 0.5).has_value());
  EXPECT_FALSE(BinomialCdf(1, 3, 1.5).has_value());
  EXPECT_FALSE(BinomialCdf(1, 3, kNan).has_value());
}

}  // namespace
}  // namespace assay::stats

// SPDX-License-Identifier: MIT
#include "tools/stats/shrinkage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "tools/stats/distributions.h"

namespace assay::stats {
namespace {

// trigamma(1/2) = pi^2/2, trigamma(1) = pi^2/6, trigamma(x+1) = trigamma(x) - 1/x^2 (Abramowitz and Stegun 6.4).
TEST(TrigammaInverse, HasTheKnownValues) {
  const double squared = std::numbers::pi * std::numbers::pi;
  EXPECT_NEAR(TrigammaInverse(squared / 2).value(), 0.5, 1e-15);
  EXPECT_NEAR(TrigammaInverse(squared / 6).value(), 1, 1e-15);
  EXPECT_NEAR(TrigammaInverse(squared / 6 - 1).value(), 2, 1e-14);
}

TEST(TrigammaInverse, HoldsFromTheSmallestToTheLargest) {
  for (double y = 1e-300; y < 1e300; y *= 7) {
    const auto x = TrigammaInverse(y);
    ASSERT_TRUE(x.has_value()) << y;
    EXPECT_NEAR(Trigamma(*x).value(), y, 1e-9 * y) << y;
  }
}

TEST(TrigammaInverse, RefusesWhatTrigammaNeverIs) {
  for (const double y : {0.0, -1.0, HUGE_VAL, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(TrigammaInverse(y).has_value());
  }
}

// limma's formulas for unequal df, evaluated with NumPy and SciPy's polygamma and brentq: spread, d0, s0^2, then v~.
TEST(ModerateVariances, IsLimmasForUnequalDegreesOfFreedom) {
  const std::vector<VarianceEstimate> family = {{0.04, 4}, {0.01, 9}, {0.09, 2}, {0.0025, 19}, {0.2, 6}};
  const auto moderated = ModerateVariances(family);
  ASSERT_TRUE(moderated.has_value());
  const double prior_df = 1.3724595032257088;
  const std::vector<double> expected = {0.0335693754178467, 0.0106387602618882, 0.0594077140998521, 0.00333048201520386,
                                        0.165528221544929};
  for (std::size_t c = 0; c < family.size(); ++c) {
    EXPECT_NEAR((*moderated)[c].variance, expected[c], 1e-12) << c;
    EXPECT_NEAR((*moderated)[c].df, family[c].df + prior_df, 1e-10) << c;
  }
}

// By hand: no spread, so d0 = 1000 and s0^2 = v exp(-digamma(1) + ln 1 + digamma(500) - ln 500) with df/2 = 1. The
// exponent is gamma + (digamma(500) - ln 500) = 0.5772156649 - 0.0010003333 (asymptotic series -1/2x - 1/12x^2).
TEST(ModerateVariances, OfEqualVariancesIsNearlyTheirBiasCorrectedValue) {
  const std::vector<VarianceEstimate> family(6, {0.01, 2});
  const auto moderated = ModerateVariances(family);
  ASSERT_TRUE(moderated.has_value());
  const double prior = 0.01 * std::exp(0.5772156649 - 0.0010003333);
  EXPECT_NEAR((*moderated)[3].variance, (1000 * prior + 2 * 0.01) / 1002, 1e-11);
  EXPECT_EQ((*moderated)[3].df, 1002);
}

TEST(ModerateVariances, PullsTowardsTheFamilyAndKeepsTheOrder) {
  const std::vector<VarianceEstimate> family = {{1e-4, 3}, {1e-3, 3}, {1e-2, 3}, {1e-1, 3}, {1, 3}};
  const auto moderated = ModerateVariances(family);
  ASSERT_TRUE(moderated.has_value());
  EXPECT_GT(moderated->front().variance, family.front().variance);
  EXPECT_LT(moderated->back().variance, family.back().variance);
  for (std::size_t c = 1; c < 5; ++c) EXPECT_GT((*moderated)[c].variance, (*moderated)[c - 1].variance);
}

TEST(ModerateVariances, LeavesAFamilyOfOneAlone) {
  const std::vector<VarianceEstimate> one = {{0.3, 4}};
  EXPECT_EQ(ModerateVariances(one)->front().variance, 0.3);
  EXPECT_EQ(ModerateVariances(one)->front().df, 4);
  const std::vector<VarianceEstimate> constant = {{0, 4}};
  EXPECT_EQ(ModerateVariances(constant)->front().variance, 1e-12) << "a zero would promise certainty";
}

TEST(ModerateVariances, RefusesWhatIsNoVariance) {
  EXPECT_FALSE(ModerateVariances({}).has_value());
  for (const VarianceEstimate& bad : {VarianceEstimate{-1, 3}, VarianceEstimate{HUGE_VAL, 3}, VarianceEstimate{1, 0},
                                      VarianceEstimate{std::numeric_limits<double>::quiet_NaN(), 3}}) {
    const std::vector<VarianceEstimate> family = {{0.1, 3}, bad};
    EXPECT_FALSE(ModerateVariances(family).has_value());
  }
}

}  // namespace
}  // namespace assay::stats

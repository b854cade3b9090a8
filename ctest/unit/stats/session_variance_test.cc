// SPDX-License-Identifier: MIT
#include "tools/stats/session_variance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "tools/stats/distributions.h"

namespace assay::stats {
namespace {

using Cases = std::vector<SpreadOfCase>;

// By hand: with equal `within` the median moves to the median `between`. df 2: t = 2 ln 2 / 2, s^2 = 2/ln 2 - 0.5.
TEST(SessionVariance, SolvesForTheMedianCase) {
  const auto variance = SessionVariance(Cases{{9, 0.5, 2}, {1, 0.5, 2}, {2, 0.5, 2}});
  ASSERT_TRUE(variance.has_value());
  EXPECT_NEAR(*variance, 2 / std::numbers::ln2 - 0.5, 1e-10);
}

TEST(SessionVariance, IsZeroWhenNoiseExplainsTheSpread) {
  EXPECT_EQ(SessionVariance(Cases{{0.1, 1, 4}, {0.2, 1, 4}, {0.3, 1, 4}}).value(), 0);
  EXPECT_EQ(SessionVariance(Cases{{0, 1, 4}}).value(), 0);
}

TEST(SessionVariance, IsNotMovedByFewWildCases) {
  Cases cases;
  for (int c = 0; c < 20; ++c) cases.push_back({0.02 + 0.001 * c, 0.01, 4});
  const double before = SessionVariance(cases).value();
  cases[18].between = cases[19].between = 50;
  EXPECT_NEAR(SessionVariance(cases).value(), before, 1e-9);
}

// Every case has exactly the spread that its own df makes typical at s^2 = 0.03.
TEST(SessionVariance, ComparesEachCaseWithItsOwnDegreesOfFreedom) {
  Cases cases;
  for (const double df : {1.0, 4.0, 2.0, 4.0, 3.0}) {
    cases.push_back({(0.03 + 0.01 * df) * ChiSquaredMedian(df).value() / df, 0.01 * df, df});
  }
  EXPECT_NEAR(SessionVariance(cases).value(), 0.03, 1e-10);
}

TEST(SessionVariance, RefusesWhatIsNoSpread) {
  EXPECT_FALSE(SessionVariance({}).has_value());
  EXPECT_FALSE(SessionVariance(Cases{{-1, 1, 1}}).has_value());
  EXPECT_FALSE(SessionVariance(Cases{{1, 0, 1}}).has_value());
  EXPECT_FALSE(SessionVariance(Cases{{1, 1, 0}}).has_value());
  EXPECT_FALSE(SessionVariance(Cases{{std::numeric_limits<double>::quiet_NaN(), 1, 1}}).has_value());
  EXPECT_FALSE(SessionVariance(Cases{{1e308, 1e-320, 1}}).has_value()) << "the ratio overflows";
}

}  // namespace
}  // namespace assay::stats

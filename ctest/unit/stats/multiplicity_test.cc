// SPDX-License-Identifier: MIT
#include "tools/stats/multiplicity.h"

#include <gtest/gtest.h>

#include <cmath>

#include <limits>
#include <vector>

namespace assay::stats {
namespace {

using Values = std::vector<double>;

void ExpectNear(const Values& actual, const Values& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-15) << "at " << i;
}

// By hand: 4 * 0.005, 3 * 0.01, 2 * 0.03, and 1 * 0.04 raised to its predecessor's 0.06.
TEST(HolmAdjust, StepsDownAndStaysMonotone) {
  ExpectNear(HolmAdjust({0.01, 0.04, 0.03, 0.005}).value(), {0.03, 0.06, 0.06, 0.02});
}

TEST(HolmAdjust, GivesEqualValuesEqualAdjustments) {
  ExpectNear(HolmAdjust({0.01, 0.2, 0.01}).value(), {0.03, 0.2, 0.03});
}

TEST(HolmAdjust, StopsAtOne) { ExpectNear(HolmAdjust({0.6, 0.9, 1.0}).value(), {1, 1, 1}); }

TEST(HolmAdjust, LeavesASingleTestAlone) { ExpectNear(HolmAdjust({0.04}).value(), {0.04}); }

TEST(HolmAdjust, OfNoTestIsNothingToAdjust) { EXPECT_TRUE(HolmAdjust({}).value().empty()); }

TEST(HolmAdjust, RefusesWhatIsNoProbability) {
  EXPECT_FALSE(HolmAdjust({0.5, std::numeric_limits<double>::quiet_NaN()}).has_value());
  EXPECT_FALSE(HolmAdjust({-0.1}).has_value());
  EXPECT_FALSE(HolmAdjust({1.1}).has_value());
}

// R: z <- qnorm(1 - c(.03, .04)); pnorm(sum(z) / sqrt(2 * (1 + rho)), lower.tail = FALSE)
TEST(CombinedP, IsStouffersWithCorrelatedTerms) {
  EXPECT_NEAR(*CombinedP(0.03, 0.04, 0), 0.005, 0.0005);
  EXPECT_NEAR(*CombinedP(0.03, 0.04, 0.5), 0.0177, 0.0005);
  EXPECT_NEAR(*CombinedP(0.04, 0.04, 1), 0.04, 1e-6) << "the same thing twice is no more than once";
  EXPECT_NEAR(*CombinedP(0.5, 0.5, 0.3), 0.5, 1e-9);
}

TEST(CombinedP, TakesWhatIsSureAndRefusesWhatIsNoProbability) {
  EXPECT_LT(*CombinedP(0, 1e-300, 0.5), 1e-100);
  EXPECT_LT(*CombinedP(0, 0.04, 0.5), 1e-6);
  EXPECT_FALSE(CombinedP(1, 0.1, 0));
  EXPECT_FALSE(CombinedP(-0.1, 0.1, 0));
  EXPECT_FALSE(CombinedP(0.1, std::nan(""), 0));
  EXPECT_FALSE(CombinedP(0.1, 0.1, -0.5));
}

}  // namespace
}  // namespace assay::stats

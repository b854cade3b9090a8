// SPDX-License-Identifier: MIT
#include "tools/stats/descriptive.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace assay::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMost = std::numeric_limits<double>::max();

// By hand from the definition, h = (n-1)p + 1; R: quantile(c(15, 20, 35, 40, 50), p, type = 7) gives the same.
TEST(Percentile, InterpolatesBetweenOrderStatistics) {
  const std::vector<double> values = {40, 15, 50, 20, 35};
  EXPECT_DOUBLE_EQ(Percentile(values, 0.0).value(), 15);
  EXPECT_DOUBLE_EQ(Percentile(values, 0.05).value(), 16);
  EXPECT_DOUBLE_EQ(Percentile(values, 0.25).value(), 20);
  EXPECT_DOUBLE_EQ(Percentile(values, 0.4).value(), 29);
  EXPECT_DOUBLE_EQ(Percentile(values, 0.5).value(), 35);
  EXPECT_DOUBLE_EQ(Percentile(values, 0.95).value(), 48);
  EXPECT_DOUBLE_EQ(Percentile(values, 1.0).value(), 50);
}

TEST(Percentile, OfOneValueIsThatValue) {
  const std::vector<double> one = {7};
  for (const double p : {0.0, 0.3, 1.0}) EXPECT_DOUBLE_EQ(Percentile(one, p).value(), 7);
}

TEST(Percentile, RefusesWhatHasNoQuantile) {
  const std::vector<double> values = {1, 2};
  EXPECT_FALSE(Percentile({}, 0.5).has_value());
  EXPECT_FALSE(Percentile(values, -0.01).has_value());
  EXPECT_FALSE(Percentile(values, 1.01).has_value());
  EXPECT_FALSE(Percentile(values, kNan).has_value());
  EXPECT_FALSE(Percentile(std::vector<double>{1, kNan}, 0.5).has_value());
  EXPECT_FALSE(Percentile(std::vector<double>{1, kInfinity}, 0.0).has_value());
}

TEST(Percentile, DoesNotOverflowBetweenTheExtremes) {
  EXPECT_DOUBLE_EQ(Percentile(std::vector<double>{-kMost, kMost}, 0.5).value(), 0);
}

TEST(Median, OfEvenCountIsTheMiddleOfTwo) {
  EXPECT_DOUBLE_EQ(Median(std::vector<double>{4, 1, 3, 2}).value(), 2.5);
  EXPECT_DOUBLE_EQ(Median(std::vector<double>{3, 1, 2}).value(), 2);
  EXPECT_FALSE(Median({}).has_value());
}

TEST(RelativeChange, IsSignedAndNeedsAPositiveBase) {
  EXPECT_DOUBLE_EQ(RelativeChange(150, 100).value(), 0.5);
  EXPECT_DOUBLE_EQ(RelativeChange(75, 100).value(), -0.25);
  EXPECT_DOUBLE_EQ(RelativeChange(0, 100).value(), -1);
  EXPECT_FALSE(RelativeChange(1, 0).has_value());
  EXPECT_FALSE(RelativeChange(1, -1).has_value());
  EXPECT_FALSE(RelativeChange(kNan, 1).has_value());
  EXPECT_FALSE(RelativeChange(1, kInfinity).has_value());
  EXPECT_FALSE(RelativeChange(kMost, 1e-300).has_value()) << "the quotient is infinite";
}

// By hand: the differences are 3, 2, 0, 5, 4, 2; sorted 0, 2, 2, 3, 4, 5.
TEST(HodgesLehmannShift, IsTheMedianDifference) {
  EXPECT_DOUBLE_EQ(HodgesLehmannShift(std::vector<double>{4, 6}, std::vector<double>{1, 2, 4}).value(), 2.5);
  EXPECT_FALSE(HodgesLehmannShift({}, std::vector<double>{1}).has_value());
  EXPECT_FALSE(HodgesLehmannShift(std::vector<double>{kNan}, std::vector<double>{1}).has_value());
}

}  // namespace
}  // namespace assay::stats

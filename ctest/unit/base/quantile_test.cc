// SPDX-License-Identifier: MIT
#include "fixtures/base/quantile.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace assay::base {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// By hand from the definition, h = (n-1)p + 1; R: quantile(c(15, 20, 35, 40, 50), p, type = 7) gives the same.
TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  const std::vector<double> values = {40, 15, 50, 20, 35};
  EXPECT_EQ(Quantile(values, 0.0), 15);
  EXPECT_DOUBLE_EQ(*Quantile(values, 0.05), 16);  // 15 + 0.2 * (20 - 15)
  EXPECT_DOUBLE_EQ(*Quantile(values, 0.4), 29);   // 20 + 0.6 * (35 - 20)
  EXPECT_EQ(Quantile(values, 0.5), 35);
  EXPECT_DOUBLE_EQ(*Quantile(values, 0.95), 48);  // 40 + 0.8 * (50 - 40)
  EXPECT_EQ(Quantile(values, 1.0), 50);
}

// Unlike the p95 of three values that is above all of them, seen elsewhere.
TEST(Quantile, StaysBetweenTheExtremes) {
  const std::vector<double> values = {10, 11, 30};
  EXPECT_DOUBLE_EQ(*Quantile(values, 0.95), 28.1);  // 11 + 0.9 * (30 - 11)
  const double most = std::numeric_limits<double>::max();
  EXPECT_EQ(Quantile(std::vector<double>{-most, most}, 0.5), 0);
}

TEST(Quantile, OfOneValueIsThatValue) {
  for (const double p : {0.0, 0.3, 1.0}) EXPECT_EQ(Quantile(std::vector<double>{7}, p), 7);
}

TEST(Quantile, RefusesWhatHasNone) {
  const std::vector<double> values = {1, 2};
  EXPECT_FALSE(Quantile({}, 0.5).has_value());
  EXPECT_FALSE(Quantile(values, -0.01).has_value());
  EXPECT_FALSE(Quantile(values, 1.01).has_value());
  EXPECT_FALSE(Quantile(values, kNan).has_value());
  EXPECT_FALSE(Quantile(std::vector<double>{1, kNan}, 0.5).has_value());
  EXPECT_FALSE(Quantile(std::vector<double>{1, kInfinity}, 0.0).has_value());
}

// The table of metrics.md b3, row of 99 %: 64, 130, 662. By hand for p90: 0.9^63 * (0.9 + 64 * 0.1) = 0.00957 at 64,
// 0.9^62 * (0.9 + 63 * 0.1) = 0.01048 at 63.
TEST(FewestForQuantile, IsTheTableOfLoadGen) {
  EXPECT_EQ(FewestForQuantile(0.90), 64U);
  EXPECT_EQ(FewestForQuantile(0.95), 130U);
  EXPECT_EQ(FewestForQuantile(0.99), 662U);
}

TEST(FewestForQuantile, AMedianNeedsOneValue) {
  for (const double p : {0.0, 0.25, 0.5}) EXPECT_EQ(FewestForQuantile(p), 1U);
  // 0.51^n + n * 0.49 * 0.51^(n-1), by hand: 0.00702 at 11, 0.01263 at 10.
  EXPECT_EQ(FewestForQuantile(0.51), 11U);
}

TEST(FewestForQuantile, GrowsWithTheQuantileUpToNever) {
  std::size_t before = 0;
  for (const double p : {0.6, 0.7, 0.8, 0.9, 0.99, 0.999, 0.999999}) {
    EXPECT_GT(FewestForQuantile(p), before) << p;
    before = FewestForQuantile(p);
  }
  for (const double p : {1.0, 1.5, kInfinity, kNan}) {
    EXPECT_EQ(FewestForQuantile(p), std::numeric_limits<std::size_t>::max()) << p;
  }
}

TEST(StatedQuantile, IsRefusedBelowItsFloor) {
  std::vector<double> values;
  for (int i = 0; i < 63; ++i) values.push_back(i);
  EXPECT_FALSE(StatedQuantile(values, 0.9).has_value());
  EXPECT_EQ(StatedQuantile(values, 0.5), 31);
  values.push_back(63);
  EXPECT_DOUBLE_EQ(*StatedQuantile(values, 0.9), 56.7);  // 63 * 0.9
  EXPECT_FALSE(StatedQuantile(values, 0.95).has_value());
  EXPECT_FALSE(StatedQuantile(values, 1.0).has_value());
  EXPECT_FALSE(StatedQuantile({}, 0.5).has_value());
}

}  // namespace
}  // namespace assay::base

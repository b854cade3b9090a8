// SPDX-License-Identifier: MIT
#include "tools/stats/order_interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace assay::stats {
namespace {

using Values = std::vector<double>;

// n, n-1, ..., 1: the value of a rank is the rank.
Values Ranks(int n) {
  Values values;
  for (int i = n; i > 0; --i) values.push_back(i);
  return values;
}

// The tables of the sign-test interval for the median, e.g. Conover table A3: coverage 1 - 2 P(B <= l-1), n fair coins:
// 1 - 2/2^6; 1 - 2 (1 + 10)/2^10; 1 - 2 * 21700/2^20, 21700 = C(20,0) + ... + C(20,5).
TEST(QuantileInterval, OfTheMedianIsInTheTables) {
  struct Row {
    int n;
    std::size_t lower, upper;
    double coverage;
  };
  for (const Row& row :
       {Row{6, 1, 6, 0.96875}, Row{10, 2, 9, 1 - 22.0 / 1024}, Row{20, 6, 15, 1 - 43400.0 / 1048576}}) {
    const auto interval = QuantileInterval(Ranks(row.n), 0.5, 0.95);
    ASSERT_TRUE(interval.has_value()) << row.n;
    EXPECT_EQ(interval->lower_rank, row.lower);
    EXPECT_EQ(interval->upper_rank, row.upper);
    EXPECT_EQ(interval->lower, static_cast<double>(row.lower));
    EXPECT_EQ(interval->upper, static_cast<double>(row.upper));
    EXPECT_NEAR(interval->coverage, row.coverage, 1e-14);
  }
}

TEST(QuantileInterval, IsMirroredForTheMirroredQuantile) {
  const auto high = QuantileInterval(Ranks(60), 0.8, 0.9);
  const auto low = QuantileInterval(Ranks(60), 0.2, 0.9);
  ASSERT_TRUE(high.has_value() && low.has_value());
  EXPECT_EQ(high->lower_rank, 61 - low->upper_rank);
  EXPECT_EQ(high->upper_rank, 61 - low->lower_rank);
}

// For two-sided 95 %: 2^-5 > 0.025 >= 2^-6; 0.9^35 = 0.02503 > 0.025 >= 0.9^36.
TEST(QuantileInterval, RefusesTooFewValues) {
  EXPECT_EQ(FewestForInterval(0.5, 0.95), 6U);
  EXPECT_EQ(FewestForInterval(0.9, 0.95), 36U);
  EXPECT_EQ(FewestForInterval(0.1, 0.95), 36U);
  EXPECT_FALSE(QuantileInterval(Ranks(5), 0.5, 0.95).has_value());
  EXPECT_FALSE(QuantileInterval(Ranks(35), 0.9, 0.95).has_value());
  EXPECT_TRUE(QuantileInterval(Ranks(36), 0.9, 0.95).has_value());
  EXPECT_FALSE(QuantileInterval(Ranks(20), 0.99, 0.95).has_value());
}

// 1 - p^n >= 0.95: 0.9^29 = 0.0471, 0.95^59 = 0.0485, 0.99^299 = 0.0495, each with one value fewer above 0.05.
TEST(QuantileUpperBound, NeedsTheKnownNumbers) {
  struct Row {
    double p;
    int fewest;
  };
  for (const Row& row : {Row{0.9, 29}, Row{0.95, 59}, Row{0.99, 299}}) {
    EXPECT_EQ(FewestForUpperBound(row.p, 0.95), static_cast<std::size_t>(row.fewest));
    EXPECT_FALSE(QuantileUpperBound(Ranks(row.fewest - 1), row.p, 0.95).has_value());
    const auto bound = QuantileUpperBound(Ranks(row.fewest), row.p, 0.95);
    ASSERT_TRUE(bound.has_value());
    EXPECT_EQ(bound->rank, static_cast<std::size_t>(row.fewest));
    EXPECT_EQ(bound->value, row.fewest);
    EXPECT_NEAR(bound->coverage, 1 - std::pow(row.p, row.fewest), 1e-12);
  }
}

// Twenty fair coins: P(B <= 13) = 0.9423 < 0.95 <= P(B <= 14) = 0.9793, so the bound of the median has rank 15.
TEST(QuantileUpperBound, OfTheMedianOfTwenty) {
  const auto bound = QuantileUpperBound(Ranks(20), 0.5, 0.95);
  ASSERT_TRUE(bound.has_value());
  EXPECT_EQ(bound->rank, 15U);
  EXPECT_EQ(bound->value, 15);
}

TEST(OrderIntervals, RefuseWhatHasNone) {
  const Values bad = {1, std::numeric_limits<double>::quiet_NaN(), 2, 3, 4, 5, 6, 7};
  EXPECT_FALSE(QuantileInterval(bad, 0.5, 0.9).has_value());
  EXPECT_FALSE(QuantileUpperBound(bad, 0.5, 0.9).has_value());
  for (const double share : {0.0, 1.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(QuantileInterval(Ranks(100), share, 0.9).has_value());
    EXPECT_FALSE(QuantileInterval(Ranks(100), 0.5, share).has_value());
    EXPECT_FALSE(QuantileUpperBound(Ranks(100), share, 0.9).has_value());
    EXPECT_FALSE(FewestForUpperBound(share, 0.9).has_value());
    EXPECT_FALSE(FewestForInterval(0.5, share).has_value());
  }
  EXPECT_FALSE(QuantileInterval({}, 0.5, 0.9).has_value());
}

}  // namespace
}  // namespace assay::stats

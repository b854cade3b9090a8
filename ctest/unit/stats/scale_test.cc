// SPDX-License-Identifier: MIT
#include "tools/stats/scale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace assay::stats {
namespace {

using Values = std::vector<double>;

// By hand: M = 4, h = 3, k = 3; differences 1 1 1 2 2 3; 2.2219 * 1 * 4/7.8. M = 5, h = 3, k = 3 of 1 1 1 1 2 2 2 3 3
// 4: 2.2219 * 5/6.4.
TEST(Qn, CountedByHand) {
  EXPECT_NEAR(Qn(Values{3, 1, 4, 2}).value(), 2.2219 * 4 / 7.8, 1e-15);
  EXPECT_NEAR(Qn(Values{5, 3, 1, 4, 2}).value(), 2.2219 * 5 / 6.4, 1e-15);
  EXPECT_NEAR(Qn(Values{-1, 6}).value(), 2.2219 * 7 * 2 / 5.8, 1e-14);
}

TEST(Qn, TakesExactlyTheOrderStatisticOfAllDifferences) {
  Values values;
  for (int i = 0; i < 61; ++i)
    values.push_back(std::sin(i * i * 0.7) + (i % 5 == 0 ? 1e-9 : 0) + (i % 7 == 0 ? 30 : 0));
  values[3] = values[40] = values[41];  // ties
  for (std::size_t size = 2; size <= values.size(); ++size) {
    Values differences;
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < i; ++j) differences.push_back(std::abs(values[i] - values[j]));
    }
    std::sort(differences.begin(), differences.end());
    const std::size_t half = size / 2 + 1;
    const auto count = static_cast<double>(size);
    const double factor = size % 2 == 1 ? count / (count + 1.4) : count / (count + 3.8);
    EXPECT_DOUBLE_EQ(Qn(Values(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(size))).value(),
                     differences[half * (half - 1) / 2 - 1] * 2.2219 * factor)
        << size;
  }
}

TEST(Qn, OfEqualValuesIsZeroAndOfTooFewNothing) {
  EXPECT_EQ(Qn(Values(9, 2.5)).value(), 0);
  EXPECT_FALSE(Qn(Values{1}).has_value());
  EXPECT_FALSE(Qn({}).has_value());
  EXPECT_FALSE(Qn(Values{1, std::numeric_limits<double>::quiet_NaN()}).has_value());
  EXPECT_FALSE(Qn(Values{-std::numeric_limits<double>::max(), std::numeric_limits<double>::max()}).has_value());
}

TEST(ScaleBelow, LooksOnlyBelow) {
  const auto below = ScaleBelow(Values{-5, -4, -3, -2, -1, 0, 1, 1000}, 0);
  ASSERT_TRUE(below.has_value());
  EXPECT_EQ(below->count, 5U);
  EXPECT_NEAR(below->scale, 3 / 0.6745, 1e-15) << "the median of 1 2 3 4 5";
}

TEST(ScaleBelow, IsOneBelowFiveOrATenthOfTheValues) {
  EXPECT_EQ(ScaleBelow(Values{-5, -4, -3, -2, 0, 1, 2, 3}, 0)->scale, 1);
  EXPECT_EQ(ScaleBelow(Values{-5, -4, -3, -2, 0, 1, 2, 3}, 0)->count, 4U);
  Values many(80, 1.0);
  std::fill(many.begin(), many.begin() + 7, -9.0);
  EXPECT_EQ(ScaleBelow(many, 0)->scale, 1) << "7 of 80 are less than a tenth";
  many[7] = -9;
  EXPECT_NEAR(ScaleBelow(many, 0)->scale, 9 / 0.6745, 1e-14);
}

TEST(ScaleBelow, RefusesNonFiniteValues) {
  EXPECT_FALSE(ScaleBelow(Values{HUGE_VAL}, 0).has_value());
  EXPECT_FALSE(ScaleBelow(Values{1}, std::numeric_limits<double>::quiet_NaN()).has_value());
}

// By hand: 3 / (1 + 1.17/3) and never below 1.
TEST(GuardFactor, GivesOneStandardErrorOfSlack) {
  EXPECT_NEAR(GuardFactor({3, 9}), 3 / 1.39, 1e-15);
  EXPECT_EQ(GuardFactor({1.3, 9}), 1);
  EXPECT_EQ(GuardFactor({1, 0}), 1);
}

}  // namespace
}  // namespace assay::stats

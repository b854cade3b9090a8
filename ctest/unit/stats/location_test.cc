// SPDX-License-Identifier: MIT
#include "tools/stats/location.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tools/stats/distributions.h"

namespace assay::stats {
namespace {

using Values = std::vector<double>;

// By hand: 1 goes below, 4 and 100 above; 2 and 3 stay. Winsorised 2 2 3 3 3, mean 2.6, squares 2*0.36 + 3*0.16 = 1.2;
// variance 1.2 / (2 * 1).
TEST(TrimmedLocation, OfLatenciesDropsTwoAboveAndOneBelow) {
  const auto location = TrimmedLocation(Values{100, 3, 1, 4, 2}, Trim::kLatency);
  ASSERT_TRUE(location.has_value());
  EXPECT_DOUBLE_EQ(location->mean, 2.5);
  EXPECT_NEAR(location->variance.value(), 0.6, 1e-15);
  EXPECT_EQ(location->df, 1);
  EXPECT_EQ(location->kept, 2U);
}

// By hand: 1 and 9 go. Winsorised 2 2 3 5 5, mean 3.4, squares 2*1.96 + 0.16 + 2*2.56 = 9.2; variance 9.2 / (3 * 2).
TEST(TrimmedLocation, OfPairsDropsTheSameAtBothEnds) {
  const auto location = TrimmedLocation(Values{5, 9, 1, 3, 2}, Trim::kPaired);
  ASSERT_TRUE(location.has_value());
  EXPECT_NEAR(location->mean, 10.0 / 3, 1e-15);
  EXPECT_NEAR(location->variance.value(), 9.2 / 6, 1e-15);
  EXPECT_EQ(location->df, 2);
}

// What is left of n values, by the rule: two off the top from n = 4, a fifth of both ends from n = 5.
TEST(TrimmedLocation, KeepsWhatTheRuleLeaves) {
  struct Row {
    std::size_t n, latency, paired;
  };
  for (const Row& row : {Row{1, 1, 1}, Row{2, 2, 2}, Row{3, 2, 3}, Row{4, 2, 4}, Row{5, 2, 3}, Row{9, 6, 7},
                         Row{10, 6, 6}, Row{14, 10, 10}, Row{15, 9, 9}, Row{20, 12, 12}}) {
    const Values values(row.n, 1.0);
    EXPECT_EQ(TrimmedLocation(values, Trim::kLatency)->kept, row.latency) << row.n;
    EXPECT_EQ(TrimmedLocation(values, Trim::kPaired)->kept, row.paired) << row.n;
  }
}

// The example of SciPy's ttest_ind(a, b, trim=.2): statistic 3.4463884028073513, p 0.01369338726499547. Its pooled
// variance is that of the Winsorised squares over h - 1, which is our variance times h.
TEST(TrimmedLocation, GivesTheYuenTestOfSciPysExample) {
  const auto a = TrimmedLocation(Values{56, 128.6, 12, 123.8, 64.34, 78, 763.3}, Trim::kPaired);
  const auto b = TrimmedLocation(Values{1.1, 2.9, 4.2}, Trim::kPaired);
  ASSERT_TRUE(a.has_value() && b.has_value());
  const double ha = a->df + 1;
  const double hb = b->df + 1;
  const double pooled = (a->df * *a->variance * ha + b->df * *b->variance * hb) / (a->df + b->df);
  const double t = (a->mean - b->mean) / std::sqrt(pooled * (1 / ha + 1 / hb));
  EXPECT_NEAR(t, 3.4463884028073513, 1e-13);
  EXPECT_NEAR(2 * StudentUpperTail(t, a->df + b->df).value(), 0.01369338726499547, 1e-15);
}

TEST(TrimmedLocation, OfOneValueHasNoError) {
  const auto location = TrimmedLocation(Values{3}, Trim::kLatency);
  ASSERT_TRUE(location.has_value());
  EXPECT_EQ(location->mean, 3);
  EXPECT_FALSE(location->variance.has_value());
}

TEST(TrimmedLocation, RefusesWhatHasNone) {
  const double most = std::numeric_limits<double>::max();
  EXPECT_FALSE(TrimmedLocation({}, Trim::kPaired).has_value());
  EXPECT_FALSE(TrimmedLocation(Values{1, std::numeric_limits<double>::quiet_NaN()}, Trim::kPaired).has_value());
  EXPECT_FALSE(TrimmedLocation(Values{1, std::numeric_limits<double>::infinity()}, Trim::kLatency).has_value());
  EXPECT_FALSE(TrimmedLocation(Values{-most, most}, Trim::kPaired).has_value()) << "the variance overflows";
}

}  // namespace
}  // namespace assay::stats

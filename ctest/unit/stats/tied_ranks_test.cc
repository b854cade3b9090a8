// SPDX-License-Identifier: MIT
#include "tools/stats/tied_ranks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tools/stats/mann_whitney.h"

namespace assay::stats {
namespace {

using Values = std::vector<double>;

// By hand. Pooled 0 0 .5 .5 1 1 has the mid-ranks 1.5 1.5 3.5 3.5 5.5 5.5; head holds 1.5 1.5 3.5 = 6.5, and of the
// C(6,3) = 20 ways to choose three only the two with either 3.5 are as small.
TEST(TiedRanks, CountedByHand) {
  EXPECT_NEAR(*TiedRankSumLess(Values{0.5, 0, 0}, Values{1, 1, 0.5}), 2.0 / 20, 1e-12);
  // The other way round: head 5.5 5.5 3.5 = 14.5 is the largest, all 20 ways are as small.
  EXPECT_NEAR(*TiedRankSumLess(Values{1, 1, 0.5}, Values{0.5, 0, 0}), 1, 1e-12);
  // Two values: head 0, base 1 1 1. One of four ways.
  EXPECT_NEAR(*TiedRankSumLess(Values{0}, Values{1, 1, 1}), 0.25, 1e-12);
  // Head 0 0 1 1, base 1 1 1 1: the zeros fall on head in C(6,2) = 15 of C(8,4) = 70 ways (Fisher's exact test).
  EXPECT_NEAR(*TiedRankSumLess(Values{0, 0, 1, 1}, Values{1, 1, 1, 1}), 15.0 / 70, 1e-12);
}

// Without ties it is the exact test that is there already.
TEST(TiedRanks, AgreesWithTheExactTestWithoutTies) {
  const Values head = {3.1, 0.2, 1.7, 2.2, 0.9};
  const Values base = {4.5, 1.2, 5.9, 2.8, 6.1, 3.9};
  EXPECT_NEAR(*TiedRankSumLess(head, base), MannWhitneyGreater(base, head)->p_value, 1e-12);
}

TEST(TiedRanks, LongSamplesTakeTheApproximation) {
  Values head(60, 0.5);
  Values base(60, 1.0);
  head[0] = 1.0;
  EXPECT_LT(*TiedRankSumLess(head, base), 1e-12);
  EXPECT_GT(*TiedRankSumLess(base, head), 0.99);
}

TEST(TiedRanks, NothingToOrderAndNothingToTell) {
  EXPECT_EQ(TiedRankSumLess(Values{1, 1}, Values{1, 1}), 1);
  EXPECT_EQ(TiedRankSumLess(Values{}, Values{1}), std::nullopt);
  EXPECT_EQ(TiedRankSumLess(Values{1}, Values{}), std::nullopt);
  EXPECT_EQ(TiedRankSumLess(Values{std::nan("")}, Values{1}), std::nullopt);
  EXPECT_EQ(TiedRankSumLess(Values{1}, Values{std::numeric_limits<double>::infinity()}), std::nullopt);
}

}  // namespace
}  // namespace assay::stats

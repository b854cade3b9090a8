// SPDX-License-Identifier: MIT
#include "tools/stats/fisher.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::stats {
namespace {

// R's ?fisher.test, Fisher's tea drinker: 3 of 4 against 1 of 4, alternative = "greater", p-value = 0.2429; counted (16
// + 1) of C(8, 4) = 70.
TEST(FisherExactGreater, TeaDrinkerOfR) { EXPECT_NEAR(FisherExactGreater({3, 4}, {1, 4}).value(), 17.0 / 70, 1e-15); }

// The table of SciPy's fisher_exact, [[8, 2], [1, 5]]. Counted: 8 or 9 of the 9 hits among the 10 of the first side:
// (C(9,8) C(7,2) + C(9,9) C(7,1)) / C(16,10) = 196/8008.
TEST(FisherExactGreater, WhalesOfSciPy) {
  EXPECT_NEAR(FisherExactGreater({8, 10}, {1, 6}).value(), 196.0 / 8008, 1e-15);
}

// All hits on one side: 1 / C(400, 200), by the logarithm of the gamma function.
TEST(FisherExactGreater, KeepsTheDigitsOfSmallProbabilities) {
  const double logarithm = 2 * std::lgamma(201.0) - std::lgamma(401.0);
  EXPECT_NEAR(std::log(FisherExactGreater({200, 200}, {0, 200}).value()), logarithm, 1e-9);
  EXPECT_EQ(FisherExactGreater({2000, 2000}, {0, 2000}).value(), 0) << "below the smallest number, but a number";
  EXPECT_EQ(FisherExactGreater({0, 2000}, {2000, 2000}).value(), 1);
}

// P(X >= h) + P(the other side >= b) = 1 + P(X = h), whichever side holds the mode.
TEST(FisherExactGreater, BothDirectionsShareTheObservedTable) {
  const auto choose = [](double n, double k) {
    return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1));
  };
  for (const int hits : {0, 1, 5, 9, 13}) {
    const double observed = choose(13, hits) * choose(21, 4) / choose(34, hits + 4);
    EXPECT_NEAR(*FisherExactGreater({hits, 13}, {4, 21}) + *FisherExactGreater({4, 21}, {hits, 13}), 1 + observed,
                1e-12);
  }
}

TEST(FisherExactGreater, OfNoHitsShowsNothing) { EXPECT_EQ(FisherExactGreater({0, 5}, {0, 9}).value(), 1); }

TEST(FisherExactGreater, RefusesImpossibleTables) {
  EXPECT_FALSE(FisherExactGreater({0, 0}, {1, 5}).has_value());
  EXPECT_FALSE(FisherExactGreater({1, 5}, {0, 0}).has_value());
  EXPECT_FALSE(FisherExactGreater({6, 5}, {0, 5}).has_value());
  EXPECT_FALSE(FisherExactGreater({-1, 5}, {0, 5}).has_value());
}

// Against a clean baseline p = C(n, k) / C(n+m, k): 10 of 10 + 10 answers C(10,4)/C(20,4) = 0.043, C(10,3)/C(20,3) =
// 0.105; 10 + 50: C(10,2)/C(60,2) = 0.025; 20 + 100: C(20,2)/C(120,2) = 0.027, 20/120 for one.
TEST(FewestSignificantHits, AgainstACleanBaseline) {
  EXPECT_EQ(FewestSignificantHits(10, {0, 10}, 0.05), 4);
  EXPECT_EQ(FewestSignificantHits(10, {0, 50}, 0.05), 2);
  EXPECT_EQ(FewestSignificantHits(20, {0, 100}, 0.05), 2);
  EXPECT_FALSE(FewestSignificantHits(2, {0, 2}, 0.05).has_value()) << "even 2 of 2 has p = 1/6";
  EXPECT_FALSE(FewestSignificantHits(10, {0, 10}, 0).has_value());
}

}  // namespace
}  // namespace assay::stats

// SPDX-License-Identifier: MIT
// "Counted" numbers: integer counts of the arrangements of ranks with at least this U, from the generating function
// (Gaussian binomial coefficient) in exact rational arithmetic, divided by C(n+m, n). That is another method than the
// code's.
#include "tools/stats/mann_whitney.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace assay::stats {
namespace {

using Values = std::vector<double>;

// Two samples without ties in which `at_least` + 1 for the first `one_more` of `n` head values, else `at_least`, of the
// base values 0 .. m-1 are smaller: U = n * at_least + one_more.
struct Samples {
  Values head;
  Values base;
};
Samples WithWins(int n, int m, int at_least, int one_more) {
  Samples samples;
  for (int i = 0; i < m; ++i) samples.base.push_back(i);
  for (int i = 0; i < n; ++i) {
    const int wins = at_least + (i < one_more ? 1 : 0);
    samples.head.push_back(wins - 0.5 + i * 0.001);
  }
  return samples;
}

TEST(MannWhitneyGreater, CountedProbabilities) {
  struct Row {
    int n, m, at_least, one_more;
    double u, p;
  };
  for (const Row& row : {Row{1, 1, 1, 0, 1, 0.5}, Row{3, 3, 3, 0, 9, 0.05}, Row{5, 5, 4, 1, 21, 0.047619047619047616},
                         Row{20, 20, 13, 13, 273, 0.02454516259468622}, Row{50, 50, 32, 0, 1600, 0.007761972615356092},
                         Row{50, 50, 50, 0, 2500, 9.911653021418339e-30}, Row{50, 50, 25, 0, 1250, 0.5013688955007638},
                         Row{50, 30, 0, 0, 0, 1.0}, Row{2, 50, 45, 0, 90, 0.027149321266968326}}) {
    const Samples samples = WithWins(row.n, row.m, row.at_least, row.one_more);
    const auto result = MannWhitneyGreater(samples.head, samples.base);
    ASSERT_TRUE(result.has_value());
    EXPECT_TRUE(result->exact);
    EXPECT_DOUBLE_EQ(result->u, row.u);
    EXPECT_NEAR(result->p_value, row.p, row.p * 1e-12) << row.n << " x " << row.m << ", U = " << row.u;
  }
}

// The example of R's ?wilcox.test (Hollander and Wolfe 1973, permeability of the human chorioamnion): W = 35, p =
// 0.1272, counted 382/3003.
TEST(MannWhitneyGreater, ExampleOfR) {
  const Values at_term = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const Values early = {1.15, 0.88, 0.90, 0.74, 1.21};
  const auto result = MannWhitneyGreater(at_term, early);
  ASSERT_TRUE(result.has_value());
  EXPECT_DOUBLE_EQ(result->u, 35);
  EXPECT_NEAR(result->p_value, 382.0 / 3003.0, 1e-14);
}

// The example of SciPy's mannwhitneyu: U = 17, two-sided p = 1/9, hence one-sided 1/18.
TEST(MannWhitneyGreater, ExampleOfSciPy) {
  const Values males = {19, 22, 16, 29, 24};
  const Values females = {20, 11, 17, 12};
  const auto result = MannWhitneyGreater(males, females);
  ASSERT_TRUE(result.has_value());
  EXPECT_DOUBLE_EQ(result->u, 17);
  EXPECT_NEAR(result->p_value, 1.0 / 18.0, 1e-15);
}

// From the formula, evaluated separately: U = 19.5, sigma^2 = 30/12 (12 - 90/110), z = (19.5 - 15 - 0.5)/sigma.
TEST(MannWhitneyGreater, TiesUseTheCorrectedNormalApproximation) {
  const auto result = MannWhitneyGreater(Values{1, 2, 2, 3, 5, 5}, Values{1, 2, 2, 2, 4});
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(result->exact);
  EXPECT_DOUBLE_EQ(result->u, 19.5);
  EXPECT_NEAR(result->p_value, 0.2207091633910268, 1e-13);
}

TEST(MannWhitneyGreater, LargeSamplesUseTheNormalApproximation) {
  Values head;
  Values base;
  for (int i = 0; i < 60; ++i) {
    head.push_back(i + 0.5);
    base.push_back(i - 10);
  }
  const auto result = MannWhitneyGreater(head, base);
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(result->exact);
  EXPECT_DOUBLE_EQ(result->u, 2375);
  EXPECT_NEAR(result->p_value, 0.0012834439717620898, 1e-15);
}

TEST(MannWhitneyGreater, BothDirectionsShareTheObservedValue) {
  // P(U >= u) + P(U' >= nm - u) = 1 + P(U = u): counted for n = m = 2, u = 3: 2/6 + 5/6 = 1 + 1/6.
  const Values high = {2, 4};
  const Values low = {1, 3};
  EXPECT_NEAR(MannWhitneyGreater(high, low)->p_value, 2.0 / 6.0, 1e-15);
  EXPECT_NEAR(MannWhitneyGreater(low, high)->p_value, 5.0 / 6.0, 1e-15);
}

TEST(MannWhitneyGreater, EqualValuesShowNothing) {
  const auto result = MannWhitneyGreater(Values{3, 3, 3}, Values{3, 3});
  ASSERT_TRUE(result.has_value());
  EXPECT_DOUBLE_EQ(result->u, 3);
  EXPECT_DOUBLE_EQ(result->p_value, 1);
}

TEST(MannWhitneyGreater, RefusesEmptyAndNonFiniteSamples) {
  const Values good = {1, 2};
  EXPECT_FALSE(MannWhitneyGreater({}, good).has_value());
  EXPECT_FALSE(MannWhitneyGreater(good, {}).has_value());
  EXPECT_FALSE(MannWhitneyGreater(Values{1, std::numeric_limits<double>::quiet_NaN()}, good).has_value());
  EXPECT_FALSE(MannWhitneyGreater(good, Values{std::numeric_limits<double>::infinity()}).has_value());
}

// Mann and Whitney's table for n = 2, m = 3: U = 0 .. 6 in 1, 1, 2, 2, 2, 1, 1 of C(5, 2) = 10 arrangements.
TEST(ExactTails, AreTheSumsFromTheFarEnd) {
  ExactTails tails;
  const std::vector<double>& tail = tails.Of(2, 3);
  const std::vector<double> expected = {1.0, 0.9, 0.8, 0.6, 0.4, 0.2, 0.1};
  ASSERT_EQ(tail.size(), expected.size());
  for (std::size_t u = 0; u < expected.size(); ++u) EXPECT_NEAR(tail[u], expected[u], 1e-15) << u;
  EXPECT_EQ(&tails.Of(2, 3), &tail);  // computed once
}

TEST(ExactTails, GiveTheSameAnswerWhateverWasAskedBefore) {
  const Values head = {1.5, 4.5, 7.5, 8.5};
  const Values base = {1, 2, 3, 4, 5, 6};
  ExactTails tails;
  tails.Of(6, 4);
  tails.Of(30, 30);
  const MannWhitney alone = MannWhitneyGreater(head, base).value();
  const MannWhitney cached = MannWhitneyGreater(head, base, tails).value();
  EXPECT_TRUE(cached.exact);
  EXPECT_EQ(cached.u, alone.u);
  EXPECT_EQ(cached.p_value, alone.p_value);
  EXPECT_EQ(MannWhitneyGreater(head, base, tails)->p_value, alone.p_value);
}

// 1 / C(n+m, n): C(6, 3) = 20, C(10, 5) = 252.
TEST(SmallestExactPValue, IsOneArrangementOfAll) {
  EXPECT_NEAR(SmallestExactPValue(3, 3).value(), 1.0 / 20, 1e-15);
  EXPECT_NEAR(SmallestExactPValue(5, 5).value(), 1.0 / 252, 1e-15);
  EXPECT_NEAR(SmallestExactPValue(1, 9).value(), 1.0 / 10, 1e-15);
  EXPECT_FALSE(SmallestExactPValue(0, 3).has_value());
  EXPECT_FALSE(SmallestExactPValue(3, 0).has_value());
}

}  // namespace
}  // namespace assay::stats

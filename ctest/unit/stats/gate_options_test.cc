// SPDX-License-Identifier: MIT
// Options of the gate that leave its reference.
#include <gtest/gtest.h>

#include <cmath>

#include "ctest/unit/stats/made_suites.h"
#include "tools/stats/distributions.h"
#include "tools/stats/gate.h"
#include "tools/stats/session_variance.h"

namespace assay::stats {
namespace {

// SciPy 1.10: chi2.ppf(0.95, 4) = 9.487729, chi2.cdf of it with 6 df = 0.8520509.
TEST(ChiSquared, EqualsSciPy) {
  EXPECT_NEAR(ChiSquaredQuantile(0.95, 4).value(), 9.487729036781154, 1e-9);
  EXPECT_NEAR(ChiSquaredCdf(9.487729036781154, 6).value(), 0.8520509166921004, 1e-12);
  EXPECT_EQ(ChiSquaredCdf(0, 3).value(), 0);
  EXPECT_FALSE(ChiSquaredCdf(-1, 3).has_value());
  EXPECT_FALSE(ChiSquaredQuantile(1, 3).has_value());
}

// With all cases alike and none beyond the cut: between / (s^2 + within) = e, e = 0.97064753 for 4 df (SciPy: 0.8520509
// + 2.3719323 * 0.05).
TEST(TrimmedSessionVariance, SolvesForEqualCases) {
  const std::vector<SpreadOfCase> cases(3, SpreadOfCase{2, 0.5, 4});
  EXPECT_NEAR(TrimmedSessionVariance(cases).value(), 2 / 0.9706475296518648 - 0.5, 1e-9);
  EXPECT_EQ(TrimmedSessionVariance(std::vector<SpreadOfCase>{{0.1, 1, 4}}).value(), 0);
  EXPECT_FALSE(TrimmedSessionVariance({}).has_value());
}

// A case far out counts as much as one at the cut.
TEST(TrimmedSessionVariance, CutsWildCases) {
  std::vector<SpreadOfCase> cases(20, SpreadOfCase{0.04, 0.01, 4});
  const double before = TrimmedSessionVariance(cases).value();
  cases[7].between = 50;
  const double after = TrimmedSessionVariance(cases).value();
  EXPECT_LT(after, 1.3 * before);
  cases[7].between = 5000;
  EXPECT_NEAR(TrimmedSessionVariance(cases).value(), after, 1e-8);
}

// Ten of forty cases are 30 % slower. The median of all moves up by half a standard deviation of the others, 0.01.
TEST(GateOptions, BiweightCentreForgetsSlowCases) {
  std::vector<CaseInput> cases;
  for (int c = 0; c < 30; ++c) cases.push_back({0.002 * (c - 14.5), 1e-4, 50, 0, {}, {}});
  for (int c = 0; c < 10; ++c) cases.push_back({0.26, 1e-4, 50, 0, {}, {}});
  GateOptions options;
  EXPECT_NEAR(GateCore(cases, true, false, options)->centre, 0.01, 1e-3);
  options.biweight_centre = true;
  EXPECT_NEAR(GateCore(cases, true, false, options)->centre, 0, 1e-9);
  cases.resize(7);
  options.biweight_centre = false;
  const double few = GateCore(cases, true, false, options)->centre;
  options.biweight_centre = true;
  EXPECT_EQ(GateCore(cases, true, false, options)->centre, few) << "fewer than 8 cases";
}

// v1 v2 / (v1 + v2) is the smallest variance a mean of two looks can have.
TEST(GateOptions, WeighedLooksHaveASmallerError) {
  const auto first = MakePairs(31, 12, 2, 0.1);
  const auto second = MakePairs(32, 12, 2, 0.1);
  GateOptions options;
  options.guard_second = false;
  const auto fixed = ConfirmPaired(first, second, options);
  options.weigh_looks = true;
  const auto weighed = ConfirmPaired(first, second, options);
  ASSERT_TRUE(fixed && weighed);
  ASSERT_FALSE(fixed->suspects.empty());
  for (const std::size_t c : fixed->suspects) EXPECT_LT(weighed->cases[c]->se, fixed->cases[c]->se);
}

TEST(GateOptions, GuardStaysOutOfTheSecondLookWhenAsked) {
  auto first = MakePairs(33, 12, 2, 0.1);
  for (std::size_t c = 0; c < first.size(); c += 2) {
    for (Values& block : first[c].blocks) SlowDown(block, 0.7);  // a wide spread below: the guard speaks
  }
  GateOptions options;
  const auto guarded = ConfirmPaired(first, first, options);
  options.guard_second = false;
  const auto free = ConfirmPaired(first, first, options);
  ASSERT_TRUE(guarded && free);
  ASSERT_GT(guarded->first.lambda, 1.2);
  for (const std::size_t c : guarded->suspects) EXPECT_GT(guarded->cases[c]->se, free->cases[c]->se);
}

TEST(GateOptions, TrimmedControlsAreTheMeanOfTheMiddle) {
  auto cases = MakeSuite(34, {});
  SlowDown(cases[4].head, 1.3);
  std::vector<Values> second;
  for (const StoredCase& one : cases) second.push_back(one.head);
  GateOptions options;
  const double median = ConfirmStored(cases, second, options)->cases[4].value().se;
  options.trimmed_controls = true;
  EXPECT_LT(ConfirmStored(cases, second, options)->cases[4].value().se, median);
}

}  // namespace
}  // namespace assay::stats

// SPDX-License-Identifier: MIT
// The second look at some of the cases only, which the reference does not define.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ctest/unit/stats/made_suites.h"
#include "tools/stats/gate.h"

namespace assay::stats {
namespace {

// Only the suspects and their controls are measured again, as `Suspects` and `Controls` say.
struct SecondLook {
  std::vector<StoredCase> cases;
  std::vector<Values> second;
  std::size_t slow = 4;
};
SecondLook MakeSecondLook(double factor_then) {
  SecondLook look;
  look.cases = MakeSuite(15, {});
  SlowDown(look.cases[look.slow].head, 1.15);
  const auto first = GateStored(look.cases, {});
  look.second.resize(look.cases.size());
  if (!first) return look;
  Noise noise(16);
  const auto measure = [&](std::size_t c) {
    look.second[c] = noise.Sample(24, 3 + 0.4 * static_cast<double>(c) - 0.01, 0.03);
  };
  for (const std::size_t c : Controls(*first, 8)) measure(c);
  for (const std::size_t c : Suspects(*first)) measure(c);
  SlowDown(look.second[look.slow], factor_then);
  return look;
}

TEST(ConfirmStored, ConfirmsWhatIsStillSlow) {
  const SecondLook look = MakeSecondLook(1.15);
  const auto confirmed = ConfirmStored(look.cases, look.second, {});
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_EQ(confirmed->controls.size(), 8U);
  ASSERT_TRUE(confirmed->cases[look.slow].has_value());
  const CaseEstimate& slow = *confirmed->cases[look.slow];
  EXPECT_TRUE(slow.flagged);
  EXPECT_NEAR(slow.p_holm, 12 * slow.p, 1e-12) << "corrected for all twelve cases, not for the suspects";
  EXPECT_EQ(slow.df, 48);
  EXPECT_LT(slow.se, confirmed->first.cases[look.slow]->se);
}

// In rounds: the suspect is asked no more after eight requests, and the machine gets a tenth faster afterwards.
TEST(ConfirmStored, WhatTheMachineDidAfterASuspectsLastRequestIsNotHeldAgainstIt) {
  SecondLook look = MakeSecondLook(1.0);
  look.second[look.slow].resize(8);
  const auto all_of_eight = [&] {
    std::vector<Values> second = look.second;
    for (Values& values : second) values.resize(std::min<std::size_t>(values.size(), 8));
    return ConfirmStored(look.cases, second, {})->cases[look.slow].value();
  }();
  const auto before = ConfirmStored(look.cases, look.second, {})->cases[look.slow].value();
  for (std::size_t c = 0; c < look.second.size(); ++c) {
    for (std::size_t i = 8; i < look.second[c].size(); ++i) look.second[c][i] -= 0.1;
  }
  const auto after = ConfirmStored(look.cases, look.second, {})->cases[look.slow].value();
  EXPECT_NEAR(after.second.value(), before.second.value(), 1e-12);
  EXPECT_NEAR(after.second.value(), all_of_eight.second.value(), 1e-12);
  EXPECT_FALSE(after.flagged);
}

TEST(ConfirmStored, DropsWhatWasAnAccident) {
  const SecondLook look = MakeSecondLook(1.0);
  const auto confirmed = ConfirmStored(look.cases, look.second, {});
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_TRUE(confirmed->first.cases[look.slow]->flagged);
  EXPECT_NEAR(confirmed->cases[look.slow].value().shift, 0.4 * std::log(1.15), 0.03);
  EXPECT_GT(confirmed->cases[look.slow]->p_holm, confirmed->first.cases[look.slow]->p_holm);
}

TEST(ConfirmStored, ConfirmsNothingWithoutASecondMeasurement) {
  SecondLook look = MakeSecondLook(1.15);
  look.second[look.slow].clear();
  auto confirmed = ConfirmStored(look.cases, look.second, {});
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_FALSE(confirmed->cases[look.slow].has_value());
  EXPECT_EQ(confirmed->suspects.at(0), look.slow);

  look = MakeSecondLook(1.15);
  for (std::size_t c = 0; c < look.second.size(); ++c) {
    if (c != look.slow) look.second[c].clear();
  }
  confirmed = ConfirmStored(look.cases, look.second, {});
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_FALSE(confirmed->cases[look.slow].has_value()) << "no control says what this session does to all";
  EXPECT_FALSE(ConfirmStored(look.cases, {}, {}).has_value()) << "one second look a case";
}

TEST(ConfirmPaired, JudgesASuspectMeasuredAlone) {
  auto pairs = MakePairs(17, 12, 2, 0);
  pairs[7] = MakePairs(18, 1, 2, 0.15)[0];
  std::vector<PairedCase> second(12);
  second[7] = MakePairs(19, 1, 2, 0.15)[0];
  auto confirmed = ConfirmPaired(pairs, second, {});
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_TRUE(confirmed->cases[7].value().flagged);
  EXPECT_EQ(confirmed->cases[7]->df, 60);
  EXPECT_NEAR(confirmed->cases[7]->p_holm, 12 * confirmed->cases[7]->p, 1e-12);

  second[7] = MakePairs(20, 1, 2, 0)[0];
  confirmed = ConfirmPaired(pairs, second, {});
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_NEAR(confirmed->cases[7].value().shift, 0.05, 0.02) << "a third of 0.15 and two thirds of nothing";
}

// One block says nothing of restarts, so the spread of the cases (+-0.1) is all there is: the guard's part of the
// variance, (lambda^2 - 1) V, stays in the second look, which has no spread to show.
TEST(ConfirmPaired, CarriesTheGuardIntoALookAtSomeCases) {
  std::vector<PairedCase> pairs;
  for (int c = 0; c < 12; ++c)
    pairs.push_back(MakePairs(30 + static_cast<std::uint64_t>(c), 1, 1, c % 2 ? -0.1 : 0.1)[0]);
  pairs[7] = MakePairs(45, 1, 1, 0.6)[0];
  std::vector<PairedCase> second(12);
  second[7] = MakePairs(46, 1, 1, 0.6)[0];
  const auto confirmed = ConfirmPaired(pairs, second, {});
  ASSERT_TRUE(confirmed.has_value());
  const double lambda = confirmed->first.lambda;
  ASSERT_GT(lambda, 1.5);
  GateOptions bare;
  bare.guard = false;
  const double own = GatePaired(second, bare).value().cases[7]->se;
  const double one = confirmed->first.cases[7]->se;
  const double expected = (one * one + 4 * (own * own + one * one * (1 - 1 / (lambda * lambda)))) / 9;
  EXPECT_NEAR(confirmed->cases[7].value().se, std::sqrt(expected), 1e-12);
}

// Both restarts of the second look agree by luck; that a restart can move a case the first look saw on twelve. V1 and
// V2 each hold s_R^2/2: at least (1 + 4)/9 of that.
TEST(ConfirmPaired, TakesTheRestartVarianceFromAllCases) {
  Noise noise(47);
  std::vector<PairedCase> pairs(12);
  for (std::size_t c = 0; c < pairs.size(); ++c) {
    for (const double effect : {0.05, -0.05}) {
      pairs[c].blocks.push_back(noise.Sample(10, (c == 7 ? 0.4 : 0) + (c % 2 == 0 ? effect : -effect), 0.01));
    }
  }
  std::vector<PairedCase> second(12);
  for (int b = 0; b < 2; ++b) second[7].blocks.push_back(noise.Sample(20, 0.4, 0.01));
  const auto confirmed = ConfirmPaired(pairs, second, {});
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_GT(confirmed->first.session_variance, 1e-3);
  const double se = confirmed->cases[7].value().se;
  EXPECT_GE(se * se, 5.0 / 9 * confirmed->first.session_variance / 2);
}

}  // namespace
}  // namespace assay::stats

// SPDX-License-Identifier: MIT
#include "tools/stats/plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ctest/unit/stats/made_suites.h"

namespace assay::stats {
namespace {

const CaseNoise kNoise{0.0048, 300};
PlanSetting Setting(PlanKind kind, double variance = 0.000225) {
  PlanSetting setting;
  setting.kind = kind;
  setting.family = 50;
  setting.groups = kind == PlanKind::kPaired || kind == PlanKind::kPairedConfirmed ? 2 : 5;
  setting.group_variance = variance;
  return setting;
}

// The formulas of plan.h in SciPy 1.10 at n = 20, 50 cases, s_D^2 = 0.000225 (paired: noise 0.0084, s_R^2 = 0.000234).
TEST(DetectableEffect, EqualsTheFormulas) {
  EXPECT_NEAR(DetectableEffect(kNoise, 20, Setting(PlanKind::kStored), {}).value(), 0.10115847933910328, 1e-9);
  EXPECT_NEAR(DetectableEffect(kNoise, 20, Setting(PlanKind::kStoredConfirmed), {}).value(), 0.07329691105138227, 1e-9);
  const CaseNoise pairs{0.0084, 300};
  EXPECT_NEAR(DetectableEffect(pairs, 20, Setting(PlanKind::kPaired, 0.000234), {}).value(), 0.09914446837516092, 1e-9);
  EXPECT_NEAR(DetectableEffect(pairs, 20, Setting(PlanKind::kPairedConfirmed, 0.000234), {}).value(),
              0.06276551302671894, 1e-9);
}

TEST(DetectableEffect, FallsWithRequestsAndGroups) {
  for (const PlanKind kind :
       {PlanKind::kStored, PlanKind::kStoredConfirmed, PlanKind::kPaired, PlanKind::kPairedConfirmed}) {
    double before = 10;
    for (std::size_t n = 5; n <= 2000; n = n * 3 / 2) {
      const double now = DetectableEffect(kNoise, n, Setting(kind), {}).value();
      EXPECT_LT(now, before) << n;
      before = now;
    }
    PlanSetting more = Setting(kind);
    more.groups *= 2;
    EXPECT_LT(DetectableEffect(kNoise, 20, more, {}).value(), DetectableEffect(kNoise, 20, Setting(kind), {}).value());
  }
}

TEST(PlanRequests, FindsTheSmallestNumber) {
  const PlanSetting setting = Setting(PlanKind::kStoredConfirmed);
  const auto plan = PlanRequests(kNoise, 0.08, setting, {});
  ASSERT_TRUE(plan && plan->requests);
  EXPECT_LE(DetectableEffect(kNoise, *plan->requests, setting, {}).value(), 0.08);
  EXPECT_GT(DetectableEffect(kNoise, *plan->requests - 1, setting, {}).value(), 0.08);
  EXPECT_FALSE(plan->below_min_effect);
  EXPECT_LT(*PlanRequests(kNoise, 0.2, setting, {})->requests, *plan->requests);
}

// Without any noise of requests, stored, one look: t_200(1 - 0.05/50) + t_200(0.8) = 3.97 standard errors. s_D^2 =
// 0.000225: sqrt(0.000225) alone, with any number of sessions, is 6.1 %. s_D^2 = 0.0045: 33.9 % with five sessions
// (sqrt(0.0045 * 1.2) = 0.0735), 30.5 % with very many.
TEST(PlanRequests, SaysWhenSessionsLimit) {
  const auto never = PlanRequests(kNoise, 0.06, Setting(PlanKind::kStored), {});
  ASSERT_TRUE(never.has_value());
  EXPECT_FALSE(never->requests.has_value());
  const PlanSetting wild = Setting(PlanKind::kStored, 0.0045);
  const auto more = PlanRequests(kNoise, 0.32, wild, {});
  ASSERT_TRUE(more.has_value());
  EXPECT_FALSE(more->requests.has_value());
  ASSERT_TRUE(more->groups_needed.has_value());
  EXPECT_GT(*more->groups_needed, 5U);
  const auto small = PlanRequests(kNoise, 0.04, Setting(PlanKind::kPaired, 0), {});
  ASSERT_TRUE(small.has_value());
  EXPECT_TRUE(small->below_min_effect);
  EXPECT_FALSE(small->requests.has_value());
}

TEST(PowerAt, IsTheStatedPowerAtTheDetectableEffect) {
  const PlanSetting setting = Setting(PlanKind::kStored);
  const double effect = DetectableEffect(kNoise, 20, setting, {}).value();
  EXPECT_NEAR(PowerAt(kNoise, 20, effect, setting, {}).value(), 0.8, 1e-9);
  EXPECT_LT(PowerAt(kNoise, 20, 0, setting, {}).value(), 0.002);
}

// Simulated with GateStored and ConfirmStored on the gating study's typical noise, 50 cases, 5 sessions, n = 20 (2000
// runs; per_request 0.0048 is that noise's): one look 0.73 at +10 %, with the second 0.97.
TEST(PowerAt, AgreesWithSimulation) {
  EXPECT_NEAR(PowerAt(kNoise, 20, 0.10, Setting(PlanKind::kStored), {}).value(), 0.73, 0.08);
  EXPECT_NEAR(PowerAt(kNoise, 20, 0.10, Setting(PlanKind::kStoredConfirmed), {}).value(), 0.97, 0.04);
}

TEST(NoiseOf, DoesNotDependOnTheNumberOfValues) {
  Noise noise(41);
  std::vector<Values> few;
  std::vector<Values> many;
  for (int c = 0; c < 200; ++c) {
    few.push_back(noise.Sample(15, c, 0.05));
    many.push_back(noise.Sample(60, c, 0.05));
  }
  few[3].resize(1);
  const auto one = NoiseOf(few, Trim::kPaired);
  const auto other = NoiseOf(many, Trim::kPaired);
  EXPECT_FALSE(one[3].has_value());
  ASSERT_TRUE(one[0] && other[0]);
  EXPECT_NEAR(one[0]->per_request, 0.0025, 0.0005) << "0.05 squared, and a little more for what was trimmed";
  EXPECT_NEAR(one[0]->per_request / other[0]->per_request, 1, 0.2);
}

TEST(Plan, RefusesWhatAllowsNoAnswer) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(DetectableEffect(kNoise, 4, Setting(PlanKind::kStored), {}).has_value());
  EXPECT_FALSE(DetectableEffect({0, 10}, 20, Setting(PlanKind::kStored), {}).has_value());
  EXPECT_FALSE(PlanRequests(kNoise, 0, Setting(PlanKind::kStored), {}).has_value());
  EXPECT_FALSE(PlanRequests(kNoise, nan, Setting(PlanKind::kStored), {}).has_value());
  EXPECT_FALSE(PowerAt(kNoise, 20, nan, Setting(PlanKind::kStored), {}).has_value());
  PlanSetting none = Setting(PlanKind::kStored);
  none.groups = 0;
  EXPECT_FALSE(PlanRequests(kNoise, 0.1, none, {}).has_value());
}

}  // namespace
}  // namespace assay::stats

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

// Twelve cases that all got faster by a third, and one slower by 10 %: about 0 the fast side is what they gained, and
// its spread hides the loss.
TEST(GateOptions, WhatGotFasterIsNoNoise) {
  std::vector<CaseInput> cases;
  for (int c = 0; c < 12; ++c) cases.push_back({-0.40 - 0.002 * c, 1e-4, 50, 0, {}, {}});
  cases.push_back({0.10, 1e-4, 50, 0, {}, {}});
  GateOptions options;
  const auto reference = GateCore(cases, false, false, options);
  EXPECT_GT(reference->lambda, 20);
  EXPECT_FALSE(reference->cases[12]->flagged);
  options.guard_sides = true;
  const auto sides = GateCore(cases, false, false, options);
  EXPECT_LT(sides->lambda, 2);
  EXPECT_TRUE(sides->cases[12]->flagged);
  EXPECT_LT(sides->cases[0]->p_faster_holm, 0.001);
}

// One of twelve cases lies 20 % apart from session to session, the others 1 %.
TEST(GateOptions, ACaseThatSessionsMoveMoreKeepsItsOwnVariance) {
  std::vector<StoredCase> cases;
  for (int c = 0; c < 12; ++c) {
    StoredCase one;
    for (int k = 0; k < 5; ++k) {
      const double moved = (c == 3 ? 0.2 : 0.01) * (k % 2 == 0 ? 1 : -1) * (c % 2 == 0 ? 1 : -1);
      Values values;
      for (int r = 0; r < 10; ++r) values.push_back(c + moved + 0.01 * ((r * 7 + k * 3 + c) % 10 - 4.5));
      one.sessions.push_back(values);
    }
    for (int r = 0; r < 10; ++r) one.head.push_back(c + (c == 3 ? 0.2 : 0) + 0.01 * ((r * 7 + c) % 10 - 4.5));
    cases.push_back(std::move(one));
  }
  GateOptions options;
  EXPECT_TRUE(GateStored(cases, options)->cases[3]->flagged);
  const double se = GateStored(cases, options)->cases[5]->se;
  options.own_sessions = true;
  const auto own = GateStored(cases, options);
  EXPECT_FALSE(own->cases[3]->flagged);
  EXPECT_GT(own->cases[3]->se, 0.1);
  EXPECT_LT(own->cases[3]->df, 20);
  EXPECT_NEAR(own->cases[5]->se / se, 1, 0.05) << "the others keep theirs";
}

// Nineteen cases that sessions hardly move would talk the one that they move by 15 % into a smaller error than it has.
TEST(GateOptions, ACaseUnlikeAllOthersIsJudgedByItself) {
  Shape shape;
  shape.cases = 20;
  shape.n = 20;
  auto cases = MakeSuite(37, shape);
  const double moved[] = {0.22, -0.06, -0.05, -0.07, -0.04};
  for (std::size_t k = 0; k < 5; ++k) SlowDown(cases[3].sessions[k], std::exp(moved[k]));
  SlowDown(cases[3].head, std::exp(0.3));
  SlowDown(cases[7].head, 1.06);
  GateOptions options;
  options.own_sessions = true;
  const auto gate = GateStored(cases, options);
  ASSERT_TRUE(gate);
  EXPECT_NEAR(gate->cases[3]->se, 0.124 * std::sqrt(1.2), 0.02) << "sd of the five sessions";
  EXPECT_LT(gate->cases[3]->df, 6) << "of five sessions";
  EXPECT_FALSE(gate->cases[3]->flagged);
  EXPECT_TRUE(gate->cases[7]->flagged) << "the others do not pay for it";
  // As slow again, and both looks together know no more of how far sessions move it.
  std::vector<Values> second(cases.size());
  for (std::size_t c = 0; c < cases.size(); ++c) second[c] = cases[c].head;
  const auto both = ConfirmStored(cases, second, options);
  ASSERT_TRUE(both && both->cases[3]);
  EXPECT_LT(both->cases[3]->df, 6);
  EXPECT_FALSE(both->cases[3]->flagged);
  EXPECT_TRUE(both->cases[7]->flagged);
}

TEST(GateOptions, TwoSessionsAreNoEvidenceThatACaseIsUnlikeTheOthers) {
  Shape shape;
  shape.cases = 20;
  shape.n = 20;
  auto cases = MakeSuite(40, shape);
  for (StoredCase& one : cases) one.sessions.resize(2);
  SlowDown(cases[3].sessions[0], 1.2);
  SlowDown(cases[3].sessions[1], 1 / 1.2);
  GateOptions options;
  options.own_sessions = true;
  const auto two = GateStored(cases, options);
  ASSERT_TRUE(two && two->cases[3]);
  EXPECT_GT(two->cases[3]->df, 2);
}

// Whatever a session does to all it does twice to one. The head's session is as slow as the slowest of before, or far
// slower, or far faster: there the case may go on so or not.
TEST(GateOptions, ACaseThatGoesAlongMoreThanTheOthersIsExpectedThere) {
  const auto judged = [](double effect, double deviation) {
    Shape shape;
    shape.cases = 20;
    shape.n = 20;
    shape.session_effects = {-0.08, 0.075, 0.055, 0.01, -0.06};
    shape.head_effect = effect;
    auto cases = MakeSuite(41, shape);
    const double moved[] = {-0.06, 0.09, 0.04, 0.02, -0.08};
    for (std::size_t k = 0; k < 5; ++k) SlowDown(cases[3].sessions[k], std::exp(moved[k]));
    SlowDown(cases[3].head, std::exp(deviation));
    GateOptions options;
    options.own_sessions = true;
    return GateStored(cases, options)->cases;
  };
  const auto within = judged(0.07, 0.075);
  EXPECT_NEAR(within[3]->shift, 0, 0.03);
  EXPECT_NEAR(within[5]->shift, 0, 0.05) << "the others stay where they are";
  const double se = within[3]->se;
  for (const double deviation : {0.0, 0.22}) {
    const auto slower = judged(0.2, deviation);
    EXPECT_NEAR(slower[3]->shift, deviation - 0.075, 0.03);
    EXPECT_GT(slower[3]->se, 1.2 * se);
    EXPECT_FALSE(slower[3]->suspect) << deviation;
    const auto faster = judged(-0.2, -deviation);
    EXPECT_FALSE(faster[3]->suspect) << deviation;
  }
  EXPECT_NEAR(judged(0.07, 0.075 + std::log(1.8))[3]->shift, std::log(1.8), 0.03) << "what it did by itself is left";
  EXPECT_TRUE(judged(0.07, 0.075 + std::log(1.8))[3]->flagged);
}

// Nothing was restarted, all cases are 45 % slower, and their errors differ: z lies between 4 and 37.
TEST(GateOptions, ACommonSlowdownDoesNotWidenItsOwnError) {
  std::vector<CaseInput> cases;
  for (int c = 0; c < 10; ++c) {
    const double error = 0.01 * (c + 1);
    cases.push_back({std::log(1.45) + (c % 2 == 0 ? 1 : -1) * 0.5 * error, error * error, 9, 0, {}, {}});
  }
  GateOptions options;
  EXPECT_FALSE(GateCore(cases, false, true, options)->cases[9]->flagged);
  options.guard_sides = true;
  const auto gate = GateCore(cases, false, true, options);
  for (const auto& one : gate->cases) EXPECT_TRUE(one->flagged);
}

// Anchors that moved 20 % may miss 4 % of what the machine did.
TEST(GateOptions, AnchorsFollowToAShareOfTheirOwnShift) {
  auto suite = MakeSuite(35, {});
  auto anchors = MakeSuite(36, {});
  for (StoredCase& one : suite) SlowDown(one.head, 1.25);
  for (StoredCase& one : anchors) SlowDown(one.head, 1.2);
  GateOptions options;
  const auto exact = AnchoredSuiteShift(suite, anchors, options);
  options.anchors_follow = 0.2;
  const auto loose = AnchoredSuiteShift(suite, anchors, options);
  ASSERT_TRUE(exact->beyond.se && loose->beyond.se);
  const double follow = 0.2 * exact->anchors;
  EXPECT_NEAR(*loose->beyond.se, std::sqrt(*exact->beyond.se * *exact->beyond.se + follow * follow), 1e-12);
  EXPECT_EQ(loose->beyond.shift, exact->beyond.shift);
}

// A service that the machine does not touch (it runs on a GPU) and a machine that is much faster today: beyond the
// anchors it is slower, but nothing has shown that it goes along with them.
TEST(GateOptions, AnchorsFarFromTheirBaselineProveNothing) {
  for (const double faster : {0.85, 0.7, 0.5}) {
    const auto suite = MakeSuite(35, {});
    auto anchors = MakeSuite(36, {});
    for (StoredCase& one : anchors) SlowDown(one.head, faster);
    GateOptions options;
    options.anchors_follow = 0.2;
    const auto proven = AnchoredSuiteShift(suite, anchors, options);
    options.anchors_strange = 0.6;
    const auto strange = AnchoredSuiteShift(suite, anchors, options);
    ASSERT_TRUE(proven->beyond.p && strange->beyond.p);
    EXPECT_LT(*proven->beyond.p, 0.01) << faster;
    EXPECT_GT(*strange->beyond.p, 0.01) << faster;  // the level of a suite
  }
}

}  // namespace
}  // namespace assay::stats

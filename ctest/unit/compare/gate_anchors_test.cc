// SPDX-License-Identifier: MIT
// The machine apart from the service: what all cases did, beside what the anchors did.
#include <gmock/gmock.h>

#include "ctest/unit/compare/measured_sessions.h"

namespace assay::compare {
namespace {

using assay::testing::Session;
using ::testing::HasSubstr;
using GateAnchors = assay::testing::MeasuredSessions;

Session Moved(double all, double anchors) {
  Session session;
  session.all = all;
  session.anchors = anchors;
  return session;
}
Session WithAnchors() { return Moved(1, 1); }

TEST_F(GateAnchors, ASuiteSlowerThanTheMachineIsARegression) {
  AcceptSessions(5, WithAnchors());
  const Comparison comparison = Judged(Measured(Moved(1.12, 1.0)));
  for (const FamilyKind kind : {FamilyKind::kTtft, FamilyKind::kDecode}) {
    const SuiteFinding& suite = Suite(comparison, kind);
    EXPECT_EQ(suite.verdict, SuiteVerdict::kSuiteRegression);
    EXPECT_TRUE(suite.decides);
    EXPECT_EQ(suite.anchors, 6U);
    EXPECT_NEAR(*suite.change, 0.12, 0.03);
    EXPECT_NEAR(*suite.anchor_change, 0.0, 0.03);
    EXPECT_NEAR(*suite.beyond_anchors, 0.12, 0.04);
    EXPECT_LT(*suite.beyond_lower, *suite.beyond_anchors);
    EXPECT_GT(*suite.beyond_upper, *suite.beyond_anchors);
    EXPECT_LT(*suite.beyond_p, 0.01);
    EXPECT_TRUE(suite.mde.has_value());
    EXPECT_EQ(suite.why_no_anchors, "");
  }
  EXPECT_EQ(comparison.verdict, Verdict::kRegressed);
  EXPECT_EQ(comparison.exit_code, 1);
}

TEST_F(GateAnchors, AMachineSlowerThanItWasIsShownAndPasses) {
  AcceptSessions(5, WithAnchors());
  const Comparison comparison = Judged(Measured(Moved(1.12, 1.12)));
  const SuiteFinding& suite = Suite(comparison, FamilyKind::kDecode);
  EXPECT_EQ(suite.verdict, SuiteVerdict::kSuiteShift);
  EXPECT_TRUE(suite.explained);
  EXPECT_FALSE(suite.decides);
  EXPECT_NEAR(*suite.anchor_change, 0.12, 0.03);
  EXPECT_EQ(comparison.exit_code, 0);
}

TEST_F(GateAnchors, ASuiteFasterThanTheMachineIsAnImprovement) {
  AcceptSessions(5, WithAnchors());
  const Comparison comparison = Judged(Measured(Moved(0.85, 1.0)));
  EXPECT_EQ(Suite(comparison, FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteImprovement);
  EXPECT_EQ(comparison.exit_code, 0);
}

TEST_F(GateAnchors, TheSameAgainIsUnchanged) {
  AcceptSessions(5, WithAnchors());
  const Comparison comparison = Judged(Measured(WithAnchors()));
  EXPECT_EQ(Suite(comparison, FamilyKind::kDecode).verdict, SuiteVerdict::kUnchanged);
  EXPECT_EQ(comparison.exit_code, 0);
}

// Without anchors nothing could be said of all together: that takes three sessions.
TEST_F(GateAnchors, OneSessionWithAnchorsIsEnough) {
  AcceptSessions(1, WithAnchors());
  EXPECT_EQ(Judged(Measured(Moved(1.4, 1.0))).exit_code, 1);
  EXPECT_EQ(Judged(Measured(Moved(1.0, 1.0))).exit_code, 0);
  const Comparison machine = Judged(Measured(Moved(1.4, 1.4)));
  EXPECT_EQ(machine.exit_code, 0);
  EXPECT_EQ(Suite(machine, FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteShift);
}

// The machine got faster and the service (on a GPU, say) did not go along: nobody waits longer than before.
TEST_F(GateAnchors, WhatIsNoSlowerThanItsBaselineIsNoRegression) {
  AcceptSessions(5, WithAnchors());
  for (const double faster : {0.95, 0.9, 0.85}) {
    const Comparison comparison = Judged(Measured(Moved(0.99, faster)));
    EXPECT_EQ(comparison.exit_code, 0) << faster;
    EXPECT_NE(Suite(comparison, FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteRegression) << faster;
  }
  EXPECT_EQ(Judged(Measured(Moved(1.08, 0.95))).exit_code, 1) << "slower, and the machine faster";
}

TEST_F(GateAnchors, WhatIsMissingIsSaid) {
  AcceptSessions(3, WithAnchors());
  const auto why = [&](const run::Run& run) { return Suite(Judged(run), FamilyKind::kDecode).why_no_anchors; };
  run::Run run = Measured(Moved(1, 0));
  EXPECT_THAT(why(run), HasSubstr("no anchors in the run (--anchors=off"));
  run.info.anchors = run::Anchors{"pinned 1", {}, "foundry-embedded did not start"};
  EXPECT_THAT(why(run), HasSubstr("foundry-embedded did not start"));
  run = Measured(WithAnchors());
  run.info.anchors->yardstick = "pinned 2";
  EXPECT_THAT(why(run), HasSubstr("has another yardstick"));
}

TEST_F(GateAnchors, SessionsWithoutAnchorsSayNothing) {
  AcceptSessions(3, Moved(1, 0));
  const Comparison comparison = Judged(Measured(Moved(1.15, 1.0)));
  const SuiteFinding& suite = Suite(comparison, FamilyKind::kDecode);
  EXPECT_THAT(suite.why_no_anchors, HasSubstr("has no anchors; accept a run with anchors"));
  EXPECT_EQ(suite.verdict, SuiteVerdict::kSuiteShift);
  EXPECT_EQ(comparison.exit_code, 3);  // cannot tell the machine from the service
}

TEST_F(GateAnchors, WhatThePolicySwitchesOffIsShownAndDecidesNothing) {
  AcceptSessions(5, WithAnchors());
  policy_.suite.gate = false;
  const Comparison comparison = Judged(Measured(Moved(1.12, 1.0)));
  const SuiteFinding& suite = Suite(comparison, FamilyKind::kDecode);
  EXPECT_EQ(suite.verdict, SuiteVerdict::kSuiteRegression);
  EXPECT_FALSE(suite.gates);
  EXPECT_FALSE(suite.decides);
  EXPECT_EQ(comparison.exit_code, 0);
}

TEST_F(GateAnchors, TheSmallestEffectIsThePolicys) {
  AcceptSessions(5, WithAnchors());
  policy_.suite.min_effect_anchored = 0.2;
  EXPECT_EQ(Suite(Judged(Measured(Moved(1.12, 1.0))), FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteShift);
  policy_.suite.min_effect_anchored = 0.03;
  const run::Run run = Measured(Moved(1.12, 1.0));
  const double p = *Suite(Judged(run), FamilyKind::kDecode).beyond_p;
  policy_.suite.alpha = p * 1.01;
  EXPECT_EQ(Suite(Judged(run), FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteRegression);
  policy_.suite.alpha = p * 0.99;
  EXPECT_NE(Suite(Judged(run), FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteRegression);
}

// What one session did to all cases and not to the anchors, once and never again.
TEST_F(GateAnchors, ASecondLookClearsWhatItDoesNotFindAgain) {
  AcceptSessions(5, WithAnchors());
  const run::Run first = Measured(Moved(1.12, 1.0));
  const Comparison alone = Judged(first);
  ASSERT_EQ(alone.exit_code, 1);
  EXPECT_TRUE(Suite(alone, FamilyKind::kDecode).suspect);
  ASSERT_TRUE(alone.second_look.has_value()) << "no case is a suspect, all together are";
  EXPECT_GE(alone.second_look->suspects.size(), 8U);
  const Comparison both = Judged(first, {Again(*alone.second_look, first, WithAnchors())});
  const SuiteFinding& suite = Suite(both, FamilyKind::kDecode);
  EXPECT_EQ(suite.verdict, SuiteVerdict::kUnchanged);
  EXPECT_NEAR(*suite.beyond_again, 0.0, 0.03);
  EXPECT_THAT(suite.reason, HasSubstr("does not confirm"));
  EXPECT_EQ(both.exit_code, 0);
}

TEST_F(GateAnchors, ASecondLookConfirmsASuiteRegression) {
  AcceptSessions(5, WithAnchors());
  const run::Run first = Measured(Moved(1.12, 1.0));
  const Comparison alone = Judged(first);
  ASSERT_TRUE(alone.second_look.has_value());
  const Comparison both = Judged(first, {Again(*alone.second_look, first, Moved(1.12, 1.0))});
  EXPECT_EQ(Suite(both, FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteRegression);
  EXPECT_NEAR(*Suite(both, FamilyKind::kDecode).beyond_again, 0.12, 0.04);
  EXPECT_EQ(both.exit_code, 1);
  // Without anchors of its own it confirms nothing, and that is no pass.
  run::Run blind = Again(*alone.second_look, first, Moved(1.12, 1.0));
  blind.info.anchors.reset();
  const Comparison untold = Judged(first, {blind});
  EXPECT_EQ(Suite(untold, FamilyKind::kDecode).verdict, SuiteVerdict::kSuiteShift);
  EXPECT_THAT(Suite(untold, FamilyKind::kDecode).why_no_anchors, HasSubstr("second look"));
  EXPECT_EQ(untold.exit_code, 3);
}

}  // namespace
}  // namespace assay::compare

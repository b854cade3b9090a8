// SPDX-License-Identifier: MIT
// The suite against anchors. Numbers for complete data: gate_reference_test.cc.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "ctest/unit/stats/made_suites.h"
#include "tools/stats/gate.h"

namespace assay::stats {
namespace {

struct Both {
  std::vector<StoredCase> suite;
  std::vector<StoredCase> anchors;
};
// A machine that is slow today for all of them.
Both SlowMachine(std::size_t sessions, std::size_t cases = 20, std::size_t anchors = 6) {
  Shape shape;
  shape.sessions = sessions;
  shape.head_effect = 0.3;
  shape.cases = cases;
  Both both;
  both.suite = MakeSuite(9, shape);
  shape.cases = anchors;
  both.anchors = MakeSuite(10, shape);
  return both;
}
void SlowDownAll(std::vector<StoredCase>& cases, double factor) {
  for (StoredCase& one : cases) SlowDown(one.head, factor);
}

TEST(AnchoredSuiteShift, TellsTheMachineFromTheSoftware) {
  Both both = SlowMachine(5);
  const auto machine = AnchoredSuiteShift(both.suite, both.anchors, {});
  ASSERT_TRUE(machine.has_value());
  EXPECT_NEAR(machine->beyond.shift, 0, 0.03);
  EXPECT_GT(machine->beyond.p.value(), 0.01);
  EXPECT_NEAR(machine->anchors, 0.3, 0.05) << "what the machine did by itself is shown";
  EXPECT_DOUBLE_EQ(machine->beyond.shift, machine->suite - machine->anchors);
  EXPECT_EQ(machine->suite_used, 20U);
  EXPECT_EQ(machine->anchors_used, 6U);
  EXPECT_EQ(machine->sessions, 5U);

  SlowDownAll(both.suite, 1.08);
  const auto software = AnchoredSuiteShift(both.suite, both.anchors, {});
  ASSERT_TRUE(software.has_value());
  EXPECT_NEAR(software->beyond.shift, machine->beyond.shift + std::log(1.08), 1e-12);
  EXPECT_LT(software->beyond.p.value(), 0.01);
  EXPECT_GT(software->beyond.p_faster.value(), 0.99);
  EXPECT_FALSE(AnchoredSuiteShift(both.suite, {}, {}).has_value());
  EXPECT_FALSE(AnchoredSuiteShift({}, both.anchors, {}).has_value());
}

// Another process takes the machine for four requests of the head's session, suite and anchors alike. The anchors,
// which hardly vary, lose these values to trimming; of the cases, which vary much, others are trimmed, and their means
// rise.
class InStepTest : public ::testing::Test {
 protected:
  InStepTest() {
    Shape shape;
    shape.cases = 12;
    shape.n = 20;
    shape.noise = 0.2;
    suite_ = MakeSuite(71, shape);
    shape.cases = 6;
    shape.noise = 0.005;
    anchors_ = MakeSuite(72, shape);
    in_step_.sessions.assign(5, true);
    in_step_.head = true;
  }
  void DisturbTheHead() {
    for (std::vector<StoredCase>* side : {&suite_, &anchors_}) {
      for (StoredCase& one : *side) {
        for (std::size_t i = 7; i < 11; ++i) one.head[i] += 0.5;
      }
    }
  }
  double Beyond(const InStep& in_step) const { return AnchoredSuiteShift(suite_, anchors_, {}, in_step)->beyond.shift; }

  std::vector<StoredCase> suite_;
  std::vector<StoredCase> anchors_;
  InStep in_step_;
};

TEST_F(InStepTest, WhatTheMachineDidMomentByMomentIsTakenOut) {
  const double apart = Beyond({});
  const double together = Beyond(in_step_);
  DisturbTheHead();
  EXPECT_GT(Beyond({}), apart + 0.03);
  EXPECT_NEAR(Beyond(in_step_), together, 0.003);
  EXPECT_NEAR(Beyond(in_step_), 0, 0.05);
  const double before = Beyond(in_step_);
  SlowDownAll(suite_, 1.08);
  EXPECT_NEAR(Beyond(in_step_), before + std::log(1.08), 1e-12);
}

// Twenty requests in four parts tell more of how far sessions come to lie apart than five sessions do, unless these lie
// further apart than that.
TEST_F(InStepTest, PartsOfSessionsSayHowFarSessionsLieApart) {
  Noise noise(73);
  // A tenth, by chance, at each moment: suite against anchors.
  const auto disturb = [&](const auto& values_of) {
    const Values moments = noise.Sample(20, 0, 0.1);
    for (StoredCase& one : suite_) {
      Values& values = values_of(one);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += moments[i];
    }
  };
  disturb([](StoredCase& one) -> Values& { return one.head; });
  for (std::size_t k = 0; k < 5; ++k) {
    disturb([k](StoredCase& one) -> Values& { return one.sessions[k]; });
  }
  const auto apart = AnchoredSuiteShift(suite_, anchors_, {});
  const auto together = AnchoredSuiteShift(suite_, anchors_, {}, in_step_);
  ASSERT_TRUE(apart && together);
  EXPECT_GT(together->beyond.df, apart->beyond.df + 5);
  EXPECT_NEAR(together->beyond.se.value(), 0.1 / std::sqrt(20.0) * std::sqrt(1.2), 0.015);

  const double df = together->beyond.df;
  const double moved[] = {0.15, -0.1, 0.12, -0.16, 0};
  for (std::size_t k = 0; k < 5; ++k) {
    for (StoredCase& one : suite_) SlowDown(one.sessions[k], std::exp(moved[k]));
  }
  const auto further = AnchoredSuiteShift(suite_, anchors_, {}, in_step_);
  EXPECT_LT(further->beyond.df, df - 5);
  EXPECT_NEAR(further->beyond.se.value(), 0.135 * std::sqrt(1.2), 0.03) << "of the five sessions";
}

// The spread of sessions that are rid of their course is no yardstick for a head that is not.
TEST_F(InStepTest, SessionsInStepSayNothingOfAHeadThatIsNot) {
  in_step_.head = false;
  const auto mixed = AnchoredSuiteShift(suite_, anchors_, {}, in_step_);
  const auto apart = AnchoredSuiteShift(suite_, anchors_, {});
  EXPECT_EQ(mixed->beyond.shift, apart->beyond.shift);
  EXPECT_EQ(mixed->beyond.se, apart->beyond.se);
  in_step_.head = true;
  in_step_.sessions.assign(5, false);
  EXPECT_NE(AnchoredSuiteShift(suite_, anchors_, {}, in_step_)->beyond.shift, apart->beyond.shift)
      << "the other way round it only errs to the safe side";
}

// A short answer that came in one read has no time per token: the other anchors still tell the course.
TEST_F(InStepTest, AnAnchorWithAValueLessDoesNotTakeTheOthersAlong) {
  const double together = Beyond(in_step_);
  DisturbTheHead();
  anchors_.front().head.erase(anchors_.front().head.begin() + 2);
  anchors_.front().sessions[1].pop_back();
  EXPECT_NEAR(Beyond(in_step_), together, 0.005);
}

// As many values as passes, or there is no telling which belongs to which; and three anchors, or one that was disturbed
// would disturb all cases.
TEST_F(InStepTest, WithoutAPartnerForEachValueNothingIsTakenOut) {
  const auto same = [&](const InStep& in_step) {
    const auto one = AnchoredSuiteShift(suite_, anchors_, {}, in_step);
    const auto other = AnchoredSuiteShift(suite_, anchors_, {});
    return one->beyond.shift == other->beyond.shift && one->beyond.se == other->beyond.se;
  };
  EXPECT_TRUE(same({}));
  EXPECT_FALSE(same(in_step_));
  for (StoredCase& one : suite_) {
    one.head.pop_back();
    for (Values& session : one.sessions) session.pop_back();
  }
  EXPECT_TRUE(same(in_step_));
  anchors_.resize(2);
  EXPECT_TRUE(same(in_step_));
}

TEST(AnchoredSuiteShift, OneSessionIsEnoughForALargeChange) {
  Both both = SlowMachine(1);
  EXPECT_GT(AnchoredSuiteShift(both.suite, both.anchors, {})->beyond.p.value(), 0.01);
  SlowDownAll(both.suite, 1.4);
  EXPECT_LT(AnchoredSuiteShift(both.suite, both.anchors, {})->beyond.p.value(), 1e-4);
}

TEST(AnchoredSuiteShift, OneSessionNeedsThreeCasesAndSixAnchors) {
  for (const auto& [cases, anchors, told] :
       {std::tuple(3U, 6U, true), std::tuple(2U, 6U, false), std::tuple(3U, 5U, false)}) {
    const Both both = SlowMachine(1, cases, anchors);
    const auto beyond = AnchoredSuiteShift(both.suite, both.anchors, {});
    ASSERT_TRUE(beyond.has_value());
    EXPECT_EQ(beyond->beyond.p.has_value(), told) << cases << ' ' << anchors;
  }
}

// Baseline sessions that moved the anchors alone by -5 % .. +5 % say that a session can do that.
TEST(AnchoredSuiteShift, WhatSessionsDoToTheAnchorsAloneIsNoProof) {
  Both both = SlowMachine(5);
  SlowDownAll(both.suite, 1.08);
  const double before = AnchoredSuiteShift(both.suite, both.anchors, {})->beyond.p.value();
  const std::vector<double> alone = {0.05, -0.05, 0.04, -0.04, 0};
  for (StoredCase& one : both.anchors) {
    for (std::size_t k = 0; k < alone.size(); ++k) SlowDown(one.sessions[k], std::exp(alone[k]));
  }
  const auto after = AnchoredSuiteShift(both.suite, both.anchors, {});
  ASSERT_TRUE(after.has_value());
  EXPECT_LT(before, 0.001);
  EXPECT_GT(after->beyond.p.value(), 0.01);
  // Variance of `alone`: (2 * 0.0025 + 2 * 0.0016) / 4 = 0.00205, times 1 + 1/5.
  const double se = after->beyond.se.value();
  EXPECT_NEAR(se * se, 0.00246, 0.0008);
  EXPECT_NEAR(se * se, after->cases_se * after->cases_se + after->apart_variance, 1e-15);
}

TEST(AnchoredSuiteShift, StatesTheSmallestDetectableShift) {
  const Both both = SlowMachine(5);
  const auto beyond = AnchoredSuiteShift(both.suite, both.anchors, {});
  ASSERT_TRUE(beyond.has_value());
  // z_0.99 + z_0.8 = 3.17; with few degrees of freedom somewhat more.
  EXPECT_GT(*beyond->beyond.mde, 3.16 * *beyond->beyond.se);
  EXPECT_LT(*beyond->beyond.mde, 5 * *beyond->beyond.se);
}

// Two kinds of anchors, three of each: one costs as much per token as the suite's models, the other a third.
class NearAnchorsTest : public ::testing::Test {
 protected:
  explicit NearAnchorsTest(std::size_t sessions = 5) {
    Shape shape;
    shape.level_step = 0.02;
    shape.head_effect = 0;
    shape.sessions = sessions;
    suite_ = MakeSuite(81, shape);
    shape.cases = 6;
    anchors_ = MakeSuite(82, shape);
    for (std::size_t i = 0; i < 3; ++i) {
      SlowDown(anchors_[i].head, 1.0 / 3);
      for (Values& session : anchors_[i].sessions) SlowDown(session, 1.0 / 3);
    }
    options_.anchors_near = 0.2;
  }
  AnchoredShift Judge() const { return *AnchoredSuiteShift(suite_, anchors_, options_); }

  std::vector<StoredCase> suite_;
  std::vector<StoredCase> anchors_;
  GateOptions options_;
};

TEST_F(NearAnchorsTest, AllCountWhereTheyMovedAlike) {
  SlowDownAll(suite_, 1.3);
  SlowDownAll(anchors_, 1.3);
  EXPECT_EQ(Judge().anchors_used, 6U);
  EXPECT_NEAR(Judge().beyond.shift, 0, 0.03);
}

// Neighbours take a part of the cache: what reads much memory gets slower, and what does not stays as it was.
TEST_F(NearAnchorsTest, WhereTheyMovedApartThoseLikeTheSuiteCount) {
  SlowDownAll(suite_, 1.3);
  for (std::size_t i = 3; i < 6; ++i) SlowDown(anchors_[i].head, 1.3);
  EXPECT_EQ(Judge().anchors_used, 3U);
  EXPECT_NEAR(Judge().anchors, std::log(1.3), 0.03);
  EXPECT_NEAR(Judge().beyond.shift, 0, 0.03);
  EXPECT_GT(Judge().beyond.p.value(), 0.05);
  SlowDownAll(suite_, 1.1);
  EXPECT_LT(Judge().beyond.p.value(), 0.01);
  options_.anchors_near.reset();
  EXPECT_EQ(Judge().anchors_used, 6U);
  EXPECT_GT(Judge().beyond.shift, std::log(1.1) + 0.1) << "the median lies between them";
}

TEST_F(NearAnchorsTest, OneKindOfAnchorsIsAllThereIs) {
  anchors_.resize(3);
  EXPECT_EQ(Judge().anchors_used, 3U);
  options_.anchors_near = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Judge().anchors_used, 3U);
}

class NearAnchorsOfTwoSessionsTest : public NearAnchorsTest {
 protected:
  NearAnchorsOfTwoSessionsTest() : NearAnchorsTest(2) {}
};

TEST_F(NearAnchorsOfTwoSessionsTest, TwoSessionsDoNotTellWhetherTheyMovedApart) {
  for (std::size_t i = 3; i < 6; ++i) SlowDown(anchors_[i].head, 1.3);
  EXPECT_EQ(Judge().anchors_used, 6U);
}

// A suite that does a third more than its anchors whatever the machine does, in sessions that it moved by up to 20 %.
TEST(AnchoredSuiteShift, SessionsSayHowFarTheSuiteFollows) {
  const std::vector<double> machine = {0.2, -0.2, 0.1, -0.1, 0};
  Both both = SlowMachine(5);
  GateOptions options;
  options.anchors_follow = 0.2;
  options.anchors_slope = true;
  const InStep in_step{{true, true, true, true, true}, true};
  const auto move = [&](double share) {
    for (std::vector<StoredCase>* side : {&both.suite, &both.anchors}) {
      const double times = side == &both.suite ? share : 1;
      for (StoredCase& one : *side) {
        for (std::size_t k = 0; k < machine.size(); ++k) SlowDown(one.sessions[k], std::exp(times * machine[k]));
      }
    }
  };
  // Nothing moved the anchors yet (a session's 3 % aside): as before.
  const auto still = AnchoredSuiteShift(both.suite, both.anchors, options, in_step);
  options.anchors_slope = false;
  const auto plain = AnchoredSuiteShift(both.suite, both.anchors, options, in_step);
  EXPECT_NEAR(still->beyond.shift, plain->beyond.shift, 0.03);
  EXPECT_LE(*still->beyond.se, *plain->beyond.se);

  move(4.0 / 3);
  SlowDownAll(both.suite, std::exp(0.3 / 3));  // the head's machine is 30 % slower
  EXPECT_GT(AnchoredSuiteShift(both.suite, both.anchors, options, in_step)->beyond.shift, 0.07);
  options.anchors_slope = true;
  const auto learned = AnchoredSuiteShift(both.suite, both.anchors, options, in_step);
  EXPECT_NEAR(learned->beyond.shift, 0, 0.03);
  EXPECT_LT(*learned->beyond.se, 0.5 * 0.2 * 0.3);
  SlowDownAll(both.suite, 1.12);
  EXPECT_LT(AnchoredSuiteShift(both.suite, both.anchors, options, in_step)->beyond.p.value(), 0.01);
}

}  // namespace
}  // namespace assay::stats

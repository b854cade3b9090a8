// SPDX-License-Identifier: MIT
// What the reference does not define, and what every verdict rests on. Numbers against the reference:
// gate_reference_test.cc.
#include "tools/stats/gate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "ctest/unit/stats/made_suites.h"

namespace assay::stats {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// d = 0, 0, 0.2 with V = 0.01 and df 4: D = 0, z = 2, P(T_4 > 2) = 0.05805826 (R: pt(2, 4, lower.tail = FALSE)), three
// cases; t_4(0.975) = 2.776445 (R: qt).
TEST(GateCore, CountedByHand) {
  const std::vector<CaseInput> cases = {{0, 0.01, 4, 0, {}, {}}, {0.2, 0.01, 4, 0, {}, {}}, {0, 0.01, 4, 0, {}, {}}};
  const auto gate = GateCore(cases, true, false, {});
  ASSERT_TRUE(gate.has_value());
  const CaseEstimate& slow = gate->cases[1].value();
  EXPECT_DOUBLE_EQ(slow.shift, 0.2);
  EXPECT_DOUBLE_EQ(slow.se, 0.1);
  EXPECT_NEAR(slow.p, 0.058058261758408, 1e-13);
  EXPECT_NEAR(slow.p_faster, 1 - slow.p, 1e-15);
  EXPECT_NEAR(slow.p_holm, 3 * slow.p, 1e-15);
  EXPECT_NEAR(slow.lower, 0.2 - 0.2776445, 1e-7);
  EXPECT_NEAR(slow.upper, 0.2 + 0.2776445, 1e-7);
  EXPECT_TRUE(slow.suspect);
  EXPECT_FALSE(slow.flagged);
  EXPECT_EQ(gate->lambda, 1) << "three cases say nothing about the errors";
}

// t_4(1 - 0.05/3) = 3.186 and t_4(0.8) = 0.941 (Student's table): 4.127 standard errors of 0.1. The error of a log
// estimate alone: ln 1.05 + 0.0941 is less. With a minimum effect of 100 %: ln 2 + 0.0941.
TEST(GateCore, StatesTheSmallestDetectableEffect) {
  std::vector<CaseInput> cases(3, CaseInput{0, 0.01, 4, 0, {}, {}});
  cases[2].min_effect = 1.0;
  const auto gate = GateCore(cases, true, false, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_NEAR(gate->cases[0]->mde, 0.4127, 1e-3);
  EXPECT_EQ(gate->cases[0]->mde_flagged, gate->cases[0]->mde);
  EXPECT_NEAR(gate->cases[2]->mde_flagged, std::log(2) + 0.0941, 1e-4);
}

TEST(GateCore, TestsAgainstTheToleranceOfTheCase) {
  const std::vector<CaseInput> cases = {{std::log(1.1), 1e-4, 50, 0, 0.1, {}}, {std::log(1.1), 1e-4, 50, 0, {}, {}}};
  const auto gate = GateCore(cases, false, false, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_NEAR(gate->cases[0]->p, 0.5, 1e-12);
  EXPECT_FALSE(gate->cases[0]->flagged);
  EXPECT_TRUE(gate->cases[1]->flagged);
}

TEST(GateCore, FlagsNothingBelowTheMinimumEffect) {
  std::vector<CaseInput> cases(2, CaseInput{std::log(1.04), 1e-6, 50, 0, {}, {}});
  cases[1].min_effect = 0.03;
  const auto gate = GateCore(cases, false, false, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_LT(gate->cases[0]->p_holm, 1e-6);
  EXPECT_FALSE(gate->cases[0]->flagged);
  EXPECT_TRUE(gate->cases[1]->flagged);
}

// Half of 5 % is 2.5 %: +2 % is no suspect however sure, +3 % is one.
TEST(GateCore, SuspectsNothingBelowHalfTheMinimumEffect) {
  const std::vector<CaseInput> cases = {{std::log(1.02), 1e-6, 50, 0, {}, {}}, {std::log(1.03), 1e-6, 50, 0, {}, {}}};
  const auto gate = GateCore(cases, false, false, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_LT(gate->cases[0]->p, 1e-6);
  EXPECT_FALSE(gate->cases[0]->suspect);
  EXPECT_TRUE(gate->cases[1]->suspect);
  EXPECT_EQ(Suspects(*gate), std::vector<std::size_t>{1});
}

TEST(GateCore, RefusesWhatAllowsNoAnswer) {
  const CaseInput good = {0.1, 0.01, 4, 0, {}, {}};
  const auto gate = [](std::vector<CaseInput> cases, bool centred, const GateOptions& options) {
    return GateCore(cases, centred, false, options).has_value();
  };
  EXPECT_TRUE(gate({good}, false, {}));
  EXPECT_FALSE(gate({}, false, {}));
  EXPECT_FALSE(gate({good}, true, {})) << "one case is its own centre";
  for (const CaseInput& bad :
       {CaseInput{kNan, 0.01, 4, 0, {}, {}}, CaseInput{0, 0, 4, 0, {}, {}}, CaseInput{0, HUGE_VAL, 4, 0, {}, {}},
        CaseInput{0, 0.01, 0, 0, {}, {}}, CaseInput{0, 0.01, 4, 0, -0.1, {}}, CaseInput{0, 0.01, 4, 0, {}, kNan}}) {
    EXPECT_FALSE(gate({good, bad}, false, {}));
  }
  GateOptions options;
  options.alpha = 0;
  EXPECT_FALSE(gate({good}, false, options));
  options = {};
  options.level = 1;
  EXPECT_FALSE(gate({good}, false, options));
}

TEST(GateStored, FindsTheSlowCaseAndNoOther) {
  auto cases = MakeSuite(1, {});
  SlowDown(cases[4].head, 1.2);
  const auto gate = GateStored(cases, {});
  ASSERT_TRUE(gate.has_value());
  for (std::size_t c = 0; c < cases.size(); ++c) EXPECT_EQ(gate->cases[c].value().flagged, c == 4) << c;
  EXPECT_NEAR(gate->cases[4]->shift, std::log(1.2), 0.05);
}

TEST(GateStored, JudgesCasesOfDifferentSizes) {
  auto cases = MakeSuite(2, {});
  cases[0].head.resize(3);
  cases[1].sessions[2].resize(5);
  cases[2].sessions[0].resize(2);
  const auto gate = GateStored(cases, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_EQ(gate->family, cases.size());
  EXPECT_GT(gate->cases[0]->se, gate->cases[5]->se) << "three requests say less than twelve";
  EXPECT_EQ(gate->cases[0]->df, 9) << "at most three times the requests of the head";
}

TEST(GateStored, LeavesOutWhatCannotBeJudged) {
  auto cases = MakeSuite(3, {});
  cases[0].head.clear();
  cases[1].head.resize(1);
  cases[2].sessions.assign(5, {});
  cases[3].head[2] = kNan;
  cases[4].sessions[1][0] = HUGE_VAL;
  const auto gate = GateStored(cases, {});
  ASSERT_TRUE(gate.has_value());
  for (std::size_t c = 0; c < 5; ++c) EXPECT_FALSE(gate->cases[c].has_value()) << c;
  for (std::size_t c = 5; c < cases.size(); ++c) EXPECT_TRUE(gate->cases[c].has_value()) << c;
  EXPECT_EQ(gate->family, cases.size() - 5);
}

// Session 4 was half as slow again (exp 0.5); case 0 was not in it. By itself its baseline mean lies 0.5/5 = 0.1 below
// the others', which would look like +10 %.
TEST(GateStored, CorrectsForTheSessionsACaseMissed) {
  Shape shape;
  shape.session_effects = {0, 0, 0, 0, 0.5};
  shape.noise = 0.002;
  shape.head_effect = 0;
  auto cases = MakeSuite(4, shape);
  cases[0].sessions[4].clear();
  const auto gate = GateStored(cases, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_NEAR(gate->cases[0].value().shift, 0, 0.005);
  EXPECT_LT(gate->session_variance, 1e-5) << "the slow session was slow for all";
  EXPECT_FALSE(gate->cases[0]->flagged);
  EXPECT_GE(gate->cases[0]->se, gate->cases[1]->se * 0.5);
}

TEST(GateStored, ASessionNobodyHasIsNoSession) {
  auto cases = MakeSuite(5, {});
  const auto before = GateStored(cases, {});
  for (StoredCase& one : cases) one.sessions.insert(one.sessions.begin() + 2, Values{});
  const auto after = GateStored(cases, {});
  ASSERT_TRUE(before.has_value() && after.has_value());
  for (std::size_t c = 0; c < cases.size(); ++c) EXPECT_DOUBLE_EQ(before->cases[c]->p, after->cases[c]->p);
  EXPECT_DOUBLE_EQ(before->suite->p.value(), after->suite->p.value());
}

// With levels far apart the median over the cases is one case's; without their levels it is the suite's.
TEST(GateStored, CaseDeviationsDoNotDependOnTheLevels) {
  Shape flat;
  flat.level_step = 0;
  Shape spread;
  spread.level_step = 0.9;
  GateOptions options;
  options.session_centre = SessionCentre::kCaseDeviations;
  const auto one = GateStored(MakeSuite(6, flat), options);
  const auto other = GateStored(MakeSuite(6, spread), options);
  ASSERT_TRUE(one.has_value() && other.has_value());
  for (std::size_t c = 0; c < one->cases.size(); ++c) {
    EXPECT_NEAR(one->cases[c]->shift, other->cases[c]->shift, 1e-12);
    EXPECT_NEAR(one->cases[c]->se, other->cases[c]->se, 1e-12);
  }
  EXPECT_NEAR(one->suite->shift, other->suite->shift, 1e-12);
  EXPECT_NEAR(one->suite->se.value(), other->suite->se.value(), 1e-12);
}

TEST(GateStored, OneSessionIsBlindAndOfFewCasesAdvisory) {
  Shape shape;
  shape.sessions = 1;
  const auto gate = GateStored(MakeSuite(7, shape), {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_TRUE(gate->blind);
  EXPECT_FALSE(gate->advisory);
  EXPECT_LE(gate->cases[0]->df, 0.82 * 11);
  EXPECT_FALSE(gate->suite->p.has_value());
  shape.cases = 7;
  EXPECT_TRUE(GateStored(MakeSuite(7, shape), {})->advisory);
}

// A single case cannot be told from its sessions; of two, each is the other's measure.
TEST(GateStored, TwoCasesInTwoSessionsAreNotBlind) {
  Shape shape;
  shape.cases = 2;
  shape.sessions = 2;
  auto cases = MakeSuite(22, shape);
  EXPECT_FALSE(GateStored(cases, {}).value().blind);
  cases[1].sessions[0].clear();
  EXPECT_TRUE(GateStored(cases, {}).value().blind);
}

TEST(GateStored, ConstantValuesGiveNumbers) {
  std::vector<StoredCase> cases(9, StoredCase{std::vector<Values>(4, Values(5, 2.0)), Values(5, 2.0), {}, {}});
  cases[3].head.assign(5, 2.5);
  const auto gate = GateStored(cases, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_TRUE(gate->cases[3]->flagged);
  EXPECT_NEAR(gate->cases[0]->p, 0.5, 1e-12);
  EXPECT_FALSE(gate->suite->p.has_value()) << "sessions that never differ say nothing of how far one can";
}

TEST(StoredSuiteShift, SeesAShiftFarBeyondTheSessions) {
  Shape shape;
  shape.head_effect = 0.4;
  const auto suite = StoredSuiteShift(MakeSuite(8, shape), {});
  ASSERT_TRUE(suite.has_value());
  EXPECT_NEAR(suite->shift, 0.4 - 0.008, 0.03) << "the mean of the sessions' effects is 0.04/5";
  EXPECT_EQ(suite->df, 4);
  EXPECT_LT(suite->p.value(), 0.01);
  EXPECT_GT(suite->p_faster.value(), 0.99);
  EXPECT_LT(suite->lower.value(), suite->shift);
}

TEST(GatePaired, JudgesASingleCase) {
  const auto gate = GatePaired(MakePairs(11, 1, 2, 0.3), {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_TRUE(gate->cases[0]->flagged);
  EXPECT_FALSE(gate->suite->p.has_value());
}

TEST(GatePaired, SeesAShiftOfAllCases) {
  const auto shifted = GatePaired(MakePairs(12, 20, 2, 0.06), {});
  const auto same = GatePaired(MakePairs(13, 20, 2, 0), {});
  ASSERT_TRUE(shifted.has_value() && same.has_value());
  EXPECT_NEAR(shifted->suite->shift, 0.06, 0.02);
  EXPECT_LT(shifted->suite->p.value(), 0.01);
  EXPECT_GT(same->suite->p.value(), 0.01);
}

// Restarts that move every other case the other way leave the medians alone: only the cases show what a restart can do.
TEST(GatePaired, ASuiteShiftHasTheErrorOfItsRestarts) {
  Noise noise(23);
  std::vector<PairedCase> pairs(20);
  for (std::size_t c = 0; c < pairs.size(); ++c) {
    const double sign = c % 2 == 0 ? 1 : -1;
    for (const double effect : {0.05, -0.05}) pairs[c].blocks.push_back(noise.Sample(10, sign * effect, 0.01));
  }
  const auto gate = GatePaired(pairs, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_GT(gate->session_variance, 1e-3);
  EXPECT_GE(gate->suite->se.value() * gate->suite->se.value(), gate->session_variance / 2);
}

TEST(GatePaired, TakesCasesWithDifferentBlocks) {
  auto pairs = MakePairs(14, 10, 3, 0);
  pairs[0].blocks.resize(1);
  pairs[1].blocks[1].clear();
  pairs[2].blocks.clear();
  pairs[3].blocks[0][0] = kNan;
  const auto gate = GatePaired(pairs, {});
  ASSERT_TRUE(gate.has_value());
  EXPECT_FALSE(gate->blind);
  EXPECT_TRUE(gate->cases[0].has_value());
  EXPECT_TRUE(gate->cases[1].has_value());
  EXPECT_FALSE(gate->cases[2].has_value());
  EXPECT_FALSE(gate->cases[3].has_value());
  EXPECT_EQ(gate->family, 8U);
}

// Anything in: whatever comes out is a number.
TEST(Gate, NeverGivesNan) {
  std::mt19937_64 bits(21);
  const Values odd = {0, 1, -1, 3, 3, 1e-300, 1e300, -1e300, 1.7e308, 1e-9, 5};
  const auto check = [](const std::optional<GateResult>& gate) {
    if (!gate) return 0;
    for (const auto& one : gate->cases) {
      if (!one) continue;
      for (const double value :
           {one->shift, one->se, one->df, one->z, one->p, one->p_holm, one->p_faster, one->p_faster_holm, one->lower,
            one->upper, one->mde, one->mde_flagged, one->base_share}) {
        EXPECT_TRUE(std::isfinite(value));
      }
    }
    EXPECT_TRUE(std::isfinite(gate->centre) && std::isfinite(gate->lambda) && std::isfinite(gate->session_variance));
    if (gate->suite) {
      EXPECT_TRUE(std::isfinite(gate->suite->shift) && std::isfinite(gate->suite->df));
      EXPECT_TRUE(std::isfinite(gate->suite->se.value_or(0)) && std::isfinite(gate->suite->p.value_or(0)));
    }
    return 1;
  };
  int answers = 0;
  for (int round = 0; round < 400; ++round) {
    const std::size_t range = round % 2 == 0 ? 5 : odd.size();
    const auto sample = [&] {
      Values values;
      for (std::size_t n = bits() % 7; n > 0; --n) values.push_back(odd[bits() % range]);
      return values;
    };
    std::vector<StoredCase> stored(1 + bits() % 12);
    std::vector<PairedCase> pairs(stored.size());
    std::vector<PairedCase> pairs_again(stored.size());
    std::vector<Values> second;
    for (std::size_t c = 0; c < stored.size(); ++c) {
      for (std::size_t k = bits() % 5; k > 0; --k) stored[c].sessions.push_back(sample());
      for (std::size_t b = bits() % 4; b > 0; --b) pairs[c].blocks.push_back(sample());
      for (std::size_t b = bits() % 4; b > 0; --b) pairs_again[c].blocks.push_back(sample());
      stored[c].head = sample();
      second.push_back(sample());
    }
    answers += check(GateStored(stored, {}));
    answers += check(GatePaired(pairs, {}));
    for (const auto& confirmed : {ConfirmStored(stored, second, {}), ConfirmPaired(pairs, pairs_again, {})}) {
      if (!confirmed) continue;
      GateResult both = confirmed->first;
      both.cases = confirmed->cases;
      answers += check(both);
    }
    if (const auto beyond = AnchoredSuiteShift(stored, stored, {})) {
      EXPECT_TRUE(std::isfinite(beyond->beyond.shift) && std::isfinite(beyond->beyond.p.value_or(0)));
    }
  }
  EXPECT_GT(answers, 800) << "most of that is odd, not hopeless";
}

}  // namespace
}  // namespace assay::stats

// SPDX-License-Identifier: MIT
// What the rule hands to stats::GateStored and what it makes of the answer. Expected numbers come from the gate itself,
// called here with cases laid out by hand; that the gate is right is tested beside it against its reference.
#include "tools/compare/gate_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tools/stats/gate.h"

namespace assay::compare {
namespace {

using ::testing::HasSubstr;

// Times around a level, up to 6 % to both sides, the same on every machine.
class Noise {
 public:
  std::vector<double> Times(int n, double level) {
    std::vector<double> values;
    for (int i = 0; i < n; ++i) values.push_back(level * std::exp(0.06 * Between()));
    return values;
  }

 private:
  double Between() { return static_cast<double>(random_()) / 2147483648.0 - 1.0; }  // [-1, 1)
  std::mt19937 random_{7};
};

// What each session and the run do to all cases, in logarithms.
struct Drift {
  std::vector<double> sessions;
  double head = 0;
};

// Cases on levels of 100, 150, 225, ... ms: far apart, as those of a real suite.
std::vector<LatencySeries> Family(int cases, const Drift& drift, int n = 10) {
  Noise noise;
  std::vector<LatencySeries> family;
  for (int c = 0; c < cases; ++c) {
    const double level = 100 * std::pow(1.5, c);
    LatencySeries one;
    one.case_id = "case " + std::to_string(c);
    one.metric = run::FindMetric("tpot_ms");
    one.min_effect = 0.05;
    one.head = noise.Times(n, level * std::exp(drift.head));
    for (std::size_t k = 0; k < drift.sessions.size(); ++k) {
      one.base.push_back({"session " + std::to_string(k), noise.Times(n, level * std::exp(drift.sessions[k]))});
    }
    family.push_back(std::move(one));
  }
  return family;
}

void Scale(std::vector<double>& values, double factor) {
  for (double& value : values) value *= factor;
}

FamilyFindings Judge(const std::vector<LatencySeries>& family, double alpha) {
  return GateRule().JudgeFamily(family, {}, {alpha, {}});
}

std::vector<double> Logs(std::vector<double> values) {
  for (double& value : values) value = std::log(value);
  return values;
}

stats::GateOptions Options(double alpha = 0.05) {
  stats::GateOptions options;
  options.alpha = alpha;
  options.session_centre = stats::SessionCentre::kCaseDeviations;
  options.biweight_centre = true;
  options.own_sessions = true;
  options.guard_sides = true;
  return options;
}

// Every session of every case in its order.
std::vector<stats::StoredCase> Stored(const std::vector<LatencySeries>& family) {
  std::vector<stats::StoredCase> cases;
  for (const LatencySeries& one : family) {
    stats::StoredCase stored;
    stored.head = Logs(one.head);
    stored.min_effect = one.min_effect;
    for (const SessionValues& session : one.base) stored.sessions.push_back(Logs(session.values));
    cases.push_back(std::move(stored));
  }
  return cases;
}

const Drift kFive{{0.01, -0.02, 0.005, 0.015, -0.01}, 0.01};

void ExpectSame(const LatencyFinding& finding, const stats::CaseEstimate& expected) {
  EXPECT_NEAR(finding.change.value(), std::expm1(expected.shift), 1e-12);
  EXPECT_NEAR(finding.lower.value(), std::expm1(expected.lower), 1e-12);
  EXPECT_NEAR(finding.upper.value(), std::expm1(expected.upper), 1e-12);
  const bool slower = expected.shift >= 0;
  EXPECT_NEAR(finding.p.value(), slower ? expected.p : expected.p_faster, 1e-12);
  EXPECT_NEAR(finding.p_adjusted.value(), slower ? expected.p_holm : expected.p_faster_holm, 1e-12);
  EXPECT_NEAR(finding.mde.value(), std::expm1(expected.mde_flagged), 1e-12);
  EXPECT_NEAR(finding.se.value(), expected.se, 1e-12);
  EXPECT_NEAR(finding.df.value(), expected.df, 1e-9);
  EXPECT_EQ(finding.suspect, expected.suspect);
}

TEST(GateRule, OneCaseOfTwelveThatIsAFifthSlowerIsFound) {
  std::vector<LatencySeries> family = Family(12, kFive);
  Scale(family[4].head, 1.2);
  const FamilyFindings judged = Judge(family, 0.05);
  const stats::GateResult expected = stats::GateStored(Stored(family), Options()).value();
  ASSERT_EQ(judged.pairs.size(), 12U);
  for (std::size_t c = 0; c < 12; ++c) {
    EXPECT_EQ(judged.pairs[c].verdict, c == 4 ? Verdict::kRegressed : Verdict::kUnchanged) << c;
    EXPECT_EQ(judged.pairs[c].family, 12U);
    EXPECT_EQ(judged.pairs[c].sessions, 5U);
    EXPECT_EQ(judged.pairs[c].n_base, 50U);
    ExpectSame(judged.pairs[c], expected.cases[c].value());
  }
  EXPECT_NEAR(*judged.pairs[4].change, 0.2, 0.05);
  EXPECT_TRUE(judged.pairs[4].suspect);
}

// Medians and levels: the same cases by the reference's centre give other numbers, so the option is in use.
TEST(GateRule, SessionsAreCentredByDeviationsFromEachCase) {
  const std::vector<LatencySeries> family = Family(12, kFive);
  stats::GateOptions reference = Options();
  reference.session_centre = stats::SessionCentre::kCaseMedian;
  const double by_median = stats::GateStored(Stored(family), reference)->cases[0]->se;
  EXPECT_GT(std::fabs(*Judge(family, 0.05).pairs[0].se - by_median), 1e-6);
}

TEST(GateRule, WhatAllCasesDidTogetherIsNoRegressionButASuiteShift) {
  const std::vector<LatencySeries> family = Family(12, {kFive.sessions, 0.10});
  const FamilyFindings judged = Judge(family, 0.05);
  for (const LatencyFinding& finding : judged.pairs) EXPECT_EQ(finding.verdict, Verdict::kUnchanged);
  ASSERT_TRUE(judged.suite.has_value());
  const stats::SuiteShift expected = stats::StoredSuiteShift(Stored(family), Options()).value();
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kSuiteShift);
  EXPECT_TRUE(judged.suite->Slower());
  EXPECT_NEAR(*judged.suite->change, std::expm1(expected.shift), 1e-12);
  EXPECT_NEAR(*judged.suite->change, std::expm1(0.10), 0.03);
  EXPECT_NEAR(*judged.suite->p, *expected.p, 1e-12);
  EXPECT_NEAR(*judged.suite->lower, std::expm1(*expected.lower), 1e-12);
  EXPECT_NEAR(*judged.suite->upper, std::expm1(*expected.upper), 1e-12);
  EXPECT_EQ(judged.suite->cases, 12U);
  EXPECT_EQ(judged.suite->sessions, 5U);
}

TEST(GateRule, AFasterSuiteIsAShiftToo) {
  const FamilyFindings judged = Judge(Family(12, {kFive.sessions, -0.10}), 0.05);
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kSuiteShift);
  EXPECT_FALSE(judged.suite->Slower());
  EXPECT_LT(*judged.suite->p, SuitePolicy().alpha);
}

TEST(GateRule, ASuiteShiftIsLargeAndBeyondTheSessions) {
  // Within 5 %, though the sessions hardly differ and p is small.
  const FamilyFindings small = Judge(Family(12, {{0, 0, 0, 0, 0}, 0.035}), 0.05);
  EXPECT_LT(*small.suite->p, SuitePolicy().alpha);
  EXPECT_LT(*small.suite->change, SuitePolicy().min_effect);
  EXPECT_EQ(small.suite->verdict, SuiteVerdict::kUnchanged);
  // 10 %, and sessions as far apart as that.
  const FamilyFindings noisy = Judge(Family(12, {{0.1, -0.1, 0, 0.08, -0.06}, 0.10}), 0.05);
  EXPECT_GT(*noisy.suite->change, SuitePolicy().min_effect);
  EXPECT_GT(*noisy.suite->p, SuitePolicy().alpha);
  EXPECT_EQ(noisy.suite->verdict, SuiteVerdict::kUnchanged);
}

TEST(GateRule, BelowThreeSessionsTheSuiteIsNotJudged) {
  const FamilyFindings judged = Judge(Family(12, {{0.01, -0.01}, 0.15}), 0.05);
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kNotJudged);
  EXPECT_EQ(judged.suite->reason, "needs 3 accepted sessions, found 2");
  EXPECT_NEAR(*judged.suite->change, std::expm1(0.15), 0.03);  // shown all the same
  EXPECT_FALSE(judged.suite->p.has_value());
}

TEST(GateRule, BelowThreeSessionsALargeSuiteShiftIsNotPassedOver) {
  const FamilyFindings judged = Judge(Family(12, {{0.01, -0.01}, 0.5}), 0.05);
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kSuiteShift);
  EXPECT_TRUE(judged.suite->Slower());
  EXPECT_FALSE(judged.suite->p.has_value());
  EXPECT_EQ(Judge(Family(12, {{0.01, -0.01}, -0.5}), 0.05).suite->verdict, SuiteVerdict::kNotJudged) << "faster";
}

// Sessions too far apart to tell, and sessions that are all the same.
TEST(GateRule, NorIsItWhereTheSessionsCannotTell) {
  const FamilyFindings apart = Judge(Family(12, {{0.3, -0.3, 0, 0.25, -0.25}, 0.4}), 0.05);
  EXPECT_GT(*apart.suite->p, SuitePolicy().alpha);
  EXPECT_EQ(apart.suite->verdict, SuiteVerdict::kSuiteShift);
}

// Three names, of which every case has one: that is one session, however many there are in all.
TEST(GateRule, SessionsWithoutACommonCaseAreNotCountedTogether) {
  std::vector<LatencySeries> family = Family(12, {{0}, 0});
  for (std::size_t c = 0; c < 12; ++c) family[c].base[0].session = "session " + std::to_string(c % 3);
  const FamilyFindings judged = Judge(family, 0.05);
  EXPECT_EQ(judged.suite->sessions, 1U);
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kNotJudged);
}

TEST(GateRule, OneSessionIsJudgedByTheSpreadOfEightCases) {
  std::vector<LatencySeries> family = Family(8, {{0.0}, 0.03});
  Scale(family[2].head, 1.5);
  const FamilyFindings judged = Judge(family, 0.05);
  const stats::GateResult expected = stats::GateStored(Stored(family), Options()).value();
  ASSERT_TRUE(expected.blind);
  for (std::size_t c = 0; c < 8; ++c) {
    EXPECT_EQ(judged.pairs[c].verdict, c == 2 ? Verdict::kRegressed : Verdict::kUnchanged) << c;
    ExpectSame(judged.pairs[c], expected.cases[c].value());
  }
}

TEST(GateRule, OneSessionAndSevenCasesNeedMore) {
  std::vector<LatencySeries> family = Family(7, {{0.0}, 0.03});
  Scale(family[2].head, 1.5);
  const FamilyFindings judged = Judge(family, 0.05);
  for (const LatencyFinding& finding : judged.pairs) {
    EXPECT_EQ(finding.verdict, Verdict::kCannotTell);
    EXPECT_EQ(finding.code, LatencyReason::kTooFewSessions);
    EXPECT_EQ(finding.reason, "needs a second accepted session, or 8 cases");
    EXPECT_FALSE(finding.p_adjusted || finding.lower || finding.mde || finding.suspect);
  }
  EXPECT_NEAR(*judged.pairs[2].change, 0.5, 0.1);  // an estimate, without a claim
}

TEST(GateRule, ASecondSessionIsEnoughForThreeCases) {
  std::vector<LatencySeries> family = Family(3, {{0.0, 0.01}, 0.03});
  Scale(family[1].head, 2);
  const FamilyFindings judged = Judge(family, 0.05);
  EXPECT_EQ(judged.pairs[0].verdict, Verdict::kUnchanged);
  EXPECT_EQ(judged.pairs[1].verdict, Verdict::kRegressed);
  EXPECT_EQ(judged.pairs[2].verdict, Verdict::kUnchanged);
}

// Half of the change of one would pass for the opposite change of the other.
TEST(GateRule, OfTwoCasesItIsNotKnownWhichChanged) {
  for (const int cases : {1, 2}) {
    std::vector<LatencySeries> family = Family(cases, kFive);
    Scale(family[0].head, 0.5);
    const FamilyFindings judged = Judge(family, 0.05);
    for (const LatencyFinding& finding : judged.pairs) {
      EXPECT_EQ(finding.verdict, Verdict::kCannotTell);
      EXPECT_EQ(finding.code, LatencyReason::kTooFewCases);
      EXPECT_THAT(finding.reason, HasSubstr("needs 3 cases that can be compared, found " + std::to_string(cases)));
      EXPECT_FALSE(finding.change.has_value());
      EXPECT_TRUE(finding.base_median.has_value());
    }
    EXPECT_TRUE(judged.suite.has_value());  // of both together something can be said
  }
}

TEST(GateRule, FewerThanFiveValuesOfTheRunAreTooFew) {
  std::vector<LatencySeries> family = Family(12, kFive);
  family[3].head.resize(4);
  Scale(family[3].head, 3);
  const FamilyFindings judged = Judge(family, 0.05);
  EXPECT_EQ(judged.pairs[3].verdict, Verdict::kCannotTell);
  EXPECT_EQ(judged.pairs[3].code, LatencyReason::kTooFewSamples);
  EXPECT_EQ(judged.pairs[3].reason, "too few samples: the run has 4, 5 are needed");
  EXPECT_EQ(judged.pairs[0].verdict, Verdict::kUnchanged);
  EXPECT_EQ(judged.pairs[0].family, 11U);
  family[3].head.push_back(family[3].head[0]);
  EXPECT_EQ(Judge(family, 0.05).pairs[3].verdict, Verdict::kRegressed);
}

TEST(GateRule, ABaselineOfSingleValuesIsTooSmall) {
  std::vector<LatencySeries> family = Family(12, kFive);
  for (SessionValues& session : family[3].base) session.values.resize(1);
  const LatencyFinding finding = Judge(family, 0.05).pairs[3];
  EXPECT_EQ(finding.code, LatencyReason::kTooFewSamples);
  EXPECT_EQ(finding.reason, "too few samples: no session of the baseline has more than one; accept a longer run");
}

TEST(GateRule, NumbersOfValuesMayDiffer) {
  std::vector<LatencySeries> family = Family(12, kFive);
  family[1].head.resize(6);
  family[2].base[3].values.resize(5);
  Scale(family[2].head, 1.3);
  const FamilyFindings judged = Judge(family, 0.05);
  const stats::GateResult expected = stats::GateStored(Stored(family), Options()).value();
  for (std::size_t c = 0; c < 12; ++c) ExpectSame(judged.pairs[c], expected.cases[c].value());
  EXPECT_EQ(judged.pairs[2].verdict, Verdict::kRegressed);
  EXPECT_EQ(judged.pairs[2].n_base, 45U);
}

// Sessions have names, not places: a case that two sessions lack is compared with the other three.
TEST(GateRule, ACaseMissingInSessionsIsAlignedByTheirNames) {
  std::vector<LatencySeries> family = Family(12, {{0.3, -0.2, 0.0, 0.1, -0.1}, 0.0});
  std::vector<stats::StoredCase> cases = Stored(family);
  cases[5].sessions[0].clear();
  cases[5].sessions[1].clear();
  family[5].base.erase(family[5].base.begin(), family[5].base.begin() + 2);
  const FamilyFindings judged = Judge(family, 0.05);
  const stats::GateResult expected = stats::GateStored(cases, Options()).value();
  for (std::size_t c = 0; c < 12; ++c) {
    EXPECT_EQ(judged.pairs[c].verdict, Verdict::kUnchanged) << c;
    ExpectSame(judged.pairs[c], expected.cases[c].value());
  }
  EXPECT_EQ(judged.pairs[5].sessions, 3U);
}

TEST(GateRule, AnImprovementIsFasterBeyondChanceAndEffect) {
  std::vector<LatencySeries> family = Family(12, kFive);
  Scale(family[4].head, 0.8);
  const FamilyFindings judged = Judge(family, 0.05);
  EXPECT_EQ(judged.pairs[4].verdict, Verdict::kImproved);
  EXPECT_LT(*judged.pairs[4].p_adjusted, 0.05);
  EXPECT_FALSE(judged.pairs[4].suspect);
  family[4].min_effect = 0.3;
  const LatencyFinding below = Judge(family, 0.05).pairs[4];
  EXPECT_EQ(below.verdict, Verdict::kUnchanged);
  EXPECT_EQ(below.code, LatencyReason::kBelowMinEffect);
}

TEST(GateRule, EachCaseHasItsOwnSmallestEffect) {
  std::vector<LatencySeries> family = Family(12, kFive);
  Scale(family[4].head, 1.2);
  Scale(family[7].head, 1.2);
  family[7].min_effect = 0.5;
  const FamilyFindings judged = Judge(family, 0.05);
  EXPECT_EQ(judged.pairs[4].verdict, Verdict::kRegressed);
  EXPECT_EQ(judged.pairs[7].verdict, Verdict::kUnchanged);
  EXPECT_EQ(judged.pairs[7].code, LatencyReason::kBelowMinEffect);
  EXPECT_GE(*judged.pairs[7].mde, 0.5);
}

TEST(GateRule, AlphaIsTheFamilys) {
  std::vector<LatencySeries> family = Family(12, kFive);
  Scale(family[4].head, 1.2);
  const double p = *Judge(family, 0.05).pairs[4].p_adjusted;
  EXPECT_EQ(Judge(family, p * 1.01).pairs[4].verdict, Verdict::kRegressed);
  const LatencyFinding stricter = Judge(family, p * 0.99).pairs[4];
  EXPECT_EQ(stricter.verdict, Verdict::kUnchanged);
  EXPECT_EQ(stricter.alpha, p * 0.99);
}

TEST(GateRule, DirectionComesFromTheMetric) {
  std::vector<LatencySeries> family = Family(12, kFive);
  for (LatencySeries& one : family) one.metric = run::FindMetric("decode_tokens_per_s");
  Scale(family[4].head, 1.3);
  Scale(family[5].head, 0.7);
  const FamilyFindings judged = Judge(family, 0.05);
  EXPECT_EQ(judged.pairs[4].verdict, Verdict::kImproved);
  EXPECT_NEAR(*judged.pairs[4].change, 0.3, 0.05);
  EXPECT_EQ(judged.pairs[5].verdict, Verdict::kRegressed);
  EXPECT_NEAR(*judged.pairs[5].change, -0.3, 0.05);
  EXPECT_LT(*judged.pairs[5].lower, *judged.pairs[5].change);
  EXPECT_GT(*judged.pairs[5].upper, *judged.pairs[5].change);
  EXPECT_LT(*judged.pairs[5].mde, 0);  // worse is less
}

// A broken clock is neither an infinite improvement nor a witness of what the session did.
TEST(GateRule, AZeroTimeIsNotJudged) {
  for (const double bad : {0.0, -1.0}) {
    std::vector<LatencySeries> family = Family(12, kFive);
    family[3].head[2] = bad;
    family[6].base[1].values[0] = bad;
    const FamilyFindings judged = Judge(family, 0.05);
    for (const std::size_t c : {3U, 6U}) {
      EXPECT_EQ(judged.pairs[c].verdict, Verdict::kCannotTell);
      EXPECT_EQ(judged.pairs[c].code, LatencyReason::kZeroTime);
    }
    EXPECT_EQ(judged.pairs[0].family, 10U);
    EXPECT_EQ(judged.pairs[0].verdict, Verdict::kUnchanged);
  }
}

TEST(GateRule, NumbersThatNeverVaryAreUnchanged) {
  std::vector<LatencySeries> family = Family(12, kFive);
  for (LatencySeries& one : family) {
    one.head.assign(10, 100);
    for (SessionValues& session : one.base) session.values.assign(10, 100);
  }
  const FamilyFindings judged = Judge(family, 0.05);
  for (const LatencyFinding& finding : judged.pairs) EXPECT_EQ(finding.verdict, Verdict::kUnchanged);
  EXPECT_EQ(judged.suite->verdict, SuiteVerdict::kNotJudged);
  EXPECT_EQ(judged.suite->reason, "the sessions of the baseline do not differ at all");
}

TEST(GateRule, AnEmptyFamilyHasNoFindings) {
  const FamilyFindings judged = Judge({}, 0.05);
  EXPECT_TRUE(judged.pairs.empty());
  EXPECT_FALSE(judged.suite.has_value());
}

}  // namespace
}  // namespace assay::compare

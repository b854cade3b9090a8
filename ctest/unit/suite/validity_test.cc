// SPDX-License-Identifier: MIT
// Flags of a run: figures counted by hand.
#include "benchmarks/suite/validity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "benchmarks/suite/schedule.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A run in which all is well.
RunCourse Good() {
  RunCourse course;
  course.warmed_cases = 4;
  course.measured_requests = 200;
  course.machine.client_time = 10s;
  course.machine.client_cpu = base::Nanoseconds(200ms);
  course.machine.others_share = 0.02;
  course.machine.stolen_share = 0.0;
  course.machine.throttle_events = std::int64_t{0};
  course.machine.power_changes = std::int64_t{0};
  course.cases.push_back({"case", {}, {100, 100, 100, 101, 101, 101, 102, 102, 102}, {}});
  return course;
}

// One request per 100 ms from 0 on; the i-th takes first + i * step ms from its schedule.
CaseCourse OpenLoop(int count, double first_ms, double step_ms) {
  CaseCourse one;
  one.case_id = "open";
  one.scenario.rate_per_s = 10;
  for (int i = 0; i < count; ++i) {
    const double latency = first_ms + i * step_ms;
    const std::int64_t scheduled = 1'000'000'000LL + i * 100'000'000LL;
    one.scheduled.push_back({scheduled, scheduled + static_cast<std::int64_t>(latency * 1e6), 0.5, latency, true});
  }
  return one;
}

run::Flag Find(const RunCourse& course, const std::string& name) {
  for (const run::Flag& flag : JudgeValidity(course)) {
    if (flag.name == name) return flag;
  }
  ADD_FAILURE() << "no flag " << name;
  return {};
}

TEST(Validity, EveryFlagIsThereAndNoneIsRaisedInAGoodRun) {
  std::set<std::string> names;
  for (const run::Flag& flag : JudgeValidity(Good())) {
    EXPECT_FALSE(flag.raised) << flag.name;
    EXPECT_NE(flag.message, "") << flag.name;
    EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"warmup_not_settled", "client_cpu_share", "schedule_lag", "lost_samples",
                                          "disturbed_samples", "machine_busy", "cpu_stolen", "throttled",
                                          "power_changed", "drift", "overloaded"}));
}

TEST(Validity, WhatCannotBeToldSaysWhyAndIsNotRaised) {
  RunCourse course;
  const machine::Absent why{"no such file"};
  course.machine.client_cpu = why;
  course.machine.others_share = course.machine.stolen_share = why;
  course.machine.throttle_events = course.machine.power_changes = why;
  for (const run::Flag& flag : JudgeValidity(course)) {
    EXPECT_EQ(flag.figure, std::nullopt) << flag.name;
    EXPECT_FALSE(flag.raised) << flag.name;
    EXPECT_THAT(flag.message, HasSubstr("cannot be told: ")) << flag.name;
  }
  EXPECT_THAT(Find(course, "machine_busy").message, HasSubstr("no such file"));
}

// 1 of 10 is the limit, 2 of 10 is above it.
TEST(Validity, CasesThatDidNotSettle) {
  RunCourse course = Good();
  course.warmed_cases = 10;
  course.unsettled_cases = 1;
  EXPECT_FALSE(Find(course, "warmup_not_settled").raised);
  course.unsettled_cases = 2;
  const run::Flag flag = Find(course, "warmup_not_settled");
  EXPECT_TRUE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 0.2);
  EXPECT_DOUBLE_EQ(flag.limit, 0.1);
  EXPECT_THAT(flag.message, HasSubstr("2 of 10 cases"));
}

// 6 s of 10 s.
TEST(Validity, AClientThatIsBusyItself) {
  RunCourse course = Good();
  course.machine.client_cpu = base::Nanoseconds(6s);
  const run::Flag flag = Find(course, "client_cpu_share");
  EXPECT_TRUE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 0.6);
  EXPECT_THAT(flag.message, HasSubstr("60.0 % of one core"));
}

// 3 of 200 is 1.5 %; 11 beside 200 is 11 / 211 = 5.2 %.
TEST(Validity, LostAndDisturbedRequests) {
  RunCourse course = Good();
  course.failed_requests = 2;
  course.disturbed_requests = 10;
  EXPECT_FALSE(Find(course, "lost_samples").raised);
  EXPECT_FALSE(Find(course, "disturbed_samples").raised);
  course.failed_requests = 3;
  course.disturbed_requests = 11;
  EXPECT_TRUE(Find(course, "lost_samples").raised);
  EXPECT_DOUBLE_EQ(*Find(course, "lost_samples").figure, 0.015);
  EXPECT_TRUE(Find(course, "disturbed_samples").raised);
  EXPECT_DOUBLE_EQ(*Find(course, "disturbed_samples").figure, 11.0 / 211.0);
}

TEST(Validity, AMachineThatIsNotOurs) {
  RunCourse course = Good();
  course.machine.others_share = 0.31;
  course.machine.stolen_share = 0.06;
  EXPECT_TRUE(Find(course, "machine_busy").raised);
  EXPECT_THAT(Find(course, "machine_busy").message, HasSubstr("31.0 % of all processors"));
  EXPECT_TRUE(Find(course, "cpu_stolen").raised);
}

TEST(Validity, PowerThatDidNotStayAsItWas) {
  RunCourse course = Good();
  course.machine.throttle_events = std::int64_t{7};
  course.machine.power_changes = std::int64_t{2};
  course.machine.changed = "the power source, the governor";
  EXPECT_TRUE(Find(course, "throttled").raised);
  EXPECT_THAT(Find(course, "throttled").message, HasSubstr("7 times"));
  EXPECT_TRUE(Find(course, "power_changed").raised);
  EXPECT_THAT(Find(course, "power_changed").message, HasSubstr(": the power source, the governor"));
}

// Thirds of nine values are three: medians 100 and 112 differ by 12 %, 100 and 91 by 9 %.
TEST(Validity, DriftIsOfThirds) {
  RunCourse course = Good();
  course.cases[0].e2e_ms = {100, 99, 101, 500, 500, 500, 112, 90, 113};
  EXPECT_TRUE(Find(course, "drift").raised);
  EXPECT_NEAR(*Find(course, "drift").figure, 0.12, 1e-12);
  course.cases[0].e2e_ms = {100, 99, 101, 500, 500, 500, 91, 90, 113};
  EXPECT_FALSE(Find(course, "drift").raised);
  EXPECT_NEAR(*Find(course, "drift").figure, 0.09, 1e-12);
  course.cases[0].e2e_ms.pop_back();
  EXPECT_EQ(Find(course, "drift").figure, std::nullopt) << "eight have no thirds of three";
}

// Drifts of 30, 0 and 20 %: the median is 20. One that became faster counts as much; a load does not count.
TEST(Validity, DriftIsTheMedianOfCasesAskedOneByOne) {
  RunCourse course = Good();
  course.cases = {{"a", {}, {10, 10, 10, 0, 0, 0, 13, 13, 13}, {}},
                  {"b", {}, {10, 10, 10, 0, 0, 0, 10, 10, 10}, {}},
                  {"c", {}, {10, 10, 10, 0, 0, 0, 8, 8, 8}, {}},
                  {"d", {}, {10, 10, 10, 0, 0, 0, 90, 90, 90}, {}}};
  course.cases[3].scenario.concurrency = 2;
  EXPECT_NEAR(*Find(course, "drift").figure, 0.2, 1e-12);
  EXPECT_THAT(Find(course, "drift").message, HasSubstr("over 3 cases"));
}

// 10 per second: a tenth of the mean gap is 10 ms. 1000 per second: 0.1 ms, so 5 ms is the limit. Of 12 lags the
// largest counts, of 662 the 99th percentile.
TEST(Validity, ScheduleLag) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 50, 0));
  EXPECT_FALSE(Find(course, "schedule_lag").raised);
  EXPECT_EQ(Find(course, "schedule_lag").case_id, "open");
  course.cases.back().scheduled[3].lag_ms = 10.5;
  EXPECT_TRUE(Find(course, "schedule_lag").raised);
  EXPECT_DOUBLE_EQ(*Find(course, "schedule_lag").figure, 10.5);
  EXPECT_DOUBLE_EQ(Find(course, "schedule_lag").limit, 10);
  course.cases.back().scenario.rate_per_s = 1000;
  EXPECT_DOUBLE_EQ(Find(course, "schedule_lag").limit, 5);

  course.cases.back() = OpenLoop(662, 50, 0);
  course.cases.back().scheduled[3].lag_ms = 80;
  EXPECT_FALSE(Find(course, "schedule_lag").raised) << "one of 662 is not 1 %";
  EXPECT_DOUBLE_EQ(*Find(course, "schedule_lag").figure, 0.5);
}

// Latencies 50, 150, ... 1150 ms of 12: the thirds' medians are 200, 600 and 1000, growth 5, and never less than 1.3
// times the one before; the last is scheduled 1.1 s after the first and ends 1.15 s later: 1 - 1.1 / 2.25 is missing.
TEST(Validity, AServiceThatDoesNotKeepUpIsOverloaded) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 50, 100));
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 1 - 1.1 / 2.25);
  EXPECT_EQ(flag.unit, "share");
  EXPECT_EQ(flag.limit, 0.05);
  EXPECT_EQ(flag.case_id, "open");
  EXPECT_THAT(flag.message, HasSubstr("51.1 % short of the rate (limit 5 %), 12 of 12 requests succeeded"));
  EXPECT_THAT(flag.message, HasSubstr("grew to 5.00 times"));
}

// All requests in flight share the service: each takes 2 s, the first as the last. Alone one takes 40 ms: 50 times; 1.1
// of 3.1 - 0.04 s.
TEST(Validity, AServiceThatSharesItselfIsOverloadedFromTheFirstRequest) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 2000, 0));
  course.cases.back().alone_ms = 40;
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_NEAR(*flag.figure, 1 - 1.1 / 3.06, 1e-12);
  EXPECT_EQ(flag.limit, 0.15) << "it did not grow from third to third";
  EXPECT_THAT(flag.message, HasSubstr("grew to 50.00 times"));
}

// Slow but steady: latencies 10, 20, ... 120 ms, thirds' medians 25, 65, 105. The last ends at 1.22 s: 9.8 % are
// missing, which is enough here. Half of the growth is 1.1 / 1.16: 5.2 %. A third of it is 1.1 / 1.14: 3.5 %.
TEST(Validity, AQueueThatGrowsSteadilyIsOverloadedEarlier) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 10, 10));
  run::Flag flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_NEAR(*flag.figure, 1 - 1.1 / 1.22, 1e-12);
  EXPECT_EQ(flag.limit, 0.05);
  course.cases.back() = OpenLoop(12, 5, 5);
  flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_NEAR(*flag.figure, 1 - 1.1 / 1.16, 1e-12);
  course.cases.back() = OpenLoop(12, 3.3333, 3.3333);
  flag = Find(course, "overloaded");
  EXPECT_FALSE(flag.raised);
  EXPECT_NEAR(*flag.figure, 1 - 1.1 / 1.14, 1e-6);
}

// The same end, but the last four alone are slow (thirds' medians 10, 10, 120), or the middle is no 1.3 times the
// first (10, 12, 120): one slow spell makes no queue.
TEST(Validity, AJumpIsNoSteadyGrowth) {
  for (const double middle : {10.0, 12.0}) {
    RunCourse course = Good();
    course.cases.push_back(OpenLoop(12, 120, 0));
    for (std::size_t i = 0; i < 8; ++i) course.cases.back().scheduled[i].latency_ms = i < 4 ? 10 : middle;
    const run::Flag flag = Find(course, "overloaded");
    EXPECT_FALSE(flag.raised);
    EXPECT_EQ(flag.limit, 0.15);
    EXPECT_NEAR(*flag.figure, 1 - 1.1 / 1.22, 1e-12);
    EXPECT_THAT(flag.message, HasSubstr("grew to 12.00 times"));
  }
}

// A second each, throughout: nothing is behind but the last request itself, and nothing grows.
TEST(Validity, ASlowServiceIsNoOverload) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 1000, 0));
  course.cases.back().alone_ms = 1000;
  EXPECT_FALSE(Find(course, "overloaded").raised);
  EXPECT_DOUBLE_EQ(*Find(course, "overloaded").figure, 0);
  // Without a request alone to hold them against it is not known what belongs to the last one, but nothing grew.
  course.cases.back().alone_ms.reset();
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_FALSE(flag.raised);
  EXPECT_EQ(*flag.figure, 0);
  EXPECT_THAT(flag.message, HasSubstr("so the rate counts as held"));
}

// Twice as slow as alone, but 1.1 s of the schedule and 80 - 40 ms behind it are 96 % of the rate.
TEST(Validity, ABusyServiceThatKeepsUpIsNotOverloaded) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 80, 0));
  course.cases.back().alone_ms = 40;
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_FALSE(flag.raised);
  EXPECT_NEAR(*flag.figure, 1 - 1.1 / 1.14, 1e-12);
  EXPECT_THAT(flag.message, HasSubstr("grew to 2.00 times"));
}

void TurnAway(CaseCourse& one, std::size_t from, std::optional<double> latency_ms = {}) {
  for (std::size_t i = from; i < one.scheduled.size(); ++i) {
    one.scheduled[i].good = false;
    one.scheduled[i].latency_ms = latency_ms;
  }
}

// 30 requests at 10 per second, of which the first 12 are answered: 18 of 30 were turned away. Alone one takes 40 ms,
// those answered took 160: the queue was full all the time. Nothing is late: 1 - 12 / 30.
TEST(Validity, AServiceThatTurnsRequestsAwayIsOverloaded) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(30, 160, 0));
  course.cases.back().alone_ms = 40;
  TurnAway(course.cases.back(), 12);
  run::Flag flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 0.6);
  EXPECT_THAT(flag.message, HasSubstr("12 of 30 requests succeeded"));
  // Without any queue nothing grows, but most were turned away.
  course.cases.back().alone_ms = 160;
  flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 0.6);
}

// 9 of 20 are turned away and nothing grows: less than half. 10 of 20 are half.
TEST(Validity, SomeFailuresAreNoOverload) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(20, 40, 0));
  course.cases.back().alone_ms = 40;
  TurnAway(course.cases.back(), 11);
  EXPECT_FALSE(Find(course, "overloaded").raised);
  EXPECT_EQ(*Find(course, "overloaded").figure, 0);
  TurnAway(course.cases.back(), 10);
  EXPECT_TRUE(Find(course, "overloaded").raised);
  EXPECT_DOUBLE_EQ(*Find(course, "overloaded").figure, 0.5);
}

// 4 of 12 succeed in 40 ms and the rest is given up on after 10 s: latencies are known of all, 10 s at least.
TEST(Validity, WhatTimedOutTookAtLeastThatLong) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 40, 0));
  course.cases.back().alone_ms = 40;
  TurnAway(course.cases.back(), 4, 10'000);
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_NEAR(*flag.figure, 1 - 4.0 / 12.0, 1e-12);
  EXPECT_THAT(flag.message, HasSubstr("grew to 250.00 times"));
}

TEST(Validity, OverloadOfFewRequests) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 50, 100));
  // 8 of 12 are good: too few to tell whether latency grew, and most succeeded.
  TurnAway(course.cases.back(), 8);
  run::Flag flag = Find(course, "overloaded");
  EXPECT_EQ(flag.figure, std::nullopt);
  EXPECT_FALSE(flag.raised);
  EXPECT_THAT(flag.message, HasSubstr("fewer than 9 latencies"));
  // None is good: nothing of the rate was served.
  TurnAway(course.cases.back(), 0);
  flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_EQ(flag.figure, 1.0);
  EXPECT_THAT(flag.message, HasSubstr("0 of 12 requests succeeded, and latency from schedule is known of too few"));
}

// What raises a flag is its figure alone: another limit of a policy says the same of it.
TEST(Validity, EveryFlagIsRaisedByItsFigureAlone) {
  RunCourse course = Good();
  for (const double step : {0.0, 3.3333, 5.0, 10.0, 100.0}) {
    course.cases.push_back(OpenLoop(12, 50, step));
    course.cases.push_back(OpenLoop(12, 40 + step, step));
    course.cases.back().alone_ms = 40;
    TurnAway(course.cases.back(), 7, 50);
  }
  for (const run::Flag& flag : JudgeValidity(course)) {
    ASSERT_TRUE(flag.figure.has_value()) << flag.name;
    EXPECT_EQ(flag.raised, *flag.figure > flag.limit) << flag.name << ": " << flag.message;
  }
}

// A queue of one server that takes 50 ms for each of 100 requests, arrivals as an open loop has them (M/D/1).
CaseCourse Queue(double utilisation, std::int64_t seed) {
  constexpr std::int64_t kService = 50'000'000;
  CaseCourse one;
  one.case_id = "queue";
  one.scenario.rate_per_s = utilisation * 20;
  one.alone_ms = 50;
  std::int64_t free_at = 0;
  for (const base::Nanoseconds arrival : PoissonArrivals(*one.scenario.rate_per_s, 100, seed, one.case_id)) {
    free_at = std::max(free_at, static_cast<std::int64_t>(arrival.count())) + kService;
    one.scheduled.push_back(
        {arrival.count(), free_at, 0.0, static_cast<double>(free_at - arrival.count()) / 1e6, true});
  }
  return one;
}

int RaisedOf20(double utilisation) {
  int raised = 0;
  for (std::int64_t seed = 1; seed <= 20; ++seed) {
    RunCourse course = Good();
    course.cases.push_back(Queue(utilisation, seed));
    raised += Find(course, "overloaded").raised ? 1 : 0;
  }
  return raised;
}

// A rate that is held shows a queue now and then, one that is not shows it always.
TEST(Validity, OverloadIsToldFromAQueueThatIsHeld) {
  EXPECT_LE(RaisedOf20(0.5), 1);
  EXPECT_LE(RaisedOf20(0.75), 1);
  EXPECT_EQ(RaisedOf20(1.5), 20);
  EXPECT_EQ(RaisedOf20(2), 20);
}

}  // namespace
}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// Flags of a run: figures counted by hand.
#include "benchmarks/suite/validity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

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
    one.scheduled.push_back({scheduled, scheduled + static_cast<std::int64_t>(latency * 1e6), 0.5, latency});
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

// Latencies 50, 150, ... 1150 ms of 12: the thirds' medians are 200 and 1000, growth 5; the last is scheduled 1.1 s
// after the first and ends 1.15 s later: 1.1 / 2.25 = 49 % of the rate.
TEST(Validity, AServiceThatDoesNotKeepUpIsOverloaded) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 50, 100));
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 5);
  EXPECT_EQ(flag.case_id, "open");
  EXPECT_THAT(flag.message, HasSubstr("5.00 times"));
  EXPECT_THAT(flag.message, HasSubstr("49 % of the rate"));
}

// All requests in flight share the service: each takes 2 s, the first as the last. Alone one takes 40 ms: 50 times; 1.1
// of 3.1 - 0.04 s are 36 % of the rate.
TEST(Validity, AServiceThatSharesItselfIsOverloadedFromTheFirstRequest) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 2000, 0));
  course.cases.back().alone_ms = 40;
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_TRUE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 50);
  EXPECT_THAT(flag.message, HasSubstr("36 % of the rate"));
}

// Latencies 5, 10, ... 60 ms: growth 52.5 / 12.5 = 4.2, but 1.1 / 1.16 = 95 % of the rate.
TEST(Validity, LatencyThatGrowsAloneIsNoOverload) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 5, 5));
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_FALSE(flag.raised);
  EXPECT_GT(*flag.figure, flag.limit);
}

// A second each, throughout: nothing is behind but the last request itself, and nothing grows.
TEST(Validity, ASlowServiceIsNoOverload) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 1000, 0));
  course.cases.back().alone_ms = 1000;
  EXPECT_FALSE(Find(course, "overloaded").raised);
  EXPECT_DOUBLE_EQ(*Find(course, "overloaded").figure, 1);
}

// Twice as slow as alone towards the end, but 1.1 s of the schedule and 80 - 40 ms behind it are 96 % of the rate.
TEST(Validity, ABusyServiceThatKeepsUpIsNotOverloaded) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 80, 0));
  course.cases.back().alone_ms = 40;
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_FALSE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 2);
  EXPECT_THAT(flag.message, HasSubstr("96 % of the rate"));
}

TEST(Validity, FailedRequestsHaveNoLatencyFromSchedule) {
  RunCourse course = Good();
  course.cases.push_back(OpenLoop(12, 50, 100));
  for (std::size_t i = 8; i < 12; ++i) course.cases.back().scheduled[i].latency_ms.reset();
  const run::Flag flag = Find(course, "overloaded");
  EXPECT_EQ(flag.figure, std::nullopt);
  EXPECT_THAT(flag.message, HasSubstr("fewer than 9 requests succeeded"));
}

}  // namespace
}  // namespace assay::suite

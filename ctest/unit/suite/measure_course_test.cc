// SPDX-License-Identifier: MIT
// The course of a measurement: idle time and upkeep, requests that were disturbed, cases that hang, groups of models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctest/unit/suite/measure_test.h"
#include "fixtures/run/metrics.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using assay::testing::Content;
using assay::testing::Delta;
using assay::testing::EventStream;
using assay::testing::FakeAsker;
using assay::testing::FakeTransport;
using assay::testing::JsonAnswer;
using assay::testing::kDone;
using assay::testing::ScriptedExchange;
using assay::testing::Usage;
using ::testing::HasSubstr;
using ::testing::Not;

// 52 ms in each request, 1 ms before it: 3 requests take 159 ms, 3 of them idle.
TEST_F(MeasureTest, IdleTimeIsWhatIsNoRequest) {
  Plan({"a:1"});
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(measured_.measuring_time, 159ms);
  EXPECT_NEAR(measured_.validity.idle_share, 3.0 / 159.0, 1e-12);
  EXPECT_EQ(measured_.validity.upkeep_s, 0.0);
}

// With 47 ms of upkeep after each, 3 requests take 300 ms; still 3 of them idle. Two warm-ups needed upkeep as well.
TEST_F(MeasureTest, UpkeepIsNotIdleTime) {
  Plan({"a:1"});
  upkeep_ = 47ms;
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(measured_.measuring_time, 300ms);
  EXPECT_NEAR(measured_.validity.idle_share, 0.01, 1e-12);
  EXPECT_NEAR(measured_.validity.upkeep_s, 5 * 0.047, 1e-12);
}

// The second measured request of three: its first two tries are recorded beside it, and nothing else knows of them.
TEST_F(MeasureTest, ADisturbedRequestIsRecordedAndNeverJudged) {
  Plan({"a:1"});
  int asked = 0;
  disturbances_ = [&](const run::PlannedCase&) { return ++asked == 4 ? 2 : 0; };
  int sent = 0;
  Measure([&](const http::Request&) {
    ++sent;
    if (sent != 4 && sent != 5) return Good();
    ScriptedExchange broken = JsonAnswer("", 500);
    if (sent == 5) broken = Good();  // however well it ended
    return broken;
  });
  EXPECT_EQ(requests_.size(), 2U + 3U + 2U);
  ASSERT_EQ(Rows().size(), 3U);
  for (const run::Json& row : Rows()) EXPECT_EQ(row.Find("error_occurred"), nullptr);
  EXPECT_EQ(cases_[0].failure, "");
  EXPECT_EQ(measured_.validity.measured_requests, 3);
  EXPECT_EQ(measured_.validity.failed_requests, 0);
  EXPECT_EQ(measured_.validity.disturbed_requests, 2);
  const std::vector<run::Sample>& samples = run_.cases[0].samples;
  ASSERT_EQ(samples.size(), 2U + 3U + 2U);
  for (const std::size_t i : {3U, 4U}) {
    EXPECT_EQ(samples[i].disturbed, "service_moved");
    EXPECT_EQ(samples[i].repetition, 1);
    EXPECT_FALSE(samples[i].warmup);
    EXPECT_FALSE(samples[i].counts());
  }
  EXPECT_EQ(samples[3].outcome, run::Outcome::kHttpStatus);
  EXPECT_EQ(samples[4].outcome, run::Outcome::kOk);
  EXPECT_EQ(samples[5].repetition, 1);
  EXPECT_TRUE(samples[5].counts());
}

TEST_F(MeasureTest, ADisturbedWarmUpIsOneToo) {
  Plan({"a:1"});
  int asked = 0;
  disturbances_ = [&](const run::PlannedCase&) { return ++asked == 1 ? 1 : 0; };
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(measured_.validity.disturbed_requests, 1);
  EXPECT_TRUE(run_.cases[0].samples[0].warmup);
  EXPECT_EQ(run_.cases[0].samples[0].disturbed, "service_moved");
  EXPECT_EQ(Rows().size(), 3U);
}

// Seven repetitions in blocks of 3, 2 and 2: what is measured is started anew twice, for a second each time, and warmed
// again, in no figure but the upkeep.
TEST_F(MeasureTest, BetweenBlocksWhatIsMeasuredIsStartedAnew) {
  Plan({"a:1", "b:1"});
  options_.repetitions = 7;
  options_.blocks = {3, 2, 2};
  int sent = 0;
  std::vector<int> renewed_after;
  options_.renew = [&]() -> base::Status {
    renewed_after.push_back(sent);
    passed_ += 1s;
    return {};
  };
  Measure([&](const http::Request&) {
    ++sent;
    return Good();
  });
  EXPECT_THAT(renewed_after, ::testing::ElementsAre(4 + 6, 4 + 6 + 4 + 4)) << "two warm-ups of each case, then rounds";
  EXPECT_EQ(measured_.validity.renewals, 2);
  EXPECT_EQ(measured_.validity.measured_requests, 14);
  EXPECT_EQ(measured_.measuring_time, 14 * 53ms);
  EXPECT_GE(measured_.validity.upkeep_s, 2.0);
  for (const run::RunCase& one : run_.cases) {
    EXPECT_EQ(std::ranges::count_if(one.samples, &run::Sample::counts), 7);
    EXPECT_EQ(std::ranges::count_if(one.samples, &run::Sample::warmup), 6);
  }
}

// A case is one case, however often it was warmed.
TEST_F(MeasureTest, ACaseThatNeverSettlesIsSaidOnce) {
  Plan({"a:1", "b:1"});
  options_.repetitions = 4;
  options_.blocks = {2, 2};
  options_.warmup = {2, 3, 0.10};
  options_.renew = []() -> base::Status { return {}; };
  int asked = 0;
  Measure([&](const http::Request& request) {
    const std::string answer = ModelOf(request) == "a:1" ? std::to_string(++asked) : "always";
    return EventStream({{20ms, Content("answer ")},
                        {30ms, Content(answer)},
                        {31ms, Delta("{}", R"("stop")")},
                        {31ms, Usage(8, 4)},
                        {31ms, kDone}});
  });
  EXPECT_EQ(measured_.validity.renewals, 1);
  ASSERT_EQ(measured_.validity.warnings.size(), 1U);
  EXPECT_EQ(measured_.validity.warnings[0].case_id, cases_[0].id);
  const auto flag = std::ranges::find(measured_.validity.flags, "warmup_not_settled", &run::Flag::name);
  ASSERT_NE(flag, measured_.validity.flags.end());
  EXPECT_EQ(flag->figure, 0.5) << "of two cases one";
}

TEST_F(MeasureTest, WhatCannotBeStartedAnewIsAskedNoMore) {
  Plan({"a:1", "b:1"});
  options_.repetitions = 6;
  options_.blocks = {3, 3};
  options_.renew = []() -> base::Status {
    return base::Error{base::ErrorCode::kUnavailable, "it does not come up", ""};
  };
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(measured_.validity.renewals, 0);
  EXPECT_EQ(measured_.validity.measured_requests, 6);
  for (const run::PlannedCase& plan : cases_) {
    EXPECT_THAT(plan.failure, HasSubstr("not started anew after 3 repetitions: it does not come up"));
  }
}

// A case that failed before goes on being asked; one whose warm-up fails in the new process does not.
TEST_F(MeasureTest, AfterAStartACaseThatCannotBeWarmedIsAskedNoMore) {
  Plan({"a:1", "b:1"});
  options_.repetitions = 4;
  options_.blocks = {2, 2};
  bool anew = false;
  options_.renew = [&]() -> base::Status {
    anew = true;
    return {};
  };
  int of_b = 0;
  Measure([&](const http::Request& request) {
    if (ModelOf(request) == "a:1") return anew ? JsonAnswer("", 500) : Good();
    return ++of_b == 4 ? JsonAnswer("", 500) : Good();
  });
  EXPECT_EQ(std::ranges::count_if(run_.cases[0].samples, [](const run::Sample& one) { return !one.warmup; }), 2);
  EXPECT_EQ(std::ranges::count_if(run_.cases[1].samples, [](const run::Sample& one) { return !one.warmup; }), 4);
  EXPECT_NE(cases_[0].failure, "");
  EXPECT_NE(cases_[1].failure, "");
}

// A request that ends like this after `after`, with or without a first byte of an answer.
ScriptedExchange GivenUp(base::Nanoseconds after, bool began) {
  ScriptedExchange exchange;
  if (began) exchange = EventStream({{10ms, Content("Hello")}});
  exchange.failure = base::Error{base::ErrorCode::kTimeout, "no byte for long", ""};
  exchange.closed = after;
  return exchange;
}

// Issue 3: a hung service ends the case, not the suite, and does not cost its time-out again and again.
TEST_F(MeasureTest, ACaseThatHangsIsNotAskedAgain) {
  for (const bool began : {false, true}) {
    Plan({"a:1", "b:1"});
    options_.repetitions = 8;
    int asked = 0;
    Measure([&](const http::Request& request) {
      return ModelOf(request) == "a:1" && ++asked > 3 ? GivenUp(300s, began) : Good();
    });
    EXPECT_EQ(run_.cases[0].samples.size(), 2U + 1U + 1U);  // warm-ups, a good one, the one that hung
    EXPECT_EQ(run_.cases[1].samples.size(), 2U + 8U);
    EXPECT_EQ(measured_.validity.failed_requests, 1);
    EXPECT_THAT(cases_[0].failure, HasSubstr(began ? "stalled: " : "timeout: "));
    EXPECT_THAT(cases_[0].failure, HasSubstr("not asked again, one such request took 300 s"));
    EXPECT_EQ(cases_[1].failure, "");
  }
}

// Seconds, not minutes: the limit of three in a row is cheap enough.
TEST_F(MeasureTest, AShortTimeOutMayHappenThreeTimes) {
  Plan({"a:1"});
  options_.repetitions = 8;
  int asked = 0;
  Measure([&](const http::Request&) { return ++asked > 3 ? GivenUp(10s, false) : Good(); });
  EXPECT_EQ(run_.cases[0].samples.size(), 2U + 1U + 3U);
  EXPECT_THAT(cases_[0].failure, Not(HasSubstr("not asked again")));
}

TEST_F(MeasureTest, ACaseThatHangsInItsWarmUpIsNotAskedAgain) {
  for (const int good : {0, 1}) {
    Plan({"a:1", "b:1"});
    int asked = 0;
    Measure([&](const http::Request& request) {
      return ModelOf(request) == "a:1" && ++asked > good ? GivenUp(301s, false) : Good();
    });
    EXPECT_EQ(run_.cases[0].samples.size(), static_cast<std::size_t>(good) + 1U);
    EXPECT_THAT(cases_[0].failure, HasSubstr("timeout: "));
    EXPECT_THAT(cases_[0].failure, HasSubstr("not asked again, one such request took 301 s"));
    EXPECT_EQ(Rows().size(), 3U);  // of b
  }
}

// Models that do not fit into memory together: nothing of one group is asked while another is measured.
TEST_F(MeasureTest, GroupsAreMeasuredOneAfterTheOtherIntoOneRun) {
  Plan({"a:1", "b:1", "c:1"}, {"p", "q"});
  groups_ = {{"a:1", "c:1"}, {"b:1"}};
  std::vector<std::string> order;
  Measure([&](const http::Request& request) {
    order.push_back(ModelOf(request));
    return Good();
  });
  // 4 cases of 2 + 3 requests, then 2 of them.
  ASSERT_EQ(order.size(), 30U);
  EXPECT_EQ(std::count(order.begin(), order.begin() + 20, "b:1"), 0);
  EXPECT_EQ(std::count(order.begin() + 20, order.end(), "b:1"), 10);
  ASSERT_EQ(Rows().size(), 18U);
  for (std::size_t i = 0; i < 18; ++i) {
    EXPECT_EQ(Name(Rows()[i]), cases_[i / 3].id);
    EXPECT_EQ(Number(Rows()[i], "repetition_index"), static_cast<double>(i % 3));
    EXPECT_EQ(Number(Rows()[i], "family_index"), static_cast<double>(i / 3));
  }
  EXPECT_EQ(measured_.validity.measured_requests, 18);
  // What passed between the groups, warm-ups included, is neither measuring nor idle time: 18 times 53 ms.
  EXPECT_EQ(measured_.measuring_time, 954ms);
  EXPECT_NEAR(measured_.validity.idle_share, 1.0 / 53.0, 1e-12);
}

TEST_F(MeasureTest, AGroupThatFailsDoesNotStopTheNext) {
  Plan({"a:1", "b:1"});
  groups_ = {{"a:1"}, {"b:1"}};
  Measure([](const http::Request& request) { return ModelOf(request) == "a:1" ? JsonAnswer("", 500) : Good(); });
  EXPECT_THAT(cases_[0].failure, HasSubstr("HTTP 500"));
  ASSERT_EQ(Rows().size(), 3U);
  EXPECT_EQ(Name(Rows()[0]), cases_[1].id);
}

// One table of Google Benchmark, not one per group.
TEST_F(MeasureTest, ATableOfSeveralGroupsHasOneHead) {
  Plan({"a:1", "b-with-a-longer-name:1"});
  groups_ = {{"a:1"}, {"b-with-a-longer-name:1"}};
  options_.benchmark_format = "console";
  Measure([](const http::Request&) { return Good(); });
  const std::string table = out_.str();
  for (const run::PlannedCase& plan : cases_) EXPECT_THAT(table, HasSubstr(plan.id));
  const std::size_t first = table.find("Benchmark ");
  EXPECT_NE(first, std::string::npos) << table;
  EXPECT_EQ(table.find("Benchmark ", first + 1), std::string::npos) << table;
}

}  // namespace
}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// What many requests say together, counted by hand. Numbers in brackets are rows of metrics.md b6.
#include "fixtures/run/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::run {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using namespace std::chrono_literals;

// Sent at `start`, first output `ttft` later, last `e2e` later.
Sample Request(base::Nanoseconds start, base::Nanoseconds ttft, base::Nanoseconds e2e, std::int64_t tokens) {
  Sample sample;
  sample.timeline.start_ns = 1'000'000'000'000 + start.count();
  sample.timeline.events = {{ttft, EventKind::kContent}, {e2e, EventKind::kContent}, {e2e + 1ms, EventKind::kDone}};
  sample.timeline.closed = e2e + 2ms;
  sample.completion_tokens = tokens;
  return sample;
}

Sample Failed(base::Nanoseconds start, Outcome outcome) {
  Sample sample = Request(start, 10ms, 5s, 1000);
  sample.outcome = outcome;
  return sample;
}

Scenario Concurrency(std::int64_t in_flight) {
  Scenario scenario;
  scenario.concurrency = in_flight;
  return scenario;
}

Scenario Rate(double per_s) {
  Scenario scenario;
  scenario.rate_per_s = per_s;
  return scenario;
}

std::optional<double> Value(const char* name, const CaseTotals& totals) { return FindMetric(name)->of_case(totals); }

// Three requests, two at a time: 0 ... 400 ms, 100 ... 500 ms, 400 ... 1000 ms.
CaseTotals TwoInFlight(std::vector<Limit> limits = {}) {
  CaseTotals totals(Concurrency(2), std::move(limits));
  totals.Add(Request(0ms, 100ms, 400ms, 10));
  totals.Add(Request(100ms, 200ms, 400ms, 20));
  totals.Add(Request(400ms, 50ms, 600ms, 30));
  return totals;
}

TEST(CaseTotals, ThroughputIsOverTheWholeWindow) {
  const CaseTotals totals = TwoInFlight();
  EXPECT_EQ(totals.window(), 1s);
  EXPECT_EQ(totals.output_tokens(), 60);
  EXPECT_EQ(totals.e2e_sum(), 1400ms);
  EXPECT_EQ(Value("output_tokens_per_s", totals), 60.0);
  EXPECT_EQ(Value("requests_per_s", totals), 3.0);
  EXPECT_EQ(Value("concurrency_achieved", totals), 1.4);  // 1.4 s of requests in 1 s
  EXPECT_EQ(Value("error_rate", totals), 0.0);
}

// Requests asked one by one lie between requests of other cases: a window would have those in it.
TEST(CaseTotals, OnlyABlockHasAWindow) {
  for (const Scenario& scenario : {Scenario{}, Concurrency(1), Rate(2)}) {
    CaseTotals totals(scenario);
    totals.Add(Request(0ms, 100ms, 400ms, 10));
    EXPECT_EQ(totals.window().has_value(), scenario.loaded());
    for (const char* name : {"output_tokens_per_s", "requests_per_s", "concurrency_achieved"}) {
      EXPECT_EQ(Value(name, totals).has_value(), scenario.loaded()) << name;
    }
    EXPECT_EQ(Value("error_rate", totals), 0.0);
  }
}

TEST(CaseTotals, OfNothingHasNoMetrics) {
  const CaseTotals empty(Concurrency(2), {{FindMetric("ttft_ms"), 1}});
  for (const Metric& metric : CaseMetrics()) EXPECT_EQ(metric.of_case(empty), std::nullopt) << metric.name;
  CaseTotals failed(Concurrency(2));
  failed.Add(Failed(0ms, Outcome::kReset));
  EXPECT_EQ(failed.output_tokens(), std::nullopt);
  EXPECT_EQ(Value("requests_per_s", failed), std::nullopt);
  EXPECT_EQ(Value("output_tokens_per_s", failed), std::nullopt);
  EXPECT_EQ(Value("error_rate", failed), 1.0);
}

// [14] [24]: errors are attempts, by class; nothing of them is in a throughput.
TEST(CaseTotals, ErrorsAreCountedByClass) {
  CaseTotals totals = TwoInFlight();
  totals.Add(Failed(0ms, Outcome::kReset));
  totals.Add(Failed(0ms, Outcome::kHttpStatus));
  totals.Add(Failed(900ms, Outcome::kReset));
  EXPECT_EQ(totals.attempted(), 6);
  EXPECT_EQ(totals.good(), 3);
  EXPECT_THAT(totals.errors(), ElementsAre(Pair(Outcome::kReset, 2), Pair(Outcome::kHttpStatus, 1)));
  EXPECT_EQ(Value("error_rate", totals), 0.5);
  EXPECT_EQ(totals.window(), 1s);
  EXPECT_EQ(Value("output_tokens_per_s", totals), 60.0);
}

TEST(CaseTotals, WarmUpsAndDisturbedRequestsAreNotInIt) {
  CaseTotals totals(Concurrency(2));
  Sample sample = Request(0ms, 100ms, 400ms, 10);
  sample.warmup = true;
  totals.Add(sample);
  sample.warmup = false;
  sample.disturbed = "service_moved";
  totals.Add(sample);
  EXPECT_EQ(totals.attempted(), 0);
  EXPECT_EQ(totals.window(), std::nullopt);
}

// [9] [20]: a sum that lacks some is no sum.
TEST(CaseTotals, TokensThatNobodyCountedLeaveNoThroughput) {
  CaseTotals totals = TwoInFlight();
  Sample sample = Request(0ms, 1ms, 2ms, 0);
  sample.completion_tokens.reset();
  totals.Add(sample);
  EXPECT_EQ(totals.output_tokens(), std::nullopt);
  EXPECT_EQ(Value("output_tokens_per_s", totals), std::nullopt);
  EXPECT_EQ(Value("requests_per_s", totals), 4.0);
}

// A connection that was set up counts in the window, and not in the latency.
TEST(CaseTotals, ConnectingIsInTheWindowOnly) {
  CaseTotals totals(Concurrency(1));
  Sample sample = Request(0ms, 150ms, 500ms, 10);
  sample.timeline.connected = 100ms;
  totals.Add(sample);
  EXPECT_EQ(totals.window(), 500ms);
  EXPECT_EQ(totals.e2e_sum(), 400ms);
}

// TTFT 100, 200, 50 ms; decode rates 9 tokens / 0.3 s = 30, 19 / 0.2 = 95, 29 / 0.55 = 52.7 per second.
TEST(Goodput, IsOfTheAttempted) {
  EXPECT_EQ(TwoInFlight().within_limits(), std::nullopt);
  EXPECT_EQ(Value("goodput_per_s", TwoInFlight()), std::nullopt);
  EXPECT_EQ(Value("goodput_share", TwoInFlight()), std::nullopt);

  CaseTotals totals = TwoInFlight({{FindMetric("ttft_ms"), 100}});
  EXPECT_EQ(totals.within_limits(), 2);
  EXPECT_EQ(Value("goodput_per_s", totals), 2.0);
  totals.Add(Failed(0ms, Outcome::kTimeout));
  EXPECT_EQ(Value("goodput_share", totals), 0.5);  // 2 of 4

  const Limit rate = {FindMetric("decode_tokens_per_s"), 50};
  EXPECT_EQ(TwoInFlight({rate}).within_limits(), 2) << "higher is better: at least 50";
  EXPECT_EQ(TwoInFlight({rate, {FindMetric("ttft_ms"), 100}}).within_limits(), 1) << "all of them";
}

// [15]: a limit on what a request does not have was not kept by it.
TEST(Goodput, NeedsWhatItLimits) {
  CaseTotals totals(Concurrency(1), {{FindMetric("tpot_ms"), 1000}});
  totals.Add(Request(0ms, 100ms, 100ms, 1));
  EXPECT_EQ(totals.within_limits(), 0);
  EXPECT_EQ(Value("goodput_share", totals), 0.0);
}

// How late we send is ours, whatever becomes of the request.
TEST(ScheduleLag, IsOfAllThatHadASchedule) {
  CaseTotals totals(Rate(10));
  for (const auto& [lag, outcome] : {std::pair{2ms, Outcome::kOk}, {4ms, Outcome::kReset}, {9ms, Outcome::kOk}}) {
    Sample sample = Request(100ms, 10ms, 20ms, 5);
    sample.outcome = outcome;
    sample.timeline.scheduled_ns = sample.timeline.start_ns - base::Nanoseconds(lag).count();
    totals.Add(sample);
  }
  EXPECT_THAT(totals.schedule_lags_ms(), ElementsAre(2.0, 4.0, 9.0));
  EXPECT_EQ(Value("schedule_lag_p50_ms", totals), 4.0);
  EXPECT_EQ(Value("schedule_lag_max_ms", totals), 9.0);
  EXPECT_EQ(Value("schedule_lag_p99_ms", totals), std::nullopt) << "of three";
}

// 662 values for a p99 (metrics.md b3). Lags 0, 1, 2, ...: 661 * 0.99 = 654.39.
TEST(ScheduleLag, HasAP99FromItsFloorOn) {
  CaseTotals totals(Rate(10));
  for (int lag = 0; lag < 662; ++lag) {
    EXPECT_EQ(Value("schedule_lag_p99_ms", totals), std::nullopt) << lag;
    Sample sample = Request(1s, 10ms, 20ms, 5);
    sample.timeline.scheduled_ns = sample.timeline.start_ns - std::int64_t{lag} * 1'000'000;
    totals.Add(sample);
  }
  EXPECT_DOUBLE_EQ(*Value("schedule_lag_p99_ms", totals), 654.39);
}

TEST(CaseSummary, HasQuantilesOfEveryMetricThatIsThere) {
  CaseSummariser summariser("c", Concurrency(2), {{FindMetric("ttft_ms"), 100}});
  summariser.Add(Request(0ms, 100ms, 400ms, 10));
  summariser.Add(Request(100ms, 200ms, 400ms, 20));
  summariser.Add(Request(400ms, 50ms, 600ms, 30));
  summariser.Add(Failed(0ms, Outcome::kStalled));
  Sample warmup = Request(0ms, 1ms, 2ms, 3);
  warmup.warmup = true;
  summariser.Add(warmup);

  EXPECT_THAT(summariser.Values(*FindMetric("ttft_ms")), ElementsAre(100.0, 200.0, 50.0));
  EXPECT_THAT(summariser.Values(*FindMetric("gpu_celsius")), IsEmpty());
  EXPECT_EQ(summariser.totals().attempted(), 4);

  const CaseSummary summary = summariser.Summary();
  EXPECT_EQ(summary.case_id, "c");
  EXPECT_EQ(summary.attempted, 4);
  EXPECT_THAT(summary.errors, ElementsAre(Pair("stalled", 1)));
  EXPECT_EQ(summary.request_metrics.at("ttft_ms"),
            (Distribution{3, 50, 100, std::nullopt, std::nullopt, std::nullopt, 200}));
  EXPECT_EQ(summary.request_metrics.at("completion_tokens").median, 20);
  EXPECT_FALSE(summary.request_metrics.contains("gpu_celsius"));
  EXPECT_FALSE(summary.request_metrics.contains("connect_ms"));
  EXPECT_THAT(summary.case_metrics,
              ElementsAre(Pair("concurrency_achieved", 1.4), Pair("error_rate", 0.25), Pair("goodput_per_s", 2.0),
                          Pair("goodput_share", 0.5), Pair("output_tokens_per_s", 60.0), Pair("requests_per_s", 3.0)));
}

// TTFT of 1, 2, 3, ... ms. Ranks from 0: 63 * 0.9 = 56.7, 129 * 0.95 = 122.55, 661 * 0.99 = 654.39.
TEST(CaseSummary, StatesAQuantileFromItsFloorOn) {
  CaseSummariser summariser("c", Scenario{});
  const auto ttft = [&] { return summariser.Summary().request_metrics.at("ttft_ms"); };
  const auto add_up_to = [&](int count) {
    for (int n = static_cast<int>(summariser.totals().attempted()) + 1; n <= count; ++n) {
      summariser.Add(Request(0ms, n * 1ms, 2s, 2));
    }
  };
  add_up_to(63);
  EXPECT_EQ(ttft(), (Distribution{63, 1, 32, std::nullopt, std::nullopt, std::nullopt, 63}));
  add_up_to(64);
  EXPECT_DOUBLE_EQ(ttft().p90.value(), 57.7);
  add_up_to(129);
  EXPECT_EQ(ttft().p95, std::nullopt);
  add_up_to(130);
  EXPECT_DOUBLE_EQ(ttft().p95.value(), 123.55);
  add_up_to(661);
  EXPECT_EQ(ttft().p99, std::nullopt);
  add_up_to(662);
  EXPECT_DOUBLE_EQ(ttft().p99.value(), 655.39);
}

TEST(CaseSummary, OfNothingIsEmpty) {
  const CaseSummary summary = CaseSummariser("c", Scenario{}).Summary();
  EXPECT_EQ(summary, (CaseSummary{"c", 0, {}, {}, {}}));
}

}  // namespace
}  // namespace assay::run

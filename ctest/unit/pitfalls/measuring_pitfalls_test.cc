// SPDX-License-Identifier: MIT
// Rows of metrics.md b6 about what is inside a number and what is not: units, connections, queues, warm-up, caches. The
// service is scripted and the clock invented, so that every number can be counted by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/progress.h"
#include "benchmarks/suite/schedule.h"
#include "ctest/support/fake_asker.h"
#include "ctest/unit/chat/complete.h"
#include "fixtures/base/files.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/catalogue/variations.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/summary.h"

namespace assay::pitfalls {
namespace {

using namespace assay::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

double CaseMetric(std::string_view name, const run::CaseTotals& totals) {
  return run::FindMetric(name)->of_case(totals).value();
}

// Two tokens on a kept connection: the first half of the time is for the first one.
ScriptedExchange AnswerIn(base::Nanoseconds e2e) {
  ScriptedExchange exchange = EventStream({{e2e / 2, Content("Hello")},
                                           {e2e, Content(" you")},
                                           {e2e, Delta("{}", R"("stop")")},
                                           {e2e, Usage(8, 2)},
                                           {e2e, kDone}});
  exchange.connected.reset();
  return exchange;
}

// A request of one case, handed over at `start`, with one output event `e2e` later.
run::Sample SampleAt(base::Nanoseconds start, base::Nanoseconds e2e) {
  run::Sample sample;
  sample.timeline.start_ns = start.count();
  sample.timeline.events = {{e2e, run::EventKind::kContent}};
  sample.timeline.closed = e2e;
  sample.completion_tokens = 1;
  return sample;
}

TEST(Pitfalls, Row19_NanosecondsBecomeTheUnitTheNameSays) {
  run::Sample sample = SampleAt(0ns, 20'000'000ns);
  sample.timeline.events.push_back({50'000'000ns, run::EventKind::kContent});
  sample.completion_tokens = 4;
  EXPECT_EQ(run::E2eMs(sample), 50.0);
  EXPECT_EQ(run::TpotMs(sample), 10.0);                  // 30 ms / (4 - 1)
  EXPECT_EQ(run::DecodeTokensPerSecond(sample), 100.0);  // 3 tokens in 0.03 s, not in 3e7
}

TEST(Pitfalls, Row19_EveryMetricHasItsUnitInItsName) {
  const auto ends_with = [](std::string_view name, std::string_view end) { return name.ends_with(end); };
  for (const run::Metric& metric : run::AllMetrics()) {
    EXPECT_EQ(ends_with(metric.name, "_ms"), metric.unit == "ms" || metric.unit == "ms/token") << metric.name;
    EXPECT_EQ(ends_with(metric.name, "_per_s"), ends_with(metric.unit, "/s")) << metric.name;
    EXPECT_EQ(ends_with(metric.name, "_mib"), metric.unit == "MiB") << metric.name;
    EXPECT_EQ(ends_with(metric.name, "_j"), metric.unit == "J") << metric.name;
  }
}

TEST(Pitfalls, Row20_AStatisticIsOfTheRequestsThatHaveTheValue) {
  run::CaseSummariser summariser("case", {});
  summariser.Add(SampleAt(0s, 10ms));
  summariser.Add(SampleAt(1s, 30ms));
  run::Sample failed = SampleAt(2s, 999ms);
  failed.outcome = run::Outcome::kTimeout;
  summariser.Add(failed);
  run::Sample warmup = SampleAt(3s, 999ms);
  warmup.warmup = true;
  summariser.Add(warmup);
  const run::Distribution ttft = summariser.Summary().request_metrics.at("ttft_ms");
  EXPECT_EQ(ttft.n, 2);
  EXPECT_EQ(ttft.median, 20.0);  // (10 + 30) / 2, not (10 + 30) / 4
  EXPECT_EQ(ttft.max, 30.0);
}

TEST(Pitfalls, Row21_ConnectingIsNotInTheTimeToFirstToken) {
  // Connected after 5 ms, first text at 25, last at 50.
  ScriptedExchange exchange = AnswerIn(50ms);
  exchange.connected = 5ms;
  FakeTransport transport;
  transport.Then(exchange);
  run::Sample sample = chat::Client(transport, {"http://127.0.0.1:1", {}, {}}).Complete("tiny:1", ChatRequest()).sample;
  EXPECT_EQ(run::ConnectMs(sample), 5.0);
  EXPECT_EQ(run::TtftMs(sample), 20.0);
  EXPECT_EQ(run::E2eMs(sample), 45.0);
  // Unless the case asks for it.
  sample.new_connection = true;
  EXPECT_EQ(run::TtftMs(sample), 25.0);
  EXPECT_EQ(run::E2eMs(sample), 50.0);
}

TEST(Pitfalls, Row22_AQueueBeforeTheRequestIsInTheLatencyFromSchedule) {
  // Due every 100 ms, sent one at a time, 300 ms each: starts at 0, 300 and 600 ms.
  run::Scenario scenario;
  scenario.rate_per_s = 10;
  run::CaseTotals totals(scenario);
  std::vector<double> from_schedule;
  for (int i = 0; i < 3; ++i) {
    run::Sample sample = SampleAt(i * 300ms, 300ms);
    sample.timeline.scheduled_ns = base::Nanoseconds(i * 100ms).count();
    EXPECT_EQ(run::E2eMs(sample), 300.0);  // looks as if nothing queued
    from_schedule.push_back(run::LatencyFromScheduleMs(sample).value());
    totals.Add(sample);
  }
  EXPECT_THAT(from_schedule, ElementsAre(300, 500, 700));       // 600 + 300 - 200
  EXPECT_EQ(CaseMetric("schedule_lag_p50_ms", totals), 200.0);  // of 0, 200 and 400
  EXPECT_EQ(CaseMetric("schedule_lag_max_ms", totals), 400.0);
}

TEST(Pitfalls, Row22_AClientThatNeverReachedTheConcurrencyShows) {
  run::Scenario scenario;
  scenario.concurrency = 4;
  run::CaseTotals one_by_one(scenario);
  run::CaseTotals together(scenario);
  for (int i = 0; i < 4; ++i) {
    one_by_one.Add(SampleAt(i * 100ms, 100ms));
    together.Add(SampleAt(0ms, 100ms));
  }
  // Little: 4 x 100 ms within 400 ms, and within 100 ms.
  EXPECT_DOUBLE_EQ(CaseMetric("concurrency_achieved", one_by_one), 1.0);
  EXPECT_DOUBLE_EQ(CaseMetric("concurrency_achieved", together), 4.0);
}

std::vector<run::PlannedCase> CasesOf(const std::vector<std::string>& prompts,
                                      const catalogue::RequestOptions& options = {}) {
  catalogue::ResolvedModel model;
  model.asked = "m:1";
  model.variant = "m:1";
  std::vector<catalogue::Prompt> asked;
  for (const std::string& prompt : prompts) asked.push_back(catalogue::PromptFromText(prompt, "Say " + prompt, 8));
  return catalogue::BuildCases({model}, asked, options).value();
}

// What measuring these cases did, three repetitions each.
struct Course {
  std::vector<std::string> asked;
  std::vector<http::Request> requests;
  suite::Measured measured;
};

Course MeasureWith(std::vector<run::PlannedCase> cases, const FakeTransport::Handler& service) {
  FakeAsker asker(service);
  suite::MeasureOptions options;
  options.repetitions = 3;
  options.clock = &asker;
  const auto folder = base::TemporaryDirectory::Create("pitfalls");
  base::Result<run::RunWriter> writer = run::RunWriter::Create(folder->path() / "run");
  std::ostringstream terminal;
  std::ostringstream out;
  suite::Progress progress(terminal, false);
  suite::Measurement measurement(options, asker, cases, *writer, progress, out);
  const base::Status status = measurement.MeasureGroup({"m:1"});
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().Message());
  Course course;
  course.measured = measurement.Finish();
  course.asked = asker.asked;
  course.requests = asker.transport.requests;
  return course;
}

TEST(Pitfalls, Row23_EveryCaseIsWarmedWithItsOwnRequest) {
  // The first time a text is seen it takes 500 ms, then 50: prompts that were not warmed would show it.
  std::set<std::string> seen;
  const Course course = MeasureWith(CasesOf({"a", "b", "c"}), [&](const http::Request& request) {
    return AnswerIn(seen.insert(request.body).second ? 500ms : 50ms);
  });
  const auto measured = [](const std::string& asked) { return asked.find(" w") == std::string::npos; };
  // 500 and 50 differ, 50 and 50 agree: three warm-ups each; then three repetitions each.
  ASSERT_THAT(course.asked, SizeIs(3 * 3 + 3 * 3));
  EXPECT_EQ(std::find_if(course.asked.begin(), course.asked.end(), measured) - course.asked.begin(), 3 * 3);
  ASSERT_THAT(course.measured.summaries, SizeIs(3));
  for (const run::CaseSummary& summary : course.measured.summaries) {
    EXPECT_EQ(summary.attempted, 3) << summary.case_id;
    EXPECT_EQ(summary.request_metrics.at("e2e_ms").max, 50.0) << summary.case_id;
  }
}

TEST(Pitfalls, Row26_EveryRepetitionIsARequest) {
  const Course course = MeasureWith(CasesOf({"a"}), [](const http::Request&) { return AnswerIn(50ms); });
  // Two warm-ups agree, three repetitions: five times the same bytes, five times sent.
  ASSERT_THAT(course.requests, SizeIs(5));
  for (const http::Request& request : course.requests) EXPECT_EQ(request.body, course.requests.front().body);
}

TEST(Pitfalls, Row26_ACaseCanHaveAnotherTextInEveryRepetition) {
  const run::Json request = ChatRequest();
  std::set<std::string> texts;
  for (const char* turn : {"w0", "w1", "0", "1", "2"}) {
    texts.insert(run::WriteJson(catalogue::WithUniquePrefix(request, turn), run::JsonStyle::kCompact));
  }
  EXPECT_THAT(texts, SizeIs(5));
}

// A request of the committed suite is these bytes, today and in the next run.
TEST(Pitfalls, Row32_ThePromptIsTheSameBytesInEveryRun) {
  constexpr const char* kWanted =
      R"({"max_tokens":8,"messages":[{"content":"Say a","role":"user"}],"seed":7,"stream":true,)"
      R"("stream_options":{"include_usage":true},"temperature":0})";
  for (int run = 0; run < 2; ++run) {
    const run::PlannedCase plan = CasesOf({"a"}).at(0);
    EXPECT_EQ(run::WriteJson(plan.request, run::JsonStyle::kCompact), kWanted);
    // Of sha256sum on these bytes.
    EXPECT_EQ(plan.fingerprint, "913c83f2e3dcd765107031baa4325d1d89ce119c10707e7b2b5ec01f11fd3883");
  }
}

TEST(Pitfalls, Row32_WhatIsMadeUpIsMadeUpTheSameWayEveryTime) {
  const run::Json request = ChatRequest();
  EXPECT_EQ(catalogue::WithFiller(request, 50), catalogue::WithFiller(request, 50));
  EXPECT_NE(catalogue::WithFiller(request, 50), catalogue::WithFiller(request, 51));
  EXPECT_EQ(catalogue::WithUniquePrefix(request, "1"), catalogue::WithUniquePrefix(request, "1"));
  EXPECT_EQ(suite::PoissonArrivals(5, 20, 1, "case"), suite::PoissonArrivals(5, 20, 1, "case"));
  EXPECT_NE(suite::PoissonArrivals(5, 20, 1, "case"), suite::PoissonArrivals(5, 20, 2, "case"));
}

TEST(Pitfalls, Row34_AWaitBeforeTheFirstRequestTakesNothingFromTheMeasurement) {
  // The first request of all waits a quarter of an hour for the service to wake up.
  bool awake = false;
  const Course course = MeasureWith(
      CasesOf({"a"}), [&](const http::Request&) { return AnswerIn(std::exchange(awake, true) ? 50ms : 900s); });
  ASSERT_THAT(course.measured.summaries, SizeIs(1));
  EXPECT_EQ(course.measured.summaries[0].attempted, 3);  // a number of requests, not of minutes
  EXPECT_EQ(course.measured.summaries[0].request_metrics.at("e2e_ms").max, 50.0);
  // The fake's time: a millisecond before each request, and 51 until it is closed.
  EXPECT_EQ(course.measured.measuring_time, 3 * 52ms);
}

}  // namespace
}  // namespace assay::pitfalls

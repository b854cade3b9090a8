// SPDX-License-Identifier: MIT
// What a person reads at the end of a run, word for word.
#include "benchmarks/suite/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

run::ModelInfo Model(const std::string& variant, const std::string& endpoint = "http://127.0.0.1:1") {
  run::ModelInfo model;
  model.variant = model.alias = variant;
  model.generation = "g3";
  model.endpoint = endpoint;
  return model;
}

run::RunInfo Info() {
  run::RunInfo info;
  info.cases.resize(2);
  info.cases[0].id = "chat/a/p/stream:on/max_tokens:8";
  info.cases[1].id = "chat/b/p/stream:on/max_tokens:8";
  info.models = {Model("a"), Model("b")};
  info.validity.measured_requests = 20;
  info.validity.idle_share = 0.0123;
  return info;
}

std::string Summary(const run::RunInfo& info) {
  std::ostringstream out;
  PrintSummary(info, {1250ms, 1300ms}, "out/run", out);
  return out.str();
}

TEST(Summary, AGoodRunIsTwoLines) {
  EXPECT_EQ(Summary(Info()),
            "2 cases, 20 measured requests in 1.25 s, 0 cases failed; idle between requests 1.23 %\n"
            "run: out/run\n");
}

TEST(Summary, FailuresAndWarningsComeFirstAndAreHarmless) {
  run::RunInfo info = Info();
  info.cases[1].failure = "http_status: \x1b[31mout of memory\n";
  info.validity.warnings = {{"not_streamed", info.cases[0].id, "in one burst"}, {"models_do_not_fit", "", "a, then b"}};
  EXPECT_EQ(Summary(info),
            "failed: chat/b/p/stream:on/max_tokens:8: http_status: \\x1B[31mout of memory\\n\n"
            "note: not_streamed: chat/a/p/stream:on/max_tokens:8: in one burst\n"
            "note: models_do_not_fit: a, then b\n"
            "2 cases, 20 measured requests in 1.25 s, 1 cases failed; idle between requests 1.23 %\n"
            "run: out/run\n");
}

TEST(Summary, SaysWhatWasDisturbed) {
  run::RunInfo info = Info();
  info.validity.disturbed_requests = 3;
  info.validity.upkeep_s = 2.5;
  EXPECT_THAT(Summary(info),
              HasSubstr("3 requests were disturbed by the service, sent again and not counted; upkeep took 2.50 s\n"));
}

TEST(Summary, SaysHowLongLoadsPaused) {
  run::RunInfo info = Info();
  info.validity.load_pause_s = 0.75;
  EXPECT_THAT(Summary(info), HasSubstr("; idle between requests 1.23 %, pauses around loads 750 ms\n"));
}

TEST(Summary, OnlySamplingThatMisbehavesIsALine) {
  run::RunInfo info = Info();
  info.models[0].sampling = "deterministic";
  info.models[0].findings = {"temperature 0, three times: one answer"};
  EXPECT_THAT(Summary(info), Not(HasSubstr("sampling")));
  info.models[0].sampling = "sampling_ignored";
  info.models[1].sampling = "nondeterministic";
  info.models[1].findings = {"temperature 0, three times: two answers \x1b[2J"};
  const std::string text = Summary(info);
  EXPECT_THAT(text, HasSubstr("note: sampling: a: sampling_ignored: temperature or seed change nothing"));
  EXPECT_THAT(text, HasSubstr("note: sampling: b: nondeterministic: temperature 0 does not repeat"));
  EXPECT_THAT(text, HasSubstr("; temperature 0, three times: two answers \\x1B[2J\n"));
}

TEST(Summary, NamesTheServicesWhenThereAreSeveral) {
  run::RunInfo info = Info();
  info.models.push_back(Model("mine", "https://models.example:8443"));
  info.models.back().generation = "plain";
  EXPECT_THAT(Summary(info), HasSubstr("service: g3 at http://127.0.0.1:1: a, b\n"
                                       "service: plain at https://models.example:8443: mine\n"));
}

TEST(Summary, FlagsThatWereRaisedAreLines) {
  run::RunInfo info = Info();
  info.validity.flags = {{"machine_busy", "", 0.31, "share", 0.1, true, "other processes used 31.0 %"},
                         {"drift", "", 0.01, "ratio", 0.1, false, "drift is small"},
                         {"overloaded", info.cases[0].id, 0.42, "share", 0.15, true, "grew\n"}};
  EXPECT_THAT(Summary(info), ::testing::StartsWith("flag: machine_busy: other processes used 31.0 %\n"
                                                   "flag: overloaded: chat/a/p/stream:on/max_tokens:8: grew\\n\n"
                                                   "2 cases, "));
}

TEST(Summary, ALoadIsALine) {
  run::RunInfo info = Info();
  run::CaseSummary closed;
  closed.case_id = "chat/a/p/stream:on/max_tokens:8/concurrency:4";
  closed.case_metrics = {{"requests_per_s", 47.52}, {"output_tokens_per_s", 1520.7}, {"concurrency_achieved", 3.791}};
  run::CaseSummary open = closed;
  open.case_id = "chat/a/p/stream:on/max_tokens:8/rate:5";
  open.request_metrics["latency_from_schedule_ms"].median = 49.4;
  run::CaseSummary one_by_one;
  one_by_one.case_id = info.cases[0].id;
  one_by_one.case_metrics = {{"error_rate", 0}};
  info.summaries = {one_by_one, closed, open};
  EXPECT_THAT(Summary(info), ::testing::StartsWith(
                                 "load: chat/a/p/stream:on/max_tokens:8/concurrency:4: 47.5 requests/s, 1521 tokens/s, "
                                 "3.79 in flight on average\n"
                                 "load: chat/a/p/stream:on/max_tokens:8/rate:5: 47.5 requests/s, 1521 tokens/s, 3.79 "
                                 "in flight on average, latency from schedule 49.4 ms (median)\n"
                                 "2 cases, "));
}

TEST(Summary, OurOwnOverheadIsALine) {
  run::RunInfo info = Info();
  info.overhead.emplace();
  info.overhead->requests = 200;
  info.overhead->request_us_p50 = 210.4;
  info.overhead->request_us_p99 = 480;
  info.overhead->event_us_p50 = 35;
  info.overhead->event_us_p99 = 61;
  info.overhead->cpu_us_per_request = 99.6;
  EXPECT_THAT(Summary(info), HasSubstr("our own overhead: 210 us per request (p50; p99 480 us), 35 us per event (p50; "
                                       "p99 61 us), 99.6 us of CPU per request; 200 requests\nrun: "));
  info.overhead = run::Overhead();
  info.overhead->absent = "cannot start \x1b[2J";
  EXPECT_THAT(Summary(info), HasSubstr("our own overhead: not measured: cannot start \\x1B[2J\n"));
}

}  // namespace
}  // namespace assay::suite

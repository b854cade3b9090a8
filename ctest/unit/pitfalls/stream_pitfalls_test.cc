// SPDX-License-Identifier: MIT
// Rows of metrics.md b6 about what arrives, and when: what is a first token, where an event begins and ends, what is a
// failure. Every expected time is a stamp of the script, counted by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ctest/unit/chat/complete.h"
#include "fixtures/http/sse_parser.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/summary.h"

namespace assay::pitfalls {
namespace {

using namespace assay::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kRole = Delta(R"({"role":"assistant","content":""})");
const std::string kStop = Delta("{}", R"("stop")");

std::optional<double> Metric(std::string_view name, const run::Sample& sample) {
  return run::FindMetric(name)->value(sample);
}

void ExpectNoMetric(const run::Sample& sample) {
  EXPECT_FALSE(sample.counts());
  for (const run::Metric& metric : run::RequestMetrics()) EXPECT_EQ(metric.value(sample), std::nullopt) << metric.name;
}

TEST(Pitfalls, Row01_RoleChunkIsNoFirstToken) {
  const run::Sample sample = Complete(EventStream({{10ms, kRole},
                                                   {30ms, Content("Hi")},
                                                   {50ms, Content("!")},
                                                   {50ms, kStop},
                                                   {50ms, Usage(4, 2)},
                                                   {50ms, kDone}}))
                                 .sample;
  EXPECT_EQ(run::FirstEventMs(sample), 10.0);
  EXPECT_EQ(run::TtftMs(sample), 30.0);
}

TEST(Pitfalls, Row02_RoleChunkSentEarlyIsNeitherFirstTokenNorGap) {
  // Prefill in chunks: the role at 5 ms, the first text 900 ms later, the others 20 ms apart.
  const run::Sample sample = Complete(EventStream({{5ms, kRole},
                                                   {905ms, Content("a")},
                                                   {925ms, Content("b")},
                                                   {945ms, Content("c")},
                                                   {945ms, kStop},
                                                   {945ms, Usage(4, 3)},
                                                   {945ms, kDone}}))
                                 .sample;
  EXPECT_EQ(run::TtftMs(sample), 905.0);
  EXPECT_EQ(Metric("icl_max_ms", sample), 20.0);
  EXPECT_EQ(run::TpotMs(sample), 20.0);  // (945 - 905) / (3 - 1)
}

TEST(Pitfalls, Row03_ReasoningIsOutputUnderBothNames) {
  for (const std::string name : {"reasoning_content", "reasoning"}) {
    const chat::Completion completion = Complete(EventStream({{10ms, kRole},
                                                              {20ms, Delta("{\"" + name + R"(":"Let me"})")},
                                                              {40ms, Delta("{\"" + name + R"(":" see"})")},
                                                              {60ms, Content("42")},
                                                              {60ms, kStop},
                                                              {60ms, Usage(4, 3)},
                                                              {60ms, kDone}}));
    EXPECT_EQ(run::TtftMs(completion.sample), 20.0) << name;
    EXPECT_EQ(run::TtfoMs(completion.sample), 60.0) << name;
    EXPECT_EQ(run::TpotMs(completion.sample), 20.0) << name;  // (60 - 20) / (3 - 1)
    ASSERT_TRUE(completion.answer) << name;
    EXPECT_EQ(completion.answer->reasoning, "Let me see") << name;
    EXPECT_EQ(completion.answer->text, "42") << name;
  }
}

TEST(Pitfalls, Row11_UsageChunkWithEmptyChoicesIsRead) {
  const run::Sample sample =
      Complete(EventStream({{10ms, kRole},
                            {20ms, Content("Hi")},
                            {30ms, kStop},
                            {30ms, R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1}})"},
                            {30ms, kDone}}))
          .sample;
  EXPECT_EQ(OutcomeName(sample), "ok") << sample.error;
  EXPECT_EQ(Kinds(sample), "role content finish usage done");
  EXPECT_EQ(sample.prompt_tokens, 9);
  EXPECT_EQ(sample.completion_tokens, 1);
}

std::string Bytes(const std::vector<std::string>& events) {
  std::string bytes;
  for (const std::string& data : events) bytes += "data: " + data + "\n\n";
  return bytes;
}

TEST(Pitfalls, Row12_AReadIsNoEvent) {
  const std::string body = Bytes({kRole, Content("Hel"), Content("lo"), kStop, Usage(5, 2), kDone});
  // Split anywhere: the same events and the same answer.
  for (std::size_t at = 1; at < body.size(); ++at) {
    ScriptedExchange exchange;
    exchange.pieces = SplitAt(body, at);
    const chat::Completion completion = Complete(exchange);
    ASSERT_EQ(Kinds(completion.sample), "role content content finish usage done") << at;
    ASSERT_EQ(Text(completion), "Hello") << at;
  }
}

TEST(Pitfalls, Row12_EventsOfOneReadShareAStampAndTheSampleSaysSo) {
  ScriptedExchange exchange;
  exchange.pieces = {{Bytes({kRole}), 10ms},
                     {Bytes({Content("a"), Content("b")}), 20ms},
                     {Bytes({Content("c"), kStop, Usage(5, 3), kDone}), 30ms}};
  const run::Sample sample = Complete(exchange).sample;
  ASSERT_EQ(Kinds(sample), "role content content content finish usage done");
  std::vector<double> stamps_ms;
  for (const run::Event& event : sample.timeline.events)
    stamps_ms.push_back(static_cast<double>(event.at.count()) / 1e6);
  EXPECT_THAT(stamps_ms, ElementsAre(10, 20, 20, 30, 30, 30, 30));
  EXPECT_EQ(sample.timeline.reads, 3);  // for seven events
  EXPECT_EQ(run::TtftMs(sample), 20.0);
  EXPECT_EQ(run::TpotMs(sample), 5.0);  // (30 - 20) / (3 - 1): of tokens, so the merging does not matter
  // The gaps are 0 and 10: of arrivals, so it does.
  EXPECT_EQ(Metric("icl_p50_ms", sample), 5.0);
  EXPECT_EQ(Metric("icl_max_ms", sample), 10.0);
  // Whoever reads the file is told too: b came with a, and the three behind c came with c.
  const run::Json line = run::ToJson(sample);
  EXPECT_EQ(*line.Find("reads")->as_integer(), 3);
  EXPECT_EQ(*line.Find("merged_events")->as_integer(), 4);
}

// Everything the standard allows, at every split.
TEST(Pitfalls, Row13_EveryFormOfAnEventIsRead) {
  const std::string body =
      ":\n\n"
      "data:{\"a\":1}\n\n"
      "data: b\r\n\r\n"
      ": keep-alive\r\n"
      "data: first\ndata: second\n\n"
      "event: note\nid: 7\nretry: 5\ndata: c\n\n";
  for (std::size_t at = 0; at <= body.size(); ++at) {
    http::SseParser parser;
    std::vector<http::SseEvent> events;
    ASSERT_TRUE(parser.Push(std::string_view(body).substr(0, at), events).ok());
    ASSERT_TRUE(parser.Push(std::string_view(body).substr(at), events).ok());
    ASSERT_FALSE(parser.HasPartialEvent()) << at;
    std::vector<std::string> data;
    for (const http::SseEvent& event : events) data.push_back(event.data);
    ASSERT_THAT(data, ElementsAre("{\"a\":1}", "b", "first\nsecond", "c")) << at;
    ASSERT_EQ(events.back().event, "note");
  }
}

TEST(Pitfalls, Row14_AnErrorInsideAStreamIsNoSuccess) {
  const run::Sample sample =
      Complete(EventStream({{10ms, kRole}, {20ms, Content("Hi")}, {30ms, R"({"error":{"message":"out of memory"}})"}}))
          .sample;
  EXPECT_EQ(sample.http_status, 200);
  EXPECT_EQ(OutcomeName(sample), "in_band_error");
  EXPECT_THAT(sample.error, HasSubstr("out of memory"));
  ExpectNoMetric(sample);
}

const std::vector<At> kEmptyAnswer = {{10ms, kRole}, {20ms, kStop}, {20ms, Usage(4, 0)}, {20ms, kDone}};

TEST(Pitfalls, Row15_AnEmptyAnswerIsAFailureAndInNoStatistic) {
  const run::Sample empty = Complete(EventStream(kEmptyAnswer)).sample;
  EXPECT_EQ(OutcomeName(empty), "empty_answer");
  ExpectNoMetric(empty);

  run::CaseSummariser summariser("case", {});
  for (const base::Nanoseconds first : {100ms, 120ms}) {
    summariser.Add(
        Complete(EventStream({{10ms, kRole}, {first, Content("Hi")}, {first, kStop}, {first, kDone}})).sample);
  }
  summariser.Add(empty);
  const run::CaseSummary summary = summariser.Summary();
  // The median of 100 and 120 is 110; with a zero for the empty one it would be 100.
  EXPECT_EQ(summary.request_metrics.at("ttft_ms").n, 2);
  EXPECT_EQ(summary.request_metrics.at("ttft_ms").median, 110.0);
  EXPECT_EQ(summary.attempted, 3);
  EXPECT_EQ(summary.errors.at("empty_answer"), 1);
  EXPECT_DOUBLE_EQ(summary.case_metrics.at("error_rate"), 1.0 / 3.0);
}

TEST(Pitfalls, Row17_AnEmptyFirstEventDoesNotUseUpTheFirstToken) {
  const run::Sample sample = Complete(EventStream({{5ms, Content("")},
                                                   {10ms, Delta("{}")},
                                                   {15ms, Delta(R"({"content":null})")},
                                                   {40ms, Content("Hi")},
                                                   {60ms, Content("!")},
                                                   {60ms, kStop},
                                                   {60ms, Usage(4, 2)},
                                                   {60ms, kDone}}))
                                 .sample;
  EXPECT_EQ(run::TtftMs(sample), 40.0);
  EXPECT_EQ(run::TpotMs(sample), 20.0);  // (60 - 40) / (2 - 1)
}

TEST(Pitfalls, Row18_StampsAreOfArrivalNotOfTheEndOfTheBody) {
  // Decoded after the last byte, at 1 s; stamped when the read came that completed each event.
  const std::string first = Bytes({Content("Hi")});
  ScriptedExchange exchange;
  exchange.pieces = {{Bytes({kRole}), 10ms},
                     {first.substr(0, 9), 20ms},
                     {first.substr(9), 35ms},
                     {Bytes({Content("!"), kStop, Usage(4, 2), kDone}), 500ms}};
  exchange.closed = 1s;
  const run::Sample sample = Complete(exchange).sample;
  EXPECT_EQ(run::TtftMs(sample), 35.0);
  EXPECT_EQ(run::E2eMs(sample), 500.0);
  EXPECT_EQ(run::StreamTailMs(sample), 500.0);  // 1000 - 500
}

}  // namespace
}  // namespace assay::pitfalls

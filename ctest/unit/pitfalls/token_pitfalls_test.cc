// SPDX-License-Identifier: MIT
// Rows of metrics.md b6 about counting tokens: the service's own count is taken as it is, once; where it has none, or
// where a number cannot be formed, it is absent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ctest/unit/chat/complete.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/summary.h"

namespace assay::pitfalls {
namespace {

using namespace assay::testing;

const std::string kRole = Delta(R"({"role":"assistant","content":""})");
const std::string kStop = Delta("{}", R"("stop")");

std::optional<double> Metric(std::string_view name, const run::Sample& sample) {
  return run::FindMetric(name)->value(sample);
}

// Role at 10 ms, the texts from 100 ms on, `step` apart, then the end with `usage` (empty = none).
chat::Completion Answer(const std::vector<std::string>& texts, base::Nanoseconds step, const std::string& usage) {
  std::vector<At> events = {{10ms, kRole}};
  base::Nanoseconds at = 100ms;
  for (const std::string& text : texts) {
    events.push_back({at, Content(text)});
    at += step;
  }
  at -= step;
  events.push_back({at, kStop});
  if (!usage.empty()) events.push_back({at, usage});
  events.push_back({at, kDone});
  return Complete(EventStream(events));
}

TEST(Pitfalls, Row04_HiddenReasoningIsNotInTheDecodeTime) {
  // 80 tokens nobody saw, then three at 100, 120 and 140 ms: 40 ms for the two behind the first.
  const run::Sample sample = Answer({"a", "b", "c"}, 20ms,
                                    R"({"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":83,)"
                                    R"("completion_tokens_details":{"reasoning_tokens":80}}})")
                                 .sample;
  EXPECT_EQ(sample.completion_tokens, 83);
  EXPECT_EQ(sample.reasoning_tokens, 80);
  EXPECT_TRUE(sample.hidden_output);
  EXPECT_EQ(run::TpotMs(sample), 20.0);  // 40 / (83 - 80 - 1); naively 40 / 82 = 0.49
  EXPECT_DOUBLE_EQ(*run::NtpotMs(sample), 140.0 / 83.0);
}

TEST(Pitfalls, Row04_HiddenReasoningOfUnknownLengthLeavesNoDecodeTime) {
  // 83 tokens for three letters, and nobody says where they went.
  const run::Sample sample = Answer({"a", "b", "c"}, 20ms, Usage(4, 83)).sample;
  EXPECT_TRUE(sample.hidden_output);
  EXPECT_EQ(run::TpotMs(sample), std::nullopt);
  EXPECT_EQ(run::DecodeTokensPerSecond(sample), std::nullopt);
  EXPECT_DOUBLE_EQ(*run::NtpotMs(sample), 140.0 / 83.0);
}

std::string ContentWithUsage(const std::string& text, int completion_tokens) {
  return R"({"choices":[{"delta":{"content":")" + text + R"("},"finish_reason":null,"index":0}],"usage":)" +
         R"({"prompt_tokens":4,"completion_tokens":)" + std::to_string(completion_tokens) + "}}";
}

TEST(Pitfalls, Row04_AFirstChunkOfManyTokensIsTakenOff) {
  const run::Sample sample = Complete(EventStream({{10ms, kRole},
                                                   {100ms, ContentWithUsage("five tokens at once", 5)},
                                                   {120ms, ContentWithUsage(" and two", 7)},
                                                   {140ms, ContentWithUsage(" and two", 9)},
                                                   {140ms, kStop},
                                                   {140ms, kDone}}))
                                 .sample;
  EXPECT_EQ(sample.first_chunk_tokens, 5);
  EXPECT_EQ(run::TpotMs(sample), 10.0);  // (140 - 100) / (9 - 5); naively 40 / 8 = 5
}

// Sixteen events of four tokens, 20 ms apart: 100 to 400 ms.
chat::Completion SixtyFourTokensInSixteenEvents() {
  return Answer(std::vector<std::string>(16, "four tokens in one "), 20ms, Usage(4, 64));
}

TEST(Pitfalls, Row05_ChunksAreNotTokens) {
  const run::Sample sample = SixtyFourTokensInSixteenEvents().sample;
  EXPECT_EQ(sample.token_source, run::TokenSource::kServerUsage);
  EXPECT_DOUBLE_EQ(*run::TpotMs(sample), 300.0 / 63.0);                      // (400 - 100) / (64 - 1)
  EXPECT_DOUBLE_EQ(*run::DecodeTokensPerSecond(sample), 63.0 * 1000 / 300);  // 210; chunks would say 50
}

TEST(MustHold, SixtyFourTokensInSixteenEventsHaveTpotOfTokensAndIclOfEvents) {
  const run::Sample sample = SixtyFourTokensInSixteenEvents().sample;
  EXPECT_DOUBLE_EQ(*run::TpotMs(sample), 300.0 / 63.0);
  EXPECT_EQ(Metric("icl_p50_ms", sample), 20.0);
  EXPECT_EQ(Metric("icl_max_ms", sample), 20.0);
  EXPECT_EQ(Metric("icl_p90_ms", sample), std::nullopt);  // fifteen gaps, and p90 needs 64
  EXPECT_EQ(Metric("chunks", sample), 16.0);
  EXPECT_EQ(Metric("completion_tokens", sample), 64.0);
  EXPECT_EQ(Metric("tokens_per_chunk", sample), 4.0);
}

TEST(MustHold, UsageWinsOverTheNumberOfChunksAndBothAreRecorded) {
  const run::Sample sample = Answer({"a", "b", "c"}, 20ms, Usage(4, 5)).sample;
  EXPECT_EQ(sample.completion_tokens, 5);
  EXPECT_EQ(sample.token_source, run::TokenSource::kServerUsage);
  EXPECT_EQ(Metric("chunks", sample), 3.0);
  EXPECT_DOUBLE_EQ(*Metric("tokens_per_chunk", sample), 5.0 / 3.0);
  EXPECT_EQ(run::TpotMs(sample), 10.0);  // 40 / (5 - 1)
}

TEST(Pitfalls, Row06_HowATextIsCutUpDoesNotChangeItsTokens) {
  for (const std::vector<std::string>& texts :
       {std::vector<std::string>{"Hello"}, {"Hel", "lo"}, {"H", "e", "l", "l", "o"}}) {
    const chat::Completion completion = Answer(texts, 20ms, Usage(4, 2));
    EXPECT_EQ(completion.sample.completion_tokens, 2) << texts.size();
    EXPECT_EQ(Text(completion), "Hello") << texts.size();
  }
}

TEST(Pitfalls, Row07_ATextIsNeverTokenisedAgain) {
  // Fifteen blanks are one token of some vocabularies and fifteen of others: the service said which.
  const std::string blanks(15, ' ');
  const chat::Completion completion = Answer({blanks, "x"}, 20ms, Usage(4, 2));
  EXPECT_EQ(completion.sample.completion_tokens, 2);
  EXPECT_EQ(Text(completion), blanks + "x");  // sixteen characters, as they came
}

TEST(Pitfalls, Row08_EachModelCountsWithItsOwnTokenizer) {
  EXPECT_EQ(Answer({"Donau", "dampf"}, 20ms, Usage(4, 3)).sample.completion_tokens, 3);
  EXPECT_EQ(Answer({"Donau", "dampf"}, 20ms, Usage(6, 9)).sample.completion_tokens, 9);
}

TEST(Pitfalls, Row09_WithoutUsageTheLimitIsNotTheCount) {
  // Eight were allowed (ChatRequest), three events came.
  const run::Sample sample = Answer({"a", "b", "c"}, 20ms, "").sample;
  EXPECT_EQ(sample.completion_tokens, 3);
  EXPECT_EQ(sample.token_source, run::TokenSource::kChunks);  // never compared with a service's own count
  EXPECT_EQ(sample.prompt_tokens, std::nullopt);
}

TEST(Pitfalls, Row10_CumulativeUsageIsNotAddedUp) {
  const run::Sample sample = Complete(EventStream({{10ms, kRole},
                                                   {20ms, ContentWithUsage("a", 1)},
                                                   {30ms, ContentWithUsage("b", 2)},
                                                   {40ms, ContentWithUsage("c", 3)},
                                                   {40ms, kStop},
                                                   {40ms, kDone}}))
                                 .sample;
  EXPECT_EQ(sample.completion_tokens, 3);  // not 1 + 2 + 3
  EXPECT_EQ(sample.prompt_tokens, 4);      // not three times 4
  EXPECT_EQ(sample.token_source, run::TokenSource::kContinuousUsage);
}

TEST(Pitfalls, Row10_ReasoningIsInsideTheCompletionTokensAlready) {
  const run::Sample sample =
      Complete(EventStream({{10ms, kRole},
                            {20ms, Delta(R"({"reasoning_content":"hm"})")},
                            {40ms, Content("Yes")},
                            {40ms, kStop},
                            {40ms, R"({"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":10,)"
                                   R"("completion_tokens_details":{"reasoning_tokens":6}}})"},
                            {40ms, kDone}}))
          .sample;
  EXPECT_EQ(sample.completion_tokens, 10);  // not 16
  EXPECT_EQ(sample.reasoning_tokens, 6);
  EXPECT_FALSE(sample.hidden_output);
  EXPECT_DOUBLE_EQ(*run::TpotMs(sample), 20.0 / 9.0);  // (40 - 20) / (10 - 1)
}

TEST(Pitfalls, Row16_OneTokenHasNoTimePerToken) {
  const run::Sample sample = Answer({"Yes"}, 20ms, Usage(4, 1)).sample;
  EXPECT_EQ(OutcomeName(sample), "ok");
  EXPECT_EQ(run::TpotMs(sample), std::nullopt);
  EXPECT_EQ(run::DecodeTokensPerSecond(sample), std::nullopt);
  EXPECT_EQ(run::TtftMs(sample), 100.0);
  EXPECT_EQ(run::NtpotMs(sample), 100.0);
  // Two pieces of one token: neither 20 / 0 nor 20 / -1.
  EXPECT_EQ(run::TpotMs(Answer({"Y", "es"}, 20ms, Usage(4, 1)).sample), std::nullopt);
}

TEST(Pitfalls, Row33_TokensOfEveryRequestAreInTheThroughputAndNoneIsNoAccident) {
  // Two in flight. Starts at 0, 0 and 200 ms; last outputs at 400, 200 and 600 ms; 4, 6 and 2 tokens.
  run::Scenario scenario;
  scenario.concurrency = 2;
  run::CaseTotals totals(scenario);
  struct Request {
    std::int64_t start_ms, e2e_ms, tokens;
  };
  run::Sample sample;
  for (const Request& request : {Request{0, 400, 4}, {0, 200, 6}, {200, 400, 2}}) {
    sample.timeline.start_ns = 1'000'000'000 + request.start_ms * 1'000'000;
    sample.timeline.events = {{std::chrono::milliseconds(request.e2e_ms), run::EventKind::kContent}};
    sample.completion_tokens = request.tokens;
    totals.Add(sample);
  }
  EXPECT_EQ(totals.output_tokens(), 12);
  EXPECT_DOUBLE_EQ(*run::FindMetric("output_tokens_per_s")->of_case(totals), 20.0);  // 12 / 0.6 s
  EXPECT_DOUBLE_EQ(*run::FindMetric("requests_per_s")->of_case(totals), 5.0);        // 3 / 0.6 s
  sample.completion_tokens = 0;
  for (const char* name : {"tpot_ms", "ntpot_ms", "decode_tokens_per_s", "tokens_per_chunk"}) {
    EXPECT_EQ(Metric(name, sample), std::nullopt) << name;
  }
}

TEST(Pitfalls, Row35_PromptTokensAreWhatTheServiceReadTemplateIncluded) {
  // 4,096 were wanted, the chat template added 13: the count is the service's, and so is the rate.
  const run::Sample sample = Answer({"a", "b"}, 20ms, Usage(4109, 2)).sample;
  EXPECT_EQ(sample.prompt_tokens, 4109);
  EXPECT_EQ(Metric("prompt_tokens", sample), 4109.0);
  EXPECT_DOUBLE_EQ(*run::PrefillTokensPerSecond(sample), 41090.0);  // 4109 / 0.1 s
}

}  // namespace
}  // namespace assay::pitfalls

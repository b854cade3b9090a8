// SPDX-License-Identifier: MIT
// What an answer tells about itself beyond its text: reads of the socket, where its token counts come from, and tokens
// that were counted and never sent. The numbers in brackets are rows of metrics.md b6.
#include "fixtures/chat/answering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ctest/unit/chat/complete.h"
#include "fixtures/run/metrics.h"

namespace assay::testing {
namespace {

std::string Events(const std::vector<std::string>& data) {
  std::string body;
  for (const std::string& one : data) body += "data: " + one + "\n\n";
  return body;
}

// A chunk with text and the usage so far.
std::string Counted(const std::string& text, const std::string& usage) {
  return R"({"choices":[{"delta":{"content":")" + text + R"("},"index":0}],"usage":)" + usage + "}";
}
std::string Tokens(int completion) {
  return R"({"prompt_tokens":9,"completion_tokens":)" + std::to_string(completion) + "}";
}

const std::string kStop = Delta("{}", R"("stop")");

run::Sample SampleOf(const std::vector<std::string>& data) { return CompleteStream(Events(data)).sample; }

// [12]: two events in the second read have one stamp, and the sample counts three reads for four events and [DONE].
TEST(Answering, CountsTheReadsThatBroughtTheBody) {
  ScriptedExchange exchange;
  exchange.pieces = {
      {Events({Content("a")}), 10ms}, {Events({Content("b"), Content("c")}), 20ms}, {Events({kStop, kDone}), 30ms}};
  const run::Timeline timeline = Complete(exchange).sample.timeline;
  EXPECT_EQ(timeline.reads, 3);
  ASSERT_EQ(timeline.events.size(), 5U);
  EXPECT_EQ(timeline.events[1].at, 20ms);
  EXPECT_EQ(timeline.events[2].at, 20ms);
}

// The chunks of one read come one by one, with its stamp.
TEST(Answering, PiecesWithOneStampAreOneRead) {
  ScriptedExchange exchange;
  exchange.pieces = {
      {Events({Content("a")}), 10ms}, {Events({Content("b")}), 10ms}, {"data: ", 10ms}, {kDone, 20ms}, {"\n\n", 20ms}};
  EXPECT_EQ(Complete(exchange).sample.timeline.reads, 2);
  EXPECT_EQ(Complete(JsonAnswer("{}"), false).sample.timeline.reads, 1);
}

TEST(Answering, NoBodyIsNoRead) {
  ScriptedExchange exchange;
  exchange.status = 0;
  exchange.failure = base::Error{base::ErrorCode::kTransport, "refused", ""};
  EXPECT_EQ(Complete(exchange).sample.timeline.reads, 0);
}

// [10] [4]: the service states the tokens so far with every chunk; two of them came with the first.
TEST(Answering, ContinuousUsageSaysWhatTheFirstChunkHolds) {
  const run::Sample sample =
      SampleOf({Counted("ab", Tokens(2)), Counted("c", Tokens(3)), Counted("d", Tokens(4)), kStop, kDone});
  EXPECT_EQ(sample.token_source, run::TokenSource::kContinuousUsage);
  EXPECT_EQ(sample.completion_tokens, 4);
  EXPECT_EQ(sample.prompt_tokens, 9);
  EXPECT_EQ(sample.first_chunk_tokens, 2);
  EXPECT_FALSE(sample.hidden_output);
}

// A role event with usage is no output: the first output event is the one behind it.
TEST(Answering, ContinuousUsageCountsFromTheFirstOutput) {
  const std::string role = R"({"choices":[{"delta":{"role":"assistant","content":""}}],"usage":)" + Tokens(0) + "}";
  const run::Sample sample = SampleOf({role, Counted("a", Tokens(1)), Counted("b", Tokens(2)), kStop, kDone});
  EXPECT_EQ(sample.token_source, run::TokenSource::kContinuousUsage);
  EXPECT_EQ(sample.first_chunk_tokens, 1);
}

TEST(Answering, UsageAtTheEndSaysNothingAboutTheFirstChunk) {
  for (const std::vector<std::string>& data :
       {std::vector<std::string>{Content("a"), Content("b"), kStop, Usage(9, 2), kDone},
        {Content("a"), Content("b"), R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":)" + Tokens(2) + "}",
         kDone},
        {Content("a"), Counted("b", Tokens(2)), kStop, kDone}}) {
    const run::Sample sample = SampleOf(data);
    EXPECT_EQ(sample.token_source, run::TokenSource::kServerUsage) << data[1];
    EXPECT_EQ(sample.completion_tokens, 2);
    EXPECT_EQ(sample.first_chunk_tokens, std::nullopt);
  }
  const run::Sample whole =
      CompleteBody(R"({"choices":[{"finish_reason":"stop","message":{"content":"Hi"}}],"usage":)" + Tokens(2) + "}")
          .sample;
  EXPECT_EQ(whole.token_source, run::TokenSource::kServerUsage);
  EXPECT_EQ(whole.first_chunk_tokens, std::nullopt);
}

TEST(Answering, ImpossibleTokensOfTheFirstChunkAreNone) {
  // None of an event that has text, more than all of them, less than none.
  for (const int first : {0, 9, -1}) {
    const run::Sample sample =
        SampleOf({Counted("a", Tokens(first)), Counted("b", Tokens(2)), Counted("c", Tokens(3)), kStop, kDone});
    EXPECT_EQ(sample.first_chunk_tokens, std::nullopt) << first;
    EXPECT_EQ(sample.token_source, run::TokenSource::kContinuousUsage) << first;
    EXPECT_EQ(sample.completion_tokens, 3) << first;
  }
}

// [3] [4]: 12 tokens, of which 9 were thought and kept back.
TEST(Answering, ReasoningThatNeverCameIsHidden) {
  for (const std::string usage : {R"({"completion_tokens":12,"completion_tokens_details":{"reasoning_tokens":9}})",
                                  R"({"completion_tokens":12,"reasoning_tokens":9})"}) {
    const std::string event = R"({"choices":[],"usage":)" + usage + "}";
    const run::Sample hidden = SampleOf({Content("some words of it"), kStop, event, kDone});
    EXPECT_EQ(hidden.reasoning_tokens, 9);
    EXPECT_TRUE(hidden.hidden_output) << "16 bytes may be 12 tokens; the service says they are not";
    const run::Sample shown =
        SampleOf({Delta(R"({"reasoning_content":"hm"})"), Content("some words of it"), kStop, event, kDone});
    EXPECT_EQ(shown.reasoning_tokens, 9);
    EXPECT_FALSE(shown.hidden_output);
  }
}

TEST(Answering, NoReasoningTokensHideNothing) {
  const std::string event =
      R"({"choices":[],"usage":{"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":0}}})";
  const run::Sample sample = SampleOf({Content("Hello"), kStop, event, kDone});
  EXPECT_EQ(sample.reasoning_tokens, 0);
  EXPECT_FALSE(sample.hidden_output);
}

// More thought than was counted: counted apart, so what is counted was sent.
TEST(Answering, ReasoningTokensBesideTheCountAreNoPartOfIt) {
  for (const char* reasoning : {"50", "-1"}) {
    const std::string event =
        std::string(R"({"choices":[],"usage":{"completion_tokens":2,"reasoning_tokens":)") + reasoning + "}}";
    const run::Sample sample = SampleOf({Content("Hello"), kStop, event, kDone});
    EXPECT_EQ(sample.completion_tokens, 2);
    EXPECT_EQ(sample.reasoning_tokens, std::nullopt) << reasoning;
    EXPECT_FALSE(sample.hidden_output) << reasoning;
  }
}

// Foundry drops reasoning without a word (metrics.md b5 #2): "Hello" has 5 bytes, 5 + 8 tokens are believed.
TEST(Answering, MoreTokensThanBytesAreHiddenOutput) {
  EXPECT_FALSE(SampleOf({Content("Hello"), kStop, Usage(9, 13), kDone}).hidden_output);
  const run::Sample hidden = SampleOf({Content("Hello"), kStop, Usage(9, 14), kDone});
  EXPECT_TRUE(hidden.hidden_output);
  EXPECT_EQ(hidden.reasoning_tokens, std::nullopt);
  EXPECT_EQ(hidden.completion_tokens, 14);
  EXPECT_EQ(run::TpotMs(hidden), std::nullopt);
  // Reasoning is a part of the answer, too (5 + 4 bytes), and so are tool calls: [{"arguments":"{}","name":"f"}]
  // are 31.
  const std::string thought = Delta(R"({"reasoning":"hmmm"})");
  EXPECT_FALSE(SampleOf({thought, Content("Hello"), kStop, Usage(9, 17), kDone}).hidden_output);
  EXPECT_TRUE(SampleOf({thought, Content("Hello"), kStop, Usage(9, 18), kDone}).hidden_output);
  const std::string call = Delta(R"({"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]})");
  EXPECT_FALSE(SampleOf({call, Delta("{}", R"("tool_calls")"), Usage(9, 39), kDone}).hidden_output);
  EXPECT_TRUE(SampleOf({call, Delta("{}", R"("tool_calls")"), Usage(9, 40), kDone}).hidden_output);
}

// Whole answers of Foundry drop it, too.
TEST(Answering, OfAWholeAnswerOutputIsHiddenAsWell) {
  const run::Sample sample =
      CompleteBody(R"({"choices":[{"finish_reason":"stop","message":{"content":"Hi"}}],"usage":)" + Tokens(40) + "}")
          .sample;
  EXPECT_TRUE(sample.hidden_output);
}

TEST(Answering, CountedInChunksNothingIsHidden) {
  const run::Sample sample = SampleOf({Content("a"), Content("b"), kStop, kDone});
  EXPECT_EQ(sample.token_source, run::TokenSource::kChunks);
  EXPECT_FALSE(sample.hidden_output);
}

// Floating point in whole answers, in streams, and in streams of which each chunk counts: 2.0 are two tokens.
TEST(Answering, WholeNumbersInFloatingPointAreCounts) {
  const std::string usage = R"({"prompt_tokens":9.0,"completion_tokens":1.2e1,"reasoning_tokens":2.0})";
  const std::string words = "twelve tokens of text";
  for (const run::Sample& sample :
       {SampleOf({Content(words), Content("."), kStop, R"({"choices":[],"usage":)" + usage + "}", kDone}),
        CompleteBody(R"({"choices":[{"finish_reason":"stop","message":{"content":")" + words + R"("}}],"usage":)" +
                     usage + "}")
            .sample}) {
    EXPECT_EQ(sample.prompt_tokens, 9);
    EXPECT_EQ(sample.completion_tokens, 12);
    EXPECT_EQ(sample.reasoning_tokens, 2);
    EXPECT_EQ(sample.token_source, run::TokenSource::kServerUsage);
  }
  const auto tokens = [](const std::string& completion) { return R"({"completion_tokens":)" + completion + "}"; };
  const run::Sample continuous =
      SampleOf({Counted("a", tokens("1.0")), Counted("b", tokens("2.0")), Counted("c", tokens("3")), kStop, kDone});
  EXPECT_EQ(continuous.completion_tokens, 3);
  EXPECT_EQ(continuous.first_chunk_tokens, 1);
  EXPECT_EQ(continuous.token_source, run::TokenSource::kContinuousUsage);
}

TEST(Answering, OtherNumbersAreNoCounts) {
  // 2^63 is one more than fits; as an integer it is read as floating point.
  for (const char* number : {"2.5", "1e30", "-1e30", "9223372036854775808", "1e-1", "\"2\"", "null", "true"}) {
    const std::string event = R"({"choices":[],"usage":{"completion_tokens":)" + std::string(number) + "}}";
    const run::Sample sample = SampleOf({Content("a"), Content("b"), Content("c"), kStop, event, kDone});
    EXPECT_EQ(OutcomeName(sample), "ok") << number;
    EXPECT_EQ(sample.token_source, run::TokenSource::kChunks) << number;
    EXPECT_EQ(sample.completion_tokens, 3) << number;
    const run::Sample whole =
        CompleteBody(R"({"choices":[{"message":{"content":"Hi"}}],"usage":{"completion_tokens":)" +
                     std::string(number) + "}}")
            .sample;
    EXPECT_EQ(whole.completion_tokens, std::nullopt) << number;
  }
}

// 1000 events of 1000 bytes: their texts are held once, 1,000,000 bytes, beside a 64-byte event and a 16-byte read for
// each (as many again where the lists have just grown), 15 bytes of its empty name, and 4 KiB of the body.
TEST(Answering, HoldsTheEventsOfAStreamOnce) {
  const chat::Target target{"http://127.0.0.1:1", {}, {}};
  chat::Answering answering(target, "tiny:1", ChatRequest());
  const std::size_t with_request = answering.held_bytes();
  EXPECT_GT(with_request, answering.request().body.size());
  const http::Request sent = std::move(answering.request());
  const std::size_t empty = answering.held_bytes();
  EXPECT_LE(empty + sent.body.size(), with_request);
  const std::string event = "data: " + std::string(1000, 'x') + "\n\n";
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(answering.OnBytes(event, base::Moment(1ms * i)));
  EXPECT_GE(answering.held_bytes() - empty, 1'000'000U + 1000U * 64U);
  EXPECT_LE(answering.held_bytes() - empty, 1'000'000U + 1000U * (2 * 64U + 2 * 16U + 32U) + 8192U);
}

// As long as no event has come it may be no stream at all, and all of it is needed.
TEST(Answering, HoldsTheWholeBodyUntilThereIsAnEvent) {
  const chat::Target target{"http://127.0.0.1:1", {}, {}};
  chat::Answering answering(target, "tiny:1", ChatRequest());
  const std::size_t empty = answering.held_bytes();
  const std::string line = ": a comment of 32 bytes, or more\n";
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(answering.OnBytes(line, base::Moment(1ms)));
  EXPECT_GE(answering.held_bytes() - empty, 10'000 * line.size());
  ASSERT_TRUE(answering.OnBytes("data: {}\n\n", base::Moment(2ms)));
  EXPECT_LE(answering.held_bytes() - empty, 8192U);
}

TEST(Answering, ALongAnswerThatIsNoStreamIsReadAsAWhole) {
  const std::string text(100'000, 'y');
  ScriptedExchange exchange;
  exchange.content_type = "application/json";
  exchange.pieces = {{R"({"choices":[{"finish_reason":"stop",)", 10ms},
                     {R"("message":{"content":")" + text, 20ms},
                     {R"("}}]})", 30ms}};
  const chat::Completion completion = Complete(exchange);
  EXPECT_EQ(OutcomeName(completion.sample), "ok") << completion.sample.error;
  EXPECT_EQ(Text(completion), text);
}

// Of an error that goes on as a stream its own words are the first, however much comes behind them.
TEST(Answering, TheWordsOfAnErrorStayWhenEventsFollow) {
  ScriptedExchange exchange;
  exchange.status = 503;
  exchange.content_type = "text/plain";
  exchange.pieces = {{"busy, try later\n" + std::string(10'000, 'x') + "\n", 10ms},
                     {Events({Content("a")}), 20ms},
                     {Events({Content(std::string(10'000, 'b')), kDone}), 30ms}};
  const run::Sample sample = Complete(exchange).sample;
  EXPECT_EQ(OutcomeName(sample), "http_status");
  EXPECT_EQ(sample.error, "HTTP 503: busy, try later");
}

TEST(Answering, SaysThatItsConnectionWasNewOnPurpose) {
  const chat::Target target{"http://127.0.0.1:1", {}, {}};
  for (const bool fresh : {true, false}) {
    chat::Answering answering(target, "tiny:1", ChatRequest());
    EXPECT_FALSE(answering.request().fresh_connection);
    answering.request().fresh_connection = fresh;
    EXPECT_TRUE(answering.OnBytes("data: ", base::Moment(1s)));
    EXPECT_EQ(answering.Conclude(std::nullopt, {}).sample.new_connection, fresh);
  }
}

}  // namespace
}  // namespace assay::testing

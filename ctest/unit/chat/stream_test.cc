// SPDX-License-Identifier: MIT
// Streams nobody recorded: the oddities that are ok, and the broken answers that each have their
// own name. The numbers in brackets are rows of metrics.md b6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "ctest/unit/chat/complete.h"
#include "fixtures/chat/decode.h"
#include "fixtures/run/metrics.h"

namespace assay::testing {
namespace {

using ::testing::HasSubstr;

std::string Events(const std::vector<std::string>& data,
                   const std::string& prefix = "data: ", const std::string& end = "\n") {
  std::string body;
  for (const std::string& one : data) body += prefix + one + end + end;
  return body;
}

const std::string kRole = Delta(R"({"role":"assistant","content":""})");
const std::string kStop = Delta("{}", R"("stop")");

void ExpectHello(const chat::Completion& completion) {
  EXPECT_EQ(OutcomeName(completion.sample), "ok") << completion.sample.error;
  EXPECT_EQ(Text(completion), "Hello");
  EXPECT_EQ(completion.sample.completion_tokens, 2);
  EXPECT_EQ(Kinds(completion.sample), "role content content finish usage done");
}

const std::vector<std::string> kHello = {kRole, Content("Hel"), Content("lo"), kStop, Usage(5, 2), kDone};

// [13]
TEST(ChatStream, AcceptsEveryLineEndOfTheStandard) {
  ExpectHello(CompleteStream(Events(kHello)));
  ExpectHello(CompleteStream(Events(kHello, "data: ", "\r\n")));
  ExpectHello(CompleteStream(Events(kHello, "data: ", "\r")));
}

TEST(ChatStream, AcceptsNoSpaceAfterTheColon) { ExpectHello(CompleteStream(Events(kHello, "data:"))); }

TEST(ChatStream, TheBytesDecideNotTheContentType) {
  for (const char* type : {"text/plain", "application/json", "application/octet-stream", ""}) {
    SCOPED_TRACE(type);
    ScriptedExchange exchange;
    exchange.content_type = type;
    exchange.pieces = Whole(Events(kHello));
    ExpectHello(Complete(exchange));
  }
}

TEST(ChatStream, IgnoresCommentsAndOtherFields) {
  ExpectHello(CompleteStream(":\n\n: keep-alive\n\n" + Events(kHello, "id: 7\nretry: 10\nevent: message\ndata: ")));
}

TEST(ChatStream, JoinsDataLinesOfOneEvent) {
  ExpectHello(CompleteStream("data: {\"choices\":\ndata: [{\"delta\":{\"role\":\"assistant\"}}]}\n\n" +
                             Events({kHello.begin() + 1, kHello.end()})));
}

TEST(ChatStream, AcceptsAMissingBlankLineBehindDone) {
  ExpectHello(CompleteStream(Events({kHello.begin(), kHello.end() - 1}) + "data: [DONE]\n"));
  ExpectHello(CompleteStream(Events({kHello.begin(), kHello.end() - 1}) + "data: [DONE]"));
}

TEST(ChatStream, IgnoresWhatFollowsDone) { ExpectHello(CompleteStream(Events(kHello) + "data: {nonsense\n\n")); }

// [1] [17]: the role event and an empty delta are no first token.
TEST(ChatStream, FirstTokenIsTheFirstTextNotTheFirstEvent) {
  const run::Sample sample = Complete(EventStream({{10ms, kRole},
                                                   {20ms, Content("")},
                                                   {30ms, Content("Hi")},
                                                   {40ms, Content("!")},
                                                   {41ms, kStop},
                                                   {42ms, Usage(4, 2)},
                                                   {42ms, kDone}}))
                                 .sample;
  EXPECT_EQ(Kinds(sample), "role role content content finish usage done");
  EXPECT_EQ(run::FirstEventMs(sample), 10.0);
  EXPECT_EQ(run::TtftMs(sample), 30.0);
  EXPECT_EQ(run::TtfoMs(sample), 30.0);
  EXPECT_EQ(run::E2eMs(sample), 40.0);        // the last text, not [DONE]
  EXPECT_EQ(run::TpotMs(sample), 10.0);       // (40 - 30) / (2 - 1)
  EXPECT_EQ(run::StreamTailMs(sample), 3.0);  // closed at 43
  EXPECT_EQ(run::PrefillTokensPerSecond(sample), 4 * 1000.0 / 30.0);
}

// [3]: both names of the reasoning channel start the clock of TTFT, not that of TTFO.
TEST(ChatStream, ReasoningUnderBothNamesIsOutput) {
  for (const std::string name : {"reasoning", "reasoning_content"}) {
    const chat::Completion completion = Complete(EventStream({{10ms, kRole},
                                                              {20ms, Delta("{\"" + name + R"(":"Let me"})")},
                                                              {30ms, Delta("{\"" + name + R"(":" see"})")},
                                                              {50ms, Content("Yes")},
                                                              {51ms, kStop},
                                                              {52ms, Usage(4, 5)},
                                                              {52ms, kDone}}));
    SCOPED_TRACE(name);
    EXPECT_EQ(OutcomeName(completion.sample), "ok");
    EXPECT_EQ(Kinds(completion.sample), "role reasoning reasoning content finish usage done");
    EXPECT_EQ(completion.answer->reasoning, "Let me see");
    EXPECT_EQ(completion.answer->text, "Yes");
    EXPECT_EQ(run::TtftMs(completion.sample), 20.0);
    EXPECT_EQ(run::TtfoMs(completion.sample), 50.0);
    EXPECT_EQ(run::TpotMs(completion.sample), 7.5);  // (50 - 20) / (5 - 1)
  }
}

TEST(ChatStream, ReasoningWithoutVisibleTextHasNoTimeToText) {
  const chat::Completion completion = Complete(
      EventStream({{20ms, Delta(R"({"reasoning":"Hm"})")}, {21ms, Delta("{}", R"("length")")}, {22ms, kDone}}));
  EXPECT_EQ(OutcomeName(completion.sample), "ok");
  EXPECT_EQ(run::TtftMs(completion.sample), 20.0);
  EXPECT_EQ(run::TtfoMs(completion.sample), std::nullopt);
}

// [5]: 16 events, 64 tokens. Events at 100, 110, ... 250 ms: TPOT = 150 / 63, not 150 / 15.
TEST(ChatStream, UsageWinsOverTheNumberOfChunks) {
  std::vector<At> events = {{90ms, kRole}};
  for (int i = 0; i < 16; ++i) events.push_back({100ms + i * 10ms, Content("four")});
  events.push_back({251ms, kStop});
  events.push_back({252ms, Usage(10, 64)});
  events.push_back({252ms, kDone});
  const run::Sample sample = Complete(EventStream(events)).sample;
  EXPECT_EQ(sample.completion_tokens, 64);
  EXPECT_EQ(sample.token_source, run::TokenSource::kServerUsage);
  EXPECT_DOUBLE_EQ(*run::TpotMs(sample), 150.0 / 63.0);
  EXPECT_DOUBLE_EQ(*run::DecodeTokensPerSecond(sample), 63.0 / 0.150);
  EXPECT_DOUBLE_EQ(*run::NtpotMs(sample), 250.0 / 64.0);
}

// [9]: no usage is counted in chunks and says so; max_tokens (8 in the request) is never assumed.
TEST(ChatStream, WithoutUsageChunksAreCountedAndNamed) {
  for (const std::string& stop : {kStop, kStop.substr(0, kStop.size() - 1) + R"(,"usage":null})"}) {
    const run::Sample sample =
        CompleteStream(Events({kRole, Content("a"), Content("b"), Content("c"), stop, kDone})).sample;
    EXPECT_EQ(sample.completion_tokens, 3);
    EXPECT_EQ(sample.token_source, run::TokenSource::kChunks);
    EXPECT_EQ(sample.prompt_tokens, std::nullopt);
  }
}

TEST(ChatStream, OneEventWithoutUsageSaysNothingAboutTokens) {
  const run::Sample sample = CompleteStream(Events({Content("a whole answer"), kStop, kDone})).sample;
  EXPECT_EQ(OutcomeName(sample), "ok");
  EXPECT_EQ(sample.completion_tokens, std::nullopt);
  EXPECT_EQ(sample.token_source, run::TokenSource::kNone);
}

// [10]: cumulative usage on every event: the last one, not the sum (1 + 2 + 3 = 6).
TEST(ChatStream, CumulativeUsageIsNotAddedUp) {
  const auto with_usage = [](const std::string& text, int tokens) {
    return R"({"choices":[{"delta":{"content":")" + text + R"("},"index":0}],"usage":)" +
           R"({"prompt_tokens":9,"completion_tokens":)" + std::to_string(tokens) + "}}";
  };
  const run::Sample sample =
      CompleteStream(Events({with_usage("a", 1), with_usage("b", 2), with_usage("c", 3), kStop, kDone})).sample;
  EXPECT_EQ(sample.completion_tokens, 3);
  EXPECT_EQ(sample.prompt_tokens, 9);
  EXPECT_EQ(Kinds(sample), "content content content finish done");
}

// [10]: reasoning tokens are part of completion_tokens already.
TEST(ChatStream, ReasoningTokensAreNotAddedToCompletionTokens) {
  const std::string usage = R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":10,)"
                            R"("completion_tokens_details":{"reasoning_tokens":6},"total_tokens":19}})";
  EXPECT_EQ(CompleteStream(Events({Content("a"), kStop, usage, kDone})).sample.completion_tokens, 10);
}

// Eight tokens are the limit of the request: 16 * 8 + 1024 = 1152 is believed, one more is not.
TEST(ChatStream, ImpossibleUsageIsIgnored) {
  const auto sample_of = [](int prompt, int completion) {
    return CompleteStream(Events({Content("a"), Content("b"), kStop, Usage(prompt, completion), kDone})).sample;
  };
  for (const auto& [prompt, completion] : {std::pair(5, 0), {5, -1}, {-5, 2}, {5, 1153}, {5, 2'000'000'000}}) {
    const run::Sample sample = sample_of(prompt, completion);
    EXPECT_EQ(OutcomeName(sample), "ok");
    EXPECT_EQ(sample.token_source, run::TokenSource::kChunks) << prompt << " " << completion;
    EXPECT_EQ(sample.completion_tokens, 2);
    EXPECT_EQ(sample.prompt_tokens, std::nullopt);
  }
  EXPECT_EQ(sample_of(5, 1152).token_source, run::TokenSource::kServerUsage);
  EXPECT_EQ(sample_of(5, 1152).completion_tokens, 1152);
}

TEST(ChatStream, ImpossibleUsageOfAWholeAnswerLeavesNoTokens) {
  for (const char* usage : {R"({"completion_tokens":0,"prompt_tokens":5})", R"({"completion_tokens":-3})",
                            R"({"completion_tokens":9223372036854775807})"}) {
    const run::Sample sample =
        CompleteBody(R"({"choices":[{"finish_reason":"stop","message":{"content":"Hi"}}],"usage":)" +
                     std::string(usage) + "}")
            .sample;
    EXPECT_EQ(OutcomeName(sample), "ok");
    EXPECT_EQ(sample.token_source, run::TokenSource::kNone) << usage;
    EXPECT_EQ(sample.completion_tokens, std::nullopt);
    EXPECT_EQ(sample.prompt_tokens, std::nullopt);
  }
}

TEST(ChatStream, AnyCountIsPossibleWithoutALimit) {
  const std::vector<chat::FramedEvent> framed = {{10ms, Content("a")}, {11ms, Usage(5, 1'000'000)}, {12ms, kDone}};
  EXPECT_EQ(chat::DecodeStream(framed, false).completion_tokens, 1'000'000);
  chat::Asked asked;
  asked.max_tokens = 8;
  EXPECT_EQ(chat::DecodeStream(framed, false, asked).completion_tokens, std::nullopt) << "one event counts nothing";
}

TEST(ChatStream, UsageThatIsNoCountIsIgnored) {
  for (const char* bad : {"-1", "\"5\"", "2.5", "null"}) {
    const std::string usage = std::string(R"({"choices":[],"usage":{"completion_tokens":)") + bad + "}}";
    const run::Sample sample = CompleteStream(Events({Content("a"), Content("b"), kStop, usage, kDone})).sample;
    EXPECT_EQ(sample.token_source, run::TokenSource::kChunks) << bad;
    EXPECT_EQ(sample.completion_tokens, 2) << bad;
  }
}

// [12]: a whole answer in one read has one stamp; there is no decode interval to divide.
TEST(ChatStream, WholeAnswerInOneReadHasNoTimePerToken) {
  const run::Sample sample = CompleteStream(Events(kHello)).sample;
  EXPECT_EQ(run::TtftMs(sample), 10.0);
  EXPECT_EQ(run::E2eMs(sample), 10.0);
  EXPECT_EQ(run::TpotMs(sample), std::nullopt);
  EXPECT_EQ(run::DecodeTokensPerSecond(sample), std::nullopt);
  EXPECT_EQ(run::NtpotMs(sample), 5.0);  // 10 ms for 2 tokens
}

// [12]: the stamp of an event is that of the read that completed it.
TEST(ChatStream, EventSplitOverTwoReadsIsStampedByTheSecond) {
  const std::string event = "data: " + Content("Hi") + "\n\n";
  ScriptedExchange exchange;
  exchange.pieces = SplitAt(event, event.size() - 1, 20ms);
  exchange.pieces.push_back({Events({kStop, kDone}), 30ms});
  EXPECT_EQ(run::TtftMs(Complete(exchange).sample), 21.0);
}

TEST(ChatStream, JoinsACharacterSplitOverTwoReads) {
  const std::string body = Events({Content("日本語 é 🙂"), kStop, kDone});
  for (std::size_t position = 0; position < body.size(); ++position) {
    ScriptedExchange exchange;
    exchange.pieces = SplitAt(body, position);
    ASSERT_EQ(Text(Complete(exchange)), "日本語 é 🙂") << position;
  }
}

TEST(ChatStream, DecodesEscapedSurrogatePairs) {
  EXPECT_EQ(Text(CompleteStream(Events({Content("\\ud83d\\ude42\\u00e9"), kStop, kDone}))), "🙂é");
}

// foundry-facts 2.2: delta and message hold the same text, a role in each, no finish_reason, no usage.
TEST(ChatStream, G1TextIsTakenOnce) {
  const auto chunk = [](const std::string& text) {
    return R"({"model":"qwen2.5-1.5b-instruct-generic-gpu:3","choices":[{"delta":{"role":"assistant","content":")" +
           text + R"(","tool_calls":[]},"message":{"role":"assistant","content":")" + text +
           R"(","tool_calls":[]},"index":0}],"created":1762612476,"CreatedAt":"2025-11-08T14:34:36+00:00",)"
           R"("id":"chat.id.1","IsDelta":false,"Successful":true,"HttpStatusCode":0,"error":null,"usage":null,)"
           R"("object":"chat.completion.chunk"})";
  };
  const chat::Completion completion =
      CompleteStream(Events({chunk(""), chunk(" holds"), chunk(" water"), chunk("."), kDone}));
  EXPECT_EQ(OutcomeName(completion.sample), "ok") << completion.sample.error;
  EXPECT_EQ(Text(completion), " holds water.");
  EXPECT_EQ(completion.sample.finish_reason, std::nullopt);
  EXPECT_EQ(completion.sample.token_source, run::TokenSource::kChunks);
  EXPECT_EQ(completion.sample.completion_tokens, 3);
  EXPECT_EQ(completion.sample.response_id, "chat.id.1");
  EXPECT_EQ(Kinds(completion.sample), "role content content content done");
}

TEST(ChatStream, JoinsToolCallsSplitOverDeltas) {
  const auto call = [](const std::string& json) { return Delta(R"({"tool_calls":[)" + json + "]}"); };
  const chat::Completion completion = Complete(EventStream(
      {{10ms, kRole},
       {20ms, call(R"({"index":0,"id":"a1","type":"function","function":{"name":"weather","arguments":""}})")},
       {30ms, call(R"({"index":0,"function":{"arguments":"{\"city\":"}})")},
       {40ms, call(R"({"index":1,"id":"b2","function":{"name":"time","arguments":"{}"}})")},
       {50ms, call(R"({"index":0,"function":{"arguments":"\"Oslo\"}"}})")},
       {51ms, Delta("{}", R"("tool_calls")")},
       {52ms, Usage(9, 14)},
       {52ms, kDone}}));
  EXPECT_EQ(OutcomeName(completion.sample), "ok") << completion.sample.error;
  EXPECT_EQ(Kinds(completion.sample), "role tool tool tool tool finish usage done");
  EXPECT_EQ(completion.answer->tool_calls,
            R"([{"arguments":"{\"city\":\"Oslo\"}","name":"weather"},{"arguments":"{}","name":"time"}])");
  EXPECT_EQ(completion.answer->text, "");
  EXPECT_EQ(run::TtftMs(completion.sample), 20.0);
  EXPECT_EQ(run::TtfoMs(completion.sample), std::nullopt);
  EXPECT_EQ(run::E2eMs(completion.sample), 50.0);
}

// The id of a call is drawn at random: two equal calls are one answer.
TEST(ChatStream, ToolCallIdsDoNotMakeAnswersDiffer) {
  const auto answer = [](const std::string& id) {
    return CompleteStream(Events({Delta(R"({"tool_calls":[{"index":0,"id":")" + id +
                                        R"(","function":{"name":"f","arguments":"{}"}}]})"),
                                  Delta("{}", R"("tool_calls")"), kDone}))
        .sample.answer_sha256;
  };
  ASSERT_TRUE(answer("x").has_value());
  EXPECT_EQ(answer("x"), answer("y"));
}

TEST(ChatStream, LengthIsAGoodEnd) {
  const run::Sample sample = CompleteStream(Events({Content("a"), Delta("{}", R"("length")"), kDone})).sample;
  EXPECT_EQ(OutcomeName(sample), "ok");
  EXPECT_EQ(sample.finish_reason, "length");
}

TEST(ChatStream, ContentFilterIsNot) {
  const run::Sample sample = CompleteStream(Events({Content("a"), Delta("{}", R"("content_filter")"), kDone})).sample;
  EXPECT_EQ(OutcomeName(sample), "unexpected_finish");
  EXPECT_EQ(sample.finish_reason, "content_filter");
  EXPECT_THAT(sample.error, HasSubstr("content_filter"));
  EXPECT_EQ(run::TtftMs(sample), std::nullopt);
}

// [15]: success and nothing in it, with completion_tokens 0 (foundry-facts 5.4).
TEST(ChatStream, EmptyAnswerFailsAndHasNoMetric) {
  for (const std::vector<std::string>& events :
       {std::vector<std::string>{kRole, kStop, Usage(9, 0), kDone}, {kRole, kStop, kDone}, {kDone}}) {
    const chat::Completion completion = CompleteStream(Events(events));
    EXPECT_EQ(OutcomeName(completion.sample), "empty_answer");
    EXPECT_NE(completion.sample.error, "");
    EXPECT_FALSE(completion.answer.has_value());
    for (const run::Metric& metric : run::RequestMetrics()) {
      EXPECT_EQ(metric.value(completion.sample), std::nullopt) << metric.name;
    }
  }
}

TEST(ChatStream, NothingAtAllIsATruncatedStream) {
  const run::Sample sample = CompleteStream("").sample;
  EXPECT_EQ(OutcomeName(sample), "truncated_stream");
  EXPECT_EQ(sample.completion_tokens, std::nullopt);
}

TEST(ChatStream, WithoutDoneItIsTruncated) {
  const chat::Completion completion = CompleteStream(Events({kRole, Content("Hi"), kStop}));
  EXPECT_EQ(OutcomeName(completion.sample), "truncated_stream");
  EXPECT_THAT(completion.sample.error, HasSubstr("[DONE]"));
  EXPECT_EQ(Text(completion), "Hi");  // kept for people, not for statistics
  EXPECT_EQ(run::E2eMs(completion.sample), std::nullopt);
}

// Wherever a stream is cut it is truncated, also inside an event or a character; only behind
// [DONE] nothing is lost.
TEST(ChatStream, CutAnywhereIsTruncatedNotMalformed) {
  const std::string body = Events({kRole, Content("é🙂"), Content("x"), kStop, kDone});
  const std::size_t complete = body.find("[DONE]") + std::string_view("[DONE]").size();
  for (std::size_t length = 0; length < complete; ++length) {
    const run::Sample sample = CompleteStream(std::string_view(body).substr(0, length)).sample;
    ASSERT_EQ(OutcomeName(sample), "truncated_stream") << length << ": " << sample.error;
  }
  EXPECT_EQ(OutcomeName(CompleteStream(body.substr(0, complete)).sample), "ok");
}

TEST(ChatStream, ErrorEventAfterTextIsAnInBandError) {
  for (const std::string error :
       {R"({"error":{"message":"out of memory","code":null}})", R"({"error":"out of memory"})"}) {
    // Also where a dialect sends [DONE] behind it.
    for (const bool done : {true, false}) {
      std::vector<std::string> events = {kRole, Content("Hi"), error};
      if (done) events.push_back(kDone);
      const run::Sample sample = CompleteStream(Events(events)).sample;
      EXPECT_EQ(OutcomeName(sample), "in_band_error");
      EXPECT_THAT(sample.error, HasSubstr("out of memory"));
      EXPECT_EQ(Kinds(sample), done ? "role content error done" : "role content error");
    }
  }
}

TEST(ChatStream, EventNamedErrorIsAnInBandErrorWhateverItsData) {
  for (const std::string data :
       {R"({"message":"the model crashed"})", "the model crashed", R"({"error":{"message":"the model crashed"}})"}) {
    const run::Sample sample =
        CompleteStream(Events({Content("Hi")}) + "event: error\ndata: " + data + "\n\n" + Events({kDone})).sample;
    EXPECT_EQ(OutcomeName(sample), "in_band_error") << data;
    EXPECT_THAT(sample.error, HasSubstr("the model crashed"));
  }
}

// A reset behind an error event: the service's own words are the better reason.
TEST(ChatStream, ErrorEventBeforeAResetIsTheReason) {
  ScriptedExchange exchange = EventStream({{10ms, kRole}, {20ms, R"({"error":{"message":"boom"}})"}});
  exchange.failure = base::Error{base::ErrorCode::kTransport, "the connection was reset", "url"};
  const run::Sample sample = Complete(exchange).sample;
  EXPECT_EQ(OutcomeName(sample), "in_band_error");
  EXPECT_THAT(sample.error, HasSubstr("boom"));
}

TEST(ChatStream, MalformedEventsFail) {
  const std::string bad[] = {"{\"choices\":[", "[1]", "7", "null", "not json", "{\"a\":1,\"a\":2}"};
  for (const std::string& data : bad) {
    const run::Sample sample = CompleteStream(Events({kRole, Content("Hi"), data, kStop, kDone})).sample;
    EXPECT_EQ(OutcomeName(sample), "malformed_json") << data;
    EXPECT_EQ(Kinds(sample), "role content error finish done") << data;
  }
}

// What could be written to answers.jsonl and never be read back.
TEST(ChatStream, HalfASurrogatePairIsMalformed) {
  for (const char* half : {"\\ud83d", "\\ude42", "\\ude42\\ud83d"}) {
    const chat::Completion completion = CompleteStream(Events({Content(half), kStop, kDone}));
    EXPECT_EQ(OutcomeName(completion.sample), "malformed_json") << half;
    EXPECT_FALSE(completion.answer.has_value()) << half;
  }
}

TEST(ChatStream, InvalidUtf8HasItsOwnName) {
  for (const char* bad : {"\xFF", "\xC3", "\xED\xA0\x80", "\xC0\xAF", "\xF4\x90\x80\x80"}) {
    const run::Sample sample = CompleteStream(Events({Content("a"), Content(bad), kStop, kDone})).sample;
    EXPECT_EQ(OutcomeName(sample), "invalid_utf8");
    EXPECT_TRUE(run::ParseJson(run::WriteJson(ToJson(sample), run::JsonStyle::kCompact), "").ok());
  }
}

// 129 levels: one more than the reader takes.
TEST(ChatStream, OverDeepJsonIsMalformed) {
  const auto nested = [](int depth) {
    return R"({"choices":[],"x":)" + std::string(static_cast<std::size_t>(depth - 1), '[') +
           std::string(static_cast<std::size_t>(depth - 1), ']') + "}";
  };
  EXPECT_EQ(OutcomeName(CompleteStream(Events({Content("a"), nested(128), kStop, kDone})).sample), "ok");
  const run::Sample deep = CompleteStream(Events({Content("a"), nested(129), kStop, kDone})).sample;
  EXPECT_EQ(OutcomeName(deep), "malformed_json");
  EXPECT_THAT(deep.error, HasSubstr("deep"));
  EXPECT_EQ(OutcomeName(CompleteStream(Events({Content("a"), nested(100000), kStop, kDone})).sample), "malformed_json");
}

// The parser takes lines of 4 MiB.
TEST(ChatStream, OverLongLineIsMalformedSse) {
  const run::Sample sample = CompleteStream(Events({Content("a")}) + "data: " + std::string((4U << 20) + 1, 'x') +
                                            "\n\n" + Events({kStop, kDone}))
                                 .sample;
  EXPECT_EQ(OutcomeName(sample), "malformed_sse");
  EXPECT_THAT(sample.error, HasSubstr("4194304"));
}

// What comes is counted, not what is kept of it: comments are no events, and of events the body is not kept.
TEST(ChatStream, AnAnswerWithoutEndIsStopped) {
  const std::string comment = ":" + std::string((1U << 20) - 2, 'x') + "\n";
  const std::string event = "data: " + std::string((1U << 20) - 8, 'x') + "\n\n";
  for (const std::string& mebibyte : {comment, event}) {
    ScriptedExchange exchange;
    for (int i = 0; i < 65; ++i) exchange.pieces.push_back({mebibyte, 10ms});  // 65 MiB, the most is 64
    FakeTransport transport;
    transport.Then(std::move(exchange));
    chat::Client client(transport, chat::Target{"http://127.0.0.1:1", {}, {}});
    const run::Sample sample = client.Complete("tiny:1", ChatRequest()).sample;
    EXPECT_TRUE(transport.stopped_by_receiver);
    EXPECT_EQ(OutcomeName(sample), "malformed_sse");
    EXPECT_THAT(sample.error, HasSubstr("64 MiB"));
  }
}

}  // namespace
}  // namespace assay::testing

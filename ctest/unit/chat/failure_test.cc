// SPDX-License-Identifier: MIT
// Transfers that fail, each at its own stage, and what the sample keeps of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/chat/complete.h"
#include "fixtures/run/metrics.h"

namespace assay::testing {
namespace {

using ::testing::HasSubstr;

// The defaults of http::Timeouts: 300 s to the first byte, 60 s between reads, 900 s in all.
ScriptedExchange Failed(base::ErrorCode code, int status, std::vector<Piece> pieces, base::Nanoseconds closed) {
  ScriptedExchange exchange;
  exchange.status = status;
  exchange.content_type = status == 0 ? "" : "text/event-stream";
  exchange.pieces = std::move(pieces);
  exchange.failure = base::Error{code, "the transport's words", "http://127.0.0.1:1"};
  exchange.closed = closed;
  if (status == 0) exchange.first_byte.reset();
  return exchange;
}

std::vector<Piece> TwoTokens() {
  return {{"data: " + Content("a") + "\n\n", 10ms}, {"data: " + Content("b") + "\n\n", 20ms}};
}

void ExpectFailed(const run::Sample& sample, const std::string& outcome) {
  EXPECT_EQ(OutcomeName(sample), outcome) << sample.error;
  EXPECT_THAT(sample.error, HasSubstr("the transport's words"));
  for (const run::Metric& metric : run::RequestMetrics()) {
    EXPECT_EQ(metric.value(sample), std::nullopt) << metric.name;
  }
  // It can be written, and read again.
  run::Sample labelled = sample;
  labelled.case_id = "chat/m/p/stream:on/max_tokens:1";
  const base::Result<run::Sample> read = run::SampleFromJson(ToJson(labelled), "line");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, labelled);
}

TEST(ChatFailure, RefusedConnectionIsConnect) {
  ScriptedExchange exchange = Failed(base::ErrorCode::kTransport, 0, {}, 1ms);
  exchange.connected.reset();
  exchange.sent.reset();
  const run::Sample sample = Complete(exchange).sample;
  ExpectFailed(sample, "connect");
  EXPECT_EQ(sample.http_status, std::nullopt);
  EXPECT_EQ(Kinds(sample), "");
}

TEST(ChatFailure, NoConnectionInTimeIsConnect) {
  ScriptedExchange exchange = Failed(base::ErrorCode::kTimeout, 0, {}, 5s);
  exchange.connected.reset();
  exchange.sent.reset();
  ExpectFailed(Complete(exchange).sample, "connect");
}

TEST(ChatFailure, ConnectionThatEndsBeforeTheAnswerIsReset) {
  ExpectFailed(Complete(Failed(base::ErrorCode::kTransport, 0, {}, 3ms)).sample, "reset");
}

TEST(ChatFailure, ResetInTheMiddleKeepsWhatCame) {
  const chat::Completion completion = Complete(Failed(base::ErrorCode::kTransport, 200, TwoTokens(), 25ms));
  ExpectFailed(completion.sample, "reset");
  EXPECT_EQ(completion.sample.http_status, 200);
  EXPECT_EQ(Kinds(completion.sample), "content content");
  EXPECT_EQ(Text(completion), "ab");
  EXPECT_EQ(completion.sample.timeline.closed, 25ms);
}

// Half an event behind two whole ones: no event of its own, and no time before theirs.
TEST(ChatFailure, ResetInsideAnEventKeepsTheWholeOnes) {
  std::vector<Piece> pieces = TwoTokens();
  pieces.push_back({"data: {\"choi", 24ms});
  const chat::Completion completion = Complete(Failed(base::ErrorCode::kTransport, 200, std::move(pieces), 25ms));
  ExpectFailed(completion.sample, "reset");
  EXPECT_EQ(Kinds(completion.sample), "content content");
}

TEST(ChatFailure, LastEventWithoutBlankLineIsStampedAtTheEnd) {
  std::vector<Piece> pieces = TwoTokens();
  pieces.push_back({"data: " + Content("c"), 24ms});
  const run::Sample sample = Complete(Failed(base::ErrorCode::kTransport, 200, std::move(pieces), 25ms)).sample;
  ExpectFailed(sample, "reset");
  ASSERT_EQ(Kinds(sample), "content content content");
  EXPECT_EQ(sample.timeline.events.back().at, 25ms);
}

TEST(ChatFailure, NoFirstByteInTimeIsTimeout) {
  ExpectFailed(Complete(Failed(base::ErrorCode::kTimeout, 0, {}, 300s)).sample, "timeout");
}

// llama-server sends its headers before it evaluates the prompt: they are no sign of a token.
TEST(ChatFailure, HeadersAloneAreNoAnswer) {
  ExpectFailed(Complete(Failed(base::ErrorCode::kTimeout, 200, {}, 300s)).sample, "timeout");
}

TEST(ChatFailure, SilenceAfterSomeTokensIsStalled) {
  const chat::Completion completion = Complete(Failed(base::ErrorCode::kTimeout, 200, TwoTokens(), 20ms + 60s));
  ExpectFailed(completion.sample, "stalled");
  EXPECT_EQ(Text(completion), "ab");
}

// Still talking when the time for the whole request was up.
TEST(ChatFailure, TooSlowIsTimeoutNotStalled) {
  std::vector<Piece> pieces = TwoTokens();
  pieces.push_back({"data: " + Content("c") + "\n\n", 899s});
  ExpectFailed(Complete(Failed(base::ErrorCode::kTimeout, 200, std::move(pieces), 900s)).sample, "timeout");
}

TEST(ChatFailure, CancelledIsCancelled) {
  ExpectFailed(Complete(Failed(base::ErrorCode::kCancelled, 200, TwoTokens(), 25ms)).sample, "cancelled");
  ExpectFailed(Complete(Failed(base::ErrorCode::kCancelled, 0, {}, 1ms)).sample, "cancelled");
}

TEST(ChatFailure, AWholeAnswerThatBreaksOffIsReset) {
  ScriptedExchange exchange = Failed(base::ErrorCode::kTransport, 200, Whole("{\"choices\":[{"), 12ms);
  exchange.content_type = "application/json";
  ExpectFailed(Complete(exchange, false).sample, "reset");
  ExpectFailed(Complete(exchange, true).sample, "reset");
}

// foundry-facts 5.3: out of memory is a 500 with nothing in it.
TEST(ChatFailure, EmptyServerErrorHasItsStatus) {
  ScriptedExchange exchange;
  exchange.status = 500;
  exchange.content_type = "";
  const run::Sample sample = Complete(exchange).sample;
  EXPECT_EQ(OutcomeName(sample), "http_status");
  EXPECT_EQ(sample.error, "HTTP 500: no message");
}

TEST(ChatFailure, PlainTextErrorKeepsItsFirstLine) {
  ScriptedExchange exchange;
  exchange.status = 500;
  exchange.content_type = "text/plain";
  exchange.pieces = Whole("Unhandled exception: KV cache is full\n   at Generator.cs:118\n   at Main\n");
  EXPECT_EQ(Complete(exchange).sample.error, "HTTP 500: Unhandled exception: KV cache is full");
}

// A key at the place where the words are cut: nothing of it is left, wherever it begins.
TEST(ChatFailure, NoPartOfASecretIsLeftWhereTheWordsAreCut) {
  chat::Target target{"http://127.0.0.1:1", "XK-0123456789abcdef", {}};
  target.secrets = {"Bearer QZ-9876543210"};
  for (std::size_t filler = 270; filler <= 305; ++filler) {
    for (const std::string secret : {"XK-0123456789abcdef", "QZ-9876543210"}) {
      const std::string words = std::string(filler, '.') + secret + " is wrong";
      ScriptedExchange plain = JsonAnswer(words, 400);
      ScriptedExchange object = JsonAnswer(R"({"error":{"message":")" + words + "\"}}", 400);
      ScriptedExchange in_band = EventStream({{10ms, R"({"error":{"message":")" + words + "\"}}"}, {11ms, kDone}});
      ScriptedExchange finish = EventStream({{10ms, Delta("{\"content\":\"a\"}", "\"" + words + "\"")}, {11ms, kDone}});
      ScriptedExchange page = EventStream({});
      page.content_type = "text/html";
      page.pieces = Whole(words);
      for (const ScriptedExchange& exchange : {plain, object, in_band, finish, page}) {
        FakeTransport transport;
        transport.Then(exchange);
        const run::Sample sample = chat::Client(transport, target).Complete("tiny:1", ChatRequest()).sample;
        ASSERT_THAT(sample.error, HasSubstr("....")) << "the service's words are there";
        EXPECT_THAT(sample.error, ::testing::Not(HasSubstr(secret.substr(0, 2)))) << filler;
        EXPECT_THAT(sample.finish_reason.value_or(""), ::testing::Not(HasSubstr(secret))) << filler;
      }
    }
  }
}

TEST(ChatFailure, AShortSecretTearsNoHoles) {
  FakeTransport transport;
  transport.Then(JsonAnswer("bad gateway", 502));
  chat::Target target{"http://127.0.0.1:1", "bad", {}};
  EXPECT_EQ(chat::Client(transport, target).Complete("tiny:1", ChatRequest()).sample.error, "HTTP 502: bad gateway");
}

// Only an answer that was coming gets shorter with fewer tokens.
TEST(ChatFailure, AdviceDependsOnWhetherTheAnswerWasComing) {
  std::vector<Piece> pieces = TwoTokens();
  pieces.push_back({"data: " + Content("c") + "\n\n", 899s});
  const auto error_of = [](std::vector<Piece> came) {
    return Complete(Failed(base::ErrorCode::kTimeout, 200, std::move(came), 900s)).sample.error;
  };
  EXPECT_THAT(error_of(pieces), HasSubstr("ask for fewer tokens or allow more time"));
  EXPECT_THAT(error_of({}), ::testing::Not(HasSubstr("fewer tokens")));
}

TEST(ChatFailure, InvalidBytesInAnErrorAreMadeReadable) {
  ScriptedExchange exchange;
  exchange.status = 500;
  exchange.pieces = Whole("bad \xFF byte");
  EXPECT_EQ(Complete(exchange).sample.error, "HTTP 500: bad \\xFF byte");
}

// An event stream in an error answer is an error answer all the same.
TEST(ChatFailure, StatusIsJudgedBeforeTheStream) {
  ScriptedExchange exchange = EventStream({{10ms, Content("Hi")}, {11ms, kDone}});
  exchange.status = 503;
  const chat::Completion completion = Complete(exchange);
  EXPECT_EQ(OutcomeName(completion.sample), "http_status");
  EXPECT_FALSE(completion.answer.has_value());
}

TEST(ChatFailure, StampsAreThoseOfTheTransport) {
  ScriptedExchange exchange = EventStream({{10ms, Content("Hi")}, {12ms, kDone}});
  exchange.connected.reset();  // a kept-alive connection
  const run::Timeline timeline = Complete(exchange).sample.timeline;
  EXPECT_EQ(timeline.start_ns, 1'000'000'000);  // FakeTransport starts at one second
  EXPECT_EQ(timeline.connected, std::nullopt);
  EXPECT_EQ(timeline.sent, 200us);
  EXPECT_EQ(timeline.first_byte, 300us);
  EXPECT_EQ(timeline.closed, 13ms);
}

}  // namespace
}  // namespace assay::testing

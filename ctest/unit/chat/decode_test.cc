// SPDX-License-Identifier: MIT
// Whole answers, answers of the wrong kind, and the words taken out of error bodies.
#include "fixtures/chat/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/chat/complete.h"
#include "fixtures/base/hash.h"
#include "fixtures/run/metrics.h"

namespace assay::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kBody =
    R"({"choices":[{"finish_reason":"stop","index":0,"message":{"content":"Hi","role":"assistant"}}],)"
    R"("id":"chatcmpl-9","usage":{"completion_tokens":2,"prompt_tokens":5,"total_tokens":7}})";

TEST(ChatBody, OneEventAtTheEndOfTheTransfer) {
  const chat::Completion completion = CompleteBody(kBody);
  const run::Sample& sample = completion.sample;
  EXPECT_EQ(OutcomeName(sample), "ok");
  EXPECT_EQ(Text(completion), "Hi");
  EXPECT_EQ(Kinds(sample), "content");
  EXPECT_EQ(sample.completion_tokens, 2);
  EXPECT_EQ(run::E2eMs(sample), 11.0);  // JsonAnswer closes at 11 ms
  EXPECT_EQ(run::TtftMs(sample), 11.0);
  EXPECT_EQ(run::TpotMs(sample), std::nullopt);
  EXPECT_EQ(run::NtpotMs(sample), 5.5);
}

TEST(ChatBody, JsonAlthoughAStreamWasAskedForIsReadAsAWhole) {
  const chat::Completion completion = Complete(JsonAnswer(kBody), true);
  EXPECT_EQ(OutcomeName(completion.sample), "ok") << completion.sample.error;
  EXPECT_EQ(Text(completion), "Hi");
  EXPECT_EQ(Kinds(completion.sample), "content");
  EXPECT_EQ(run::TpotMs(completion.sample), std::nullopt);
}

// foundry-facts 2.2: whole answers of 0.8.117 carry a delta beside the message.
TEST(ChatBody, G1DeltaBesideTheMessageDoesNotHideIt) {
  const char* deltas[] = {"{}", R"({"role":"assistant","content":""})",
                          R"({"role":"assistant","content":"Hi","tool_calls":[]})"};
  for (const std::string delta : deltas) {
    const chat::Completion completion =
        CompleteBody(R"({"choices":[{"delta":)" + delta +
                     R"(,"message":{"role":"assistant","content":"Hi","tool_calls":[]},"index":0,)"
                     R"("finish_reason":"stop"}],"usage":null,"error":null})");
    EXPECT_EQ(OutcomeName(completion.sample), "ok") << delta << completion.sample.error;
    EXPECT_EQ(Text(completion), "Hi");
  }
}

TEST(ChatBody, DeltaAloneIsReadToo) {
  EXPECT_EQ(Text(CompleteBody(R"({"choices":[{"delta":{"content":"Hi"},"index":0}]})")), "Hi");
}

TEST(ChatBody, ToolCallsWithoutIndexAreCalls) {
  const chat::Completion completion =
      CompleteBody(R"({"choices":[{"finish_reason":"tool_calls","message":{"content":null,"tool_calls":[)"
                   R"({"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},)"
                   R"({"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]}}]})");
  EXPECT_EQ(OutcomeName(completion.sample), "ok") << completion.sample.error;
  EXPECT_EQ(completion.answer->tool_calls, R"([{"arguments":"{\"a\":1}","name":"f"},{"arguments":"{}","name":"g"}])");
}

TEST(ChatBody, EmptyAnswerFails) {
  for (const std::string content : {R"("")", "null"}) {
    const chat::Completion completion =
        CompleteBody(R"({"choices":[{"finish_reason":"stop","message":{"content":)" + content +
                     R"(,"role":"assistant"}}],"usage":{"completion_tokens":0,"prompt_tokens":5}})");
    EXPECT_EQ(OutcomeName(completion.sample), "empty_answer") << content;
    EXPECT_THAT(completion.sample.error, HasSubstr("stop"));
    EXPECT_FALSE(completion.answer.has_value());
  }
  EXPECT_EQ(OutcomeName(CompleteBody(R"({"choices":[]})").sample), "empty_answer");
  EXPECT_EQ(OutcomeName(CompleteBody("{}").sample), "empty_answer");
}

TEST(ChatBody, OddShapesFailWithoutHarm) {
  for (const char* body :
       {R"({"choices":null})", R"({"choices":[null]})", R"({"choices":[[]]})", R"({"choices":{"0":1}})",
        R"({"choices":[{"message":"Hi"}]})", R"({"choices":[{"message":{"content":["Hi"]}}]})",
        R"({"choices":[{"message":{"tool_calls":[7,null,{"function":3}]}}],"usage":[]})"}) {
    const chat::Completion completion = CompleteBody(body);
    EXPECT_NE(OutcomeName(completion.sample), "malformed_json") << body;
    EXPECT_EQ(Text(completion), "") << body;
  }
}

TEST(ChatBody, WhatIsNoJsonObjectIsMalformed) {
  for (const char* body : {"", "Hi", "[]", "{\"choices\":[{\"message\":{\"content\":\"Hi\"", "{} {}"}) {
    EXPECT_EQ(OutcomeName(CompleteBody(body).sample), "malformed_json") << body;
  }
  EXPECT_EQ(OutcomeName(CompleteBody("{\"choices\":\"\xFF\"}").sample), "invalid_utf8");
}

TEST(ChatBody, ErrorInsideSuccessIsInBand) {
  const run::Sample sample = CompleteBody(R"({"error":{"code":500,"message":"out of memory"}})").sample;
  EXPECT_EQ(OutcomeName(sample), "in_band_error");
  EXPECT_THAT(sample.error, HasSubstr("out of memory"));
}

// A stream was asked for, a page came back.
TEST(ChatBody, WrongContentTypeSaysWhatCame) {
  ScriptedExchange exchange;
  exchange.content_type = "text/html";
  exchange.pieces = Whole("<html><body>Please log in</body></html>");
  const run::Sample sample = Complete(exchange).sample;
  EXPECT_EQ(OutcomeName(sample), "malformed_sse");
  EXPECT_THAT(sample.error, HasSubstr("text/html"));
  EXPECT_THAT(sample.error, HasSubstr("Please log in"));
}

// The service ignored stream:false.
TEST(ChatBody, AStreamNobodyAskedForIsMalformed) {
  EXPECT_EQ(OutcomeName(Complete(EventStream({{10ms, Content("Hi")}, {11ms, kDone}}), false).sample), "malformed_json");
}

// FIPS 180-4: SHA-256 of "Hi", from sha256sum.
TEST(ChatBody, HashIsThatOfTheText) {
  const chat::Completion completion = CompleteBody(kBody);
  EXPECT_EQ(completion.sample.answer_sha256, "3639efcd08abb273b1619e82e78c29a7df02c1051b1820e99fc395dcaa3326b8");
  EXPECT_EQ(completion.answer->sha256, completion.sample.answer_sha256);
}

TEST(ErrorText, TakesTheServicesWords) {
  EXPECT_EQ(chat::ErrorText(R"({"error":{"message":"no such model","code":null}})"), "no such model");
  EXPECT_EQ(chat::ErrorText(R"({"error":"no such model"})"), "no such model");
  EXPECT_EQ(chat::ErrorText(R"({"error":{"code":7}})"), R"({"code":7})");
  EXPECT_EQ(chat::ErrorText("Failed loading model X"), "Failed loading model X");
  EXPECT_EQ(chat::ErrorText(R"({"detail":"Not Found"})"), R"({"detail":"Not Found"})");
}

TEST(ErrorText, KeepsTheFirstLineOfAStackTrace) {
  EXPECT_EQ(chat::ErrorText("\n\nBoom: it failed\r\n   at main.cc:7\n   at start"), "Boom: it failed");
  EXPECT_EQ(chat::ErrorText(R"({"error":{"message":"Boom\nStacktrace:\n  frame"}})"), "Boom");
}

TEST(ErrorText, SaysSoWhenThereIsNone) {
  EXPECT_EQ(chat::ErrorText(""), "no message");
  EXPECT_EQ(chat::ErrorText(" \r\n"), "no message");
}

TEST(ErrorText, IsAtMost300BytesAndCutsNoCharacter) {
  EXPECT_THAT(chat::ErrorText(std::string(1000, 'x')), SizeIs(300));
  // 299 + a two-byte character: it would end at 301.
  EXPECT_THAT(chat::ErrorText(std::string(299, 'x') + "é and more"), SizeIs(299));
}

}  // namespace
}  // namespace assay::testing

// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "ctest/integration/embedded/fault_checks.h"
#include "fixtures/base/text.h"

namespace assay::embedded::testing_support {
namespace {

using testing::Each;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr char kGreedy[] = ",\"temperature\":0,\"max_tokens\":12";

// What is said without faults; all generations say the same.
std::string ContentWithoutFaults(const std::string& more) {
  RunningService service(OptionsFor(Dialect::kG3, ""));
  return AskChat(service, ChatBody(false, kPrompt, more)).Joined("content");
}

const std::string& WantedContent() {
  static const std::string kContent = ContentWithoutFaults(kGreedy);
  return kContent;
}

Answer AskUnder(const Generation& generation, const std::string& scenario, bool stream,
                const std::string& more = kGreedy) {
  RunningService service(OptionsFor(generation, scenario));
  return AskChat(service, ChatBody(stream, kPrompt, more));
}

// A well-formed oddity: the same text, a proper end. Returns the answer for what is odd about it.
Answer ExpectWellFormed(const Generation& generation, const std::string& scenario) {
  RunningService service(OptionsFor(generation, scenario));
  Answer answer = AskChat(service, ChatBody(true));
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.Joined("content"), WantedContent());
  const auto payloads = answer.Payloads();
  EXPECT_TRUE(!payloads.empty() && payloads.back() == "[DONE]");
  const Answer whole = AskChat(service, ChatBody(false));
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.complete);
  EXPECT_EQ(whole.Joined("content"), WantedContent());
  return answer;
}

void SlowDecode(const Generation& generation) {
  const auto begin = std::chrono::steady_clock::now();
  const Answer answer = AskUnder(generation, "token_ms=4,slow_decode=5", true);
  // Eleven intervals between twelve tokens.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(11 * 20));
  EXPECT_EQ(answer.Joined("content"), WantedContent());
}

void FlipToken(const Generation& generation) {
  const Answer answer = AskUnder(generation, "flip_token=1", true);
  EXPECT_TRUE(answer.complete);
  EXPECT_NE(answer.Joined("content"), WantedContent());
}

void IgnoreTemperature(const Generation& generation) {
  const std::string hot = ",\"temperature\":1.5,\"max_tokens\":12,\"seed\":";
  EXPECT_NE(AskUnder(generation, "", true, hot + "1").Joined("content"), WantedContent());
  EXPECT_EQ(AskUnder(generation, "ignore_temperature", true, hot + "1").Joined("content"), WantedContent());
}

void IgnoreSeed(const Generation& generation) {
  const std::string body = ChatBody(true, kPrompt, ",\"temperature\":1,\"max_tokens\":12,\"seed\":3");
  std::vector<std::string> first;
  for (int i = 0; i < 2; ++i) {
    RunningService service(OptionsFor(generation, "ignore_seed"));
    first.push_back(AskChat(service, body).Joined("content"));
    EXPECT_NE(AskChat(service, body).Joined("content"), first.back());
  }
  EXPECT_EQ(first[0], first[1]) << "a service that is started again repeats itself";
}

void IgnoreMaxTokens(const Generation& generation) {
  const std::string more = ",\"temperature\":0,\"max_tokens\":3";
  EXPECT_EQ(AskUnder(generation, "ignore_max_tokens", true, more).Joined("content"), WantedContent());
  EXPECT_EQ(AskUnder(generation, "ignore_max_tokens", false, more).Joined("content"), WantedContent());
  EXPECT_EQ(AskUnder(generation, "", true, more).Joined("content"), ContentWithoutFaults(more));
}

void Reasoning(const Generation& generation) {
  for (const bool stream : {true, false}) {
    const Answer answer = AskUnder(generation, "reasoning", stream);
    EXPECT_FALSE(answer.Joined("content").empty());
    EXPECT_FALSE(answer.Joined("reasoning_content").empty());
    EXPECT_EQ(answer.Joined("reasoning_content") + answer.Joined("content"), WantedContent());
  }
}

void Instant(const Generation& generation) {
  const Answer stream = AskUnder(generation, "instant=5,usage_always,token_ms=3600000", true);
  EXPECT_TRUE(stream.complete);
  EXPECT_EQ(stream.Joined("content"), "ooooo");
  EXPECT_EQ(stream.Count("\"completion_tokens\":5"), 1U);
  // Each event in a write of its own; the last one goes with the end of the body.
  EXPECT_EQ(stream.chunks.size(), stream.Payloads().size());
  const Answer whole = AskUnder(generation, "instant", false);
  EXPECT_EQ(whole.Joined("content"), "oooooooooooooooo");
  EXPECT_EQ(whole.Count("\"completion_tokens\":16"), generation == Dialect::kG1 ? 0U : 1U);
}

void SlowFirstByte(const Generation& generation) {
  const auto begin = std::chrono::steady_clock::now();
  RunningService service(OptionsFor(generation, "slow_first_byte=60"));
  RawConnection connection(service.port());
  connection.Send(ChatRequestBytes(ChatBody(true)));
  connection.ReadUntil("HTTP/1.1 200");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
  EXPECT_THAT(connection.ReadToEnd(), HasSubstr("[DONE]"));
}

void NoUsage(const Generation& generation) {
  EXPECT_EQ(ExpectWellFormed(generation, "no_usage").Count("usage"), 0U);
  EXPECT_EQ(AskUnder(generation, "no_usage", false).Count("usage"), 0U);
}

void NullUsage(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "null_usage");
  auto payloads = answer.Payloads();
  payloads.pop_back();
  EXPECT_THAT(payloads, Each(HasSubstr("\"usage\":null")));
  EXPECT_EQ(AskUnder(generation, "null_usage", false).Count("\"usage\":null"), 1U);
}

void UsageInLastChunk(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "usage_in_last_chunk");
  const auto payloads = answer.Payloads();
  EXPECT_THAT(payloads[payloads.size() - 2], HasSubstr("\"completion_tokens\":12"));
  EXPECT_THAT(payloads[payloads.size() - 2], Not(HasSubstr("\"choices\":[]")));
  EXPECT_EQ(answer.Count("\"completion_tokens\":"), 1U);
}

void UsageAlways(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "usage_always");
  const auto payloads = answer.Payloads();
  EXPECT_THAT(payloads[payloads.size() - 2], HasSubstr("\"completion_tokens\":12"));
  EXPECT_THAT(payloads[payloads.size() - 2], HasSubstr("\"choices\":[]"));
  EXPECT_EQ(answer.Count("\"completion_tokens\":"), 1U);
}

void EmptyChoices(const Generation& generation) {
  const auto payloads = ExpectWellFormed(generation, "empty_choices").Payloads();
  const auto is_empty = [](const std::string& payload) {
    return payload.find("\"choices\":[]") != std::string::npos && payload.find("_tokens") == std::string::npos;
  };
  const auto found = std::find_if(payloads.begin(), payloads.end(), is_empty);
  ASSERT_NE(found, payloads.end());
  EXPECT_THAT(*(found - 1), HasSubstr("\"content\":"));
  EXPECT_THAT(*(found + 1), HasSubstr("\"content\":"));
}

void ErrorNull(const Generation& generation) {
  auto payloads = ExpectWellFormed(generation, "error_null").Payloads();
  payloads.pop_back();
  EXPECT_THAT(payloads, Each(HasSubstr("\"error\":null")));
}

void SplitEvents(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "split_events");
  EXPECT_EQ(answer.chunks.size(), 2 * answer.Payloads().size());
  EXPECT_THAT(answer.chunks[0], Not(EndsWith("\n")));
}

void MergedEvents(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "merged_events=5");
  EXPECT_EQ(answer.chunks.size(), (answer.Payloads().size() + 4) / 5);
}

void Crlf(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "crlf");
  EXPECT_EQ(answer.Count("\n"), answer.Count("\r\n"));
  EXPECT_EQ(answer.Count("\r\n"), 2 * answer.Payloads().size());
}

void NoSpace(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "no_space");
  EXPECT_EQ(answer.Count("data: "), 0U);
  EXPECT_GT(answer.Count("data:{"), 3U);
}

void Comments(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "comments");
  EXPECT_EQ(answer.Count("\n: keep-alive\n\n"), answer.Payloads().size());
}

void SplitCharacters(const Generation& generation) {
  const Answer answer = ExpectWellFormed(generation, "split_characters");
  EXPECT_TRUE(base::IsValidUtf8(answer.body));
  EXPECT_TRUE(std::any_of(answer.chunks.begin(), answer.chunks.end(),
                          [](const std::string& chunk) { return !base::IsValidUtf8(chunk); }));
}

void NoRole(const Generation& generation) {
  EXPECT_EQ(ExpectWellFormed(generation, "no_role").Count("\"role\""), 0U);
  EXPECT_EQ(AskUnder(generation, "no_role", false).Count("\"role\""), 0U);
}

void NoFinishReason(const Generation& generation) {
  EXPECT_EQ(ExpectWellFormed(generation, "no_finish_reason").Count("\"finish_reason\":\""), 0U);
  EXPECT_EQ(AskUnder(generation, "no_finish_reason", false).Count("\"finish_reason\":\""), 0U);
}

void FinishLength(const Generation& generation) {
  // This prompt's answer ends by itself.
  const auto body = [](bool stream) {
    return ChatBody(stream, "List three numbers", ",\"temperature\":0,\"max_tokens\":40");
  };
  for (const bool stream : {true, false}) {
    RunningService service(OptionsFor(generation, "finish_length"));
    EXPECT_EQ(AskChat(service, body(stream)).Count("\"finish_reason\":\"length\""), 1U);
    RunningService honest(OptionsFor(generation, ""));
    EXPECT_EQ(AskChat(honest, body(stream)).Count("\"finish_reason\":\"length\""), 0U);
  }
}

void DuplicateHeaders(const Generation& generation) {
  EXPECT_THAT(ExpectWellFormed(generation, "duplicate_headers").head,
              HasSubstr("Content-Type: text/event-stream\r\nContent-Type: text/event-stream\r\n"));
  const std::string head = AskUnder(generation, "duplicate_headers", false).head;
  EXPECT_NE(head.find("Content-Type: application/json"), head.rfind("Content-Type: application/json"));
}

void CloseConnections(const Generation& generation) {
  for (const bool stream : {true, false}) {
    RunningService service(OptionsFor(generation, "close_connections"));
    RawConnection connection(service.port());
    connection.Send(ChatRequestBytes(ChatBody(stream), "keep-alive"));
    const Answer answer = ParseAnswer(connection.ReadToEnd());
    EXPECT_TRUE(answer.complete);
    EXPECT_THAT(answer.head, HasSubstr("\r\nConnection: keep-alive\r\n"));
    EXPECT_EQ(answer.Joined("content"), WantedContent());
  }
}

void Empty500(const Generation& generation) {
  for (const bool stream : {true, false}) {
    const Answer answer = AskUnder(generation, "empty_500", stream);
    EXPECT_EQ(answer.status, 500);
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(answer.body, "");
  }
}

void EmptyAnswer(const Generation& generation) {
  const Answer stream = AskUnder(generation, "empty_answer,usage_always", true);
  EXPECT_EQ(stream.status, 200);
  EXPECT_TRUE(stream.complete);
  EXPECT_EQ(stream.Joined("content"), "");
  EXPECT_EQ(stream.Count("\"completion_tokens\":0"), 1U);
  EXPECT_EQ(stream.Payloads().back(), "[DONE]");
  const Answer whole = AskUnder(generation, "empty_answer", false);
  EXPECT_EQ(whole.Joined("content"), "");
  EXPECT_EQ(whole.Count("\"finish_reason\":\"stop\""), 1U);
  EXPECT_EQ(whole.Count("\"completion_tokens\":0"), generation == Dialect::kG1 ? 0U : 1U);
}

void NoDone(const Generation& generation) {
  const Answer answer = AskUnder(generation, "no_done", true);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.Joined("content"), WantedContent());
  EXPECT_EQ(answer.Count("[DONE]"), 0U);
}

void Cut(const Generation& generation) {
  const Answer answer = AskUnder(generation, "cut=3", true);
  EXPECT_TRUE(answer.complete);
  EXPECT_THAT(answer.body, Not(EndsWith("\n")));
  EXPECT_EQ(answer.Payloads().size(), 4U);  // the last of them half
  const Answer whole = AskUnder(generation, "cut", false);
  EXPECT_TRUE(whole.complete);
  EXPECT_THAT(whole.body, Not(EndsWith("}")));
}

void Stall(const Generation& generation) {
  RunningService service(OptionsFor(generation, "stall=2"));
  {
    RawConnection connection(service.port());
    connection.Send(ChatRequestBytes(ChatBody(true)));
    const std::string two = connection.ReadUntil("\n\n\r\n") + connection.ReadUntil("\n\n\r\n");
    EXPECT_THAT(two, HasSubstr("data: {"));
  }
  // The service notices that the client is gone, and gives the model back. G1 does not say who uses it.
  if (generation && *generation != Dialect::kG1) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    int status = 500;
    while (status == 500 && std::chrono::steady_clock::now() < deadline) {
      status = Get(service, "/models/unload/ember-mini-int8-cpu").status;
    }
    EXPECT_EQ(status, 200);
    Get(service, "/models/load/ember-mini-int8-cpu");
  }
  // A stop ends what is stalled.
  RawConnection connection(service.port());
  connection.Send(ChatRequestBytes(ChatBody(true)));
  connection.ReadUntil("\n\n\r\n");
  connection.ReadUntil("\n\n\r\n");
  service.Join();
  EXPECT_EQ(connection.ReadToEnd(), "") << "nothing after the silence began";
}

void Reset(const Generation& generation) {
  for (const bool stream : {true, false}) {
    RunningService service(OptionsFor(generation, "reset=3"));
    bool was_reset = false;
    const Answer answer = AskChat(service, ChatBody(stream), &was_reset);
    EXPECT_TRUE(was_reset);
    EXPECT_FALSE(answer.complete);
  }
}

void InBandError(const Generation& generation) {
  const Answer answer = AskUnder(generation, "in_band_error=3", true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.complete);
  ASSERT_EQ(answer.Payloads().size(), 4U);
  EXPECT_THAT(answer.Payloads().back(), HasSubstr("\"error\":{"));
  EXPECT_THAT(answer.Payloads().back(), HasSubstr("chat_session.cc:412"));
  EXPECT_EQ(AskUnder(generation, "in_band_error", false).status, 500);
}

void TextError(const Generation& generation) {
  const Answer answer = AskUnder(generation, "text_error=502", true);
  EXPECT_EQ(answer.status, 502);
  EXPECT_THAT(answer.head, HasSubstr("Content-Type: text/plain"));
  EXPECT_THAT(answer.body, HasSubstr("ChatClient.cs:line 188\n   at "));
}

void WrongContentType(const Generation& generation) {
  EXPECT_THAT(ExpectWellFormed(generation, "wrong_content_type").head, HasSubstr("Content-Type: text/plain"));
  EXPECT_THAT(AskUnder(generation, "wrong_content_type", false).head, Not(HasSubstr("json")));
}

void InvalidUtf8(const Generation& generation) {
  for (const bool stream : {true, false}) {
    const Answer answer = AskUnder(generation, "invalid_utf8", stream);
    EXPECT_TRUE(answer.complete);
    EXPECT_FALSE(base::IsValidUtf8(answer.body));
    // G1 says everything twice.
    EXPECT_EQ(answer.Count("\xC3\x28\xFE\xFF"), generation == Dialect::kG1 ? 2U : 1U);
  }
}

void LongLine(const Generation& generation) {
  const auto payloads = AskUnder(generation, "long_line", true).Payloads();
  const auto is_long = [](const std::string& payload) { return payload.size() > std::size_t{32} * 1024 * 1024; };
  EXPECT_EQ(std::count_if(payloads.begin(), payloads.end(), is_long), 1);
  EXPECT_EQ(payloads.back(), "[DONE]");
}

void DeepJson(const Generation& generation) {
  for (const bool stream : {true, false}) {
    EXPECT_EQ(AskUnder(generation, "deep_json", stream).Count(std::string(100'000, '[')), 1U);
  }
}

void Busy(const Generation& generation) {
  RunningService service(OptionsFor(generation, R"({"schema_version":1,"faults":[{"fault":"busy"}],
      "pacing":{"token_ms":3600000,"prompt_contains":"for ever"}})"));
  EXPECT_EQ(AskChat(service, ChatBody(true)).status, 200) << "alone";
  RawConnection other(service.port());
  other.Send(ChatRequestBytes(ChatBody(true, "for ever")));
  other.ReadUntil("\"content\":\"");
  const Answer answer = AskChat(service, ChatBody(true));
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("Infer Request is busy"));
  EXPECT_EQ(AskUnder(generation, "busy=1", false).status, 500);
}

void TooManyRequests(const Generation& generation) {
  RunningService service(OptionsFor(generation, "too_many_requests=7,times=1"));
  const Answer answer = AskChat(service, ChatBody(true));
  EXPECT_EQ(answer.status, 429);
  EXPECT_THAT(answer.head, HasSubstr("\r\nRetry-After: 7\r\n"));
  EXPECT_EQ(AskChat(service, ChatBody(true)).status, 200);
}

}  // namespace

std::map<FaultKind, FaultCheck> AnswerFaultChecks() {
  using enum FaultKind;
  return {{kSlowDecode, SlowDecode},
          {kFlipToken, FlipToken},
          {kIgnoreTemperature, IgnoreTemperature},
          {kIgnoreSeed, IgnoreSeed},
          {kIgnoreMaxTokens, IgnoreMaxTokens},
          {kReasoning, Reasoning},
          {kInstant, Instant},
          {kSlowFirstByte, SlowFirstByte},
          {kNoUsage, NoUsage},
          {kNullUsage, NullUsage},
          {kUsageInLastChunk, UsageInLastChunk},
          {kUsageAlways, UsageAlways},
          {kEmptyChoices, EmptyChoices},
          {kErrorNull, ErrorNull},
          {kSplitEvents, SplitEvents},
          {kMergedEvents, MergedEvents},
          {kCrlf, Crlf},
          {kNoSpace, NoSpace},
          {kComments, Comments},
          {kSplitCharacters, SplitCharacters},
          {kNoRole, NoRole},
          {kNoFinishReason, NoFinishReason},
          {kFinishLength, FinishLength},
          {kDuplicateHeaders, DuplicateHeaders},
          {kCloseConnections, CloseConnections},
          {kEmpty500, Empty500},
          {kEmptyAnswer, EmptyAnswer},
          {kNoDone, NoDone},
          {kCut, Cut},
          {kStall, Stall},
          {kReset, Reset},
          {kInBandError, InBandError},
          {kTextError, TextError},
          {kWrongContentType, WrongContentType},
          {kInvalidUtf8, InvalidUtf8},
          {kLongLine, LongLine},
          {kDeepJson, DeepJson},
          {kBusy, Busy},
          {kTooManyRequests, TooManyRequests}};
}

}  // namespace assay::embedded::testing_support

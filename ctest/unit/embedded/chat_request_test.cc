// SPDX-License-Identifier: MIT
// Messages are those of the recordings in ctest/wire/foundry-g3 and its README.
#include "fixtures/embedded/chat_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::embedded {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Refused(std::string_view body) {
  const auto parsed = ParseChatRequest(body);
  const auto* refusal = std::get_if<ChatRefusal>(&parsed);
  return refusal == nullptr ? "accepted" : refusal->message;
}

ChatRequest Accepted(std::string_view body) {
  auto parsed = ParseChatRequest(body);
  const auto* refusal = std::get_if<ChatRefusal>(&parsed);
  EXPECT_EQ(refusal, nullptr) << (refusal == nullptr ? "" : refusal->message);
  return refusal == nullptr ? std::get<ChatRequest>(parsed) : ChatRequest();
}

TEST(ChatRequest, RefusesInTheOrderOfTheRealService) {
  EXPECT_EQ(Refused(""), "Empty request body");
  EXPECT_THAT(Refused("{no"),
              StartsWith("Invalid JSON: [json.exception.parse_error.101] parse error at line 1, column "));
  EXPECT_EQ(Refused("{}"), "Invalid request: [json.exception.out_of_range.403] key 'model' not found");
  EXPECT_EQ(Refused(R"({"model":"m"})"), "Invalid request: [json.exception.out_of_range.403] key 'messages' not found");
  EXPECT_THAT(Refused(R"({"model":1,"messages":[]})"), HasSubstr("type must be string, but is number"));
  EXPECT_THAT(Refused(R"({"model":"m","messages":"x"})"), HasSubstr("type must be array, but is string"));
  EXPECT_EQ(Refused(R"({"model":"","messages":[]})"), "Missing required field: model");
  EXPECT_EQ(Refused(R"({"model":"m","messages":[]})"), "Missing required field: messages");
  EXPECT_THAT(Refused("[]"), StartsWith("Invalid request: "));
  EXPECT_THAT(Refused(R"({"model":"m","messages":[7]})"), StartsWith("Invalid request: "));
}

TEST(ChatRequest, SurvivesHostileBodies) {
  EXPECT_THAT(Refused(std::string(2'000'000, '[')), StartsWith("Invalid JSON: "));
  EXPECT_THAT(Refused("{\"model\":\"\xFF\",\"messages\":[]}"), StartsWith("Invalid JSON: "));
  EXPECT_THAT(Refused(std::string("{\"model\":\"m\"\0}", 14)), StartsWith("Invalid JSON: "));
  EXPECT_THAT(Refused(R"({"model":"m","messages":[],"x":1e999})"), StartsWith("Invalid JSON: "));
}

TEST(ChatRequest, ReadsEveryFieldThatCounts) {
  const ChatRequest request = Accepted(
      R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true},)"
      R"("temperature":0.5,"top_p":0.9,"seed":7,"max_tokens":5,"frequency_penalty":1.5,)"
      R"("metadata":{"random_seed":"9","top_k":"40"}})");
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.include_usage);
  EXPECT_EQ(request.temperature, 0.5);
  EXPECT_EQ(request.top_p, 0.9);
  EXPECT_EQ(request.seed, 9);
  EXPECT_EQ(request.top_k, 40);
  EXPECT_EQ(request.max_tokens, 5);
  EXPECT_EQ(request.frequency_penalty, 1.5);
}

TEST(ChatRequest, IgnoresOptionalFieldsOfTheWrongType) {
  const ChatRequest request = Accepted(
      R"({"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":"5","temperature":"0","stream":1})");
  EXPECT_FALSE(request.max_tokens.has_value());
  EXPECT_FALSE(request.temperature.has_value());
  EXPECT_FALSE(request.stream);
}

TEST(ChatRequest, PrefersMaxCompletionTokens) {
  EXPECT_EQ(
      Accepted(R"({"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":5,"max_completion_tokens":3})")
          .max_tokens,
      3);
}

TEST(ChatRequest, JoinsTextPartsAndDropsToolResultsAndEmptyMessages) {
  const ChatRequest request = Accepted(
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url"},)"
      R"({"type":"input_text","text":"b"}]},{"role":"tool","content":"x"},{"role":"assistant","content":null},)"
      R"({"role":"assistant"},{"role":"user","content":""}]})");
  ASSERT_EQ(request.messages.size(), 1U);
  EXPECT_EQ(request.messages[0].content, "ab");
}

}  // namespace
}  // namespace assay::embedded

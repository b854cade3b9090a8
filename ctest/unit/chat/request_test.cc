// SPDX-License-Identifier: MIT
// What goes out: the canonical request with the model added and nothing else, and the key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctest/unit/chat/complete.h"

namespace assay::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

http::Request Sent(bool stream, const std::optional<std::string>& key = std::nullopt) {
  FakeTransport transport([](const http::Request&) { return ScriptedExchange{}; });
  chat::Target target{"http://127.0.0.1:5273", key, {}};
  target.timeouts.idle = 7s;
  chat::Client client(transport, target);
  client.Complete("tiny:1", ChatRequest(stream));
  EXPECT_EQ(transport.requests.size(), 1U);
  return transport.requests.front();
}

std::optional<std::string> Header(const http::Request& request, const std::string& name) {
  std::optional<std::string> value;
  for (const auto& [key, text] : request.headers) {
    if (key == name) value = value ? *value + " AND " + text : text;
  }
  return value;
}

// Written by hand: sorted keys, no blanks, never a penalty (foundry-facts 2.5).
TEST(ChatRequest, IsTheCanonicalRequestWithTheModel) {
  EXPECT_EQ(Sent(true).body, R"({"max_tokens":8,"messages":[{"content":"Hi","role":"user"}],"model":"tiny:1","seed":7,)"
                             R"("stream":true,"stream_options":{"include_usage":true},"temperature":0})");
  EXPECT_EQ(Sent(false).body,
            R"({"max_tokens":8,"messages":[{"content":"Hi","role":"user"}],"model":"tiny:1","seed":7,)"
            R"("stream":false,"temperature":0})");
}

TEST(ChatRequest, IsPostedToTheChatRouteOnce) {
  const http::Request request = Sent(true);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://127.0.0.1:5273/v1/chat/completions");
  EXPECT_EQ(request.timeouts.idle, 7s);
  EXPECT_EQ(Header(request, "Content-Type"), "application/json");
  EXPECT_EQ(Header(request, "Accept"), "text/event-stream");
  EXPECT_EQ(Header(Sent(false), "Accept"), "application/json");
}

TEST(ChatRequest, KeyIsABearerToken) {
  EXPECT_EQ(Header(Sent(true, "sk-test-123"), "Authorization"), "Bearer sk-test-123");
  EXPECT_EQ(Header(Sent(true), "Authorization"), std::nullopt);
  EXPECT_THAT(Sent(true, "sk-test-123").body, Not(HasSubstr("sk-test-123")));
}

TEST(ChatRequest, CallersRequestStaysAsItIs) {
  FakeTransport transport([](const http::Request&) { return ScriptedExchange{}; });
  chat::Client client(transport, chat::Target{"http://127.0.0.1:1", {}, {}});
  const run::Json request = ChatRequest();
  client.Complete("a:1", request);
  client.Complete("b:1", request);
  EXPECT_EQ(request, ChatRequest());
  EXPECT_THAT(transport.requests[1].body, HasSubstr("\"model\":\"b:1\""));
}

// Services were seen to repeat the header they did not like.
TEST(ChatRequest, KeyDoesNotComeBackInAnyError) {
  std::vector<ScriptedExchange> exchanges(4);
  exchanges[0].status = 401;
  exchanges[0].pieces = Whole(R"({"error":{"message":"Incorrect key: sk-test-123, sk-test-123."}})");
  exchanges[1] = EventStream({{10ms, R"({"error":{"message":"bad key sk-test-123"}})"}});
  exchanges[2].status = 0;
  exchanges[2].failure = base::Error{base::ErrorCode::kTransport, "lost sk-test-123", ""};
  exchanges[3].content_type = "text/html";
  exchanges[3].pieces = Whole("no access for sk-test-123");
  for (const ScriptedExchange& exchange : exchanges) {
    FakeTransport transport;
    transport.Then(exchange);
    chat::Client client(transport, chat::Target{"http://127.0.0.1:1", "sk-test-123", {}});
    const run::Sample sample = client.Complete("tiny:1", ChatRequest()).sample;
    const std::string line = run::WriteJson(ToJson(sample), run::JsonStyle::kCompact);
    EXPECT_NE(sample.error, "");
    EXPECT_THAT(line, Not(HasSubstr("sk-test-123")));
    EXPECT_THAT(line, HasSubstr("***"));
  }
}

}  // namespace
}  // namespace assay::testing

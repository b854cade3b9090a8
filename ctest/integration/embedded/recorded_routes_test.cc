// SPDX-License-Identifier: MIT
// The service's answers against recordings of the real one, byte by byte. What must differ is normalised on both sides
// by the rules of Normalised() and nothing else.
#include <gtest/gtest.h>

#include <regex>

#include "ctest/integration/embedded/running_service.h"
#include "fixtures/base/files.h"

namespace assay::embedded {
namespace {

using namespace testing_support;

std::string Recording(const std::string& name) {
  const auto text =
      base::ReadFile(std::filesystem::path(ASSAY_TEST_DATA_DIR) / "wire" / "foundry-g3" / (name + ".txt"));
  EXPECT_TRUE(text.ok()) << name;
  return text.ok() ? *text : "";
}

std::string Normalised(std::string text) {
  const auto rule = [&](const char* pattern, const char* replacement) {
    text = std::regex_replace(text, std::regex(pattern), replacement);
  };
  rule("tiny-random-gpt2-fp32|ember-mini-generic-cpu", "MODEL");
  rule("tiny-random-gpt2-stop|ember-mini-int8-cpu", "MODEL2");
  rule("\"created\":[1-9][0-9]+", "\"created\":TIME");
  rule("chatcmpl-[0-9a-f]+", "chatcmpl-ID");
  rule("Content-Length: [0-9]+", "Content-Length: N");
  rule("\"content\":\"(?:[^\"\\\\]|\\\\.)+\"", "\"content\":\"TEXT\"");
  rule("\"(prompt|total)_tokens\":[0-9]+", "\"$1_tokens\":N");
  rule("127\\.0\\.0\\.1:[0-9]+", "127.0.0.1:PORT");
  rule("\"pid\":[0-9]+", "\"pid\":PID");
  rule("\"modelCachePath\":\"[^\"]*\"", "\"modelCachePath\":\"PATH\"");
  rule("(\\\\n  [^ ]+ \\[0x[0-9a-f]+\\])+", "\\n  FRAMES");
  rule("column [0-9]+: syntax error while parsing [^\"]*", "column N: SYNTAX ERROR");
  rule("requires [0-9]+ total tokens \\([0-9]+ input \\+ 2048 output\\)(.*) length of [0-9]+",
       "requires N total tokens (N input + 2048 output)$1 length of N");
  // Events may share a chunk: sizes and chunk ends inside a stream carry no meaning.
  if (text.find("Transfer-Encoding: chunked") != std::string::npos) {
    rule("\r\n[0-9A-F]+\r\n", "\r\n");
    rule("\n\n\r\ndata: ", "\n\ndata: ");
    rule("(data: [^\n]*\"content\":\"TEXT\"[^\n]*\n\n)+", "CONTENT EVENTS\n\n");
  }
  return text;
}

std::string Message(const std::string& fields) {
  return "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]," + fields + "}";
}

constexpr char kModel[] = "\"model\":\"ember-mini-generic-cpu:1\"";

class RecordedRoutes : public testing::Test {
 protected:
  RecordedRoutes() : service_(Options()) {}
  static EmbeddedOptions Options() {
    EmbeddedOptions options;
    options.preload = {"ember-mini"};
    // A request that is still being answered when the next one comes, however slow the machine.
    options.scenario = *ParseScenarioInline("token_ms=3600000,prompt_contains=for ever");
    return options;
  }
  void ExpectGet(const std::string& recording, const std::string& target) {
    EXPECT_EQ(Normalised(service_.Get(target)), Normalised(Recording(recording))) << recording;
  }
  void ExpectChat(const std::string& recording, const std::string& body) {
    EXPECT_EQ(Normalised(service_.Chat(body)), Normalised(Recording(recording))) << recording;
  }
  RunningService service_;
};

TEST_F(RecordedRoutes, StatusAndUnknownRoutes) {
  ExpectGet("status", "/status");
  ExpectGet("openai_status", "/openai/status");
  ExpectGet("openai_models", "/openai/models");
  ExpectGet("foundry_list", "/foundry/list");
  ExpectGet("root", "/");
  ExpectGet("chat_get", "/v1/chat/completions");
  EXPECT_EQ(Exchange(service_.port(), "HEAD /status HTTP/1.1\r\nHost: t\r\n\r\n"), Recording("head_status"));
  EXPECT_EQ(Exchange(service_.port(), "OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: t\r\n\r\n"),
            Recording("chat_options"));
  EXPECT_EQ(Exchange(service_.port(), PostRequest("/v1/completions", "{}")), Recording("completions_legacy"));
  EXPECT_EQ(Normalised(Exchange(service_.port(), "GET /status HTTP/1.0\r\n\r\n")),
            Normalised(Recording("status_http10_rawsocket")));
}

TEST_F(RecordedRoutes, ToleratesSlashesAndQueries) {
  for (const char* target : {"/status/", "//status", "/status?x=1"}) ExpectGet("status", target);
}

TEST_F(RecordedRoutes, ModelManagement) {
  ExpectGet("load_by_alias_again", "/models/load/ember-mini");
  ExpectGet("load_by_id", "/models/load/ember-mini-generic-cpu:1");
  ExpectGet("load_unknown", "/models/load/nope");
  ExpectGet("load_stop", "/models/load/ember-mini-int8-cpu");
  ExpectGet("models_loaded", "/models/loaded");
  ExpectGet("unload_stop", "/models/unload/ember-mini-int8-cpu");
  ExpectGet("unload_stop_again", "/models/unload/ember-mini-int8-cpu");
  ExpectGet("unload_unknown", "/models/unload/nope");
  service_.Get("/models/unload/ember-mini");
  ExpectGet("models_loaded_empty", "/models/loaded");
}

TEST_F(RecordedRoutes, ModelList) {
  ExpectGet("v1_model_by_id", "/v1/models/ember-mini-generic-cpu:1");
  ExpectGet("v1_model_by_alias", "/v1/models/ember-mini-generic-cpu");
  ExpectGet("v1_model_by_id_pctenc", "/v1/models/ember-mini-generic-cpu%3A1");
  ExpectGet("v1_model_unknown", "/v1/models/nope:1");
  EXPECT_NE(service_.Get("/v1/models")
                .find("{\"created\":0,\"id\":\"ember-base-int8-cpu:1\",\"object\":\"model\","
                      "\"owned_by\":\"system\"}],\"object\":\"list\"}"),
            std::string::npos);
}

TEST_F(RecordedRoutes, ChatRefusals) {
  ExpectChat("chat_empty_body", "");
  ExpectChat("chat_bad_json", "{no json");
  ExpectChat("chat_missing_model", R"({"messages":[{"role":"user","content":"Hi"}]})");
  ExpectChat("chat_missing_messages", R"({"model":"m"})");
  ExpectChat("chat_empty_messages", R"({"model":"m","messages":[]})");
  ExpectChat("chat_unknown_model", Message(R"("model":"nope")"));
  ExpectChat("chat_alias_model", Message(R"("model":"ember-mini-generic-cpu")"));
  ExpectChat("chat_max_tokens_0", Message(std::string(kModel) + ",\"max_tokens\":0"));
  ExpectChat("chat_no_max_tokens", Message(kModel));
  ExpectChat("chat_max_tokens_string", Message(std::string(kModel) + ",\"max_tokens\":\"5\""));
  ExpectChat("chat_no_max_tokens_stream", Message(std::string(kModel) + ",\"stream\":true"));
  ExpectChat("chat_empty_content", std::string("{\"messages\":[{\"role\":\"user\",\"content\":\"\"}],") + kModel + "}");
  ExpectChat("chat_empty_content_stream",
             std::string("{\"messages\":[{\"role\":\"user\",\"content\":\"\"}],\"stream\":true,") + kModel + "}");
  // The recording names the other model.
  EXPECT_EQ(service_.Chat(Message(R"("model":"ember-mini-int8-cpu:1")")).substr(0, 24), "HTTP/1.1 400 Bad Request");
}

TEST_F(RecordedRoutes, ChatAnswers) {
  const std::string fields = std::string(kModel) + ",\"temperature\":0,\"max_tokens\":";
  ExpectChat("chat_nonstream_t0", Message(fields + "12"));
  ExpectChat("chat_n2", Message(fields + "3,\"n\":2"));
  ExpectChat("chat_logprobs", Message(fields + "3,\"logprobs\":true"));
  ExpectChat("chat_stream_t0", Message(fields + "12,\"stream\":true"));
}

TEST_F(RecordedRoutes, UnloadWhileGenerating) {
  RawConnection connection(service_.port());
  connection.Send(
      PostRequest("/v1/chat/completions", std::string("{\"messages\":[{\"role\":\"user\",\"content\":\"for ever\"}],") +
                                              kModel + ",\"temperature\":0,\"max_tokens\":20,\"stream\":true}"));
  connection.ReadUntil("data: ");
  EXPECT_EQ(Normalised(BodyOf(service_.Get("/models/unload/ember-mini"))),
            Normalised(Recording("unload_after_disconnect")));
}

}  // namespace
}  // namespace assay::embedded

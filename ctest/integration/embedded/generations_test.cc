// SPDX-License-Identifier: MIT
// Routes, bytes and quirks of the generations G1, G2 and plain over a socket; G3's are compared with recordings
// elsewhere. Expected values come from observations of the real services.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <vector>

#include "ctest/integration/embedded/generations.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"

namespace assay::embedded {
namespace {

using namespace testing_support;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

TEST(AllGenerations, GiveTheSameGreedyAnswerStreamedOrNot) {
  for (const char* prompt : {kPrompt, "What is light?"}) {
    std::vector<std::string> answers;
    for (const Generation& generation : kGenerations) {
      RunningService service(OptionsFor(generation, ""));
      for (const bool stream : {true, false}) {
        const Answer answer = AskChat(service, ChatBody(stream, prompt));
        EXPECT_EQ(answer.status, 200) << NameOf(generation);
        EXPECT_TRUE(answer.complete) << NameOf(generation);
        EXPECT_EQ(answer.Count("[DONE]"), stream ? 1U : 0U) << NameOf(generation);
        answers.push_back(answer.Joined("content"));
      }
    }
    EXPECT_FALSE(answers[0].empty());
    EXPECT_THAT(answers, Each(answers[0]));
  }
}

TEST(AllGenerations, ObeySeedsAlike) {
  std::vector<std::string> answers;
  for (const Generation& generation : kGenerations) {
    RunningService service(OptionsFor(generation, ""));
    const std::string sampled = ",\"max_tokens\":9,\"temperature\":0.9,\"seed\":";
    answers.push_back(AskChat(service, ChatBody(true, "Hi", sampled + "7")).Joined("content"));
    EXPECT_NE(AskChat(service, ChatBody(true, "Hi", sampled + "8")).Joined("content"), answers[0]);
  }
  EXPECT_THAT(answers, Each(answers[0]));
}

TEST(AllGenerations, RefuseWhatIsNoChatRequest) {
  for (const Generation& generation : kGenerations) {
    RunningService service(OptionsFor(generation, ""));
    const int status = generation ? 400 : 500;
    for (const char* body : {"", "{no json", R"({"model":"ember-mini-int8-cpu:1"})"}) {
      EXPECT_EQ(AskChat(service, body).status, status) << NameOf(generation) << " " << body;
    }
  }
}

class G1 : public testing::Test {
 protected:
  G1() : service_(OptionsFor(Dialect::kG1, "", {})) {}
  RunningService service_;
};

TEST_F(G1, SaysWhereItIs) {
  const Answer status = Get(service_, "/openai/status");
  EXPECT_THAT(status.body, testing::StartsWith("{\"endpoints\":[\"" + service_.url() + "\"],\"modelDirPath\":\""));
  EXPECT_THAT(status.body, testing::EndsWith("\",\"pipeName\":\"inference_agent\"}"));
  EXPECT_THAT(status.head, HasSubstr("\r\nServer: Kestrel\r\n"));
  EXPECT_THAT(status.head, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
}

TEST_F(G1, ListsACatalogueThatIsABareArray) {
  const Answer list = Get(service_, "/foundry/list");
  EXPECT_EQ(list.body.front(), '[');
  EXPECT_EQ(list.Count("\"displayName\":"), 4U);
  EXPECT_THAT(list.body, HasSubstr("\"name\":\"ember-base-int8-cpu\""));
}

TEST_F(G1, NamesModelsWithoutTheirVersion) {
  EXPECT_EQ(Get(service_, "/openai/models").body,
            R"(["ember-mini-generic-cpu","ember-mini-int8-cpu","ember-base-generic-cpu","ember-base-int8-cpu"])");
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, "[]");
  EXPECT_EQ(Get(service_, "/openai/load/ember-mini-int8-cpu:1?ttl=60").body, "");
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, R"(["ember-mini-int8-cpu"])");
  const Answer models = Get(service_, "/v1/models");
  EXPECT_THAT(models.body, HasSubstr(R"({"id":"ember-mini-int8-cpu",)"));
  EXPECT_THAT(models.body,
              testing::EndsWith(R"("IsDelta":false,"Successful":true,"HttpStatusCode":0,"object":"list"})"));
}

TEST_F(G1, LoadingDrivesOthersOutUnlessToldOtherwise) {
  EXPECT_EQ(Get(service_, "/openai/load/ember-mini-int8-cpu").status, 200);
  EXPECT_EQ(Get(service_, "/openai/load/ember-mini-generic-cpu?unload=false&ep=cpu").status, 200);
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, R"(["ember-mini-generic-cpu","ember-mini-int8-cpu"])");
  EXPECT_EQ(Get(service_, "/openai/load/ember-base-int8-cpu%3A1").status, 200);
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, R"(["ember-base-int8-cpu"])");
  EXPECT_EQ(Get(service_, "/openai/unloadall").status, 200);
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, "[]");
}

TEST_F(G1, UnloadsInsideTheTimeToLiveOnlyByForce) {
  Get(service_, "/openai/load/ember-mini-int8-cpu?ttl=60");
  EXPECT_EQ(Get(service_, "/openai/unload/ember-mini-int8-cpu").status, 200);
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, R"(["ember-mini-int8-cpu"])");
  EXPECT_EQ(Get(service_, "/openai/unload/ember-mini-int8-cpu?force=true").status, 200);
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, "[]");
}

TEST_F(G1, ForgetsAModelAfterItsTimeToLiveAndLoadsItAgainWithoutAWord) {
  Get(service_, "/openai/load/ember-mini-int8-cpu?ttl=0");
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, "[]");
  // By name and by id; the default time to live keeps it.
  EXPECT_EQ(AskChat(service_, ChatBody(false, "Hi", ",\"max_tokens\":2", "ember-mini-int8-cpu")).status, 200);
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, R"(["ember-mini-int8-cpu"])");
  EXPECT_EQ(AskChat(service_, ChatBody(false, "Hi", ",\"max_tokens\":2,\"ttl\":0")).status, 200);
  EXPECT_EQ(Get(service_, "/openai/loadedmodels").body, "[]");
}

TEST_F(G1, RefusesWithText) {
  EXPECT_EQ(Get(service_, "/openai/load/nope").body, "No OpenAIService provider found for modelName");
  const Answer chat = AskChat(service_, ChatBody(true, "Hi", "", "ember-mini"));
  EXPECT_EQ(chat.status, 500);
  EXPECT_EQ(chat.body, "No OpenAIService provider found for modelName");
  EXPECT_THAT(chat.head, HasSubstr("Content-Type: text/plain"));
  EXPECT_EQ(Get(service_, "/openai/load/ember-mini-int8-cpu?ttl=soon").status, 400);
  for (const char* target : {"/status", "/models/loaded", "/health", "/openai/nope"}) {
    const Answer unknown = Get(service_, target);
    EXPECT_EQ(unknown.status, 404);
    EXPECT_THAT(unknown.body, HasSubstr(target));
  }
}

TEST_F(G1, StreamsDeltaAndMessageAndNothingAtTheEnd) {
  const Answer answer = AskChat(service_, ChatBody(true));
  const auto payloads = answer.Payloads();
  ASSERT_GT(payloads.size(), 2U);
  for (std::size_t i = 0; i + 1 < payloads.size(); ++i) {
    EXPECT_THAT(payloads[i], HasSubstr(R"("choices":[{"delta":{"role":"assistant","content":")"));
    EXPECT_THAT(payloads[i], HasSubstr(R"("message":{"role":"assistant","content":")"));
    EXPECT_THAT(payloads[i], HasSubstr(R"("id":"chat.id.1")"));
    EXPECT_THAT(payloads[i], Not(HasSubstr("finish_reason")));
    EXPECT_THAT(payloads[i], Not(HasSubstr("usage")));
  }
  EXPECT_EQ(payloads.back(), "[DONE]");
}

TEST_F(G1, AnswersInOnePieceWithNullUsageAndStopAfterItsOwnLimit) {
  const Answer answer = AskChat(service_, ChatBody(false, "Hi", ",\"temperature\":0"));
  EXPECT_THAT(answer.body, HasSubstr(R"("delta":{)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("usage":null)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("finish_reason":"stop")"));
}

TEST_F(G1, CountsTokensAsTheUsageOfOtherGenerationsDoes) {
  const Answer count = Post(service_, "/v1/chat/completions/tokenizer/encode/count", ChatBody(false));
  RunningService g3(OptionsFor(Dialect::kG3, ""));
  const std::string body = AskChat(g3, ChatBody(false)).body;
  const std::size_t at = body.find("\"prompt_tokens\":") + 16;
  EXPECT_EQ(count.body, "{\"tokenCount\":" + body.substr(at, body.find(',', at) - at) + "}");
}

TEST(G1Download, ReportsProgressInTextAndItsEndInJson) {
  auto home = base::TemporaryDirectory::Create("g1-download");
  ASSERT_TRUE(home.ok());
  EmbeddedOptions options = OptionsFor(Dialect::kG1, "not_cached", {});
  options.home = home->path();
  RunningService service(std::move(options));
  EXPECT_EQ(Get(service, "/openai/models").body, "[]");
  EXPECT_EQ(Get(service, "/openai/load/ember-mini-int8-cpu").body, "No OpenAIService provider found for modelName");
  EXPECT_EQ(AskChat(service, ChatBody(true)).status, 500);
  const Answer download =
      Post(service, "/openai/download",
           R"({"model":{"Name":"ember-mini-int8-cpu:1","ProviderType":"AzureFoundryLocal"},"IgnorePipeReport":true})");
  EXPECT_EQ(download.status, 200);
  EXPECT_EQ(download.body,
            "Total 0.00% Downloading model.onnx.data\nTotal 45.67% Downloading model.onnx.data\n"
            "Total 100.00% Downloading model.onnx.data\n[DONE]\n{\"success\":true,\"errorMessage\":null}\n");
  EXPECT_EQ(Get(service, "/openai/models").body, R"(["ember-mini-int8-cpu"])");
  EXPECT_EQ(AskChat(service, ChatBody(true)).status, 200);
  const Answer failed = Post(service, "/openai/download", R"({"model":{"Name":"nope"}})");
  EXPECT_EQ(failed.status, 200);
  EXPECT_THAT(failed.body, HasSubstr("{\"success\":false,\"errorMessage\":\"Model 'nope'"));
}

class G2 : public testing::Test {
 protected:
  G2() : service_(OptionsFor(Dialect::kG2, "", {})) {}
  RunningService service_;
};

TEST_F(G2, LoadsByIdAndByNameAndListsIds) {
  EXPECT_EQ(Get(service_, "/models/load/ember-mini-int8-cpu:1").status, 200);
  EXPECT_EQ(Get(service_, "/models/load/ember-base-int8-cpu").status, 200);
  EXPECT_EQ(Get(service_, "/models/loaded").body, R"(["ember-base-int8-cpu:1","ember-mini-int8-cpu:1"])");
  EXPECT_EQ(Get(service_, "/models/unload/ember-base-int8-cpu%3A1").status, 200);
  EXPECT_EQ(Get(service_, "/models/loaded").body, R"(["ember-mini-int8-cpu:1"])");
  EXPECT_EQ(Get(service_, "/models/load/ember-mini").status, 404);
}

TEST_F(G2, ListsModelsWithoutVersionAndTakesThemOnlyWithIt) {
  EXPECT_THAT(Get(service_, "/v1/models").body,
              HasSubstr(R"({"id":"ember-mini-int8-cpu","object":"model","created":0,"owned_by":"Assay",)"
                        R"("parent":"ember-mini"})"));
  Get(service_, "/models/load/ember-mini-int8-cpu");
  EXPECT_EQ(AskChat(service_, ChatBody(true)).status, 200);
  for (const char* model : {"ember-mini-int8-cpu", "ember-mini", "nope:1", "ember-base-int8-cpu:1"}) {
    const Answer refused = AskChat(service_, ChatBody(true, "Hi", "", model));
    EXPECT_EQ(refused.status, 400) << model;
    EXPECT_THAT(refused.body, HasSubstr("not loaded"));
  }
}

TEST_F(G2, AlwaysEndsAStreamWithUsage) {
  Get(service_, "/models/load/ember-mini-int8-cpu:1");
  const auto payloads = AskChat(service_, ChatBody(true)).Payloads();
  ASSERT_GE(payloads.size(), 4U);
  EXPECT_THAT(payloads.front(), HasSubstr(R"("delta":{"role":"assistant","content":""})"));
  EXPECT_THAT(payloads[payloads.size() - 3], HasSubstr(R"("delta":{},"finish_reason":"length")"));
  EXPECT_THAT(payloads[payloads.size() - 2], HasSubstr(R"("choices":[],"usage":{"prompt_tokens":)"));
  EXPECT_EQ(payloads.back(), "[DONE]");
  const Answer whole = AskChat(service_, ChatBody(false));
  EXPECT_THAT(whole.body, HasSubstr(R"("usage":{"prompt_tokens":)"));
  EXPECT_THAT(whole.body, HasSubstr(R"("completion_tokens":12,)"));
}

TEST_F(G2, KnowsNoRoutesOfOtherGenerations) {
  for (const char* target : {"/status", "/openai/status", "/foundry/list"}) {
    const Answer unknown = Get(service_, target);
    EXPECT_EQ(unknown.status, 404);
    EXPECT_THAT(unknown.head, HasSubstr("Content-Type: text/plain"));
  }
}

class Plain : public testing::Test {
 protected:
  Plain() : service_(OptionsFor(std::nullopt, "", {})) {}
  RunningService service_;
};

TEST_F(Plain, ServesEveryModelAndKnowsNoOtherRoute) {
  const Answer models = Get(service_, "/v1/models");
  EXPECT_EQ(models.Count("\"owned_by\":\"llamacpp\""), 4U);
  for (const char* target : {"/status", "/openai/status", "/models/loaded", "/v1/chat/completions", "/"}) {
    EXPECT_EQ(Get(service_, target).body,
              R"({"error":{"code":404,"message":"File Not Found","type":"not_found_error"}})");
  }
  EXPECT_EQ(AskChat(service_, ChatBody(true, "Hi", ",\"max_tokens\":1", "ember-base-int8-cpu:1")).status, 200);
  const Answer refused = AskChat(service_, ChatBody(true, "Hi", "", "gpt-4"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("model 'gpt-4' is not served here"));
}

TEST_F(Plain, ClosesTheConnectionAfterAStreamThatWasAnnouncedAsKept) {
  RawConnection connection(service_.port());
  connection.Send(ChatRequestBytes(ChatBody(false), "keep-alive"));
  connection.ReadAnswer();
  connection.Send(ChatRequestBytes(ChatBody(true), "keep-alive"));
  const Answer answer = ParseAnswer(connection.ReadToEnd());
  EXPECT_THAT(answer.head, HasSubstr("Keep-Alive: timeout=5, max=100"));
  EXPECT_TRUE(answer.complete);
  const auto payloads = answer.Payloads();
  EXPECT_THAT(payloads.front(), HasSubstr(R"("delta":{"content":")"));
  EXPECT_THAT(payloads[payloads.size() - 2], HasSubstr(R"("finish_reason":"length","index":0,"delta":{}}])"));
  EXPECT_THAT(payloads[payloads.size() - 2], HasSubstr(R"("usage":{"completion_tokens":12,)"));
  EXPECT_THAT(payloads[payloads.size() - 2], HasSubstr(R"("timings":{"prompt_n":)"));
}

// Silent ones too: G1 loads what it was asked for, plain loads again what it lost.
TEST(AllGenerations, WriteEveryLoadToTheRequestLog) {
  for (const Generation& generation : kGenerations) {
    SCOPED_TRACE(NameOf(generation));
    auto folder = base::TemporaryDirectory::Create("load-log");
    ASSERT_TRUE(folder.ok());
    EmbeddedOptions options = OptionsFor(generation, "evict,times=1,slow_load=30,match=ember-mini-int8*");
    options.request_log = folder->path() / "requests.jsonl";
    const std::filesystem::path log = options.request_log;
    {
      RunningService service(std::move(options));
      AskChat(service, ChatBody(true));
      if (generation && *generation != Dialect::kG1) Get(service, LoadTarget(generation, "ember-mini-int8-cpu"));
    }
    const std::regex load(R"re(\{"load":\{"end_ns":(\d+),"model":"ember-mini-int8-cpu:1","start_ns":(\d+)\},.*)re");
    std::vector<std::int64_t> took_ns;
    for (const std::string& line : base::Split(base::ReadFile(log).value(), '\n')) {
      std::smatch found;
      if (std::regex_match(line, found, load)) took_ns.push_back(std::stoll(found[1]) - std::stoll(found[2]));
    }
    // The preloaded one, which no scenario touches, and the one after the model was lost.
    ASSERT_EQ(took_ns.size(), 2U);
    EXPECT_GT(took_ns[0], 0);
    EXPECT_GE(took_ns[1], 30'000'000);
  }
}

TEST(PlainHangUp, EndsTheAnswerOfAClientThatIsGone) {
  auto folder = base::TemporaryDirectory::Create("plain-hang-up");
  ASSERT_TRUE(folder.ok());
  EmbeddedOptions options = OptionsFor(std::nullopt, "token_ms=20");
  options.request_log = folder->path() / "requests.jsonl";
  const std::filesystem::path log = options.request_log;
  RunningService service(std::move(options));
  {
    RawConnection connection(service.port());
    connection.Send(ChatRequestBytes(ChatBody(true, "Hi", ",\"temperature\":0,\"max_tokens\":2000,\"seed\":1")));
    connection.ReadUntil("\"content\":\"");
  }
  // Forty seconds are not waited for: the line comes as soon as a write fails.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  std::string line;
  const auto loads_only = [](const std::string& text) { return text.find("\"events\"") == std::string::npos; };
  while (loads_only(line) && std::chrono::steady_clock::now() < deadline) line = base::ReadFile(log).value();
  EXPECT_THAT(line, HasSubstr("\"content\"]"));
  EXPECT_THAT(line, Not(HasSubstr("\"done\"]")));
}

TEST_F(Plain, ShortensAPromptThatIsTooLongAndAnswersOneTokenToNone) {
  std::string words;
  for (int i = 0; i < 3000; ++i) words += " word";
  const Answer answer = AskChat(service_, ChatBody(false, words, ",\"temperature\":0,\"max_tokens\":4"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("prompt_tokens":2044,"total_tokens":2048)"));
  EXPECT_THAT(AskChat(service_, ChatBody(false, "Hi", ",\"temperature\":0,\"max_tokens\":0")).body,
              HasSubstr(R"("completion_tokens":1,)"));
}

}  // namespace
}  // namespace assay::embedded

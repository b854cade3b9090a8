// SPDX-License-Identifier: MIT
// The REST dialects against scripted answers; bodies are those of ctest/wire/foundry-g3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "ctest/support/fake_transport.h"
#include "ctest/support/recording.h"
#include "fixtures/foundry/service.h"

namespace assay::foundry {
namespace {

using assay::testing::FakeTransport;
using assay::testing::JsonAnswer;
using assay::testing::ReadRecording;
using assay::testing::ScriptedExchange;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kBase = "http://127.0.0.1:18276";

TEST(NormalizeEndpoint, TakesEveryFormAUserWrites) {
  const std::pair<const char*, const char*> table[] = {{"http://127.0.0.1:5273", "http://127.0.0.1:5273"},
                                                       {"http://127.0.0.1:5273/", "http://127.0.0.1:5273"},
                                                       {"http://127.0.0.1:5273/v1", "http://127.0.0.1:5273"},
                                                       {"http://127.0.0.1:5273/v1/", "http://127.0.0.1:5273"},
                                                       {"http://127.0.0.1:5273//v1//", "http://127.0.0.1:5273"},
                                                       {"  http://localhost:5273/V1\n", "http://localhost:5273"},
                                                       {"HTTPS://models.example.org/v1", "HTTPS://models.example.org"},
                                                       {"https://example.org/openai/v1", "https://example.org/openai"},
                                                       {"https://example.org/openai", "https://example.org/openai"},
                                                       {"http://[::1]:8080/v1", "http://[::1]:8080"},
                                                       {"http://v1", "http://v1"},
                                                       {"http://v1/v1", "http://v1"},
                                                       {"http://host/av1", "http://host/av1"},
                                                       {"http://host/v1/v1", "http://host/v1"}};
  for (const auto& [endpoint, expected] : table) {
    const base::Result<std::string> url = NormalizeEndpoint(endpoint);
    ASSERT_TRUE(url.ok()) << endpoint;
    EXPECT_EQ(*url, expected) << endpoint;
  }
}

TEST(NormalizeEndpoint, RefusesWhatIsNoUrl) {
  for (const char* endpoint :
       {"", "   ", "auto", "127.0.0.1:5273", "localhost", "ftp://host", "http:", "http:/", "http://", "http:///",
        "http:///v1", "https://", "http://a b", "http://h/?x=1", "http://h#x", "//h"}) {
    const base::Result<std::string> url = NormalizeEndpoint(endpoint);
    ASSERT_FALSE(url.ok()) << endpoint << " -> " << *url;
    EXPECT_EQ(url.error().code, base::ErrorCode::kUsage);
    EXPECT_THAT(url.error().what, HasSubstr("http://127.0.0.1:5273"));
  }
}

ScriptedExchange Recorded(const std::string& name) {
  const assay::testing::Recording recording = ReadRecording("foundry-g3/" + name);
  ScriptedExchange exchange;
  exchange.status = recording.status;
  exchange.content_type = recording.content_type;
  exchange.pieces = assay::testing::Whole(recording.body);
  return exchange;
}

std::string PathOf(const http::Request& request) {
  EXPECT_TRUE(request.url.starts_with(kBase)) << request.url;
  EXPECT_EQ(request.method, "GET");
  return request.url.substr(std::string_view(kBase).size());
}

std::vector<std::string> Paths(const FakeTransport& transport) {
  std::vector<std::string> paths;
  for (const http::Request& request : transport.requests) paths.push_back(PathOf(request));
  return paths;
}

std::unique_ptr<Service> Connect(http::Transport& transport) {
  base::Result<std::unique_ptr<Service>> service = ConnectService(transport, std::string(kBase) + "/v1", std::nullopt);
  EXPECT_TRUE(service.ok()) << service.error().Message();
  return service.ok() ? std::move(service).value() : nullptr;
}

TEST(ConnectService, KnowsTheCppServiceByItsStatus) {
  FakeTransport transport;
  transport.Then(Recorded("status.txt"));
  const auto service = Connect(transport);
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->generation(), "g3");
  EXPECT_EQ(service->base_url(), kBase);
  EXPECT_EQ(service->pid(), 29052);
  EXPECT_TRUE(service->capabilities().load_and_unload);
  EXPECT_TRUE(service->capabilities().loaded_list);
  EXPECT_THAT(Paths(transport), ElementsAre("/status"));
}

TEST(ConnectService, AnythingElseWithModelsIsPlain) {
  std::vector<ScriptedExchange> statuses = {Recorded("root.txt"), JsonAnswer("{\"status\":\"ok\"}"),
                                            JsonAnswer("not json"), JsonAnswer("[]"), JsonAnswer("", 500)};
  for (const ScriptedExchange& status : statuses) {
    FakeTransport transport;
    transport.Then(status).Then(Recorded("v1_models.txt"));
    const auto service = Connect(transport);
    ASSERT_NE(service, nullptr);
    EXPECT_EQ(service->generation(), "plain");
    EXPECT_EQ(service->pid(), std::nullopt);
    EXPECT_FALSE(service->capabilities().load_and_unload);
    EXPECT_FALSE(service->capabilities().loaded_list);
    EXPECT_THAT(Paths(transport), ElementsAre("/status", "/v1/models"));
  }
}

TEST(ConnectService, WithoutModelsItIsNoService) {
  for (const ScriptedExchange& models : {Recorded("root.txt"), JsonAnswer("<html>", 200)}) {
    FakeTransport transport;
    transport.Then(Recorded("root.txt")).Then(models);
    const auto service = ConnectService(transport, kBase, std::nullopt);
    ASSERT_FALSE(service.ok());
    EXPECT_EQ(service.error().code, base::ErrorCode::kUnavailable);
    EXPECT_THAT(service.error().what, HasSubstr("neither Foundry Local nor an OpenAI-compatible service"));
  }
}

TEST(ConnectService, ARefusedConnectionIsAnErrorAtOnce) {
  FakeTransport transport;
  ScriptedExchange refused;
  refused.status = 0;
  refused.failure = base::Error{base::ErrorCode::kTransport, "connection refused", kBase};
  transport.Then(refused);
  const auto service = ConnectService(transport, kBase, std::nullopt);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().Message(), HasSubstr("connection refused"));
  EXPECT_EQ(transport.requests.size(), 1U);
}

TEST(ConnectService, ABadEndpointIsAskedNothing) {
  FakeTransport transport;
  EXPECT_EQ(ConnectService(transport, "127.0.0.1:1", std::nullopt).error().code, base::ErrorCode::kUsage);
  EXPECT_TRUE(transport.requests.empty());
}

TEST(ConnectService, SendsTheKeyAsABearerToken) {
  FakeTransport transport;
  transport.Then(Recorded("status.txt")).Then(Recorded("models_loaded.txt"));
  auto service = ConnectService(transport, kBase, "sk-test-123");
  ASSERT_TRUE(service.ok());
  ASSERT_TRUE((*service)->LoadedIds().ok());
  for (const http::Request& request : transport.requests) {
    EXPECT_THAT(request.headers,
                ElementsAre(std::pair<std::string, std::string>("Authorization", "Bearer sk-test-123")));
    EXPECT_THAT(request.url, Not(HasSubstr("sk-test-123")));
  }
}

TEST(G3Service, ListsItsModels) {
  FakeTransport transport;
  transport.Then(Recorded("status.txt")).Then(Recorded("v1_models.txt"));
  const auto variants = Connect(transport)->ListVariants();
  ASSERT_TRUE(variants.ok());
  ASSERT_EQ(variants->size(), 2U);
  EXPECT_EQ((*variants)[0].id, "tiny-random-gpt2-fp32:1");
  EXPECT_EQ((*variants)[1].id, "tiny-random-gpt2-stop:1");
  EXPECT_EQ((*variants)[0].alias, std::nullopt);
}

TEST(G3Service, RefusesMalformedLists) {
  for (const char* body :
       {"[]", "{}", R"({"data":{}})", R"({"data":[{"object":"model"}]})", R"({"data":["a"]})", "nope"}) {
    FakeTransport transport;
    transport.Then(Recorded("status.txt")).Then(JsonAnswer(body));
    EXPECT_FALSE(Connect(transport)->ListVariants().ok()) << body;
  }
  FakeTransport transport;
  transport.Then(Recorded("status.txt")).Then(JsonAnswer("{}"));
  EXPECT_EQ(Connect(transport)->LoadedIds().error().code, base::ErrorCode::kProtocol);
}

TEST(G3Service, ReadsWhatIsLoaded) {
  FakeTransport transport;
  transport.Then(Recorded("status.txt")).Then(Recorded("models_loaded.txt")).Then(Recorded("models_loaded_empty.txt"));
  const auto service = Connect(transport);
  EXPECT_THAT(*service->LoadedIds(), ElementsAre("tiny-random-gpt2-fp32:1", "tiny-random-gpt2-stop:1"));
  EXPECT_TRUE(service->LoadedIds()->empty());
}

using Takes = std::map<std::string, std::string>;

// A service that takes only the names in `takes` (name -> the id that is then in memory).
class LoadingService {
 public:
  explicit LoadingService(Takes takes, std::vector<std::string> loaded = {})
      : takes_(std::move(takes)), loaded_(std::move(loaded)) {}

  ScriptedExchange operator()(const http::Request& request) {
    const std::string path = PathOf(request);
    if (path == "/status") return Recorded("status.txt");
    if (path == "/models/loaded") {
      std::string body;
      for (const std::string& id : loaded_) body += (body.empty() ? "\"" : ",\"") + id + "\"";
      return JsonAnswer("[" + body + "]");
    }
    const std::string name = path.substr(path.rfind('/') + 1);
    const auto taken = takes_.find(name);
    if (taken == takes_.end()) return Recorded("load_by_id.txt");
    if (path.starts_with("/models/unload/")) {
      std::erase(loaded_, taken->second);
      return Recorded("unload_stop.txt");
    }
    loaded_.push_back(taken->second);
    return Recorded("load_by_alias.txt");
  }

 private:
  Takes takes_;
  std::vector<std::string> loaded_;
};

TEST(G3Service, LoadsByIdThenByNameThenByAlias) {
  const std::string load = "/models/load/";
  const struct {
    const char* takes;
    std::vector<std::string> asked;
  } table[] = {{"fp32-cpu:1", {load + "fp32-cpu:1"}},
               {"fp32-cpu", {load + "fp32-cpu:1", load + "fp32-cpu"}},
               {"fp32", {load + "fp32-cpu:1", load + "fp32-cpu", load + "fp32"}}};
  for (const auto& row : table) {
    FakeTransport transport(LoadingService(Takes{{row.takes, "fp32-cpu:1"}}));
    const auto service = Connect(transport);
    const auto loaded = service->Load("fp32-cpu:1", "fp32");
    ASSERT_TRUE(loaded.ok()) << loaded.error().Message();
    EXPECT_EQ(*loaded, LoadState::kLoaded);
    std::vector<std::string> asked;
    for (const std::string& path : Paths(transport)) {
      if (path.starts_with(load)) asked.push_back(path);
    }
    EXPECT_EQ(asked, row.asked);
  }
}

TEST(G3Service, WhatIsLoadedIsNotLoadedAgain) {
  FakeTransport transport(LoadingService(Takes{}, {"FP32-cpu:1"}));  // ids compare without case
  const auto service = Connect(transport);
  const auto loaded = service->Load("fp32-cpu:1", std::nullopt);
  ASSERT_TRUE(loaded.ok()) << loaded.error().Message();
  EXPECT_EQ(*loaded, LoadState::kAlreadyLoaded);
  EXPECT_THAT(Paths(transport), ElementsAre("/status", "/models/loaded"));
}

// "loaded" is believed only when the list says so too.
TEST(G3Service, AnotherVariantOfTheAliasIsAnError) {
  FakeTransport transport(LoadingService(Takes{{"fp32", "fp32-gpu:1"}}));
  const auto service = Connect(transport);
  const auto loaded = service->Load("fp32-cpu:1", "fp32");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(loaded.error().what, HasSubstr("another variant of fp32 than fp32-cpu:1"));
  EXPECT_THAT(loaded.error().what, HasSubstr("foundry model load fp32-cpu:1"));
}

TEST(G3Service, AnUnknownModelIsTheServicesWord) {
  FakeTransport transport(LoadingService(Takes{}));
  const auto loaded = Connect(transport)->Load("fp32-cpu:1", "fp32");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kHttpStatus);
  EXPECT_THAT(loaded.error().what, HasSubstr("No model matching"));
}

// Out of memory under the first name that is known: trying others would load something else.
TEST(G3Service, AFailedLoadIsNotTriedUnderAnotherName) {
  FakeTransport transport;
  transport.Then(Recorded("status.txt"))
      .Then(Recorded("models_loaded_empty.txt"))
      .Then(JsonAnswer(R"({"error":{"message":"Load failed: out of memory\nStacktrace:\n  frame"}})", 500));
  const auto loaded = Connect(transport)->Load("fp32-cpu:1", "fp32");
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().what, HasSubstr("HTTP 500: Load failed: out of memory"));
  EXPECT_THAT(loaded.error().what, Not(HasSubstr("Stacktrace")));
  EXPECT_EQ(transport.requests.size(), 3U);
}

TEST(G3Service, LoadingMayTakeMinutes) {
  FakeTransport transport(LoadingService(Takes{{"a:1", "a:1"}}));
  ASSERT_TRUE(Connect(transport)->Load("a:1", std::nullopt).ok());
  for (const http::Request& request : transport.requests) {
    const bool loads = request.url.find("/load/") != std::string::npos;
    EXPECT_EQ(request.timeouts.first_byte >= std::chrono::minutes(5), loads) << request.url;
  }
}

TEST(G3Service, UnloadsByTheNameThatIsKnown) {
  FakeTransport transport(LoadingService(Takes{{"fp32", "fp32-cpu:1"}}, {"fp32-cpu:1"}));
  const auto service = Connect(transport);
  ASSERT_TRUE(service->Unload("fp32-cpu:1", "fp32").ok());
  EXPECT_TRUE(service->LoadedIds()->empty());
  EXPECT_FALSE(service->Unload("other:1", std::nullopt).ok());
}

TEST(PlainService, ListsAndNothingElse) {
  FakeTransport transport;
  transport.Then(Recorded("root.txt")).Then(Recorded("v1_models.txt"));
  // A LoRA of vLLM and the like name their parent; so does the aliases' owner elsewhere.
  transport.Then(JsonAnswer(R"({"object":"list","data":[{"id":"m","parent":"base"},{"id":"n","parent":null}]})"));
  const auto service = Connect(transport);
  const auto variants = service->ListVariants();
  ASSERT_TRUE(variants.ok());
  EXPECT_EQ((*variants)[0].alias, "base");
  EXPECT_EQ((*variants)[1].alias, std::nullopt);
  EXPECT_EQ(service->LoadedIds().error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(service->Load("m", std::nullopt).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(service->Unload("m", std::nullopt).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(transport.requests.size(), 3U);
}

TEST(PlainService, ReadsLlamaServersList) {
  const assay::testing::Recording recording = ReadRecording("llama-server/models.txt");
  FakeTransport transport;
  transport.Then(Recorded("root.txt")).Then(Recorded("v1_models.txt")).Then(JsonAnswer(recording.body));
  const auto variants = Connect(transport)->ListVariants();
  ASSERT_TRUE(variants.ok()) << variants.error().Message();
  EXPECT_EQ(variants->size(), 1U);
}

// Endpoints are written into every run; a password must not get there.
TEST(NormalizeEndpoint, RefusesUserAndPasswordWithoutRepeatingThem) {
  const base::Result<std::string> url = NormalizeEndpoint("http://user:secret@host:1/v1");
  ASSERT_FALSE(url.ok());
  EXPECT_EQ(url.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(url.error().Message(), HasSubstr("API_KEY"));
  EXPECT_EQ(url.error().Message().find("secret"), std::string::npos);
  EXPECT_TRUE(NormalizeEndpoint("http://host/a@b").ok()) << "a path may hold one";
}

}  // namespace
}  // namespace assay::foundry

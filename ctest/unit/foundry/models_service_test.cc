// SPDX-License-Identifier: MIT
// The dialects of `/models/*`: the second generation and the C++ service; bodies of the latter are those of
// ctest/wire/foundry-g3. And plain servers, which have no dialect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "ctest/unit/foundry/service_answers.h"

namespace assay::foundry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Takes = std::map<std::string, std::string>;

// A service that takes only the names in `takes` (name -> the id that is then in memory).
class LoadingService {
 public:
  LoadingService(Generation generation, Takes takes, std::vector<std::string> loaded = {})
      : generation_(generation), takes_(std::move(takes)), loaded_(std::move(loaded)) {}

  ScriptedExchange operator()(const http::Request& request) {
    const std::string line = LineOf(request);
    if (line == "GET /status" && generation_ == Generation::kG3) return Recorded("foundry-g3/status.txt");
    if (line == "GET /models/loaded") return JsonAnswer(JsonNames(loaded_));
    const std::string name = line.substr(line.rfind('/') + 1);
    const auto taken = takes_.find(name);
    if (taken == takes_.end()) return Recorded("foundry-g3/load_unknown.txt");
    if (line.starts_with("GET /models/unload/")) {
      std::erase(loaded_, taken->second);
      return Recorded("foundry-g3/unload_stop.txt");
    }
    loaded_.push_back(taken->second);
    ScriptedExchange done = Recorded("foundry-g3/load_by_alias.txt");
    done.closed = std::chrono::milliseconds(250);
    return done;
  }

 private:
  Generation generation_;
  Takes takes_;
  std::vector<std::string> loaded_;
};

std::vector<std::string> Asked(const FakeTransport& transport, const std::string& start) {
  std::vector<std::string> asked;
  std::ranges::copy_if(LinesOf(transport), std::back_inserter(asked),
                       [&](const std::string& line) { return line.starts_with(start); });
  return asked;
}

class ModelsRoutes : public ::testing::TestWithParam<Generation> {};
INSTANTIATE_TEST_SUITE_P(Generations, ModelsRoutes, ::testing::Values(Generation::kG2, Generation::kG3),
                         [](const auto& param) { return std::string(ToString(param.param)); });

// The C++ service takes the alias, the second generation the id; ':' goes as it is, because the C++ service does not
// decode it.
TEST_P(ModelsRoutes, LoadByIdThenByNameThenByAlias) {
  const std::string load = "GET /models/load/";
  const struct {
    const char* takes;
    std::vector<std::string> asked;
  } table[] = {{"fp32-cpu:1", {load + "fp32-cpu:1"}},
               {"fp32-cpu", {load + "fp32-cpu:1", load + "fp32-cpu"}},
               {"fp32", {load + "fp32-cpu:1", load + "fp32-cpu", load + "fp32"}}};
  for (const auto& row : table) {
    FakeTransport transport(LoadingService(GetParam(), Takes{{row.takes, "fp32-cpu:1"}}));
    const auto service = Connect(transport);
    ASSERT_EQ(service->generation(), GetParam());
    const auto loaded = service->Load("fp32-cpu:1", "fp32");
    ASSERT_TRUE(loaded.ok()) << loaded.error().Message();
    EXPECT_EQ(loaded->took, std::chrono::milliseconds(250)) << "of the call that did it, without the others";
    EXPECT_EQ(Asked(transport, load), row.asked);
  }
}

TEST_P(ModelsRoutes, WhatIsLoadedIsNotLoadedAgain) {
  for (const char* id : {"fp32-cpu:1", "FP32-CPU:1", "fp32-cpu"}) {
    FakeTransport transport(LoadingService(GetParam(), Takes{}, {"FP32-cpu:1"}));
    const auto loaded = Connect(transport)->Load(id, std::nullopt);
    ASSERT_TRUE(loaded.ok()) << loaded.error().Message();
    EXPECT_EQ(loaded->took, std::nullopt);
    EXPECT_THAT(Asked(transport, "GET /models/load/"), IsEmpty());
  }
}

TEST_P(ModelsRoutes, AnotherVersionInMemoryIsAnotherVariant) {
  FakeTransport transport(LoadingService(GetParam(), Takes{{"a:2", "a:2"}}, {"a:1"}));
  const auto loaded = Connect(transport)->Load("a:2", std::nullopt);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->took, std::chrono::milliseconds(250)) << "of the call that did it, without the others";
}

// "loaded" is believed only when the list says so too, and what nobody asked for does not stay.
TEST_P(ModelsRoutes, AnotherVariantOfTheAliasIsAnErrorAndIsUnloadedAgain) {
  FakeTransport transport(LoadingService(GetParam(), Takes{{"fp32", "fp32-gpu:1"}}, {"other:3"}));
  const auto service = Connect(transport);
  const auto loaded = service->Load("fp32-cpu:1", "fp32");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(loaded.error().what, HasSubstr("loaded fp32-gpu:1, another variant of fp32 than fp32-cpu:1"));
  EXPECT_THAT(loaded.error().what, HasSubstr("foundry model load fp32-cpu:1"));
  EXPECT_THAT(*service->LoadedIds(), ElementsAre("other:3"));
}

TEST_P(ModelsRoutes, ALoadThatShowsNowhereIsAnError) {
  FakeTransport transport(LoadingService(GetParam(), Takes{{"a:1", "b:1"}}, {"b:1"}));
  const auto loaded = Connect(transport)->Load("a:1", std::nullopt);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(loaded.error().what, HasSubstr("does not list a:1 as loaded"));
  EXPECT_THAT(Asked(transport, "GET /models/unload/"), IsEmpty()) << "b was there before";
}

TEST_P(ModelsRoutes, AnUnknownModelIsNotFoundInTheServicesWords) {
  FakeTransport transport(LoadingService(GetParam(), Takes{}));
  const auto service = Connect(transport);
  const auto loaded = service->Load("fp32-cpu:1", "fp32");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(loaded.error().what, HasSubstr("HTTP 404: Model not found: No model matching 'nope'"));
  EXPECT_EQ(service->Unload("other:1", std::nullopt).error().code, base::ErrorCode::kNotFound);
}

TEST_P(ModelsRoutes, AModelThatIsNotDownloadedIsNotFound) {
  FakeTransport::Handler service = LoadingService(GetParam(), Takes{});
  FakeTransport transport([&](const http::Request& request) {
    if (LineOf(request) == "GET /models/load/a") {
      return JsonAnswer(R"({"error":{"message":"Model not cached: Model must be downloaded before loading"}})", 400);
    }
    return service(request);
  });
  const auto loaded = Connect(transport)->Load("a-cpu:1", "a");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(loaded.error().what, HasSubstr("HTTP 400: Model not cached"));
}

// Out of memory under the first name that is known: trying others would load something else.
TEST_P(ModelsRoutes, AFailedLoadIsNotTriedUnderAnotherName) {
  FakeTransport::Handler service = LoadingService(GetParam(), Takes{});
  FakeTransport transport([&](const http::Request& request) {
    if (!LineOf(request).starts_with("GET /models/load/")) return service(request);
    return JsonAnswer(R"({"error":{"message":"Load failed: out of memory\nStacktrace:\n  frame"}})", 500);
  });
  const auto loaded = Connect(transport)->Load("fp32-cpu:1", "fp32");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kHttpStatus);
  EXPECT_THAT(loaded.error().what, HasSubstr("HTTP 500: Load failed: out of memory"));
  EXPECT_THAT(loaded.error().what, Not(HasSubstr("Stacktrace")));
  EXPECT_TRUE(IsOutOfMemory(loaded.error()));
  EXPECT_EQ(Asked(transport, "GET /models/load/").size(), 1U);
}

TEST_P(ModelsRoutes, LoadingMayTakeMinutes) {
  FakeTransport transport(LoadingService(GetParam(), Takes{{"a:1", "a:1"}}));
  ASSERT_TRUE(Connect(transport)->Load("a:1", std::nullopt).ok());
  for (const http::Request& request : transport.requests) {
    const bool loads = request.url.find("/load/") != std::string::npos;
    EXPECT_EQ(request.timeouts.first_byte >= std::chrono::minutes(5), loads) << request.url;
    EXPECT_EQ(request.timeouts.total >= std::chrono::minutes(5), loads) << request.url;
  }
}

TEST_P(ModelsRoutes, UnloadByTheNameThatIsKnown) {
  FakeTransport transport(LoadingService(GetParam(), Takes{{"fp32", "fp32-cpu:1"}}, {"fp32-cpu:1"}));
  const auto service = Connect(transport);
  ASSERT_TRUE(service->Unload("fp32-cpu:1", "fp32").ok());
  EXPECT_TRUE(service->LoadedIds()->empty());
}

TEST_P(ModelsRoutes, AnUnloadOfAnotherVariantIsAnError) {
  FakeTransport transport(LoadingService(GetParam(), Takes{{"fp32", "fp32-gpu:1"}}, {"fp32-cpu:1"}));
  const base::Status unloaded = Connect(transport)->Unload("fp32-cpu:1", "fp32");
  ASSERT_FALSE(unloaded.ok());
  EXPECT_EQ(unloaded.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(unloaded.error().what, HasSubstr("still lists it as loaded"));
}

// The words are those of ctest/wire/foundry-g3/unload_after_disconnect.txt; the stack trace is left out.
TEST_P(ModelsRoutes, AModelInUseIsNotUnloaded) {
  FakeTransport::Handler service = LoadingService(GetParam(), Takes{}, {"a:1"});
  FakeTransport transport([&](const http::Request& request) {
    if (!LineOf(request).starts_with("GET /models/unload/")) return service(request);
    return JsonAnswer(
        R"({"error":{"code":null,"message":"Unload failed: model_load_manager.cc:188 cannot unload model 'a:1': )"
        R"(1 session(s) still using it\nStacktrace:\n  /lib/x","param":null,"type":"server_error"}})",
        500);
  });
  const base::Status unloaded = Connect(transport)->Unload("a:1", std::nullopt);
  ASSERT_FALSE(unloaded.ok());
  EXPECT_EQ(unloaded.error().code, base::ErrorCode::kUnavailable);
  EXPECT_TRUE(IsInUse(unloaded.error()));
  EXPECT_THAT(unloaded.error().what, HasSubstr("in use"));
  EXPECT_THAT(unloaded.error().what, HasSubstr("1 session(s) still using it"));
  EXPECT_THAT(unloaded.error().what, Not(HasSubstr("Stacktrace")));
}

TEST_P(ModelsRoutes, NamesAreEncodedForThePathExceptTheColon) {
  FakeTransport transport(LoadingService(GetParam(), Takes{}));
  EXPECT_FALSE(Connect(transport)->Load("a b/c?d#e%\xC3\xA9:1", std::nullopt).ok());
  EXPECT_THAT(Asked(transport, "GET /models/load/"), ElementsAre("GET /models/load/a%20b%2Fc%3Fd%23e%25%C3%A9:1",
                                                                 "GET /models/load/a%20b%2Fc%3Fd%23e%25%C3%A9"));
}

TEST_P(ModelsRoutes, AListThatIsNoneIsAProtocolError) {
  FakeTransport::Handler service = LoadingService(GetParam(), Takes{});
  bool broken = false;
  FakeTransport transport([&](const http::Request& request) {
    return broken && LineOf(request) == "GET /models/loaded" ? JsonAnswer("{}") : service(request);
  });
  const auto connected = Connect(transport);
  broken = true;
  EXPECT_EQ(connected->LoadedIds().error().code, base::ErrorCode::kProtocol);
}

TEST_P(ModelsRoutes, NeitherCountNorDownload) {
  FakeTransport transport(LoadingService(GetParam(), Takes{}));
  const auto service = Connect(transport);
  const std::size_t before = transport.requests.size();
  EXPECT_EQ(service->CountTokens("a:1", run::JsonArray{}).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(service->Download("a:1", {}).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(transport.requests.size(), before);
}

TEST(G3Service, SaysWhatItCan) {
  FakeTransport transport;
  transport.Then(Recorded("foundry-g3/status.txt"));
  const Capabilities can = Connect(transport)->capabilities();
  EXPECT_TRUE(can.load_and_unload);
  EXPECT_TRUE(can.loaded_list);
  EXPECT_TRUE(can.pid);
  EXPECT_TRUE(can.unload_waits);
  EXPECT_FALSE(can.catalogue);
  EXPECT_FALSE(can.token_count);
  EXPECT_FALSE(can.download);
  EXPECT_FALSE(can.loads_silently);
}

TEST(G3Service, ListsItsModelsWithoutSayingWhatIsCached) {
  FakeTransport transport;
  transport.Then(Recorded("foundry-g3/status.txt")).Then(Recorded("foundry-g3/v1_models.txt"));
  const auto variants = Connect(transport)->ListVariants();
  ASSERT_TRUE(variants.ok());
  ASSERT_EQ(variants->size(), 2U);
  EXPECT_EQ((*variants)[0].id, "tiny-random-gpt2-fp32:1");
  EXPECT_EQ((*variants)[1].id, "tiny-random-gpt2-stop:1");
  EXPECT_EQ((*variants)[0].alias, std::nullopt);
  EXPECT_EQ((*variants)[0].cached, std::nullopt);
}

TEST(G3Service, RefusesMalformedLists) {
  for (const char* body :
       {"[]", "{}", R"({"data":{}})", R"({"data":[{"object":"model"}]})", R"({"data":["a"]})", "nope"}) {
    FakeTransport transport;
    transport.Then(Recorded("foundry-g3/status.txt")).Then(JsonAnswer(body));
    EXPECT_FALSE(Connect(transport)->ListVariants().ok()) << body;
  }
}

TEST(G3Service, ReadsWhatIsLoaded) {
  FakeTransport transport;
  transport.Then(Recorded("foundry-g3/status.txt"))
      .Then(Recorded("foundry-g3/models_loaded.txt"))
      .Then(Recorded("foundry-g3/models_loaded_empty.txt"));
  const auto service = Connect(transport);
  EXPECT_THAT(*service->LoadedIds(), ElementsAre("tiny-random-gpt2-fp32:1", "tiny-random-gpt2-stop:1"));
  EXPECT_TRUE(service->LoadedIds()->empty());
}

TEST(G3Service, APingNoticesWhatAnswersNow) {
  FakeTransport transport;
  transport.Then(Recorded("foundry-g3/status.txt"))
      .Then(Recorded("foundry-g3/status.txt"))
      .Then(Recorded("foundry-g3/root.txt"))
      .Then(JsonAnswer("{}"))
      .Then(TextAnswer("", 500))
      .Then(Refused());
  const auto service = Connect(transport);
  EXPECT_TRUE(service->Ping().ok());
  EXPECT_EQ(service->Ping().error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(service->Ping().error().what, HasSubstr("no longer the g3 service"));
  EXPECT_EQ(service->Ping().error().code, base::ErrorCode::kHttpStatus);
  EXPECT_EQ(service->Ping().error().code, base::ErrorCode::kTransport);
}

Routes SecondGeneration(const std::vector<std::string>& loaded) {
  Routes routes(TextAnswer("", 404));
  routes.On("GET /models/loaded", JsonAnswer(JsonNames(loaded)));
  return routes;
}

TEST(G2Service, SaysWhatItCan) {
  FakeTransport transport(SecondGeneration({}));
  const Capabilities can = Connect(transport)->capabilities();
  EXPECT_TRUE(can.load_and_unload);
  EXPECT_TRUE(can.loaded_list);
  EXPECT_FALSE(can.catalogue);
  EXPECT_FALSE(can.pid);
  EXPECT_FALSE(can.token_count);
  EXPECT_FALSE(can.download);
  EXPECT_FALSE(can.loads_silently);
}

// /v1/models spells ids without a version and lists what is downloaded; posting such an id can be refused, so the
// spelling of the loaded list wins where there is one (foundry-facts 2.3).
TEST(G2Service, TakesTheFullSpellingFromTheLoadedModels) {
  FakeTransport transport(
      SecondGeneration({"Phi-4-mini-instruct-generic-gpu:5", "qwen-generic-cpu:4"})
          .On("GET /v1/models",
              JsonAnswer(R"({"object":"list","data":[{"id":"phi-4-mini-instruct-generic-gpu","parent":"phi-4-mini"},)"
                         R"({"id":"phi-4-mini-instruct-generic-cpu","parent":"phi-4-mini"}]})")));
  const auto rows = Connect(transport)->ListVariants();
  ASSERT_TRUE(rows.ok()) << rows.error().Message();
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].id, "Phi-4-mini-instruct-generic-gpu:5");
  EXPECT_EQ((*rows)[0].alias, "phi-4-mini");
  EXPECT_EQ((*rows)[0].cached, true);
  EXPECT_EQ((*rows)[1].id, "phi-4-mini-instruct-generic-cpu");
  EXPECT_EQ((*rows)[1].alias, "phi-4-mini");
  EXPECT_EQ((*rows)[2].id, "qwen-generic-cpu:4") << "loaded, so it is there";
  EXPECT_EQ((*rows)[2].alias, std::nullopt);
}

TEST(G2Service, APingNoticesWhatAnswersNow) {
  FakeTransport transport;
  transport.Then(TextAnswer("", 404)).Then(TextAnswer("", 404)).Then(JsonAnswer("[]"));
  const auto service = Connect(transport);
  transport.Then(JsonAnswer(R"(["a:1"])")).Then(JsonAnswer("{}"));
  EXPECT_TRUE(service->Ping().ok());
  EXPECT_EQ(service->Ping().error().code, base::ErrorCode::kUnavailable);
}

TEST(PlainService, ListsAndNothingElse) {
  FakeTransport transport(
      Routes(TextAnswer("", 404))
          // A LoRA of vLLM and the like name their parent.
          .On("GET /v1/models",
              JsonAnswer(R"({"object":"list","data":[{"id":"m","parent":"base"},{"id":"n","parent":null}]})")));
  const auto service = Connect(transport);
  const auto variants = service->ListVariants();
  ASSERT_TRUE(variants.ok());
  EXPECT_EQ((*variants)[0].alias, "base");
  EXPECT_EQ((*variants)[1].alias, std::nullopt);
  EXPECT_TRUE(service->Ping().ok());
  const std::size_t before = transport.requests.size();
  EXPECT_EQ(service->LoadedIds().error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(service->Load("m", std::nullopt).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(service->Unload("m", std::nullopt).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(service->CountTokens("m", run::JsonArray{}).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(service->Download("m", {}).error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(transport.requests.size(), before);
  const Capabilities can = service->capabilities();
  EXPECT_FALSE(can.load_and_unload || can.loaded_list || can.catalogue || can.token_count || can.download || can.pid ||
               can.loads_silently || can.unload_waits);
}

TEST(PlainService, ReadsLlamaServersList) {
  FakeTransport transport(
      Routes(Recorded("llama-server/err-unknown-route.txt")).On("GET /v1/models", Recorded("llama-server/models.txt")));
  const auto variants = Connect(transport)->ListVariants();
  ASSERT_TRUE(variants.ok()) << variants.error().Message();
  ASSERT_EQ(variants->size(), 1U);
  EXPECT_EQ((*variants)[0].id, "rand-llama-tiny");
}

}  // namespace
}  // namespace assay::foundry

// SPDX-License-Identifier: MIT
// The first generation's REST, from foundry-facts 2.1, 2.2, 3.2 and the contradictions of 8.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctest/unit/foundry/service_answers.h"

namespace assay::foundry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kStatus =
    R"({"endpoints":["http://localhost:5273"],"modelDirPath":"/models","pipeName":"inference_agent"})";
constexpr const char* kOptions = "?ttl=86400&unload=false";

Routes G1() {
  // As ASP.NET answers what it does not know: nothing.
  return Routes(TextAnswer("", 404)).On("GET /openai/status", JsonAnswer(kStatus));
}

// Rows as the vendor's unit tests pin them, cut to what is read here.
std::string CatalogueRow(const std::string& name, const std::string& version, const std::string& task,
                         const std::string& device, const std::string& provider) {
  return R"({"name":")" + name + R"(","displayName":"shown","modelType":"ONNX","providerType":"AzureFoundry",)" +
         R"("uri":"azureml://registries/azureml/models/)" + name + R"(/versions/1","version":")" + version +
         R"(","promptTemplate":{"prompt":"<|user|>{Content}"},"publisher":"Microsoft","task":")" + task +
         R"(","runtime":{"deviceType":")" + device + R"(","executionProvider":")" + provider +
         R"("},"fileSizeMb":3809,"alias":"phi-4-mini","license":"MIT"})";
}

const std::string kGpuRow =
    CatalogueRow("Phi-4-mini-instruct-generic-gpu", "5", "chat-completion", "GPU", "WebGpuExecutionProvider");
const std::string kCpuRow =
    CatalogueRow("Phi-4-mini-instruct-generic-cpu:4", "4", "chat-completion", "CPU", "CPUExecutionProvider");

std::vector<std::string> Asked(const FakeTransport& transport, const std::string& start) {
  std::vector<std::string> asked;
  std::ranges::copy_if(LinesOf(transport), std::back_inserter(asked),
                       [&](const std::string& line) { return line.starts_with(start); });
  return asked;
}

// Takes what is in `takes` for a load and lists it as `listed` from then on; refuses the rest with `refusal`.
FakeTransport::Handler Loading(std::string takes, std::string listed, ScriptedExchange refusal) {
  auto loaded = std::make_shared<std::vector<std::string>>();
  return [=, routes = G1()](const http::Request& request) {
    const std::string line = LineOf(request);
    if (line == "GET /openai/loadedmodels") return JsonAnswer(JsonNames(*loaded));
    if (line == "GET /openai/load/" + takes + kOptions) {
      loaded->push_back(listed);
      ScriptedExchange done = TextAnswer("", 200);
      done.closed = std::chrono::milliseconds(250);
      return done;
    }
    if (line == "GET /openai/unload/" + takes + "?force=true") {
      std::erase(*loaded, listed);
      return TextAnswer("", 200);
    }
    if (line.starts_with("GET /openai/load/") || line.starts_with("GET /openai/unload/")) return refusal;
    return routes(request);
  };
}

TEST(G1Service, SaysWhatItCan) {
  FakeTransport transport(G1());
  const Capabilities can = Connect(transport)->capabilities();
  EXPECT_TRUE(can.load_and_unload);
  EXPECT_TRUE(can.loaded_list);
  EXPECT_TRUE(can.catalogue);
  EXPECT_TRUE(can.token_count);
  EXPECT_TRUE(can.download);
  EXPECT_TRUE(can.loads_silently);
  EXPECT_FALSE(can.pid);
  EXPECT_FALSE(can.unload_waits);
}

TEST(G1Service, ReadsACatalogueThatIsAnArrayOrAnObject) {
  for (const std::string& body :
       {"[" + kGpuRow + "," + kCpuRow + "]", R"({"models":[)" + kGpuRow + "," + kCpuRow + "]}",
        R"({"Models":[)" + kGpuRow + "," + kCpuRow + "]}"}) {
    FakeTransport transport(G1().On("GET /foundry/list", JsonAnswer(body))
                                .On("GET /openai/models", JsonAnswer(R"(["phi-4-mini-instruct-generic-cpu"])")));
    const auto rows = Connect(transport)->ListVariants();
    ASSERT_TRUE(rows.ok()) << rows.error().Message();
    ASSERT_EQ(rows->size(), 2U);
    const Variant& gpu = (*rows)[0];
    EXPECT_EQ(gpu.id, "Phi-4-mini-instruct-generic-gpu:5") << "the version comes from its own key";
    EXPECT_EQ(gpu.alias, "phi-4-mini");
    EXPECT_EQ(gpu.device, "gpu");
    EXPECT_EQ(gpu.execution_provider, "WebGpuExecutionProvider");
    EXPECT_EQ(gpu.size_mib, 3809);
    EXPECT_EQ(gpu.license, "MIT");
    EXPECT_EQ(gpu.task, "chat-completion");
    EXPECT_EQ(gpu.cached, false);
    EXPECT_EQ((*rows)[1].id, "Phi-4-mini-instruct-generic-cpu:4") << "the name carries it already";
    EXPECT_EQ((*rows)[1].cached, true) << "listed without a version and in another case";
  }
}

TEST(G1Service, KeepsWhatCanChat) {
  const auto row = [](const std::string& name, const std::string& task) {
    return CatalogueRow(name, "1", task, "CPU", "CPUExecutionProvider");
  };
  const std::string body = "[" + row("a", "chat-completion") + "," + row("b", "automatic-speech-recognition") + "," +
                           row("c", "vision-language-chat") + "," + row("d", "text-generation") + "," +
                           row("e", "embeddings") + R"(,{"name":"f","version":2},{"displayName":"nameless"}])";
  FakeTransport transport(
      G1().On("GET /foundry/list", JsonAnswer(body)).On("GET /openai/models", JsonAnswer(R"(["b:1"])")));
  const auto rows = Connect(transport)->ListVariants();
  ASSERT_TRUE(rows.ok());
  std::vector<std::string> ids;
  for (const Variant& variant : *rows) ids.push_back(variant.id);
  EXPECT_THAT(ids, ElementsAre("a:1", "c:1", "d:1", "f:2"));
}

TEST(G1Service, WhatIsCachedIsListedAlsoWhenTheCatalogueDoesNotKnowItOrFails) {
  for (const ScriptedExchange& catalogue :
       {TextAnswer("", 500), JsonAnswer("[]"), JsonAnswer(R"({"error":{"message":"slow down"}})", 429)}) {
    FakeTransport transport(
        G1().On("GET /foundry/list", catalogue).On("GET /openai/models", JsonAnswer(R"(["my-own-model"])")));
    const auto rows = Connect(transport)->ListVariants();
    ASSERT_TRUE(rows.ok()) << rows.error().Message();
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ((*rows)[0].id, "my-own-model");
    EXPECT_EQ((*rows)[0].cached, true);
    EXPECT_EQ((*rows)[0].device, std::nullopt);
  }
}

TEST(G1Service, WithoutCatalogueAndCacheTheFailureOfTheCatalogueIsTold) {
  FakeTransport transport(G1().On("GET /foundry/list", TextAnswer("No models were returned", 500))
                              .On("GET /openai/models", JsonAnswer("[]")));
  const auto rows = Connect(transport)->ListVariants();
  ASSERT_FALSE(rows.ok());
  EXPECT_THAT(rows.error().what, HasSubstr("HTTP 500: No models were returned"));
}

// The machine is refused by the catalogue's host when it asks again and again (foundry-facts 5.2).
TEST(G1Service, AsksForTheCatalogueOnce) {
  FakeTransport transport(
      G1().On("GET /foundry/list", JsonAnswer("[" + kCpuRow + "]")).On("GET /openai/models", JsonAnswer("[]")));
  const auto service = Connect(transport);
  ASSERT_TRUE(service->ListVariants().ok());
  ASSERT_TRUE(service->ListVariants().ok());
  EXPECT_EQ(Asked(transport, "GET /foundry/list").size(), 1U);
  EXPECT_EQ(Asked(transport, "GET /openai/models").size(), 2U) << "that changes with every download";
}

TEST(G1Service, LoadsForADayAndLeavesOthersInMemory) {
  FakeTransport transport(Loading("a-cpu:1", "a-cpu:1", TextAnswer("", 500)));
  const auto loaded = Connect(transport)->Load("a-cpu:1", "a");
  ASSERT_TRUE(loaded.ok()) << loaded.error().Message();
  EXPECT_EQ(loaded->took, std::chrono::milliseconds(250)) << "of the call that did it, without the others";
  EXPECT_THAT(Asked(transport, "GET /openai/load/"), ElementsAre("GET /openai/load/a-cpu:1?ttl=86400&unload=false"));
}

TEST(G1Service, ALoadMayTakeMinutes) {
  FakeTransport transport(Loading("a:1", "a:1", TextAnswer("", 500)));
  ASSERT_TRUE(Connect(transport)->Load("a:1", std::nullopt).ok());
  EXPECT_TRUE(std::ranges::any_of(transport.requests, [](const http::Request& request) {
    return request.url.find("/openai/load/") != std::string::npos &&
           request.timeouts.first_byte == std::chrono::minutes(10);
  }));
}

// Ids come with or without a version, in requests and in lists.
TEST(G1Service, LoadsWithoutTheVersionWhenTheIdIsUnknownWithIt) {
  for (const ScriptedExchange& refusal :
       {TextAnswer("", 404), TextAnswer("No OpenAIService provider found for modelName a-cpu:1", 500),
        TextAnswer("Model not found\n   at Microsoft.Neutron.Load()", 500)}) {
    FakeTransport transport(Loading("a-cpu", "A-cpu", refusal));
    const auto loaded = Connect(transport)->Load("a-cpu:1", "a");
    ASSERT_TRUE(loaded.ok()) << loaded.error().Message();
    EXPECT_EQ(loaded->took, std::chrono::milliseconds(250)) << "of the call that did it, without the others";
    EXPECT_EQ(Asked(transport, "GET /openai/load/").size(), 2U);
  }
}

TEST(G1Service, WhatIsLoadedUnderItsShortNameIsNotLoadedAgain) {
  FakeTransport transport(G1().On("GET /openai/loadedmodels", JsonAnswer(R"(["Phi-4-mini-instruct-generic-cpu"])")));
  const auto loaded = Connect(transport)->Load("phi-4-mini-instruct-generic-cpu:5", std::nullopt);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->took, std::nullopt);
  EXPECT_THAT(Asked(transport, "GET /openai/load/"), IsEmpty());
}

TEST(G1Service, AModelThatIsNotDownloadedIsNotFound) {
  FakeTransport transport(Loading("x", "x", TextAnswer("No OpenAIService provider found for modelName", 500)));
  const auto loaded = Connect(transport)->Load("a:1", std::nullopt);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(loaded.error().what, HasSubstr("No OpenAIService provider found"));
}

// #199: the first line says nothing, the cause stands below it.
TEST(G1Service, OutOfMemorySurvivesOnWhateverLineItStands) {
  FakeTransport transport(
      Loading("x", "x",
              TextAnswer("Failed loading model a:1\r\n\r\n   at Load()\r\nNon-zero status code: BFCArena::AllocateRaw "
                         "Failed to allocate memory for requested buffer of size 8589934592\r\n   at Main()",
                         500)));
  const auto loaded = Connect(transport)->Load("a:1", std::nullopt);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kHttpStatus);
  EXPECT_TRUE(IsOutOfMemory(loaded.error())) << loaded.error().what;
  EXPECT_THAT(loaded.error().what, HasSubstr("HTTP 500: Failed loading model a:1"));
  EXPECT_THAT(loaded.error().what, HasSubstr("8589934592"));
  EXPECT_THAT(loaded.error().what, Not(HasSubstr("at Main")));
  EXPECT_EQ(Asked(transport, "GET /openai/load/").size(), 1U) << "another name would load something else";
}

TEST(G1Service, AFailureWithoutWordsIsSaidToBeOne) {
  FakeTransport transport(Loading("x", "x", TextAnswer("", 500)));
  const auto loaded = Connect(transport)->Load("a:1", std::nullopt);
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().what, HasSubstr("HTTP 500 without a message"));
}

TEST(G1Service, ALoadThatShowsNowhereIsAnError) {
  FakeTransport transport(Loading("a:1", "b:1", TextAnswer("", 500)));
  const auto loaded = Connect(transport)->Load("a:1", std::nullopt);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(loaded.error().what, HasSubstr("does not list it as loaded"));
}

// As the vendor's clients do for models whose files leave the provider open (foundry-facts 3.1).
TEST(G1Service, NamesTheProviderOfAGpuModelOnceTheCatalogueIsKnown) {
  const std::string cuda_row =
      CatalogueRow("Phi-4-mini-instruct-cuda-gpu", "4", "chat-completion", "GPU", "CUDAExecutionProvider");
  const struct {
    std::string catalogue;
    const char* id;
    const char* option;
  } table[] = {{"[" + kGpuRow + "," + kCpuRow + "]", "Phi-4-mini-instruct-generic-gpu:5", "&ep=webgpu"},
               {"[" + kGpuRow + "," + cuda_row + "]", "Phi-4-mini-instruct-generic-gpu:5", "&ep=cuda"},
               {"[" + cuda_row + "]", "Phi-4-mini-instruct-cuda-gpu:4", "&ep=cuda"},
               {"[" + cuda_row + "," + kCpuRow + "]", "Phi-4-mini-instruct-generic-cpu:4", ""}};
  for (const auto& row : table) {
    FakeTransport transport(G1().On("GET /foundry/list", JsonAnswer(row.catalogue))
                                .On("GET /openai/models", JsonAnswer("[]"))
                                .On("GET /openai/loadedmodels", JsonAnswer("[]")));
    const auto service = Connect(transport);
    ASSERT_TRUE(service->ListVariants().ok());
    EXPECT_FALSE(service->Load(row.id, std::nullopt).ok());
    EXPECT_EQ(Asked(transport, "GET /openai/load/")[0],
              std::string("GET /openai/load/") + row.id + kOptions + row.option);
  }
}

// Without force a model inside its time to live stays.
TEST(G1Service, UnloadsByForceAndVerifies) {
  FakeTransport transport(Loading("a:1", "a", TextAnswer("", 404)));
  const auto service = Connect(transport);
  ASSERT_TRUE(service->Load("a:1", std::nullopt).ok());
  ASSERT_TRUE(service->Unload("a:1", std::nullopt).ok());
  EXPECT_THAT(Asked(transport, "GET /openai/unload/"), ElementsAre("GET /openai/unload/a:1?force=true"));
  EXPECT_THAT(*service->LoadedIds(), IsEmpty());

  FakeTransport stubborn(G1().On("GET /openai/loadedmodels", JsonAnswer(R"(["a"])"))
                             .On("GET /openai/unload/a:1?force=true", TextAnswer("", 200)));
  const base::Status unloaded = Connect(stubborn)->Unload("a:1", std::nullopt);
  ASSERT_FALSE(unloaded.ok());
  EXPECT_THAT(unloaded.error().what, HasSubstr("still lists it as loaded"));
}

TEST(G1Service, CountsTokensWithoutInference) {
  const run::Json messages = run::JsonArray{run::JsonObject{{"role", "user"}, {"content", "Hello"}}};
  for (const char* answer : {R"({"tokenCount":23})", R"({"TokenCount":23,"Successful":true})"}) {
    FakeTransport transport(
        G1().On("POST /v1/chat/completions/tokenizer/encode/count", [&](const http::Request& request) {
          EXPECT_EQ(request.body, R"({"messages":[{"content":"Hello","role":"user"}],"model":"a:1"})");
          return JsonAnswer(answer);
        }));
    const auto count = Connect(transport)->CountTokens("a:1", messages);
    ASSERT_TRUE(count.ok()) << count.error().Message();
    EXPECT_EQ(*count, 23);
  }
}

TEST(G1Service, ACountThatIsNoneIsAProtocolError) {
  for (const char* answer : {"{}", "[]", R"({"tokenCount":"23"})", R"({"tokenCount":-1})", R"({"tokenCount":1.5})"}) {
    FakeTransport transport(G1().On("POST /v1/chat/completions/tokenizer/encode/count", JsonAnswer(answer)));
    EXPECT_EQ(Connect(transport)->CountTokens("a", run::JsonArray{}).error().code, base::ErrorCode::kProtocol)
        << answer;
  }
}

struct Progress {
  std::vector<double> percents;
  std::vector<std::string> lines;
  OnProgress Listener() {
    return [this](std::optional<double> percent, const std::string& line) {
      if (percent) percents.push_back(*percent);
      lines.push_back(line);
    };
  }
};

Routes Downloading(std::string_view body, int status = 200) {
  ScriptedExchange answer = TextAnswer(body, status);
  if (!body.empty()) answer.pieces = assay::testing::SplitAt(body, body.size() / 2);
  return G1().On("GET /foundry/list", JsonAnswer("[" + kGpuRow + "]")).On("POST /openai/download", answer);
}

TEST(G1Service, DownloadsWithProgress) {
  Progress progress;
  FakeTransport transport(
      Downloading("Total 0.00% Downloading model.onnx\r\nTotal 45.67% Downloading model.onnx.data\n"
                  "Total 100.00% \x1b[31mdone\n[DONE]\nAll Completed!\n"
                  "{\"success\":true,\n\"errorMessage\":null}\n"));
  const base::Status done = Connect(transport)->Download("phi-4-mini-instruct-generic-gpu", progress.Listener());
  ASSERT_TRUE(done.ok()) << done.error().Message();
  EXPECT_THAT(progress.percents, ElementsAre(0.0, 45.67, 100.0));
  EXPECT_EQ(progress.lines[1], "Total 45.67% Downloading model.onnx.data");
  EXPECT_EQ(progress.lines[2], "Total 100.00% done");
  EXPECT_EQ(transport.requests.back().body,
            R"({"IgnorePipeReport":true,"model":{"Name":"Phi-4-mini-instruct-generic-gpu:5",)"
            R"("PromptTemplate":{"prompt":"<|user|>{Content}"},"ProviderType":"AzureFoundryLocal",)"
            R"("Publisher":"Microsoft","Uri":"azureml://registries/azureml/models/Phi-4-mini-instruct-generic-gpu/)"
            R"(versions/1"},"token":null})");
}

// The form the documents show.
TEST(G1Service, ReadsDocumentedProgress) {
  Progress progress;
  FakeTransport transport(Downloading("(\"model.onnx\", 0.25)\n(\"\", 1)\n{\"Success\":true,\"ErrorMessage\":null}"));
  ASSERT_TRUE(Connect(transport)->Download("Phi-4-mini-instruct-generic-gpu:5", progress.Listener()).ok());
  EXPECT_THAT(progress.percents, ElementsAre(25.0, 100.0));
}

TEST(G1Service, ADownloadMayTakeHoursButNotBeSilent) {
  FakeTransport transport(Downloading(R"({"success":true})"));
  ASSERT_TRUE(Connect(transport)->Download("Phi-4-mini-instruct-generic-gpu:5", {}).ok());
  EXPECT_GE(transport.requests.back().timeouts.total, std::chrono::hours(1));
  EXPECT_LE(transport.requests.back().timeouts.idle, std::chrono::minutes(10));
}

// The status of a failed download is 200.
TEST(G1Service, ADownloadThatSaysItFailedHas) {
  for (const char* body : {"Total 3%\n{\"success\":false,\"errorMessage\":\"no space left on \\u001bdevice\"}",
                           "{\"Success\":false,\"ErrorMessage\":\"no space left on \\u001bdevice\"}\n"}) {
    FakeTransport transport(Downloading(body));
    const base::Status done = Connect(transport)->Download("Phi-4-mini-instruct-generic-gpu:5", {});
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, base::ErrorCode::kUnavailable);
    EXPECT_THAT(done.error().what, HasSubstr("no space left on \\x1Bdevice"));
  }
}

TEST(G1Service, ADownloadThatDoesNotSayIsJudgedByTheCache) {
  for (const bool cached : {true, false}) {
    FakeTransport transport(
        Downloading("Total 99%\n[DONE]\n")
            .On("GET /openai/models", JsonAnswer(cached ? R"(["Phi-4-mini-instruct-generic-gpu"])" : "[]")));
    EXPECT_EQ(Connect(transport)->Download("Phi-4-mini-instruct-generic-gpu:5", {}).ok(), cached);
  }
}

TEST(G1Service, ADownloadThatIsRefusedSaysSo) {
  FakeTransport refusing(Downloading("nobody is at home", 503));
  EXPECT_THAT(Connect(refusing)->Download("Phi-4-mini-instruct-generic-gpu:5", {}).error().what,
              HasSubstr("HTTP 503: nobody is at home"));
  FakeTransport transport(Downloading(""));
  EXPECT_EQ(Connect(transport)->Download("other:1", {}).error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(Asked(transport, "POST "), IsEmpty());
}

TEST(G1Service, APingNoticesWhatAnswersNow) {
  FakeTransport transport;
  transport.Then(TextAnswer("", 404)).Then(JsonAnswer(kStatus));
  const auto service = Connect(transport);
  transport.Then(JsonAnswer(kStatus)).Then(Recorded("foundry-g3/openai_status.txt")).Then(Refused());
  EXPECT_TRUE(service->Ping().ok());
  EXPECT_THAT(service->Ping().error().what, HasSubstr("no longer the g1 service"));
  EXPECT_EQ(service->Ping().error().code, base::ErrorCode::kTransport);
}

}  // namespace
}  // namespace assay::foundry

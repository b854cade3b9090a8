// SPDX-License-Identifier: MIT
// What stands behind an endpoint, found by probing; and that what was given as a credential stays secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/foundry/service_answers.h"

namespace assay::foundry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr const char* kProbes[] = {"GET /status", "GET /openai/status", "GET /models/loaded", "GET /v1/models"};

base::Error ErrorOf(FakeTransport& transport, const Credentials& credentials = {}) {
  const auto service = ConnectService(transport, kBase, credentials);
  EXPECT_FALSE(service.ok());
  return service.ok() ? base::Error{} : service.error();
}

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

// Endpoints are written into every run; a password must not get there.
TEST(NormalizeEndpoint, RefusesUserAndPasswordWithoutRepeatingThem) {
  const base::Result<std::string> url = NormalizeEndpoint("http://user:secret@host:1/v1");
  ASSERT_FALSE(url.ok());
  EXPECT_EQ(url.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(url.error().Message(), HasSubstr("API_KEY"));
  EXPECT_EQ(url.error().Message().find("secret"), std::string::npos);
  EXPECT_TRUE(NormalizeEndpoint("http://host/a@b").ok()) << "a path may hold one";
}

TEST(ConnectService, KnowsTheCppServiceByItsStatus) {
  FakeTransport transport;
  transport.Then(Recorded("foundry-g3/status.txt"));
  const auto service = Connect(transport);
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->generation(), Generation::kG3);
  EXPECT_EQ(service->base_url(), kBase);
  EXPECT_EQ(service->pid(), 29052);
  EXPECT_EQ(service->model_folder(), "/opt/local/foundry/run/18276/models");
  EXPECT_THAT(LinesOf(transport), ElementsAre(kProbes[0]));
}

// Documents and clients disagree about the case of the keys (foundry-facts 8.2).
TEST(ConnectService, KnowsTheFirstGenerationWhateverTheCaseOfItsKeys) {
  for (const char* status :
       {R"({"endpoints":["http://localhost:5273"],"modelDirPath":"/models","pipeName":"inference_agent"})",
        R"({"Endpoints":["http://localhost:5273"],"ModelDirPath":"/models","PipeName":"inference_agent"})",
        R"({"modeldirpath":"/models"})"}) {
    FakeTransport transport;
    transport.Then(TextAnswer("Not Found", 404)).Then(JsonAnswer(status));
    const auto service = Connect(transport);
    ASSERT_NE(service, nullptr) << status;
    EXPECT_EQ(service->generation(), Generation::kG1) << status;
    EXPECT_EQ(service->model_folder(), "/models") << status;
    EXPECT_EQ(service->pid(), std::nullopt);
    EXPECT_THAT(LinesOf(transport), ElementsAre(kProbes[0], kProbes[1]));
  }
}

TEST(ConnectService, KnowsTheCppServiceWhateverTheCaseOfItsKeys) {
  FakeTransport transport;
  transport.Then(JsonAnswer(R"({"ModelCachePath":"C:\\models","Pid":7})"));
  const auto service = Connect(transport);
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->generation(), Generation::kG3);
  EXPECT_EQ(service->model_folder(), "C:\\models");
  EXPECT_EQ(service->pid(), 7);
}

TEST(ConnectService, KnowsTheSecondGenerationByItsListOfLoadedModels) {
  for (const char* loaded : {"[]", R"(["a:1","b:2"])"}) {
    FakeTransport transport(Routes(TextAnswer("", 404)).On(kProbes[2], JsonAnswer(loaded)));
    const auto service = Connect(transport);
    ASSERT_NE(service, nullptr);
    EXPECT_EQ(service->generation(), Generation::kG2);
    EXPECT_EQ(service->pid(), std::nullopt);
    EXPECT_EQ(service->model_folder(), std::nullopt);
    EXPECT_THAT(LinesOf(transport), ElementsAre(kProbes[0], kProbes[1], kProbes[2]));
  }
}

// Servers answer anything to a path they do not know: only the shape of an answer counts.
TEST(ConnectService, AnythingElseWithModelsIsPlain) {
  const ScriptedExchange others[] = {Recorded("llama-server/err-unknown-route.txt"),
                                     Recorded("foundry-g3/root.txt"),
                                     JsonAnswer(R"({"status":"ok"})"),
                                     JsonAnswer("OK"),
                                     JsonAnswer("<html><body>it works</body></html>"),
                                     JsonAnswer("{}"),
                                     JsonAnswer("null"),
                                     JsonAnswer(R"([{"id":"a"}])"),
                                     JsonAnswer(R"({"data":[],"models":[]})"),
                                     JsonAnswer("modelCachePath"),
                                     JsonAnswer(R"({"endpoints":"none"})"),
                                     JsonAnswer(R"({"modelCachePath":"/m","modelDirPath":"/m"})", 404),
                                     JsonAnswer(R"({"modelCachePath":"/m","modelDirPath":"/m"})", 500),
                                     JsonAnswer("[]", 404),
                                     TextAnswer("", 403)};
  for (const ScriptedExchange& other : others) {
    FakeTransport transport(Routes(other).On(kProbes[3], Recorded("llama-server/models.txt")));
    const auto service = Connect(transport);
    ASSERT_NE(service, nullptr);
    EXPECT_EQ(service->generation(), Generation::kPlain);
    EXPECT_EQ(service->pid(), std::nullopt);
    EXPECT_THAT(LinesOf(transport), ElementsAre(kProbes[0], kProbes[1], kProbes[2], kProbes[3]));
  }
}

TEST(ConnectService, WithoutModelsItIsNoServiceAndSaysWhatCame) {
  const struct {
    ScriptedExchange models;
    const char* came;
  } table[] = {{TextAnswer("Not Found", 404), "HTTP 404: Not Found"},
               {TextAnswer("", 405), "HTTP 405 without a message"},
               {JsonAnswer("<html>", 200), "not the JSON it should be"},
               {JsonAnswer("{}", 200), "no array 'data'"},
               {JsonAnswer("[]", 200), "no array 'data'"},
               {Recorded("foundry-g3/root.txt"), "No mapping for HTTP-method: 'GET', URL: '/'"},
               {TextAnswer("<html><h1>Bad gateway</h1></html>", 502), "HTTP 502: an HTML page"},
               {JsonAnswer(R"({"error":{"message":"slow down"}})", 429), "HTTP 429: slow down"}};
  for (const auto& row : table) {
    FakeTransport transport(Routes(TextAnswer("", 404)).On(kProbes[3], row.models));
    const base::Error error = ErrorOf(transport);
    EXPECT_EQ(error.code, base::ErrorCode::kUnavailable) << row.came;
    EXPECT_THAT(error.what, HasSubstr("neither Foundry Local nor an OpenAI-compatible service"));
    EXPECT_THAT(error.what, HasSubstr("GET /v1/models"));
    EXPECT_THAT(error.what, HasSubstr(row.came));
    EXPECT_EQ(error.where, kBase);
  }
}

TEST(ConnectService, AServerThatIsStillLoadingIsSaidToBe) {
  FakeTransport transport(Routes(Recorded("llama-server/health-loading.txt")));
  const base::Error error = ErrorOf(transport);
  EXPECT_EQ(error.code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(error.what, HasSubstr("still loading its model"));
  EXPECT_THAT(error.what, HasSubstr("Loading model"));
}

TEST(ConnectService, ARefusalNamesTheVariableOfTheKey) {
  for (const int status : {401, 403}) {
    FakeTransport transport(Routes(JsonAnswer(R"({"error":{"message":"Invalid API Key"}})", status)));
    const base::Error error = ErrorOf(transport);
    EXPECT_EQ(error.code, base::ErrorCode::kHttpStatus);
    EXPECT_THAT(error.what, HasSubstr("HTTP " + std::to_string(status) + ": Invalid API Key"));
    EXPECT_THAT(error.what, HasSubstr("it wants a key"));
    EXPECT_THAT(error.what, HasSubstr("API_KEY"));
    FakeTransport again(Routes(JsonAnswer(R"({"error":{"message":"Invalid API Key"}})", status)));
    EXPECT_THAT(ErrorOf(again, {.api_key = "sk-wrong", .headers = {}}).what, HasSubstr("it refuses the key"));
  }
}

// llama-server guards its chat with a key and leaves the list of models open.
TEST(ConnectService, AnOpenListOfModelsIsEnough) {
  FakeTransport transport(Routes(Recorded("llama-server/err-401-no-key.txt"))
                              .On(kProbes[3], Recorded("llama-server/apikey-models-no-key.txt")));
  EXPECT_EQ(Connect(transport)->generation(), Generation::kPlain);
}

// One connect timeout, not four.
TEST(ConnectService, AnUnreachableHostIsAskedOnce) {
  for (const base::ErrorCode code : {base::ErrorCode::kTransport, base::ErrorCode::kTimeout}) {
    FakeTransport transport;
    ScriptedExchange failed = Refused();
    failed.failure->code = code;
    transport.Then(failed);
    const base::Error error = ErrorOf(transport);
    EXPECT_EQ(error.code, base::ErrorCode::kUnavailable);
    EXPECT_THAT(error.Message(), HasSubstr("connection refused"));
    EXPECT_EQ(transport.requests.size(), 1U);
  }
}

TEST(ConnectService, AServiceThatDiesWhileItIsProbedIsUnavailable) {
  for (std::size_t answers = 1; answers < 4; ++answers) {
    FakeTransport transport;
    for (std::size_t i = 0; i < answers; ++i) transport.Then(TextAnswer("", 404));
    transport.Then(Refused());
    EXPECT_EQ(ErrorOf(transport).code, base::ErrorCode::kUnavailable);
    EXPECT_EQ(transport.requests.size(), answers + 1);
  }
}

TEST(ConnectService, ACallerWhoCancelsIsToldSo) {
  FakeTransport transport;
  ScriptedExchange stopped = Refused();
  stopped.failure->code = base::ErrorCode::kCancelled;
  transport.Then(stopped);
  EXPECT_EQ(ErrorOf(transport).code, base::ErrorCode::kCancelled);
}

TEST(ConnectService, ProbesAreShort) {
  FakeTransport transport(Routes(TextAnswer("", 404)));
  ErrorOf(transport);
  ASSERT_EQ(transport.requests.size(), 4U);
  for (const http::Request& request : transport.requests) {
    EXPECT_LE(request.timeouts.total, std::chrono::seconds(10)) << request.url;
    EXPECT_LE(request.timeouts.first_byte, std::chrono::seconds(10)) << request.url;
  }
}

TEST(ConnectService, ABadEndpointIsAskedNothing) {
  FakeTransport transport;
  EXPECT_EQ(ConnectService(transport, "127.0.0.1:1", {}).error().code, base::ErrorCode::kUsage);
  EXPECT_TRUE(transport.requests.empty());
}

TEST(Credentials, GoWithEveryRequest) {
  FakeTransport transport;
  transport.Then(Recorded("foundry-g3/status.txt")).Then(Recorded("foundry-g3/models_loaded.txt"));
  const auto service = Connect(transport, {.api_key = "sk-test-123", .headers = {{"X-Team", "blue"}}});
  ASSERT_TRUE(service->LoadedIds().ok());
  ASSERT_EQ(transport.requests.size(), 2U);
  for (const http::Request& request : transport.requests) {
    EXPECT_THAT(request.headers, ElementsAre(Pair("Authorization", "Bearer sk-test-123"), Pair("X-Team", "blue")));
    EXPECT_THAT(request.url, Not(HasSubstr("sk-test-123")));
  }
}

TEST(Credentials, AnAuthorizationOfOnesOwnReplacesTheBearerToken) {
  FakeTransport transport;
  transport.Then(Recorded("foundry-g3/status.txt"));
  Connect(transport, {.api_key = "sk-test-123", .headers = {{"authorization", "Basic Zm9v"}}});
  EXPECT_THAT(transport.requests[0].headers, ElementsAre(Pair("authorization", "Basic Zm9v")));
}

// Ids are printed ("it has: ...") and stored.
TEST(Credentials, ANameMadeOfOneIsNoName) {
  const Credentials credentials{.api_key = "sk-test-123", .headers = {{"X-Token", "Bearer abcdefgh"}}};
  const std::string rows =
      R"({"data":[{"id":"sk-test-123"},{"id":"tiny:1"},{"id":"m-abcdefgh:1"},{"id":"x","parent":"sk-test-123"}]})";
  FakeTransport plain(Routes(JsonAnswer("{}", 404)).On("GET /v1/models", JsonAnswer(rows)));
  const auto listed = Connect(plain, credentials)->ListVariants();
  ASSERT_TRUE(listed.ok()) << listed.error().Message();
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().id, "tiny:1");

  const auto loaded_of = [&](const char* probe, const char* status, const char* path) {
    FakeTransport transport(Routes(JsonAnswer("{}", 404))
                                .On(probe, JsonAnswer(status))
                                .On(path, JsonAnswer(JsonNames({"sk-test-123", "tiny:1"}))));
    return Connect(transport, credentials)->LoadedIds().value();
  };
  EXPECT_THAT(loaded_of("GET /status", R"({"modelCachePath":"/m"})", "GET /models/loaded"), ElementsAre("tiny:1"));
  EXPECT_THAT(loaded_of("GET /openai/status", R"({"modelDirPath":"/m"})", "GET /openai/loadedmodels"),
              ElementsAre("tiny:1"));
}

TEST(Credentials, ACatalogueRowMadeOfOneIsLeftOut) {
  FakeTransport transport(
      Routes(JsonAnswer("{}", 404))
          .On("GET /openai/status", JsonAnswer(R"({"modelDirPath":"/m"})"))
          .On("GET /openai/models", JsonAnswer("[]"))
          .On("GET /foundry/list",
              JsonAnswer(
                  R"({"models":[{"name":"sk-test-123"},{"name":"a:1","alias":"sk-test-123"},{"name":"b:1"}]})")));
  const auto listed = Connect(transport, {.api_key = "sk-test-123", .headers = {}})->ListVariants();
  ASSERT_TRUE(listed.ok()) << listed.error().Message();
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().id, "b:1");
}

TEST(Credentials, AreHiddenAlsoWhenTheServiceRepeatsThem) {
  const Credentials credentials{.api_key = "sk-test-123",
                                .headers = {{"X-Secret", "hunter two"}, {"X-Token", "Bearer abcdef"}}};
  const ScriptedExchange echoes[] = {
      JsonAnswer(R"({"error":{"message":"bad key sk-test-123, hunter two, abcdef"}})", 401),
      TextAnswer("bad key sk-test-123\nhunter two", 403),
      TextAnswer(std::string(290, '.') + "sk-test-123 hunter two abcdef", 500),
      JsonAnswer(R"({"data":[],"sk-test-123":1,"sk-test-123":2})"), [] {
        ScriptedExchange failed = Refused();
        failed.failure->what = "cannot send 'Bearer sk-test-123', 'hunter two', 'abcdef'";
        return failed;
      }()};
  for (const ScriptedExchange& echo : echoes) {
    FakeTransport transport((Routes(echo)));
    const std::string message = ErrorOf(transport, credentials).Message();
    for (const char* secret : {"sk-test", "hunter", "abcdef"}) EXPECT_THAT(message, Not(HasSubstr(secret)));
    EXPECT_THAT(message, HasSubstr("***"));
  }
}

}  // namespace
}  // namespace assay::foundry

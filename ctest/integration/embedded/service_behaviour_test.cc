// SPDX-License-Identifier: MIT
// What a client notices beyond the recorded bytes: keep-alive, equal answers, seeds, faults, hostile input, stopping.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/integration/embedded/running_service.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/process/process.h"

namespace assay::embedded {
namespace {

using namespace testing_support;
using testing::HasSubstr;
using testing::StartsWith;

std::string ChatBody(const std::string& content, const std::string& more = ",\"temperature\":0,\"max_tokens\":12") {
  return "{\"model\":\"ember-mini-int8-cpu:1\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]" +
         more + "}";
}

// Every text of a "content" key, joined: the same for a stream and a whole answer.
std::string Content(const std::string& answer) {
  constexpr std::string_view kKey = "\"content\":\"";
  std::string text;
  for (std::size_t at = answer.find(kKey); at != std::string::npos; at = answer.find(kKey, at)) {
    at += kKey.size();
    const std::size_t end = answer.find('"', at);
    text += answer.substr(at, end - at);
    at = end;
  }
  return text;
}

EmbeddedOptions WithScenario(const std::string& scenario) {
  EmbeddedOptions options;
  options.preload = {"ember-mini-int8-cpu"};
  options.scenario = *ParseScenarioInline(scenario);
  return options;
}

constexpr char kForever[] = "token_ms=3600000";

TEST(EmbeddedServiceBehaviour, KeepsAConnectionForManyRequestsAlsoAfterAStream) {
  RunningService service(WithScenario("seed=1"));
  RawConnection connection(service.port());
  for (int i = 0; i < 3; ++i) {
    connection.Send(
        PostRequest("/v1/chat/completions", ChatBody("Hi", ",\"temperature\":0,\"max_tokens\":3,\"stream\":true")));
    EXPECT_THAT(connection.ReadAnswer(), HasSubstr("data: [DONE]"));
    connection.Send(GetRequest("/models/loaded"));
    EXPECT_THAT(connection.ReadAnswer(), HasSubstr("[\"ember-mini-int8-cpu:1\"]"));
  }
  connection.Send("GET /status HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(connection.ReadAnswer(), HasSubstr("Connection: close"));
  EXPECT_TRUE(connection.ClosesNow());
}

TEST(EmbeddedServiceBehaviour, GreedyAnswersAreEqualStreamedOrNotAndUnderLoad) {
  RunningService service(WithScenario("seed=1"));
  const std::string wanted = Content(service.Chat(ChatBody("What is light?")));
  EXPECT_FALSE(wanted.empty());
  std::vector<std::string> answers(4);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    clients.emplace_back([&, i] {
      const bool stream = i % 2 == 0;
      answers[i] = Content(
          service.Chat(ChatBody("What is light?", std::string(",\"temperature\":0,\"max_tokens\":12,\"stream\":") +
                                                      (stream ? "true" : "false"))));
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(answers, testing::Each(wanted));
}

TEST(EmbeddedServiceBehaviour, SeedsDecideSampledAnswers) {
  RunningService service(WithScenario("seed=1"));
  const auto ask = [&](const std::string& more) {
    return Content(service.Chat(ChatBody("Hi", ",\"temperature\":0.8,\"max_tokens\":10" + more)));
  };
  EXPECT_EQ(ask(",\"seed\":7"), ask(",\"seed\":7"));
  EXPECT_NE(ask(",\"seed\":7"), ask(",\"seed\":8"));
  EXPECT_EQ(ask(",\"seed\":1,\"metadata\":{\"random_seed\":\"7\"}"), ask(",\"seed\":7"));
  EXPECT_NE(ask(""), ask(""));
}

TEST(EmbeddedServiceBehaviour, RendersDeveloperAsUserAndDropsToolResults) {
  RunningService service(WithScenario("seed=1"));
  const auto ask = [&](const std::string& messages) {
    return BodyOf(service.Chat(
        "{\"model\":\"ember-mini-int8-cpu:1\",\"temperature\":0,\"max_tokens\":8,\"messages\":[" + messages + "]}"));
  };
  const std::string user = Content(ask(R"({"role":"user","content":"Hi"})"));
  EXPECT_EQ(Content(ask(R"({"role":"developer","content":"Hi"})")), user);
  EXPECT_EQ(Content(ask(R"({"role":"user","content":"Hi"},{"role":"tool","content":"42"})")), user);
  EXPECT_NE(Content(ask(R"({"role":"system","content":"Hi"})")), user);
}

TEST(EmbeddedServiceBehaviour, FlipTokenChangesAnAnswerAndARestartRepeatsIt) {
  const auto ask_twice = [](const std::string& scenario) {
    RunningService service(WithScenario(scenario));
    const std::string first = Content(service.Chat(ChatBody("What is light?")));
    return std::vector<std::string>{first, Content(service.Chat(ChatBody("What is light?")))};
  };
  const auto plain = ask_twice("seed=1");
  const auto flipped = ask_twice("flip_token=1");
  EXPECT_EQ(plain[0], plain[1]);
  EXPECT_NE(flipped[0], plain[0]);
  EXPECT_NE(flipped[1], plain[0]);
  EXPECT_EQ(ask_twice("flip_token=1"), flipped);
  EXPECT_EQ(ask_twice("flip_token=1,match=ember-base*"), plain);
}

TEST(EmbeddedServiceBehaviour, WritesItsOwnTimesToTheRequestLog) {
  auto folder = base::TemporaryDirectory::Create("embedded-log");
  ASSERT_TRUE(folder.ok());
  EmbeddedOptions options = WithScenario("seed=1");
  options.request_log = folder->path() / "requests.jsonl";
  {
    RunningService service(std::move(options));
    service.Chat(ChatBody(
        "Hi", ",\"temperature\":0,\"max_tokens\":3,\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    service.Chat(ChatBody("Hi"));
  }
  const auto log = base::ReadFile(folder->path() / "requests.jsonl");
  ASSERT_TRUE(log.ok());
  const auto lines = base::Split(base::Trim(*log), '\n');
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], StartsWith("{\"load\":{\"end_ns\":"));  // the preloaded model
  for (const char* part : {"\"role\"]", "\"content\"]", "\"finish\"]", "\"usage\"]", "\"done\"]",
                           "\"received_ns\":", "\"prompt_read_ns\":", "\"id\":\"chatcmpl-"}) {
    EXPECT_THAT(lines[1], HasSubstr(part));
  }
  EXPECT_THAT(lines[2], HasSubstr("\"answer\"]"));
}

TEST(EmbeddedServiceBehaviour, RefusesWhatIsTooLargeOrNoHttpAndLivesOn) {
  RunningService service;
  EXPECT_THAT(
      Exchange(service.port(), "POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nContent-Length: 9000000\r\n\r\n"),
      StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Exchange(service.port(), "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(service.Chat(std::string(1'000'000, '[')), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(service.Get("/models/loaded"), HasSubstr("[]"));
}

TEST(EmbeddedServiceBehaviour, StopsWithAnAnswerInProgressAndAnIdleConnection) {
  RunningService service(WithScenario(kForever));
  RawConnection idle(service.port());
  RawConnection busy(service.port());
  busy.Send(PostRequest("/v1/chat/completions", ChatBody("Hi", ",\"temperature\":0,\"max_tokens\":9,\"stream\":true")));
  busy.ReadUntil("\"content\":\"");
  service.Join();
  EXPECT_TRUE(idle.ClosesNow());
}

TEST(EmbeddedServiceBehaviour, ShutdownClosesWithoutAnAnswer) {
  RunningService service;
  EXPECT_EQ(Exchange(service.port(), PostRequest("/shutdown", "")), "");
  service.Join(/*ask=*/false);
}

TEST(EmbeddedServiceBehaviour, StopsByItselfWhenIdle) {
  EmbeddedOptions options;
  options.idle_timeout = std::chrono::milliseconds(1);
  RunningService service(std::move(options));
  service.Join(/*ask=*/false);
}

TEST(FoundryEmbeddedProgram, EndsWithItsStandardInput) {
  process::Command command;
  command.program = ASSAY_FOUNDRY_EMBEDDED_PROGRAM;
  command.arguments = {"serve", "--exit-with-stdin", std::string("--scenario=") + kForever,
                       "--preload=ember-mini-int8-cpu"};
  auto child = process::Spawn(command, {});
  ASSERT_TRUE(child.ok()) << child.error().Message();
  const auto line = (*child)->ReadLine(std::chrono::seconds(60));
  ASSERT_TRUE(line.ok()) << line.error().Message();
  ASSERT_THAT(*line, StartsWith("listening http://127.0.0.1:"));
  const auto port = base::ParseInt(std::string_view(*line).substr(27));
  ASSERT_TRUE(port.has_value());
  RawConnection busy(static_cast<std::uint16_t>(*port));
  busy.Send(PostRequest("/v1/chat/completions", ChatBody("Hi", ",\"temperature\":0,\"max_tokens\":9,\"stream\":true")));
  busy.ReadUntil("\"content\":\"");
  const auto code = (*child)->Stop(std::chrono::seconds(60));
  ASSERT_TRUE(code.ok()) << code.error().Message();
  EXPECT_EQ(*code, 0);
}

TEST(FoundryEmbeddedProgram, SaysWhereItMovesAndWhatItSpeaksComesFromTheEnvironment) {
  process::Command command;
  command.program = ASSAY_FOUNDRY_EMBEDDED_PROGRAM;
  command.arguments = {"serve", "--exit-with-stdin"};
  command.environment = {{"FOUNDRY_EMBEDDED_GENERATION", "g1"}, {"ASSAY_SCENARIO", "move_port,times=1"}};
  auto child = process::Spawn(command, {});
  ASSERT_TRUE(child.ok()) << child.error().Message();
  const auto port_of = [&]() -> std::uint16_t {
    const auto line = (*child)->ReadLine(std::chrono::seconds(60));
    EXPECT_TRUE(line.ok() && line->starts_with("listening http://127.0.0.1:"));
    return line.ok() ? static_cast<std::uint16_t>(base::ParseInt(std::string_view(*line).substr(27)).value_or(0)) : 0;
  };
  const std::uint16_t first = port_of();
  ASSERT_NE(first, 0);
  EXPECT_EQ(Exchange(first, PostRequest("/v1/chat/completions", ChatBody("Hi"))), "");
  const std::uint16_t second = port_of();
  ASSERT_NE(second, 0);
  EXPECT_NE(second, first);
  EXPECT_FALSE(Listens(first));
  EXPECT_THAT(Exchange(second, GetRequest("/openai/status")), HasSubstr("\"pipeName\":\"inference_agent\""));
  // An idle service is gone so soon that the signal to stop may meet it between its end and its exit code.
  EXPECT_TRUE((*child)->Stop(std::chrono::seconds(60)).ok());
}

TEST(FoundryEmbeddedProgram, HoldsAPortThatDoesNotListenYet) {
  EmbeddedOptions options;
  options.listen_after = std::chrono::hours(1);
  RunningService later(std::move(options));
  EXPECT_NE(later.port(), 0);
  EXPECT_FALSE(Listens(later.port()));
  later.Join();
  options = {};
  options.listen_after = std::chrono::milliseconds(1);
  RunningService soon(std::move(options));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!Listens(soon.port()) && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_THAT(soon.Get("/models/loaded"), HasSubstr("[]"));
}

}  // namespace
}  // namespace assay::embedded

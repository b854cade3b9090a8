// SPDX-License-Identifier: MIT
// The `foundry` program end to end in the dialect of G2 and G3, each test with a state folder of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/integration/embedded/foundry_program.h"
#include "ctest/integration/embedded/running_service.h"

namespace assay::embedded {
namespace {

using namespace testing_support;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr char kStoppedJson[] = "{\"running\":false,\"state\":\"stopped\"}\n";

class ServerDialect : public FoundryProgram, public testing::WithParamInterface<const char*> {
 protected:
  ServerDialect() { Speak(GetParam()); }
};

TEST_P(ServerDialect, StartsTellsItsStateAndStops) {
  EXPECT_EQ(Run({"server", "status", "-o", "json"}).standard_output, kStoppedJson);
  EXPECT_EQ(Run({"server", "status"}).standard_output, "State    Stopped\n");
  const auto started = Run({"server", "start"});
  ASSERT_EQ(started.exit_code, 0) << started.standard_error;
  EXPECT_THAT(started.standard_output, StartsWith("■ Starting Foundry Local server\n"));
  EXPECT_THAT(started.standard_output, HasSubstr("Web URLs http://127.0.0.1:"));
  EXPECT_THAT(Run({"server", "start"}).standard_output, HasSubstr("already running"));
  const std::string pid = std::to_string(Remembered()->pid);
  const std::string url = Remembered()->url;
  const std::string json = "{\"running\":true,\"state\":\"ready\",\"pid\":" + pid + ",\"webUrls\":[\"" + url + "\"]}\n";
  EXPECT_EQ(Run({"server", "status", "-o", "json"}).standard_output, json);
  EXPECT_EQ(Run({"server", "status", "--output", "json"}).standard_output, json);
  EXPECT_THAT(Run({"server", "status"}).standard_output,
              MatchesRegex("State    Ready\nPID      " + pid +
                           "\nStarted  [0-9-]+ [0-9:]+Z\nUptime   [0-9]+m [0-9]+s\nWeb URLs " + url + "\n"));
  EXPECT_THAT(Run({"status", "-o", "json"}).standard_output, HasSubstr("\"service\":{\"ready\":true"));
  EXPECT_THAT(Run({"status"}).standard_output, HasSubstr("│ Section │ Metric"));
  EXPECT_EQ(Run({"server", "logs"}).standard_output, "listening " + url + "\n");

  EXPECT_EQ(Run({"server", "stop"}).standard_output, "Foundry Local server stopped\n");
  EXPECT_FALSE(process::IsRunning(std::stoll(pid)));
  EXPECT_EQ(Run({"server", "status", "-o", "json"}).standard_output, kStoppedJson);
  EXPECT_THAT(Run({"server", "stop"}).standard_output, HasSubstr("not running"));
}

TEST_P(ServerDialect, ListensWhereItIsTold) {
  // A port that is taken tells that it was asked for, without guessing a free one.
  const RunningService taken;
  const std::string port = std::to_string(taken.port());
  const auto failed = Run({"server", "start", "--port", port, "--idle-timeout", "5"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.standard_error, HasSubstr("127.0.0.1:" + port));
}

TEST_P(ServerDialect, LoadsListsAndUnloadsModels) {
  ASSERT_EQ(Server("start").exit_code, 0);
  EXPECT_EQ(Run({"model", "load", "ember-mini-int8-cpu:1"}).standard_output, "Model ember-mini-int8-cpu:1 loaded\n");
  EXPECT_EQ(Run({"model", "load", "ember-mini"}).standard_output, "Model ember-mini-generic-cpu:1 loaded\n");
  const std::string loaded = Run({"model", "list", "--loaded", "-o", "json"}).standard_output;
  EXPECT_THAT(loaded, StartsWith("{\"models\":["));
  EXPECT_THAT(loaded, HasSubstr("\"id\":\"ember-mini-int8-cpu:1\""));
  EXPECT_THAT(loaded, HasSubstr("\"id\":\"ember-mini-generic-cpu:1\""));
  EXPECT_THAT(loaded, Not(HasSubstr("ember-base")));
  EXPECT_THAT(Run({"model", "info", "ember-mini", "-o", "json"}).standard_output,
              HasSubstr("\"contextLength\":2048,\"loaded\":true"));
  EXPECT_EQ(Run({"model", "unload", "ember-mini"}).standard_output, "Model ember-mini-generic-cpu:1 unloaded\n");
  EXPECT_EQ(Loaded()->size(), 1U);
  EXPECT_EQ(Run({"model", "load", "ember-huge"}).exit_code, 1);
}

TEST_P(ServerDialect, FiltersTheList) {
  const auto count = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"model", "list", "-o", "json"});
    const std::string json = Run(arguments).standard_output;
    int rows = 0;
    for (std::size_t at = json.find("\"id\""); at != std::string::npos; at = json.find("\"id\"", at + 1)) ++rows;
    return rows;
  };
  EXPECT_EQ(count({}), 2);  // one per alias
  EXPECT_EQ(count({"--variants"}), 4);
  EXPECT_EQ(count({"--cached"}), 4);
  EXPECT_EQ(count({"--loaded"}), 0);
  EXPECT_EQ(count({"--variants", "--device", "CPU"}), 4);
  EXPECT_EQ(count({"--variants", "--device", "gpu"}), 0);
  EXPECT_EQ(count({"--variants", "--type", "chat"}), 4);
  EXPECT_EQ(count({"--variants", "--type", "speech"}), 0);
  EXPECT_EQ(count({"--variants", "--search", "INT8"}), 2);
  EXPECT_EQ(Run({"model", "list", "--search", "nope", "-o", "json"}).standard_output, "{\"models\":[]}\n");
}

TEST_P(ServerDialect, DownloadsWhatIsMissingAndLoadsItThen) {
  Play("not_cached,match=ember-mini-generic*");
  ASSERT_EQ(Server("start").exit_code, 0);
  EXPECT_THAT(Run({"model", "info", "ember-mini-generic-cpu:1", "-o", "json"}).standard_output,
              HasSubstr("\"cached\":false"));
  // What is there is preferred to what would have to be fetched first.
  EXPECT_THAT(Run({"model", "info", "ember-mini", "-o", "json"}).standard_output,
              HasSubstr("\"id\":\"ember-mini-int8-cpu:1\""));
  const auto refused = Run({"model", "load", "ember-mini-generic-cpu:1"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.standard_error, testing::AnyOf(HasSubstr("cached"), HasSubstr("download")));

  const auto fetched = Run({"model", "download", "ember-mini-generic-cpu:1"});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.standard_error;
  EXPECT_THAT(fetched.standard_output, StartsWith("■ Downloading model (ember-mini-generic-cpu:1, 22 MB)\n"));
  EXPECT_THAT(fetched.standard_output, HasSubstr(" 0%\r"));
  EXPECT_THAT(fetched.standard_output, HasSubstr(" 100%\r"));
  EXPECT_THAT(Run({"model", "download", "ember-mini-generic-cpu:1"}).standard_output, HasSubstr("already cached"));
  EXPECT_EQ(Run({"model", "load", "ember-mini-generic-cpu:1"}).exit_code, 0);

  EXPECT_EQ(Run({"cache", "remove", "ember-mini-generic-cpu:1"}).exit_code, 0);
  EXPECT_THAT(Run({"model", "list", "--cached", "-o", "json"}).standard_output, Not(HasSubstr("mini-generic")));
  EXPECT_EQ(Run({"cache", "remove", "ember-base-int8-cpu:1"}).exit_code, 1) << "it is drawn, not stored";
}

TEST_P(ServerDialect, ShowsTablesToPeople) {
  EXPECT_THAT(Run({"cache", "ls"}).standard_output,
              StartsWith("┌────────────┬───────┬────────┬────────┐\n│ Alias      │ Size  │ Device │ Loaded │\n"));
  EXPECT_THAT(Run({"model", "ls"}).standard_output,
              HasSubstr("│ Model Name             │ Type │ Size  │ Device │ Tools │ Cached │\n"));
  EXPECT_THAT(Run({"config", "show"}).standard_output, HasSubstr("cache-location"));
  const std::string location = Run({"cache", "location"}).standard_output;
  EXPECT_THAT(location, StartsWith(base::ToUtf8(home())));
  EXPECT_THAT(Run({"config", "show", "-o", "json"}).standard_output, HasSubstr("\"cacheLocation\":\""));
}

TEST_P(ServerDialect, CompletesOnePrompt) {
  ASSERT_EQ(Server("start").exit_code, 0);
  const auto refused = Run({"complete", "ember-mini-int8-cpu:1", "Hello"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.standard_error, HasSubstr("loaded"));
  ASSERT_EQ(Run({"model", "load", "ember-mini-int8-cpu:1"}).exit_code, 0);
  const auto first = Run({"complete", "ember-mini-int8-cpu:1", "Hello"});
  EXPECT_EQ(first.exit_code, 0) << first.standard_error;
  EXPECT_GT(first.standard_output.size(), 2U);
  EXPECT_EQ(Run({"complete", "ember-mini-int8-cpu:1", "Hello"}).standard_output, first.standard_output);
  EXPECT_THAT(Run({"complete", "ember-mini-int8-cpu:1", "Hello", "-o", "json"}).standard_output,
              StartsWith("{\"model\":\"ember-mini-int8-cpu:1\",\"text\":\""));
  EXPECT_EQ(Run({"complete", "ember-mini-int8-cpu:1"}).exit_code, 2);
}

TEST_P(ServerDialect, RestartGivesAnotherService) {
  ASSERT_EQ(Server("start").exit_code, 0);
  const std::int64_t before = Remembered()->pid;
  EXPECT_EQ(Server("restart").exit_code, 0);
  EXPECT_NE(Remembered()->pid, before);
  EXPECT_FALSE(process::IsRunning(before));
  EXPECT_THAT(Status(), HasSubstr("\"running\":true"));
}

TEST_P(ServerDialect, RefusesWithOneWhatNeedsATerminal) {
  for (const char* verb : {"run", "chat", "transcribe", "report"}) {
    const auto refused = Run({verb, "ember-mini"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.standard_error, HasSubstr("not part of the embedded service"));
  }
}

INSTANTIATE_TEST_SUITE_P(On, ServerDialect, testing::Values("g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

class Foundry : public FoundryProgram {};

TEST_F(Foundry, G2DoesNotKnowOtherVerbsInTheWordsOf0102) {
  Speak("g2");
  const auto service = Run({"service", "status"});
  EXPECT_EQ(service.exit_code, 2);
  EXPECT_EQ(service.standard_error,
            "● error: Unrecognized command or argument 'service'.\nHint: Run 'foundry --help' to see usage.\n");
  EXPECT_EQ(Run({"model", "run", "ember-mini"}).exit_code, 2);
  EXPECT_EQ(Run({"--version"}).standard_output, "0.10.2\n");
}

TEST_F(Foundry, G3DoesNotKnowOtherVerbsInTheWordsOf0103) {
  const auto service = Run({"service", "start"});
  EXPECT_EQ(service.exit_code, 2);
  EXPECT_EQ(service.standard_output, "");
  EXPECT_EQ(service.standard_error,
            "error: Unknown command: 'service'\nHint: Did you mean 'server'? Run 'foundry --help' to see available "
            "commands.\n");
  EXPECT_THAT(Run({"server", "strat"}).standard_error, HasSubstr("Did you mean 'start'?"));
  EXPECT_EQ(Run({"zip-logs"}).standard_error,
            "error: Unknown command: 'zip-logs'\nHint: Run 'foundry --help' to see available commands.\n");
  EXPECT_EQ(Run({"server", "status", "--nonsense"}).exit_code, 2);
}

TEST_F(Foundry, EndsWithTwoForAGenerationThereIsNot) {
  Speak("g4");
  const auto refused = Run({"server", "status"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.standard_error, HasSubstr("'g4'"));
}

TEST_F(Foundry, EndsWithTwoForAScenarioThereIsNot) {
  Play("cli_melts");
  const auto refused = Run({"server", "status"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.standard_error, HasSubstr("cli_melts"));
}

TEST_F(Foundry, CountsADeadServiceAsStopped) {
  // Written before there were generations. The pid belongs to somebody else by now.
  ASSERT_TRUE(
      base::WriteFileAtomically(home() / "service.json",
                                "{\"pid\":1,\"schema_version\":1,\"started_unix_s\":1,\"url\":\"http://127.0.0.1:9\"}")
          .ok());
  EXPECT_EQ(Status(), kStoppedJson);
  EXPECT_THAT(Server("stop").standard_output, HasSubstr("not running"));
  ASSERT_EQ(Server("start").exit_code, 0);
  EXPECT_THAT(Status(), HasSubstr("\"running\":true"));
}

TEST_F(Foundry, SaysWhyTheServiceDidNotStart) {
  const auto failed = Run({"server", "start", "--port", "77777"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.standard_error, HasSubstr("--port takes a number"));
}

TEST_F(Foundry, TalksToTheServiceOfTheEndpointVariable) {
  RunningService service;
  environment_["FOUNDRY_EMBEDDED_ENDPOINT"] = "http://127.0.0.1:" + std::to_string(service.port()) + "/v1";
  EXPECT_EQ(Run({"model", "load", "ember-mini-int8-cpu"}).exit_code, 0);
  EXPECT_THAT(service.Get("/models/loaded"), HasSubstr("ember-mini-int8-cpu:1"));
  EXPECT_EQ(Run({"server", "stop"}).exit_code, 0);
  service.Join(/*ask=*/false);
  EXPECT_EQ(Run({"model", "load", "ember-mini-int8-cpu"}).exit_code, 1);
}

class EndpointOf : public FoundryProgram, public testing::WithParamInterface<const char*> {};

TEST_P(EndpointOf, AServiceSomebodyElseStartedIsUsedAndLeftAlone) {
  Speak(GetParam());
  ASSERT_EQ(Server("start").exit_code, 0);
  const std::string url = Remembered()->url;
  auto elsewhere = base::TemporaryDirectory::Create("foundry-elsewhere");
  ASSERT_TRUE(elsewhere.ok());
  const auto own = environment_;
  environment_["FOUNDRY_EMBEDDED_HOME"] = elsewhere->path().string();
  environment_["FOUNDRY_EMBEDDED_ENDPOINT"] = url + "/v1/";
  EXPECT_THAT(Status(), HasSubstr(url));
  EXPECT_THAT(Server("start").standard_output, HasSubstr("already running"));
  EXPECT_EQ(Run({"model", "load", "ember-mini-int8-cpu:1"}).exit_code, 0);
  const auto stopped = Server("stop");
  if (std::string(GetParam()) != "g3") {
    EXPECT_EQ(stopped.exit_code, 1);
    EXPECT_THAT(stopped.standard_error, HasSubstr("stop it where it was started"));
    environment_ = own;
    EXPECT_THAT(Loaded().value_or(std::vector<std::string>()), testing::SizeIs(1));
  } else {
    EXPECT_EQ(stopped.exit_code, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(On, EndpointOf, testing::Values("g1", "g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace assay::embedded

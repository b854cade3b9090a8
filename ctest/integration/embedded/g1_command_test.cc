// SPDX-License-Identifier: MIT
// The `foundry` program end to end in the dialect of G1: its words are those of foundry-facts 1.2, to the letter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/integration/embedded/foundry_program.h"
#include "ctest/integration/embedded/running_service.h"

namespace assay::embedded {
namespace {

using namespace testing_support;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kNotRunning[] =
    "🔴 Model management service is not running!\n"
    "To start the service, run the following command: foundry service start\n";

class ServiceDialect : public FoundryProgram {
 protected:
  ServiceDialect() { Speak("g1"); }
};

TEST_F(ServiceDialect, StartsTellsItsStateAndStops) {
  EXPECT_EQ(Server("status").standard_output, kNotRunning);
  const auto started = Server("start");
  ASSERT_EQ(started.exit_code, 0) << started.standard_error;
  const std::string url = Remembered()->url;
  const std::string pid = std::to_string(Remembered()->pid);
  EXPECT_EQ(started.standard_output, "🟢 Service is Started on " + url + "/, PID " + pid + "!\n");
  EXPECT_EQ(Server("start").standard_output, "🟢 Service is already running on " + url + "/.\n");
  EXPECT_EQ(Server("status").standard_output,
            "🟢 Model management service is running on " + url +
                "/openai/status\n"
                "EP autoregistration status: Successfully downloaded and registered the following EPs: "
                "CPUExecutionProvider.\n"
                "Valid EPs: CPUExecutionProvider\n");
  EXPECT_EQ(Server("diag").standard_output, "listening " + url + "\n");
  const auto restarted = Server("restart");
  EXPECT_THAT(
      restarted.standard_output,
      StartsWith("Restarting service...\n🔴 Service is stopped.\n🟢 Service is Started on http://127.0.0.1:"));
  EXPECT_NE(std::to_string(Remembered()->pid), pid);
  EXPECT_EQ(Server("stop").standard_output, "🔴 Service is stopped.\n");
  EXPECT_EQ(Server("stop").standard_output, kNotRunning);
}

TEST_F(ServiceDialect, ListensWhereItIsTold) {
  const RunningService taken;
  const std::string port = std::to_string(taken.port());
  const auto failed = Run({"service", "start", "--port", port, "--host", "127.0.0.1", "--verbose"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.standard_error, HasSubstr("127.0.0.1:" + port));
  EXPECT_THAT(Run({"service", "start", "--cachedir", "elsewhere"}).standard_error, HasSubstr("FOUNDRY_EMBEDDED_HOME"));
  EXPECT_EQ(Remembered(), std::nullopt);
}

TEST_F(ServiceDialect, ListsModelsInATableOfFixedWidth) {
  EXPECT_EQ(Run({"model", "list"}).standard_output,
            "Alias                          Device     Task           File Size    License      Model ID\n"
            "-----------------------------------------------------------------------------------------------\n"
            "ember-mini                     CPU        chat           0.02 GB      MIT          "
            "ember-mini-generic-cpu:1\n"
            "                               CPU        chat           0.01 GB      MIT          ember-mini-int8-cpu:1\n"
            "-----------------------------------------------------------------------------------------------\n"
            "ember-base                     CPU        chat           0.06 GB      MIT          "
            "ember-base-generic-cpu:1\n"
            "                               CPU        chat           0.02 GB      MIT          "
            "ember-base-int8-cpu:1\n");
}

struct FilterCase {
  const char* filter;
  int rows;
};
class ServiceDialectFilter : public ServiceDialect, public testing::WithParamInterface<FilterCase> {};

TEST_P(ServiceDialectFilter, KeepsWhatFits) {
  const std::string table = Run({"model", "list", "--filter", GetParam().filter}).standard_output;
  int rows = 0;
  for (std::size_t at = table.find(":1\n"); at != std::string::npos; at = table.find(":1\n", at + 1)) ++rows;
  EXPECT_EQ(rows, GetParam().rows) << table;
}

INSTANTIATE_TEST_SUITE_P(Keys, ServiceDialectFilter,
                         testing::Values(FilterCase{"device=cpu", 4}, FilterCase{"Device=GPU", 0},
                                         FilterCase{"device=!GPU", 4}, FilterCase{"provider=CPUExecutionProvider", 4},
                                         FilterCase{"task=chat-completion", 4}, FilterCase{"task=text-generation", 0},
                                         FilterCase{"alias=ember-mini", 2}, FilterCase{"alias=ember-*", 4},
                                         FilterCase{"alias=ember", 0}, FilterCase{"alias=!ember-mini*", 2}));

TEST_F(ServiceDialect, RefusesAFilterItDoesNotKnow) {
  const auto refused = Run({"model", "list", "--filter", "colour=red"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.standard_error, HasSubstr("Supported keys: device, provider, task, alias"));
}

TEST_F(ServiceDialect, LoadsListsAndUnloadsModels) {
  const auto unreachable = Run({"model", "load", "ember-mini"});
  EXPECT_EQ(unreachable.exit_code, 1);
  EXPECT_EQ(unreachable.standard_output,
            "Exception: Request to local service failed. Uri:http://127.0.0.1:0/openai/status\n"
            "An error occurred while sending the request.\n"
            "Please check service status with 'foundry service status'.\n");
  ASSERT_EQ(Server("start").exit_code, 0);
  EXPECT_EQ(Server("ps").standard_output, "No models are currently loaded in the service\n");
  EXPECT_EQ(Run({"model", "load", "ember-mini-int8-cpu:1", "--ttl", "3600", "--device", "CPU"}).standard_output,
            "🕔 Loading model...\n🟢 Model ember-mini-int8-cpu:1 loaded successfully\n");
  EXPECT_EQ(Server("list").standard_output,
            "Models running in service:\n"
            "    Alias                          Model ID\n"
            "🟢  ember-mini                     ember-mini-int8-cpu:1\n");
  EXPECT_EQ(Run({"model", "unload", "ember-mini-int8-cpu:1"}).exit_code, 0);
  EXPECT_EQ(Server("ps").standard_output, "No models are currently loaded in the service\n");
  EXPECT_EQ(Run({"model", "load", "ember-mini", "--device", "GPU"}).exit_code, 1);
  EXPECT_THAT(Run({"model", "load", "ember-huge"}).standard_output, StartsWith("Exception: Model ember-huge "));
}

TEST_F(ServiceDialect, AnAliasMeansItsFirstRow) {
  Play("not_cached,match=ember-mini-generic*");
  EXPECT_THAT(Run({"model", "info", "ember-mini"}).standard_output, HasSubstr("ember-mini-generic-cpu:1"));
}

TEST_F(ServiceDialect, DownloadsWhatIsMissingAndLoadsItThen) {
  Play("not_cached,match=ember-mini-generic*");
  ASSERT_EQ(Server("start").exit_code, 0);
  EXPECT_EQ(Run({"cache", "list"}).standard_output,
            "Models cached on device:\n"
            "   Alias                                             Model ID\n"
            "💾 ember-mini                                        ember-mini-int8-cpu:1\n"
            "💾 ember-base                                        ember-base-generic-cpu:1\n"
            "💾 ember-base                                        ember-base-int8-cpu:1\n");
  const auto refused = Run({"model", "load", "ember-mini"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.standard_output,
              HasSubstr("Exception: Failed: Loading model ember-mini-generic-cpu:1 from " + Remembered()->url +
                        "/openai/load/ember-mini-generic-cpu:1?ttl=600\nInternal Server Error\n"));

  const auto fetched = Run({"model", "download", "ember-mini"});
  EXPECT_EQ(fetched.exit_code, 0);
  EXPECT_THAT(fetched.standard_output,
              StartsWith("Downloading ember-mini-generic-cpu...\n[------------------------------------] 0.00 % "));
  EXPECT_THAT(
      fetched.standard_output,
      EndsWith("[####################################] 100.00 % [Time remaining: about 0s]        16.2 MB/s\r\n"));
  EXPECT_EQ(Run({"model", "download", "ember-mini"}).standard_output,
            "Model ember-mini-generic-cpu:1 was found in the local cache.\n");
  EXPECT_EQ(Run({"model", "load", "ember-mini"}).exit_code, 0);
  EXPECT_THAT(Run({"cache", "location"}).standard_output,
              StartsWith("💾 Cache directory path: " + base::ToUtf8(home())));
}

TEST_F(ServiceDialect, DoesNotKnowTheVerbsOfItsSuccessors) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"server", "status"},
                                                    {"status", "-o", "json"},
                                                    {"service", "dance"},
                                                    {"model", "chat"}}) {
    const auto refused = Run(arguments);
    EXPECT_EQ(refused.exit_code, 1);
    const std::string& word = arguments[0] == "service" || arguments[0] == "model" ? arguments[1] : arguments[0];
    EXPECT_THAT(refused.standard_error, HasSubstr("Unrecognized command or argument '" + word + "'."));
    EXPECT_THAT(refused.standard_output, Not(HasSubstr("http://")));
  }
  EXPECT_EQ(Run({"model", "list", "-o", "json"}).exit_code, 1);
  EXPECT_EQ(Run({}).exit_code, 1);
  const auto interactive = Run({"model", "run", "ember-mini"});
  EXPECT_EQ(interactive.exit_code, 1);
  EXPECT_THAT(interactive.standard_error, HasSubstr("interactive"));
}

TEST_F(ServiceDialect, TellsItsVersionWithAHash) {
  EXPECT_THAT(Run({"--version"}).standard_output, testing::MatchesRegex("0\\.8\\.119\\+[0-9a-f]+\n"));
}

}  // namespace
}  // namespace assay::embedded

// SPDX-License-Identifier: MIT
// The `foundry` program end to end, each test with a state folder of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "ctest/integration/embedded/running_service.h"
#include "fixtures/base/files.h"
#include "fixtures/process/process.h"

namespace assay::embedded {
namespace {

using namespace testing_support;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class FoundryProgram : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = base::TemporaryDirectory::Create("foundry-home");
    ASSERT_TRUE(folder.ok());
    home_.emplace(std::move(*folder));
    environment_ = {{"FOUNDRY_EMBEDDED_HOME", home_->path().string()}, {"FOUNDRY_EMBEDDED_ENDPOINT", ""}};
  }
  void TearDown() override { Run({"server", "stop"}); }

  process::Completed Run(const std::vector<std::string>& arguments) {
    process::Command command;
    command.program = ASSAY_FOUNDRY_PROGRAM;
    command.arguments = arguments;
    command.environment = environment_;
    const auto completed = process::Run(command, std::chrono::seconds(90));
    EXPECT_TRUE(completed.ok()) << (completed.ok() ? "" : completed.error().Message());
    return completed.ok() ? *completed : process::Completed{};
  }

  std::optional<base::TemporaryDirectory> home_;
  std::map<std::string, std::string> environment_;
};

TEST_F(FoundryProgram, StartsLoadsListsAndStopsAService) {
  EXPECT_EQ(Run({"server", "status", "-o", "json"}).standard_output, "{\"running\":false,\"state\":\"stopped\"}\n");
  const auto started = Run({"server", "start"});
  ASSERT_EQ(started.exit_code, 0) << started.standard_error;
  EXPECT_THAT(started.standard_output, HasSubstr("Web URLs http://127.0.0.1:"));
  EXPECT_THAT(Run({"server", "start"}).standard_output, HasSubstr("already running"));
  EXPECT_THAT(
      Run({"server", "status", "-o", "json"}).standard_output,
      MatchesRegex(
          "\\{\"running\":true,\"state\":\"ready\",\"pid\":[0-9]+,\"webUrls\":\\[\"http://127.0.0.1:[0-9]+\"\\]\\}\n"));
  EXPECT_THAT(Run({"server", "status"}).standard_output, StartsWith("State    Ready\nPID      "));
  EXPECT_THAT(Run({"status", "--output", "json"}).standard_output, HasSubstr("\"service\":{\"ready\":true"));

  EXPECT_EQ(Run({"model", "load", "ember-mini-int8-cpu:1"}).standard_output, "Model ember-mini-int8-cpu:1 loaded\n");
  EXPECT_EQ(Run({"model", "load", "ember-mini"}).standard_output, "Model ember-mini-generic-cpu:1 loaded\n");
  const std::string loaded = Run({"model", "list", "--loaded", "-o", "json"}).standard_output;
  EXPECT_THAT(loaded, HasSubstr("\"id\":\"ember-mini-int8-cpu:1\""));
  EXPECT_THAT(loaded, HasSubstr("\"id\":\"ember-mini-generic-cpu:1\""));
  EXPECT_THAT(loaded, testing::Not(HasSubstr("ember-base")));
  EXPECT_THAT(Run({"model", "info", "ember-mini", "-o", "json"}).standard_output, HasSubstr("\"contextLength\":2048"));
  EXPECT_EQ(Run({"model", "unload", "ember-mini"}).exit_code, 0);
  EXPECT_THAT(Run({"cache", "list"}).standard_output, HasSubstr("ember-base-int8-cpu:1"));

  EXPECT_EQ(Run({"server", "stop"}).standard_output, "Foundry Local server stopped\n");
  EXPECT_EQ(Run({"server", "status", "-o", "json"}).standard_output, "{\"running\":false,\"state\":\"stopped\"}\n");
}

TEST_F(FoundryProgram, RestartGivesAnotherService) {
  ASSERT_EQ(Run({"server", "start"}).exit_code, 0);
  const std::string before = Run({"server", "status", "-o", "json"}).standard_output;
  EXPECT_EQ(Run({"server", "restart"}).exit_code, 0);
  const std::string after = Run({"server", "status", "-o", "json"}).standard_output;
  EXPECT_THAT(after, HasSubstr("\"running\":true"));
  EXPECT_NE(after, before);
}

TEST_F(FoundryProgram, CountsADeadServiceAsStopped) {
  ASSERT_TRUE(
      base::WriteFileAtomically(home_->path() / "service.json",
                                "{\"pid\":1,\"schema_version\":1,\"started_unix_s\":1,\"url\":\"http://127.0.0.1:9\"}")
          .ok());
  EXPECT_EQ(Run({"server", "status", "-o", "json"}).standard_output, "{\"running\":false,\"state\":\"stopped\"}\n");
  EXPECT_THAT(Run({"server", "stop"}).standard_output, HasSubstr("not running"));
}

TEST_F(FoundryProgram, SaysWhyTheServiceDidNotStart) {
  const auto failed = Run({"server", "start", "--port", "77777"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.standard_error, HasSubstr("--port takes a number"));
}

TEST_F(FoundryProgram, TalksToTheServiceOfTheEndpointVariable) {
  RunningService service;
  environment_["FOUNDRY_EMBEDDED_ENDPOINT"] = "http://127.0.0.1:" + std::to_string(service.port()) + "/v1";
  EXPECT_EQ(Run({"model", "load", "ember-mini-int8-cpu"}).exit_code, 0);
  EXPECT_THAT(service.Get("/models/loaded"), HasSubstr("ember-mini-int8-cpu:1"));
  EXPECT_EQ(Run({"server", "stop"}).exit_code, 0);
  service.Join(/*ask=*/false);
  EXPECT_EQ(Run({"model", "load", "ember-mini-int8-cpu"}).exit_code, 1);
}

}  // namespace
}  // namespace assay::embedded

// SPDX-License-Identifier: MIT
// The machine and the service as findings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/check/judge.h"

namespace assay::check {
namespace {

using session::ServiceChoice;
using session::SessionOptions;
using ::testing::HasSubstr;
using ::testing::Not;

SessionOptions Choice(ServiceChoice choice) {
  SessionOptions options;
  options.service = choice;
  return options;
}

SessionOptions Endpoint(const std::string& url) {
  SessionOptions options;
  options.endpoint = url;
  return options;
}

CliFacts NoCli() { return {"foundry", {}, {}, {}, ""}; }
CliFacts Cli(foundry::CliDialect dialect) { return {"foundry", "/opt/bin/foundry", dialect, "0.10.2", ""}; }

// A warning or a failure without a next step leaves people alone.
void ExpectNextStep(const Finding& finding) { EXPECT_NE(finding.next, "") << finding.text; }

TEST(JudgeCli, NamesProgramVersionAndDialect) {
  const Finding server = JudgeCli(Cli(foundry::CliDialect::kServer), Choice(ServiceChoice::kAuto));
  EXPECT_EQ(server.level, Level::kOk);
  EXPECT_EQ(server.id, "cli");
  EXPECT_EQ(server.text, "`foundry` is /opt/bin/foundry, version 0.10.2, and speaks `foundry server`");
  EXPECT_EQ(server.next, "");
  EXPECT_THAT(JudgeCli(Cli(foundry::CliDialect::kService), Choice(ServiceChoice::kNone)).text,
              HasSubstr("speaks `foundry service`"));
}

TEST(JudgeCli, AMissingOneIsAWarningWhereItIsNeeded) {
  const Finding automatic = JudgeCli(NoCli(), Choice(ServiceChoice::kAuto));
  EXPECT_EQ(automatic.level, Level::kWarning);
  EXPECT_THAT(automatic.text, HasSubstr("the embedded service stands in"));
  ExpectNextStep(automatic);
  const Finding none = JudgeCli(NoCli(), Choice(ServiceChoice::kNone));
  EXPECT_EQ(none.level, Level::kWarning);
  EXPECT_THAT(none.next, HasSubstr("--endpoint="));
}

TEST(JudgeCli, AMissingOneIsFineWhereNoneIsNeeded) {
  EXPECT_EQ(JudgeCli(NoCli(), Choice(ServiceChoice::kEmbedded)).level, Level::kOk);
  EXPECT_EQ(JudgeCli(NoCli(), Endpoint("http://127.0.0.1:8080")).level, Level::kOk);
  SessionOptions own_servers = Choice(ServiceChoice::kAuto);
  own_servers.needs_service = false;
  EXPECT_EQ(JudgeCli(NoCli(), own_servers).level, Level::kOk);
}

TEST(JudgeCli, AProgramThatSpeaksOtherwiseIsAWarning) {
  CliFacts facts = NoCli();
  facts.found = "/usr/bin/foundry";
  facts.trouble = "it knows neither server nor service";
  const Finding finding = JudgeCli(facts, Choice(ServiceChoice::kAuto));
  EXPECT_EQ(finding.level, Level::kWarning);
  EXPECT_THAT(finding.text, HasSubstr("it knows neither server nor service"));
  ExpectNextStep(finding);
  EXPECT_EQ(JudgeCli(facts, Choice(ServiceChoice::kEmbedded)).level, Level::kOk);
}

TEST(JudgeLeftover, IsAWarningWithTheServicesAddress) {
  // As a session words it.
  const std::string note =
      "a service that an interrupted run (pid 17, started 2026-01-02T03:04:05Z) left behind still runs at "
      "http://127.0.0.1:5273 (pid 18); stop it with `foundry server stop`";
  ASSERT_TRUE(IsAboutLeftover(note));
  const Finding finding = JudgeLeftover(note);
  EXPECT_EQ(finding.level, Level::kWarning);
  EXPECT_EQ(finding.text, note);
  ExpectNextStep(finding);
  EXPECT_EQ(NoLeftover().level, Level::kOk);
  EXPECT_EQ(NoLeftover().id, finding.id);
}

TEST(JudgeLeftover, IsNotEveryNoteOfASession) {
  EXPECT_FALSE(IsAboutLeftover("no Foundry Local here (no `foundry` on PATH): using the embedded service"));
  EXPECT_FALSE(
      IsAboutLeftover("the start of Foundry Local cannot be remembered (disk full): should this run be "
                      "killed, the next one will not know the service as left over"));
}

TEST(JudgeService, SaysWhatAnswersAndWhere) {
  run::ServiceInfo info;
  info.kind = "foundry";
  info.generation = "g2";
  info.endpoint = "http://127.0.0.1:52364";
  info.version = "0.10.2";
  info.pid = 29056;
  EXPECT_EQ(JudgeService(info).text,
            "a service answers at http://127.0.0.1:52364, generation g2, version 0.10.2, process 29056");
  info.kind = "embedded";
  info.started_here = true;
  info.version.reset();
  info.pid.reset();
  EXPECT_EQ(JudgeService(info).text, "the embedded service was started at http://127.0.0.1:52364, generation g2");
}

TEST(JudgeNoService, SaysWhatToStart) {
  const base::Error error{base::ErrorCode::kUnavailable, "nothing answers", ""};
  const Finding endpoint = JudgeNoService(error, Endpoint("http://127.0.0.1:8080/v1"));
  EXPECT_EQ(endpoint.level, Level::kFailure);
  EXPECT_EQ(endpoint.id, "service");
  EXPECT_EQ(endpoint.text, "nothing answers");
  EXPECT_THAT(endpoint.next, HasSubstr("start the server at http://127.0.0.1:8080/v1"));
  EXPECT_THAT(endpoint.next, HasSubstr("API_KEY"));
  EXPECT_THAT(JudgeNoService(error, Choice(ServiceChoice::kAuto)).next, HasSubstr("foundry server start"));
  EXPECT_THAT(JudgeNoService(error, Choice(ServiceChoice::kEmbedded)).next, HasSubstr("foundry-embedded"));
}

TEST(JudgeDisk, WarnsBelowTheLimitWithBothFigures) {
  const Finding finding = JudgeDisk(14'949'999'999, 15'000'000'000);
  EXPECT_EQ(finding.level, Level::kWarning);
  EXPECT_THAT(finding.text, HasSubstr("14.9 GB are free"));
  EXPECT_THAT(finding.text, HasSubstr("15.0 GB"));
  ExpectNextStep(finding);
}

TEST(JudgeDisk, IsFineAtTheLimitAndWhenNothingIsTold) {
  EXPECT_EQ(JudgeDisk(15'000'000'000, 15'000'000'000).level, Level::kOk);
  const Finding unknown = JudgeDisk(std::nullopt, 15'000'000'000);
  EXPECT_EQ(unknown.level, Level::kOk);
  EXPECT_THAT(unknown.text, HasSubstr("not told"));
}

catalogue::ModelRequest Model(const std::string& alias, const std::string& variant) {
  catalogue::ModelRequest model;
  model.alias = alias;
  model.variant = variant;
  return model;
}

TEST(JudgeCatalogue, CountsVariantsAndModels) {
  const Finding finding = JudgeCatalogue(
      std::vector{Model("phi", "phi-cpu:1"), Model("phi", "phi-gpu:1"), Model("qwen", "qwen-cpu:4")}, "http://h");
  EXPECT_EQ(finding.level, Level::kOk);
  EXPECT_EQ(finding.text, "3 variants of 2 chat models");
  EXPECT_EQ(JudgeCatalogue(std::vector{Model("phi", "phi-cpu:1")}, "http://h").text, "1 variant of 1 chat model");
}

TEST(JudgeCatalogue, WithoutAChatModelNothingCanBeMeasured) {
  const Finding none = JudgeCatalogue(std::vector<catalogue::ModelRequest>(), "http://h");
  EXPECT_EQ(none.level, Level::kFailure);
  ExpectNextStep(none);
}

TEST(JudgeCatalogue, AListThatFailsIsAFailureInTheServicesWords) {
  const Finding finding =
      JudgeCatalogue(base::Error{base::ErrorCode::kHttpStatus, "500 catalogue offline", ""}, "http://127.0.0.1:9");
  EXPECT_EQ(finding.level, Level::kFailure);
  EXPECT_THAT(finding.text, HasSubstr("500 catalogue offline"));
  EXPECT_THAT(finding.next, HasSubstr("http://127.0.0.1:9/v1/models"));
}

TEST(JudgeUnresolved, NamesTheModelAsItWasAskedFor) {
  catalogue::ModelRequest model;
  model.alias = "qwen2.5-0.5b";
  const base::Error error{base::ErrorCode::kUnavailable, "there are: ember-mini", "http://127.0.0.1:1"};
  const Finding finding = JudgeUnresolved(model, error);
  EXPECT_EQ(finding.level, Level::kFailure);
  EXPECT_EQ(finding.id, "models");
  EXPECT_EQ(finding.subject, "qwen2.5-0.5b");
  EXPECT_THAT(finding.text, HasSubstr("there are: ember-mini"));
  ExpectNextStep(finding);
  EXPECT_THAT(finding.next, Not(HasSubstr("start the server")));
  model.endpoint = "http://127.0.0.1:8080/v1";
  EXPECT_THAT(JudgeUnresolved(model, error).next, HasSubstr("start the server at http://127.0.0.1:8080/v1"));
}

TEST(JudgeNotUndone, IsAWarning) {
  const Finding finding = JudgeNotUndone("the model a:1 was loaded here and stays loaded");
  EXPECT_EQ(finding.level, Level::kWarning);
  EXPECT_EQ(finding.id, "cleanup");
  ExpectNextStep(finding);
}

}  // namespace
}  // namespace assay::check

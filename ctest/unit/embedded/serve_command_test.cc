// SPDX-License-Identifier: MIT
// Command lines that end before anything listens; the running service is tried in ctest/integration/embedded.
#include "fixtures/embedded/serve_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "fixtures/embedded/foundry_command.h"

namespace assay::embedded {
namespace {

using testing::HasSubstr;

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

using Program = int (*)(const std::vector<std::string>&, const std::map<std::string, std::string>&, std::ostream&,
                        std::ostream&);

Outcome Try(Program program, const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& environment = {}) {
  std::ostringstream out;
  std::ostringstream err;
  Outcome outcome;
  outcome.code = program(arguments, environment, out, err);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

struct BadLine {
  std::vector<std::string> arguments;
  const char* message_part;
};

class ServeUsage : public testing::TestWithParam<BadLine> {};

TEST_P(ServeUsage, EndsWithTwoAndOneMessage) {
  const Outcome outcome = Try(RunFoundryEmbedded, GetParam().arguments);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().message_part));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, ServeUsage,
    testing::Values(BadLine{{}, "usage"}, BadLine{{"run"}, "run"}, BadLine{{"serve", "--prt=1"}, "prt"},
                    BadLine{{"serve", "--port=70000"}, "--port"}, BadLine{{"serve", "--port=x"}, "--port"},
                    BadLine{{"serve", "--generation=openai"}, "use g1, g2, g3 or plain"},
                    BadLine{{"serve", "--listen-after=-1"}, "--listen-after"},
                    BadLine{{"serve", "--generation=g9"}, "g9"}, BadLine{{"serve", "--scenario=melt=1"}, "melt"},
                    BadLine{{"serve", "--scenario=none.json"}, "none.json"},
                    BadLine{{"serve", "extra"}, "serve --help"},
                    BadLine{{"serve", "--preload=ember-huge"}, "ember-huge"},
                    BadLine{{"serve", "--idle-timeout=-1"}, "--idle-timeout"},
                    BadLine{{"serve", "--exit-with-stdin=1"}, "exit-with-stdin"}));

TEST(ServeCommand, TakesTheScenarioOfTheEnvironmentUnlessAFlagIsGiven) {
  EXPECT_THAT(Try(RunFoundryEmbedded, {"serve"}, {{"ASSAY_SCENARIO", "melt=1"}}).err, HasSubstr("melt"));
  EXPECT_THAT(Try(RunFoundryEmbedded, {"serve", "--scenario=freeze=1"}, {{"ASSAY_SCENARIO", "melt=1"}}).err,
              HasSubstr("freeze"));
}

TEST(ServeCommand, TakesTheGenerationOfTheEnvironmentUnlessAFlagIsGiven) {
  const std::map<std::string, std::string> bad = {{"FOUNDRY_EMBEDDED_GENERATION", "g8"}};
  EXPECT_THAT(Try(RunFoundryEmbedded, {"serve"}, bad).err, HasSubstr("g8"));
  // The flag wins, so it is the preload that is wrong.
  for (const char* generation : {"g1", "g2", "g3", "plain"}) {
    const Outcome outcome =
        Try(RunFoundryEmbedded, {"serve", std::string("--generation=") + generation, "--preload=ember-huge"}, bad);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("ember-huge"));
  }
}

TEST(ServeCommand, SaysWhenItCannotListen) {
  // 192.0.2.1 is a documentation address (RFC 5737): no interface has it.
  const Outcome outcome = Try(RunFoundryEmbedded, {"serve", "--host=192.0.2.1"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("192.0.2.1"));
}

TEST(FoundryCommand, RefusesWhatItDoesNotKnow) {
  const Outcome service = Try(RunFoundry, {"service", "status"});
  EXPECT_EQ(service.code, 2);
  EXPECT_EQ(service.err,
            "error: Unknown command: 'service'\nHint: Did you mean 'server'? Run 'foundry --help' to see available "
            "commands.\n");
  EXPECT_EQ(Try(RunFoundry, {}).code, 2);
  const std::map<std::string, std::string> home = {{"FOUNDRY_EMBEDDED_HOME", "no-such-folder"}};
  EXPECT_EQ(Try(RunFoundry, {"server", "dance"}, home).code, 2);
  EXPECT_EQ(Try(RunFoundry, {"server", "status", "-o", "xml"}, home).code, 2);
  EXPECT_EQ(Try(RunFoundry, {"model", "list", "--nonsense"}, home).code, 2);
  EXPECT_EQ(Try(RunFoundry, {"model", "load"}, home).code, 2);
}

TEST(FoundryCommand, PrintsTheBareVersion) {
  const Outcome outcome = Try(RunFoundry, {"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(FoundryCommand, KnowsNoServiceWithoutStateFile) {
  const std::map<std::string, std::string> home = {{"FOUNDRY_EMBEDDED_HOME", "no-such-folder"}};
  EXPECT_EQ(Try(RunFoundry, {"server", "status", "-o", "json"}, home).out,
            "{\"running\":false,\"state\":\"stopped\"}\n");
  const Outcome load = Try(RunFoundry, {"model", "load", "ember-mini"}, home);
  EXPECT_EQ(load.code, 1);
  EXPECT_THAT(load.err, HasSubstr("foundry server start"));
  EXPECT_THAT(Try(RunFoundry, {"model", "load", "nope"}, home).err, HasSubstr("nope"));
  EXPECT_EQ(Try(RunFoundry, {"model", "list", "--search", "nope", "-o", "json"}, home).out, "{\"models\":[]}\n");
}

TEST(FoundryCommand, ListsOneRowPerAliasAndVariantsOnRequest) {
  const std::map<std::string, std::string> home = {{"FOUNDRY_EMBEDDED_HOME", "no-such-folder"}};
  EXPECT_EQ(Try(RunFoundry, {"model", "list", "--search=mini", "-o", "json"}, home).out,
            "{\"models\":[{\"alias\":\"ember-mini\",\"id\":\"ember-mini-generic-cpu:1\",\"displayName\":"
            "\"ember-mini-generic-cpu\",\"type\":\"Chat\",\"device\":\"Cpu\",\"fileSizeMb\":22,\"cached\":true,"
            "\"license\":\"MIT\",\"supportsToolCalling\":false}]}\n");
  const std::string variants = Try(RunFoundry, {"model", "list", "--variants", "--output", "json"}, home).out;
  EXPECT_THAT(variants, testing::StartsWith("{\"variants\":["));
  EXPECT_THAT(variants, HasSubstr("ember-base-int8-cpu:1"));
}

}  // namespace
}  // namespace assay::embedded

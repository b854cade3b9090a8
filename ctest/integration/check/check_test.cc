// SPDX-License-Identifier: MIT
// What `assay check` finds: on a healthy service, on every generation, and when the service does something wrong.
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "ctest/integration/check/checking.h"

namespace assay::integration {
namespace {

using ::testing::HasSubstr;

class CheckReady : public CheckTest {};

// Level and id of every line that is not a next step.
std::vector<std::string> LevelsAndIds(const std::string& output) {
  std::vector<std::string> found;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string level;
    std::string id;
    words >> level >> id;
    if (level != "->") found.push_back(level + " " + id);
  }
  return found;
}

TEST_F(CheckReady, AHealthyModelIsOkLineByLine) {
  const process::Completed done =
      Check({"--service=embedded", std::string("--models=") + kSmallModel, "--min-free-disk=1MB"});
  EXPECT_EQ(done.exit_code, 0) << done.standard_output << done.standard_error;
  EXPECT_EQ(LevelsAndIds(done.standard_output),
            (std::vector<std::string>{"ok cli", "ok leftover", "ok service", "ok disk", "ok catalogue", "ok cached",
                                      "ok load", "ok chat", "ok temperature", "ok seed", "ok max_tokens", "ok usage",
                                      "ok stream"}))
      << done.standard_output;
  EXPECT_THAT(done.standard_output, HasSubstr("\nok       chat         ember-mini-int8-cpu:1: "));
  EXPECT_EQ(done.standard_error, "");
}

TEST_F(CheckReady, TheEmbeddedServiceIsCheckedWholeWhenNoModelIsNamed) {
  const Checked checked = Findings({"--service=embedded"});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_TRUE(checked.ready);
  for (const char* model :
       {"ember-mini-generic-cpu:1", "ember-mini-int8-cpu:1", "ember-base-generic-cpu:1", "ember-base-int8-cpu:1"}) {
    EXPECT_EQ(checked.Of("chat", model).level, "ok") << model;
    EXPECT_EQ(checked.Of("stream", model).level, "ok") << model;
  }
  EXPECT_THAT(checked.Of("service").text, HasSubstr("the embedded service was started at http://127.0.0.1:"));
}

struct Wrong {
  const char* scenario;
  const char* models;
  const char* not_ok;
  int exit_code;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.scenario; }

class CheckScenario : public CheckTest, public ::testing::WithParamInterface<Wrong> {};

TEST_P(CheckScenario, IsFoundAndNothingElse) {
  const Wrong& wrong = GetParam();
  const Checked checked =
      Findings({"--service=embedded", "--min-free-disk=1MB", std::string("--models=") + wrong.models,
                std::string("--scenario=") + wrong.scenario});
  EXPECT_EQ(checked.NotOk(), wrong.not_ok);
  EXPECT_EQ(checked.exit_code, wrong.exit_code);
  EXPECT_EQ(checked.ready, wrong.exit_code == 0);
}

INSTANTIATE_TEST_SUITE_P(
    EachFault, CheckScenario,
    ::testing::Values(
        // Well-formed oddities are no findings.
        Wrong{"crlf,comments,no_space", kSmallModel, "", 0},
        Wrong{"split_events,usage_in_last_chunk,error_null", kSmallModel, "", 0},
        // What limits a run.
        Wrong{"ignore_seed", kSmallModel, "seed:warning", 0},
        Wrong{"ignore_temperature", kSmallModel, "seed:warning", 0},
        Wrong{"flip_token=1", kSmallModel, "temperature:warning seed:warning", 0},
        Wrong{"no_usage", kSmallModel, "usage:warning", 0},
        // The second of two models finds no room beside the first one.
        Wrong{"load_out_of_memory=1", "ember-mini-int8-cpu:1,ember-mini-generic-cpu:1", "load:warning", 0},
        // What makes a run fail, or worthless.
        Wrong{"ignore_max_tokens", kSmallModel, "max_tokens:failure", 1},
        Wrong{"empty_answer", kSmallModel, "chat:failure", 1}, Wrong{"text_error=500", kSmallModel, "chat:failure", 1},
        Wrong{"load_fails", kSmallModel, "load:failure", 1}),
    [](const ::testing::TestParamInfo<Wrong>& wrong) {
      std::string name = wrong.param.scenario;
      std::ranges::replace_if(
          name, [](char c) { return c == '=' || c == ',' || c == '_'; }, '0');
      return name;
    });

TEST_F(CheckReady, ASeedThatIsIgnoredIsNamedWithTheNextStep) {
  const process::Completed done =
      Check({"--service=embedded", std::string("--models=") + kSmallModel, "--scenario=ignore_seed"});
  EXPECT_EQ(done.exit_code, 0) << done.standard_output;
  EXPECT_THAT(done.standard_output, HasSubstr("\nwarning  seed         ember-mini-int8-cpu:1: the seed is ignored"));
  EXPECT_THAT(done.standard_output, HasSubstr("\n         -> keep to temperature 0"));
}

TEST_F(CheckReady, OneBrokenModelDoesNotHideAnother) {
  const Checked checked = Findings({"--service=embedded", "--models=ember-mini-generic-cpu:1,ember-mini-int8-cpu:1",
                                    "--scenario=load_fails,match=ember-mini-generic*"});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_EQ(checked.Of("load", "ember-mini-generic-cpu:1").level, "failure");
  EXPECT_EQ(checked.Of("chat", "ember-mini-int8-cpu:1").level, "ok");
}

TEST_F(CheckReady, AModelThatTheServiceDoesNotHaveIsNamed) {
  const Checked checked = Findings({"--service=embedded", std::string("--models=no-such-model,") + kSmallModel});
  EXPECT_EQ(checked.exit_code, 1);
  const Found unknown = checked.Of("models", "no-such-model");
  EXPECT_EQ(unknown.level, "failure");
  EXPECT_THAT(unknown.text, HasSubstr("ember-mini"));  // what there is
  EXPECT_EQ(checked.Of("chat", kSmallModel).level, "ok");
}

TEST_F(CheckReady, AModelThatIsNotOnTheDiskIsNamedWithTheDownload) {
  const Checked checked = Findings({std::string("--models=") + kSmallModel}, Machine("g3", "not_cached"));
  EXPECT_EQ(checked.exit_code, 1);
  const Found cached = checked.Of("cached", kSmallModel);
  EXPECT_EQ(cached.level, "failure") << checked.NotOk();
  EXPECT_THAT(cached.next, HasSubstr("assay-bench --download"));
  for (const Found& finding : checked.findings) EXPECT_NE(finding.id, "chat");
}

class CheckGeneration : public CheckTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(CheckGeneration, FindsCommandStartsServiceAndStopsItAgain) {
  const std::string generation = GetParam();
  const Checked checked = Findings({std::string("--models=") + kSmallModel}, Machine(generation));
  EXPECT_EQ(checked.exit_code, 0) << checked.NotOk();
  EXPECT_THAT(checked.Of("cli").text, HasSubstr(generation == "g1" ? "`foundry service`" : "`foundry server`"));
  EXPECT_THAT(checked.Of("service").text, HasSubstr("was started at"));
  EXPECT_THAT(checked.Of("service").text, HasSubstr("generation " + generation));
  EXPECT_EQ(checked.Of("chat", kSmallModel).level, "ok");
  EXPECT_EQ(checked.Of("temperature", kSmallModel).level, "ok");
  EXPECT_EQ(checked.Of("catalogue").text, "4 variants of 2 chat models");
  EXPECT_FALSE(FoundryRuns(generation));
}

INSTANTIATE_TEST_SUITE_P(Each, CheckGeneration, ::testing::Values("g1", "g2", "g3"),
                         [](const ::testing::TestParamInfo<const char*>& generation) {
                           return std::string(generation.param);
                         });

TEST_F(CheckReady, AServiceThatRunsIsUsedAndLeftRunning) {
  const std::string endpoint = Serve("g3");
  for (int time = 0; time < 2; ++time) {
    const Checked checked = Findings({"--endpoint=" + endpoint, std::string("--models=") + kSmallModel});
    EXPECT_EQ(checked.exit_code, 0) << checked.NotOk();
    EXPECT_THAT(checked.Of("service").text, HasSubstr("answers at " + endpoint));
    EXPECT_EQ(checked.Of("chat", kSmallModel).level, "ok");
  }
}

TEST_F(CheckReady, AnyServerThatSpeaksOpenAiCanBeChecked) {
  const Checked checked = Findings({"--endpoint=" + Serve("plain"), std::string("--models=") + kSmallModel});
  EXPECT_EQ(checked.exit_code, 0) << checked.NotOk();
  EXPECT_THAT(checked.Of("service").text, HasSubstr("generation plain"));
  EXPECT_THAT(checked.Of("cached", kSmallModel).text, HasSubstr("not told"));
  EXPECT_THAT(checked.Of("load", kSmallModel).text, HasSubstr("left to the service"));
  EXPECT_EQ(checked.Of("chat", kSmallModel).level, "ok");
}

TEST_F(CheckReady, WithoutModelsOnlyTheMachineIsChecked) {
  const Checked checked = Findings({"--endpoint=" + Serve("g3")});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_EQ(checked.Of("catalogue").level, "ok");
  EXPECT_EQ(checked.Of("models").level, "warning");
  EXPECT_THAT(checked.Of("models").next, HasSubstr("--models="));
  for (const Found& finding : checked.findings) EXPECT_NE(finding.id, "chat");
}

}  // namespace
}  // namespace assay::integration

// SPDX-License-Identifier: MIT
// In CI nothing becomes a baseline: how it is recognised, and that the commands which write say what to type instead.
#include "tools/cli/ci.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "ctest/unit/cli/cli_fixture.h"

namespace assay::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The name of the variable, "" where there is no CI, "error: ..." for wrong usage.
std::string Found(const std::map<std::string, std::string>& variables) {
  const auto found = FindCi([&](const std::string& name) {
    const auto one = variables.find(name);
    return one == variables.end() ? std::optional<std::string>() : one->second;
  });
  return found.ok() ? found->value_or("") : "error: " + found.error().what;
}

TEST(Ci, IsRecognisedByTheVariablesOfTheServices) {
  // As the services' manuals state them.
  const std::map<std::string, std::string> services = {
      {"CI", "true"},
      {"GITHUB_ACTIONS", "true"},
      {"TF_BUILD", "True"},
      {"GITLAB_CI", "true"},
      {"JENKINS_URL", "https://jenkins.example/"},
      {"BUILDKITE", "true"},
      {"TEAMCITY_VERSION", "2024.03"},
      {"CIRCLECI", "true"},
      {"APPVEYOR", "True"},
      {"TRAVIS", "true"},
      {"BITBUCKET_BUILD_NUMBER", "17"},
      {"CODEBUILD_BUILD_ID", "project:0123"},
  };
  for (const auto& [name, value] : services) EXPECT_EQ(Found({{name, value}}), name);
  EXPECT_EQ(Found({}), "");
  EXPECT_EQ(Found({{"PATH", "/usr/bin"}, {"CIVIL", "true"}}), "");
}

TEST(Ci, AVariableThatSaysNoIsNoCi) {
  for (const char* no : {"", "false", "False", "0", "no", "off"}) EXPECT_EQ(Found({{"CI", no}}), "") << no;
  EXPECT_EQ(Found({{"CI", "false"}, {"TF_BUILD", "True"}}), "TF_BUILD");
}

TEST(Ci, OurOwnVariableBeatsThemAll) {
  EXPECT_EQ(Found({{"ASSAY_CI", "off"}, {"CI", "true"}, {"GITHUB_ACTIONS", "true"}}), "");
  EXPECT_EQ(Found({{"ASSAY_CI", "on"}}), "ASSAY_CI");
  EXPECT_EQ(Found({{"ASSAY_CI", ""}, {"CI", "1"}}), "CI");
  EXPECT_THAT(Found({{"ASSAY_CI", "maybe"}}), HasSubstr("error: ASSAY_CI should be on or off, found 'maybe'"));
}

TEST_F(CliTest, InCiNothingIsAcceptedAndTheCommandForADeskIsSaid) {
  const std::string run = Measure("base", 100);
  environment_ = {{"GITHUB_ACTIONS", "true"}};
  const std::vector<std::string> args = {"accept",  "--run",  run,      "--baselines", Path("baselines"), "--only",
                                         "outputs", "--case", "chat/*", "--reason",    "it's new"};
  EXPECT_EQ(Call(args), 2);
  ExpectError("this is a CI job (GITHUB_ACTIONS is set), and in CI no baseline is written");
  ExpectError("at a desk type: assay accept --run " + run + " --baselines " + Path("baselines") +
              " --only outputs --case 'chat/*' --reason 'it'\\''s new'\n");
  EXPECT_FALSE(std::filesystem::exists(Path("baselines")));
  environment_["ASSAY_CI"] = "off";
  EXPECT_EQ(Call(args), 0) << err_.str();
  EXPECT_TRUE(std::filesystem::exists(Path("baselines")));
}

TEST_F(CliTest, InCiNothingIsReviewedOrPrunedEither) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0) << err_.str();
  const std::string head = Measure("head", 100.25, "Parma.");
  environment_ = {{"CI", "true"}};
  input_ = "a\nbecause\n";
  EXPECT_EQ(Call({"review", "--run", head, "--baselines", Path("baselines")}), 2);
  ExpectError("at a desk type: assay review --run " + head + " --baselines " + Path("baselines"));
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(Call({"accept", "--prune", "--run", head, "--baselines", Path("baselines")}), 2);
  ExpectError("at a desk type: assay accept --prune --run ");
  // Wrong usage and help are what they always are.
  EXPECT_EQ(Call({"accept", "--run", head, "--baselines", Path("baselines")}), 2);
  ExpectError("--reason is needed");
  EXPECT_EQ(Call({"accept", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("ASSAY_CI=on|off"));
}

TEST_F(CliTest, AComparisonOfChangedAnswersEndsWithTheCommandsThatTakeThem) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0) << err_.str();
  const std::string head = Measure("head", 100.25, "Parma.");
  environment_ = {{"CI", "true"}};  // judging is what CI is for
  EXPECT_EQ(CompareRun(head), 1);
  const std::string id = testing::RunBuilder::CaseIdOf("capital");
  const std::string accept = "assay accept --run " + head + " --baselines " + Path("baselines") +
                             " --only outputs --case " + id + " --reason TEXT";
  EXPECT_THAT(out_.str(),
              HasSubstr("answers: 1 changed; walk them, or accept those that are right, and commit the baselines:\n"
                        "  assay review --run " +
                        head + " --baselines " + Path("baselines") + "\n  " + accept + "\n"));
  // What it says works, and then there is nothing left to say.
  environment_.clear();
  EXPECT_EQ(Call({"accept", "--run", head, "--baselines", Path("baselines"), "--only", "outputs", "--case", id,
                  "--reason", "TEXT"}),
            0)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("answers 0 new, 1 changed"));
  EXPECT_EQ(CompareRun(head), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("assay accept")));
}

TEST_F(CliTest, TheCommandGoesToTheFolderThatHasTheAnswersAndKeepsThePolicy) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0) << err_.str();
  ASSERT_TRUE(base::CreateDirectories(Path("empty")).ok());
  ASSERT_TRUE(base::WriteFileAtomically(Path("policy.json"), R"({"schema_version": 1})").ok());
  const std::string head = Measure("head", 100.25, "Parma.");
  EXPECT_EQ(Call({"compare", "--run", head, "--baselines", Path("empty"), "--baselines", Path("baselines"),
                  "--policy=" + Path("policy.json")}),
            1);
  EXPECT_THAT(out_.str(), HasSubstr("  assay accept --run " + head + " --baselines " + Path("baselines") +
                                    " --policy " + Path("policy.json") + " --only outputs --case "));
  // Nothing accepted anywhere: all cases of the variant are new, and belong into the first folder.
  ASSERT_TRUE(base::CreateDirectories(Path("other")).ok());
  EXPECT_EQ(Call({"compare", "--run", head, "--baselines", Path("empty"), "--baselines", Path("other")}), 3);
  EXPECT_THAT(out_.str(), HasSubstr("answers: 9 new; "));
  EXPECT_THAT(out_.str(), HasSubstr("  assay accept --run " + head + " --baselines " + Path("empty") +
                                    " --only outputs --case 'chat/ember-mini-generic-cpu:1/*' --reason TEXT\n"));
  // A selection hides cases that the glob would take along.
  EXPECT_EQ(Call({"compare", "--run", head, "--baselines", Path("other"), "--prompt", "rest-1", "--prompt", "rest-2"}),
            3);
  EXPECT_THAT(out_.str(), HasSubstr(" --case " + testing::RunBuilder::CaseIdOf("rest-1") + " --case " +
                                    testing::RunBuilder::CaseIdOf("rest-2") + " --reason TEXT\n"));
}

}  // namespace
}  // namespace assay::cli

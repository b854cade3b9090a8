// SPDX-License-Identifier: MIT
// `assay accept --prune`: what leaves the baselines, and when nothing does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "ctest/unit/cli/cli_fixture.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;
using assay::testing::RunBuilder;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kOther = "qwen2.5-0.5b-instruct-generic-cpu:4";

class PruneTest : public CliTest {
 protected:
  void SetUp() override {
    // Two sessions on two kinds of machine, and a variant that later runs do not ask.
    for (const char* cpu : {"Test CPU", "Other CPU"}) {
      RunBuilder base;
      base.Repetitions(2).StartedAt(cpu).Cpu(cpu);
      for (const char* prompt : {"capital", "retired", "gone"}) base.Case(prompt).AddRamp(2, 100, 1);
      base.Case("capital", kOther).AddRamp(2, 100, 1);
      ASSERT_TRUE(base.Write(Path(cpu)).ok());
      ASSERT_EQ(AcceptRun(Path(cpu)), 0) << err_.str();
    }
  }
  std::string Run(std::optional<std::vector<std::string>> arguments,
                  const std::vector<std::string>& prompts = {"capital"}) {
    RunBuilder head;
    head.Repetitions(2).StartedAt("head");
    for (const std::string& prompt : prompts) head.Case(prompt).AddRamp(2, 100, 1);
    if (arguments) head.Arguments(std::move(*arguments));
    EXPECT_TRUE(head.Write(Path("head")).ok());
    return Path("head");
  }
  int Prune(const std::string& run, const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"accept", "--prune", "--run", run, "--baselines", Path("baselines")};
    args.insert(args.end(), more.begin(), more.end());
    return Call(args);
  }
  std::string All() const {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(Path("baselines"))) {
      if (entry.is_regular_file()) all += *base::ReadFile(entry.path());
    }
    return all;
  }
};

TEST_F(PruneTest, RemovesWhatTheRunDidNotPlanFromAnswersAndEverySession) {
  const std::string run = Run(std::vector<std::string>{"--service=embedded", "--models=ember-mini"});
  EXPECT_EQ(Prune(run), 0) << err_.str();
  const std::string outputs = (fs::path(Path("baselines")) / "outputs" / "ember-mini-generic-cpu-1.json").string();
  EXPECT_THAT(out_.str(), HasSubstr("removed " + RunBuilder::CaseIdOf("gone") + " from " + outputs + "\n"));
  EXPECT_THAT(out_.str(), HasSubstr("removed " + RunBuilder::CaseIdOf("retired") + " from " + outputs + "\n"));
  for (const char* key : {"linux-x86_64-test-cpu-2c", "linux-x86_64-other-cpu-2c"}) {
    const fs::path latency = fs::path(Path("baselines")) / "latency" / key / "ember-mini-generic-cpu-1.json";
    EXPECT_THAT(out_.str(), HasSubstr("removed " + RunBuilder::CaseIdOf("gone") + " from " + latency.string() + "\n"));
  }
  const std::string all = All();
  EXPECT_THAT(all, Not(HasSubstr("/retired/")));
  EXPECT_THAT(all, Not(HasSubstr("/gone/")));
  EXPECT_THAT(all, HasSubstr(RunBuilder::CaseIdOf("capital")));
  EXPECT_THAT(all, HasSubstr(RunBuilder::CaseIdOf("capital", kOther)));  // not asked, not touched
  // What is left is good, and complete.
  EXPECT_EQ(CompareRun(run, {"--question", "determinism"}), 0) << out_.str() << err_.str();
  EXPECT_EQ(Prune(run), 0);
  EXPECT_EQ(out_.str(), "nothing to remove: the run planned every case that the baselines have\n");
}

TEST_F(PruneTest, AFileWithoutACaseLeftIsDeleted) {
  EXPECT_EQ(Prune(Run(std::vector<std::string>{}, {"fresh"}), {"--only", "outputs"}), 0) << err_.str();
  const fs::path outputs = fs::path(Path("baselines")) / "outputs" / "ember-mini-generic-cpu-1.json";
  EXPECT_THAT(out_.str(), HasSubstr("deleted " + outputs.string() + ", which had no case left\n"));
  EXPECT_FALSE(fs::exists(outputs));
  EXPECT_THAT(All(), HasSubstr("/retired/"));  // --only outputs leaves the latencies
}

TEST_F(PruneTest, ARunOfAPartOfItsSuiteIsRefusedUnlessTheCasesAreNamed) {
  const std::string before = All();
  const std::vector<std::vector<std::string>> parts = {{"--benchmark_filter=capital"},
                                                       {"--prompt", "Hello"},
                                                       {"--scenarios=warm"},
                                                       {"--max-tokens=8"},
                                                       {"--stream=off"},
                                                       {"--pair", "a", "b"}};
  for (const std::vector<std::string>& part : parts) {
    EXPECT_EQ(Prune(Run(part)), 2);
    ExpectError("it was asked with " + part.front() +
                "; nothing was removed; measure the whole suite, or say with "
                "--case");
  }
  EXPECT_EQ(Prune(Run(std::nullopt)), 2);
  ExpectError("it does not say how it was asked");
  EXPECT_EQ(All(), before);
  EXPECT_EQ(Prune(Run(parts.front()), {"--case", "*/gone/*"}), 0) << err_.str();
  EXPECT_THAT(All(), Not(HasSubstr("/gone/")));
  EXPECT_THAT(All(), HasSubstr("/retired/"));
}

TEST_F(PruneTest, WhatMatchesNothingIsSaid) {
  const std::string run = Run(std::vector<std::string>{});
  const std::string before = All();
  EXPECT_EQ(Prune(run, {"--case", "*/retierd/*"}), 2);
  ExpectError("--case '*/retierd/*' matches no case that the baselines have and the run did not plan");
  EXPECT_EQ(Prune(run, {"--case", "*/capital/*"}), 2);  // planned: stays
  EXPECT_EQ(Prune(run, {"--reason", "tidy"}), 2);
  ExpectError("--prune removes and accepts nothing; leave --reason out");
  EXPECT_EQ(Call({"accept", "--prune", "--run", run, "--baselines", Path("nowhere")}), 2);
  ExpectError("there is no such folder of baselines");
  EXPECT_EQ(All(), before);
}

TEST_F(PruneTest, AComparisonNamesTheCommand) {
  EXPECT_EQ(CompareRun(Run(std::vector<std::string>{})), 3);
  EXPECT_THAT(out_.str(), HasSubstr("or remove it from"));
  EXPECT_THAT(out_.str(), HasSubstr("(assay accept --prune)"));
}

}  // namespace
}  // namespace assay::cli

// SPDX-License-Identifier: MIT
// What is counted over calls of the `foundry` command: each Load stands for a new process.
#include "fixtures/embedded/command_faults.h"

#include <gtest/gtest.h>

#include <chrono>

#include "fixtures/base/files.h"

namespace assay::embedded {
namespace {

class CommandFaultsTest : public testing::Test {
 protected:
  CommandFaults Call(const std::string& scenario) const {
    auto faults =
        CommandFaults::Load({{"FOUNDRY_EMBEDDED_HOME", folder_.path().string()}, {"ASSAY_SCENARIO", scenario}});
    EXPECT_TRUE(faults.ok()) << (faults.ok() ? "" : faults.error().Message());
    return std::move(*faults);
  }
  bool Hit(const std::string& scenario, FaultKind kind, const std::string& variant = "") const {
    return Call(scenario).Next(kind, variant).has_value();
  }

  base::TemporaryDirectory folder_ = std::move(*base::TemporaryDirectory::Create("command-faults"));
};

TEST_F(CommandFaultsTest, SparesAndHitsAsManyCallsAsTheRuleSays) {
  std::string calls;
  for (int i = 0; i < 5; ++i) calls += Hit("cli_start_lies,after=1,times=2", FaultKind::kCliStartLies) ? "x" : "-";
  EXPECT_EQ(calls, "-xx--");
}

TEST_F(CommandFaultsTest, HitsEveryCallWithoutCountingAndLeavesNoFile) {
  EXPECT_TRUE(Hit("cli_hangs", FaultKind::kCliHangs));
  EXPECT_TRUE(Hit("cli_hangs", FaultKind::kCliHangs));
  EXPECT_FALSE(Hit("cli_hangs", FaultKind::kCliNoise));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(CommandFaultsTest, HandsTheValueOver) {
  EXPECT_EQ(Call("cli_early_url=250").Next(FaultKind::kCliEarlyUrl), 250.0);
}

TEST_F(CommandFaultsTest, AsksForTheModelOnlyWhereThereIsOne) {
  const std::string scenario = "cli_load_lingers=1,cli_noise,match=ember-mini*";
  EXPECT_TRUE(Hit(scenario, FaultKind::kCliLoadLingers, "ember-mini-int8-cpu:1"));
  EXPECT_FALSE(Hit(scenario, FaultKind::kCliLoadLingers, "ember-base-int8-cpu:1"));
  EXPECT_TRUE(Hit(scenario, FaultKind::kCliNoise));
}

TEST_F(CommandFaultsTest, OnlyTheFirstStopThrowsUntilTheNextStart) {
  EXPECT_TRUE(Hit("cli_stop_throws", FaultKind::kCliStopThrows));
  EXPECT_FALSE(Hit("cli_stop_throws", FaultKind::kCliStopThrows));
  Call("cli_stop_throws").NoteStarted();
  EXPECT_TRUE(Hit("cli_stop_throws", FaultKind::kCliStopThrows));
}

TEST_F(CommandFaultsTest, ADeadPortIsNamedUntilAStartUnderTheSameScenario) {
  Call("").NoteStarted();
  EXPECT_TRUE(Call("cli_ready_dead_port").ReadyWithDeadPort());
  Call("cli_ready_dead_port").NoteStarted();
  EXPECT_FALSE(Call("cli_ready_dead_port").ReadyWithDeadPort());
  Call("").NoteStarted();
  EXPECT_TRUE(Call("cli_ready_dead_port").ReadyWithDeadPort());
  EXPECT_FALSE(Call("").ReadyWithDeadPort());
}

TEST_F(CommandFaultsTest, ADownloadGoesOnWhereItStopped) {
  const auto attempt = [&](const std::string& model) {
    const CommandFaults::Download download = Call("cli_download_fails=2").NextDownload(model);
    return std::pair(download.from_percent, download.to_percent);
  };
  EXPECT_EQ(attempt("a"), std::pair(0, 50));
  EXPECT_EQ(attempt("b"), std::pair(0, 50));
  EXPECT_EQ(attempt("a"), std::pair(50, 75));
  EXPECT_EQ(attempt("a"), std::pair(75, 100));
  EXPECT_EQ(attempt("a"), std::pair(0, 50)) << "it is another download";
}

TEST_F(CommandFaultsTest, NeverGetsDoneInHalves) {
  int last = 0;
  for (int i = 0; i < 20; ++i) {
    const CommandFaults::Download download = Call("cli_download_fails=1000").NextDownload("a");
    EXPECT_GE(download.from_percent, last);
    EXPECT_LT(download.to_percent, 100);
    last = download.to_percent;
  }
}

TEST_F(CommandFaultsTest, ADamagedFileCountsFromTheStart) {
  ASSERT_TRUE(
      base::WriteFileAtomically(folder_.path() / "scenario-counts", "cli_stop_throws\n\ncli_stop_throws x\n").ok());
  EXPECT_TRUE(Hit("cli_stop_throws", FaultKind::kCliStopThrows));
}

TEST(CommandFaults, WorkWithoutAFolderToCountIn) {
  auto faults = CommandFaults::Load({{"ASSAY_SCENARIO", "cli_stop_throws"}});
  ASSERT_TRUE(faults.ok());
  EXPECT_TRUE(faults->Next(FaultKind::kCliStopThrows));
  EXPECT_FALSE(faults->Next(FaultKind::kCliStopThrows));
}

TEST(CommandFaults, RefuseAScenarioThereIsNot) {
  EXPECT_FALSE(CommandFaults::Load({{"ASSAY_SCENARIO", "cli_melts"}}).ok());
}

TEST(CommandFaults, LingerEndsAtItsDeadline) {
  auto faults = CommandFaults::Load({});
  ASSERT_TRUE(faults.ok());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  faults->LingerUntil(deadline);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
}

}  // namespace
}  // namespace assay::embedded

// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "ctest/unit/process/child_command.h"
#include "fixtures/base/files.h"
#include "fixtures/process/process.h"

namespace assay::process {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using testing::HasSubstr;

std::unique_ptr<Child> MustSpawn(const Command& command, const SpawnOptions& options = {}) {
  auto child = Spawn(command, options);
  EXPECT_TRUE(child.ok()) << child.error().Message();
  return std::move(child).value();
}

std::string MustReadLine(Child& child) {
  const auto line = child.ReadLine(kSoon);
  EXPECT_TRUE(line.ok()) << line.error().Message();
  return line.ok() ? *line : std::string("(none)");
}

TEST(Spawn, ReadsLinesThenTellsHowTheChildEnded) {
  const auto folder = base::TemporaryDirectory::Create("assay-process");
  ASSERT_TRUE(folder.ok());
  const auto child = MustSpawn(TestChild({"lines"}), {folder->path() / "logs" / "child.log"});
  EXPECT_EQ(MustReadLine(*child), "one");
  EXPECT_EQ(MustReadLine(*child), "two");
  EXPECT_EQ(MustReadLine(*child), "");
  EXPECT_EQ(MustReadLine(*child), "last without newline");
  const auto ended = child->ReadLine(kSoon);
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(ended.error().what, HasSubstr("exit code 3"));
  EXPECT_THAT(ended.error().what, HasSubstr("it broke"));
  EXPECT_FALSE(child->running());
}

TEST(Spawn, ReadLineGivesUpAtTheDeadline) {
  const auto child = MustSpawn(TestChild({"input"}));
  EXPECT_EQ(MustReadLine(*child), "ready");
  const auto line = child->ReadLine(milliseconds(20));
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(child->running());
}

TEST(Spawn, HoldsStandardInputOpenUntilStop) {
  const auto child = MustSpawn(TestChild({"input"}));
  EXPECT_EQ(MustReadLine(*child), "ready");
  EXPECT_TRUE(child->running());
  EXPECT_GT(child->pid(), 0);
  EXPECT_TRUE(IsRunning(child->pid()));
  const auto exit_code = child->Stop(kSoon);
  ASSERT_TRUE(exit_code.ok()) << exit_code.error().Message();
  EXPECT_EQ(*exit_code, 5);
  EXPECT_FALSE(child->running());
  EXPECT_FALSE(IsRunning(child->pid()));
}

TEST(Spawn, StopAfterTheEndReturnsTheExitCode) {
  const auto child = MustSpawn(TestChild({"exit", "9"}));
  EXPECT_EQ(child->ReadLine(kSoon).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(child->Stop(milliseconds(0)).value(), 9);
  EXPECT_EQ(child->Stop(milliseconds(0)).value(), 9);
}

TEST(Spawn, DestructorEndsTheChild) {
  std::int64_t pid = 0;
  {
    const auto child = MustSpawn(TestChild({"hang"}));
    EXPECT_EQ(MustReadLine(*child), "started");
    pid = child->pid();
  }
  EXPECT_FALSE(IsRunning(pid));
}

TEST(Spawn, ChildWithUnreadOutputIsNotBlocked) {
  const auto child = MustSpawn(TestChild({"flood", "3000000"}));
  // It can only end when somebody empties the pipe.
  for (const auto end = std::chrono::steady_clock::now() + kSoon;
       child->running() && std::chrono::steady_clock::now() < end;) {
    static_cast<void>(child->ReadLine(milliseconds(10)));
  }
  EXPECT_FALSE(child->running());
}

TEST(Spawn, SaysWhichProgramIsMissing) {
  const auto child = Spawn(Command{"assay-no-such-program", {}, {}}, {});
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
}

TEST(Spawn, TwoChildrenDoNotHoldEachOthersPipes) {
  // The second would inherit the first's standard input and keep it from seeing the end.
  const auto first = MustSpawn(TestChild({"input"}));
  const auto second = MustSpawn(TestChild({"input"}));
  EXPECT_EQ(MustReadLine(*first), "ready");
  EXPECT_EQ(MustReadLine(*second), "ready");
  EXPECT_EQ(first->Stop(kSoon).value(), 5);
  EXPECT_TRUE(second->running());
}

#ifndef _WIN32

TEST(Spawn, KillsAChildThatIgnoresTheRequest) {
  const auto child = MustSpawn(TestChild({"stubborn"}));
  EXPECT_EQ(MustReadLine(*child), "ready");
  const auto exit_code = child->Stop(milliseconds(20));
  ASSERT_TRUE(exit_code.ok()) << exit_code.error().Message();
  EXPECT_EQ(*exit_code, 128 + 9);
}

TEST(Spawn, ChildLeadsItsOwnProcessGroup) {
  const auto child = MustSpawn(TestChild({"groups"}));
  EXPECT_EQ(MustReadLine(*child), "leader shared session");
}

TEST(Spawn, EndIsSeenThoughAGrandchildHoldsTheOutput) {
  const auto child = MustSpawn(TestChild({"grandchild"}));
  const std::string line = MustReadLine(*child);
  const auto ended = child->ReadLine(kSoon);
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(ended.error().what, HasSubstr("exit code 7"));
  EXPECT_TRUE(Terminate(std::stoll(line.substr(11)), kSoon).ok());
}

TEST(SpawnDetached, HasItsOwnSessionAndWritesToTheLog) {
  const auto folder = base::TemporaryDirectory::Create("assay-process");
  ASSERT_TRUE(folder.ok());
  const auto log = folder->path() / "detached.log";
  const auto pid = SpawnDetached(TestChild({"groups"}), log);
  ASSERT_TRUE(pid.ok()) << pid.error().Message();
  const auto end = std::chrono::steady_clock::now() + kSoon;
  while (IsRunning(*pid) && std::chrono::steady_clock::now() < end) {
  }
  EXPECT_EQ(base::ReadFile(log).value(), "leader own session\n");
}

#endif

TEST(SpawnDetached, IsEndedByPid) {
  const auto pid = SpawnDetached(TestChild({"hang"}), {});
  ASSERT_TRUE(pid.ok()) << pid.error().Message();
  EXPECT_TRUE(IsRunning(*pid));
  const auto ended = Terminate(*pid, kSoon);
  EXPECT_TRUE(ended.ok()) << ended.error().Message();
  EXPECT_FALSE(IsRunning(*pid));
  EXPECT_EQ(Terminate(*pid, kSoon).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace assay::process

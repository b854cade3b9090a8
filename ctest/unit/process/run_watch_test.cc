// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "ctest/unit/process/child_command.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/process/process.h"

namespace assay::process {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::StartsWith;

// What was seen of a child while it ran.
struct Seen {
  std::vector<std::string> lines;
  RunWatch watch{[this](std::string_view line) { lines.emplace_back(line); }, {}};

  bool Has(const std::string& line) const { return std::ranges::find(lines, line) != lines.end(); }
};

TEST(RunWatch, SeesEveryStateOfAProgressBarAndTheLastLine) {
  Seen seen;
  const auto completed = process::Run(TestChild({"progress"}), kSoon, seen.watch);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 4);
  EXPECT_TRUE(seen.Has("slow mirror"));  // of the other stream, so anywhere between
  std::erase(seen.lines, "slow mirror");
#ifdef _WIN32
  std::erase(seen.lines, "");  // the C runtime writes "\r\r\n" for "\r\n"
#else
  EXPECT_EQ(std::erase(seen.lines, ""), 1U);
#endif
  EXPECT_THAT(seen.lines, ElementsAre("Downloading", "  0.00 %", " 50.00 %", "100.00 %", "saved", "bye"));
}

TEST(RunWatch, KeepsTheWholeOutputAsWell) {
  Seen seen;
  const auto completed = process::Run(TestChild({"flood", "17000000"}), kSoon, seen.watch);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->standard_output.size(), 16U << 20);
  ASSERT_EQ(seen.lines.size(), 2U);  // two streams without a line end
}

// The child would go on for a minute: the line was handed out while it ran.
TEST(RunWatch, EndsTheChildWhenItIsEnough) {
  Seen seen;
  int looks = 0;
  seen.watch.enough = [&] {
    ++looks;
    return seen.Has("started");
  };
  const auto completed = process::Run(TestChild({"hang"}), kSoon, seen.watch);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 0);
  EXPECT_THAT(completed->standard_output, StartsWith("started"));
  EXPECT_GE(looks, 1);
}

TEST(RunWatch, KeepsTheDeadlineWhileItIsNotEnough) {
  int looks = 0;
  RunWatch watch;
  watch.enough = [&] {
    ++looks;
    return false;
  };
  const auto completed = process::Run(TestChild({"hang"}), std::chrono::milliseconds(500), watch);
  ASSERT_FALSE(completed.ok());
  EXPECT_EQ(completed.error().code, ErrorCode::kTimeout);
  EXPECT_GE(looks, 1);
  EXPECT_LE(looks, 5);  // a few times a second, since it may ask a service
}

TEST(RunWatch, ReturnsTheExitCodeOfAChildThatEndsFirst) {
  RunWatch watch;
  watch.enough = [] { return false; };
  const auto completed = process::Run(TestChild({"exit", "9"}), kSoon, watch);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 9);
}

#ifndef _WIN32

std::int64_t GrandchildOf(const Seen& seen) {
  for (const std::string& line : seen.lines) {
    if (line.starts_with("grandchild ")) return std::stoll(line.substr(11));
  }
  return 0;
}

// The flag outlives its guard; the next test must not find it.
struct InterruptsHere {
  InterruptGuard guard;
  ~InterruptsHere() { ClearInterrupt(); }
};

// A process that was killed is gone soon, not at once.
bool Ends(std::int64_t pid) {
  const auto end = std::chrono::steady_clock::now() + kSoon;
  while (IsRunning(pid) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return !IsRunning(pid);
}

TEST(RunWatch, TheDeadlineEndsWhatTheChildStarted) {
  Seen seen;
  const auto completed = process::Run(TestChild({"family"}), std::chrono::seconds(1), seen.watch);
  ASSERT_FALSE(completed.ok());
  EXPECT_EQ(completed.error().code, ErrorCode::kTimeout);
  ASSERT_NE(GrandchildOf(seen), 0) << "the child did not come to start anything";
  EXPECT_TRUE(Ends(GrandchildOf(seen)));
}

TEST(RunWatch, AnInterruptEndsWhatTheChildStarted) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const InterruptsHere interrupts;
    Seen seen;
    RunWatch watch;
    watch.on_line = [&](std::string_view line) {
      seen.lines.emplace_back(line);
      if (GrandchildOf(seen) != 0) std::raise(signal);
    };
    const auto begin = std::chrono::steady_clock::now();
    const auto completed = process::Run(TestChild({"family"}), std::chrono::minutes(1), watch);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon);
    ASSERT_FALSE(completed.ok());
    EXPECT_EQ(completed.error().code, ErrorCode::kCancelled);
    EXPECT_TRUE(Ends(GrandchildOf(seen)));
  }
}

TEST(RunWatch, NeitherDeadlineNorInterruptReachesADaemon) {
  for (const bool interrupt : {false, true}) {
    const InterruptsHere interrupts;
    Seen seen;
    RunWatch watch;
    watch.on_line = [&](std::string_view line) {
      seen.lines.emplace_back(line);
      if (interrupt && GrandchildOf(seen) != 0) std::raise(SIGINT);
    };
    const auto completed = process::Run(TestChild({"daemon"}), std::chrono::seconds(interrupt ? 60 : 1), watch);
    ASSERT_FALSE(completed.ok());
    EXPECT_EQ(completed.error().code, interrupt ? ErrorCode::kCancelled : ErrorCode::kTimeout);
    ASSERT_NE(GrandchildOf(seen), 0);
    EXPECT_TRUE(IsRunning(GrandchildOf(seen)));
    EXPECT_TRUE(Terminate(GrandchildOf(seen), kSoon).ok());
  }
}

TEST(RunWatch, EndsTheChildAndNotWhatItStarted) {
  Seen seen;
  seen.watch.enough = [&] { return GrandchildOf(seen) != 0; };
  const auto completed = process::Run(TestChild({"family"}), kSoon, seen.watch);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 0);
  EXPECT_TRUE(IsRunning(GrandchildOf(seen)));
  EXPECT_TRUE(Terminate(GrandchildOf(seen), kSoon).ok());
}

TEST(RunWatch, DoesNotWaitForAGrandchildThatHoldsThePipes) {
  Seen seen;
  const auto completed = process::Run(TestChild({"grandchild"}), kSoon, seen.watch);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();  // the grandchild stays longer than the deadline
  EXPECT_EQ(completed->exit_code, 7);
  EXPECT_TRUE(IsRunning(GrandchildOf(seen)));
  EXPECT_TRUE(Terminate(GrandchildOf(seen), kSoon).ok());
}

#endif

}  // namespace
}  // namespace assay::process

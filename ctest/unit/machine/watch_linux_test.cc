// SPDX-License-Identifier: MIT
// What a Watch reads when, on a /proc and a /sys of our own.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "ctest/unit/machine/fake_tree.h"
#include "fixtures/machine/snapshot.h"

namespace assay::machine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class Watching : public testing::Test {
 protected:
  Watching() {
    options_.roots = tree_.roots();
    options_.gpus = false;
    options_.service = 10;
    Stat(1000, 50);
    tree_.AddProcess(10, {1, "service", 5, 0, 0, 100, 100, 200});
    tree_.AddChildren(10, 10, "");
    Governor("performance");
  }
  // In place: a Watch keeps the file open.
  void Stat(int busy_ticks, int processes) {
    const std::string line = "cpu  " + std::to_string(busy_ticks) + " 0 0 9000 0 0 0 0\n";
    Overwrite("proc/stat", line + "cpu0 1 0 0 9000 0 0 0 0\nprocesses " + std::to_string(processes) + "\n");
  }
  void Governor(const std::string& name) {
    tree_.Write("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", name + "\n");
  }
  void AddChild() {
    tree_.AddProcess(20, {10, "child", 0, 0, 0, 100, 23, 23});
    tree_.AddChildren(20, 20, "");
    tree_.AddChildren(10, 10, "20");
  }
  void Overwrite(const std::string& path, const std::string& content) {
    const std::string whole = tree_.roots().proc + path.substr(4);
    if (access(whole.c_str(), F_OK) != 0) tree_.Write(path, "");
    std::FILE* const file = std::fopen(whole.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(content.c_str(), file);
    std::fclose(file);
  }
  FakeTree tree_;
  WatchOptions options_;
};

TEST_F(Watching, TakesEverythingTheFirstTime) {
  Watch watch(options_);
  const Snapshot snapshot = watch.Take();
  ASSERT_TRUE(snapshot.service.has_value()) << snapshot.service.reason();
  EXPECT_EQ(snapshot.service->resident_bytes, 100 * 1024);
  ASSERT_TRUE(snapshot.machine.has_value()) << snapshot.machine.reason();
  EXPECT_EQ(snapshot.machine->started, 50U);
  EXPECT_TRUE(snapshot.own_cpu.has_value());
  EXPECT_EQ(*snapshot.power.governor, "performance");
  EXPECT_TRUE(snapshot.load.cpus.has_value());
  EXPECT_EQ(snapshot.slow_taken, snapshot.taken);
  EXPECT_FALSE(snapshot.energy.has_value());
  EXPECT_FALSE(snapshot.energy.reason().empty());
}

TEST_F(Watching, KeepsSlowValuesForTheirTimeAndSaysHowOldTheyAre) {
  options_.slow_every = hours(1);
  Watch watch(options_);
  const Snapshot first = watch.Take();
  Governor("powersave");
  Stat(1234, 50);
  const Snapshot second = watch.Take();
  EXPECT_EQ(*second.power.governor, "performance");
  EXPECT_EQ(second.slow_taken, first.taken);
  EXPECT_LT(second.slow_taken, second.taken);
  EXPECT_GT(second.machine->busy, first.machine->busy) << "the machine's time is read each time";

  options_.slow_every = {};
  Watch often(options_);
  const Snapshot before = often.Take();
  Governor("performance");
  EXPECT_TRUE(*ChangesBetween(before, often.Take()).governor);
}

TEST_F(Watching, LooksForChildrenWhenTheMachineStartedSomething) {
  options_.children_every = {};
  options_.slow_every = hours(1);
  Watch watch(options_);
  ASSERT_EQ(watch.Take().service->processes, 1);
  AddChild();
  EXPECT_EQ(watch.Take().service->processes, 1) << "nothing was started, says the machine";
  Stat(1000, 51);
  EXPECT_EQ(watch.Take().service->processes, 2);
}

TEST_F(Watching, LooksForChildrenNotMoreOftenThanAsked) {
  options_.children_every = hours(1);
  Watch watch(options_);
  ASSERT_EQ(watch.Take().service->processes, 1);
  AddChild();
  Stat(1000, 51);
  EXPECT_EQ(watch.Take().service->processes, 1);
}

TEST_F(Watching, LooksForChildrenNowAndThenWhateverTheMachineCounts) {
  options_.slow_every = {};
  options_.children_every = hours(1);
  Watch watch(options_);
  ASSERT_EQ(watch.Take().service->processes, 1);
  AddChild();
  EXPECT_EQ(watch.Take().service->processes, 2);
}

TEST_F(Watching, FollowsAServiceThatWasStartedAgain) {
  tree_.AddProcess(30, {1, "service", 7, 0, 0, 900, 64, 64});
  tree_.AddChildren(30, 30, "31");
  tree_.AddProcess(31, {30, "child", 0, 0, 0, 901, 16, 16});
  tree_.AddChildren(31, 31, "");
  options_.children_every = options_.slow_every = hours(1);
  Watch watch(options_);
  const Snapshot before = watch.Take();
  watch.Follow(30);
  const Snapshot after = watch.Take();
  ASSERT_TRUE(after.service.has_value()) << after.service.reason();
  EXPECT_EQ(after.service->root, 30);
  EXPECT_EQ(after.service->resident_bytes, 80 * 1024) << "its children are looked for at once";
  EXPECT_EQ(SharesBetween(before, after).service.reason(), "the service's process is another one than before");
  watch.Follow(std::nullopt);
  EXPECT_EQ(watch.Take().service.reason(), "the service's process is not known");
}

TEST_F(Watching, SaysWhyThereIsNoService) {
  options_.service = 77;
  EXPECT_EQ(Watch(options_).Take().service.reason(), "there is no process 77");
  options_.service.reset();
  EXPECT_EQ(Watch(options_).Take().service.reason(), "the service's process is not known");
  options_.service_elsewhere = true;
  EXPECT_EQ(Watch(options_).Take().service.reason(), "the service runs on another machine");
}

}  // namespace
}  // namespace assay::machine

// SPDX-License-Identifier: MIT
// The readers of whatever system this is, as far as every system has them.
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "fixtures/machine/load.h"
#include "fixtures/machine/power.h"
#include "fixtures/machine/processes.h"
#include "fixtures/machine/snapshot.h"

namespace assay::machine {
namespace {

TEST(OwnProcess, HasANumberMemoryAndTime) {
  ProcessTree tree(OwnPid(), SystemProcesses());
  const Reading<TreeUse> use = tree.Read();
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_EQ(use->root, OwnPid());
  EXPECT_EQ(use->processes, 1);
  EXPECT_GT(use->resident_bytes, 500 * 1024);
  ASSERT_TRUE(OwnCpu().has_value());
  EXPECT_GT(*OwnCpu(), base::Nanoseconds(0));
}

TEST(Process, ThatIsNotThereIsAbsent) {
  ProcessTree tree(999'999'999, SystemProcesses());
  const Reading<TreeUse> use = tree.Read();
  ASSERT_FALSE(use.has_value());
  EXPECT_EQ(use.reason(), "there is no process 999999999");
}

TEST(MachineCpuTime, MovesForwardWithOurWork) {
  const auto source = SystemCpu();
  const Reading<MachineCpu> before = source->Read();
  ASSERT_TRUE(before.has_value()) << before.reason();
  EXPECT_GE(before->cpus, 1);
  EXPECT_GT(before->tick, base::Nanoseconds(0));
  // Ten ticks of work: the machine counts in ticks, and samples them on some systems.
  const base::Nanoseconds until = *OwnCpu() + 10 * before->tick;
  while (*OwnCpu() < until) {
  }
  const Reading<MachineCpu> after = source->Read();
  ASSERT_TRUE(after.has_value()) << after.reason();
  EXPECT_GT(after->busy, before->busy);
  EXPECT_EQ(after->stolen.has_value(), before->stolen.has_value());
  EXPECT_GE(after->stolen, before->stolen);
}

TEST(LoadOfThisMachine, HasProcessorsAndMemory) {
  const Load load = ReadLoad();
  ASSERT_TRUE(load.cpus.has_value()) << load.cpus.reason();
  EXPECT_GE(load.cpus->allowed, 1);
  EXPECT_GT(load.cpus->available(), 0.0);
  EXPECT_LE(load.cpus->available(), static_cast<double>(load.cpus->allowed));
  ASSERT_TRUE(load.memory_available_bytes.has_value()) << load.memory_available_bytes.reason();
  EXPECT_GT(*load.memory_available_bytes, 1024 * 1024);
  EXPECT_NE(load.average.has_value(), !load.average.reason().empty());
}

TEST(CpuAllowanceAvailable, IsTheSmallerOfProcessorsAndQuota) {
  EXPECT_EQ((CpuAllowance{4, std::nullopt}).available(), 4.0);
  EXPECT_EQ((CpuAllowance{4, 1.5}).available(), 1.5);
  EXPECT_EQ((CpuAllowance{2, 8.0}).available(), 2.0);
}

TEST(PowerOfThisMachine, IsThereOrAbsentWithAReason) {
  const Power power = ReadPower();
  const auto decided = [](const auto& reading) { return reading.has_value() != !reading.reason().empty(); };
  EXPECT_TRUE(decided(power.source));
  EXPECT_TRUE(decided(power.battery_percent));
  EXPECT_TRUE(decided(power.governor));
  EXPECT_TRUE(decided(power.frequency_khz));
  EXPECT_TRUE(decided(power.highest_frequency_khz));
  EXPECT_TRUE(decided(power.cpu_celsius));
  EXPECT_TRUE(decided(power.throttle_events));
  EXPECT_TRUE(decided(power.held_back));
  EXPECT_TRUE(decided(SystemEnergy()->Read()));
  EXPECT_NE(power.governor.reason(), "not read");
  EXPECT_NE(power.held_back.reason(), "not read");
}

TEST(WatchOfThisMachine, OurselvesAsTheServiceGivesOurShareTwice) {
  WatchOptions options;
  options.service = OwnPid();
  options.gpus = false;
  Watch watch(options);
  const Snapshot before = watch.Take();
  const base::Nanoseconds until = *OwnCpu() + std::chrono::milliseconds(200);
  while (*OwnCpu() < until) {
  }
  const Snapshot after = watch.Take();
  const CpuShares shares = SharesBetween(before, after);
  ASSERT_TRUE(shares.own.has_value()) << shares.own.reason();
  ASSERT_TRUE(shares.service.has_value()) << shares.service.reason();
  const double elapsed = std::chrono::duration<double>(after.taken - before.taken).count();
  EXPECT_GE(shares.own->of_one_core, 0.2 / elapsed);
  EXPECT_LE(shares.own->of_one_core, 1.1);
  EXPECT_NEAR(shares.service->of_one_core, shares.own->of_one_core, 0.1);
  EXPECT_GT(after.cost, base::Nanoseconds(0));
  EXPECT_EQ(after.gpus.reason(), "not asked for");
}

}  // namespace
}  // namespace assay::machine

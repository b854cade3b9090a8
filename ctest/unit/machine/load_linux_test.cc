// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sched.h>

#include "ctest/unit/machine/fake_tree.h"
#include "fixtures/machine/load.h"

namespace assay::machine {
namespace {

TEST(LoadOnLinux, ComesFromProc) {
  const FakeTree tree;
  tree.Write("proc/loadavg", "0.25 1.50 3.00 2/345 6789\n");
  tree.Write("proc/meminfo", "MemTotal:       16000 kB\nMemAvailable:    4000 kB\n");
  const Load load = ReadLoad(tree.roots());
  EXPECT_EQ(*load.average, (LoadAverage{0.25, 1.5, 3.0}));
  EXPECT_EQ(*load.memory_available_bytes, 4000 * 1024);
}

TEST(LoadOnLinux, WithoutFilesOrSenseIsAbsentWithTheReason) {
  const FakeTree tree;
  tree.Write("proc/meminfo", "MemTotal:       16000 kB\n");
  const Load load = ReadLoad(tree.roots());
  EXPECT_EQ(load.average.reason(), "there is no " + tree.roots().proc + "/loadavg");
  EXPECT_EQ(load.memory_available_bytes.reason(), tree.roots().proc + "/meminfo is not understood");
  ASSERT_TRUE(load.cpus.has_value());
  EXPECT_FALSE(load.cpus->quota.has_value());
}

TEST(LoadOnLinux, CountsTheProcessorsThisProcessMayUse) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  EXPECT_EQ(ReadLoad().cpus->allowed, CPU_COUNT(&all));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(ReadLoad().cpus->allowed, 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof all, &all), 0);
}

TEST(LoadOnLinux, QuotaIsTheSmallestOnTheWayUp) {
  const FakeTree tree;
  tree.Write("proc/self/cgroup", "0::/ci.slice/job.scope\n");
  tree.Write("sys/fs/cgroup/ci.slice/job.scope/cpu.max", "max 100000\n");
  EXPECT_FALSE(ReadLoad(tree.roots()).cpus->quota.has_value());
  tree.Write("sys/fs/cgroup/ci.slice/cpu.max", "150000 100000\n");
  EXPECT_EQ(*ReadLoad(tree.roots()).cpus->quota, 1.5);
  tree.Write("sys/fs/cgroup/ci.slice/job.scope/cpu.max", "50000 100000\n");
  EXPECT_EQ(*ReadLoad(tree.roots()).cpus->quota, 0.5);
}

TEST(LoadOnLinux, QuotaOfVersionOneInAContainer) {
  const FakeTree tree;
  // The path is the host's; below the container's mount there is only the root.
  tree.Write("proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n0::/\n");
  tree.Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
  tree.Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(*ReadLoad(tree.roots()).cpus->quota, 2.0);
  tree.Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_FALSE(ReadLoad(tree.roots()).cpus->quota.has_value());
}

TEST(LoadOnLinux, DoesNotLeaveTheMountForAPathThatPointsOutOfIt) {
  const FakeTree tree;
  tree.Write("proc/self/cgroup", "0::/../../fs/other\n");
  tree.Write("sys/fs/other/cpu.max", "50000 100000\n");
  tree.Write("sys/fs/cgroup/here", "");
  EXPECT_FALSE(ReadLoad(tree.roots()).cpus->quota.has_value());
}

}  // namespace
}  // namespace assay::machine

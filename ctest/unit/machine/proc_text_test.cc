// SPDX-License-Identifier: MIT
// The texts are written by hand after proc_pid_stat(5), proc_stat(5), the kernel's Documentation/filesystems/proc.rst,
// Documentation/networking/proc_net_tcp.rst and Documentation/admin-guide/cgroup-v2.rst.
#include "fixtures/machine/proc_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace assay::machine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Field 14 is 111, 15 is 22, 16 is 33, 17 is 4 and 22 is 98765; the others have values of their own.
std::string StatOf(const std::string& name) {
  return "4711 (" + name +
         ") S 815 4700 4700 34816 -1 4194560 1001 1002 1003 1004 111 22 33 4 20 0 7 0 98765 3133440 366 "
         "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
}

TEST(PidStat, HasTheFieldsAtTheirPlaces) {
  const auto stat = ParsePidStat(StatOf("foundry"));
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->pid, 4711);
  EXPECT_EQ(stat->name, "foundry");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 815);
  EXPECT_EQ(stat->user_ticks, 111U);
  EXPECT_EQ(stat->system_ticks, 22U);
  EXPECT_EQ(stat->children_user_ticks, 33U);
  EXPECT_EQ(stat->children_system_ticks, 4U);
  EXPECT_EQ(stat->start_ticks, 98765U);
}

TEST(PidStat, IsNotFooledByItsName) {
  for (const char* name : {"a b", "tmux: server", ") R 1 1", "((", "))", "x) Z 99 (y", "", "two\nlines", "(sd-pam)"}) {
    const auto stat = ParsePidStat(StatOf(name));
    ASSERT_TRUE(stat.has_value()) << name;
    EXPECT_EQ(stat->name, name);
    EXPECT_EQ(stat->state, 'S') << name;
    EXPECT_EQ(stat->parent, 815) << name;
    EXPECT_EQ(stat->user_ticks, 111U) << name;
    EXPECT_EQ(stat->start_ticks, 98765U) << name;
  }
}

TEST(PidStat, RefusesATextThatEndsBeforeItsLastField) {
  const std::string whole = StatOf("x");
  const std::size_t needed = whole.find(" 98765") + 2;  // with the first digit it is a number, if not the whole one
  for (std::size_t size = 0; size < needed; ++size) {
    EXPECT_FALSE(ParsePidStat(whole.substr(0, size)).has_value()) << size;
  }
}

TEST(PidStat, RefusesWhatIsNoNumber) {
  EXPECT_FALSE(ParsePidStat("x (n) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1").has_value());
  EXPECT_FALSE(ParsePidStat("1 (n) S y 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1").has_value());
  EXPECT_FALSE(ParsePidStat("1 (n) S 1 1 1 1 1 1 1 1 1 1 -5 1 1 1 1 1 1 1 1 1").has_value()) << "utime";
  EXPECT_FALSE(ParsePidStat(")1( S 1 1").has_value());
}

TEST(PidStatus, HasResidentAndPeakInBytes) {
  const auto memory = ParsePidStatus(
      "Name:\tVmRSS: 1 kB\nPid:\t4711\nVmPeak:\t  999999 kB\nVmSize:\t  888888 kB\nVmHWM:\t    2048 kB\n"
      "VmRSS:\t    1640 kB\nRssAnon:\t     112 kB\nThreads:\t1\n");
  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(memory->resident_bytes, 1640 * 1024);
  EXPECT_EQ(memory->peak_bytes, 2048 * 1024);
}

TEST(PidStatus, OfAnEndedProcessHasNoMemory) {
  const auto memory = ParsePidStatus("Name:\tgone\nState:\tZ (zombie)\nPid:\t4711\nPPid:\t1\nThreads:\t1\n");
  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(memory->resident_bytes, 0);
  EXPECT_EQ(memory->peak_bytes, 0);
}

TEST(PidStatus, RefusesWhatItDoesNotUnderstand) {
  EXPECT_FALSE(ParsePidStatus("").has_value());
  EXPECT_FALSE(ParsePidStatus("Pid:\t1\nVmHWM:\t2048 kB\nVmRSS:\tmuch\n").has_value());
  EXPECT_FALSE(ParsePidStatus("Pid:\t1\nVmHWM:\t2048 MB\nVmRSS:\t1640 kB\n").has_value());
  EXPECT_FALSE(ParsePidStatus("Pid:\t1\nVmHWM:\t-1 kB\nVmRSS:\t1640 kB\n").has_value());
}

TEST(MachineStatText, SumsWorkAndNeitherIdleNorGuestTwice) {
  // user 100, nice 20, system 3, idle 5000, iowait 600, irq 7, softirq 8, steal 90, guest 50, guest_nice 5.
  const auto stat = ParseMachineStat(
      "cpu  100 20 3 5000 600 7 8 90 50 5\ncpu0 50 10 2 2500 300 3 4 45 25 2\ncpu1 50 10 1 2500 300 4 4 45 25 3\n"
      "intr 12345 0 9 0\nctxt 999\nbtime 1700000000\nprocesses 86031\nprocs_running 6\nprocs_blocked 2\n");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->busy_ticks, 138U);  // 100 + 20 + 3 + 7 + 8
  EXPECT_EQ(stat->stolen_ticks, 90U);
  EXPECT_EQ(stat->cpus, 2);
  EXPECT_EQ(stat->started, 86031U);
}

TEST(MachineStatText, ReadsOldKernelsAndThoseThatCountNoProcesses) {
  const auto old = ParseMachineStat("cpu 1 2 3 4\ncpu0 1 2 3 4\nprocesses 0\n");
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->busy_ticks, 6U);
  EXPECT_FALSE(old->stolen_ticks.has_value());
  EXPECT_EQ(old->cpus, 1);
  EXPECT_FALSE(old->started.has_value());
}

TEST(MachineStatText, RefusesWhatIsNoStatFile) {
  EXPECT_FALSE(ParseMachineStat("").has_value());
  EXPECT_FALSE(ParseMachineStat("cpu 1 2 3\ncpu0 1 2 3\n").has_value());
  EXPECT_FALSE(ParseMachineStat("cpu 1 2 x 4\ncpu0 1 2 3 4\n").has_value());
  EXPECT_FALSE(ParseMachineStat("cpu 1 2 3 4\nintr 1\n").has_value()) << "no processor";
  EXPECT_FALSE(ParseMachineStat("cpus 1 2 3 4\ncpu0 1 2 3 4\n").has_value());
}

constexpr const char* kHead =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
constexpr const char* kTail = " 00000000:00000000 00:00000000 00000000  1000        0 ";

std::vector<Listener> Listeners(const std::string& lines, std::uint16_t port) {
  return ParseListeners(kHead + lines, port);
}

MATCHER_P2(IsListener, inode, preference, "") {
  return arg.inode == static_cast<std::uint64_t>(inode) && arg.preference == preference;
}

// Addresses are printed in the byte order of the machine; these are of a little-endian one. Port 8080 is 1F90.
TEST(ListenerTable, FindsWhoListensOnThePort) {
  if constexpr (std::endian::native != std::endian::little) GTEST_SKIP();
  const std::string lines = "   0: 0100007F:1F90 00000000:0000 0A" + std::string(kTail) + "555 1 0 100 0 0 10 0\n" +
                            "   1: 0100007F:1F91 00000000:0000 0A" + kTail + "556 1 0 100 0 0 10 0\n" +
                            "   2: 0100007F:1F90 0100007F:C001 01" + kTail + "557 1 0 20 4 30 10 -1\n";
  EXPECT_THAT(Listeners(lines, 8080), ElementsAre(IsListener(555, 0)));
  EXPECT_THAT(Listeners(lines, 8081), ElementsAre(IsListener(556, 0)));
  EXPECT_THAT(Listeners(lines, 8082), IsEmpty());
}

TEST(ListenerTable, PrefersWhatAClientOfLoopbackReachesFirst) {
  if constexpr (std::endian::native != std::endian::little) GTEST_SKIP();
  const auto one = [](const std::string& address) {
    return Listeners("   0: " + address + ":0050 00000000:0000 0A" + kTail + "9 1 0\n", 80);
  };
  EXPECT_THAT(one("0100007F"), ElementsAre(IsListener(9, 0)));                          // 127.0.0.1
  EXPECT_THAT(one("0000000000000000FFFF00000100007F"), ElementsAre(IsListener(9, 0)));  // ::ffff:127.0.0.1
  EXPECT_THAT(one("3500007F"), ElementsAre(IsListener(9, 1)));                          // 127.0.0.53
  EXPECT_THAT(one("00000000"), ElementsAre(IsListener(9, 2)));                          // 0.0.0.0
  EXPECT_THAT(one("00000000000000000000000001000000"), ElementsAre(IsListener(9, 3)));  // ::1
  EXPECT_THAT(one("00000000000000000000000000000000"), ElementsAre(IsListener(9, 4)));  // ::
  EXPECT_THAT(one("0A01A8C0"), IsEmpty());                                              // 192.168.1.10
  EXPECT_THAT(one("000080FE00000000FF005450B6AD1DFE"), IsEmpty());                      // fe80::...
}

TEST(ListenerTable, LeavesOutWhatItDoesNotUnderstand) {
  EXPECT_THAT(ParseListeners("", 80), IsEmpty());
  EXPECT_THAT(ParseListeners(kHead, 80), IsEmpty());
  EXPECT_THAT(Listeners("\n\n   0:\n   1: 0100007F\n", 80), IsEmpty());
  EXPECT_THAT(Listeners("   0: 0100007F:0050 00000000:0000 0A 0:0 0:0\n", 80), IsEmpty()) << "no inode";
  EXPECT_THAT(Listeners("   0: 0100007F:10050 00000000:0000 0A" + std::string(kTail) + "9 1 0\n", 80), IsEmpty());
  EXPECT_THAT(Listeners("   0: 01007F:0050 00000000:0000 0A" + std::string(kTail) + "9 1 0\n", 80), IsEmpty());
}

TEST(ChildrenText, IsAListOfNumbers) {
  EXPECT_THAT(ParseChildren("12 345 6789 "), ElementsAre(12, 345, 6789));
  EXPECT_THAT(ParseChildren(""), IsEmpty());
  EXPECT_THAT(ParseChildren("12 x -3 0 4"), ElementsAre(12, 4));
}

TEST(LoadAverageText, HasThreeNumbers) {
  EXPECT_EQ(ParseLoadAverage("7.72 0.80 14.60 6/311 86170\n"), (LoadAverage{7.72, 0.80, 14.60}));
  EXPECT_FALSE(ParseLoadAverage("7.72 0.80").has_value());
  EXPECT_FALSE(ParseLoadAverage("7.72 x 4.60 6/311 86170").has_value());
}

TEST(MemoryText, TakesWhatIsAvailableAndNotWhatIsFree) {
  EXPECT_EQ(ParseMemoryAvailable("MemTotal:  16000 kB\nMemFree:  100 kB\nMemAvailable:   12345 kB\nBuffers: 1 kB\n"),
            12345 * 1024);
  EXPECT_FALSE(ParseMemoryAvailable("MemTotal:  16000 kB\nMemFree:  100 kB\n").has_value()) << "before Linux 3.14";
}

TEST(CgroupText, FindsTheFolderOfEitherVersion) {
  const CgroupPaths two = ParseCgroup("0::/user.slice/a:b.scope\n");
  EXPECT_EQ(two.unified, "/user.slice/a:b.scope");
  EXPECT_FALSE(two.cpu.has_value());
  const CgroupPaths both = ParseCgroup("12:cpuset:/x\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/y\n0::/\n");
  EXPECT_EQ(both.cpu, "/docker/abc");
  EXPECT_EQ(both.unified, "/");
  const CgroupPaths none = ParseCgroup("2:cpuacct:/x\nnonsense\n");
  EXPECT_FALSE(none.cpu.has_value());
  EXPECT_FALSE(none.unified.has_value());
}

TEST(CgroupText, QuotaIsTimePerPeriod) {
  EXPECT_EQ(ParseCpuMax("50000 100000\n"), 0.5);
  EXPECT_EQ(ParseCpuMax("max 100000\n"), std::nullopt);
  EXPECT_EQ(ParseCpuMax("50000"), std::nullopt);
  EXPECT_EQ(ParseCpuQuota("300000\n", "200000\n"), 1.5);
  EXPECT_EQ(ParseCpuQuota("-1\n", "100000\n"), std::nullopt);
  EXPECT_EQ(ParseCpuQuota("100000\n", "0\n"), std::nullopt);
}

}  // namespace
}  // namespace assay::machine

// SPDX-License-Identifier: MIT
// Processes as /proc shows them: a /proc of our own first, then the real one.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "ctest/unit/machine/fake_tree.h"
#include "fixtures/machine/kept_file.h"
#include "fixtures/machine/processes.h"

namespace assay::machine {
namespace {

using base::Nanoseconds;
using std::chrono::milliseconds;

std::int64_t TickMilliseconds() { return 1000 / sysconf(_SC_CLK_TCK); }

class FakeProc : public testing::Test {
 protected:
  ProcessTree Of(Pid root) { return ProcessTree(root, SystemProcesses(tree_.roots())); }
  FakeTree tree_;
};

TEST_F(FakeProc, FindsTheChildrenOfEveryThread) {
  tree_.AddProcess(10, {1, "service (main)", 30, 12, 8, 100, 1000, 1500});
  tree_.AddChildren(10, 10, "20 ");
  tree_.AddChildren(10, 11, "30 40 ");
  tree_.AddProcess(20, {10, "a b", 1, 0, 0, 101, 200, 300});
  tree_.AddChildren(20, 20, "");
  tree_.AddProcess(30, {10, ") S 1", 2, 0, 0, 102, 20, 30});
  tree_.AddChildren(30, 30, "");
  tree_.AddProcess(40, {10, "x", 4, 0, 0, 103, 2, 3});
  tree_.AddChildren(40, 40, "50");
  tree_.AddProcess(50, {40, "y", 0, 8, 0, 104, 1, 1});
  tree_.AddChildren(50, 50, "");
  tree_.AddProcess(60, {1, "stranger", 1000, 1000, 1000, 1, 9999, 9999});
  tree_.AddChildren(60, 60, "");
  ProcessTree tree = Of(10);
  const Reading<TreeUse> use = tree.Read();
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_EQ(use->processes, 5);
  EXPECT_EQ(use->resident_bytes, 1223 * 1024);
  EXPECT_EQ(*use->peak_resident_bytes, 1834 * 1024);
  EXPECT_EQ(use->cpu, milliseconds(65 * TickMilliseconds()));  // 30 + 12 + 8, 1, 2, 4, 8
}

TEST_F(FakeProc, LooksAtAllProcessesWhereTheKernelListsNoChildren) {
  tree_.AddProcess(10, {1, "service", 0, 0, 0, 100, 100, 100});
  tree_.Write("proc/10/task/10/stat", "");
  tree_.AddProcess(20, {10, "child", 0, 0, 0, 101, 20, 20});
  tree_.Write("proc/20/task/20/stat", "");
  tree_.AddProcess(30, {20, "grandchild", 0, 0, 0, 102, 3, 3});
  tree_.Write("proc/30/task/30/stat", "");
  tree_.AddProcess(40, {1, "stranger", 0, 0, 0, 103, 9999, 9999});
  tree_.Write("proc/uptime", "1 1\n");
  ProcessTree tree = Of(10);
  const Reading<TreeUse> use = tree.Read();
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_EQ(use->processes, 3);
  EXPECT_EQ(use->resident_bytes, 123 * 1024);
}

TEST_F(FakeProc, ToleratesAChildThatIsListedAndGone) {
  tree_.AddProcess(10, {1, "service", 0, 0, 0, 100, 100, 100});
  tree_.AddChildren(10, 10, "20 21");
  tree_.AddProcess(21, {10, "child", 0, 0, 0, 101, 5, 5});
  ProcessTree tree = Of(10);
  const Reading<TreeUse> use = tree.Read();
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_EQ(use->processes, 2);
  EXPECT_EQ(use->resident_bytes, 105 * 1024);
}

TEST_F(FakeProc, SaysWhatItDoesNotUnderstand) {
  tree_.Write("proc/10/stat", "nonsense");
  tree_.Write("proc/10/status", "nonsense");
  ProcessTree garbage = Of(10);
  EXPECT_EQ(garbage.Read().reason(), "the process's stat file is not understood");
  tree_.AddProcess(11, {});
  tree_.Write("proc/11/status", "VmRSS: 1 kB\n");
  ProcessTree half = Of(11);
  EXPECT_EQ(half.Read().reason(), "the process's status file is not understood");
  tree_.Write("proc/stat", "btime 1\n");
  EXPECT_EQ(SystemCpu(tree_.roots())->Read().reason(), "the machine's stat file is not understood");
}

TEST_F(FakeProc, WithoutFilesIsAbsentAndNamesThem) {
  EXPECT_EQ(SystemCpu(tree_.roots())->Read().reason(), "there is no " + tree_.roots().proc + "/stat");
}

// A folder opens and does not read: what an unreadable file does for root, whom no permission stops.
TEST_F(FakeProc, AFileThatCannotBeReadIsAbsent) {
  tree_.Write("proc/stat/inside", "");
  const Reading<MachineCpu> cpu = SystemCpu(tree_.roots())->Read();
  ASSERT_FALSE(cpu.has_value());
  EXPECT_EQ(cpu.reason(), tree_.roots().proc + "/stat cannot be read: Is a directory");
}

TEST_F(FakeProc, MachineTimeComesInTicksOfTheSystem) {
  tree_.Write("proc/stat", "cpu  100 0 50 5000 0 0 0 7\ncpu0 100 0 50 5000 0 0 0 7\nprocesses 42\n");
  const Reading<MachineCpu> cpu = SystemCpu(tree_.roots())->Read();
  ASSERT_TRUE(cpu.has_value()) << cpu.reason();
  EXPECT_EQ(cpu->busy, milliseconds(150 * TickMilliseconds()));
  EXPECT_EQ(cpu->stolen, milliseconds(7 * TickMilliseconds()));
  EXPECT_EQ(cpu->tick, milliseconds(TickMilliseconds()));
  EXPECT_EQ(cpu->started, 42U);
}

TEST(KeptFileTest, ReadsAFileOfManyPagesWholeAndAgain) {
  const FakeTree tree;
  std::string content;
  for (int line = 0; line < 3000; ++line) content += "line " + std::to_string(line) + "\n";
  tree.Write("proc/big", content);
  const KeptFile file(tree.roots().proc + "/big");
  std::string buffer;
  for (int round = 0; round < 2; ++round) {
    const auto text = file.Read(buffer);
    ASSERT_TRUE(text.has_value()) << text.reason();
    EXPECT_EQ(*text, content);
  }
  for (const std::size_t size : {0U, 1U, 2047U, 2048U, 2049U, 4095U, 4096U, 4097U, 8192U}) {
    tree.Write("proc/cut", content.substr(0, size));
    const auto text = KeptFile(tree.roots().proc + "/cut").Read(buffer);
    ASSERT_TRUE(text.has_value()) << text.reason();
    EXPECT_EQ(*text, content.substr(0, size)) << size;
  }
}

// The same number, read by other means.
std::int64_t ResidentBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "VmRSS:") continue;
    std::int64_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return 0;
}

TEST(RealProc, ResidentMemoryIsThatOfProcWithinTwoPercent) {
  ProcessTree tree(getpid(), SystemProcesses());
  tree.Read();
  ResidentBytes();  // both have used their buffers once
  const Reading<TreeUse> use = tree.Read();
  const std::int64_t other = ResidentBytes();
  ASSERT_TRUE(use.has_value()) << use.reason();
  ASSERT_GT(other, 0);
  EXPECT_NEAR(static_cast<double>(use->resident_bytes), static_cast<double>(other), 0.02 * static_cast<double>(other));
  EXPECT_GE(*use->peak_resident_bytes, use->resident_bytes);
}

double Clock() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double Seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

// What clock() says from the inside and from the outside of the two readings; a microsecond is its step.
TEST(RealProc, CpuTimeGrowsByTheWorkThatWasDone) {
  ProcessTree tree(getpid(), SystemProcesses());
  const double outer_begin = Clock();
  const Reading<TreeUse> before = tree.Read();
  const Reading<Nanoseconds> own_before = OwnCpu();
  const double inner_begin = Clock();
  while (Clock() - inner_begin < 0.15) {
  }
  const double inner = Clock() - inner_begin;
  const Reading<Nanoseconds> own_after = OwnCpu();
  const Reading<TreeUse> after = tree.Read();
  const double outer = Clock() - outer_begin;
  ASSERT_TRUE(before.has_value() && after.has_value());
  for (const Nanoseconds used : {after->cpu - before->cpu, *own_after - *own_before}) {
    EXPECT_GE(Seconds(used), inner - 2e-6);
    EXPECT_LE(Seconds(used), outer + 2e-6);
  }
}

// A child that does `work`, says so, and lives until told to end.
class Child {
 public:
  explicit Child(const std::function<void()>& work) {
    int done[2] = {};
    int end[2] = {};
    EXPECT_EQ(pipe(done), 0);
    EXPECT_EQ(pipe(end), 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(done[0]);
      close(end[1]);
      work();
      char byte = 1;
      if (write(done[1], &byte, 1) != 1) _exit(1);
      while (read(end[0], &byte, 1) > 0) {
      }
      _exit(0);
    }
    close(done[1]);
    close(end[0]);
    char byte = 0;
    EXPECT_EQ(read(done[0], &byte, 1), 1);
    close(done[0]);
    end_ = end[1];
  }
  ~Child() { End(); }
  void End() {
    if (end_ < 0) return;
    close(end_);
    end_ = -1;
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
  }
  Pid pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int end_ = -1;
};

constexpr std::size_t kMany = 64 * 1024 * 1024;

// The system fills the pages: code of our own would fill a sanitizer's shadow of them too.
void HaveMany() {
  constexpr int kFilled = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
  if (mmap(nullptr, kMany, PROT_READ | PROT_WRITE, kFilled, -1, 0) == MAP_FAILED) _exit(2);
}

TEST(RealProc, MemoryOfAChildShowsInTheTree) {
  ProcessTree tree(getpid(), SystemProcesses());
  const Reading<TreeUse> before = tree.Read();
  ASSERT_TRUE(before.has_value());
  ASSERT_EQ(before->processes, 1);
  Child child(HaveMany);
  const Reading<TreeUse> with = tree.Read();
  ASSERT_TRUE(with.has_value());
  EXPECT_EQ(with->processes, 2);
  const auto more = with->resident_bytes - before->resident_bytes;
  EXPECT_GE(more, static_cast<std::int64_t>(kMany));
  // A forked child has no more of its own than we have, besides what it asked for.
  EXPECT_LE(more, static_cast<std::int64_t>(kMany) + before->resident_bytes + 4 * 1024 * 1024);
  child.End();
  const Reading<TreeUse> without = tree.Read();
  ASSERT_TRUE(without.has_value());
  EXPECT_EQ(without->processes, 1);
  EXPECT_LT(without->resident_bytes, with->resident_bytes - static_cast<std::int64_t>(kMany) / 2);
  EXPECT_GE(*without->peak_resident_bytes, static_cast<std::int64_t>(kMany)) << "the peak stays";
}

TEST(RealProc, AChildOfAnotherThreadIsFound) {
  ProcessTree tree(getpid(), SystemProcesses());
  Reading<TreeUse> use;
  std::thread([&] {
    Child child([] {});
    use = tree.Read();
  }).join();
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_EQ(use->processes, 2);
}

TEST(RealProc, TheTimeOfAChildThatEndedStays) {
  ProcessTree tree(getpid(), SystemProcesses());
  const Reading<TreeUse> before = tree.Read();
  Child child([] {
    const double begin = Clock();
    while (Clock() - begin < 0.1) {
    }
  });
  const Reading<TreeUse> with = tree.Read();
  ASSERT_TRUE(before.has_value() && with.has_value());
  EXPECT_GE(with->cpu - before->cpu, milliseconds(100));
  child.End();
  const Reading<TreeUse> after = tree.Read();
  ASSERT_TRUE(after.has_value());
  EXPECT_GE(after->cpu, with->cpu);
  // Another tree sees it in what the system keeps with the parent, in whole ticks.
  ProcessTree later(getpid(), SystemProcesses());
  EXPECT_GE(later.Read()->cpu - before->cpu, milliseconds(100 - 2 * TickMilliseconds()));
}

TEST(RealProc, AProcessThatEndedAndWasNotWaitedForHasNoMemory) {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  ProcessTree tree(pid, SystemProcesses());
  const Reading<TreeUse> use = tree.Read();
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_EQ(use->resident_bytes, 0);
  ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
  EXPECT_EQ(tree.Read().reason(), "process " + std::to_string(pid) + " has ended");
}

}  // namespace
}  // namespace assay::machine

// SPDX-License-Identifier: MIT
// The sums over a tree of processes that exist only here.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "fixtures/machine/processes.h"

namespace assay::machine {
namespace {

using base::Nanoseconds;

struct FakeProcess {
  Pid parent = 0;
  ProcessUse use;
  bool gone = false;
  bool secret = false;
};

using FakeProcesses = std::map<Pid, std::shared_ptr<FakeProcess>>;

class FakeSource final : public ProcessSource {
 public:
  explicit FakeSource(const FakeProcesses& processes) : processes_(processes) {}

  std::unique_ptr<WatchedProcess> Open(Pid pid, std::string& why) override {
    const auto found = processes_.find(pid);
    if (found == processes_.end() || found->second->gone || found->second->secret) {
      why = "not to be had";
      return nullptr;
    }
    return std::make_unique<Watched>(found->second);
  }
  std::vector<Pid> Children(const std::vector<Pid>& parents) override {
    std::vector<Pid> children;
    for (const auto& [pid, process] : processes_) {
      if (std::count(parents.begin(), parents.end(), process->parent) > 0) children.push_back(pid);
    }
    return children;
  }

 private:
  struct Watched final : WatchedProcess {
    explicit Watched(std::shared_ptr<FakeProcess> of) : process(std::move(of)) {}
    Reading<ProcessUse> Read() override {
      if (process->gone) return Absent{"gone"};
      return process->use;
    }
    std::shared_ptr<FakeProcess> process;
  };
  const FakeProcesses& processes_;
};

ProcessUse Use(std::int64_t resident, std::int64_t peak, std::int64_t cpu_ns, std::int64_t ended_children_ns = 0) {
  ProcessUse use;
  use.resident_bytes = resident;
  use.peak_resident_bytes = peak;
  use.cpu = Nanoseconds(cpu_ns);
  use.ended_children_cpu = Nanoseconds(ended_children_ns);
  return use;
}

class Tree : public testing::Test {
 protected:
  void Add(Pid pid, Pid parent, ProcessUse use) {
    processes_[pid] = std::make_shared<FakeProcess>(FakeProcess{parent, std::move(use)});
  }
  ProcessTree Of(Pid root) { return ProcessTree(root, std::make_unique<FakeSource>(processes_)); }
  FakeProcesses processes_;
};

TEST_F(Tree, SumsOverChildrenAndTheirChildrenAndNobodyElse) {
  Add(10, 1, Use(100, 110, 1000, 7));
  Add(20, 10, Use(200, 220, 2000));
  Add(30, 20, Use(400, 440, 4000));
  Add(40, 1, Use(800, 880, 8000));
  ProcessTree tree = Of(10);
  const Reading<TreeUse> use = tree.Read();
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_EQ(use->root, 10);
  EXPECT_EQ(use->processes, 3);
  EXPECT_EQ(use->unreadable, 0);
  EXPECT_EQ(use->resident_bytes, 700);
  EXPECT_EQ(*use->peak_resident_bytes, 770);
  EXPECT_EQ(use->cpu, Nanoseconds(7007));
}

TEST_F(Tree, TakesUpANewChildWhenAskedToLook) {
  Add(10, 1, Use(100, 110, 1000));
  ProcessTree tree = Of(10);
  EXPECT_EQ(tree.Read()->processes, 1);
  Add(20, 10, Use(200, 220, 2000));
  EXPECT_EQ(tree.Read(false)->processes, 1);
  EXPECT_EQ(tree.Read()->processes, 2);
  EXPECT_EQ(tree.Read(false)->resident_bytes, 300) << "who was found stays";
}

TEST_F(Tree, ToleratesAChildThatVanishes) {
  Add(10, 1, Use(100, 110, 1000));
  Add(20, 10, Use(200, 220, 2000));
  ProcessTree tree = Of(10);
  EXPECT_EQ(tree.Read()->processes, 2);
  EXPECT_FALSE(tree.lost_one());
  processes_[20]->gone = true;
  const Reading<TreeUse> use = tree.Read(false);
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_TRUE(tree.lost_one());
  EXPECT_EQ(use->processes, 1);
  EXPECT_EQ(use->resident_bytes, 100);
}

TEST_F(Tree, CpuAndPeakNeverFall) {
  Add(10, 1, Use(100, 110, 1000));
  Add(20, 10, Use(200, 220, 2000));
  ProcessTree tree = Of(10);
  EXPECT_EQ(tree.Read()->cpu, Nanoseconds(3000));
  processes_.erase(20);
  processes_[10]->use = Use(100, 110, 1000);
  ProcessTree again = Of(10);
  EXPECT_EQ(again.Read()->cpu, Nanoseconds(1000)) << "another tree has not seen the child";

  Add(20, 10, Use(200, 220, 2000));
  ProcessTree kept = Of(10);
  ASSERT_EQ(kept.Read()->cpu, Nanoseconds(3000));
  processes_[20]->gone = true;
  EXPECT_EQ(kept.Read()->cpu, Nanoseconds(3000));
  EXPECT_EQ(*kept.Read()->peak_resident_bytes, 330);
  processes_[10]->use = Use(100, 110, 1200, 1900);  // it has waited for the child, whose time came in ticks
  EXPECT_EQ(kept.Read()->cpu, Nanoseconds(3100));
}

TEST_F(Tree, CountsTheLastNumbersOfAProcessThatEndedOnce) {
  Add(10, 1, Use(100, 110, 1000));
  Add(20, 10, Use(200, 220, 2000));
  ProcessTree tree = Of(10);
  ASSERT_EQ(tree.Read()->cpu, Nanoseconds(3000));
  processes_[20]->use = Use(0, 220, 2500);
  processes_[20]->use.ended = true;
  const Reading<TreeUse> use = tree.Read(false);
  ASSERT_TRUE(use.has_value());
  EXPECT_EQ(use->processes, 1);
  EXPECT_EQ(use->cpu, Nanoseconds(3500));
  processes_[20]->gone = true;
  EXPECT_EQ(tree.Read()->cpu, Nanoseconds(3500));
}

TEST_F(Tree, KeepsAChildWhoseParentEndedFirst) {
  Add(10, 1, Use(100, 110, 1000));
  Add(20, 10, Use(200, 220, 2000));
  ProcessTree tree = Of(10);
  ASSERT_EQ(tree.Read()->processes, 2);
  processes_[10]->gone = true;
  processes_[20]->parent = 1;
  Add(30, 20, Use(400, 440, 4000));
  const Reading<TreeUse> use = tree.Read();
  ASSERT_TRUE(use.has_value()) << use.reason();
  EXPECT_EQ(use->processes, 2);
  EXPECT_EQ(use->resident_bytes, 600);
}

TEST_F(Tree, IsAbsentWhenAllHaveEnded) {
  Add(10, 1, Use(100, 110, 1000));
  ProcessTree tree = Of(10);
  ASSERT_TRUE(tree.Read().has_value());
  processes_[10]->gone = true;
  const Reading<TreeUse> use = tree.Read();
  ASSERT_FALSE(use.has_value());
  EXPECT_EQ(use.reason(), "process 10 has ended");
  // The number given to somebody else does not bring it back.
  Add(10, 1, Use(1, 1, 1));
  EXPECT_FALSE(tree.Read().has_value());
}

TEST_F(Tree, IsAbsentWithTheReasonWhenTheRootCannotBeRead) {
  ProcessTree tree = Of(10);
  EXPECT_EQ(tree.Read().reason(), "not to be had");
}

TEST_F(Tree, SaysHowManyChildrenItMayNotRead) {
  Add(10, 1, Use(100, 110, 1000));
  Add(20, 10, Use(200, 220, 2000));
  processes_[20]->secret = true;
  ProcessTree tree = Of(10);
  EXPECT_EQ(tree.Read()->unreadable, 1);
  const Reading<TreeUse> use = tree.Read();
  ASSERT_TRUE(use.has_value());
  EXPECT_EQ(use->unreadable, 1) << "once, however often one looks";
  EXPECT_EQ(use->resident_bytes, 100);
}

TEST_F(Tree, HasNoPeakWhenOneOfItHasNone) {
  Add(10, 1, Use(100, 110, 1000));
  ProcessUse use = Use(200, 0, 2000);
  use.peak_resident_bytes = Absent{"not kept here"};
  Add(20, 10, use);
  ProcessTree tree = Of(10);
  EXPECT_EQ(tree.Read()->peak_resident_bytes.reason(), "not kept here");
}

TEST_F(Tree, EndsOnATableThatGoesInCircles) {
  Add(10, 20, Use(100, 110, 1000));
  Add(20, 10, Use(200, 220, 2000));
  Add(30, 30, Use(400, 440, 4000));
  ProcessTree tree = Of(10);
  EXPECT_EQ(tree.Read()->processes, 2);
}

}  // namespace
}  // namespace assay::machine

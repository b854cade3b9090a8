// SPDX-License-Identifier: MIT
// No process is left behind: not after Ctrl-C, not after a kill that allows no clean-up.
#include <chrono>
#include <thread>

#include "ctest/integration/suite/programs.h"
#include "fixtures/base/text.h"
#include "fixtures/run/json.h"

namespace assay::integration {
namespace {

class Interrupt : public ProgramTest {
 protected:
  // Starts a run that would take minutes and returns once its first sample is on disk.
  std::unique_ptr<process::Child> StartLongRun() {
    const process::Command command{
        Program("assay-bench"),
        {"--service=embedded", "--models=ember-mini-int8-cpu:1", "--prompt=Hello", "--probe=off",
         "--scenario=ttft_ms=50,token_ms=50", "--max-tokens=32", "--repetitions=100", "--run=" + Path("run")},
        CleanEnvironment({})};
    base::Result<std::unique_ptr<process::Child>> child = process::Spawn(command, {Path("stderr.txt")});
    EXPECT_TRUE(child.ok());
    EXPECT_TRUE(Eventually([&] {
      const base::Result<std::string> samples = base::ReadFile(Path("run/samples.jsonl.partial"));
      return samples.ok() && !samples->empty();
    }));
    return std::move(child).value();
  }
  static bool Eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < until) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  // The pid the service states about itself is not recorded before the end; its children are found by their parent.
  static std::vector<std::int64_t> ChildrenOf(std::int64_t pid) {
    std::vector<std::int64_t> children;
    const base::Result<std::string> list =
        base::ReadFile("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    if (!list.ok()) return children;
    for (const std::string& text : base::Split(*list, ' ')) {
      if (const auto child = base::ParseInt(text)) children.push_back(*child);
    }
    return children;
  }
};

TEST_F(Interrupt, TerminateStopsTheServiceAndKeepsWhatWasRecorded) {
  const std::unique_ptr<process::Child> child = StartLongRun();
  const std::vector<std::int64_t> services = ChildrenOf(child->pid());
  const base::Result<int> code = child->Stop(std::chrono::seconds(20));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 1);
  for (const std::int64_t pid : services) EXPECT_FALSE(process::IsRunning(pid)) << pid;
  EXPECT_NE(Read(Path("stderr.txt")).find("interrupted"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(Path("run/run.json")));
}

#ifdef __linux__
TEST_F(Interrupt, AKillWithoutCleanUpLeavesNoService) {
  const std::unique_ptr<process::Child> child = StartLongRun();
  const std::vector<std::int64_t> services = ChildrenOf(child->pid());
  ASSERT_EQ(services.size(), 2U) << "the service and the anchors";
  ASSERT_TRUE(process::Terminate(child->pid(), std::chrono::nanoseconds(0)).ok());
  for (const std::int64_t pid : services) {
    EXPECT_TRUE(Eventually([&] { return !process::IsRunning(pid); })) << pid;
  }
}
#endif

}  // namespace
}  // namespace assay::integration

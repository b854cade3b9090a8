// SPDX-License-Identifier: MIT
// How `assay check` ends when it cannot begin, or is ended: exit codes, one message, no process left.
#include <gmock/gmock.h>

#include <algorithm>

#include "ctest/integration/check/checking.h"
#include "fixtures/base/text.h"

namespace assay::integration {
namespace {

using ::testing::HasSubstr;

using CheckEnds = CheckTest;

TEST_F(CheckEnds, NothingAtTheEndpointIsNotReadyAndSaysWhatToDo) {
  // Port 1 is privileged and nothing of ours listens there.
  const process::Completed done = Check({"--endpoint=http://127.0.0.1:1", "--models=m"});
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  EXPECT_THAT(done.standard_output, HasSubstr("\nfailure  service      "));
  EXPECT_THAT(done.standard_output, HasSubstr("\n         -> start the server at http://127.0.0.1:1"));

  const Checked checked = Findings({"--endpoint=http://127.0.0.1:1", "--models=m"});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_FALSE(checked.ready);
  EXPECT_EQ(checked.findings.back().id, "service");
}

void ExpectWrongUsage(const process::Completed& done, const std::string& part) {
  EXPECT_EQ(done.exit_code, 2) << done.standard_output;
  EXPECT_THAT(done.standard_error, HasSubstr(part));
  EXPECT_EQ(std::ranges::count(done.standard_error, '\n'), 1) << done.standard_error;
}

TEST_F(CheckEnds, WrongUsageEndsWith2) {
  ExpectWrongUsage(Check({"--sevice=embedded"}), "--sevice");
  ExpectWrongUsage(Check({"--service=embedded", "--scenario=ignore_sede"}), "ignore_sede");
  ExpectWrongUsage(Check({"--service=embedded", "--endpoint=http://127.0.0.1:1"}), "--service=none");
  ExpectWrongUsage(Check({"--service=embedded", "--models=" + Path("models.json")}), "models.json");
}

TEST_F(CheckEnds, TheHelpNeedsNothing) {
  const process::Completed done = Check({"--help"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.standard_output, HasSubstr("Usage: assay check"));
}

class CheckStopped : public CheckTest {
 protected:
  // A check that would take minutes; returns when its model is loaded.
  std::unique_ptr<process::Child> StartLongCheck(std::vector<std::string> arguments,
                                                 std::map<std::string, std::string> environment) {
    arguments.insert(arguments.begin(), {"check", std::string("--models=") + kSmallModel});
    environment.emplace("ASSAY_STATE_HOME", Path("state"));
    const process::Command command{Program("assay"), std::move(arguments), CleanEnvironment(std::move(environment))};
    base::Result<std::unique_ptr<process::Child>> child = process::Spawn(command, {Path("stderr.txt")});
    if (!child.ok()) {
      ADD_FAILURE() << child.error().Message();
      return nullptr;
    }
    while (true) {
      const base::Result<std::string> line = (*child)->ReadLine(std::chrono::seconds(30));
      if (!line.ok()) {
        ADD_FAILURE() << line.error().Message();
        break;
      }
      if (line->starts_with("ok       load ")) break;
    }
    return std::move(child).value();
  }
};

constexpr const char* kSlow = "ttft_ms=2000,token_ms=2000";

TEST_F(CheckStopped, TheNextOneReportsTheServiceThatAKilledOneLeftBehind) {
  std::unique_ptr<process::Child> child = StartLongCheck({}, Machine("g2", kSlow));
  ASSERT_NE(child, nullptr);
  const std::optional<std::int64_t> service = FoundryPid();
  ASSERT_TRUE(service.has_value());
  ASSERT_TRUE(process::Terminate(child->pid(), std::chrono::nanoseconds(0)).ok());
  child.reset();
  ASSERT_TRUE(process::IsRunning(*service)) << "nobody could stop it";

  const Checked next = Findings({}, Machine("g2"));
  EXPECT_EQ(next.Of("leftover").level, "warning");
  EXPECT_THAT(next.Of("leftover").text, HasSubstr(std::to_string(*service)));
  EXPECT_FALSE(process::IsRunning(*service));
}

#ifdef __linux__

// `assay` becomes assay-bench: the services are children of the process that was started.
std::vector<std::int64_t> ChildrenOf(std::int64_t pid) {
  std::vector<std::int64_t> children;
  const base::Result<std::string> list =
      base::ReadFile("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  if (!list.ok()) return children;
  for (const std::string& text : base::Split(base::Trim(*list), ' ')) {
    if (const auto child = base::ParseInt(text)) children.push_back(*child);
  }
  return children;
}

TEST_F(CheckStopped, TerminateStopsTheServiceAndIsNotReady) {
  const std::unique_ptr<process::Child> child =
      StartLongCheck({"--service=embedded", std::string("--scenario=") + kSlow}, {});
  ASSERT_NE(child, nullptr);
  const std::vector<std::int64_t> services = ChildrenOf(child->pid());
  ASSERT_EQ(services.size(), 1U);
  const base::Result<int> code = child->Stop(std::chrono::seconds(20));
  ASSERT_TRUE(code.ok()) << code.error().Message();
  EXPECT_EQ(*code, 1) << Read(Path("stderr.txt"));
  EXPECT_FALSE(process::IsRunning(services[0]));
  EXPECT_THAT(Read(Path("stderr.txt")), HasSubstr("stopped while"));
}

TEST_F(CheckStopped, AKillWithoutCleanUpLeavesNoService) {
  const std::unique_ptr<process::Child> child =
      StartLongCheck({"--service=embedded", std::string("--scenario=") + kSlow}, {});
  ASSERT_NE(child, nullptr);
  const std::vector<std::int64_t> services = ChildrenOf(child->pid());
  ASSERT_EQ(services.size(), 1U);
  static_cast<void>(process::Terminate(child->pid(), std::chrono::nanoseconds(0)));
  EXPECT_TRUE(Eventually([&] { return !process::IsRunning(services[0]); }));
}

#endif

}  // namespace
}  // namespace assay::integration

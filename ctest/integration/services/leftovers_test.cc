// SPDX-License-Identifier: MIT
// No exit of assay-bench leaves a process behind; the one it cannot clean up after (kill -9 with a service that was
// started through the command) is recognised, reported and cleaned up by the next run.
#include <gmock/gmock.h>

#include "ctest/integration/services/services.h"

namespace assay::integration {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Leftovers : public ServicesTest, public ::testing::WithParamInterface<const char*> {
 protected:
  // A run that would take minutes, past its first sample.
  std::unique_ptr<process::Child> StartLongRun(const std::string& scenario = "ttft_ms=10,token_ms=5") {
    std::map<std::string, std::string> environment = Machine(GetParam(), scenario);
    const process::Command command{Program("assay-bench"),
                                   {"--models=ember-mini-int8-cpu:1", "--prompt=Hello", "--max-tokens=32",
                                    "--probe=off", "--repetitions=1000", "--run=" + Path("run")},
                                   CleanEnvironment(std::move(environment))};
    base::Result<std::unique_ptr<process::Child>> child = process::Spawn(command, {Path("stderr.txt")});
    EXPECT_TRUE(child.ok());
    EXPECT_TRUE(Eventually([&] {
      const base::Result<std::string> samples = base::ReadFile(Path("run/samples.jsonl.partial"));
      return samples.ok() && !samples->empty();
    })) << Read(Path("stderr.txt"));
    return std::move(child).value();
  }
};

TEST_P(Leftovers, TerminateStopsTheServiceThatWasStarted) {
  const std::unique_ptr<process::Child> child = StartLongRun();
  const std::optional<std::int64_t> service = FoundryPid();
  ASSERT_TRUE(service.has_value());
  ASSERT_TRUE(process::IsRunning(*service));
  const base::Result<int> code = child->Stop(std::chrono::seconds(30));
  ASSERT_TRUE(code.ok()) << code.error().Message();
  EXPECT_EQ(*code, 1);
  EXPECT_FALSE(process::IsRunning(*service));
  EXPECT_TRUE(std::filesystem::is_empty(Path("state")));
}

TEST_P(Leftovers, AfterAKillTheNextRunReportsTheServiceAndStopsIt) {
  std::unique_ptr<process::Child> child = StartLongRun();
  const std::optional<std::int64_t> service = FoundryPid();
  ASSERT_TRUE(service.has_value());
  ASSERT_TRUE(process::Terminate(child->pid(), std::chrono::nanoseconds(0)).ok());
  child.reset();
  ASSERT_TRUE(process::IsRunning(*service)) << "nobody could stop it";

  const process::Completed next = Measure({"--run=" + Path("next")}, Machine(GetParam()));
  EXPECT_EQ(next.exit_code, 0) << next.standard_error;
  EXPECT_THAT(next.standard_error, AllOf(HasSubstr("left behind"), HasSubstr(std::to_string(*service))));
  EXPECT_FALSE(process::IsRunning(*service));
  EXPECT_TRUE(std::filesystem::is_empty(Path("state")));
}

TEST_P(Leftovers, AFailedRunStopsWhatItStarted) {
  const process::Completed done = Measure({}, Machine(GetParam(), "reset=1"));
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  EXPECT_FALSE(FoundryRuns(GetParam()));
  EXPECT_EQ(Measure({"--models=no-such-model"}, Machine(GetParam())).exit_code, 3);
  EXPECT_FALSE(FoundryRuns(GetParam()));
}

TEST_P(Leftovers, StoppedWhileTheServiceStartsNothingIsLeft) {
  const process::Command command{Program("assay-bench"),
                                 {"--models=ember-mini-int8-cpu:1", "--prompt=Hello", "--run=" + Path("run")},
                                 CleanEnvironment(Machine(GetParam(), "cli_early_url=3000"))};
  base::Result<std::unique_ptr<process::Child>> child = process::Spawn(command, {Path("stderr.txt")});
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(Eventually([&] { return FoundryPid().has_value(); }));
  const base::Result<int> code = (*child)->Stop(std::chrono::seconds(30));
  ASSERT_TRUE(code.ok()) << code.error().Message();
  EXPECT_NE(*code, 0);
  if (const std::optional<std::int64_t> pid = FoundryPid()) {
    EXPECT_FALSE(process::IsRunning(*pid));
  }
  EXPECT_FALSE(FoundryRuns(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(On, Leftovers, ::testing::Values("g1", "g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace assay::integration

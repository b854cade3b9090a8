// SPDX-License-Identifier: MIT
// The yardstick beside a run on the embedded service: that it is there, and that it touches nothing.
#include <algorithm>
#include <filesystem>

#include "benchmarks/suite/anchors.h"
#include "ctest/integration/suite/programs.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {
namespace {

class AnchorsRun : public ProgramTest {
 protected:
  run::RunInfo Measure(std::vector<std::string> arguments) {
    arguments.push_back("--run=" + Path("run"));
    const process::Completed done = Bench(std::move(arguments));
    EXPECT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
    said_ = done.standard_output;
    base::Result<run::Run> run = run::ReadRun(Path("run"));
    if (!run.ok()) {
      ADD_FAILURE() << run.error().Message();
      return {};
    }
    return std::move(run->info);
  }
  std::string said_;
};

// However the service itself is told to behave, its yardstick is not.
TEST_F(AnchorsRun, ItIsNeitherTheServiceNorItsScenario) {
  const run::RunInfo info = Measure({"--anchors=on", "--repetitions=2", "--scenario=flip_token=1,seed=3"});
  ASSERT_TRUE(info.anchors);
  EXPECT_EQ(info.anchors->absent, "");
  ASSERT_GE(info.anchors->cases.size(), 6U);
  for (const run::AnchorCase& one : info.anchors->cases) {
    EXPECT_GE(one.metrics.at("ttft_ms").size(), 5U) << one.name;
    EXPECT_GE(one.metrics.at("tpot_ms").size(), 5U) << one.name;
  }
  EXPECT_EQ(info.cases.size(), 1U) << "anchors are no cases";
  EXPECT_EQ(info.validity.measured_requests, 2);
  EXPECT_NE(said_.find("anchors: 6 questions to a model of our own, 5 times each, took "), std::string::npos) << said_;
  EXPECT_LT(info.validity.idle_share, 0.5);

  const run::RunInfo again = Measure({"--anchors=on", "--repetitions=2"});
  ASSERT_TRUE(again.anchors);
  EXPECT_EQ(again.anchors->yardstick, info.anchors->yardstick);
}

TEST_F(AnchorsRun, LoadsAndColdStartsHaveThemToo) {
  const run::RunInfo info =
      Measure({"--anchors=on", "--repetitions=2", "--max-tokens=4", "--scenarios=cold,concurrency:2"});
  ASSERT_TRUE(info.anchors);
  EXPECT_EQ(info.anchors->absent, "");
  ASSERT_FALSE(info.anchors->cases.empty());
  EXPECT_EQ(info.anchors->cases[0].metrics.at("ttft_ms").size(), 5U);
}

TEST_F(AnchorsRun, OffMeansNone) {
  EXPECT_FALSE(Measure({"--anchors=off", "--repetitions=1"}).anchors);
  EXPECT_EQ(said_.find("anchors"), std::string::npos) << said_;
}

// After every fourth pass it is another process. Where that does not come up there is no yardstick, and it says why.
TEST_F(AnchorsRun, AServiceThatIsNotStartedAgainIsSaid) {
  namespace fs = std::filesystem;
  const fs::path program = Path(fs::path(Program("foundry-embedded")).filename().string());
  fs::copy_file(Program("foundry-embedded"), program);
  const std::unique_ptr<suite::Yardstick> yardstick =
      suite::Yardstick::Start(program, {.repetitions = 12, .cancelled = {}});
  const auto between = [&](std::int64_t round) {
    suite::Round next;
    next.repetitions = next.asked = round;
    next.next = round + 1;
    next.planned = 12;
    yardstick->Between(next);
  };
  for (std::int64_t round = 0; round < 4; ++round) between(round);
  ASSERT_EQ(yardstick->passes(), 4);
  fs::rename(program, Path("gone"));
  between(4);
  between(5);
  const run::Anchors anchors = yardstick->Take();
  EXPECT_NE(anchors.absent.find("our own service could not be started again: "), std::string::npos) << anchors.absent;
  EXPECT_TRUE(anchors.cases.empty());
}

}  // namespace
}  // namespace assay::integration

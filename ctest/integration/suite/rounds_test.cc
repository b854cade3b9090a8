// SPDX-License-Identifier: MIT
// assay-bench --repetitions=auto beside the judge that it asks. What is settled when is the machine's business: that
// every request that was not asked is accounted for, and that the run is judged like any other, is what is held here.
#include <algorithm>
#include <filesystem>

#include "ctest/integration/suite/programs.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {
namespace {

class RoundsRun : public ProgramTest {
 protected:
  process::Completed Measure(const std::string& name, std::vector<std::string> more) {
    more.insert(more.end(), {"--prompts=" + Write("prompts.json", R"({"schema_version":1,"prompts":[
        {"id":"a","max_tokens":6,"messages":[{"role":"user","content":"What is a model?"}]},
        {"id":"b","max_tokens":6,"messages":[{"role":"user","content":"What is a gate?"}]}]})"),
                             "--max-tokens=6", "--anchors=off", "--run=" + Path(name)});
    return Bench(std::move(more));
  }

  // Three sessions of a baseline.
  void AcceptThree() {
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(Measure("base", {"--repetitions=8"}).exit_code, 0);
      ASSERT_EQ(
          Assay({"accept", "--run=" + Path("base"), "--baselines=" + Path("baselines"), "--reason=first"}).exit_code,
          0);
    }
  }
};

TEST_F(RoundsRun, EveryRequestThatWasSavedIsAccountedFor) {
  ASSERT_NO_FATAL_FAILURE(AcceptThree());
  const process::Completed done = Measure("run", {"--repetitions=auto:10", "--baselines=" + Path("baselines")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  EXPECT_EQ(done.standard_output.find("rounds_not_judged"), std::string::npos) << done.standard_output;
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  ASSERT_TRUE(run->info.rounds);
  const run::Rounds& rounds = *run->info.rounds;
  EXPECT_EQ(rounds.looks, (std::vector<std::int64_t>{8, 10}));
  EXPECT_EQ(rounds.planned_requests, 20);
  EXPECT_EQ(rounds.asked_requests, run->info.validity.measured_requests);
  for (const run::RunCase& one : run->cases) {
    EXPECT_EQ(std::ranges::count_if(one.samples, &run::Sample::counts), one.plan.repetitions.value_or(10))
        << one.plan.id;
  }
  EXPECT_NE(done.standard_output.find("rounds: asked " + std::to_string(rounds.asked_requests) + " of 20 requests"),
            std::string::npos)
      << done.standard_output;
  const process::Completed judged =
      Assay({"compare", "--run=" + Path("run"), "--baselines=" + Path("baselines"), "--json=" + Path("verdict.json")});
  EXPECT_NE(judged.exit_code, 2) << judged.standard_error;
  EXPECT_EQ(Read(Path("verdict.json")).find("incomplete"), std::string::npos) << judged.standard_output;
}

// A second look of a run in rounds: it is judged beside the first one after each of its own.
TEST_F(RoundsRun, ASecondLookHasRoundsOfItsOwn) {
  ASSERT_NO_FATAL_FAILURE(AcceptThree());
  ASSERT_EQ(Measure("run", {"--repetitions=auto:10", "--baselines=" + Path("baselines")}).exit_code, 0);
  const base::Result<run::Run> first = run::ReadRun(Path("run"));
  ASSERT_TRUE(first.ok()) << first.error().Message();
  ASSERT_EQ(first->cases.size(), 2U);
  const std::string verdict = Write(
      "verdict.json", R"({"schema_version":1,"verdict":"regressed","runs":[{"directory":")" + Path("run") +
                          R"("}],"second_look":{"suspects":[")" + first->cases[0].plan.id + R"("],"controls":[")" +
                          first->cases[1].plan.id + R"("],"repetitions":40,"first_started_at":[")" +
                          first->info.provenance.started_at + R"("]}})");
  const process::Completed done =
      Measure("again", {"--repetitions=auto", "--confirm=" + verdict, "--baselines=" + Path("baselines")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  EXPECT_EQ(done.standard_output.find("rounds_not_judged"), std::string::npos) << done.standard_output;
  const base::Result<run::Run> again = run::ReadRun(Path("again"));
  ASSERT_TRUE(again.ok()) << again.error().Message();
  ASSERT_TRUE(again->info.second_look);
  ASSERT_TRUE(again->info.rounds) << done.standard_output;
  EXPECT_EQ(again->info.rounds->looks, (std::vector<std::int64_t>{8, 12, 20, 40}));
  EXPECT_EQ(again->info.rounds->asked_requests, again->info.validity.measured_requests);
  const process::Completed judged = Assay({"compare", "--run=" + Path("run"), "--confirm=" + Path("again"),
                                           "--baselines=" + Path("baselines"), "--question=latency"});
  EXPECT_NE(judged.exit_code, 2) << judged.standard_error;

  // Without the runs of the first look there is nothing to judge beside: said before anything is asked.
  std::filesystem::remove_all(Path("run"));
  const process::Completed alone =
      Measure("third", {"--repetitions=auto", "--confirm=" + verdict, "--baselines=" + Path("baselines")});
  EXPECT_EQ(alone.exit_code, 2) << alone.standard_error;
  EXPECT_FALSE(std::filesystem::exists(Path("third")));
}

// The judge refuses: the run is whole, and says so.
TEST_F(RoundsRun, WithoutAJudgeEveryCaseIsAskedToTheEnd) {
  std::filesystem::create_directories(Path("baselines/latency"));
  const process::Completed done = Measure(
      "run", {"--repetitions=auto:10", "--baselines=" + Path("baselines"), "--policy=" + Write("broken.json", "{")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_NE(done.standard_output.find("rounds_not_judged"), std::string::npos) << done.standard_output;
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_FALSE(run->info.rounds);
  EXPECT_EQ(run->info.validity.measured_requests, 20);
}

TEST_F(RoundsRun, NeedsSomethingToJudgeBy) {
  const process::Completed done = Measure("run", {"--repetitions=auto"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.standard_error.find("--baselines=DIR"), std::string::npos) << done.standard_error;
}

// The first run of a suite: it says so before it measures, and no look spends a part of alpha.
TEST_F(RoundsRun, BeforeAnythingWasAcceptedEveryCaseIsAskedToTheEnd) {
  process::Completed done = Measure("run", {"--repetitions=auto:10", "--baselines=" + Path("baselines")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_NE(done.standard_error.find("every case is asked 10 times; `assay accept` makes a baseline"),
            std::string::npos)
      << done.standard_error;
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_FALSE(run->info.rounds);
  EXPECT_EQ(run->info.validity.measured_requests, 20);
  done = Measure("other", {"--repetitions=auto:10", "--baselines=" + Path("baselines"), "--policy=none.json"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(Path("other")));
}

}  // namespace
}  // namespace assay::integration

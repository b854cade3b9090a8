// SPDX-License-Identifier: MIT
// Measuring in rounds: when the judge is asked, what its answer does to a run, and what becomes of one that cannot say.
#include "benchmarks/suite/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "ctest/unit/suite/measure_test.h"
#include "tools/stats/sequential.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LooksFor, AreTheRecommendedOnesInProportion) {
  EXPECT_THAT(LooksFor(20), ElementsAre(8, 12, 20));
  EXPECT_THAT(LooksFor(40), ElementsAre(16, 24, 40));
  EXPECT_THAT(LooksFor(22), ElementsAre(8, 13, 22));
  EXPECT_THAT(LooksFor(kFewestMostRepetitions), ElementsAre(8, 10));
}

// What assay-bench spends is what the rule was simulated with.
TEST(LooksFor, AreThoseOfTheJudge) {
  EXPECT_EQ(kEarlyAlphaShare, stats::SequentialOptions{}.early_share);
  for (const std::int64_t most : {10, 20, 22, 40}) {
    const std::vector<std::size_t> judged = stats::RecommendedLooks(static_cast<std::size_t>(most));
    EXPECT_THAT(LooksFor(most), ElementsAreArray(judged)) << most;
    const std::vector<std::size_t> second = stats::RecommendedSecondLooks(static_cast<std::size_t>(2 * most));
    EXPECT_THAT(SecondLooksFor(2 * most), ElementsAreArray(second)) << most;
  }
}

// The first run of a suite has no baseline; a slip of the command line is one all the same.
TEST(HasBaselines, SaysWhetherThereIsAnythingToJudgeBy) {
  const auto folder = base::TemporaryDirectory::Create("assay-rounds");
  ASSERT_TRUE(folder.ok());
  const std::filesystem::path empty = folder->path() / "empty";
  const std::filesystem::path file = folder->path() / "policy.json";
  const std::filesystem::path full = folder->path() / "full";
  std::filesystem::create_directories(empty);
  std::filesystem::create_directories(full / "latency" / "linux");
  ASSERT_TRUE(base::WriteFileAtomically(file, "{}").ok());
  const auto has = [](const std::vector<std::filesystem::path>& folders,
                      const std::optional<std::filesystem::path>& policy = std::nullopt) -> std::string {
    const base::Result<bool> any = HasBaselines(folders, policy);
    if (any.ok()) return *any ? "yes" : "no";
    EXPECT_EQ(any.error().code, base::ErrorCode::kUsage);
    return any.error().what;
  };
  EXPECT_EQ(has({folder->path() / "absent"}), "no");
  EXPECT_EQ(has({empty}), "no");
  EXPECT_EQ(has({empty, full}, file), "yes");
  EXPECT_THAT(has({full, file}), HasSubstr("--baselines: this is no folder"));
  EXPECT_THAT(has({full}, folder->path() / "absent.json"), HasSubstr("--policy: there is no such file"));
}

std::string Settled(const std::vector<std::pair<std::string, std::string>>& stops) {
  std::string text;
  for (const auto& [id, why] : stops) {
    text += (text.empty() ? "" : ",") + (R"({"case":")" + id) + R"(","why":")" + why + "\"}";
  }
  return R"({"schema_version":1,"settled":[)" + text + "]}";
}

class RoundsTest : public MeasureTest {
 protected:
  // Measures with a judge that is `judge`, told of the number of its calls before.
  void MeasureInRounds(std::int64_t most, const std::function<process::Completed(std::size_t call)>& judge) {
    options_.repetitions = most;
    RoundOptions options;
    options.most = most;
    options.assay = "bin/assay";
    options.baselines = {"one", "two"};
    options.policy = "policy.json";
    options.first_runs = first_runs_;
    options.run = [&](const process::Command& command) -> base::Result<process::Completed> {
      commands_.push_back(command.arguments);
      return judge(commands_.size() - 1);
    };
    judge_.emplace(options, cases_, "run", [this]() -> base::Status {
      planned_.emplace_back();
      for (const run::PlannedCase& plan : cases_) planned_.back().push_back(plan.repetitions.value_or(0));
      return interim_;
    });
    options_.between = &*judge_;
    Measure([](const http::Request&) { return Good(); });
    rounds_ = judge_->Finish(measured_.planned_requests);
    warnings_ = judge_->TakeWarnings();
  }
  std::vector<std::int64_t> Counts() const {
    std::vector<std::int64_t> counts;
    for (const run::RunCase& one : run_.cases) {
      counts.push_back(std::ranges::count_if(one.samples, &run::Sample::counts));
    }
    return counts;
  }

  std::vector<std::filesystem::path> first_runs_;
  std::optional<RoundJudge> judge_;
  base::Status interim_;
  std::vector<std::vector<std::string>> commands_;
  std::vector<std::vector<std::int64_t>> planned_;  // of each case, as each interim run states it
  std::optional<run::Rounds> rounds_;
  std::vector<run::Warning> warnings_;
};

TEST_F(RoundsTest, ASettledCaseIsAskedNoMore) {
  Plan({"a:1"}, {"p", "q", "r"});
  MeasureInRounds(20, [&](std::size_t call) -> process::Completed {
    if (call == 0) return {0, Settled({{cases_[0].id, "cannot_regress"}}), ""};
    if (call == 1) return {0, Settled({{cases_[2].id, "regressed"}, {cases_[0].id, "cannot_regress"}}), ""};
    return {0, Settled({}), ""};
  });
  EXPECT_THAT(Counts(), ElementsAre(8, 20, 12));
  ASSERT_TRUE(rounds_);
  EXPECT_THAT(rounds_->looks, ElementsAre(8, 12, 20));
  EXPECT_DOUBLE_EQ(rounds_->early_alpha_share, kEarlyAlphaShare);
  EXPECT_EQ(rounds_->planned_requests, 60);
  EXPECT_EQ(rounds_->asked_requests, 40);
  ASSERT_THAT(rounds_->stops, SizeIs(2));
  EXPECT_EQ(rounds_->stops[0], (run::Rounds::Stop{cases_[0].id, 8, "cannot_regress"}));
  EXPECT_EQ(rounds_->stops[1], (run::Rounds::Stop{cases_[2].id, 12, "regressed"}));
  EXPECT_THAT(warnings_, IsEmpty());
  // What was planned in the end is what there is: nothing of the run is missing.
  EXPECT_EQ(run_.cases[0].plan.repetitions, 8);
  EXPECT_EQ(run_.cases[2].plan.repetitions, 12);
  EXPECT_EQ(run_.info.validity.measured_requests, 40);
  EXPECT_THAT(Rows(), SizeIs(40));
}

TEST_F(RoundsTest, TheJudgeIsToldWhereItIs) {
  Plan({"a:1"});
  MeasureInRounds(20, [](std::size_t) -> process::Completed { return {0, Settled({}), ""}; });
  ASSERT_THAT(commands_, SizeIs(2)) << "not after the last round";
  EXPECT_THAT(commands_[1], ElementsAre("settle", "--run=run", "--baselines=one", "--baselines=two",
                                        "--policy=policy.json", "--look=2", "--looks=3", "--early-alpha-share=0.1"));
  EXPECT_THAT(planned_, SizeIs(2));
}

// It is judged with the first look, at looks of its own, and nothing of it is sure before the end.
TEST_F(RoundsTest, ASecondLookHasRoundsToo) {
  first_runs_ = {"first", "other"};
  Plan({"a:1"}, {"p", "q"});
  MeasureInRounds(40, [&](std::size_t call) -> process::Completed {
    if (call == 1) return {0, Settled({{cases_[1].id, "cannot_regress"}}), ""};
    return {0, Settled({}), ""};
  });
  EXPECT_THAT(Counts(), ElementsAre(40, 12));
  ASSERT_THAT(commands_, SizeIs(3));
  EXPECT_THAT(commands_[0],
              ElementsAre("settle", "--run=run", "--first=first", "--first=other", "--baselines=one", "--baselines=two",
                          "--policy=policy.json", "--look=1", "--looks=4", "--early-alpha-share=0"));
  ASSERT_TRUE(rounds_);
  EXPECT_THAT(rounds_->looks, ElementsAre(8, 12, 20, 40));
  EXPECT_EQ(rounds_->early_alpha_share, 0);
  EXPECT_EQ(rounds_->asked_requests, 52);
}

TEST(HasFirstRuns, SaysWhichIsNotThere) {
  const auto folder = base::TemporaryDirectory::Create("assay-rounds");
  ASSERT_TRUE(folder.ok());
  std::filesystem::create_directories(folder->path() / "there");
  ASSERT_TRUE(base::WriteFileAtomically(folder->path() / "there" / "run.json", "{}").ok());
  EXPECT_TRUE(HasFirstRuns({folder->path() / "there"}).ok());
  EXPECT_FALSE(HasFirstRuns({}).ok()) << "a verdict that names none";
  const base::Status status = HasFirstRuns({folder->path() / "there", folder->path() / "gone"});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(status.error().Message(), HasSubstr("gone"));
}

TEST_F(RoundsTest, AJudgeThatFailsCostsNoRequest) {
  Plan({"a:1"}, {"p", "q"});
  MeasureInRounds(20, [](std::size_t call) -> process::Completed {
    if (call > 0) return {2, "", "no such baselines\n"};
    return {0, Settled({}), ""};
  });
  EXPECT_THAT(Counts(), ElementsAre(20, 20));
  EXPECT_THAT(commands_, SizeIs(2)) << "it is not asked again";
  ASSERT_THAT(warnings_, SizeIs(1));
  EXPECT_EQ(warnings_[0].code, "rounds_not_judged");
  EXPECT_THAT(warnings_[0].message, HasSubstr("after 12 repetitions"));
  EXPECT_THAT(warnings_[0].message, HasSubstr("ended with 2: no such baselines"));
  // One look of two could spend its part.
  ASSERT_TRUE(rounds_);
  EXPECT_THAT(rounds_->looks, ElementsAre(8, 20));
  EXPECT_DOUBLE_EQ(rounds_->early_alpha_share, kEarlyAlphaShare / 2);
}

TEST_F(RoundsTest, ARunThatWasNeverJudgedIsAnOrdinaryOne) {
  for (const char* answer : {"", "{", "[]", R"({"schema_version":2,"settled":[]})", R"({"schema_version":1})",
                             R"({"schema_version":1,"settled":[{"case":"x","why":"tired"}]})"}) {
    commands_.clear();
    cases_.clear();
    Plan({"a:1"});
    MeasureInRounds(10, [&](std::size_t) -> process::Completed { return {0, answer, ""}; });
    EXPECT_THAT(Counts(), ElementsAre(10)) << answer;
    EXPECT_FALSE(rounds_) << answer;
    ASSERT_THAT(warnings_, SizeIs(1)) << answer;
    EXPECT_THAT(warnings_[0].message, HasSubstr("cannot be read")) << answer;
  }
}

TEST_F(RoundsTest, WithoutAnInterimRunNobodyIsAsked) {
  Plan({"a:1"});
  interim_ = base::Error{base::ErrorCode::kIo, "disk full", "run/interim.json"};
  MeasureInRounds(10, [](std::size_t) -> process::Completed { return {0, Settled({}), ""}; });
  EXPECT_THAT(commands_, IsEmpty());
  ASSERT_THAT(warnings_, SizeIs(1));
  EXPECT_THAT(warnings_[0].message, HasSubstr("disk full"));
}

// Nobody may stop what is not being asked: another phase, a case of no name, one twice.
TEST_F(RoundsTest, OnlyOpenCasesCanBeSettled) {
  Plan({"a:1"}, {"p"}, "warm,cold,concurrency:2");
  ASSERT_THAT(cases_, SizeIs(3));
  MeasureInRounds(10, [&](std::size_t call) -> process::Completed {
    if (call > 0) return {0, Settled({}), ""};
    return {0,
            Settled({{cases_[1].id, "cannot_regress"},
                     {cases_[2].id, "cannot_regress"},
                     {"nobody", "regressed"},
                     {cases_[0].id, "regressed"},
                     {cases_[0].id, "regressed"}}),
            ""};
  });
  EXPECT_THAT(commands_, SizeIs(2)) << "once warm, once cold, never under load";
  EXPECT_THAT(Counts(), ElementsAre(8, 10, 10));
  ASSERT_TRUE(rounds_);
  EXPECT_THAT(rounds_->stops, SizeIs(1));
  EXPECT_EQ(rounds_->planned_requests - rounds_->asked_requests, 2);
}

// 52 ms in each request and 1 ms before it; what happens between rounds, here a second each time, is upkeep and in
// nothing else.
TEST_F(RoundsTest, WhatIsDoneBetweenRoundsIsNoMeasuringTime) {
  class Sleeper final : public BetweenRounds {
   public:
    explicit Sleeper(base::Nanoseconds& passed) : passed_(passed) {}
    std::vector<std::size_t> Between(const Round& round) override {
      rounds.push_back(round);
      passed_ += 1s;
      return {};
    }
    std::vector<Round> rounds;

   private:
    base::Nanoseconds& passed_;
  } sleeper(passed_);
  Plan({"a:1"}, {"p", "q"});
  options_.between = &sleeper;
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(measured_.measuring_time, 6 * 53ms);
  EXPECT_NEAR(measured_.validity.upkeep_s, 4.0, 1e-12);
  EXPECT_NEAR(measured_.validity.idle_share, 1.0 / 53.0, 1e-12);
  ASSERT_THAT(sleeper.rounds, SizeIs(4));
  EXPECT_EQ(sleeper.rounds[0].repetitions, 0);
  EXPECT_EQ(sleeper.rounds[0].next, 2);
  EXPECT_THAT(sleeper.rounds[1].open, ElementsAre(0, 1));
  EXPECT_EQ(sleeper.rounds[2].repetitions, 2);
  EXPECT_EQ(sleeper.rounds[2].asked, 4);
  EXPECT_EQ(sleeper.rounds[3].asked, 6);
  EXPECT_EQ(sleeper.rounds[3].next, 6);
  EXPECT_EQ(sleeper.rounds[3].planned, 6);
  EXPECT_THAT(sleeper.rounds[3].open, IsEmpty());
}

}  // namespace
}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// assay-bench --pair on embedded services: what lies in the folder of a pair.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "ctest/integration/suite/programs.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/pair.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Pair {
  run::PairInfo info;
  run::Run base;
  run::Run head;
};

class PairRun : public ProgramTest {
 protected:
  process::Completed BenchPair(const std::string& base, const std::string& head, std::vector<std::string> flags = {}) {
    std::vector<std::string> arguments = {"--pair", base, head, "--self-measurement=off", "--run=" + Path("run")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return Bench(std::move(arguments));
  }
  Pair ReadBack() const {
    Pair pair;
    base::Result<run::PairInfo> info = run::ReadPair(Path("run"));
    base::Result<run::Run> base = run::ReadRun(Path("run/base"));
    base::Result<run::Run> head = run::ReadRun(Path("run/head"));
    EXPECT_TRUE(info.ok()) << (info.ok() ? "" : info.error().Message());
    EXPECT_TRUE(base.ok()) << (base.ok() ? "" : base.error().Message());
    EXPECT_TRUE(head.ok()) << (head.ok() ? "" : head.error().Message());
    if (info.ok()) pair.info = *std::move(info);
    if (base.ok()) pair.base = std::move(base).value();
    if (head.ok()) pair.head = std::move(head).value();
    return pair;
  }
  static std::vector<const run::Sample*> Counting(const run::Run& run) {
    std::vector<const run::Sample*> samples;
    for (const run::RunCase& one : run.cases) {
      for (const run::Sample& sample : one.samples) {
        if (sample.counts()) samples.push_back(&sample);
      }
    }
    return samples;
  }
  static double MedianTpot(const run::Run& run) {
    std::vector<double> values;
    for (const run::Sample* const sample : Counting(run)) {
      if (const std::optional<double> tpot = run::TpotMs(*sample)) values.push_back(*tpot);
    }
    EXPECT_FALSE(values.empty());
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[values.size() / 2];
  }
};

TEST_F(PairRun, EqualSidesAreTwoRunsInTurnsAndBlocks) {
  const process::Completed done = BenchPair("service=embedded", "service=embedded", {"--repetitions=5"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  EXPECT_THAT(done.standard_output, HasSubstr("base: service=embedded\n"));
  EXPECT_THAT(done.standard_output, HasSubstr("next: assay compare --run "));
  const Pair pair = ReadBack();
  EXPECT_EQ(pair.info.order, run::PairOrder::kInterleaved);
  EXPECT_THAT(pair.info.blocks, ElementsAre(3, 2));
  EXPECT_TRUE(pair.info.restarted);
  EXPECT_THAT(pair.info.notes, IsEmpty());
  EXPECT_EQ(pair.info.head.directory, "head");
  ASSERT_EQ(pair.info.cases.size(), 1U);
  EXPECT_EQ(pair.info.cases[0].base, pair.base.cases[0].plan.id);
  EXPECT_EQ(pair.info.cases[0].head, pair.head.cases[0].plan.id);
  EXPECT_NE(pair.base.info.service.pid, pair.head.info.service.pid) << "two services of our own";
  EXPECT_EQ(pair.base.info.provenance.started_at, pair.head.info.provenance.started_at);

  const std::vector<const run::Sample*> base = Counting(pair.base);
  const std::vector<const run::Sample*> head = Counting(pair.head);
  ASSERT_EQ(base.size(), 5U);
  ASSERT_EQ(head.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(base[i]->repetition, head[i]->repetition);
    // Partners stand next to each other in time: before both there is no request of the next repetition.
    if (i == 0) continue;
    EXPECT_GT(std::min(base[i]->timeline.start_ns, head[i]->timeline.start_ns),
              std::max(base[i - 1]->timeline.start_ns, head[i - 1]->timeline.start_ns));
  }
  // Each block was warmed.
  EXPECT_GE(std::ranges::count_if(pair.head.cases[0].samples, &run::Sample::warmup), 4);
  EXPECT_FALSE(std::filesystem::exists(Path("run/base/writing.pid")));
}

TEST_F(PairRun, SeedsDifferOnOneService) {
  const process::Completed done =
      BenchPair("temperature=0,seed=1", "temperature=0,seed=none", {"--service=embedded", "--repetitions=2"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const Pair pair = ReadBack();
  const run::Json& base = pair.base.cases[0].plan.request;
  const run::Json& head = pair.head.cases[0].plan.request;
  ASSERT_NE(base.Find("seed"), nullptr);
  EXPECT_EQ(*base.Find("seed")->as_integer(), 1);
  EXPECT_EQ(head.Find("seed"), nullptr);
  EXPECT_EQ(pair.base.info.service.endpoint, pair.head.info.service.endpoint) << "one service";
  ASSERT_EQ(pair.base.cases[0].answers.size(), 1U);
  ASSERT_EQ(pair.head.cases[0].answers.size(), 1U);
  EXPECT_EQ(pair.base.cases[0].answers.begin()->first, pair.head.cases[0].answers.begin()->first)
      << "temperature 0 needs no seed";
}

TEST_F(PairRun, VariantsArePairedThoughTheirIdsDiffer) {
  const process::Completed done = BenchPair("ember-mini-generic-cpu:1", "ember-mini-int8-cpu:1",
                                            {"--service=embedded", "--repetitions=2", "--restarts=1"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const Pair pair = ReadBack();
  EXPECT_THAT(pair.info.blocks, ElementsAre(2));
  EXPECT_FALSE(pair.info.restarted);
  ASSERT_EQ(pair.info.cases.size(), 1U);
  EXPECT_THAT(pair.info.cases[0].base, HasSubstr("ember-mini-generic-cpu:1"));
  EXPECT_THAT(pair.info.cases[0].head, HasSubstr("ember-mini-int8-cpu:1"));
  EXPECT_EQ(pair.head.info.models.front().variant, "ember-mini-int8-cpu:1");
}

// Three times as slow: no machine is so busy that the median of interleaved requests would not show it.
TEST_F(PairRun, ASlowSideIsSlowInItsOwnRunOnly) {
  const process::Completed done =
      BenchPair("service=embedded", "service=embedded,scenario=slow_decode=3", {"--repetitions=7", "--max-tokens=32"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const Pair pair = ReadBack();
  EXPECT_GT(MedianTpot(pair.head), 1.5 * MedianTpot(pair.base));
}

TEST_F(PairRun, ModelsThatDoNotFitTakeTurnsByTheBlock) {
  const process::Completed done =
      BenchPair("ember-mini-generic-cpu:1", "ember-mini-int8-cpu:1",
                {"--service=embedded", "--scenario=load_out_of_memory=1", "--repetitions=4", "--restarts=2"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const Pair pair = ReadBack();
  EXPECT_EQ(pair.info.order, run::PairOrder::kBlocks);
  EXPECT_THAT(pair.info.blocks, ElementsAre(2, 2));
  EXPECT_TRUE(pair.info.restarted);
  EXPECT_THAT(pair.info.notes, ElementsAre(HasSubstr("took turns by the block")));
  std::vector<std::pair<std::int64_t, char>> order;
  for (const run::Sample* const sample : Counting(pair.base)) order.emplace_back(sample->timeline.start_ns, 'b');
  for (const run::Sample* const sample : Counting(pair.head)) order.emplace_back(sample->timeline.start_ns, 'h');
  std::ranges::sort(order);
  std::string sides;
  for (const auto& [start, side] : order) sides += side;
  EXPECT_EQ(sides, "bbhhhhbb");
}

TEST_F(PairRun, ScenariosArePlayedOnBothSides) {
  const process::Completed done =
      BenchPair("service=embedded", "service=embedded",
                {"--scenarios=warm,cold,concurrency:2", "--repetitions=2", "--restarts=2", "--max-tokens=4"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const Pair pair = ReadBack();
  for (const run::Run* const side : {&pair.base, &pair.head}) {
    ASSERT_EQ(side->cases.size(), 3U);
    for (const run::RunCase& one : side->cases) {
      // concurrency:2 asks four requests per one in flight.
      EXPECT_EQ(std::ranges::count_if(one.samples, &run::Sample::counts), one.plan.scenario.loaded() ? 8 : 2)
          << one.plan.id;
    }
  }
  EXPECT_THAT(pair.info.notes, ElementsAre(HasSubstr("under load")));
}

TEST_F(PairRun, AFailingSideFailsTheRunAndNamesItself) {
  const process::Completed done =
      BenchPair("service=embedded", "service=embedded,scenario=in_band_error=1", {"--repetitions=2"});
  EXPECT_EQ(done.exit_code, 1) << done.standard_error << done.standard_output;
  const Pair pair = ReadBack();
  EXPECT_THAT(pair.base.cases[0].plan.failure, HasSubstr("the partner of this case in the head failed"));
  EXPECT_NE(pair.head.cases[0].plan.failure, "");
}

TEST_F(PairRun, WhatIsListedAreThePairs) {
  const process::Completed done = BenchPair("ember-mini-generic-cpu:1", "ember-mini-int8-cpu:1", {"--dry-run"});
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_EQ(done.standard_output,
            "chat/ember-mini-generic-cpu:1/prompt/stream:on/max_tokens:16 -> "
            "chat/ember-mini-int8-cpu:1/prompt/stream:on/max_tokens:16\n");
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(PairRun, MistakesEndWithTwoAndLeaveNothing) {
  process::Completed done = BenchPair("modle=a", "model=a", {"--service=embedded"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.standard_error, HasSubstr("the side 'modle=a'"));
  done = BenchPair("model=ember-mini", "model=ember-mini,model=ember-base", {"--service=embedded"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.standard_error, HasSubstr("the sides cannot be paired"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
  ASSERT_EQ(Bench({"--repetitions=1", "--run=" + Path("run")}).exit_code, 0);
  done = BenchPair("seed=1", "seed=2", {"--service=embedded"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.standard_error, HasSubstr("holds an ordinary run"));
}

TEST_F(PairRun, AnOrdinaryRunDoesNotReplaceAPairOrHalfOfIt) {
  ASSERT_EQ(BenchPair("seed=1", "seed=2", {"--service=embedded", "--repetitions=2"}).exit_code, 0);
  for (const auto& [folder, why] : {std::pair("run", "holds a pair"), std::pair("run/head", "is a side of a pair")}) {
    const process::Completed done = Bench({"--repetitions=1", "--run=" + Path(folder)});
    EXPECT_EQ(done.exit_code, 2) << folder;
    EXPECT_THAT(done.standard_error, HasSubstr(why));
  }
  EXPECT_FALSE(std::filesystem::exists(Path("run/run.json")));
  EXPECT_EQ(ReadBack().info.head.stated, "seed=2");
}

// The ids of a second look are those of the head; the base has their partners.
TEST_F(PairRun, ASecondLookMeasuresThePairsOfItsSuspects) {
  const std::string verdict = Write("verdict.json", R"({"verdict":"regressed",
    "pair":{"base":{"stated":"ember-mini-generic-cpu:1"},"head":{"stated":"ember-mini-int8-cpu:1"}},"second_look":{
    "suspects":["chat/ember-mini-int8-cpu:1/prompt/stream:on/max_tokens:16/cold"],
    "controls":[],"repetitions":3,"first_started_at":["2026-01-01T00:00:00Z"]}})");
  const process::Completed done = Bench({"--pair", "ember-mini-generic-cpu:1", "ember-mini-int8-cpu:1",
                                         "--service=embedded", "--self-measurement=off", "--scenarios=warm,cold",
                                         "--confirm=" + verdict, "--run=" + Path("run"), "--repetitions=3"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const Pair pair = ReadBack();
  ASSERT_EQ(pair.info.cases.size(), 1U);
  ASSERT_TRUE(pair.base.info.second_look && pair.head.info.second_look);
  EXPECT_THAT(pair.head.info.second_look->suspects,
              ElementsAre("chat/ember-mini-int8-cpu:1/prompt/stream:on/max_tokens:16/cold"));
  EXPECT_THAT(pair.base.info.second_look->suspects,
              ElementsAre("chat/ember-mini-generic-cpu:1/prompt/stream:on/max_tokens:16/cold"));
  EXPECT_THAT(pair.head.info.second_look->first_started_at, ElementsAre("2026-01-01T00:00:00Z"));
}

#ifndef _WIN32
// As it is printed, word for word: by a shell.
TEST_F(PairRun, TheSecondLookThatIsPrintedCanBeRun) {
  process::Completed done = BenchPair("service=embedded", "service=embedded,scenario=slow_decode=3",
                                      {"--repetitions=6", "--prompt=It's \"quoted\" $HOME"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  done = Assay({"compare", "--run=" + Path("run"), "--json=" + Path("v.json")});
  const std::string begin = "\n  assay-bench ";
  const std::size_t at = done.standard_output.find(begin);
  ASSERT_NE(at, std::string::npos) << done.standard_output;
  const std::size_t from = at + begin.size();
  const std::string flags = done.standard_output.substr(from, done.standard_output.find('\n', from) - from);
  const process::Command again{"sh", {"-c", Program("assay-bench") + " " + flags}, CleanEnvironment({})};
  const base::Result<process::Completed> looked = process::Run(again, std::chrono::seconds(100));
  ASSERT_TRUE(looked.ok()) << looked.error().Message();
  ASSERT_EQ(looked->exit_code, 0) << flags << "\n" << looked->standard_error;
  done = Assay({"compare", "--run=" + Path("run"), "--confirm=" + Path("run-again")});
  EXPECT_THAT(done.standard_output, HasSubstr("second look: " + Path("run-again"))) << done.standard_error;
}

TEST_F(PairRun, AnInterruptedPairIsWrittenAsOne) {
  const process::Command command{
      Program("assay-bench"),
      {"--pair", "service=embedded", "service=embedded", "--models=ember-mini-int8-cpu:1", "--prompt=Hello",
       "--probe=off", "--self-measurement=off", "--max-tokens=8", "--repetitions=100000", "--run=" + Path("run")},
      CleanEnvironment({})};
  base::Result<std::unique_ptr<process::Child>> child = process::Spawn(command, {Path("stderr.txt")});
  ASSERT_TRUE(child.ok()) << child.error().Message();
  // Warm-ups of both sides are recorded and requests of at least one of them.
  const auto measured = [&](const std::string& side) {
    const base::Result<std::string> lines = base::ReadFile(Path("run/" + side + "/samples.jsonl.partial"));
    return lines.ok() && std::ranges::count(*lines, '\n') > 10;
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!(measured("base") && measured("head")) && std::chrono::steady_clock::now() < until) {
  }
  const base::Result<int> code = (*child)->Stop(std::chrono::seconds(30));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 1);
  EXPECT_THAT(Read(Path("stderr.txt")), HasSubstr("as interrupted runs"));
  const Pair pair = ReadBack();
  EXPECT_TRUE(pair.base.info.validity.interrupted);
  EXPECT_TRUE(pair.head.info.validity.interrupted);
  EXPECT_FALSE(Counting(pair.head).empty());
}
#endif

}  // namespace
}  // namespace assay::integration

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Slot> InterleavedOrder(std::size_t cases, std::int64_t repetitions, std::int64_t seed) {
  return PhaseOrder(std::vector<Asking>(cases, {Phase::kOneByOne, repetitions}), Phase::kOneByOne, seed);
}

std::string CasesOf(const std::vector<Slot>& order) {
  std::string text;
  for (const Slot& slot : order) text += std::to_string(slot.case_index);
  return text;
}

TEST(EndOfRound, IsARepetitionOfEveryCaseOrABlock) {
  const std::vector<Slot> order = {{1, 0}, {0, 0}, {0, 1}, {1, 1}, {1, 2}};
  EXPECT_EQ(EndOfRound(order, 0, Phase::kOneByOne), 2U);
  EXPECT_EQ(EndOfRound(order, 1, Phase::kOneByOne), 2U);
  EXPECT_EQ(EndOfRound(order, 2, Phase::kCold), 4U);
  EXPECT_EQ(EndOfRound(order, 4, Phase::kAfterRestart), 5U);
  EXPECT_EQ(EndOfRound(order, 5, Phase::kOneByOne), 5U);
  EXPECT_EQ(EndOfRound(order, 0, Phase::kUnderLoad), 1U);
  EXPECT_EQ(EndOfRound(order, 1, Phase::kUnderLoad), 3U);
}

TEST(Schedule, EveryRoundHoldsEveryCaseOnce) {
  const std::vector<Slot> order = InterleavedOrder(7, 5, 1);
  ASSERT_EQ(order.size(), 35U);
  for (std::size_t round = 0; round < 5; ++round) {
    std::set<std::size_t> seen;
    for (std::size_t i = 0; i < 7; ++i) {
      const Slot& slot = order[round * 7 + i];
      EXPECT_EQ(slot.repetition, static_cast<std::int64_t>(round));
      EXPECT_LT(slot.case_index, 7U);
      EXPECT_TRUE(seen.insert(slot.case_index).second);
    }
  }
}

TEST(Schedule, TheSeedDecides) {
  EXPECT_EQ(InterleavedOrder(12, 10, 3), InterleavedOrder(12, 10, 3));
  EXPECT_NE(InterleavedOrder(12, 10, 3), InterleavedOrder(12, 10, 4));
  EXPECT_NE(InterleavedOrder(12, 10, -1), InterleavedOrder(12, 10, 1));
}

TEST(Schedule, RoundsDiffer) {
  const std::vector<Slot> order = InterleavedOrder(12, 2, 1);
  bool differs = false;
  for (std::size_t i = 0; i < 12; ++i) differs = differs || order[i].case_index != order[12 + i].case_index;
  EXPECT_TRUE(differs);
}

// 4 cases, 2000 rounds: 500 expected at each place; the standard deviation is
// sqrt(2000 * 1/4 * 3/4) = 19.4, so 400 to 600 is more than 5 of them. The seed is fixed.
TEST(Schedule, NoPlaceInTheRoundBelongsToACase) {
  std::vector<int> first(4);
  std::vector<int> last(4);
  const std::vector<Slot> order = InterleavedOrder(4, 2000, 1);
  for (std::size_t round = 0; round < 2000; ++round) {
    ++first[order[round * 4].case_index];
    ++last[order[round * 4 + 3].case_index];
  }
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_GT(first[i], 400);
    EXPECT_LT(first[i], 600);
    EXPECT_GT(last[i], 400);
    EXPECT_LT(last[i], 600);
  }
}

TEST(Schedule, SmallOnesWork) {
  EXPECT_THAT(InterleavedOrder(0, 10, 1), IsEmpty());
  EXPECT_EQ(InterleavedOrder(1, 2, 1), (std::vector<Slot>{{0, 0}, {0, 1}}));
}

// From another program: a mersenne twister 19937-64 of its own (checked by its published 10000th
// number), buckets of equal size, Fisher-Yates from the end. The same on every platform: a change
// here would change what the seed of a kept run stands for.
TEST(Schedule, SeedOneStandsForThisOrder) { EXPECT_EQ(CasesOf(InterleavedOrder(5, 3, 1)), "231401204342130"); }

TEST(Schedule, TheScenarioDecidesThePhase) {
  run::Scenario scenario;
  EXPECT_EQ(PhaseOf(scenario), Phase::kOneByOne);
  scenario.new_connection = true;
  scenario.cache = run::PromptCache::kUnique;
  EXPECT_EQ(PhaseOf(scenario), Phase::kOneByOne);
  scenario.rate_per_s = 2;
  EXPECT_EQ(PhaseOf(scenario), Phase::kUnderLoad);
  scenario = {};
  scenario.concurrency = 1;
  EXPECT_EQ(PhaseOf(scenario), Phase::kUnderLoad);
  scenario = {};
  scenario.start = run::Start::kCold;
  EXPECT_EQ(PhaseOf(scenario), Phase::kCold);
  scenario.start = run::Start::kAfterRestart;
  EXPECT_EQ(PhaseOf(scenario), Phase::kAfterRestart);
}

// What a reload or a restart does to the service is in no answer of another probe, and in no number at all.
TEST(Schedule, ProbesComeLastReloadAndRestartAtTheirEnd) {
  std::vector<Phase> phases;
  for (const run::ProbeKind kind : run::kProbeKinds) {
    run::Scenario scenario;
    scenario.probe = kind;
    phases.push_back(PhaseOf(scenario));
    EXPECT_TRUE(IsOfProbes(phases.back()));
  }
  EXPECT_EQ(phases[5], Phase::kReloadProbes);
  EXPECT_EQ(phases[6], Phase::kRestartProbes);
  phases.erase(phases.begin() + 5, phases.begin() + 7);
  EXPECT_THAT(phases, ::testing::Each(Phase::kProbes));
  EXPECT_THAT(kPhases, ::testing::ElementsAre(Phase::kOneByOne, Phase::kUnderLoad, Phase::kCold, Phase::kAfterRestart,
                                              Phase::kProbes, Phase::kReloadProbes, Phase::kRestartProbes));
  for (const Phase phase : {Phase::kOneByOne, Phase::kUnderLoad, Phase::kCold, Phase::kAfterRestart}) {
    EXPECT_FALSE(IsOfProbes(phase));
  }
}

TEST(Schedule, EachPhaseHasItsOwnCasesOnly) {
  const std::vector<Asking> cases = {
      {Phase::kCold, 2}, {Phase::kOneByOne, 2}, {Phase::kUnderLoad, 3}, {Phase::kCold, 2}, {Phase::kUnderLoad, 2}};
  EXPECT_EQ(PhaseOrder(cases, Phase::kOneByOne, 1), (std::vector<Slot>{{1, 0}, {1, 1}}));
  EXPECT_THAT(PhaseOrder(cases, Phase::kAfterRestart, 1), IsEmpty());
  const std::vector<Slot> cold = PhaseOrder(cases, Phase::kCold, 1);
  ASSERT_EQ(cold.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(cold[i].repetition, static_cast<std::int64_t>(i / 2));
}

// What a baseline was measured in does not change because somebody adds a cold case.
TEST(Schedule, CasesOfAnotherPhaseChangeNothing) {
  std::vector<Asking> cases(5, {Phase::kOneByOne, 3});
  cases.push_back({Phase::kCold, 3});
  cases.push_back({Phase::kUnderLoad, 3});
  EXPECT_EQ(CasesOf(PhaseOrder(cases, Phase::kOneByOne, 1)), "231401204342130");
}

TEST(Schedule, ALoadIsOneBlock) {
  const std::vector<Asking> cases(3, {Phase::kUnderLoad, 4});
  bool other_order = false;
  for (std::int64_t seed = 1; seed <= 5; ++seed) {
    const std::vector<Slot> order = PhaseOrder(cases, Phase::kUnderLoad, seed);
    ASSERT_EQ(order.size(), 12U);
    std::set<std::size_t> seen;
    for (std::size_t block = 0; block < 3; ++block) {
      EXPECT_TRUE(seen.insert(order[block * 4].case_index).second);
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(order[block * 4 + i], (Slot{order[block * 4].case_index, static_cast<std::int64_t>(i)}));
      }
    }
    other_order = other_order || order[0].case_index != 0;
  }
  EXPECT_TRUE(other_order) << "the seed decides which block is the first";
}

TEST(Schedule, ACaseWithFewerRepetitionsLeavesTheLaterRounds) {
  const std::vector<Slot> order = PhaseOrder({{Phase::kOneByOne, 1}, {Phase::kOneByOne, 3}}, Phase::kOneByOne, 1);
  ASSERT_EQ(order.size(), 4U);
  EXPECT_EQ(std::count(order.begin(), order.end(), Slot{0, 0}), 1);
  EXPECT_EQ(order[2], (Slot{1, 1}));
  EXPECT_EQ(order[3], (Slot{1, 2}));
}

// 4 per second: the mean of 10,000 gaps is 250 ms within 3 standard errors of 2.5 ms each; of exponential gaps
// 1 - 1/e = 63.2 % are shorter than the mean, within 3 of 0.48 %.
TEST(Schedule, ArrivalsAreAPoissonProcess) {
  const std::vector<base::Nanoseconds> arrivals = PoissonArrivals(4, 10'001, 1, "case");
  ASSERT_EQ(arrivals.size(), 10'001U);
  EXPECT_EQ(arrivals[0], 0ns);
  EXPECT_TRUE(std::is_sorted(arrivals.begin(), arrivals.end()));
  EXPECT_NEAR(static_cast<double>(arrivals.back().count()) / 1e6 / 10'000, 250, 7.5);
  int shorter = 0;
  for (std::size_t i = 1; i < arrivals.size(); ++i) {
    EXPECT_EQ((arrivals[i] % 1us).count(), 0);
    if (arrivals[i] - arrivals[i - 1] < 250ms) ++shorter;
  }
  EXPECT_NEAR(shorter, 6321, 145);
}

TEST(Schedule, ArrivalsAreOfTheSeedAndTheCase) {
  EXPECT_EQ(PoissonArrivals(2, 20, 1, "a"), PoissonArrivals(2, 20, 1, "a"));
  EXPECT_NE(PoissonArrivals(2, 20, 1, "a"), PoissonArrivals(2, 20, 2, "a"));
  EXPECT_NE(PoissonArrivals(2, 20, 1, "a"), PoissonArrivals(2, 20, 1, "b"));
  EXPECT_THAT(PoissonArrivals(2, 0, 1, "a"), IsEmpty());
  EXPECT_THAT(PoissonArrivals(2, 1, 1, "a"), ElementsAre(0ns));
  // Twice the rate, half the time: to the rounding of each gap.
  const auto slow = PoissonArrivals(2, 20, 1, "a");
  const auto fast = PoissonArrivals(4, 20, 1, "a");
  for (std::size_t i = 0; i < 20; ++i) EXPECT_LE(std::chrono::abs(slow[i] / 2 - fast[i]), 20us);
}

// From another program: its own mersenne twister 19937-64 (checked by its published 10000th number), seeded with the
// first 8 bytes of SHA-256("case") xor 1, and -log(1 - u) / 4 in whole microseconds with u of the upper 53 bits.
TEST(Schedule, TheseAreTheArrivalsOfSeedOne) {
  EXPECT_THAT(PoissonArrivals(4, 5, 1, "case"), ElementsAre(0us, 398489us, 534190us, 816141us, 865764us));
}

}  // namespace
}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// The order of a pair: every case of both sides, in rounds, which side first by a coin that repeats.
#include "benchmarks/suite/pair_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace assay::suite {
namespace {

using ::testing::ElementsAre;

std::vector<Asking> Interleaved(std::size_t pairs, std::int64_t repetitions) {
  return std::vector<Asking>(pairs, Asking{Phase::kOneByOne, repetitions});
}

TEST(PairOrder, CasesComeInTheOrderOfAnyRun) {
  const std::vector<Asking> pairs = Interleaved(5, 3);
  std::vector<Slot> slots;
  for (const PairTurn& turn : PairTurns(pairs, Phase::kOneByOne, 7)) slots.push_back({turn.pair, turn.repetition});
  EXPECT_EQ(slots, PhaseOrder(pairs, Phase::kOneByOne, 7));
  EXPECT_EQ(slots.size(), 15U);
}

TEST(PairOrder, TheCoinRepeatsWithItsSeedAndIsFair) {
  const std::vector<Asking> pairs = Interleaved(50, 40);
  const std::vector<PairTurn> turns = PairTurns(pairs, Phase::kOneByOne, 1);
  EXPECT_EQ(turns, PairTurns(pairs, Phase::kOneByOne, 1));
  EXPECT_NE(turns, PairTurns(pairs, Phase::kOneByOne, 2));
  // Of 2000 throws of a fair coin 1000 are heads, with a standard deviation of sqrt(2000) / 2 = 22: five of them.
  const auto heads = std::ranges::count_if(turns, &PairTurn::head_first);
  EXPECT_GT(heads, 888);
  EXPECT_LT(heads, 1112);
}

TEST(PairOrder, ALoadIsOneTurn) {
  const std::vector<Asking> pairs = {{Phase::kUnderLoad, 16}, {Phase::kOneByOne, 4}, {Phase::kUnderLoad, 20}};
  const std::vector<PairTurn> turns = PairTurns(pairs, Phase::kUnderLoad, 3);
  ASSERT_EQ(turns.size(), 2U);
  for (const PairTurn& turn : turns) EXPECT_EQ(turn.repetition, 0);
  EXPECT_NE(turns[0].pair, turns[1].pair);
  EXPECT_NE(turns[0].pair, 1U);
}

TEST(PairOrder, BlocksAreAsEqualAsTheyCanBe) {
  EXPECT_THAT(CutIntoBlocks(20, 2), ElementsAre(10, 10));
  EXPECT_THAT(CutIntoBlocks(7, 3), ElementsAre(3, 2, 2));
  EXPECT_THAT(CutIntoBlocks(5, 1), ElementsAre(5));
  EXPECT_THAT(CutIntoBlocks(2, 2), ElementsAre(1, 1));
}

}  // namespace
}  // namespace assay::suite

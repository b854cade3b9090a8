// SPDX-License-Identifier: MIT
#include "benchmarks/suite/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace assay::suite {
namespace {

using ::testing::IsEmpty;

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
TEST(Schedule, SeedOneStandsForThisOrder) {
  std::string text;
  for (const Slot& slot : InterleavedOrder(5, 3, 1)) text += std::to_string(slot.case_index);
  EXPECT_EQ(text, "231401204342130");
}

}  // namespace
}  // namespace assay::suite

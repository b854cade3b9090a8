// SPDX-License-Identifier: MIT
#include "benchmarks/suite/pair_order.h"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include "fixtures/base/result.h"

namespace assay::suite {

std::vector<PairTurn> PairTurns(const std::vector<Asking>& pairs, Phase phase, std::int64_t seed) {
  boost::random::mt19937_64 random(SeedFor(seed, "which side of a pair first"));
  boost::random::uniform_int_distribution<int> coin(0, 1);
  std::vector<PairTurn> turns;
  for (const Slot& slot : PhaseOrder(pairs, phase, seed)) {
    if (phase == Phase::kUnderLoad && slot.repetition > 0) continue;
    turns.push_back({slot.case_index, slot.repetition, coin(random) == 1});
  }
  return turns;
}

std::vector<std::int64_t> CutIntoBlocks(std::int64_t repetitions, std::int64_t blocks) {
  ASSAY_CHECK(blocks >= 1 && blocks <= repetitions, "every block has a repetition");
  std::vector<std::int64_t> cut;
  for (std::int64_t block = 0; block < blocks; ++block) {
    cut.push_back(repetitions / blocks + (block < repetitions % blocks ? 1 : 0));
  }
  return cut;
}

}  // namespace assay::suite

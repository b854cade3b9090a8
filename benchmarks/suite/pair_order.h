// SPDX-License-Identifier: MIT
// The order of a pair: cases as in any run (schedule.h), each asked of both sides right after each other, which side
// first by a seeded coin of its own. Pure; the same on every platform.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "benchmarks/suite/schedule.h"

namespace assay::suite {

// One case asked of both sides: a repetition, or under load the whole block.
struct PairTurn {
  std::size_t pair = 0;
  std::int64_t repetition = 0;  // from 0; of a block its first
  bool head_first = false;
  friend bool operator==(const PairTurn&, const PairTurn&) = default;
};

// The turns of one phase; `pairs` are all of the run. Order and coins do not depend on how the repetitions are cut into
// blocks.
std::vector<PairTurn> PairTurns(const std::vector<Asking>& pairs, Phase phase, std::int64_t seed);

// `repetitions` in `blocks` parts as equal as they can be, longer ones first. 1 <= blocks <= repetitions.
std::vector<std::int64_t> CutIntoBlocks(std::int64_t repetitions, std::int64_t blocks);

}  // namespace assay::suite

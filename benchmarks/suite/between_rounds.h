// SPDX-License-Identifier: MIT
// What is done between the rounds of a measurement, while no request of it is in flight: asking the anchors, judging
// what is settled. In no number of the run; its time is upkeep and never measuring time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "benchmarks/suite/schedule.h"

namespace assay::suite {

// A round is one repetition of every case asked one by one, under load the block of one case.
struct Round {
  Phase phase = Phase::kOneByOne;
  std::int64_t repetitions = 0;   // of the round that ended, from 1; 0 before the first one of a phase and group
  std::int64_t asked = 0;         // requests of the run so far
  std::int64_t next = 0;          // and after the next round; `asked` when none follows here
  std::int64_t planned = 0;       // of the whole run, with every case asked to the end
  std::vector<std::size_t> open;  // cases, by their place in the plan, that are asked again in this phase and group
};

class BetweenRounds {
 public:
  virtual ~BetweenRounds() = default;
  // Before the first round of every phase of every group of models, and after each. Returns those of `open` that are
  // asked no more; empty under load, where a block is asked whole.
  virtual std::vector<std::size_t> Between(const Round& round) = 0;
};

// Several, one after the other.
class Several final : public BetweenRounds {
 public:
  void Add(BetweenRounds& one) { all_.push_back(&one); }  // outlives this
  std::vector<std::size_t> Between(const Round& round) override {
    std::vector<std::size_t> settled;
    for (BetweenRounds* one : all_) {
      const std::vector<std::size_t> more = one->Between(round);
      settled.insert(settled.end(), more.begin(), more.end());
    }
    return settled;
  }

 private:
  std::vector<BetweenRounds*> all_;
};

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// Measures the cases of two sides in turns, block by block. Which services and models stand behind the sides, and what
// happens to them between two blocks, is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/suite/case_failures.h"
#include "benchmarks/suite/machine_watch.h"
#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/pair_order.h"
#include "fixtures/base/result.h"

namespace assay::suite {

class PairMeasurement {
 public:
  struct Half {
    Measurement& measurement;
    Cases& cases;  // those of the measurement; case i beside case i of the other half
    std::string watch_prefix;
  };
  struct Course {
    std::int64_t repetitions = 0;
    std::int64_t seed = 0;
    std::vector<std::int64_t> blocks;  // repetitions of each; together `repetitions`
    std::function<bool()> cancelled;
    MachineWatch* watch = nullptr;  // may be null
  };
  PairMeasurement(Half base, Half head, Course course);

  // One block of those cases, phase after phase: warms both sides, then asks repetition by repetition each case of both
  // sides right after each other. A case that cannot be warmed or fails three times in a row on one side is asked no
  // more on either; one that failed in an earlier block is not asked again. Loads belong to the first block alone, each
  // as a whole, one side after the other. An error means that recording failed.
  base::Status Interleaved(const std::vector<std::size_t>& cases, std::size_t block);
  // The same block of one side alone, for sides that do not fit into memory together.
  base::Status OneSide(bool head, const std::vector<std::size_t>& cases, std::size_t block);

  // Fails a case on the side where it has not failed, because its partner has.
  void FailPartners(const std::vector<std::size_t>& cases);

 private:
  std::vector<std::size_t> Open(const std::vector<std::size_t>& cases, Phase phase) const;
  std::vector<PairTurn> Turns(const std::vector<std::size_t>& cases, Phase phase, std::size_t block) const;
  std::vector<Slot> SlotsOf(const PairTurn& turn) const;
  base::Status Take(const PairTurn& turn);
  base::Status Ask(Half& half, const std::vector<Slot>& slots);
  // Of those that were given up on.
  void Settle(const std::vector<std::size_t>& cases);
  bool Cancelled() const { return course_.cancelled && course_.cancelled(); }

  Half base_;
  Half head_;
  Course course_;
  std::vector<Asking> plan_;           // of each pair
  std::optional<base::Moment> since_;  // the last request of either side ended
};

}  // namespace assay::suite

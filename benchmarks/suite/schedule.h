// SPDX-License-Identifier: MIT
// The order of measured requests: rounds, each a seeded permutation of all cases, so that drift of the machine falls on
// all cases alike (gating.md c1 #9: Google Benchmark's own interleaving has no seed). Pure; the same on every platform.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::suite {

struct Slot {
  std::size_t case_index = 0;
  std::int64_t repetition = 0;  // from 0
  friend bool operator==(const Slot&, const Slot&) = default;
};

std::vector<Slot> InterleavedOrder(std::size_t cases, std::int64_t repetitions, std::int64_t seed);

}  // namespace assay::suite

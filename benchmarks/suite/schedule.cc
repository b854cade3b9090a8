// SPDX-License-Identifier: MIT
#include "benchmarks/suite/schedule.h"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <numeric>
#include <utility>

namespace assay::suite {

std::vector<Slot> InterleavedOrder(std::size_t cases, std::int64_t repetitions, std::int64_t seed) {
  // Boost's distributions give the same numbers everywhere; the standard library's may not.
  boost::random::mt19937_64 random(static_cast<std::uint64_t>(seed));
  std::vector<Slot> order;
  order.reserve(cases * static_cast<std::size_t>(repetitions));
  std::vector<std::size_t> round(cases);
  std::iota(round.begin(), round.end(), std::size_t{0});
  for (std::int64_t repetition = 0; repetition < repetitions; ++repetition) {
    for (std::size_t i = cases; i > 1; --i) {
      boost::random::uniform_int_distribution<std::size_t> pick(0, i - 1);
      std::swap(round[i - 1], round[pick(random)]);
    }
    for (const std::size_t index : round) order.push_back({index, repetition});
  }
  return order;
}

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// When a request shows a service that hangs. Pure.
#pragma once

#include <chrono>

#include "fixtures/base/clock.h"
#include "fixtures/run/sample.h"

namespace assay::suite {

// A request that was given up on after this time shows a service that hangs: asking again costs as much again.
inline constexpr base::Nanoseconds kHangsAfter = std::chrono::seconds(10);

inline bool Hung(const run::Sample& sample) {
  const bool given_up = sample.outcome == run::Outcome::kTimeout || sample.outcome == run::Outcome::kStalled;
  return given_up && sample.timeline.closed.value_or(base::Nanoseconds(0)) > kHangsAfter;
}

}  // namespace assay::suite

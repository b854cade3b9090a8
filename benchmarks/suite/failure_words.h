// SPDX-License-Identifier: MIT
// How a request failed, in the words of tables and reports. Pure.
#pragma once

#include <chrono>
#include <string>

#include "benchmarks/suite/hung.h"
#include "fixtures/base/units.h"
#include "fixtures/run/sample.h"

namespace assay::suite {

// Empty when it is good.
inline std::string Reason(const run::Sample& sample) {
  if (sample.outcome == run::Outcome::kOk) return {};
  return std::string(ToString(sample.outcome)) + ": " + sample.error;
}

inline std::string NotAskedAgain(const run::Sample& sample) {
  return "; not asked again, one such request took " + base::FormatDuration(*sample.timeline.closed);
}

// Of a load that ended early.
inline std::string NothingAnswered() {
  return "nothing answered for " +
         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(kHangsAfter).count()) +
         " s, the rest was not sent";
}

}  // namespace assay::suite

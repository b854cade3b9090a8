// SPDX-License-Identifier: MIT
// Cases beside those a test is about. With one accepted session the gate judges by how far the cases of a run lie
// apart, which takes eight of them.
#pragma once

#include <string>

#include "ctest/support/run_builder.h"

namespace assay::testing {

inline constexpr int kRest = 8;

// Ten requests each, a little later than the baseline's (more_ms = 0).
inline RunBuilder& AddRest(RunBuilder& builder, double more_ms = 0.25) {
  for (int i = 0; i < kRest; ++i) {
    builder.Case("rest-" + std::to_string(i)).CaseRepetitions(10).AddRamp(10, 100 + 10 * i + more_ms, 1);
  }
  return builder;
}

}  // namespace assay::testing

// SPDX-License-Identifier: MIT
// What a person reads when a run has ended: failures, notes, one line of numbers, where the run is. Every text of a
// service is escaped.
#pragma once

#include <filesystem>
#include <ostream>
#include <vector>

#include "benchmarks/suite/measure.h"
#include "fixtures/run/run_directory.h"

namespace assay::suite {

// What a run took; not part of it.
struct TimesSpent {
  base::Nanoseconds measuring{0};
  base::Nanoseconds anchors{0};
};

// `info` as it was written into the run at `directory`.
void PrintSummary(const run::RunInfo& info, const TimesSpent& times, const std::filesystem::path& directory,
                  std::ostream& out);

}  // namespace assay::suite

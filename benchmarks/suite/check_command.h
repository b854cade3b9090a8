// SPDX-License-Identifier: MIT
// assay-bench --check, which `assay check` hands over to: is this machine ready to measure the suite?
#pragma once

#include <ostream>

#include "benchmarks/suite/options.h"

namespace assay::suite {

// Prints findings as they come, or as JSON at the end. Returns kReady, kNotReady, kUsageOrInput or kInternalError.
int RunCheck(const Options& options, const Environment& environment, std::ostream& out, std::ostream& err);

}  // namespace assay::suite

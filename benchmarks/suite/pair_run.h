// SPDX-License-Identifier: MIT
// assay-bench --pair BASE HEAD: two ordinary runs, DIR/base and DIR/head, whose requests were asked in turns, and
// DIR/pair.json, which ties them together.
#pragma once

#include <ostream>

#include "benchmarks/suite/options.h"

namespace assay::suite {

// `options.pair` is there. Returns the exit code, as for any run.
int RunPair(const Options& options, const Environment& environment, std::ostream& out, std::ostream& err);

}  // namespace assay::suite

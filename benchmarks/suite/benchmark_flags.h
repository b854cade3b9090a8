// SPDX-License-Identifier: MIT
// Google Benchmark's own flags on the command line of assay-bench: which of them are honoured here, handed on or
// refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/suite/options.h"
#include "fixtures/base/result.h"

namespace assay::suite {

// Takes the --benchmark_* flags out of `args`: some are ours to honour, the rest is handed on. Returns what is left.
base::Result<std::vector<std::string>> TakeBenchmarkFlags(const std::vector<std::string>& args, Options& options,
                                                          std::optional<std::int64_t>& repetitions);

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// The end of a run: its files, the copy of Google Benchmark's JSON that was asked for, and what a person reads.
#pragma once

#include <filesystem>
#include <ostream>

#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/options.h"
#include "fixtures/base/result.h"
#include "fixtures/run/run_directory.h"

namespace assay::suite {

// A text in pieces into a file: into `path`.partial and renamed, or straight into a device or pipe. kIo.
base::Status WritePieces(const std::filesystem::path& path, const run::GoogleBenchmarkText& text);

base::Status WriteRun(const Options& options, run::RunWriter& writer, const Measured& measured,
                      const run::RunInfo& info, std::ostream& out, std::ostream& err);

}  // namespace assay::suite

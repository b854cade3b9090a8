// SPDX-License-Identifier: MIT
// Measures planned cases as Google Benchmark cases: manual time, one request = one iteration, repetitions interleaved
// in a seeded order. Every request is recorded as it ends. The only file that drives Google Benchmark.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/suite/progress.h"
#include "fixtures/base/result.h"
#include "fixtures/chat/client.h"
#include "fixtures/run/run_directory.h"
#include "fixtures/session/warmup.h"

namespace assay::suite {

struct MeasureOptions {
  std::int64_t repetitions = 10;
  std::int64_t seed = 1;
  session::WarmupLimits warmup;
  std::string benchmark_format;  // empty = show nothing while measuring
  std::function<bool()> cancelled;
};

struct Measured {
  std::string google_benchmark_json;
  run::Validity validity;
  base::Nanoseconds measuring_time{0};  // from the first measured request to the end of the last
};

// Warms every case whose `failure` is empty, then measures those that answered. Fills in `failure` of cases that
// failed; the others go on. An error means that recording itself failed (disk full): the run is lost from there on.
base::Result<Measured> Measure(const MeasureOptions& options, chat::Client& client,
                               std::vector<run::PlannedCase>& cases, run::RunWriter& writer, Progress& progress,
                               std::ostream& out);

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// Every metric of one recorded answer.
#include <benchmark/benchmark.h>

#include <optional>

#include "benchmarks/micro/cases.h"
#include "benchmarks/micro/example.h"
#include "fixtures/run/metrics.h"

namespace assay::micro {
namespace {

void Metrics(benchmark::State& state) {
  const run::Sample sample = ExampleSample();
  if (!run::TtftMs(sample) || !run::TpotMs(sample)) state.SkipWithError("the example has no metrics");
  for (auto _ : state) {
    for (const run::Metric& metric : run::AllMetrics()) {
      std::optional<double> value = metric.value(sample);
      benchmark::DoNotOptimize(value);
    }
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void RegisterMetricsCases() { benchmark::RegisterBenchmark("metrics/all_of_a_sample", &Metrics); }

}  // namespace assay::micro

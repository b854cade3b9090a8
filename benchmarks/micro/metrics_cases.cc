// SPDX-License-Identifier: MIT
// Every metric of one recorded answer, and the summary of a case of many.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <optional>

#include "benchmarks/micro/cases.h"
#include "benchmarks/micro/example.h"
#include "fixtures/run/case_id.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/summary.h"

namespace assay::micro {
namespace {

void Metrics(benchmark::State& state) {
  const run::Sample sample = ExampleSample();
  if (!run::TtftMs(sample) || !run::TpotMs(sample)) state.SkipWithError("the example has no metrics");
  for (auto _ : state) {
    for (const run::Metric& metric : run::RequestMetrics()) {
      std::optional<double> value = metric.value(sample);
      benchmark::DoNotOptimize(value);
    }
  }
  state.SetItemsProcessed(state.iterations());
}

void Summarise(benchmark::State& state) {
  const run::Sample sample = ExampleSample();
  const base::Result<run::CaseId> id = run::ParseCaseId(sample.case_id);
  if (!id.ok()) return state.SkipWithError(id.error().Message().c_str());
  std::int64_t attempted = 0;
  for (auto _ : state) {
    run::CaseSummariser summariser(sample.case_id, id->scenario);
    for (std::int64_t i = 0; i < state.range(0); ++i) summariser.Add(sample);
    const run::CaseSummary summary = summariser.Summary();
    attempted = summary.attempted;
    benchmark::DoNotOptimize(summary.request_metrics.size());
  }
  if (attempted != state.range(0)) state.SkipWithError("the summary lost samples");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

void RegisterMetricsCases() {
  benchmark::RegisterBenchmark("metrics/all_of_a_sample", &Metrics);
  benchmark::RegisterBenchmark("metrics/summary_of_a_case/samples", &Summarise)->Arg(16)->Arg(1024);
}

}  // namespace assay::micro

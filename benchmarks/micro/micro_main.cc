// SPDX-License-Identifier: MIT
// Program assay-micro: what our own code costs, to be held against what it measures. Takes every --benchmark_* flag.
#include <benchmark/benchmark.h>

#include "benchmarks/micro/cases.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  assay::micro::RegisterSseParserCases();
  assay::micro::RegisterDecodeCases();
  assay::micro::RegisterMetricsCases();
  assay::micro::RegisterRunWriterCases();
  assay::micro::RegisterTransportCases();
  const bool ran = benchmark::RunSpecifiedBenchmarks() > 0;
  benchmark::Shutdown();
  return ran ? 0 : 2;  // a filter that matches nothing is an error
}

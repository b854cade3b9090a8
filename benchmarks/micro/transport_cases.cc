// SPDX-License-Identifier: MIT
// The transport and the loop against an endpoint that answers at once: the embedded service's status, on kept
// connections. The service takes its share of the time; measurement_error sets it apart.
#include <benchmark/benchmark.h>

#include <optional>
#include <string>

#include "benchmarks/micro/cases.h"
#include "fixtures/http/loop.h"
#include "fixtures/http/transport.h"
#include "fixtures/overhead/embedded_child.h"
#include "fixtures/process/process.h"

namespace assay::micro {
namespace {

base::Result<overhead::EmbeddedChild> StartService() {
  return overhead::EmbeddedChild::Start(process::ProgramDirectory() / "foundry-embedded", "ember-mini-int8-cpu:1",
                                        "seed=1");
}

void OneAfterTheOther(benchmark::State& state) {
  const base::Result<overhead::EmbeddedChild> service = StartService();
  if (!service.ok()) return state.SkipWithError(service.error().Message().c_str());
  const auto transport = http::MakeCurlTransport({});
  http::Request request;
  request.url = service->url() + "/status";
  for (auto _ : state) {
    const base::Result<http::Response> response = http::Fetch(*transport, request);
    if (!response.ok() || response->exchange.status != 200) state.SkipWithError("no answer");
  }
  state.SetItemsProcessed(state.iterations());
}

// A closed loop: whoever is answered asks again.
void ManyAtOnce(benchmark::State& state) {
  constexpr std::int64_t kPerIteration = 256;
  const base::Result<overhead::EmbeddedChild> service = StartService();
  if (!service.ok()) return state.SkipWithError(service.error().Message().c_str());
  const auto loop = http::MakeCurlLoop({});
  http::Request request;
  request.url = service->url() + "/status";
  std::int64_t left = 0;
  std::int64_t bad = 0;
  std::function<void()> start = [&] {
    --left;
    loop->Start(request, {{}, [&](const std::optional<http::Failure>& failure, const http::Exchange& exchange) {
                            if (failure || exchange.status != 200) ++bad;
                            if (left > 0) start();
                          }});
  };
  for (auto _ : state) {
    left = kPerIteration;
    for (std::int64_t i = 0; i < state.range(0); ++i) start();
    loop->Run();
  }
  if (bad > 0) state.SkipWithError("not every request was answered");
  state.SetItemsProcessed(state.iterations() * kPerIteration);
}

}  // namespace

void RegisterTransportCases() {
  benchmark::RegisterBenchmark("transport/instant", &OneAfterTheOther)->UseRealTime()->MeasureProcessCPUTime();
  benchmark::RegisterBenchmark("loop/instant/concurrency", &ManyAtOnce)
      ->Arg(1)
      ->Arg(8)
      ->Arg(32)
      ->UseRealTime()
      ->MeasureProcessCPUTime();
}

}  // namespace assay::micro

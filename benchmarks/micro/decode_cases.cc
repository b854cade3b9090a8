// SPDX-License-Identifier: MIT
// Decoding after the last byte: what one answer, and with it one event, costs once nothing is stamped any more.
#include <benchmark/benchmark.h>

#include <vector>

#include "benchmarks/micro/cases.h"
#include "benchmarks/micro/example.h"
#include "fixtures/chat/decode.h"
#include "fixtures/http/sse_parser.h"

namespace assay::micro {
namespace {

void DecodeStream(benchmark::State& state) {
  std::vector<http::SseEvent> events;
  http::SseParser parser;
  if (!parser.Push(ExampleStream(kExampleTokens, "\n"), events).ok()) state.SkipWithError("the parser failed");
  std::vector<chat::FramedEvent> framed;
  for (const http::SseEvent& event : events) framed.push_back({std::chrono::milliseconds(1), event.data, event.event});
  bool good = false;
  for (auto _ : state) {
    const chat::Decoded decoded = chat::DecodeStream(framed, false);
    good = decoded.outcome == run::Outcome::kOk && decoded.completion_tokens == kExampleTokens;
    benchmark::DoNotOptimize(decoded.text.data());
  }
  if (!good) state.SkipWithError("the answer was not decoded");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(framed.size()));
}

}  // namespace

void RegisterDecodeCases() { benchmark::RegisterBenchmark("decode/stream", &DecodeStream); }

}  // namespace assay::micro

// SPDX-License-Identifier: MIT
// The SSE parser on a chat completion's stream: whole, in pieces of 1 byte to 16 KiB as a socket may deliver it, and a
// short one cut in two at every byte.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/micro/cases.h"
#include "benchmarks/micro/example.h"
#include "fixtures/http/sse_parser.h"

namespace assay::micro {
namespace {

constexpr std::int64_t kFrame = 4;  // role, finish, usage, [DONE]

void Parse(benchmark::State& state, const std::string& stream, std::size_t piece) {
  std::vector<http::SseEvent> events;
  for (auto _ : state) {
    events.clear();
    http::SseParser parser;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      if (!parser.Push(std::string_view(stream).substr(at, piece), events).ok())
        state.SkipWithError("the parser failed");
    }
    benchmark::DoNotOptimize(events.data());
  }
  if (events.size() != kExampleTokens + kFrame) state.SkipWithError("the parser lost events");
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
  state.SetItemsProcessed(state.iterations() * (kExampleTokens + kFrame));
}

void ParseAtEverySplit(benchmark::State& state, const std::string& stream, std::size_t events_in_it) {
  std::vector<http::SseEvent> events;
  for (auto _ : state) {
    for (std::size_t split = 0; split <= stream.size(); ++split) {
      events.clear();
      http::SseParser parser;
      const std::string_view text = stream;
      if (!parser.Push(text.substr(0, split), events).ok() || !parser.Push(text.substr(split), events).ok() ||
          events.size() != events_in_it) {
        state.SkipWithError("the parser failed or lost events");
      }
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size() * (stream.size() + 1)));
}

}  // namespace

void RegisterSseParserCases() {
  for (const bool crlf : {false, true}) {
    const std::string_view line_end = crlf ? "\r\n" : "\n";
    const std::string stream = ExampleStream(kExampleTokens, line_end);
    const std::string prefix = std::string("sse_parser/") + (crlf ? "crlf" : "lf");
    for (const std::size_t piece : {std::size_t{1}, std::size_t{16}, std::size_t{256}, std::size_t{16384}}) {
      benchmark::RegisterBenchmark((prefix + "/piece_bytes:" + std::to_string(piece)).c_str(),
                                   [stream, piece](benchmark::State& state) { Parse(state, stream, piece); });
    }
    benchmark::RegisterBenchmark((prefix + "/piece_bytes:all").c_str(),
                                 [stream](benchmark::State& state) { Parse(state, stream, stream.size()); });
    benchmark::RegisterBenchmark((prefix + "/every_split").c_str(),
                                 [shorter = ExampleStream(2, line_end)](benchmark::State& state) {
                                   ParseAtEverySplit(state, shorter, 2 + kFrame);
                                 });
  }
}

}  // namespace assay::micro

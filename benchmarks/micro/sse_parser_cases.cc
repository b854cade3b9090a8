// SPDX-License-Identifier: MIT
// The SSE parser on a stream like a chat completion's: whole, and in pieces of 1 byte to 16 KiB as a socket may deliver
// it.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/micro/cases.h"
#include "fixtures/http/sse_parser.h"

namespace assay::micro {
namespace {

constexpr int kTokens = 256;

std::string ChatStream(std::string_view line_end) {
  std::string stream;
  for (int token = 0; token < kTokens; ++token) {
    stream +=
        "data: {\"id\":\"chatcmpl-123\",\"object\":\"chat.completion.chunk\",\"created\":1772368205,\"model\":"
        "\"ember-mini-generic-cpu:1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token" +
        std::to_string(token) + "\"},\"finish_reason\":null}]}";
    stream.append(line_end).append(line_end);
  }
  stream += "data: [DONE]";
  return stream.append(line_end).append(line_end);
}

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
  if (events.size() != kTokens + 1) state.SkipWithError("the parser lost events");
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
  state.SetItemsProcessed(state.iterations() * (kTokens + 1));
}

}  // namespace

void RegisterSseParserCases() {
  for (const bool crlf : {false, true}) {
    const std::string stream = ChatStream(crlf ? "\r\n" : "\n");
    const std::string prefix = std::string("sse_parser/") + (crlf ? "crlf" : "lf") + "/piece_bytes:";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{16}, std::size_t{256}, std::size_t{16384}}) {
      benchmark::RegisterBenchmark((prefix + std::to_string(piece)).c_str(),
                                   [stream, piece](benchmark::State& state) { Parse(state, stream, piece); });
    }
    benchmark::RegisterBenchmark((prefix + "all").c_str(),
                                 [stream](benchmark::State& state) { Parse(state, stream, stream.size()); });
  }
}

}  // namespace assay::micro

// SPDX-License-Identifier: MIT
#include "benchmarks/micro/example.h"

#include <chrono>

namespace assay::micro {
namespace {

std::string Chunk(const std::string& delta, const std::string& finish) {
  return R"({"id":"chatcmpl-123","object":"chat.completion.chunk","created":1772368205,"model":)"
         R"("ember-mini-generic-cpu:1","choices":[{"index":0,"delta":)" +
         delta + R"(,"finish_reason":)" + finish + "}]}";
}

}  // namespace

std::string ExampleChunk(std::int64_t token) {
  return Chunk(R"({"content":" token)" + std::to_string(token) + R"("})", "null");
}

std::string ExampleUsage() {
  return R"({"id":"chatcmpl-123","object":"chat.completion.chunk","created":1772368205,"model":)"
         R"("ember-mini-generic-cpu:1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":)" +
         std::to_string(kExampleTokens) + R"(,"total_tokens":)" + std::to_string(12 + kExampleTokens) + "}}";
}

std::string ExampleStream(std::int64_t tokens, std::string_view line_end) {
  std::string stream;
  const auto add = [&](const std::string& data) {
    stream.append("data: ").append(data).append(line_end).append(line_end);
  };
  add(Chunk(R"({"role":"assistant","content":""})", "null"));
  for (std::int64_t token = 0; token < tokens; ++token) add(ExampleChunk(token));
  add(Chunk("{}", R"("stop")"));
  add(ExampleUsage());
  add("[DONE]");
  return stream;
}

run::Sample ExampleSample() {
  using std::chrono::microseconds;
  run::Sample sample;
  sample.case_id = "chat/ember-mini-generic-cpu:1/short/stream:on/max_tokens:256";
  sample.model = "ember-mini-generic-cpu:1";
  sample.prompt = "short";
  sample.timeline.start_ns = 123'456'789'012'345;
  sample.timeline.sent = microseconds(31);
  sample.timeline.first_byte = microseconds(40'127);
  base::Nanoseconds at = microseconds(40'131);
  sample.timeline.events.push_back({at, run::EventKind::kRole});
  for (std::int64_t token = 0; token < kExampleTokens; ++token) {
    at += microseconds(5'000 + token % 7);
    sample.timeline.events.push_back({at, run::EventKind::kContent});
  }
  for (const auto kind : {run::EventKind::kFinish, run::EventKind::kUsage, run::EventKind::kDone}) {
    sample.timeline.events.push_back({at, kind});
  }
  sample.timeline.closed = at + microseconds(52);
  sample.prompt_tokens = 12;
  sample.completion_tokens = kExampleTokens;
  sample.token_source = run::TokenSource::kServerUsage;
  sample.finish_reason = "stop";
  sample.http_status = 200;
  sample.response_id = "chatcmpl-123";
  return sample;
}

}  // namespace assay::micro

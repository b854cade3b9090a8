// SPDX-License-Identifier: MIT
#include "ctest/unit/chat/complete.h"

namespace assay::testing {

run::Json ChatRequest(bool stream) {
  run::JsonObject request{{"messages", run::JsonArray{run::JsonObject{{"role", "user"}, {"content", "Hi"}}}},
                          {"max_tokens", 8},
                          {"seed", 7},
                          {"stream", stream},
                          {"temperature", 0}};
  if (stream) request.emplace("stream_options", run::JsonObject{{"include_usage", true}});
  return request;
}

chat::Completion Complete(ScriptedExchange exchange, bool stream) {
  exchange.connected.reset();
  FakeTransport transport;
  transport.Then(std::move(exchange));
  chat::Client client(transport, chat::Target{"http://127.0.0.1:1", {}, {}});
  return client.Complete("tiny:1", ChatRequest(stream));
}

chat::Completion CompleteStream(std::string_view body) {
  ScriptedExchange exchange;
  exchange.pieces = Whole(body);
  return Complete(exchange);
}

chat::Completion CompleteBody(std::string_view body) { return Complete(JsonAnswer(body), false); }

std::string Kinds(const run::Sample& sample) {
  std::string kinds;
  for (const run::Event& event : sample.timeline.events) {
    if (!kinds.empty()) kinds += " ";
    kinds += ToString(event.kind);
  }
  return kinds;
}

std::string OutcomeName(const run::Sample& sample) { return std::string(ToString(sample.outcome)); }

std::string Text(const chat::Completion& completion) { return completion.answer ? completion.answer->text : ""; }

}  // namespace assay::testing

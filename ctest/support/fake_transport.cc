// SPDX-License-Identifier: MIT
#include "ctest/support/fake_transport.h"

#include <gtest/gtest.h>

namespace assay::testing {

FakeTransport& FakeTransport::Then(ScriptedExchange exchange) {
  script_.push_back(std::move(exchange));
  return *this;
}

ScriptedExchange FakeTransport::Next(const http::Request& request) {
  if (handler_) return handler_(request);
  if (script_.empty()) {
    ADD_FAILURE() << "nobody expected the request " << request.method << " " << request.url;
    ScriptedExchange none;
    none.status = 0;
    none.failure = base::Error{base::ErrorCode::kTransport, "nothing is scripted", request.url};
    return none;
  }
  ScriptedExchange next = std::move(script_.front());
  script_.pop_front();
  return next;
}

std::optional<http::Failure> FakeTransport::Perform(const http::Request& request, const http::OnBytes& on_bytes,
                                                    http::Exchange& exchange) {
  requests.push_back(request);
  stopped_by_receiver = false;
  const ScriptedExchange script = Next(request);
  exchange = http::Exchange{};
  exchange.start = now_;
  now_ += script.closed + 1ms;

  http::Exchange complete = exchange;
  complete.status = script.status;
  complete.content_type = script.content_type;
  complete.connected = script.connected;
  complete.sent = script.sent;
  complete.first_byte = script.first_byte;
  complete.closed = script.closed;
  for (const Piece& piece : script.pieces) {
    if (on_bytes(piece.bytes, exchange.start + piece.at)) continue;
    stopped_by_receiver = true;
    complete.closed = piece.at;
    return http::Failure{{base::ErrorCode::kCancelled, "the receiver stopped it", request.url}, complete};
  }
  // As the interface says: how far a failed exchange came stands in its failure. `exchange` is left
  // as it is, so that nobody relies on more.
  if (script.failure) return http::Failure{*script.failure, complete};
  exchange = complete;
  return std::nullopt;
}

std::vector<Piece> Whole(std::string_view body, base::Nanoseconds at) { return {{std::string(body), at}}; }

std::vector<Piece> SplitAt(std::string_view body, std::size_t position, base::Nanoseconds at) {
  return {{std::string(body.substr(0, position)), at}, {std::string(body.substr(position)), at + 1ms}};
}

std::vector<Piece> ByteByByte(std::string_view body, base::Nanoseconds at) {
  std::vector<Piece> pieces;
  for (const char c : body) {
    pieces.push_back({std::string(1, c), at});
    at += 1us;
  }
  return pieces;
}

ScriptedExchange JsonAnswer(std::string_view body, int status) {
  ScriptedExchange exchange;
  exchange.status = status;
  exchange.content_type = "application/json";
  exchange.pieces = Whole(body);
  exchange.closed = 11ms;
  return exchange;
}

ScriptedExchange EventStream(const std::vector<At>& events) {
  ScriptedExchange exchange;
  for (const At& event : events) exchange.pieces.push_back({"data: " + event.data + "\n\n", event.at});
  exchange.closed = events.empty() ? 1ms : events.back().at + 1ms;
  return exchange;
}

std::string Delta(std::string_view delta_json, std::string_view finish_json) {
  return R"({"choices":[{"delta":)" + std::string(delta_json) + R"(,"finish_reason":)" + std::string(finish_json) +
         R"(,"index":0}],"id":"chatcmpl-1"})";
}

std::string Content(std::string_view text) { return Delta(R"({"content":")" + std::string(text) + R"("})"); }

std::string Usage(int prompt_tokens, int completion_tokens) {
  return R"({"choices":[],"id":"chatcmpl-1","usage":{"prompt_tokens":)" + std::to_string(prompt_tokens) +
         R"(,"completion_tokens":)" + std::to_string(completion_tokens) + "}}";
}

}  // namespace assay::testing

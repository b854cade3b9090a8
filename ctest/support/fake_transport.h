// SPDX-License-Identifier: MIT
// A Transport without a network: each request gets the next scripted exchange, or what a handler
// makes of it. Time is invented: the first exchange starts at one second, each next one a
// millisecond after the end of the one before. Keeps every request. Not thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/http/transport.h"

namespace assay::testing {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""s;

struct Piece {
  std::string bytes;
  base::Nanoseconds at{0};  // relative to the start of the exchange
};

struct ScriptedExchange {
  int status = 200;
  std::string content_type = "text/event-stream";
  std::vector<Piece> pieces;
  std::optional<base::Error> failure;  // how it ends, after the pieces
  std::optional<base::Nanoseconds> connected = 100us;
  std::optional<base::Nanoseconds> sent = 200us;
  std::optional<base::Nanoseconds> first_byte = 300us;
  base::Nanoseconds closed = 1s;
};

class FakeTransport final : public http::Transport {
 public:
  using Handler = std::function<ScriptedExchange(const http::Request&)>;

  FakeTransport() = default;
  explicit FakeTransport(Handler handler) : handler_(std::move(handler)) {}

  // Queues one exchange. A request with no exchange left fails the test.
  FakeTransport& Then(ScriptedExchange exchange);

  std::optional<http::Failure> Perform(const http::Request& request, const http::OnBytes& on_bytes,
                                       http::Exchange& exchange) override;

  std::vector<http::Request> requests;
  // Whether the receiver stopped the last exchange by returning false.
  bool stopped_by_receiver = false;

 private:
  ScriptedExchange Next(const http::Request& request);

  Handler handler_;
  std::deque<ScriptedExchange> script_;
  base::Moment now_{std::chrono::seconds(1)};
};

// A body in one piece at `at`.
std::vector<Piece> Whole(std::string_view body, base::Nanoseconds at = 10ms);
// The first `position` bytes at `at`, the rest a millisecond later.
std::vector<Piece> SplitAt(std::string_view body, std::size_t position, base::Nanoseconds at = 10ms);
// One byte per piece, a microsecond apart.
std::vector<Piece> ByteByByte(std::string_view body, base::Nanoseconds at = 10ms);

// A JSON answer with a status, for management calls and whole answers.
ScriptedExchange JsonAnswer(std::string_view body, int status = 200);
// A stream of `data:` events at the stated times, each in a read of its own; closed 1 ms after the
// last.
struct At {
  base::Nanoseconds at;
  std::string data;
};
ScriptedExchange EventStream(const std::vector<At>& events);

// Short hands for what a stream carries.
std::string Delta(std::string_view delta_json, std::string_view finish_json = "null");
std::string Content(std::string_view text);  // plain ASCII without quotes
std::string Usage(int prompt_tokens, int completion_tokens);
inline constexpr const char* kDone = "[DONE]";

}  // namespace assay::testing

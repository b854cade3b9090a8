// SPDX-License-Identifier: MIT
// What the tests of the REST dialects share: one endpoint, answers by path, recorded answers.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ctest/support/fake_transport.h"
#include "ctest/support/recording.h"
#include "fixtures/foundry/service.h"

namespace assay::foundry {

using assay::testing::FakeTransport;
using assay::testing::JsonAnswer;
using assay::testing::ScriptedExchange;

inline constexpr const char* kBase = "http://127.0.0.1:18276";

inline ScriptedExchange TextAnswer(std::string_view body, int status) {
  ScriptedExchange exchange = JsonAnswer(body, status);
  exchange.content_type = "text/plain";
  if (body.empty()) exchange.pieces.clear();
  return exchange;
}

inline ScriptedExchange Refused() {
  ScriptedExchange refused;
  refused.status = 0;
  refused.failure = base::Error{base::ErrorCode::kTransport, "connection refused", kBase};
  return refused;
}

// Of ctest/wire.
inline ScriptedExchange Recorded(const std::string& name) {
  const assay::testing::Recording recording = assay::testing::ReadRecording(name);
  ScriptedExchange exchange;
  exchange.status = recording.status;
  exchange.content_type = recording.content_type;
  exchange.pieces = assay::testing::Whole(recording.body);
  return exchange;
}

// "GET /status"; the path with its options, as it was sent.
inline std::string LineOf(const http::Request& request) {
  EXPECT_TRUE(request.url.starts_with(kBase)) << request.url;
  return request.method + " " + request.url.substr(std::string_view(kBase).size());
}

inline std::vector<std::string> LinesOf(const FakeTransport& transport) {
  std::vector<std::string> lines;
  for (const http::Request& request : transport.requests) lines.push_back(LineOf(request));
  return lines;
}

// A service that answers by request line, and what it does not know with `unknown`.
class Routes {
 public:
  explicit Routes(ScriptedExchange unknown) : unknown_(std::move(unknown)) {}

  Routes& On(const std::string& line, ScriptedExchange answer) {
    return On(line, [answer](const http::Request&) { return answer; });
  }
  Routes& On(const std::string& line, FakeTransport::Handler handler) {
    handlers_[line] = std::move(handler);
    return *this;
  }
  ScriptedExchange operator()(const http::Request& request) const {
    const auto handler = handlers_.find(LineOf(request));
    return handler == handlers_.end() ? unknown_ : handler->second(request);
  }

 private:
  ScriptedExchange unknown_;
  std::map<std::string, FakeTransport::Handler> handlers_;
};

// ["a","b"]
inline std::string JsonNames(const std::vector<std::string>& names) {
  std::string body;
  for (const std::string& name : names) body += (body.empty() ? "\"" : ",\"") + name + "\"";
  return "[" + body + "]";
}

inline std::unique_ptr<Service> Connect(http::Transport& transport, const Credentials& credentials = {}) {
  base::Result<std::unique_ptr<Service>> service = ConnectService(transport, std::string(kBase) + "/v1", credentials);
  EXPECT_TRUE(service.ok()) << service.error().Message();
  return service.ok() ? std::move(service).value() : nullptr;
}

}  // namespace assay::foundry

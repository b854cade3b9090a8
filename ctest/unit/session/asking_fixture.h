// SPDX-License-Identifier: MIT
// What tests of asking one case share: answers of a scripted service, and a site on fakes.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ctest/support/fake_transport.h"
#include "ctest/unit/session/fakes.h"
#include "fixtures/session/asking.h"

namespace assay::session {

using namespace std::chrono_literals;
using assay::testing::Content;
using assay::testing::Delta;
using assay::testing::EventStream;
using assay::testing::FakeService;
using assay::testing::FakeTime;
using assay::testing::FakeTransport;
using assay::testing::JsonAnswer;
using assay::testing::kDone;
using assay::testing::Refused;
using assay::testing::ScriptedExchange;
using assay::testing::Usage;
using assay::testing::World;
using run::Outcome;

inline constexpr const char* kHere = "http://127.0.0.1:1000";
inline constexpr const char* kThere = "http://127.0.0.1:2000";

inline ScriptedExchange Answer(bool usage = true) {
  std::vector<assay::testing::At> events = {{5ms, Content("Hi")}, {9ms, Delta("{}", R"("stop")")}};
  if (usage) events.push_back({9ms, Usage(3, 1)});
  events.push_back({9ms, kDone});
  return EventStream(events);
}
// A light request's answer after `took`.
inline ScriptedExchange Light(base::Nanoseconds took = 10ms) {
  ScriptedExchange exchange = JsonAnswer(
      R"({"choices":[{"message":{"content":"yes"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}})");
  exchange.closed = took;
  return exchange;
}
inline ScriptedExchange NotLoaded() {
  return JsonAnswer(R"({"error":{"message":"Model not loaded: Model 'm:1' must be loaded before inference"}})", 400);
}
inline ScriptedExchange NoConnection() {
  ScriptedExchange exchange;
  exchange.status = 0;
  exchange.sent = exchange.first_byte = std::nullopt;
  exchange.failure = base::Error{base::ErrorCode::kTransport, "connection refused", kHere};
  return exchange;
}
// The connection broke after the request had gone out and before a byte came.
inline ScriptedExchange ResetBeforeTheAnswer() {
  ScriptedExchange exchange;
  exchange.status = 0;
  exchange.first_byte = std::nullopt;
  exchange.failure = base::Error{base::ErrorCode::kTransport, "connection reset", kHere};
  return exchange;
}
// `pieces` of text, one every 10 ms, then the time for the request is up.
inline ScriptedExchange TimesOut(int pieces) {
  std::vector<assay::testing::At> events;
  for (int i = 1; i <= pieces; ++i) events.push_back({i * 10ms, Content("x")});
  ScriptedExchange exchange = EventStream(events);
  exchange.failure = base::Error{base::ErrorCode::kTimeout, "no answer in time", kHere};
  exchange.closed = pieces * 10ms + 1ms;
  return exchange;
}

class AskingTest : public ::testing::Test {
 protected:
  AskingTest() : waits_(time_.Waits()) {
    world_.can.load_and_unload = world_.can.loaded_list = world_.can.unload_waits = true;
    world_.loaded = {"m:1"};
    world_.rows.resize(1);
    world_.rows[0].id = "m:1";
    world_.pid = 10;
    plan_.id = "chat/m:1/p/stream:on/max_tokens:8";
    plan_.model = "m:1";
    plan_.request =
        run::JsonObject{{"max_tokens", 8},
                        {"messages", run::JsonArray{run::JsonObject{{"role", "user"}, {"content", "Hello"}}}},
                        {"stream", true}};
    surroundings_.upkeep = {60s, 30s};
    surroundings_.warnings = &warnings_;
    surroundings_.find_again = [this](Site&,
                                      base::Nanoseconds patience) -> base::Result<std::unique_ptr<foundry::Service>> {
      searches_.push_back(patience);
      if (!found_at_) return Refused("gone");
      return std::unique_ptr<foundry::Service>(std::make_unique<FakeService>(world_, *found_at_));
    };
  }
  Site& site() {
    if (!site_) {
      options_.transport = &transport_;
      site_ = std::make_unique<Site>(options_, std::make_unique<FakeService>(world_, kHere), waits_);
    }
    return *site_;
  }
  void Script(std::vector<ScriptedExchange> exchanges) {
    for (ScriptedExchange& exchange : exchanges) transport_.Then(std::move(exchange));
  }
  Asked Ask(const Turn& turn = {}) {
    Drain(site(), surroundings_.upkeep, warnings_);
    return AskSite(site(), plan_, turn, surroundings_);
  }
  std::vector<std::string> Codes() const {
    std::vector<std::string> codes;
    for (const run::Warning& warning : warnings_) codes.push_back(warning.code);
    return codes;
  }
  // Whether the n-th request was a measured one, by what it asks.
  bool WasMeasured(std::size_t n) const {
    return transport_.requests.at(n).body.find("\"Hello\"") != std::string::npos;
  }

  FakeTime time_;
  Waits waits_;
  World world_;
  FakeTransport transport_;
  SiteOptions options_;
  std::unique_ptr<Site> site_;
  run::PlannedCase plan_;
  Surroundings surroundings_;
  std::vector<run::Warning> warnings_;
  std::vector<base::Nanoseconds> searches_;
  std::optional<std::string> found_at_;
};

}  // namespace assay::session

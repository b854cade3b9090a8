// SPDX-License-Identifier: MIT
// A Loop without a network: what was started waits until the test's own hand, called once per turn, ends some of it.
// Knows no time: moments are kept, not waited for. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fixtures/http/loop.h"

namespace assay::testing {

class FakeLoop final : public http::Loop {
 public:
  struct Transfer {
    Id id = 0;
    base::Moment moment;
    http::Request request;
    http::Receiver receiver;
    bool cancelled = false;
  };

  explicit FakeLoop(std::function<void(FakeLoop&)> hand) : hand_(std::move(hand)) {}

  Id StartAt(base::Moment moment, http::Request request, http::Receiver receiver) override {
    waiting.push_back({++last_id_, moment, std::move(request), std::move(receiver), false});
    most_at_once = std::max(most_at_once, waiting.size());
    return last_id_;
  }
  void Cancel(Id id) override {
    for (Transfer& each : waiting) each.cancelled = each.cancelled || each.id == id;
  }
  bool RunOnce(base::Moment deadline) override {
    deadlines.push_back(deadline);
    if (!waiting.empty()) hand_(*this);
    return !waiting.empty();
  }

  // Ends the transfer at that place of `waiting` with a body, or with an error once some of the body has come.
  // One that was to begin at once began as many seconds after the clock's zero as its id says; each takes 6 ms.
  void End(std::size_t place, std::string_view body, std::optional<base::Error> error = {}, bool sent = true,
           int status = 200) {
    const Transfer ending = std::move(waiting[place]);
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(place));
    http::Exchange exchange;
    exchange.start =
        ending.moment == base::Moment::min() ? base::Moment(std::chrono::seconds(ending.id)) : ending.moment;
    if (sent) exchange.sent = std::chrono::microseconds(10);
    if (!body.empty()) {
      exchange.status = status;
      exchange.content_type = "text/event-stream";
      ending.receiver.on_bytes(body, exchange.start + std::chrono::milliseconds(5));
    }
    exchange.closed = std::chrono::milliseconds(6);
    std::optional<http::Failure> failure;
    if (error) failure = http::Failure{*error, exchange};
    ending.receiver.on_done(failure, exchange);
  }

  std::vector<Transfer> waiting;  // in the order they were started
  std::size_t most_at_once = 0;
  std::vector<base::Moment> deadlines;  // of the turns

 private:
  std::function<void(FakeLoop&)> hand_;
  Id last_id_ = 0;
};

}  // namespace assay::testing

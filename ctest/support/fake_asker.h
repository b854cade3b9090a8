// SPDX-License-Identifier: MIT
// An Asker on a scripted transport, with an invented clock: a millisecond passes before every request, then the request
// itself, then the upkeep that a test sets. Requests can be disturbed: what came of the first try is handed over as
// such and the request is sent again. Not thread-safe.
#pragma once

#include <functional>
#include <string>

#include "ctest/support/fake_transport.h"
#include "fixtures/base/clock.h"
#include "fixtures/chat/client.h"
#include "fixtures/session/asker.h"

namespace assay::testing {

class FakeAsker final : public session::Asker, public base::Clock {
 public:
  explicit FakeAsker(FakeTransport::Handler service);

  session::Asked Ask(const run::PlannedCase& plan) override;
  base::Moment Now() const override { return now_; }

  // Asked before every request: how often it is disturbed. May be empty.
  std::function<int(const run::PlannedCase&)> disturbances;
  base::Nanoseconds upkeep{0};  // of every request
  FakeTransport transport;

 private:
  chat::Completion Complete(const run::PlannedCase& plan);

  chat::Client client_;
  base::Moment now_{std::chrono::seconds(1)};
};

}  // namespace assay::testing

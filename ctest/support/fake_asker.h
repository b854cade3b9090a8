// SPDX-License-Identifier: MIT
// An Asker on a scripted transport, with an invented clock: a millisecond passes before every request, then the request
// itself, then the upkeep that a test sets. Requests can be disturbed: what came of the first try is handed over as
// such and the request is sent again. A start other than warm takes 100 ms of upkeep and a reference. Under load
// requests begin in rounds or on their schedule, however many are on their way; a load that is disturbed is asked once
// more as a whole. Not thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ctest/support/fake_transport.h"
#include "fixtures/base/clock.h"
#include "fixtures/chat/client.h"
#include "fixtures/session/asker.h"

namespace assay::testing {

class FakeAsker final : public session::Asker, public base::Clock {
 public:
  explicit FakeAsker(FakeTransport::Handler service);

  session::Asked Ask(const run::PlannedCase& plan, const session::Turn& turn) override;
  session::AskedLoad AskUnderLoad(
      const run::PlannedCase& plan, const session::LoadShape& shape,
      const std::function<void(std::int64_t index, chat::Completion completion)>& done) override;
  base::Moment Now() const override { return now_; }

  // Asked before every request and every load: how often it is disturbed. May be empty.
  std::function<int(const run::PlannedCase&)> disturbances;
  base::Nanoseconds upkeep{0};       // of every request, and of a load
  base::Nanoseconds after_load{0};   // passes between the last answer of a load and its end: its pause
  std::int64_t sent_at_most = 1000;  // of a load; the others are not sent
  bool gives_up = false;             // a load that is not sent as a whole was given up on
  FakeTransport transport;
  // What was asked, in order: "<case> <repetition>", "... w<repetition>" for a warm-up, "... load <requests>".
  std::vector<std::string> asked;
  std::vector<session::LoadShape> shapes;  // of every load

 private:
  chat::Completion Complete(const run::PlannedCase& plan);
  void AskBlock(const run::PlannedCase& plan, const session::LoadShape& shape, const std::string& disturbed,
                const std::function<void(std::int64_t index, chat::Completion completion)>& done);

  chat::Client client_;
  base::Moment now_{std::chrono::seconds(1)};
};

}  // namespace assay::testing

// SPDX-License-Identifier: MIT
#include "ctest/support/fake_asker.h"

#include <utility>

namespace assay::testing {
namespace {

chat::Target AnyTarget() {
  chat::Target target;
  target.base_url = "http://127.0.0.1:1";
  return target;
}

}  // namespace

FakeAsker::FakeAsker(FakeTransport::Handler service) : transport(std::move(service)), client_(transport, AnyTarget()) {}

chat::Completion FakeAsker::Complete(const run::PlannedCase& plan) {
  chat::Completion completion = client_.Complete(plan.model, plan.request);
  now_ += completion.sample.timeline.closed.value_or(0ns);
  return completion;
}

session::Asked FakeAsker::Ask(const run::PlannedCase& plan) {
  now_ += 1ms;
  session::Asked asked;
  for (int left = disturbances ? disturbances(plan) : 0; left > 0; --left) {
    asked.disturbed.push_back(Complete(plan));
    asked.disturbed.back().sample.disturbed = "service_moved";
  }
  asked.completion = Complete(plan);
  asked.upkeep = upkeep;
  now_ += upkeep;
  return asked;
}

}  // namespace assay::testing

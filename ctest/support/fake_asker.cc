// SPDX-License-Identifier: MIT
#include "ctest/support/fake_asker.h"

#include <algorithm>
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

session::Asked FakeAsker::Ask(const run::PlannedCase& plan, const session::Turn& turn) {
  asked.push_back(plan.id + (turn.warmup ? " w" : " ") + std::to_string(turn.repetition));
  now_ += 1ms;
  session::Asked answer;
  answer.upkeep = upkeep;
  for (int left = disturbances ? disturbances(plan) : 0; left > 0; --left) {
    answer.disturbed.push_back(Complete(plan));
    answer.disturbed.back().sample.disturbed = "service_moved";
  }
  const bool warm = plan.scenario.start == run::Start::kWarm;
  answer.completion = Complete(plan);
  if (!warm) {
    answer.completion.sample.load = 100ms;
    now_ += 100ms;
    answer.reference = Complete(plan);
    answer.upkeep += 100ms + answer.reference->sample.timeline.closed.value_or(0ns);
  }
  now_ += upkeep;
  return answer;
}

session::AskedLoad FakeAsker::AskUnderLoad(
    const run::PlannedCase& plan, const session::LoadShape& shape,
    const std::function<void(std::int64_t index, chat::Completion completion)>& done) {
  asked.push_back(plan.id + " load " + std::to_string(shape.requests));
  shapes.push_back(shape);
  session::AskedLoad answer;
  now_ += 1ms;
  for (int left = disturbances ? disturbances(plan) : 0; left > 0; --left) {
    AskBlock(plan, shape, "service_moved", done);
    now_ += after_load + upkeep;
    answer.pause += after_load;
    answer.upkeep += upkeep;
  }
  AskBlock(plan, shape, "", done);
  now_ += after_load + upkeep;
  answer.pause += after_load;
  answer.upkeep += upkeep;
  answer.gave_up = gives_up && sent_at_most < shape.requests;
  return answer;
}

void FakeAsker::AskBlock(const run::PlannedCase& plan, const session::LoadShape& shape, const std::string& disturbed,
                         const std::function<void(std::int64_t index, chat::Completion completion)>& done) {
  const base::Moment begin = now_;
  base::Moment round = begin;
  for (std::int64_t i = 0; i < std::min(shape.requests, sent_at_most); ++i) {
    const bool closed_loop = shape.in_flight > 0;
    if (closed_loop && i % shape.in_flight == 0) round = now_;
    const base::Moment start = closed_loop ? round : begin + shape.schedule[static_cast<std::size_t>(i)];
    chat::Completion completion = client_.Complete(plan.model, plan.request);
    run::Timeline& timeline = completion.sample.timeline;
    timeline.start_ns = base::SteadyNanoseconds(start);
    if (!closed_loop) timeline.scheduled_ns = timeline.start_ns;
    completion.sample.disturbed = disturbed;
    now_ = std::max(now_, start + timeline.closed.value_or(0ns));
    done(i, std::move(completion));
  }
}

}  // namespace assay::testing

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/probe_cases.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "benchmarks/suite/hung.h"
#include "fixtures/base/result.h"
#include "fixtures/session/probe_proof.h"
#include "fixtures/session/warmup.h"

namespace assay::suite {
namespace {

class Asking {
 public:
  Asking(session::Asker& asker, const run::PlannedCase& plan, const ProbeSurroundings& around)
      : asker_(asker), plan_(plan), around_(around), steps_(run::StepsOf(*plan.scenario.probe)) {}

  AskedProbe Run() {
    bool whole = true;
    for (std::size_t step = 0; step < steps_.size() && !GivenUp();) {
      if (around_.stopped && around_.stopped()) {
        whole = false;
        break;
      }
      const std::optional<run::PlannedCase> asked = session::PlanOfStep(plan_, step, replies_);
      if (!asked) {
        ++step;
        continue;
      }
      if (around_.begins) around_.begins(static_cast<std::int64_t>(step));
      step += asked->scenario.loaded() ? Block(*asked, step) : One(*asked, step);
    }
    if (around_.stopped && around_.stopped()) whole = false;
    result_.requests = std::ssize(replies_);
    if (whole) result_.finding = session::Prove(plan_, replies_);
    if (!std::ranges::any_of(replies_, &session::ProbeReply::answered)) result_.failure = first_failure_;
    return std::move(result_);
  }

 private:
  static constexpr std::size_t kFirst = 2;  // steps that say whether anything answers

  bool GivenUp() const {
    return hung_ || (replies_.size() == kFirst && !std::ranges::any_of(replies_, &session::ProbeReply::answered));
  }

  // Returns how many steps that were.
  std::size_t One(const run::PlannedCase& asked, std::size_t step) {
    session::Asked came = asker_.Ask(asked, {static_cast<std::int64_t>(step), false});
    result_.upkeep += came.upkeep;
    for (chat::Completion& disturbed : came.disturbed) Record(disturbed, step, false);
    Record(came.completion, step, false);
    if (came.reference) Record(*came.reference, step, true);
    Take(std::move(came.completion), step);
    return 1;
  }

  std::size_t Block(const run::PlannedCase& asked, std::size_t first) {
    const auto end = std::find_if(steps_.begin() + static_cast<std::ptrdiff_t>(first), steps_.end(),
                                  [](std::string_view name) { return name != run::kTogether; });
    const std::size_t count = static_cast<std::size_t>(end - steps_.begin()) - first;
    std::vector<std::optional<chat::Completion>> block(count);
    session::LoadShape shape;
    shape.requests = static_cast<std::int64_t>(count);
    shape.in_flight = *asked.scenario.concurrency;
    const session::AskedLoad came =
        asker_.AskUnderLoad(asked, shape, [&](std::int64_t index, chat::Completion completion) {
          const auto at = static_cast<std::size_t>(index);
          Record(completion, first + at, false);
          if (completion.sample.disturbed.empty()) block[at] = std::move(completion);
        });
    result_.upkeep += came.upkeep;
    for (std::size_t at = 0; at < count; ++at) {
      if (block[at]) Take(*std::move(block[at]), first + at);
    }
    return count;
  }

  void Record(chat::Completion& completion, std::size_t step, bool warmup) {
    session::Label(completion, plan_, static_cast<std::int64_t>(step), warmup);
    completion.sample.step = steps_[step];
    if (around_.record) around_.record(completion);
  }

  void Take(chat::Completion completion, std::size_t step) {
    const run::Sample& sample = completion.sample;
    hung_ = hung_ || Hung(sample);
    if (sample.outcome != run::Outcome::kOk && first_failure_.empty()) {
      // The words of a service may repeat what was asked.
      first_failure_ = std::string(ToString(sample.outcome)) + (plan_.store_hash ? "" : ": " + sample.error);
    }
    replies_.push_back({std::string(steps_[step]), std::move(completion.sample), std::move(completion.answer)});
  }

  session::Asker& asker_;
  const run::PlannedCase& plan_;
  const ProbeSurroundings& around_;
  const std::span<const std::string_view> steps_;
  std::vector<session::ProbeReply> replies_;
  AskedProbe result_;
  std::string first_failure_;
  bool hung_ = false;
};

}  // namespace

AskedProbe AskProbe(session::Asker& asker, const run::PlannedCase& plan, const ProbeSurroundings& around) {
  ASSAY_CHECK(plan.scenario.probe.has_value(), "only probes are asked step by step");
  return Asking(asker, plan, around).Run();
}

}  // namespace assay::suite

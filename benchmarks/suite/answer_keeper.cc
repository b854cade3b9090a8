// SPDX-License-Identifier: MIT
#include "benchmarks/suite/answer_keeper.h"

#include <algorithm>
#include <string_view>

#include "fixtures/run/compared.h"

namespace assay::suite {
namespace {

// Of OpenAI's API; a service that invents one could write anything there.
constexpr std::string_view kFinishReasons[] = {"stop", "length", "tool_calls", "content_filter", "function_call"};

void Forget(run::Sample& sample) {
  if (!sample.error.empty()) sample.error = kNotKept;
  sample.response_id.reset();
  if (sample.finish_reason && std::ranges::find(kFinishReasons, *sample.finish_reason) == std::end(kFinishReasons)) {
    sample.finish_reason = "other";
  }
}

void Forget(run::Answer& answer) {
  answer.kept = false;
  for (std::string* const part : {&answer.text, &answer.reasoning, &answer.tool_calls}) part->clear();
  if (!answer.facts) return;
  for (run::AnswerCheck& check : answer.facts->checks) check.detail.clear();
}

}  // namespace

base::Result<ExpectedAnswers> ReadExpectations(const std::vector<catalogue::Prompt>& prompts,
                                               const std::string& where) {
  ExpectedAnswers expected;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const std::string path = "$.prompts[" + std::to_string(i) + "].expect";
    ASSAY_TRY(quality::Expectations read, quality::Expectations::Parse(prompts[i].expect, where, path));
    expected.emplace(prompts[i].id, std::move(read));
  }
  return expected;
}

const AnswerKeeper::Known& AnswerKeeper::Look(const run::PlannedCase& plan, const run::Answer& answer) {
  static const quality::Expectations kNone;
  const auto [known, added] = known_.try_emplace({plan.id, answer.sha256});
  if (!added) return known->second;
  const quality::Expectations* expectations = &kNone;
  if (expected_ != nullptr) {
    const auto found = expected_->find(plan.prompt);
    if (found != expected_->end()) expectations = &found->second;
  }
  known->second = {expectations->Evaluate(answer.text), run::ComparedHash(answer, plan.scrub)};
  return known->second;
}

void AnswerKeeper::Keep(const run::PlannedCase& plan, chat::Completion& completion) {
  if (completion.answer) {
    run::Answer& answer = *completion.answer;
    const Known& known = Look(plan, answer);
    answer.facts = known.facts;
    answer.compared_sha256 = known.compared_sha256;
    completion.sample.score = known.facts.score;
    if (plan.store_hash) Forget(answer);
  }
  if (plan.store_hash) Forget(completion.sample);
}

}  // namespace assay::suite

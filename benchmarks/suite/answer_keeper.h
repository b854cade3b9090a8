// SPDX-License-Identifier: MIT
// What a run keeps of an answer before it is written: what is compared of it, its facts and its score; and of prompts
// that ask for hashes only, nothing of what was said. One per measurement; not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/catalogue/prompts.h"
#include "fixtures/chat/client.h"
#include "fixtures/quality/expectations.h"
#include "fixtures/run/run_directory.h"

namespace assay::suite {

using ExpectedAnswers = std::map<std::string, quality::Expectations>;  // by prompt id; those that expect nothing, too

// "expect" of every prompt; `where` names the file the prompts were read from, in its order. kInvalidInput with the
// path of what is wrong.
base::Result<ExpectedAnswers> ReadExpectations(const std::vector<catalogue::Prompt>& prompts, const std::string& where);

// What stands for words that are not kept.
inline constexpr const char* kNotKept = "what was said is not kept, as the prompt asks (\"store\": \"hash\")";

class AnswerKeeper {
 public:
  // `expected` may be null and must outlive it.
  explicit AnswerKeeper(const ExpectedAnswers* expected) : expected_(expected) {}

  // Fills in the answer's facts, what is compared of it and the sample's score. Where the plan keeps hashes only, it
  // takes away the answer's text, the service's words in `error`, its id for the response and a finish reason that is
  // none of the known words: whatever could repeat the prompt or the answer.
  void Keep(const run::PlannedCase& plan, chat::Completion& completion);

 private:
  struct Known {
    run::AnswerFacts facts;
    std::string compared_sha256;
  };
  const Known& Look(const run::PlannedCase& plan, const run::Answer& answer);

  const ExpectedAnswers* expected_;
  std::map<std::pair<std::string, std::string>, Known> known_;  // case, sha256: a megabyte is looked at once
};

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// Are two answers of one request the same answer, as closely as a level asks? Answers are looked at as they are
// compared: scrubbed, tool calls as JSON. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fixtures/run/answer_facts.h"
#include "fixtures/run/compared.h"
#include "tools/compare/baseline_format.h"
#include "tools/compare/determinism_level.h"

namespace assay::compare {

struct ComparableAnswer {
  std::string sha256;           // as the model wrote it
  std::string compared_sha256;  // as it is compared
  bool kept = true;             // false: only hashes are known, `compared` is empty
  run::ComparedAnswer compared;
  std::optional<run::AnswerFacts> facts;  // absent in files of before
  std::optional<std::string> finish_reason;
  std::string expect_sha256;  // of what the checks among the facts are of
};

ComparableAnswer ComparableOf(const run::Answer& answer, std::span<const std::string> scrub);
// Where only its hash was kept, it is the one of the scrubbers it was accepted with.
ComparableAnswer ComparableOf(const AcceptedAnswer& accepted, std::span<const std::string> scrub);

// "finish_reason", "stop", "length".
struct FactChange {
  std::string name;
  std::string old_value;
  std::string new_value;
  friend bool operator==(const FactChange&, const FactChange&) = default;
};

// What can be said of both answers beside their words and differs: refusal, the language where the prompt declares one,
// and, where both are checked for the
// same, checks that `before` met better. What got better is no difference.
std::vector<FactChange> FactDifferences(const ComparableAnswer& before, const ComparableAnswer& now);

enum class Sameness {
  kSame,
  kDifferent,
  kUnknown,  // the level needs texts or facts that are not there
};
struct Judged {
  Sameness sameness = Sameness::kUnknown;
  std::optional<double> similarity;  // at similar:T, of answers whose texts are there
};
Judged SameAnswer(const DeterminismLevel& level, const ComparableAnswer& before, const ComparableAnswer& now);

}  // namespace assay::compare

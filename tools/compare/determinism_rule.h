// SPDX-License-Identifier: MIT
// Did the case give one answer, and is it the accepted one? Exact: every byte counts, and with it
// the finish reason and the token counts the service states. Answers are compared as stored; they
// are escaped where they are shown.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/run/run_directory.h"
#include "tools/compare/baseline_format.h"
#include "tools/compare/verdict.h"

namespace assay::compare {

enum class AnswerVerdict {
  kUnchanged,
  kChanged,           // agrees with itself, not with the accepted answer
  kNondeterministic,  // disagrees with itself within the run
  kNew,               // nothing accepted yet
  kRequestChanged,    // another question was asked: never called a regression
  kIncomplete,        // too few repetitions to say that it agrees with itself
  kNotCompared,       // every repetition asks another text: nothing to agree with, nothing to accept
};
std::string_view ToString(AnswerVerdict verdict);
// False where every repetition asks another text, and of a probe.
bool HasOneAnswer(const run::PlannedCase& plan);
// What it means in the four words every question shares.
Verdict AsVerdict(AnswerVerdict verdict);

struct AnswerShare {
  std::string sha256;
  std::size_t count = 0;  // repetitions that gave it
  std::int64_t first_repetition = 0;
  std::string text;  // as the model wrote it
};

// Where two texts part, with some of what stands around it.
struct TextDifference {
  std::string part;           // "text", "reasoning" or "tool_calls"
  std::size_t character = 0;  // code points before it, from 0
  std::size_t line = 1;       // from 1
  std::size_t column = 1;     // in code points, from 1
  std::string before;         // what both have in front of it, up to 30 code points
  std::string old_text;       // from there on, up to 40 code points
  std::string new_text;
  bool before_cut = false;  // there is more than `before` in front
  bool old_cut = false;
  bool new_cut = false;
};
// Absent when the texts are equal. Linear in their length.
std::optional<TextDifference> FirstDifference(std::string_view old_text, std::string_view new_text, std::string part);

// "finish_reason", "stop", "length".
struct FactChange {
  std::string name;
  std::string old_value;
  std::string new_value;
};

struct DeterminismFinding {
  AnswerVerdict verdict = AnswerVerdict::kNew;
  bool gates = true;                // false: the policy's level is off
  std::size_t n = 0;                // repetitions looked at
  std::vector<AnswerShare> shares;  // most frequent first; the first is the modal answer
  std::string reason;               // a sentence without its full stop; empty when unchanged
  std::optional<std::string> accepted_sha256;
  std::optional<TextDifference> difference;  // accepted or, without one, modal answer against the other one
  bool difference_within_run = false;        // true: both sides are of this run
  std::vector<FactChange> facts;             // against the accepted answer; these make it `changed`
  std::vector<std::string> notes;            // what differs and decides nothing
  std::optional<Acceptance> accepted;        // when and why the accepted answer was accepted
  std::optional<run::ProbeFinding> probe;    // of a probe: what it found; there are no shares then
  std::optional<AcceptedProbe> accepted_probe;
};

// `one` must have a counting sample. `accepted` is null when there is none. `planned` repetitions,
// 0 = unknown.
// A case whose repetitions ask different texts is not compared and has no shares.
DeterminismFinding JudgeAnswers(const run::RunCase& one, const AcceptedAnswer* accepted, std::int64_t planned);

// The answer most repetitions gave, as it would be accepted (without `accepted`); the earliest of
// equally frequent ones.
AcceptedAnswer ModalAnswer(const run::RunCase& one);

}  // namespace assay::compare

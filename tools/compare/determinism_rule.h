// SPDX-License-Identifier: MIT
// Did the case give one answer, and is it the accepted one, as closely as its level asks? With the answer go what the
// service says beside it: finish reason and token counts. Answers are compared as run/compared.h says and stored as
// they are; they are escaped where they are shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/run/run_directory.h"
#include "fixtures/run/scrub.h"
#include "tools/compare/answer_sameness.h"
#include "tools/compare/baseline_format.h"
#include "tools/compare/determinism_level.h"
#include "tools/compare/text_difference.h"
#include "tools/compare/verdict.h"

namespace assay::compare {

enum class AnswerVerdict {
  kUnchanged,
  kChanged,           // agrees with itself, not with the accepted answer
  kNondeterministic,  // disagrees with itself within the run; at rate: more often than it did
  kNew,               // nothing accepted yet
  kRequestChanged,    // another question was asked: never called a regression
  kIncomplete,        // too few repetitions to say that it agrees with itself
  kNotCompared,  // there is nothing to agree with: every repetition asks another text, or what it takes is not kept
};
std::string_view ToString(AnswerVerdict verdict);
// False where every repetition asks another text, and of a probe.
bool HasOneAnswer(const run::PlannedCase& plan);
// What it means in the four words every question shares.
Verdict AsVerdict(AnswerVerdict verdict);

// Distinct answers, as they are compared.
struct AnswerShare {
  std::string sha256;     // of the earliest as the model wrote it
  std::size_t count = 0;  // repetitions that gave it
  std::int64_t first_repetition = 0;
  std::string text;  // as the model wrote it; of the first kShareTexts answers, and where it is kept
  bool has_text = false;
  bool accepted = false;  // the same answer as the accepted one, as the level asks
};
inline constexpr std::size_t kShareTexts = 20;

// At level rate: how often another answer than the accepted one was given, here and in the accepted runs.
struct RateEvidence {
  std::int64_t others = 0;
  std::int64_t n = 0;
  std::int64_t accepted_others = 0;
  std::int64_t accepted_n = 0;
  bool paired = false;                 // "accepted" are the answers of the base
  std::optional<double> p;             // one-sided Fisher; JudgeRates adjusts it
  std::optional<double> p_adjusted;    // Holm over the cases at this level
  std::optional<std::int64_t> fewest;  // others that would have been significant by themselves; absent: not even all
};

struct DeterminismFinding {
  AnswerVerdict verdict = AnswerVerdict::kNew;
  DeterminismLevel level;
  bool gates = true;                // false: the policy's level is off
  std::size_t n = 0;                // repetitions looked at
  std::vector<AnswerShare> shares;  // most frequent first; the first is the modal answer
  std::string reason;               // a sentence without its full stop; empty when unchanged
  std::optional<std::string> accepted_sha256;
  std::optional<TextDifference> difference;      // accepted or, without one, modal answer against the other one
  bool difference_within_run = false;            // true: both sides are of this run
  std::vector<TextDifference> more_differences;  // of the same two answers: in the parts behind that one
  std::vector<std::int64_t> differing;           // repetitions that did not give the accepted (else the modal) answer
  std::vector<run::Scrubbed> scrubbed;           // of the modal answer, before it was compared
  std::optional<double> similarity;              // at similar:T, the least one
  std::optional<RateEvidence> rate;              // at rate, where something is accepted
  std::vector<FactChange> facts;                 // against the accepted answer; these make it `changed`
  std::vector<std::string> causes;               // of a change, likely ones, a sentence each
  std::vector<std::string> notes;                // what differs and decides nothing
  std::optional<Acceptance> accepted;            // when and why the accepted answer was accepted

  // Of a probe: what it found, and what was accepted of it. There are no shares then.
  std::optional<run::ProbeFinding> probe;
  std::optional<AcceptedProbe> accepted_probe;
};

// `one` must have a counting sample. `accepted` is null when there is none. `planned` repetitions,
// 0 = unknown.
// A case whose repetitions ask different texts is not compared and has no shares. At level rate the verdict is open
// until JudgeRates (answer_rate.h) has seen all cases.
DeterminismFinding JudgeAnswers(const run::RunCase& one, const AcceptedAnswer* accepted, std::int64_t planned,
                                const DeterminismLevel& level = DeterminismLevel::kExact);

// The answer most repetitions gave, as it would be accepted (without `accepted`); the earliest of
// equally frequent ones.
AcceptedAnswer ModalAnswer(const run::RunCase& one);

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/pair_answers.h"

#include <set>
#include <string>

namespace assay::compare {
namespace {

// Hashes of the answers that count.
std::set<std::string> Answers(const run::RunCase& one) {
  std::set<std::string> answers;
  for (const run::Sample& sample : one.samples) {
    if (sample.counts()) answers.insert(sample.answer_sha256.value_or(""));
  }
  return answers;
}

// In the words of a pair.
std::string ChangedReason(const DeterminismFinding& finding, bool same_answer) {
  std::string reason = same_answer ? "the answer is the base's" : "the answer is not the base's";
  for (const FactChange& fact : finding.facts) {
    reason += ", " + fact.name + " " + fact.old_value + " -> " + fact.new_value;
  }
  return reason;
}

}  // namespace

DeterminismFinding JudgePairedAnswers(const PairedRuns::Entry& entry, std::int64_t planned, const CasePolicy& policy) {
  const run::PlannedCase& base = entry.base->plan;
  const run::PlannedCase& head = entry.head->plan;
  AcceptedAnswer of_base = ModalAnswer(*entry.base);
  const bool same_request = base.fingerprint == head.fingerprint;
  // Held against each other all the same: what differs is why the pair was measured.
  of_base.fingerprint = head.fingerprint;
  DeterminismFinding finding = JudgeAnswers(*entry.head, &of_base, planned);
  finding.accepted.reset();
  if (!HasOneAnswer(base) || !HasOneAnswer(head)) {
    finding.gates = false;
    return finding;
  }
  finding.gates = policy.determinism == DeterminismLevel::kExact && same_request && base.model == head.model;
  if (!same_request) finding.notes.push_back("the sides ask different requests: shown, decides nothing");
  if (base.model != head.model) {
    finding.notes.push_back("the sides ask different variants: shown, decides nothing");
  }
  const std::set<std::string> of_both = Answers(*entry.base);
  const bool one_answer = finding.shares.size() == 1;
  const std::string& modal = finding.shares.front().sha256;
  const bool another_of_base = modal != of_base.answer_sha256 && of_both.contains(modal);
  if (finding.verdict == AnswerVerdict::kChanged) {
    finding.reason = ChangedReason(finding, modal == of_base.answer_sha256);
  } else if (finding.verdict == AnswerVerdict::kNondeterministic) {
    finding.reason = std::to_string(finding.shares.size()) + " different answers in " + std::to_string(finding.n) +
                     " repetitions of one request, the base gave one";
  }
  if (of_both.size() < 2) return finding;
  const std::string wavers = "the base gave " + std::to_string(of_both.size()) + " different answers to one request";
  if (!one_answer) {
    finding.verdict = AnswerVerdict::kNotCompared;
    finding.reason = wavers + ", the head " + std::to_string(finding.shares.size()) +
                     ": there is no answer to hold it against; turn determinism off for the case if that is known";
  } else if (finding.verdict == AnswerVerdict::kChanged && another_of_base) {
    finding.verdict = planned > 0 && static_cast<std::int64_t>(finding.n) < planned ? AnswerVerdict::kIncomplete
                                                                                    : AnswerVerdict::kUnchanged;
    finding.reason =
        finding.verdict == AnswerVerdict::kUnchanged
            ? ""
            : "only " + std::to_string(finding.n) + " of " + std::to_string(planned) + " repetitions were measured";
    finding.facts.clear();  // against an answer that this is not
    finding.difference.reset();
    finding.notes.push_back(wavers + ", the head one of them");
  } else if (finding.verdict == AnswerVerdict::kChanged) {
    finding.reason += " (" + wavers + ")";
  } else {
    finding.notes.push_back(wavers);
  }
  return finding;
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/pair_answers.h"

#include <set>
#include <string>

namespace assay::compare {
namespace {

// The answers that count, as they are compared.
std::set<std::string> Answers(const run::RunCase& one) {
  std::set<std::string> answers;
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts()) continue;
    const std::string sha256 = sample.answer_sha256.value_or("");
    const auto found = one.answers.find(sha256);
    const bool known = found != one.answers.end() && !found->second.compared_sha256.empty();
    answers.insert(known ? found->second.compared_sha256 : sha256);
  }
  return answers;
}

std::string ComparedOf(const AcceptedAnswer& answer) { return answer.compared_sha256.value_or(answer.answer_sha256); }

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
  DeterminismFinding finding = JudgeAnswers(*entry.head, &of_base, planned, policy.determinism);
  finding.accepted.reset();
  if (!HasOneAnswer(base) || !HasOneAnswer(head)) {
    finding.gates = false;
    return finding;
  }
  finding.gates = policy.determinism.gates() && same_request && base.model == head.model;
  if (!same_request) finding.notes.push_back("the sides ask different requests: shown, decides nothing");
  if (base.model != head.model) {
    finding.notes.push_back("the sides ask different variants: shown, decides nothing");
  }
  if (finding.rate) {  // judged with those of all cases; a base that wavers is what the level is for
    finding.rate->paired = true;
    return finding;
  }
  const std::set<std::string> of_both = Answers(*entry.base);
  const std::string modal = ComparedOf(ModalAnswer(*entry.head));
  const bool another_of_base = modal != ComparedOf(of_base) && of_both.contains(modal);
  if (finding.verdict == AnswerVerdict::kChanged) {
    finding.reason = ChangedReason(finding, modal == ComparedOf(of_base));
  } else if (finding.verdict == AnswerVerdict::kNondeterministic) {
    finding.reason = std::to_string(finding.shares.size()) + " different answers in " + std::to_string(finding.n) +
                     " repetitions of one request, the base gave one";
  }
  if (of_both.size() < 2) return finding;
  const std::string wavers = "the base gave " + std::to_string(of_both.size()) + " different answers to one request";
  if (finding.verdict == AnswerVerdict::kNondeterministic) {
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

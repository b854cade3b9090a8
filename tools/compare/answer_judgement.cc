// SPDX-License-Identifier: MIT
#include "tools/compare/answer_judgement.h"

#include <map>

#include "fixtures/run/case_id.h"
#include "tools/compare/answer_causes.h"
#include "tools/compare/answer_rate.h"
#include "tools/compare/probe_rule.h"

namespace assay::compare {
namespace {

bool Worse(const DeterminismFinding& finding) { return AsVerdict(finding.verdict) == Verdict::kRegressed; }

// An answer that changes when it is asked for again has changed, whatever the first look saw.
DeterminismFinding JudgeBoth(const AnswersOfCase& one) {
  const run::RunCase& measured = *one.entry->one;
  if (IsProbe(measured.plan)) {  // has no second look
    return JudgeProbe(measured, run::FindProbe(one.entry->run->info, measured.plan.id), one.accepted, one.level);
  }
  DeterminismFinding finding = JudgeAnswers(*one.entry->one, one.accepted, one.facts->planned, one.level);
  if (one.again == nullptr) return finding;
  DeterminismFinding other = JudgeAnswers(*one.again->one, one.accepted, one.again_facts->planned, one.level);
  if (finding.rate) {
    AddRate(other, finding);
    return finding;
  }
  const Verdict both[] = {AsVerdict(finding.verdict), AsVerdict(other.verdict)};
  if (both[0] == Worst(both)) return finding;
  other.notes.push_back("found by the second look");
  return other;
}

// Nobody accepted an answer of this version yet: the same one is new, another one has changed.
void OfAnotherVersion(const AnswersOfCase& one, DeterminismFinding& finding) {
  if (one.accepted_variant == one.entry->one->plan.model) return;
  if (finding.verdict != AnswerVerdict::kUnchanged) return;
  finding.verdict = AnswerVerdict::kNew;
  finding.reason = "accepted of " + one.accepted_variant + " only, and still the same answer";
}

// The same question with nothing else in flight.
std::string Alone(const run::PlannedCase& plan) {
  const base::Result<run::CaseId> parsed = run::ParseCaseId(plan.id);
  if (!parsed.ok()) return {};
  run::CaseId alone = *parsed;
  alone.scenario.concurrency.reset();
  alone.scenario.rate_per_s.reset();
  return run::BuildCaseId(alone);
}

void NoteWhatIsInFlight(std::span<const AnswersOfCase> cases, std::vector<DeterminismFinding>& findings) {
  std::map<std::string_view, std::size_t> by_id;
  for (std::size_t i = 0; i < cases.size(); ++i) by_id.emplace(cases[i].entry->one->plan.id, i);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const run::PlannedCase& plan = cases[i].entry->one->plan;
    if (!plan.scenario.loaded() || !Worse(findings[i])) continue;
    const auto alone = by_id.find(Alone(plan));
    if (alone == by_id.end()) continue;
    const DeterminismFinding& other = findings[alone->second];
    if (other.verdict == AnswerVerdict::kUnchanged) {
      findings[i].notes.push_back("asked alone it is unchanged: the answer depends on what else is in flight");
    } else if (Worse(other)) {
      findings[i].notes.push_back("asked alone it is " + std::string(ToString(other.verdict)) + " as well");
    }
  }
}

}  // namespace

std::vector<DeterminismFinding> JudgeAllAnswers(std::span<const AnswersOfCase> cases, double alpha) {
  std::vector<DeterminismFinding> findings;
  findings.reserve(cases.size());
  for (const AnswersOfCase& one : cases) findings.push_back(JudgeBoth(one));
  std::vector<DeterminismFinding*> all;
  for (DeterminismFinding& finding : findings) all.push_back(&finding);
  JudgeRates(all, alpha);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const AnswersOfCase& one = cases[i];
    if (one.accepted == nullptr) continue;
    if (Worse(findings[i])) {
      findings[i].causes =
          LikelyCauses(one.accepted->accepted, one.accepted_variant, *one.entry->run, one.entry->one->plan);
    }
    OfAnotherVersion(one, findings[i]);
  }
  NoteWhatIsInFlight(cases, findings);
  return findings;
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/probe_rule.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

using run::ProbeResult;

// What became of one result, ordered from what is least to what is most of a concern.
enum class Step { kSame, kBetter, kNew, kNotTold, kWorse };

Step StepFrom(ProbeResult accepted, ProbeResult now) {
  if (accepted == now) return Step::kSame;
  if (now == ProbeResult::kCannotTell) return Step::kNotTold;
  if (!run::IsBad(now)) return Step::kBetter;
  return accepted == ProbeResult::kCannotTell ? Step::kNew : Step::kWorse;
}

// The names of the results and what they were and are: the parts where both have the same ones, else the whole.
struct Change {
  std::string name;
  ProbeResult accepted;
  ProbeResult now;
};

std::vector<Change> ChangesOf(const AcceptedProbe& accepted, const run::ProbeFinding& now) {
  const auto names = [](const auto& parts) {
    std::vector<std::string> all;
    for (const auto& [name, result] : parts) all.push_back(name);
    return all;
  };
  std::vector<Change> changes;
  if (names(accepted.parts) != names(now.parts) || now.parts.empty()) return {{"", accepted.result, now.result}};
  for (const auto& [name, result] : now.parts) changes.push_back({name, accepted.parts.at(name), result});
  return changes;
}

std::string InWords(const Change& change) {
  return (change.name.empty() ? "" : change.name + " ") + std::string(ToString(change.accepted)) + " -> " +
         std::string(ToString(change.now));
}

std::string InWords(ProbeResult result, const std::map<std::string, ProbeResult>& parts) {
  std::vector<std::string> words;
  for (const auto& [name, part] : parts) words.push_back(name + " " + std::string(ToString(part)));
  return std::string(ToString(result)) + (words.empty() ? "" : " (" + base::Join(words, ", ") + ")");
}

void Compare(const AcceptedProbe& accepted, const run::ProbeFinding& now, DeterminismFinding& finding) {
  Step most = Step::kSame;
  std::vector<std::string> words;
  std::vector<std::string> better;
  for (const Change& change : ChangesOf(accepted, now)) {
    const Step step = StepFrom(change.accepted, change.now);
    most = std::max(most, step);
    if (step == Step::kBetter) better.push_back(InWords(change));
    if (step > Step::kBetter) words.push_back(InWords(change));
  }
  if (!better.empty()) {
    finding.notes.push_back("better than what was accepted: " + base::Join(better, ", ") +
                            "; accept it, so that it is held");
  }
  finding.reason = base::Join(words, ", ");
  switch (most) {
    case Step::kSame:
    case Step::kBetter:
      finding.verdict = AnswerVerdict::kUnchanged;
      return;
    case Step::kNew:
      finding.verdict = AnswerVerdict::kNew;
      finding.reason += ": it could not be told when it was accepted";
      return;
    case Step::kNotTold:
      finding.verdict = AnswerVerdict::kIncomplete;
      return;
    case Step::kWorse:
      finding.verdict = AnswerVerdict::kChanged;
      return;
  }
}

}  // namespace

bool IsProbe(const run::PlannedCase& plan) { return plan.scenario.probe.has_value(); }

std::string InWords(const AcceptedProbe& probe) { return InWords(probe.result, probe.parts); }
std::string InWords(const run::ProbeFinding& found) { return InWords(found.result, found.parts); }

DeterminismFinding JudgeProbe(const run::RunCase& one, const run::ProbeFinding* found, const AcceptedAnswer* accepted,
                              const DeterminismLevel& level) {
  ASSAY_CHECK(IsProbe(one.plan), "only a probe is judged as one");
  DeterminismFinding finding;
  finding.level = level;
  finding.gates = level.gates();
  if (accepted != nullptr) finding.accepted = accepted->accepted;
  if (found == nullptr) {
    finding.verdict = AnswerVerdict::kIncomplete;
    finding.reason = "the run does not say what this probe found";
    return finding;
  }
  finding.n = static_cast<std::size_t>(found->n);
  finding.probe = *found;
  if (accepted == nullptr || !accepted->probe) {
    finding.verdict = AnswerVerdict::kNew;
    finding.reason = "no result of this probe was accepted yet";
  } else if (accepted->fingerprint != one.plan.fingerprint) {
    finding.verdict = AnswerVerdict::kRequestChanged;
    finding.reason = "the request is not the one the accepted result belongs to";
  } else {
    finding.accepted_probe = accepted->probe;
    Compare(*accepted->probe, *found, finding);
  }
  return finding;
}

AcceptedAnswer ProbeToAccept(const run::RunCase& one, const run::ProbeFinding& found) {
  AcceptedAnswer answer;
  answer.fingerprint = one.plan.fingerprint;
  answer.request = run::WithoutMessages(one.plan.request);
  answer.probe = AcceptedProbe{found.result, found.parts};
  return answer;
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/report/decision_text.h"

#include <algorithm>
#include <map>

#include "fixtures/base/text.h"
#include "tools/report/latency_text.h"
#include "tools/report/quality_text.h"

namespace assay::report {
namespace {

using compare::CaseComparison;
using compare::CaseStatus;
using compare::Comparison;
using compare::LatencyReason;
using compare::Question;
using compare::SuiteVerdict;
using compare::Verdict;

// Empty where the reason itself says what to do, or nothing can be done.
std::string_view NextStep(LatencyReason reason, bool paired) {
  switch (reason) {
    case LatencyReason::kTooFewSessions:
      return paired ? "restart both sides at least once (assay-bench --pair ... --restarts=2)"
                    : "accept one more run of the unchanged service, measured at another time (assay accept)";
    case LatencyReason::kTooFewCases:
      return paired ? "ask more prompts or models"
                    : "ask more prompts or models, or compare in pairs (assay-bench --pair)";
    case LatencyReason::kTooFewSamples:
    case LatencyReason::kIncomplete:
      return "measure again, each case as often as planned (assay-bench --repetitions; `assay plan` says how often)";
    case LatencyReason::kRequestChanged:
      return "if the new request is wanted, accept the run (assay accept)";
    case LatencyReason::kTokenSourceDiffers:
      return "count tokens the same way in both, or accept the run (assay accept)";
    case LatencyReason::kCompletionTokensDiffer:
      return "settle the answers first; if the new ones are wanted, accept the run (assay accept)";
    case LatencyReason::kZeroTime:
    case LatencyReason::kImplausible:
      return "look at samples.jsonl of the run: such a time is a fault of the clock, of a unit or of the service";
    case LatencyReason::kRunNotValid:
      return "mend what the flag names and measure again, or let the policy report the flag (\"validity\")";
    case LatencyReason::kMetricAbsent:
      return "compare runs of one way to ask, and of one version of the service's interface";
    case LatencyReason::kDebugBuild:
      return "measure with an optimised build of assay-bench (preset release)";
    case LatencyReason::kNotConfirmed:
      return "measure the suspects that are missing again (assay-bench --confirm) and hand it in (--confirm)";
    case LatencyReason::kTooNoisy:
      return paired ? "ask more often, restart more often, or quieten the machine (`assay plan` says how often)"
                    : "ask more often (`assay plan` says how often), accept more sessions, or quieten the machine";
    case LatencyReason::kNone:
    case LatencyReason::kBelowMinEffect:
    case LatencyReason::kWithinSessionSpread:
    case LatencyReason::kNoBaseline:
      return "";
  }
  return "";
}

// Counts the cases that decide by what speaks against them.
struct Against {
  std::size_t slower = 0;
  std::size_t budget = 0;
  std::size_t answers = 0;
  std::size_t worse = 0;
  std::size_t failed = 0;
  std::size_t missing = 0;
  std::size_t untold = 0;

  void Add(const CaseComparison& one, const Comparison& comparison) {
    if (!one.decides) return;
    if (!one.measured()) {
      ++(one.status == CaseStatus::kFailed ? failed : missing);
      return;
    }
    bool found = false;
    const auto count = [&](std::size_t& counter, bool holds) {
      if (holds) ++counter;
      found = found || holds;
    };
    if (comparison.selection.Asks(Question::kLatency)) {
      count(slower, std::ranges::any_of(one.latency, [](const compare::LatencyFinding& finding) {
              return finding.decides && finding.verdict == Verdict::kRegressed;
            }));
      count(budget, std::ranges::any_of(one.budgets, [](const compare::BudgetFinding& finding) {
              return finding.gates && finding.verdict == Verdict::kRegressed;
            }));
    }
    if (comparison.selection.Asks(Question::kDeterminism)) {
      count(answers, one.answers && one.answers->gates && AsVerdict(one.answers->verdict) == Verdict::kRegressed);
      count(worse, QualityFell(one));
    }
    if (!found && one.verdict == Verdict::kCannotTell) ++untold;
  }
};

}  // namespace

std::string NothingGates(const Comparison& comparison) {
  if (comparison.exit_code != 0 || comparison.verdict != Verdict::kCannotTell) return "";
  std::size_t quarantined = 0;
  std::size_t fresh = 0;
  std::size_t reported = 0;
  for (const CaseComparison& one : comparison.cases) {
    ++(one.quarantined() ? quarantined : one.status == CaseStatus::kNew ? fresh : reported);
  }
  std::vector<std::string> parts;
  if (quarantined > 0) parts.push_back(Counted(quarantined, "case") + " in quarantine");
  if (fresh > 0) parts.push_back(Counted(fresh, "case") + " without a baseline, which the policy only reports");
  if (reported > 0) parts.push_back(Counted(reported, "case") + " that the policy only reports");
  return "nothing gates: " + (parts.empty() ? "no case was compared" : base::Join(parts, ", "));
}

std::string VerdictWord(const Comparison& comparison) {
  return NothingGates(comparison).empty() ? std::string(compare::ToString(comparison.verdict)) : "nothing gates";
}

std::string DecidedByLine(const Comparison& comparison) {
  if (std::string nothing = NothingGates(comparison); !nothing.empty()) return nothing;
  if (comparison.verdict != Verdict::kRegressed && comparison.verdict != Verdict::kCannotTell) return "";
  Against against;
  for (const CaseComparison& one : comparison.cases) against.Add(one, comparison);
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count > 0) parts.push_back(Counted(count, "case") + " " + what);
  };
  for (const compare::SuiteFinding& suite : comparison.suite) {
    if (!suite.decides) continue;
    parts.push_back(std::string(compare::ToString(suite.verdict)) + " of " +
                    std::string(compare::ToString(suite.kind)) + (suite.variant.empty() ? "" : " of " + suite.variant));
  }
  add(against.slower, "slower");
  add(against.budget, "off budget");
  add(against.answers, "with other answers");
  add(against.worse, "with worse answers");
  add(against.failed, "failed");
  add(against.missing, "missing");
  add(against.untold, "that cannot be told");
  return parts.empty() ? "" : "decided by: " + base::Join(parts, ", ");
}

std::vector<std::string> NextStepLines(const Comparison& comparison) {
  if (!comparison.selection.Asks(Question::kLatency)) return {};
  std::map<LatencyReason, std::size_t> cases;
  for (const CaseComparison& one : comparison.cases) {
    std::vector<LatencyReason> seen;
    for (const compare::LatencyFinding& finding : one.latency) {
      if (!finding.decides || finding.verdict != Verdict::kCannotTell) continue;
      if (std::ranges::find(seen, finding.code) != seen.end()) continue;
      seen.push_back(finding.code);
      ++cases[finding.code];
    }
  }
  std::vector<std::string> lines;
  for (const auto& [reason, count] : cases) {
    const std::string_view step = NextStep(reason, comparison.pair.has_value());
    if (step.empty()) continue;
    lines.push_back("cannot_tell of " + Counted(count, "case") + ", " + std::string(compare::ToString(reason)) + ": " +
                    std::string(step));
  }
  return lines;
}

}  // namespace assay::report

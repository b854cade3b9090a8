// SPDX-License-Identifier: MIT
#include "tools/compare/comparison.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "fixtures/base/text.h"
#include "fixtures/run/case_id.h"
#include "tools/compare/latency_family.h"

namespace assay::compare {
namespace {

using BaselinesByVariant = std::map<std::string, VariantBaselines>;

// A case while it is being judged: what it came from beside what is said about it.
struct Open {
  const RunSet::Entry* entry = nullptr;  // null: only the baseline knows it
  CasePolicy policy;
};

CaseComparison Planned(const RunSet::Entry& entry) {
  const run::PlannedCase& plan = entry.one->plan;
  CaseComparison one;
  one.id = plan.id;
  one.model = plan.model;
  one.alias = plan.alias;
  one.prompt = plan.prompt;
  one.facts = FactsOf(*entry.one, *entry.run);
  if (!plan.failure.empty()) {
    one.status = CaseStatus::kFailed;
    one.reason = plan.failure;
  } else if (one.facts.counting == 0 && one.facts.failed > 0) {
    one.status = CaseStatus::kFailed;
    one.reason = one.facts.last_error.empty() ? "every request failed" : one.facts.last_error;
  } else if (one.facts.counting == 0) {
    one.status = CaseStatus::kMissing;
    one.reason = "planned, but never measured";
  }
  if (one.status == CaseStatus::kFailed) one.outcome = one.facts.Outcomes();
  return one;
}

base::Result<CaseComparison> KnownToBaselineOnly(const std::string& id, const std::filesystem::path& file) {
  ASSAY_TRY(const run::CaseId parts, run::ParseCaseId(id));
  CaseComparison one;
  one.id = id;
  one.model = parts.model;
  one.alias = parts.model;
  one.prompt = parts.prompt;
  one.status = CaseStatus::kMissing;
  one.reason = "the baseline has it, the run did not plan it; measure it, or remove it from " + file.string();
  return one;
}

// Cases of the run's variants that the baseline knows and the run did not plan.
base::Status AppendMissing(const RunSet& runs, const BaselinesByVariant& baselines,
                           std::vector<CaseComparison>& cases) {
  std::unordered_set<std::string> seen;
  for (const RunSet::Entry& entry : runs.cases()) seen.insert(entry.one->plan.id);
  for (const auto& [variant, known] : baselines) {
    const auto append = [&](const auto& entries, const std::filesystem::path& file) -> base::Status {
      for (const auto& [id, ignored] : entries) {
        if (!seen.insert(id).second) continue;
        ASSAY_TRY(CaseComparison one, KnownToBaselineOnly(id, file));
        cases.push_back(std::move(one));
      }
      return {};
    };
    if (known.outputs) ASSAY_RETURN_IF_ERROR(append(known.outputs->cases, known.outputs_path));
    // Of the sessions only the newest: older ones may hold cases that were retired since.
    if (known.latency && !known.latency->sessions.empty()) {
      ASSAY_RETURN_IF_ERROR(append(known.latency->sessions.back().cases, known.latency_path));
    }
  }
  return {};
}

base::Status CheckRulesMatch(const Policy& policy, const std::vector<CaseComparison>& cases) {
  for (std::size_t i = 0; i < policy.cases.size(); ++i) {
    const std::string& glob = policy.cases[i].match;
    const bool matches = std::any_of(cases.begin(), cases.end(),
                                     [&](const CaseComparison& one) { return base::GlobMatches(glob, one.id); });
    if (matches) continue;
    return base::Error{base::ErrorCode::kInvalidInput,
                       "$.cases[" + std::to_string(i) + "].match: '" + base::EscapeForTerminal(glob) +
                           "' matches none of the " + std::to_string(cases.size()) +
                           " cases; correct it or remove the rule",
                       policy.source};
  }
  return {};
}

// `report` keeps what nobody accepted from deciding the whole; who asks that one question gets no pass for it.
bool OnlyReported(NoBaseline policy, const Selection& selection, Question question) {
  return policy == NoBaseline::kReport && selection.question != question;
}

void JudgeAllAnswers(const std::vector<Open>& open, const BaselinesByVariant& baselines, const Policy& policy,
                     const Selection& selection, std::vector<CaseComparison>& cases) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CaseComparison& one = cases[i];
    if (!one.measured()) continue;
    const VariantBaselines& known = baselines.at(one.model);
    const AcceptedAnswer* accepted = nullptr;
    if (known.outputs) {
      const auto found = known.outputs->cases.find(one.id);
      if (found != known.outputs->cases.end()) accepted = &found->second;
    }
    one.answers = JudgeAnswers(*open[i].entry->one, accepted, one.facts.planned);
    one.answers->gates = open[i].policy.determinism == DeterminismLevel::kExact;
    if (one.answers->verdict == AnswerVerdict::kNotCompared) one.answers->gates = false;
    if (one.answers->verdict == AnswerVerdict::kNew &&
        OnlyReported(policy.determinism_no_baseline, selection, Question::kDeterminism)) {
      one.answers->gates = false;
    }
  }
}

// What was measured under wrong conditions says nothing, neither good nor bad. A finding that cannot tell already keeps
// its own reason.
void MarkNotValid(const std::string& why, std::vector<LatencyFinding>& findings) {
  if (why.empty()) return;
  for (LatencyFinding& finding : findings) {
    if (finding.verdict == Verdict::kCannotTell) continue;
    finding.verdict = Verdict::kCannotTell;
    finding.code = LatencyReason::kRunNotValid;
    finding.reason = why;
  }
}

void JudgeAllLatency(const std::vector<Open>& open, const BaselinesByVariant& baselines, const Policy& policy,
                     const Selection& selection, const LatencyRule& rule, const std::vector<JudgedFlag>& flags,
                     std::vector<CaseComparison>& cases) {
  std::vector<LatencyCase> measured;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i].measured()) continue;
    const VariantBaselines& known = baselines.at(cases[i].model);
    measured.push_back(
        LatencyCase{open[i].entry->one, &cases[i].facts, known.latency ? &*known.latency : nullptr, open[i].policy});
    position.push_back(i);
  }
  std::vector<std::vector<LatencyFinding>> findings = JudgeLatency(measured, policy, rule);
  for (std::size_t k = 0; k < findings.size(); ++k) {
    for (LatencyFinding& finding : findings[k]) {
      if (finding.code == LatencyReason::kNoBaseline &&
          OnlyReported(policy.latency_no_baseline, selection, Question::kLatency)) {
        finding.decides = false;
      }
    }
    const RunSet::Entry& entry = *open[position[k]].entry;
    MarkNotValid(WhyNotValid(flags, entry.run->directory.string(), entry.one->plan.id), findings[k]);
    cases[position[k]].latency = std::move(findings[k]);
  }
}

// From findings to the verdicts of the case; a case that was not measured has its verdict by its
// status.
void Conclude(const Selection& selection, CaseComparison& one) {
  if (!one.measured()) {
    one.verdict = one.status == CaseStatus::kFailed ? Verdict::kRegressed : Verdict::kCannotTell;
    one.latency_verdict = one.answers_verdict = one.verdict;
    one.decides = one.latency_decides = one.answers_decide = true;
    return;
  }
  std::vector<Verdict> deciding;
  std::vector<Verdict> shown;
  for (const LatencyFinding& finding : one.latency) {
    shown.push_back(finding.verdict);
    if (finding.decides) deciding.push_back(finding.verdict);
  }
  one.latency_decides = !deciding.empty();
  one.latency_verdict = Worst(one.latency_decides ? deciding : shown);
  one.answers_decide = one.answers->gates;
  one.answers_verdict = AsVerdict(one.answers->verdict);

  deciding.clear();
  shown.clear();
  const auto add = [&](Question question, Verdict verdict, bool decides) {
    if (!selection.Asks(question)) return;
    shown.push_back(verdict);
    if (decides) deciding.push_back(verdict);
  };
  add(Question::kLatency, one.latency_verdict, one.latency_decides);
  add(Question::kDeterminism, one.answers_verdict, one.answers_decide);
  one.decides = !deciding.empty();
  one.verdict = Worst(one.decides ? deciding : shown);

  const auto has = [&](LatencyReason code) {
    return std::any_of(one.latency.begin(), one.latency.end(),
                       [&](const LatencyFinding& finding) { return finding.code == code; });
  };
  const bool no_latency = has(LatencyReason::kNoBaseline) || one.latency.empty();
  if (one.answers->verdict == AnswerVerdict::kRequestChanged || has(LatencyReason::kRequestChanged)) {
    one.status = CaseStatus::kRequestChanged;
  } else if (!one.answers->accepted && no_latency) {
    one.status = CaseStatus::kNew;
  }
}

void ConcludeAll(Comparison& comparison) {
  std::vector<Verdict> deciding;
  for (const CaseComparison& one : comparison.cases) {
    if (one.decides) deciding.push_back(one.verdict);
  }
  comparison.verdict = Worst(deciding);
  const auto any = [&](Verdict verdict) {
    return std::find(deciding.begin(), deciding.end(), verdict) != deciding.end();
  };
  comparison.exit_code = any(Verdict::kRegressed) ? 1 : any(Verdict::kCannotTell) ? 3 : 0;
  // Who asks about answers alone gets no pass where none could be compared.
  const bool only_answers = comparison.selection.question == Question::kDeterminism;
  const bool not_compared = std::any_of(comparison.cases.begin(), comparison.cases.end(), [](const auto& one) {
    return one.answers && one.answers->verdict == AnswerVerdict::kNotCompared;
  });
  if (only_answers && deciding.empty() && not_compared) comparison.exit_code = 3;
}

// Variants in the order they first appear, each in one block with its missing cases at the end.
void GroupByVariant(std::vector<CaseComparison>& cases) {
  std::map<std::string, std::size_t> first;
  for (const CaseComparison& one : cases) first.emplace(one.model, first.size());
  std::stable_sort(cases.begin(), cases.end(), [&](const CaseComparison& a, const CaseComparison& b) {
    return first.at(a.model) < first.at(b.model);
  });
}

void DescribeRuns(const RunSet& runs, std::vector<JudgedFlag> flags, Comparison& comparison) {
  std::set<std::string> selected;
  for (const CaseComparison& one : comparison.cases) selected.insert(one.id);
  for (const run::Run& one : runs.runs()) {
    comparison.runs.push_back(ComparedRun{one.directory.string(), one.info.service, one.info.provenance,
                                          one.info.validity, one.info.models, one.info.machine, one.info.overhead});
    if (one.info.validity.interrupted) {
      comparison.warnings.push_back(
          run::Warning{"interrupted", "", "the run in " + one.directory.string() + " was interrupted"});
    }
    for (const run::Warning& warning : one.info.validity.warnings) {
      if (warning.case_id.empty() || selected.contains(warning.case_id)) comparison.warnings.push_back(warning);
    }
  }
  for (JudgedFlag& one : flags) {
    if (one.flag.case_id.empty() || selected.contains(one.flag.case_id)) comparison.flags.push_back(std::move(one));
  }
}

base::Status CheckFolders(std::span<const std::filesystem::path> folders) {
  if (folders.empty())
    return base::Error{base::ErrorCode::kUsage, "no baselines were given; name a folder with --baselines DIR", ""};
  for (const std::filesystem::path& folder : folders) {
    std::error_code ec;
    if (std::filesystem::is_directory(folder, ec)) continue;
    return base::Error{base::ErrorCode::kUsage,
                       "there is no such folder of baselines; correct --baselines, or create it "
                       "(an empty one is fine)",
                       folder.string()};
  }
  return {};
}

}  // namespace

std::string_view ToString(CaseStatus status) {
  switch (status) {
    case CaseStatus::kMeasured:
      return "measured";
    case CaseStatus::kFailed:
      return "failed";
    case CaseStatus::kMissing:
      return "missing";
    case CaseStatus::kNew:
      return "new";
    case CaseStatus::kRequestChanged:
      return "request_changed";
  }
  return "missing";
}

base::Result<Comparison> Compare(const RunSet& runs, std::span<const std::filesystem::path> baselines,
                                 const Policy& policy, const Selection& selection, const LatencyRule& rule) {
  ASSAY_RETURN_IF_ERROR(CheckFolders(baselines));
  Comparison comparison;
  comparison.environment = runs.environment();
  comparison.policy_source = policy.source;
  comparison.alpha = policy.alpha;
  comparison.selection = selection;
  for (const std::filesystem::path& folder : baselines) comparison.baselines.push_back(folder.string());

  BaselinesByVariant known;
  const std::string key = comparison.environment.Key();
  for (const std::string& variant : runs.Variants()) {
    ASSAY_TRY(VariantBaselines one, LoadBaselines(baselines, variant, key));
    if (!one.latency) comparison.without_latency_baseline.push_back(variant);
    known.emplace(variant, std::move(one));
  }
  comparison.latency_baseline = comparison.without_latency_baseline.empty();

  std::vector<CaseComparison> cases;
  std::vector<Open> open;
  for (const RunSet::Entry& entry : runs.cases()) {
    cases.push_back(Planned(entry));
    open.push_back(Open{&entry, policy.For(entry.one->plan.id)});
  }
  ASSAY_RETURN_IF_ERROR(AppendMissing(runs, known, cases));
  open.resize(cases.size());
  ASSAY_RETURN_IF_ERROR(CheckRulesMatch(policy, cases));
  std::vector<CaseAddress> addresses;
  for (const CaseComparison& one : cases) addresses.push_back(CaseAddress{one.id, one.model, one.alias, one.prompt});
  ASSAY_TRY(const std::vector<bool> selected, Select(selection, addresses));

  std::vector<JudgedFlag> flags;
  for (const run::Run& run : runs.runs()) {
    for (JudgedFlag& flag : JudgeFlags(run, policy.validity)) flags.push_back(std::move(flag));
  }
  JudgeAllLatency(open, known, policy, selection, rule, flags, cases);
  JudgeAllAnswers(open, known, policy, selection, cases);
  comparison.cases_in_family = cases.size();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Conclude(selection, cases[i]);
    if (selected[i]) comparison.cases.push_back(std::move(cases[i]));
  }
  GroupByVariant(comparison.cases);
  DescribeRuns(runs, std::move(flags), comparison);
  ConcludeAll(comparison);
  return comparison;
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/comparison.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "fixtures/run/case_id.h"
#include "tools/compare/answer_judgement.h"
#include "tools/compare/conclude.h"
#include "tools/compare/latency_family.h"
#include "tools/compare/probe_rule.h"
#include "tools/compare/second_look.h"
#include "tools/compare/stored_metrics.h"

namespace assay::compare {
namespace {

using BaselinesByVariant = std::map<std::string, VariantBaselines>;

// A case while it is being judged: what it came from beside what is said about it.
struct Open {
  const RunSet::Entry* entry = nullptr;  // null: only the baseline knows it
  CasePolicy policy;
};

base::Result<CaseComparison> KnownToBaselineOnly(const std::string& id, const std::filesystem::path& file) {
  ASSAY_TRY(const run::CaseId parts, run::ParseCaseId(id));
  CaseComparison one;
  one.id = id;
  one.model = parts.model;
  one.alias = parts.model;
  one.prompt = parts.prompt;
  one.probe = parts.scenario.probe;
  one.status = CaseStatus::kMissing;
  one.reason = "the baseline has it, the run did not plan it; measure it, or remove it from " + file.string() +
               " (assay accept --prune)";
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
    if (known.outputs) {
      ASSAY_RETURN_IF_ERROR(append(known.outputs->cases, known.outputs_path));
      ASSAY_RETURN_IF_ERROR(append(known.outputs->scores, known.outputs_path));
    }
    // Of the sessions only the newest: older ones may hold cases that were retired since.
    if (known.latency && !known.latency->sessions.empty()) {
      ASSAY_RETURN_IF_ERROR(append(known.latency->sessions.back().cases, known.latency_path));
    }
  }
  return {};
}

// `report` keeps what nobody accepted from deciding the whole; who asks that one question gets no pass for it.
bool OnlyReported(NoBaseline policy, const Selection& selection, Question question) {
  return policy == NoBaseline::kReport && selection.question != question;
}

const AcceptedAnswer* AcceptedOf(const std::optional<OutputsBaseline>& outputs, const std::string& id) {
  if (!outputs) return nullptr;
  const auto found = outputs->cases.find(id);
  return found == outputs->cases.end() ? nullptr : &found->second;
}

// The same case of another variant.
std::string OfVariant(const std::string& id, const std::string& variant) {
  base::Result<run::CaseId> parts = run::ParseCaseId(id);
  if (!parts.ok()) return {};
  parts->model = variant;
  return run::BuildCaseId(*parts);
}

// A case of the second look, and why it cannot confirm anything where it cannot.
struct Again {
  RunSet::Entry entry;
  CaseFacts facts;
  std::string why_not;
};
using SecondLook = std::unordered_map<std::string_view, Again>;

const Again* Find(const SecondLook& second, const std::string& id) {
  const auto found = second.find(id);
  return found == second.end() ? nullptr : &found->second;
}

void JudgeAnswersOf(const std::vector<Open>& open, const BaselinesByVariant& baselines, const Policy& policy,
                    const Selection& selection, const SecondLook& second, std::vector<CaseComparison>& cases) {
  std::vector<AnswersOfCase> measured;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const CaseComparison& one = cases[i];
    if (!one.measured()) continue;
    AnswersOfCase answers;
    answers.entry = open[i].entry;
    answers.facts = &one.facts;
    answers.level = open[i].policy.determinism;
    const VariantBaselines& known = baselines.at(one.model);
    answers.accepted = AcceptedOf(known.outputs, one.id);
    answers.accepted_variant = one.model;
    if (!known.outputs && known.other_version) {
      answers.accepted_variant = known.other_version->variant;
      answers.accepted = AcceptedOf(known.other_version, OfVariant(one.id, answers.accepted_variant));
    }
    if (const Again* const again = Find(second, one.id); again != nullptr && again->facts.counting > 0) {
      answers.again = &again->entry;
      answers.again_facts = &again->facts;
    }
    measured.push_back(std::move(answers));
    position.push_back(i);
  }
  std::vector<DeterminismFinding> findings = JudgeAllAnswers(measured, policy.determinism_alpha);
  for (std::size_t k = 0; k < findings.size(); ++k) {
    DeterminismFinding& finding = findings[k];
    if (finding.verdict == AnswerVerdict::kNew &&
        OnlyReported(policy.determinism_no_baseline, selection, Question::kDeterminism)) {
      finding.gates = false;
    }
    cases[position[k]].answers = std::move(finding);
  }
}

base::Status JudgeQualityOf(const RunSet& runs, const std::vector<Open>& open, const BaselinesByVariant& baselines,
                            const Policy& policy, std::vector<CaseComparison>& cases) {
  std::map<const run::Run*, run::Scores> marks;
  for (const run::Run& run : runs.runs()) {
    ASSAY_TRY(run::Scores scores, run::ReadScores(run.directory));
    marks.emplace(&run, std::move(scores));
  }
  std::vector<QualityCase> measured;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i].measured()) continue;
    const std::optional<OutputsBaseline>& known = baselines.at(cases[i].model).outputs;
    const AcceptedScores* accepted = nullptr;
    if (known) {
      const auto found = known->scores.find(cases[i].id);
      if (found != known->scores.end()) accepted = &found->second;
    }
    measured.push_back({open[i].entry->one, &marks.at(open[i].entry->run), accepted,
                        open[i].policy.quality_tolerance.value_or(policy.quality.tolerance)});
    position.push_back(i);
  }
  std::vector<std::vector<QualityFinding>> findings = JudgeQuality(measured, policy.quality);
  for (std::size_t k = 0; k < findings.size(); ++k) cases[position[k]].quality = std::move(findings[k]);
  return {};
}

// A baseline that is not there, or not yet enough of one to judge by.
bool LacksBaseline(const LatencyFinding& finding) {
  return finding.code == LatencyReason::kNoBaseline || finding.code == LatencyReason::kTooFewSessions;
}

bool OfSessions(const LatencyFinding& finding) { return IsSessionMetric(*finding.metric); }

// What the second look could not measure to its end is confirmed neither way. Numbers of whole sessions have no second
// look.
void MarkNotMeasuredAgain(const std::string& why, std::vector<LatencyFinding>& findings) {
  if (why.empty()) return;
  for (LatencyFinding& finding : findings) {
    const bool open = finding.verdict == Verdict::kCannotTell && finding.code != LatencyReason::kNotConfirmed;
    if (open || OfSessions(finding)) continue;
    finding.verdict = Verdict::kCannotTell;
    finding.code = LatencyReason::kNotConfirmed;
    finding.reason = why;
  }
}

// Flags of the runs, and of those of the second look.
struct AllFlags {
  std::vector<JudgedFlag> first;
  std::vector<JudgedFlag> second;
};

std::vector<JudgedFlag> FlagsOf(const RunSet& runs, const Policy& policy) {
  std::vector<JudgedFlag> flags;
  for (const run::Run& run : runs.runs()) {
    for (JudgedFlag& flag : JudgeFlags(run, policy.validity)) flags.push_back(std::move(flag));
  }
  return flags;
}

std::string WhyNotValid(const std::vector<JudgedFlag>& flags, const RunSet::Entry& entry) {
  return WhyNotValid(flags, entry.run->directory.string(), entry.one->plan.id);
}

std::vector<SuiteFinding> JudgeAllLatency(const CompareRequest& request, const std::vector<Open>& open,
                                          const BaselinesByVariant& baselines, const SecondLook& second,
                                          const LatencyRule& rule, const AllFlags& flags,
                                          std::vector<CaseComparison>& cases) {
  const Policy& policy = *request.policy;
  std::vector<LatencyCase> measured;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i].measured() || IsProbe(open[i].entry->one->plan)) continue;
    const VariantBaselines& known = baselines.at(cases[i].model);
    const Again* const again = Find(second, cases[i].id);
    LatencyCase one;
    one.one = open[i].entry->one;
    one.facts = &cases[i].facts;
    one.baseline = known.latency ? &*known.latency : nullptr;
    one.policy = open[i].policy;
    one.run = open[i].entry->run;
    if (again != nullptr && again->why_not.empty()) one.second = again->entry.one;
    measured.push_back(std::move(one));
    position.push_back(i);
  }
  LatencyInput input{measured, &policy, {}, request.second != nullptr};
  for (const run::Run& run : request.runs->runs()) input.runs.push_back(&run);
  if (request.second != nullptr) {
    for (const run::Run& run : request.second->runs()) input.second_runs.push_back(&run);
  }
  LatencyFindings judged = JudgeLatency(input, rule);
  for (std::size_t k = 0; k < judged.cases.size(); ++k) {
    std::vector<LatencyFinding>& findings = judged.cases[k];
    for (LatencyFinding& finding : findings) {
      if (LacksBaseline(finding) && OnlyReported(policy.latency_no_baseline, request.selection, Question::kLatency)) {
        finding.decides = false;
      }
    }
    CaseComparison& one = cases[position[k]];
    const RunSet::Entry& entry = *open[position[k]].entry;
    if (const Again* const again = Find(second, one.id)) {
      MarkNotMeasuredAgain(again->why_not, findings);
      MarkNotValid(WhyNotValid(flags.second, again->entry), findings);
    }
    MarkNotValid(WhyNotValid(flags.first, entry), findings);
    one.latency = std::move(findings);
    one.budgets = JudgeBudgets(*entry.one, policy);
    MarkNotValid(WhyNotValid(flags.first, entry), one.budgets);
  }
  for (const run::Run& run : request.runs->runs()) {
    MarkNotValid(WhyNotValid(flags.first, run.directory.string(), ""), judged.suite);
  }
  return std::move(judged.suite);
}

base::Result<SecondLook> TakeSecondLook(const CompareRequest& request) {
  SecondLook second;
  if (request.second == nullptr) return second;
  ASSAY_TRY(const auto matched, MatchSecondLook(*request.runs, *request.second));
  for (const auto& [id, entry] : matched) {
    Again again{entry, FactsOf(*entry.one, *entry.run), ""};
    again.why_not = WhyNotMeasuredAgain(*entry.one, again.facts);
    second.emplace(id, std::move(again));
  }
  return second;
}

base::Status CheckPolicy(const Policy& policy, const std::vector<CaseComparison>& cases) {
  std::vector<std::string_view> ids;
  ids.reserve(cases.size());
  for (const CaseComparison& one : cases) ids.push_back(one.id);
  return CheckPolicyMatches(policy, ids);
}

std::size_t OutputsFolder(std::span<const std::filesystem::path> folders, const std::string& variant,
                          const VariantBaselines& known) {
  if (!known.outputs) return 0;
  const auto found = std::ranges::find_if(
      folders, [&](const std::filesystem::path& folder) { return OutputsPath(folder, variant) == known.outputs_path; });
  return static_cast<std::size_t>(found - folders.begin());
}

// In place: the cases of a large suite are too large to be there twice.
std::vector<CaseComparison> Selected(std::vector<CaseComparison> cases, const std::vector<bool>& selected) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!selected[i]) continue;
    if (i != kept) cases[kept] = std::move(cases[i]);
    ++kept;
  }
  cases.erase(cases.begin() + static_cast<std::ptrdiff_t>(kept), cases.end());
  return cases;
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

base::Result<Comparison> Compare(const CompareRequest& request, const LatencyRule& rule) {
  ASSAY_CHECK(request.runs != nullptr && request.policy != nullptr, "a comparison needs a run and a policy");
  ASSAY_CHECK(IsDay(request.today), "a comparison needs to know the day: quarantines end");
  const RunSet& runs = *request.runs;
  const Policy& policy = *request.policy;
  const Selection& selection = request.selection;
  ASSAY_RETURN_IF_ERROR(CheckFolders(request.baselines));
  ASSAY_TRY(const SecondLook second, TakeSecondLook(request));
  Comparison comparison;
  comparison.environment = runs.environment();
  comparison.policy_source = policy.source;
  comparison.alpha = policy.alpha;
  comparison.selection = selection;
  for (const std::filesystem::path& folder : request.baselines) comparison.baselines.push_back(folder.string());

  BaselinesByVariant known;
  const std::string key = comparison.environment.Key();
  for (const std::string& variant : runs.Variants()) {
    ASSAY_TRY(VariantBaselines one, LoadBaselines(request.baselines, variant, key));
    if (!one.latency) comparison.without_latency_baseline.push_back(variant);
    comparison.outputs_folder.emplace(variant, OutputsFolder(request.baselines, variant, one));
    known.emplace(variant, std::move(one));
  }
  comparison.latency_baseline = comparison.without_latency_baseline.empty();

  std::vector<CaseComparison> cases;
  std::vector<Open> open;
  cases.reserve(runs.cases().size());
  open.reserve(runs.cases().size());
  for (const RunSet::Entry& entry : runs.cases()) {
    cases.push_back(PlannedComparison(*entry.one, *entry.run));
    open.push_back(Open{&entry, policy.For(entry.one->plan.id)});
  }
  ASSAY_RETURN_IF_ERROR(AppendMissing(runs, known, cases));
  open.resize(cases.size());
  ASSAY_RETURN_IF_ERROR(CheckPolicy(policy, cases));
  std::vector<CaseAddress> addresses;
  addresses.reserve(cases.size());
  for (const CaseComparison& one : cases) addresses.push_back(CaseAddress{one.id, one.model, one.alias, one.prompt});
  ASSAY_TRY(const std::vector<bool> selected, Select(selection, addresses));
  for (CaseComparison& one : cases) one.quarantine = FindQuarantine(policy, one.id, request.today);

  AllFlags flags{FlagsOf(runs, policy), {}};
  if (request.second != nullptr) flags.second = FlagsOf(*request.second, policy);
  std::vector<SuiteFinding> suite = JudgeAllLatency(request, open, known, second, rule, flags, cases);
  if (selection.Asks(Question::kLatency)) comparison.suite = std::move(suite);
  JudgeAnswersOf(open, known, policy, selection, second, cases);
  ASSAY_RETURN_IF_ERROR(JudgeQualityOf(runs, open, known, policy, cases));
  if (request.second != nullptr) {
    for (const run::Run& one : request.second->runs()) comparison.second_looks.push_back(one.directory.string());
  } else if (selection.Asks(Question::kLatency)) {
    comparison.second_look = PlanSecondLook(cases, comparison.suite, runs);
  }
  comparison.cases_in_family = cases.size();
  for (CaseComparison& one : cases) ConcludeCase(selection, one);
  comparison.cases = Selected(std::move(cases), selected);
  GroupByVariant(comparison.cases);
  ConcludeSuite(comparison);
  for (const run::Run& one : runs.runs()) DescribeRun(one, comparison);
  DescribeFlags(std::move(flags.first), comparison);
  DescribeFlags(std::move(flags.second), comparison);
  ConcludeAll(comparison);
  return comparison;
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/report/comparison_text.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "fixtures/base/text.h"
#include "tools/compare/stored_metrics.h"
#include "tools/report/answer_lines.h"
#include "tools/report/case_label.h"
#include "tools/report/command_line.h"
#include "tools/report/decision_text.h"
#include "tools/report/latency_text.h"
#include "tools/report/numbers.h"
#include "tools/report/probe_text.h"
#include "tools/report/quality_text.h"

namespace assay::report {
namespace {

using compare::AnswerVerdict;
using compare::CaseComparison;
using compare::CaseStatus;
using compare::Comparison;
using compare::LatencyFinding;
using compare::LatencyReason;
using compare::Question;
using compare::SuiteVerdict;
using compare::Verdict;

// Counts words in the order they are declared here, so that the line always reads the same way.
class Tally {
 public:
  void Add(const std::string& word) { ++counts_[word]; }
  std::vector<std::string> Parts(std::initializer_list<std::string_view> order) const {
    std::vector<std::string> parts;
    for (const std::string_view word : order) {
      const auto found = counts_.find(std::string(word));
      if (found != counts_.end()) parts.push_back(std::to_string(found->second) + " " + found->first);
    }
    return parts;
  }

 private:
  std::map<std::string, std::size_t> counts_;
};

bool NoBaselineOfVariant(const Comparison& comparison, const CaseComparison& one) {
  const auto& variants = comparison.without_latency_baseline;
  return std::find(variants.begin(), variants.end(), one.model) != variants.end();
}

void AddLatencyLines(const Comparison& comparison, const CaseComparison& one, std::vector<DetailLine>& lines) {
  std::size_t without_baseline = 0;
  std::string not_valid;
  for (const LatencyFinding& finding : one.latency) {
    if (finding.code == LatencyReason::kNoBaseline) {
      if (!compare::IsSessionMetric(*finding.metric)) ++without_baseline;
      continue;
    }
    if (finding.code == LatencyReason::kRunNotValid) {
      not_valid = finding.reason;
      continue;
    }
    // What is undefined on both sides is no news, nor is a metric that stayed where it was, unless it says little.
    const bool acquitted = finding.n_second > 0 && finding.first_change;  // was a suspect
    if (finding.verdict == Verdict::kUnchanged && !acquitted && !(finding.decides && IsCoarse(finding))) continue;
    if (finding.verdict == Verdict::kCannotTell && IsSpokenFor(finding)) continue;
    if (finding.code == LatencyReason::kMetricAbsent && !finding.decides) continue;
    // Throughput and load time need sessions that many baselines do not have yet; that is news where they decide.
    const bool of_session = compare::IsSessionMetric(*finding.metric);
    if (of_session && finding.verdict == Verdict::kCannotTell && !finding.decides) continue;
    lines.push_back(DetailLine{0, LatencyLine(finding, comparison.pair.has_value())});
  }
  if (!not_valid.empty()) lines.push_back(DetailLine{0, "latency cannot_tell: " + not_valid});
  if (without_baseline > 0 && !NoBaselineOfVariant(comparison, one)) {
    lines.push_back(DetailLine{0, "latency cannot_tell: no accepted session has this case"});
  }
}

void AddPolicyLines(const CaseComparison& one, std::vector<DetailLine>& lines) {
  for (const compare::BudgetFinding& finding : one.budgets) {
    if (finding.verdict != Verdict::kUnchanged) lines.push_back(DetailLine{0, BudgetLine(finding)});
  }
}

CaseDetails DetailsOf(const Comparison& comparison, const CaseComparison& one, Detail detail) {
  CaseDetails details;
  details.title = one.model + ", prompt " + CaseLabel(one.prompt, one.id) + ": " + CaseWord(one);
  if (one.quarantine) details.lines.push_back(DetailLine{0, QuarantineLine(*one.quarantine)});
  if (!one.measured()) {
    std::string line = std::string(compare::ToString(one.status));
    if (!one.outcome.empty()) line += " (" + one.outcome + ")";
    details.lines.push_back(DetailLine{0, line + ": " + one.reason});
    if (one.facts.counting + one.facts.failed > 0) {
      details.lines.push_back(DetailLine{1, std::to_string(one.facts.counting) + " requests succeeded, " +
                                                std::to_string(one.facts.failed) + " failed"});
    }
    return details;
  }
  if (comparison.selection.Asks(Question::kLatency)) {
    AddLatencyLines(comparison, one, details.lines);
    AddPolicyLines(one, details.lines);
  }
  if (comparison.selection.Asks(Question::kDeterminism)) {
    if (one.probe) {
      for (DetailLine& line : ProbeDetails(one)) details.lines.push_back(std::move(line));
    } else {
      const bool paired = comparison.pair.has_value();
      for (DetailLine& line : AnswerLines(one, paired, detail)) details.lines.push_back(std::move(line));
      if (detail == Detail::kLarge) details.whole = WholeAnswers(one, paired);
    }
    for (DetailLine& line : QualityLines(one)) details.lines.push_back(std::move(line));
  }
  if (one.facts.failed > 0) {
    details.lines.push_back(
        DetailLine{0, std::to_string(one.facts.failed) + " requests failed (" + one.facts.Outcomes() + ") beside the " +
                          std::to_string(one.facts.counting) + " that count: " + one.facts.last_error});
  }
  if (!details.lines.empty() && !one.paired_with.empty() && one.paired_with != one.id) {
    details.lines.push_back(DetailLine{0, "the base's case: " + one.paired_with});
  }
  return details;
}

// What decides comes first.
int Rank(const CaseComparison& one) {
  if (!one.decides) return 3;
  if (one.verdict == Verdict::kRegressed) return 0;
  if (one.verdict == Verdict::kCannotTell || !one.measured()) return 1;
  return 2;
}

}  // namespace

std::string CaseWord(const CaseComparison& one) {
  if (!one.measured()) return std::string(compare::ToString(one.status));
  if (one.quarantined()) return "quarantined";
  if (!one.decides) return "not gated";
  return std::string(compare::ToString(one.verdict));
}

std::string AnswerWord(const CaseComparison& one) {
  if (!one.answers) return "-";
  return std::string(compare::ToString(one.answers->verdict));
}

std::string AnswerCell(const CaseComparison& one) {
  return AnswerWord(one) + (QualityFell(one) ? ", quality fell" : "");
}

std::string SummaryLine(const Comparison& comparison) {
  Tally latency;
  Tally answers;
  Tally budgets;
  std::size_t measured = 0;
  std::size_t gated = 0;
  std::size_t quarantined = 0;
  for (const CaseComparison& one : comparison.cases) {
    if (one.quarantined()) ++quarantined;
    for (const compare::BudgetFinding& finding : one.budgets) {
      budgets.Add(finding.verdict == Verdict::kUnchanged   ? "within"
                  : finding.verdict == Verdict::kRegressed ? "missed"
                                                           : "cannot_tell");
    }
    if (!one.measured()) {
      latency.Add(std::string(compare::ToString(one.status)));
      continue;
    }
    ++measured;
    answers.Add(AnswerWord(one));
    if (one.probe) continue;  // not measured
    const bool no_baseline = NoBaselineOfVariant(comparison, one);
    if (one.latency_decides && !no_baseline) ++gated;
    latency.Add(one.latency_decides && !no_baseline ? std::string(compare::ToString(one.latency_verdict))
                                                    : "not gated");
  }
  std::vector<std::string> parts = latency.Parts({"failed", "missing"});
  const bool asks_latency = comparison.selection.Asks(Question::kLatency);
  if (asks_latency && measured > 0) {
    if (gated == 0) {
      parts.push_back("latency not gated");
    } else {
      for (std::string& part : latency.Parts({"unchanged", "improved", "regressed", "cannot_tell", "not gated"})) {
        parts.push_back(std::move(part));
      }
      parts.back() += " (latency)";
    }
  }
  std::string line = Counted(comparison.cases.size(), "case");
  if (!parts.empty()) line += ": " + base::Join(parts, ", ");
  if (comparison.selection.Asks(Question::kDeterminism) && measured > 0) {
    line += ", answers: " + base::Join(answers.Parts({"unchanged", "changed", "nondeterministic", "new",
                                                      "request_changed", "incomplete", "not_compared"}),
                                       ", ");
  }
  const std::vector<std::string> limits = budgets.Parts({"within", "missed", "cannot_tell"});
  if (asks_latency && !limits.empty()) line += ", budgets: " + base::Join(limits, ", ");
  if (quarantined > 0) line += ", " + std::to_string(quarantined) + " in quarantine";
  return line;
}

std::string VerdictLine(const Comparison& comparison) {
  return "verdict: " + VerdictWord(comparison) + " (exit code " + std::to_string(comparison.exit_code) + ")";
}

std::string ContextLine(const Comparison& comparison) {
  std::string services;
  for (const compare::ComparedRun& one : comparison.runs) {
    const std::string service = one.service.kind + " " + one.service.generation +
                                (one.service.version ? " " + *one.service.version : std::string());
    if (services.find(service) == std::string::npos) services += (services.empty() ? "" : ", ") + service;
  }
  return "environment " + comparison.environment.Key() + ", service " + services + ", policy " +
         comparison.policy_source + " (alpha " + Fixed(comparison.alpha, comparison.alpha < 0.01 ? 4 : 2) + ")";
}

std::string NoLatencyBaselineLine(const Comparison& comparison) {
  if (!comparison.selection.Asks(Question::kLatency) || comparison.latency_baseline || comparison.pair) return "";
  std::set<std::string> without;
  bool all = true;
  for (const CaseComparison& one : comparison.cases) {
    if (NoBaselineOfVariant(comparison, one)) {
      without.insert(one.model);
    } else {
      all = false;
    }
  }
  if (without.empty()) return "";
  std::string line = "no latency baseline for environment " + comparison.environment.Key();
  if (!all) line += " and " + base::Join(std::vector<std::string>(without.begin(), without.end()), ", ");
  line += ": latency was not gated; accept this run with: assay accept";
  for (const compare::ComparedRun& one : comparison.runs) line += " --run " + ShellWord(one.directory);
  return line + " --baselines " + ShellWord(comparison.baselines.back()) + " --reason TEXT";
}

std::string ScrubbedLine(const Comparison& comparison) {
  struct Of {
    std::size_t places = 0;
    std::size_t cases = 0;
  };
  std::map<std::string_view, Of> names;
  for (const CaseComparison& one : comparison.cases) {
    if (!one.answers) continue;
    for (const run::Scrubbed& scrubbed : one.answers->scrubbed) {
      Of& of = names[scrubbed.name];
      of.places += scrubbed.places;
      ++of.cases;
    }
  }
  std::vector<std::string> parts;
  for (const auto& [name, of] : names) {
    parts.push_back(std::string(name) + " (" + Counted(of.places, "place") + " in " + Counted(of.cases, "case") + ")");
  }
  return parts.empty() ? "" : "answers were compared without " + base::Join(parts, ", ");
}

std::vector<std::string> WarningLines(const Comparison& comparison) {
  std::vector<std::string> lines;
  for (const run::Warning& warning : comparison.warnings) {
    lines.push_back("[" + warning.code + "] " + (warning.case_id.empty() ? "" : warning.case_id + ": ") +
                    warning.message);
  }
  return lines;
}

std::string SamplingNote(const Comparison& comparison, std::string_view variant) {
  for (const compare::ComparedRun& run : comparison.runs) {
    for (const run::ModelInfo& model : run.models) {
      if (model.variant != variant || !model.sampling || *model.sampling == "deterministic") continue;
      return "  (sampling: " + *model.sampling + ")";
    }
  }
  return "";
}

CaseDetails AnswerDetails(const CaseComparison& one, Detail detail) {
  ASSAY_CHECK(one.answers.has_value(), "a case that was not measured has no answers to show");
  CaseDetails details;
  details.title = one.model + ", prompt " + CaseLabel(one.prompt, one.id) + ": " + AnswerCell(one);
  details.lines = one.probe ? ProbeDetails(one) : AnswerLines(one, false, detail);
  for (DetailLine& line : QualityLines(one)) details.lines.push_back(std::move(line));
  return details;
}

std::vector<CaseDetails> Details(const Comparison& comparison, Detail detail) {
  std::vector<CaseDetails> all;
  std::vector<int> ranks;
  for (const CaseComparison& one : comparison.cases) {
    CaseDetails details = DetailsOf(comparison, one, detail);
    if (!details.lines.empty()) all.push_back(std::move(details));
    if (all.size() > ranks.size()) ranks.push_back(Rank(one));
  }
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return ranks[i]; });
  std::vector<CaseDetails> sorted;
  sorted.reserve(all.size());
  for (const std::size_t i : order) sorted.push_back(std::move(all[i]));
  return sorted;
}

std::string ColumnTitle(const run::Metric& metric) {
  std::string title;
  if (metric.value == run::E2eMs) title = "e2e";
  if (metric.value == run::TtftMs) title = "TTFT";
  if (metric.value == run::TpotMs) title = "TPOT";
  if (title.empty()) return std::string(metric.name);
  return title + " ms";
}

std::string MetricCell(const LatencyFinding& finding) {
  if (!finding.head_median) return "-";
  if (!finding.base_median) return Short(*finding.head_median);
  const std::string medians = Short(*finding.base_median) + "->" + Short(*finding.head_median);
  if (!finding.change) return medians;
  std::string change = SignedPercent(*finding.change);
  std::erase(change, ' ');
  const bool alarm = finding.verdict == Verdict::kRegressed && finding.decides;
  return medians + " " + change + (alarm ? "!" : "");
}

std::string MetricCell(const CaseComparison& one, const run::Metric& metric) {
  const auto found = std::ranges::find(one.latency, &metric, &LatencyFinding::metric);
  if (found == one.latency.end()) return "-";
  std::string cell = MetricCell(*found);
  if (one.quarantined() && cell.ends_with('!')) cell.pop_back();
  return cell;
}

std::vector<const run::Metric*> TableMetrics(const Comparison& comparison) {
  std::set<const run::Metric*> seen;
  for (const CaseComparison& one : comparison.cases) {
    for (const LatencyFinding& finding : one.latency) seen.insert(finding.metric);
  }
  std::vector<const run::Metric*> metrics;
  for (const run::Metric& metric : run::AllMetrics()) {
    if (seen.contains(&metric) && !compare::IsSessionMetric(metric)) metrics.push_back(&metric);
  }
  return metrics;
}

std::string CaseP(const CaseComparison& one) {
  std::optional<double> smallest;
  const bool decides = one.latency_decides || one.quarantined();
  for (const LatencyFinding& finding : one.latency) {
    if (!finding.p_adjusted || finding.decides != decides) continue;
    if (!smallest || *finding.p_adjusted < *smallest) smallest = finding.p_adjusted;
  }
  return smallest ? PValue(*smallest) : "-";
}

}  // namespace assay::report

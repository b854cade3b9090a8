// SPDX-License-Identifier: MIT
// What every rendering of a comparison for people says, as plain lines: the summary, the missing
// latency baseline, and the details of each case. Nothing here is escaped: the renderer escapes
// each whole line for the place it shows it in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/compare/comparison.h"

namespace assay::report {

// "36 cases: 35 unchanged, 1 regressed (latency), answers: 36 unchanged"
std::string SummaryLine(const compare::Comparison& comparison);
// "verdict: regressed (exit code 1)"
std::string VerdictLine(const compare::Comparison& comparison);
// Where, against what and by which policy.
std::string ContextLine(const compare::Comparison& comparison);
// Empty when latency was not asked for or every variant has its baseline.
std::string NoLatencyBaselineLine(const compare::Comparison& comparison);
// What was taken out of answers before they were compared, of all cases, unchanged ones included; empty for nothing.
std::string ScrubbedLine(const compare::Comparison& comparison);
// "[code] message", one per warning of the runs.
std::vector<std::string> WarningLines(const compare::Comparison& comparison);

// "  (sampling: nondeterministic)" for a variant whose answers or seeds are not to be relied on, else nothing.
std::string SamplingNote(const compare::Comparison& comparison, std::string_view variant);

// One word for the table: the status where nothing was measured, else the verdict; "quarantined" and "not gated" when
// the policy says so.
std::string CaseWord(const compare::CaseComparison& one);
std::string AnswerWord(const compare::CaseComparison& one);
// The same in a table, where a score that fell is said as well.
std::string AnswerCell(const compare::CaseComparison& one);

struct DetailLine {
  int level = 0;  // 0: a finding, 1: what belongs to it
  std::string text;
};
// One of two answers that differ, or as much of it as there is room for.
struct WholeAnswer {
  std::string title;  // "old text"
  std::string text;   // as it was compared; its own line breaks and all
  bool cut = false;
};
struct CaseDetails {
  std::string title;  // "ember:1, prompt capital: regressed"
  std::vector<DetailLine> lines;
  std::vector<WholeAnswer> whole;  // for a page: both of each part that differs, empty where nothing does
};
// How much of a difference between answers is said: a few lines for a terminal, or up to fifty places for a page.
enum class Detail { kSmall, kLarge };
// Every case that is not simply unchanged, what decides first. A latency baseline that is missing for a whole variant
// is said once, not here.
std::vector<CaseDetails> Details(const compare::Comparison& comparison, Detail detail = Detail::kSmall);
// What is said of the answers of one case that was measured against a baseline, or of its probe, and of its scores.
CaseDetails AnswerDetails(const compare::CaseComparison& one, Detail detail);

// "a title, e2e_ms" -> for a table: the short name of a metric, e.g. "e2e", "TTFT".
std::string ColumnTitle(const run::Metric& metric);
// The latencies of the cases, in the order of the registry: a column each. Throughput and load time are told apart.
std::vector<const run::Metric*> TableMetrics(const compare::Comparison& comparison);
// "123->185 +50.2%!": medians of base and head, and the case's change beyond that of all cases; '!' marks a regression
// that decides. "123->185" without a change, "123" without a base, "-" without both.
std::string MetricCell(const compare::LatencyFinding& finding);
// The cell of the case's finding of the metric; "-" when it has none.
std::string MetricCell(const compare::CaseComparison& one, const run::Metric& metric);
// The smallest adjusted p of what decides about the case, where nothing does of what is shown, or "-".
std::string CaseP(const compare::CaseComparison& one);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
#include "tools/report/comparison_markdown.h"

#include <ostream>
#include <string>

#include "fixtures/base/text.h"
#include "tools/report/case_label.h"
#include "tools/report/comparison_text.h"
#include "tools/report/run_conditions.h"

namespace assay::report {
namespace {

using base::EscapeForMarkdown;
using compare::CaseComparison;
using compare::Comparison;
using compare::Question;

void WriteTable(const Comparison& comparison, std::ostream& out) {
  const CaseComparison* example = nullptr;
  for (const CaseComparison& one : comparison.cases) {
    if (example == nullptr && one.measured()) example = &one;
  }
  const bool latency = comparison.selection.Asks(Question::kLatency);
  const bool answers = comparison.selection.Asks(Question::kDeterminism);
  const std::size_t metrics = latency && example != nullptr ? example->latency.size() : 0;
  std::string titles = "| variant | prompt |";
  std::string rule = "|---|---|";
  for (std::size_t i = 0; i < metrics; ++i) {
    titles += " " + EscapeForMarkdown(ColumnTitle(*example->latency[i].metric)) + " |";
    rule += "---:|";
  }
  if (latency) {
    titles += " p |";
    rule += "---:|";
  }
  if (answers) {
    titles += " answers |";
    rule += "---|";
  }
  out << titles << " verdict |\n" << rule << "---|\n";
  for (const CaseComparison& one : comparison.cases) {
    out << "| " << EscapeForMarkdown(one.model) << " | " << EscapeForMarkdown(CaseLabel(one.prompt, one.id)) << " |";
    for (std::size_t i = 0; i < metrics; ++i) {
      out << " " << EscapeForMarkdown(i < one.latency.size() ? MetricCell(one.latency[i]) : "-") << " |";
    }
    if (latency) out << " " << EscapeForMarkdown(CaseP(one)) << " |";
    if (answers) out << " " << EscapeForMarkdown(AnswerWord(one)) << " |";
    const bool alarm = one.decides && one.verdict == compare::Verdict::kRegressed;
    const std::string word = EscapeForMarkdown(CaseWord(one));
    out << " " << (alarm ? "**" + word + "**" : word) << " |\n";
  }
}

}  // namespace

void WriteComparisonMarkdown(const Comparison& comparison, std::ostream& out) {
  out << "### Assay: " << EscapeForMarkdown(compare::ToString(comparison.verdict)) << "\n\n";
  out << EscapeForMarkdown(SummaryLine(comparison)) << "\n\n";
  const std::string no_baseline = NoLatencyBaselineLine(comparison);
  if (!no_baseline.empty()) out << EscapeForMarkdown(no_baseline) << "\n\n";
  WriteTable(comparison, out);
  for (const CaseDetails& details : Details(comparison)) {
    out << "\n**" << EscapeForMarkdown(details.title) << "**\n\n";
    for (const DetailLine& line : details.lines) {
      out << std::string(2 * static_cast<std::size_t>(line.level), ' ') << "- " << EscapeForMarkdown(line.text) << "\n";
    }
  }
  const std::vector<std::string> warnings = WarningLines(comparison);
  if (!warnings.empty()) out << "\nWarnings:\n\n";
  for (const std::string& warning : warnings) out << "- " << EscapeForMarkdown(warning) << "\n";
  const Conditions conditions = ConditionsOf(comparison);
  if (!conditions.flags.empty()) out << "\nFlags:\n\n";
  for (const std::string& flag : conditions.flags) out << "- " << EscapeForMarkdown(flag) << "\n";
  out << "\n"
      << EscapeForMarkdown(ContextLine(comparison)) << "; " << EscapeForMarkdown(VerdictLine(comparison)) << "\n";
  for (const std::string& line : conditions.footer) out << "\n" << EscapeForMarkdown(line) << "\n";
}

}  // namespace assay::report

// SPDX-License-Identifier: MIT
#include "tools/report/comparison_markdown.h"

#include <ostream>
#include <string>

#include "fixtures/base/text.h"
#include "tools/report/accept_text.h"
#include "tools/report/answer_text.h"
#include "tools/report/case_label.h"
#include "tools/report/comparison_text.h"
#include "tools/report/decision_text.h"
#include "tools/report/latency_text.h"
#include "tools/report/pair_text.h"
#include "tools/report/run_conditions.h"
#include "tools/report/suite_text.h"

namespace assay::report {
namespace {

using base::EscapeForMarkdown;
using compare::CaseComparison;
using compare::Comparison;
using compare::Question;

constexpr std::size_t kMostInFull = 20;  // cases whose answers stand there whole: a comment has an end

void WriteTable(const Comparison& comparison, std::ostream& out) {
  const bool latency = comparison.selection.Asks(Question::kLatency);
  const bool answers = comparison.selection.Asks(Question::kDeterminism);
  const std::vector<const run::Metric*> metrics =
      latency ? TableMetrics(comparison) : std::vector<const run::Metric*>();
  std::string titles = "| variant | prompt |";
  std::string rule = "|---|---|";
  for (const run::Metric* metric : metrics) {
    titles += " " + EscapeForMarkdown(ColumnTitle(*metric)) + " |";
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
    for (const run::Metric* metric : metrics) out << " " << EscapeForMarkdown(MetricCell(one, *metric)) << " |";
    if (latency) out << " " << EscapeForMarkdown(CaseP(one)) << " |";
    if (answers) out << " " << EscapeForMarkdown(AnswerCell(one)) << " |";
    const bool alarm = one.decides && one.verdict == compare::Verdict::kRegressed;
    const std::string word = EscapeForMarkdown(CaseWord(one));
    out << " " << (alarm ? "**" + word + "**" : word) << " |\n";
  }
}

void WriteList(std::string_view title, const std::vector<std::string>& lines, std::ostream& out) {
  if (lines.empty()) return;
  out << "\n" << title << ":\n\n";
  for (const std::string& line : lines) out << "- " << EscapeForMarkdown(line) << "\n";
}

// Commands to be copied: no list, and the blanks in front of them make code of them.
void WriteCommands(const std::vector<std::string>& lines, std::ostream& out) {
  bool first = true;
  for (const std::string& line : lines) {
    const bool command = line.starts_with("  ") && !line.starts_with("  (");
    out << (first || !command ? "\n" : "") << (command ? "  " + base::EscapeForTerminal(line) : EscapeForMarkdown(line))
        << "\n";
    if (!command && line.ends_with(":")) out << "\n";
    first = false;
  }
}

// For raw HTML that stays harmless where a renderer takes it for Markdown, and in the log of a CI.
std::string EscapeForHtml(std::string_view text) {
  std::string out;
  for (const char c : base::EscapeForTerminal(text)) {
    if (std::string_view("&<>\"'@\\|`*_[]#!~$").find(c) == std::string_view::npos) {
      out.push_back(c);
    } else {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    }
  }
  return out;
}

// Collapsed. Line breaks of an answer are its own here; all else is shown as in the lines above.
void WriteWhole(const std::vector<WholeAnswer>& answers, std::ostream& out) {
  out << "\n<details><summary>the answers in full</summary>\n";
  for (const WholeAnswer& answer : answers) {
    out << "\n" << EscapeForMarkdown(answer.title) << (answer.text.empty() ? " (empty)" : "");
    if (answer.cut) out << " (the first " << compare::kMostWhole << " characters)";
    out << ":\n\n<pre>\n";
    for (const std::string& line : base::Split(answer.text, '\n')) out << EscapeForHtml(AnswerText(line)) << "\n";
    out << "</pre>\n";
  }
  out << "\n</details>\n";
}

}  // namespace

void WriteComparisonMarkdown(const Comparison& comparison, std::ostream& out) {
  WriteComparisonMarkdown(comparison, AskedFor{}, out);
}

void WriteComparisonMarkdown(const Comparison& comparison, const AskedFor& asked, std::ostream& out) {
  out << "### Assay: " << EscapeForMarkdown(VerdictWord(comparison)) << "\n\n";
  out << EscapeForMarkdown(SummaryLine(comparison)) << "\n\n";
  const std::string decided = DecidedByLine(comparison);
  if (!decided.empty()) out << EscapeForMarkdown(decided) << "\n\n";
  const std::string no_baseline = NoLatencyBaselineLine(comparison);
  if (!no_baseline.empty()) out << EscapeForMarkdown(no_baseline) << "\n\n";
  for (const std::string& line : PairLines(comparison)) out << EscapeForMarkdown(line) << "\n\n";
  const std::string taken_out = TakenOutLine(comparison);
  if (!taken_out.empty()) out << EscapeForMarkdown(taken_out) << "\n\n";
  WriteTable(comparison, out);
  WriteList("All cases together", SuiteLines(comparison), out);
  const std::string sensitivity = SensitivityLine(comparison);
  if (!sensitivity.empty()) out << "\n" << EscapeForMarkdown(sensitivity) << "\n";
  const std::string scrubbed = ScrubbedLine(comparison);
  if (!scrubbed.empty()) out << "\n" << EscapeForMarkdown(scrubbed) << "\n";
  WriteList("Next", NextStepLines(comparison), out);
  WriteCommands(SecondLookLines(comparison, asked), out);
  WriteCommands(AcceptLines(comparison, asked), out);
  std::size_t in_full = 0;
  for (const CaseDetails& details : Details(comparison, Detail::kLarge)) {
    out << "\n**" << EscapeForMarkdown(details.title) << "**\n\n";
    for (const DetailLine& line : details.lines) {
      out << std::string(2 * static_cast<std::size_t>(line.level), ' ') << "- " << EscapeForMarkdown(line.text) << "\n";
    }
    if (!details.whole.empty() && in_full < kMostInFull) {
      WriteWhole(details.whole, out);
      ++in_full;
    }
  }
  const Conditions conditions = ConditionsOf(comparison);
  WriteList("Warnings", WarningLines(comparison), out);
  WriteList("Flags", conditions.flags, out);
  out << "\n"
      << EscapeForMarkdown(ContextLine(comparison)) << "; " << EscapeForMarkdown(VerdictLine(comparison)) << "\n";
  for (const std::string& line : conditions.footer) out << "\n" << EscapeForMarkdown(line) << "\n";
}

}  // namespace assay::report

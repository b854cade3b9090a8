// SPDX-License-Identifier: MIT
#include "tools/report/comparison_terminal.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "fixtures/base/text.h"
#include "tools/report/case_label.h"
#include "tools/report/comparison_text.h"
#include "tools/report/decision_text.h"
#include "tools/report/latency_text.h"
#include "tools/report/pair_text.h"
#include "tools/report/run_conditions.h"
#include "tools/report/suite_text.h"

namespace assay::report {
namespace {

constexpr std::size_t kMaxColumns = 120;
constexpr std::size_t kGap = 2;
constexpr std::size_t kSmallestPromptColumn = 8;

using compare::CaseComparison;
using compare::Comparison;
using compare::Question;

using Row = std::vector<std::string>;

std::size_t Width(const std::string& text) { return base::CodePointIndex(text, text.size()); }

// Shortens from the middle, where variants differ least: their ends carry the version.
std::string Shorten(const std::string& text, std::size_t width) {
  const std::size_t length = Width(text);
  if (length <= width) return text;
  const auto at = [&](std::size_t code_points) {
    std::size_t byte = 0;
    for (; code_points > 0; --code_points) {
      ++byte;
      while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80) ++byte;
    }
    return byte;
  };
  const std::size_t front = (width - 1) / 2;
  return text.substr(0, at(front)) + "~" + text.substr(at(length - (width - 1 - front)));
}

std::string Padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, Width(text)), ' ');
}

Row Header(const Comparison& comparison, const std::vector<const run::Metric*>& metrics) {
  Row row{"prompt"};
  if (comparison.selection.Asks(Question::kLatency)) {
    for (const run::Metric* metric : metrics) row.push_back(ColumnTitle(*metric));
    row.push_back("p");
  }
  if (comparison.selection.Asks(Question::kDeterminism)) row.push_back("answers");
  row.push_back("verdict");
  return row;
}

Row RowOf(const Comparison& comparison, const CaseComparison& one, const std::vector<const run::Metric*>& metrics) {
  Row row{base::EscapeForTerminal(CaseLabel(one.prompt, one.id))};
  if (comparison.selection.Asks(Question::kLatency)) {
    for (const run::Metric* metric : metrics) row.push_back(MetricCell(one, *metric));
    row.push_back(CaseP(one));
  }
  if (comparison.selection.Asks(Question::kDeterminism)) row.push_back(AnswerCell(one));
  row.push_back(CaseWord(one));
  return row;
}

void WriteRow(const Row& row, const std::vector<std::size_t>& widths, std::ostream& out) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += std::string(kGap, ' ') + Padded(i == 0 ? Shorten(row[i], widths[i]) : row[i], widths[i]);
  }
  out << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
}

// Variants come in blocks (compare::Comparison) and are too long for a column: each block gets a
// heading.
void WriteTable(const Comparison& comparison, std::ostream& out) {
  const std::vector<const run::Metric*> metrics = TableMetrics(comparison);
  const Row header = Header(comparison, metrics);
  std::vector<Row> rows;
  rows.reserve(comparison.cases.size());
  for (const CaseComparison& one : comparison.cases) rows.push_back(RowOf(comparison, one, metrics));
  std::vector<std::size_t> widths;
  for (const std::string& title : header) widths.push_back(Width(title));
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::size_t others = 0;
  for (std::size_t i = 1; i < widths.size(); ++i) others += widths[i] + kGap;
  const std::size_t left = kMaxColumns - std::min(kMaxColumns, others + kGap);
  widths[0] = std::min(widths[0], std::max(kSmallestPromptColumn, left));

  WriteRow(header, widths, out);
  const std::string* variant = nullptr;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (variant == nullptr || *variant != comparison.cases[i].model) {
      variant = &comparison.cases[i].model;
      const std::string note = SamplingNote(comparison, *variant);
      out << Shorten(base::EscapeForTerminal(*variant), kMaxColumns - note.size()) << note << "\n";
    }
    WriteRow(rows[i], widths, out);
  }
}

}  // namespace

void WriteComparisonTerminal(const Comparison& comparison, std::ostream& out) {
  WriteComparisonTerminal(comparison, AskedFor{}, out);
}

void WriteComparisonTerminal(const Comparison& comparison, const AskedFor& asked, std::ostream& out) {
  const auto write = [&](const std::vector<std::string>& lines, std::string_view before = "") {
    for (const std::string& line : lines) out << before << base::EscapeForTerminal(line) << "\n";
  };
  write({ContextLine(comparison)});
  write(PairLines(comparison));
  out << "\n";
  const std::string taken_out = TakenOutLine(comparison);
  if (!taken_out.empty()) write({taken_out});
  WriteTable(comparison, out);
  for (const CaseDetails& details : Details(comparison)) {
    out << "\n" << base::EscapeForTerminal(details.title) << "\n";
    for (const DetailLine& line : details.lines) {
      out << std::string(2 + 2 * static_cast<std::size_t>(line.level), ' ') << base::EscapeForTerminal(line.text)
          << "\n";
    }
  }
  const std::vector<std::string> warnings = WarningLines(comparison);
  const Conditions conditions = ConditionsOf(comparison);
  if (!warnings.empty() || !conditions.flags.empty()) out << "\n";
  write(warnings, "warning: ");
  write(conditions.flags, "flag: ");
  if (!conditions.footer.empty()) out << "\n";
  write(conditions.footer);
  out << "\n";
  write(SuiteLines(comparison));
  const std::string sensitivity = SensitivityLine(comparison);
  if (!sensitivity.empty()) write({sensitivity});
  write(NextStepLines(comparison), "next: ");
  const std::string no_baseline = NoLatencyBaselineLine(comparison);
  if (!no_baseline.empty()) write({no_baseline});
  write(SecondLookLines(comparison, asked));
  const std::string decided = DecidedByLine(comparison);
  if (!decided.empty()) write({decided});
  out << SummaryLine(comparison) << "\n" << VerdictLine(comparison) << "\n";
}

}  // namespace assay::report

// SPDX-License-Identifier: MIT
// The tables of a report without a baseline, for people: which figure of a case stands in which column. A figure no
// case has takes no column, and a case without any figure of a table no row.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/report/run_summary.h"

namespace assay::report {

enum class Statistic { kMedian, kP90, kP99, kMax, kOfCase };

struct Column {
  std::string_view title;
  std::string_view metric;
  Statistic statistic = Statistic::kMedian;
  // False: only shown beside others, e.g. an error rate, which every case has.
  bool opens_row = true;
};

// How a case was asked under load, from cold or over a new connection, and what came of it.
std::span<const Column> ScenarioColumns();
// What a request took of the machine.
std::span<const Column> MachineColumns();

// "-" where the case does not have it; a quantile below its floor it does not have.
std::string Cell(const CaseReport& one, const Column& column);

struct Table {
  std::vector<std::string> header;             // what follows variant and case
  std::vector<const CaseReport*> cases;        // one per row
  std::vector<std::vector<std::string>> rows;  // as long as the header
};
// Without rows when no case has any of it.
Table TableOf(std::span<const CaseReport> cases, std::span<const Column> columns);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
#include "tools/report/run_tables.h"

#include <algorithm>

#include "tools/report/numbers.h"

namespace assay::report {
namespace {

constexpr Column kScenarioColumns[] = {
    {"from schedule ms", "latency_from_schedule_ms"},
    {"its p90", "latency_from_schedule_ms", Statistic::kP90},
    {"its p99", "latency_from_schedule_ms", Statistic::kP99},
    {"schedule lag ms", "schedule_lag_p50_ms", Statistic::kOfCase},
    {"longest lag ms", "schedule_lag_max_ms", Statistic::kOfCase},
    {"tok/s of all", "output_tokens_per_s", Statistic::kOfCase},
    {"requests/s", "requests_per_s", Statistic::kOfCase},
    {"in flight", "concurrency_achieved", Statistic::kOfCase},
    {"load ms", "load_ms"},
    {"restart ms", "restart_ms"},
    {"first-request penalty ms", "first_request_penalty_ms"},
    {"connect ms", "connect_ms"},
    {"errors", "error_rate", Statistic::kOfCase, false},
    {"goodput/s", "goodput_per_s", Statistic::kOfCase},
    {"goodput", "goodput_share", Statistic::kOfCase},
};

constexpr Column kMachineColumns[] = {
    {"service MiB", "service_resident_mib"},
    {"peak MiB", "service_peak_resident_mib", Statistic::kMax},
    {"service CPU ms", "service_cpu_ms"},
    {"client CPU ms", "client_cpu_ms"},
    {"CPU of others", "others_cpu_share"},
    {"energy J", "energy_j"},
    {"energy J (estimate)", "energy_estimate_j"},
    {"GPU MiB", "gpu_memory_mib"},
    {"GPU use", "gpu_utilisation"},
    {"GPU W", "gpu_power_w"},
    {"GPU C", "gpu_celsius"},
    {"GPU J", "gpu_energy_j"},
};

std::optional<double> ValueOf(const CaseReport& one, const Column& column) {
  const std::string name(column.metric);
  if (column.statistic == Statistic::kOfCase) {
    const auto found = one.summary.case_metrics.find(name);
    if (found == one.summary.case_metrics.end()) return std::nullopt;
    return found->second;
  }
  // A kept connection has to be set up once too; only where a case asks for a new one it is part of the case.
  if (column.metric == "connect_ms" && !one.all.totals().scenario().new_connection) return std::nullopt;
  const auto found = one.summary.request_metrics.find(name);
  if (found == one.summary.request_metrics.end()) return std::nullopt;
  const run::Distribution& values = found->second;
  switch (column.statistic) {
    case Statistic::kP90:
      return values.p90;
    case Statistic::kP99:
      return values.p99;
    case Statistic::kMax:
      return values.max;
    case Statistic::kMedian:
    case Statistic::kOfCase:
      break;
  }
  return values.median;
}

}  // namespace

std::span<const Column> ScenarioColumns() { return kScenarioColumns; }
std::span<const Column> MachineColumns() { return kMachineColumns; }

std::string Cell(const CaseReport& one, const Column& column) {
  const std::optional<double> value = ValueOf(one, column);
  if (!value) return "-";
  return run::FindMetric(column.metric)->unit == "share" ? Percent(*value) : Short(*value);
}

Table TableOf(std::span<const CaseReport> cases, std::span<const Column> columns) {
  Table table;
  for (const CaseReport& one : cases) {
    const bool opens = std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
      return column.opens_row && ValueOf(one, column).has_value();
    });
    if (opens) table.cases.push_back(&one);
  }
  std::vector<const Column*> shown;
  for (const Column& column : columns) {
    const bool somewhere = std::any_of(table.cases.begin(), table.cases.end(),
                                       [&](const CaseReport* one) { return ValueOf(*one, column).has_value(); });
    if (!somewhere) continue;
    shown.push_back(&column);
    table.header.emplace_back(column.title);
  }
  for (const CaseReport* one : table.cases) {
    std::vector<std::string>& row = table.rows.emplace_back();
    for (const Column* column : shown) row.push_back(Cell(*one, *column));
  }
  return table;
}

}  // namespace assay::report

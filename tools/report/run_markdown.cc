// SPDX-License-Identifier: MIT
#include "tools/report/run_markdown.h"

#include <algorithm>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "fixtures/base/quantile.h"
#include "fixtures/base/text.h"
#include "tools/report/case_label.h"
#include "tools/report/numbers.h"
#include "tools/report/probe_text.h"
#include "tools/report/run_conditions.h"
#include "tools/report/run_summary.h"
#include "tools/report/run_tables.h"

namespace assay::report {
namespace {

using base::EscapeForMarkdown;

constexpr double kLargestGoodIdleShare = 0.02;

const run::Distribution* Find(const CaseReport& one, const std::string& metric) {
  const auto found = one.summary.request_metrics.find(metric);
  return found == one.summary.request_metrics.end() ? nullptr : &found->second;
}

std::string Median(const CaseReport& one, const std::string& metric) {
  const run::Distribution* values = Find(one, metric);
  return values != nullptr ? Short(values->median) : "-";
}

// "1450 [1000 1900]"
std::string Range(const CaseReport& one, const std::string& metric) {
  const run::Distribution* values = Find(one, metric);
  return values != nullptr ? Short(values->median) + " [" + Short(values->min) + " " + Short(values->max) + "]" : "-";
}

// "12", or "12-14" when repetitions differ.
std::string Tokens(const CaseReport& one, const std::string& metric) {
  const run::Distribution* values = Find(one, metric);
  if (values == nullptr) return "-";
  const std::string low = Fixed(values->min, 0);
  return values->min == values->max ? low : low + "-" + Fixed(values->max, 0);
}

void WriteHead(const run::Run& run, std::ostream& out) {
  const run::Environment& environment = run.info.environment;
  const run::ServiceInfo& service = run.info.service;
  const run::Provenance& provenance = run.info.provenance;
  const run::Validity& validity = run.info.validity;
  out << "- run: " << EscapeForMarkdown(run.directory.string()) << ", started "
      << EscapeForMarkdown(provenance.started_at) << ", Assay " << EscapeForMarkdown(provenance.assay_version) << " ("
      << EscapeForMarkdown(provenance.build_type) << "), seed " << provenance.seed << ", " << provenance.repetitions
      << " repetitions\n";
  out << "- environment: "
      << EscapeForMarkdown(environment.os + " " + environment.os_version + ", " + environment.arch + ", " +
                           environment.cpu + ", " + std::to_string(environment.cores) + " cores" +
                           (environment.gpu ? ", " + *environment.gpu : std::string()) +
                           (environment.power_source ? ", power: " + *environment.power_source : std::string()))
      << " (key " << EscapeForMarkdown(environment.Key()) << ")\n";
  out << "- service: "
      << EscapeForMarkdown(service.kind + " " + service.generation +
                           (service.version ? " " + *service.version : std::string()) + " at " + service.endpoint)
      << "\n";
  out << "- requests: " << validity.measured_requests << " measured, " << validity.failed_requests << " failed"
      << (validity.disturbed_requests > 0
              ? ", " + std::to_string(validity.disturbed_requests) + " disturbed (sent again, not counted)"
              : "")
      << "; idle share " << Percent(validity.idle_share)
      << (validity.idle_share > kLargestGoodIdleShare ? " (above 2 %: the client waited too long between requests)"
                                                      : "")
      << "\n";
  if (validity.interrupted) out << "- **interrupted**: the run was not measured to its end\n";
}

std::string OrDash(const std::optional<std::string>& text) { return text ? EscapeForMarkdown(*text) : "-"; }

// Which models answered, and whether their answers can be relied on. The service is named where it is not the run's.
void WriteModels(const compare::RunSet& runs, std::ostream& out) {
  std::string rows;
  std::string evidence;
  for (const run::Run& run : runs.runs()) {
    for (const run::ModelInfo& model : run.info.models) {
      const bool own = model.endpoint != run.info.service.endpoint;
      rows += "| " + EscapeForMarkdown(model.variant) + " | " + EscapeForMarkdown(model.alias) + " | " +
              OrDash(model.device) + " | " + OrDash(model.execution_provider) + " | " +
              (model.size_mib ? std::to_string(*model.size_mib) : "-") + " | " + OrDash(model.license) + " | " +
              EscapeForMarkdown(own ? model.generation + " at " + model.endpoint : model.generation) + " | " +
              OrDash(model.sampling) + " |\n";
      if (!model.sampling || *model.sampling == "deterministic") continue;
      for (const std::string& line : model.findings) {
        evidence += "- " + EscapeForMarkdown(model.variant) + ": " + EscapeForMarkdown(line) + "\n";
      }
    }
  }
  if (rows.empty()) return;
  out << "\n| variant | asked for as | device | execution provider | MiB | licence | service | sampling |\n"
         "|---|---|---|---|---:|---|---|---|\n"
      << rows;
  if (!evidence.empty()) out << "\nSampling:\n\n" << evidence;
}

// Far quantiles of the two latencies, where any case has requests enough for one.
constexpr Column kTail[] = {{"e2e p90", "e2e_ms", Statistic::kP90},
                            {"e2e p99", "e2e_ms", Statistic::kP99},
                            {"TTFT p90", "ttft_ms", Statistic::kP90},
                            {"TTFT p99", "ttft_ms", Statistic::kP99}};

std::string Front(const CaseReport& one) {
  const run::PlannedCase& plan = one.entry->one->plan;
  return "| " + EscapeForMarkdown(plan.model) + " | " + EscapeForMarkdown(CaseLabel(plan.prompt, plan.id)) + " |";
}

void WriteCases(const std::vector<CaseReport>& cases, std::ostream& out) {
  std::vector<const Column*> tail;
  for (const Column& column : kTail) {
    const bool somewhere =
        std::any_of(cases.begin(), cases.end(), [&](const CaseReport& one) { return Cell(one, column) != "-"; });
    if (somewhere) tail.push_back(&column);
  }
  out << "\n| variant | prompt | n | e2e ms [min max] | TTFT ms |";
  for (const Column* column : tail) out << " " << column->title << " |";
  out << " TPOT ms | tok/s | tokens in + out | outcome |\n|---|---|---:|---:|---:|";
  for (std::size_t i = 0; i < tail.size(); ++i) out << "---:|";
  out << "---:|---:|---:|---|\n";
  for (const CaseReport& one : cases) {
    out << Front(one) << " " << one.facts.counting << " | " << EscapeForMarkdown(Range(one, "e2e_ms")) << " | "
        << Median(one, "ttft_ms") << " |";
    for (const Column* column : tail) out << " " << Cell(one, *column) << " |";
    out << " " << Median(one, "tpot_ms") << " | " << Median(one, "decode_tokens_per_s") << " | "
        << Tokens(one, "prompt_tokens") << " + " << Tokens(one, "completion_tokens") << " | "
        << EscapeForMarkdown(OutcomeWord(*one.entry, one.facts)) << " |\n";
  }
  out << "\nMedians over the n requests that count; tok/s is the decode rate, without the time to the first token. "
         "Quantiles are of type "
      << EscapeForMarkdown(base::kQuantileMethod) << "; p90 is stated from " << base::FewestForQuantile(0.90)
      << " requests on, p99 from " << base::FewestForQuantile(0.99) << ".\n";
}

void WriteTable(const std::vector<CaseReport>& cases, std::span<const Column> columns, std::string_view title,
                std::ostream& out) {
  const Table table = TableOf(cases, columns);
  if (table.rows.empty()) return;
  out << "\n" << title << ":\n\n| variant | prompt |";
  for (const std::string& one : table.header) out << " " << one << " |";
  out << "\n|---|---|";
  for (std::size_t i = 0; i < table.header.size(); ++i) out << "---:|";
  out << "\n";
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    out << Front(*table.cases[i]);
    for (const std::string& cell : table.rows[i]) out << " " << cell << " |";
    out << "\n";
  }
}

std::string Limits(const std::vector<run::Limit>& goodput) {
  std::vector<std::string> limits;
  for (const run::Limit& limit : goodput) {
    const bool least = limit.metric->direction == run::Direction::kHigherIsBetter;
    limits.push_back(std::string(limit.metric->name) + (least ? " at least " : " at most ") + Short(limit.value));
  }
  return base::Join(limits, ", ");
}

void WriteList(std::string_view title, const std::vector<std::string>& lines, std::ostream& out) {
  if (lines.empty()) return;
  out << "\n" << title << ":\n\n";
  for (const std::string& line : lines) out << "- " << EscapeForMarkdown(line) << "\n";
}

}  // namespace

void WriteRunMarkdown(const compare::RunSet& runs, const compare::Policy& policy, std::ostream& out) {
  out << "### Assay run\n\n";
  for (const run::Run& run : runs.runs()) WriteHead(run, out);
  WriteModels(runs, out);
  const std::vector<CaseReport> cases = ReportCases(runs, policy.goodput);
  WriteCases(cases, out);
  WriteTable(cases, ScenarioColumns(), "Under load, from cold and within limits", out);
  if (!policy.goodput.empty()) {
    out << "\nGoodput counts requests with " << EscapeForMarkdown(Limits(policy.goodput))
        << ", as a share of those attempted.\n";
  }
  WriteTable(cases, MachineColumns(), "What a request takes of the machine", out);
  WriteList("Probes", ProbeLines(runs), out);
  std::string problems;
  for (const CaseReport& one : cases) {
    const run::PlannedCase& plan = one.entry->one->plan;
    const std::string& why = plan.failure.empty() ? one.facts.last_error : plan.failure;
    if (one.facts.failed > 0 || !plan.failure.empty()) {
      problems += "- " + EscapeForMarkdown(plan.id) + ": " + std::to_string(one.facts.failed) + " failed" +
                  (one.facts.Outcomes().empty() ? "" : " (" + EscapeForMarkdown(one.facts.Outcomes()) + ")") + ": " +
                  EscapeForMarkdown(why) + "\n";
    }
  }
  if (!problems.empty()) out << "\nFailures:\n\n" << problems;
  std::string warnings;
  for (const run::Run& run : runs.runs()) {
    for (const run::Warning& warning : run.info.validity.warnings) {
      warnings += "- \\[" + EscapeForMarkdown(warning.code) + "\\] " +
                  (warning.case_id.empty() ? "" : EscapeForMarkdown(warning.case_id) + ": ") +
                  EscapeForMarkdown(warning.message) + "\n";
    }
  }
  if (!warnings.empty()) out << "\nWarnings:\n\n" << warnings;
  const Conditions conditions = ConditionsOf(runs, policy.validity);
  WriteList("Flags", conditions.flags, out);
  for (const std::string& line : conditions.footer) out << "\n" << EscapeForMarkdown(line) << "\n";
}

}  // namespace assay::report

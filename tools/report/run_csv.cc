// SPDX-License-Identifier: MIT
#include "tools/report/run_csv.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
#include "tools/compare/probe_rule.h"
#include "tools/report/numbers.h"
#include "tools/report/run_summary.h"

namespace assay::report {
namespace {

std::string Number(double value) { return run::WriteJson(run::Json(Stable(value)), run::JsonStyle::kCompact); }

std::string Field(const std::optional<std::string>& text) { return text ? base::EscapeForCsv(*text) : std::string(); }

// What is known of the model of a case; the same on each of its rows, so that a sheet can be filtered by it.
std::string Facts(const run::Run& run, const run::PlannedCase& plan) {
  run::ModelInfo facts;
  if (const run::ModelInfo* model = FindModel(run, plan.model)) {
    facts = *model;
  } else {  // a file of before: the case says the rest
    facts.device = plan.device;
    facts.execution_provider = plan.execution_provider;
    facts.size_mib = plan.size_mib;
    facts.license = plan.license;
    facts.generation = run.info.service.generation;
    facts.endpoint = run.info.service.endpoint;
  }
  return Field(facts.device) + "," + Field(facts.execution_provider) + "," +
         (facts.size_mib ? std::to_string(*facts.size_mib) : std::string()) + "," + Field(facts.license) + "," +
         Field(facts.generation) + "," + Field(facts.endpoint) + "," + Field(facts.sampling);
}

// Every metric some case has; e2e_ms always, so that no case is without a row.
std::vector<const run::Metric*> MetricsOf(const std::vector<CaseReport>& cases) {
  std::vector<const run::Metric*> metrics;
  for (const run::Metric& metric : run::AllMetrics()) {
    const std::string name(metric.name);
    const bool somewhere = std::any_of(cases.begin(), cases.end(), [&](const CaseReport& one) {
      return one.summary.request_metrics.contains(name) || one.summary.case_metrics.contains(name);
    });
    if (somewhere || metric.value == run::E2eMs) metrics.push_back(&metric);
  }
  return metrics;
}

// From `n` to the end of the row.
std::string Numbers(const CaseReport& one, const run::Metric& metric, const std::string& facts) {
  const std::string name(metric.name);
  const std::string nothing = "0,,,,,," + facts + ",,,,";
  if (metric.of_case != nullptr) {
    const auto found = one.summary.case_metrics.find(name);
    if (found == one.summary.case_metrics.end()) return nothing;
    return std::to_string(one.summary.attempted) + ",,,,,," + facts + ",,,," + Number(found->second);
  }
  const auto found = one.summary.request_metrics.find(name);
  if (found == one.summary.request_metrics.end()) return nothing;
  const run::Distribution& values = found->second;
  const std::optional<Spread> spread = SpreadOf(one.all.Values(metric));
  const auto optional = [](const std::optional<double>& value) { return value ? Number(*value) : std::string(); };
  return std::to_string(values.n) + "," + Number(values.median) + "," + Number(spread->p25) + "," +
         Number(spread->p75) + "," + Number(values.min) + "," + Number(values.max) + "," + facts + "," +
         optional(values.p90) + "," + optional(values.p95) + "," + optional(values.p99) + ",";
}

// A probe is one row: what it found stands where a case says how it ended.
void WriteProbe(const compare::RunSet::Entry& entry, std::ostream& out) {
  const run::PlannedCase& plan = entry.one->plan;
  const run::ProbeFinding* const found = run::FindProbe(entry.run->info, plan.id);
  const compare::CaseFacts facts = compare::FactsOf(*entry.one, *entry.run);
  const std::string word = found != nullptr ? std::string(ToString(found->result)) : OutcomeWord(entry, facts);
  out << base::EscapeForCsv(plan.id) << "," << base::EscapeForCsv(plan.model) << "," << base::EscapeForCsv(plan.alias)
      << "," << base::EscapeForCsv(plan.prompt) << "," << base::EscapeForCsv(word) << "," << facts.failed
      << ",probe,result," << (found != nullptr ? found->n : 0) << ",,,,,," << Facts(*entry.run, plan) << ",,,,\n";
}

}  // namespace

void WriteRunCsv(const compare::RunSet& runs, const compare::Policy& policy, std::ostream& out) {
  const std::vector<CaseReport> cases = ReportCases(runs, policy.goodput);
  const std::vector<const run::Metric*> metrics = MetricsOf(cases);
  out << "case,model,alias,prompt,outcome,failed_requests,metric,unit,n,median,p25,p75,min,max,"
         "device,execution_provider,size_mib,license,generation,endpoint,sampling,p90,p95,p99,value\n";
  for (const CaseReport& one : cases) {
    const run::PlannedCase& plan = one.entry->one->plan;
    const std::string front = base::EscapeForCsv(plan.id) + "," + base::EscapeForCsv(plan.model) + "," +
                              base::EscapeForCsv(plan.alias) + "," + base::EscapeForCsv(plan.prompt) + "," +
                              base::EscapeForCsv(OutcomeWord(*one.entry, one.facts)) + "," +
                              std::to_string(one.facts.failed) + ",";
    const std::string back = Facts(*one.entry->run, plan);
    for (const run::Metric* metric : metrics) {
      out << front << metric->name << "," << metric->unit << "," << Numbers(one, *metric, back) << "\n";
    }
  }
  for (const compare::RunSet::Entry& entry : runs.cases()) {
    if (compare::IsProbe(entry.one->plan)) WriteProbe(entry, out);
  }
}

}  // namespace assay::report

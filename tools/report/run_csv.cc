// SPDX-License-Identifier: MIT
#include "tools/report/run_csv.h"

#include <ostream>
#include <string>

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
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

}  // namespace

void WriteRunCsv(const compare::RunSet& runs, std::ostream& out) {
  out << "case,model,alias,prompt,outcome,failed_requests,metric,unit,n,median,p25,p75,min,max,"
         "device,execution_provider,size_mib,license,generation,endpoint,sampling\n";
  for (const compare::RunSet::Entry& entry : runs.cases()) {
    const run::PlannedCase& plan = entry.one->plan;
    const compare::CaseFacts facts = compare::FactsOf(*entry.one, *entry.run);
    const std::string front = base::EscapeForCsv(plan.id) + "," + base::EscapeForCsv(plan.model) + "," +
                              base::EscapeForCsv(plan.alias) + "," + base::EscapeForCsv(plan.prompt) + "," +
                              base::EscapeForCsv(OutcomeWord(entry, facts)) + "," + std::to_string(facts.failed) + ",";
    const std::string back = Facts(*entry.run, plan);
    for (const run::Metric& metric : run::AllMetrics()) {
      out << front << metric.name << "," << metric.unit << ",";
      const std::optional<Spread> spread = SpreadOf(compare::MetricValues(*entry.one, metric));
      if (!spread) {
        out << "0,,,,,," << back << "\n";
        continue;
      }
      out << spread->n << "," << Number(spread->median) << "," << Number(spread->p25) << "," << Number(spread->p75)
          << "," << Number(spread->min) << "," << Number(spread->max) << "," << back << "\n";
    }
  }
}

}  // namespace assay::report

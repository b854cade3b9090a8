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

}  // namespace

void WriteRunCsv(const compare::RunSet& runs, std::ostream& out) {
  out << "case,model,alias,prompt,outcome,failed_requests,metric,unit,n,median,p25,p75,min,max\n";
  for (const compare::RunSet::Entry& entry : runs.cases()) {
    const run::PlannedCase& plan = entry.one->plan;
    const compare::CaseFacts facts = compare::FactsOf(*entry.one, *entry.run);
    const std::string front = base::EscapeForCsv(plan.id) + "," + base::EscapeForCsv(plan.model) + "," +
                              base::EscapeForCsv(plan.alias) + "," + base::EscapeForCsv(plan.prompt) + "," +
                              base::EscapeForCsv(OutcomeWord(entry, facts)) + "," + std::to_string(facts.failed) + ",";
    for (const run::Metric& metric : run::AllMetrics()) {
      out << front << metric.name << "," << metric.unit << ",";
      const std::optional<Spread> spread = SpreadOf(compare::MetricValues(*entry.one, metric));
      if (!spread) {
        out << "0,,,,,\n";
        continue;
      }
      out << spread->n << "," << Number(spread->median) << "," << Number(spread->p25) << "," << Number(spread->p75)
          << "," << Number(spread->min) << "," << Number(spread->max) << "\n";
    }
  }
}

}  // namespace assay::report

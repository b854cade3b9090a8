// SPDX-License-Identifier: MIT
#include "tools/report/ctest_measurements.h"

#include <cmath>
#include <optional>
#include <ostream>
#include <string>

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
#include "tools/report/numbers.h"

namespace assay::report {

void WriteCtestMeasurements(const compare::Comparison& comparison, std::ostream& out) {
  const bool several = comparison.cases.size() > 1;
  for (const compare::CaseComparison& one : comparison.cases) {
    const auto write = [&](const std::string& name, const std::optional<double>& value) {
      if (!value || !std::isfinite(*value)) return;
      out << "<CTestMeasurement type=\"numeric/double\" name=\""
          << base::EscapeForXml((several ? one.id + "/" : "") + name) << "\">"
          << run::WriteJson(run::Json(Stable(*value)), run::JsonStyle::kCompact) << "</CTestMeasurement>\n";
    };
    if (comparison.selection.Asks(compare::Question::kLatency)) {
      for (const compare::LatencyFinding& finding : one.latency) {
        const std::string metric(finding.metric->name);
        write(metric + ".median", finding.head_median);
        write(metric + ".baseline_median", finding.base_median);
        if (finding.change) write(metric + ".change_percent", *finding.change * 100.0);
        write(metric + ".p_adjusted", finding.p_adjusted);
        if (finding.mde) write(metric + ".could_have_seen_percent", *finding.mde * 100.0);
      }
    }
    write("requests", static_cast<double>(one.facts.counting));
    const bool compared = !one.answers || one.answers->verdict != compare::AnswerVerdict::kNotCompared;
    if (comparison.selection.Asks(compare::Question::kDeterminism) && compared) {
      write("distinct_answers", static_cast<double>(one.facts.distinct_answers));
    }
  }
}

}  // namespace assay::report

// SPDX-License-Identifier: MIT
#include "tools/report/run_workshop.h"

#include <algorithm>
#include <ostream>

#include "fixtures/base/text.h"
#include "tools/report/numbers.h"
#include "tools/report/probe_text.h"
#include "tools/report/run_summary.h"

namespace assay::report {
namespace {

std::string Cell(const std::optional<double>& value, int decimals) { return value ? Fixed(*value, decimals) : "-"; }

}  // namespace

void WriteRunWorkshop(const compare::RunSet& runs, std::ostream& out) {
  const std::vector<VariantSummary> summaries = SummarizeVariants(runs);
  out << "|Model|Avg Latency|p95|TPS|\n|---|---|---|---|\n";
  for (const VariantSummary& one : summaries) {
    out << "|" << base::EscapeForMarkdown(one.variant) << "|" << Cell(one.mean_e2e_s, 3) << "|"
        << Cell(one.p95_e2e_s, 3) << "|" << Cell(one.tokens_per_s, 1) << "|\n";
  }
  out << "\nAvg Latency: mean end-to-end latency in seconds, from handing over the request to the "
         "last token. "
         "p95: its 95th percentile in seconds, linear interpolation (type 7). "
         "TPS: output tokens per second of decode time, i.e. all tokens after the first over the "
         "time between the first and the "
         "last. Warm-ups, failed and disturbed requests are left out.";
  const bool others = std::any_of(runs.cases().begin(), runs.cases().end(), [](const auto& entry) {
    return !IsWarmOneByOne(entry.one->plan.scenario) && !entry.one->plan.scenario.probe;
  });
  if (others) out << " So are the cases from cold, after a restart and under load.";
  out << "\n\n";
  for (const VariantSummary& one : summaries) {
    out << "- " << base::EscapeForMarkdown(one.variant) << ": n = " << one.n;
    if (one.failed > 0) out << ", failed = " << one.failed;
    out << "\n";
  }
  for (const std::string& line : ProbeLines(runs)) out << "- " << base::EscapeForMarkdown(line) << "\n";
}

}  // namespace assay::report

// SPDX-License-Identifier: MIT
#include "tools/report/quality_text.h"

#include <algorithm>

namespace assay::report {

using compare::QualityFinding;
using compare::Verdict;

std::string QualityLabel(const QualityFinding& finding) {
  switch (finding.source) {
    case run::ScoreSource::kAutomatic:
      return "expectations met";
    case run::ScoreSource::kHuman:
      return "people: " + finding.dimension;
    case run::ScoreSource::kJudge:
      break;
  }
  const std::string judge =
      finding.judge ? finding.judge->model + " (template " + std::to_string(finding.judge->template_version) + ")"
                    : "judge";
  return judge + ": " + finding.dimension;
}

std::vector<DetailLine> QualityLines(const compare::CaseComparison& one) {
  std::vector<DetailLine> lines;
  for (const QualityFinding& finding : one.quality) {
    if (finding.verdict == Verdict::kUnchanged) continue;
    if (finding.accepted_n == 0) continue;  // nothing was accepted: no news
    // People do not mark every run; it stands in the verdict's JSON.
    if (!finding.mean && finding.source != run::ScoreSource::kAutomatic) continue;
    std::string line = "quality " + std::string(compare::ToString(finding.verdict)) + ", " + QualityLabel(finding);
    if (!finding.reason.empty()) line += ": " + finding.reason;
    if (!finding.decides) line += " (decides nothing)";
    lines.push_back(DetailLine{0, std::move(line)});
  }
  return lines;
}

bool QualityFell(const compare::CaseComparison& one) {
  return std::ranges::any_of(one.quality, [](const QualityFinding& finding) {
    return finding.decides && finding.verdict == Verdict::kRegressed;
  });
}

}  // namespace assay::report

// SPDX-License-Identifier: MIT
#include "tools/compare/metric_roles.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tools/compare/stored_metrics.h"

namespace assay::compare {

bool DependsOnLength(const run::Metric& metric) { return metric.value == run::E2eMs; }

bool DependsOnTokenCounts(const run::Metric& metric) { return metric.value == run::TpotMs || DependsOnLength(metric); }

FamilyKind KindOf(const run::Metric& metric, bool decides, bool gate_stated) {
  if (metric.value == run::TtftMs) return FamilyKind::kTtft;
  if (metric.value == run::TpotMs) return FamilyKind::kDecode;
  return decides && !gate_stated ? FamilyKind::kDecode : FamilyKind::kE2e;
}

void SettleWhoDecides(std::vector<LatencyFinding>& findings) {
  const auto speaks = [](const LatencyFinding& finding) {
    return finding.decides && finding.verdict != Verdict::kCannotTell;
  };
  const bool any = std::any_of(findings.begin(), findings.end(), speaks);
  const bool tpot = std::any_of(findings.begin(), findings.end(), [&](const LatencyFinding& finding) {
    return finding.metric->value == run::TpotMs && speaks(finding);
  });
  for (LatencyFinding& finding : findings) {
    if (finding.code == LatencyReason::kCompletionTokensDiffer && tpot) {
      finding.decides = false;
      finding.reason += "; the time per token decides";
    }
    if (finding.code == LatencyReason::kMetricAbsent && finding.n_head == 0 && finding.n_base == 0 && any) {
      finding.decides = false;
    }
  }
}

void MarkTooNoisy(double max_mde, bool paired, std::vector<LatencyFinding>& findings) {
  const auto percent = [](double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f %%", share * 100);
    return std::string(text);
  };
  for (LatencyFinding& finding : findings) {
    if (!finding.decides || finding.verdict != Verdict::kUnchanged || !finding.mde) continue;
    // What the policy does not count as a slowdown is not missed.
    const double limit = std::max(max_mde, 2 * std::max(finding.min_effect, finding.tolerance));
    if (std::fabs(std::log1p(*finding.mde)) <= std::log1p(limit)) continue;
    finding.verdict = Verdict::kCannotTell;
    finding.code = LatencyReason::kTooNoisy;
    finding.reason = "too noisy: could have missed more than the " + percent(limit) +
                     " beyond which the policy calls nothing unchanged (latency.max_mde); needs more " +
                     (IsSessionMetric(*finding.metric) ? "accepted sessions"
                      : paired                         ? "requests or restarts (`assay plan` says how many)"
                                                       : "requests or accepted sessions (`assay plan` says how many)");
  }
}

std::string TokenCounts(const std::vector<std::int64_t>& values) {
  std::string text;
  for (const std::int64_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return text.empty() ? "none" : text;
}

}  // namespace assay::compare

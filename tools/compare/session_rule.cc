// SPDX-License-Identifier: MIT
#include "tools/compare/session_rule.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "tools/compare/gate_parts.h"
#include "tools/stats/descriptive.h"
#include "tools/stats/prediction.h"

namespace assay::compare {
namespace {

stats::SessionNumbers ToNumbers(const LatencySeries& one) {
  stats::SessionNumbers numbers;
  numbers.tolerance = one.tolerance;
  numbers.min_effect = one.min_effect;
  if (parts::HasZero(one)) return numbers;
  const double sign = parts::WorseSign(*one.metric);
  for (const SessionValues& session : one.base) {
    if (const auto median = stats::Median(session.values)) numbers.sessions.push_back(sign * std::log(*median));
  }
  if (const auto median = stats::Median(one.head)) numbers.head = sign * std::log(*median);
  return numbers;
}

LatencyFinding Described(const LatencySeries& one, double alpha) {
  std::vector<double> medians;
  LatencyFinding finding;
  for (const SessionValues& session : one.base) {
    finding.n_base += session.values.size();
    if (const auto median = stats::Median(session.values)) medians.push_back(*median);
  }
  finding.metric = one.metric;
  finding.min_effect = one.min_effect;
  finding.tolerance = one.tolerance;
  finding.alpha = alpha;
  finding.n_head = one.head.size();
  finding.sessions = one.base.size();
  finding.head_median = stats::Median(one.head);
  finding.base_median = stats::Median(medians);
  return finding;
}

void SayWhatIsMissing(const LatencySeries& one, LatencyFinding& finding) {
  if (parts::HasZero(one)) {
    return parts::Refuse(finding, LatencyReason::kZeroTime, "a value that is not above 0 was recorded");
  }
  if (one.base.size() < stats::kFewestPredictionSessions) {
    return parts::Refuse(finding, LatencyReason::kTooFewSessions,
                         "one number per session: needs " + std::to_string(stats::kFewestPredictionSessions) +
                             " accepted sessions, found " + std::to_string(one.base.size()));
  }
  parts::Refuse(finding, LatencyReason::kTooFewSamples, "the sessions of the baseline do not differ at all");
}

}  // namespace

FamilyFindings JudgeSessionNumbers(std::span<const LatencySeries> family, const FamilyOptions& options) {
  std::vector<stats::SessionNumbers> numbers;
  numbers.reserve(family.size());
  for (const LatencySeries& one : family) numbers.push_back(ToNumbers(one));
  const auto judged = stats::JudgeSessions(numbers, parts::StoredOptions(options.alpha));
  FamilyFindings result;
  for (std::size_t i = 0; i < family.size(); ++i) {
    LatencyFinding finding = Described(family[i], options.alpha);
    if (judged && judged->cases[i]) {
      finding.family = judged->family;
      parts::Estimated(*family[i].metric, *judged->cases[i], finding);
      parts::Decide(*judged->cases[i], options.alpha, finding);
    } else {
      SayWhatIsMissing(family[i], finding);
    }
    result.pairs.push_back(std::move(finding));
  }
  return result;
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/mann_whitney_rule.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "fixtures/base/result.h"
#include "tools/stats/descriptive.h"
#include "tools/stats/mann_whitney.h"
#include "tools/stats/multiplicity.h"

namespace assay::compare {
namespace {

std::vector<double> Pool(const std::vector<SessionValues>& sessions) {
  std::vector<double> pooled;
  for (const SessionValues& session : sessions) {
    pooled.insert(pooled.end(), session.values.begin(), session.values.end());
  }
  return pooled;
}

// +1 when a larger number is worse, -1 when it is better.
double WorseSign(const run::Metric& metric) {
  ASSAY_CHECK(metric.direction != run::Direction::kNeither, "a metric without a direction cannot be gated");
  return metric.direction == run::Direction::kLowerIsBetter ? 1.0 : -1.0;
}

bool HasZero(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return !(value > 0); });
}

double OneSidedP(const std::vector<double>& larger, const std::vector<double>& smaller, stats::ExactTails& tails) {
  const auto test = stats::MannWhitneyGreater(larger, smaller, tails);
  ASSAY_CHECK(test.has_value(), "a series holds no number, or one that is not finite");
  return test->p_value;
}

// Sessions of an unchanged service differ by a common factor from one to the next, and pooling
// hides that: the test then sees thousands of "independent" numbers where there are K sessions, and
// more repetitions make it worse (gating.md b1.2). So the head must also lie beyond every single
// session. Null when it does.
const SessionValues* SessionNotExceeded(const LatencySeries& one, double head_median, double sign, double direction) {
  for (const SessionValues& session : one.base) {
    const double median = *stats::Median(session.values);
    const double worse = sign * direction * (head_median / median - 1.0);
    if (worse < one.min_effect) return &session;
  }
  return nullptr;
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// Fills in what a complete separation could show; false when it is not enough.
bool CouldShowADifference(const LatencySeries& one, std::size_t n_base, std::size_t family, double alpha,
                          LatencyFinding& finding) {
  const auto reaches = [&](std::size_t n, std::size_t m) {
    return *stats::SmallestExactPValue(n, m) * static_cast<double>(family) < alpha;
  };
  if (reaches(one.head.size(), n_base)) return true;
  const std::size_t both = SmallestUsefulSample(family, alpha);
  finding.code = LatencyReason::kTooFewSamples;
  finding.reason = "too few samples: " + std::to_string(one.head.size()) + " in the run and " + std::to_string(n_base) +
                   " in the baseline cannot show any difference among " + std::to_string(family) + " pairs at alpha " +
                   Number(alpha);
  if (n_base >= both) {
    std::size_t needed = one.head.size();
    while (!reaches(needed, n_base)) ++needed;
    finding.reason += "; " + std::to_string(needed) + " in the run are needed";
  } else {
    finding.reason += "; " + std::to_string(both) + " on each side are needed";
  }
  return false;
}

}  // namespace

std::string_view ToString(LatencyReason reason) {
  switch (reason) {
    case LatencyReason::kNone:
      return "none";
    case LatencyReason::kBelowMinEffect:
      return "below_min_effect";
    case LatencyReason::kWithinSessionSpread:
      return "within_session_spread";
    case LatencyReason::kNoBaseline:
      return "no_baseline";
    case LatencyReason::kRequestChanged:
      return "request_changed";
    case LatencyReason::kTokenSourceDiffers:
      return "token_source_differs";
    case LatencyReason::kCompletionTokensDiffer:
      return "completion_tokens_differ";
    case LatencyReason::kMetricAbsent:
      return "metric_absent";
    case LatencyReason::kTooFewSamples:
      return "too_few_samples";
    case LatencyReason::kZeroTime:
      return "zero_time";
    case LatencyReason::kIncomplete:
      return "incomplete";
    case LatencyReason::kRunNotValid:
      return "run_not_valid";
  }
  return "none";
}

std::size_t SmallestUsefulSample(std::size_t family, double alpha) {
  // 1 / C(2n, n) falls faster than 1 / 2^n, so this ends soon for any family that fits into memory.
  std::size_t n = 1;
  while (*stats::SmallestExactPValue(n, n) * static_cast<double>(family) >= alpha) ++n;
  return n;
}

std::vector<LatencyFinding> MannWhitneyRule::Judge(std::span<const LatencySeries> family, double alpha) const {
  std::vector<LatencyFinding> findings(family.size());
  std::vector<double> p_worse(family.size(), 1.0);
  std::vector<double> p_better(family.size(), 1.0);
  stats::ExactTails tails;
  for (std::size_t i = 0; i < family.size(); ++i) {
    const LatencySeries& one = family[i];
    LatencyFinding& finding = findings[i];
    const std::vector<double> base = Pool(one.base);
    finding.metric = one.metric;
    finding.min_effect = one.min_effect;
    finding.family = family.size();
    finding.n_head = one.head.size();
    finding.n_base = base.size();
    finding.sessions = one.base.size();
    finding.head_median = stats::Median(one.head);
    finding.base_median = stats::Median(base);
    if (HasZero(one.head) || HasZero(base)) {
      // A broken clock must not pass as an infinite improvement (gating.md c1, trap 2).
      finding.code = LatencyReason::kZeroTime;
      finding.reason = "a value that is not above 0 was recorded";
      continue;
    }
    finding.change = *finding.head_median / *finding.base_median - 1.0;
    const double greater = OneSidedP(one.head, base, tails);
    const double smaller = OneSidedP(base, one.head, tails);
    const bool larger_is_worse = WorseSign(*one.metric) > 0;
    p_worse[i] = larger_is_worse ? greater : smaller;
    p_better[i] = larger_is_worse ? smaller : greater;
  }
  // Two questions, two families: "did anything get worse" keeps its alpha whatever got better.
  const std::vector<double> worse_adjusted = *stats::HolmAdjust(p_worse);
  const std::vector<double> better_adjusted = *stats::HolmAdjust(p_better);

  for (std::size_t i = 0; i < family.size(); ++i) {
    const LatencySeries& one = family[i];
    LatencyFinding& finding = findings[i];
    if (finding.code == LatencyReason::kZeroTime) continue;
    const double sign = WorseSign(*one.metric);
    const double direction = sign * *finding.change >= 0 ? 1.0 : -1.0;  // +1: towards worse
    const double effect = std::fabs(*finding.change);
    finding.p = direction > 0 ? p_worse[i] : p_better[i];
    finding.p_adjusted = direction > 0 ? worse_adjusted[i] : better_adjusted[i];
    if (*finding.p_adjusted < alpha) {
      finding.verdict = Verdict::kUnchanged;
      if (effect < one.min_effect) {
        finding.code = LatencyReason::kBelowMinEffect;
        finding.reason = "a difference, but smaller than the smallest effect that counts";
      } else if (const SessionValues* session = SessionNotExceeded(one, *finding.head_median, sign, direction)) {
        finding.code = LatencyReason::kWithinSessionSpread;
        finding.reason = "no further off than the baseline's sessions are from each other: that of " +
                         session->session + " has a median of " + Number(*stats::Median(session->values)) + " " +
                         std::string(one.metric->unit);
      } else {
        finding.verdict = direction > 0 ? Verdict::kRegressed : Verdict::kImproved;
      }
      continue;
    }
    if (CouldShowADifference(one, finding.n_base, family.size(), alpha, finding)) finding.verdict = Verdict::kUnchanged;
  }
  return findings;
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/latency_rule.h"

namespace assay::compare {

std::string_view ToString(FamilyKind kind) {
  switch (kind) {
    case FamilyKind::kTtft:
      return "ttft";
    case FamilyKind::kDecode:
      return "decode";
    case FamilyKind::kE2e:
      return "e2e";
    case FamilyKind::kThroughput:
      return "throughput";
    case FamilyKind::kLoadTime:
      return "load_time";
  }
  return "e2e";
}

std::string_view ToString(SuiteVerdict verdict) {
  switch (verdict) {
    case SuiteVerdict::kNotJudged:
      return "not_judged";
    case SuiteVerdict::kUnchanged:
      return "unchanged";
    case SuiteVerdict::kSuiteShift:
      return "suite_shift";
    case SuiteVerdict::kSuiteRegression:
      return "suite_regression";
    case SuiteVerdict::kSuiteImprovement:
      return "suite_improvement";
  }
  return "not_judged";
}

std::string_view ToString(LatencyReason reason) {
  switch (reason) {
    case LatencyReason::kNone:
      return "none";
    case LatencyReason::kBelowMinEffect:
      return "below_min_effect";
    case LatencyReason::kWithinSessionSpread:
      return "within_session_spread";
    case LatencyReason::kTooFewSessions:
      return "too_few_sessions";
    case LatencyReason::kTooFewCases:
      return "too_few_cases";
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
    case LatencyReason::kImplausible:
      return "implausible";
    case LatencyReason::kIncomplete:
      return "incomplete";
    case LatencyReason::kRunNotValid:
      return "run_not_valid";
    case LatencyReason::kDebugBuild:
      return "debug_build";
    case LatencyReason::kNotConfirmed:
      return "not_confirmed";
    case LatencyReason::kTooNoisy:
      return "too_noisy";
  }
  return "none";
}

}  // namespace assay::compare

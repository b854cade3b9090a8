// SPDX-License-Identifier: MIT
// The interface a statistical rule stands behind. It sees the whole family of (case, metric) pairs
// at once, because both multiplicity and what a session did to all cases can only be judged there.
// What is comparable was settled before (latency_family.h): a rule gets numbers of equal requests,
// sources and lengths. Implementations keep no state.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fixtures/run/metrics.h"
#include "tools/compare/verdict.h"

namespace assay::compare {

// One session of the baseline. The name is shared by all cases measured in it.
struct SessionValues {
  std::string session;
  std::vector<double> values;  // never empty
};

struct LatencySeries {
  std::string case_id;
  const run::Metric* metric = nullptr;
  double min_effect = 0;            // share
  std::vector<double> head;         // never empty
  std::vector<SessionValues> base;  // never empty, oldest first
};

// Why a verdict is what it is, for programs; `reason` says it to people.
enum class LatencyReason {
  kNone,                 // the numbers speak for themselves
  kBelowMinEffect,       // a difference is there, too small to matter
  kWithinSessionSpread,  // no further off than sessions of the baseline are from each other
  kNoBaseline,
  kRequestChanged,
  kTokenSourceDiffers,
  kCompletionTokensDiffer,
  kMetricAbsent,
  kTooFewSamples,
  kZeroTime,
  kIncomplete,
  kRunNotValid,  // a condition of the run did not hold and the policy insists on it
};
std::string_view ToString(LatencyReason reason);

struct LatencyFinding {
  const run::Metric* metric = nullptr;
  Verdict verdict = Verdict::kCannotTell;
  LatencyReason code = LatencyReason::kNone;
  std::string reason;                 // a sentence without its full stop; empty with kNone
  std::optional<double> base_median;  // in the metric's unit
  std::optional<double> head_median;
  std::optional<double> change;      // head / base - 1
  std::optional<double> p;           // one-sided, in the direction of `change`
  std::optional<double> p_adjusted;  // over the family
  std::size_t family = 0;            // pairs adjusted for
  double min_effect = 0;
  std::size_t n_head = 0;
  std::size_t n_base = 0;
  std::size_t sessions = 0;
  bool gates = true;    // false: the policy only wants it shown
  bool decides = true;  // false: does not gate, or another metric of the case speaks for it
};

class LatencyRule {
 public:
  virtual ~LatencyRule() = default;
  // One finding per series, in their order.
  virtual std::vector<LatencyFinding> Judge(std::span<const LatencySeries> family, double alpha) const = 0;
};

}  // namespace assay::compare

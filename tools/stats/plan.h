// SPDX-License-Identifier: MIT
// How many requests does it take to see an effect? Planning from the noise of a run at hand; the formulas are those of
// gate.h with expected instead of estimated errors. Effects are shares: 0.05 = 5 % slower. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tools/stats/gate.h"
#include "tools/stats/location.h"

namespace assay::stats {

// What one request of a case adds to the error: n times the squared standard error of its trimmed mean.
struct CaseNoise {
  double per_request = 0;  // variance, logarithmic
  double df = 0;           // of it, moderated
};

// Of the values of each case (kPaired: differences of pairs), moderated over the cases (shrinkage.h). Absent where a
// case has fewer than two values or one that is not finite.
std::vector<std::optional<CaseNoise>> NoiseOf(std::span<const Values> cases, Trim trim);

enum class PlanKind {
  kStored,           // one look against stored sessions
  kStoredConfirmed,  // a second look with twice the requests
  kPaired,
  kPairedConfirmed,
};

struct PlanSetting {
  PlanKind kind = PlanKind::kStored;
  std::size_t family = 1;                // cases judged together
  std::size_t groups = 5;                // baseline sessions (stored) or restarts of each side (paired), at least 1
  std::optional<double> group_variance;  // s_D^2 or s_R^2; absent counts as 0 and makes the plan a lower bound
  std::optional<double> base_per_group;  // squared standard error of one baseline session; absent: as many requests as
                                         // the head's, same noise
};

inline constexpr std::size_t kMostPlannedRequests = 10'000;

// The smallest effect of one case that n requests of it would surely show (CaseEstimate::mde_flagged as a share): both
// the test at options.alpha/family and the minimum effect are passed with options.power. n is what one look of the case
// asks (pairs in paired mode); the second look asks 2 n more. Nothing for n < 5, noise or settings out of range.
std::optional<double> DetectableEffect(const CaseNoise& noise, std::size_t n, const PlanSetting& setting,
                                       const GateOptions& options);

// Probability that an effect is flagged (and, with a second look, was a suspect before; the looks' dependence taken
// into account only through the smaller of the two: a slight overestimate).
std::optional<double> PowerAt(const CaseNoise& noise, std::size_t n, double effect, const PlanSetting& setting,
                              const GateOptions& options);

struct RequestPlan {
  std::optional<std::size_t> requests;  // smallest n, 5..kMostPlannedRequests; absent when none reaches the effect
  // What would make it reachable where `requests` is absent because of the group variance: that many baseline sessions
  // or restarts (with kMostPlannedRequests), at most 1,000. Absent when not even that: in stored mode the head's own
  // session stays one.
  std::optional<std::size_t> groups_needed;
  bool below_min_effect = false;  // the effect is not above options.min_effect: such a one is never surely flagged
};

// Nothing for an effect that is not above 0 or arguments DetectableEffect refuses.
std::optional<RequestPlan> PlanRequests(const CaseNoise& noise, double effect, const PlanSetting& setting,
                                        const GateOptions& options);

}  // namespace assay::stats

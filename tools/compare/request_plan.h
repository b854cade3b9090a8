// SPDX-License-Identifier: MIT
// "How many requests do I need to see an effect of E?" - answered from the noise of a run and, where there are some,
// from how far the accepted sessions lie apart. The arithmetic is stats/plan.h.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/latency_rule.h"
#include "tools/compare/policy.h"
#include "tools/compare/run_set.h"

namespace assay::compare {

// Restarts of each side that the figures of paired mode count on.
inline constexpr std::size_t kPlannedRestarts = 2;

struct PlanOptions {
  double effect = 0.05;  // share, above 0: a slowdown of this much is to be found
  double power = 0.8;    // with this probability, below 1
};

// Requests per case that one way to measure takes; paired mode asks as many of each side. With a second look this is
// the first one's: suspects are then asked twice as often again.
struct NeededRequests {
  std::optional<std::size_t> requests;  // absent: no number reaches it, `limit` says why
  std::string limit;                    // a sentence without its full stop
  std::optional<std::size_t> groups;    // sessions or restarts that would reach it where requests do not
};

// The ways to measure.
struct NeedsByMode {
  NeededRequests stored;
  NeededRequests stored_second;
  NeededRequests paired;
  NeededRequests paired_second;
};

struct CaseNeed {
  std::string id;
  const run::Metric* metric = nullptr;
  double noise = 0;   // standard deviation of one request, as a share
  std::size_t n = 0;  // requests this stands on
  NeedsByMode needs;
};

struct FamilyPlan {
  FamilyKind kind = FamilyKind::kTtft;
  std::size_t cases = 0;                    // with enough requests to tell their noise
  std::size_t sessions = 0;                 // of the baseline that the stored figures count on
  bool sessions_assumed = false;            // there is no baseline: kMaxSessions are counted on
  std::optional<double> session_deviation;  // how far a case moves by itself from session to session, as a share
  double median_noise = 0;                  // standard deviation of one request of the middle case, as a share
  NeedsByMode needs;                        // of the middle case: half of the family needs no more
  std::vector<CaseNeed> noisiest;           // at most 5, noisiest first
};

struct RequestPlan {
  double effect = 0;
  double power = 0;
  // A true slowdown of E is measured as less than E every second time. Where the policy's smallest effect that counts
  // is above E/2 the figures are for this one instead, and it has to be set for them to hold.
  std::optional<double> min_effect_needed;
  std::vector<FamilyPlan> families;  // those that gate, in the order of FamilyKind
  std::vector<std::string> notes;    // assumptions, and what would help
};

// kUsage for an effect or a power out of range; kInvalidInput when no case has 5 requests that count; baselines that
// cannot be read. `baselines` may be empty.
base::Result<RequestPlan> PlanRequests(const RunSet& runs, const std::vector<std::filesystem::path>& baselines,
                                       const Policy& policy, const PlanOptions& options);

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// How often the gate would cry wolf on the noise of one run: the requests of every case are split by chance into two
// halves, which nothing but chance tells apart, and one half is judged against the other. Every alarm is a false one.
// What only differs from session to session is not in it: a run has one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/latency_rule.h"
#include "tools/compare/policy.h"
#include "tools/compare/run_set.h"

namespace assay::compare {

struct SelfCheckOptions {
  std::size_t splits = 200;  // at least 1
  std::uint64_t seed = 1;
};

// How one way of judging did over all splits.
struct SelfCheckRate {
  std::size_t splits = 0;     // that could be judged
  std::size_t alarms = 0;     // of them: any case called regressed
  std::optional<double> mde;  // median over cases and splits: the smallest slowdown that would surely have been found
  // alarms / splits; absent when nothing could be judged.
  std::optional<double> Share() const {
    if (splits == 0) return std::nullopt;
    return static_cast<double>(alarms) / static_cast<double>(splits);
  }
  // Upper 95 % limit of the share (Clopper-Pearson): 200 splits without an alarm say "below 1.5 %", not "none".
  std::optional<double> upper;
};

struct SelfCheckFamily {
  FamilyKind kind = FamilyKind::kTtft;
  std::size_t cases = 0;      // with enough requests to be split
  double alpha = 0;           // of the family: the share of alarms that is allowed
  SelfCheckRate paired;       // half against half, request beside request, nothing restarted
  SelfCheckRate stored;       // one half as the only accepted session
  std::string why_no_stored;  // empty, or why the second could not be looked at
};

struct SelfCheckCase {
  std::string id;
  FamilyKind kind = FamilyKind::kTtft;
  const run::Metric* metric = nullptr;
  std::size_t n = 0;          // requests that count
  std::size_t alarms = 0;     // splits with a false alarm of this case, paired or stored
  std::optional<double> mde;  // median over the splits, paired
};

struct SelfCheck {
  std::size_t splits = 0;
  std::uint64_t seed = 0;
  double alpha = 0;                       // the policy's, over all families
  std::vector<SelfCheckFamily> families;  // those that gate, in the order of FamilyKind
  SelfCheckRate paired;                   // a split with an alarm in any family counts once; no mde
  SelfCheckRate stored;
  std::vector<SelfCheckCase> worst;  // at most 5: most alarms first, then the largest mde
  std::vector<std::string> notes;    // what was left out, and what this cannot show

  // Whether the measured rate contradicts the stated one: more alarms than alpha gives by chance (binomial, 1 %).
  bool TooManyAlarms() const { return too_many; }
  bool too_many = false;
};

// A/A by splitting: of two requests in a row a coin says which belongs to which half, so that a drift falls on both.
// Coins are `seed`'s; the same seed gives the same result everywhere. A case needs 10 requests that count.
// kInvalidInput when no case has them, with how many were found; kUsage for no splits.
base::Result<SelfCheck> CheckSelf(const RunSet& runs, const Policy& policy, const LatencyRule& rule,
                                  const SelfCheckOptions& options);

}  // namespace assay::compare

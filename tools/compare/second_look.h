// SPDX-License-Identifier: MIT
// The second look: which cases are worth measuring again, and whether a run that did so belongs to the first one.
// How both looks combine is the rule's (latency_rule.h). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/comparison.h"
#include "tools/compare/run_set.h"

namespace assay::compare {

// Controls per family: they are the centre that the suspects do not move.
inline constexpr std::size_t kControls = 8;
// Cases of a family that is in question as a whole: so many show what all did.
inline constexpr std::size_t kSuiteCases = 16;
// Repetitions of a second look over the most that rounds would have asked. In rounds itself it seldom asks them, for
// most suspects are settled after 8. Simulated (typical noise, rounds up to 12), 50 requests find 2 % more of +10 %
// than 40 for 7 % more requests of an unchanged run.
inline constexpr std::int64_t kAfterRounds = 4;

// Suspects of all families that decide, flagged ones among them, and of each family with one its kControls cases that
// moved least. Where all cases of a family together are in question, the kSuiteCases that moved least among them; where
// a variant is, half as many of its own and of the others. They are the suspects when there are no others. Twice as
// many repetitions as most suspects had; where one of `first` was measured in rounds, kAfterRounds times the most these
// would have asked. Cases in quarantine are no suspects. Absent without one.
std::optional<SecondLookPlan> PlanSecondLook(std::span<const CaseComparison> cases, std::span<const SuiteFinding> suite,
                                             const RunSet& first);

// By case id. kUsage for a run that is no second look or one of other runs, for one of the first runs again, another
// environment, a case that the first look does not have, or another request.
base::Result<std::unordered_map<std::string_view, RunSet::Entry>> MatchSecondLook(const RunSet& first,
                                                                                  const RunSet& second);

// Why what was measured again cannot confirm anything, in words; empty when it can.
std::string WhyNotMeasuredAgain(const run::RunCase& one, const CaseFacts& facts);

}  // namespace assay::compare

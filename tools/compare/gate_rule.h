// SPDX-License-Identifier: MIT
// The rule of the gate: stats::GateStored on logarithms of latencies. What a session does to all cases is taken out
// before a case is judged, and how far a case moves by itself from session to session comes from the sessions of the
// baseline. The design and its measured false-alarm rates: the project's gating study (stats/gate.h names its sources).
#pragma once

#include "tools/compare/latency_rule.h"

namespace assay::compare {

// Below this many values of the run a case is not judged: the smallest number the rule was simulated with.
inline constexpr std::size_t kFewestHeadValues = 5;
// Without a second session the spread of the cases must say how far one moves by itself (the empirical null).
inline constexpr std::size_t kFewestCasesForOneSession = 8;
// Of two cases the middle lies between them: when one changes both seem to, in opposite directions.
inline constexpr std::size_t kFewestCases = 3;
// All cases together: fewer sessions do not say how far sessions lie apart.
inline constexpr std::size_t kFewestSuiteSessions = 3;
// With fewer sessions nothing says how far suite and anchors move apart by themselves: beyond anchors a change then has
// to be at least this. Simulated with 2 % of it unseen, 3 % would be called a regression in up to 15 % of unchanged
// runs.
inline constexpr double kFewSessionsMinEffect = 0.10;
// All cases together: from this p on, and half of the smallest effect, a second look is worth taking; and what each of
// two looks has to show for itself. Weight of the first look in the estimate of both, as for cases.
inline constexpr double kSuiteScreen = 0.05;
inline constexpr double kFirstLookWeight = 0.4;
// Correlation of two looks at all cases together: they are held against the same sessions (1 / (K + 1) of their
// variance), and what the machine does to suite and anchors differently today it does minutes later, too. On real runs
// beside a process that comes and goes, independent looks would confirm what only the day did.
inline constexpr double kLooksAlike = 0.5;
// Of fewer cases than this all together is not judged against anchors: one that moved would pass for all.
inline constexpr std::size_t kFewestSuiteCases = 5;
// What no machine does by itself is not passed over because sessions are few or lie far apart: a suite that is slower
// by this much, and whose anchors do not explain it, is no pass.
inline constexpr double kUnjudgedSuiteLimit = 0.20;
// Below this many pairs a case of a paired run is not judged.
inline constexpr std::size_t kFewestPairs = 5;
// Where both sides were measured in blocks, each block of one beside one of the other.
inline constexpr std::size_t kFewestBlockPairs = 3;

// More than this many times better is no improvement but another unit, another clock, or an answer from a cache.
inline constexpr double kImplausibleFactor = 100;

class GateRule final : public LatencyRule {
 public:
  FamilyFindings JudgeFamily(std::span<const LatencySeries> family, std::span<const AnchorSeries> anchors,
                             const FamilyOptions& options) const override;
  FamilyFindings JudgePairs(std::span<const PairedSeries> family, const FamilyOptions& options) const override;
};

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// The rule for metrics that give one number per session (throughput of a load, time to load a model): is the head
// session further off than one more session of the baseline would be? Works on logarithms with worse up, like gate.h.
// Pure; thread-safe. Nothing here is NaN: what cannot be told is absent.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "tools/stats/gate.h"

namespace assay::stats {

struct SessionNumbers {
  std::vector<double> sessions;  // one number per baseline session that has the case; any order
  std::optional<double> head;
  std::optional<double> tolerance;   // this case's, instead of the options'
  std::optional<double> min_effect;  // likewise
};

struct PredictionResult {
  std::vector<std::optional<CaseEstimate>> cases;  // as the input
  std::size_t family = 0;                          // cases judged
};

// Below this many sessions a case is not judged.
inline constexpr std::size_t kFewestPredictionSessions = 3;

// shift = head - mean_k, se^2 = s~^2 (1 + 1/K_c), t with the moderated df: the prediction interval for one more
// observation of a normal sample (G. J. Hahn, W. Q. Meeker, "Statistical Intervals", 1991, section 4.7), with s_c^2
// (divisor K_c - 1) moderated over the cases (shrinkage.h), df at most 4 times the cases or K_c - 1 if that is more.
// Holm over the cases judged, each direction for itself. `flagged` is p_holm < alpha and at least min_effect;
// `suspect` means nothing here and is false; z = shift / se; base_share = 1 / (K_c + 1). Cases of fewer than
// kFewestPredictionSessions sessions, without a head or with a number that is not finite are not judged. Nothing is
// centred: a load that got slower with all others got slower. Nothing when no case can be judged or options are out of
// range.
std::optional<PredictionResult> JudgeSessions(std::span<const SessionNumbers> cases, const GateOptions& options);

}  // namespace assay::stats

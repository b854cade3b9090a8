// SPDX-License-Identifier: MIT
// What the files of the gate share; nobody else includes this. Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tools/stats/gate.h"
#include "tools/stats/location.h"

namespace assay::stats::parts {

bool OptionsInRange(const GateOptions& options);
// Of one case; absent is in range.
bool CaseOptionsInRange(const std::optional<double>& tolerance, const std::optional<double>& min_effect);

double MeanOf(std::span<const double> values);      // of at least one value
double VarianceOf(std::span<const double> values);  // divisor n-1, of at least two values

// How many become one.
enum class Middle { kMedian, kMean };
double MiddleOf(std::span<const double> values, Middle middle);  // of at least one value

// Quantiles of Student's t are the dearest step of a case, and neighbours often share their df.
struct StudentPoints {
  double df = 0;
  double interval = 0;  // t_{(1+level)/2}
  double family = 0;    // t_{1-alpha/family}
  double power = 0;     // t_power
};

// Everything but p_holm and flagged, from shift, se and df. False where a number would not be finite.
bool FinishEstimate(CaseEstimate& estimate, double tolerance, double min_effect, std::size_t family,
                    const GateOptions& options, StudentPoints& points);

// p_holm, p_faster_holm and flagged over `family` cases: those absent here count with p = 1. `min_effects` as `cases`.
bool AdjustFamily(std::span<std::optional<CaseEstimate>> cases, std::span<const double> min_effects, std::size_t family,
                  double alpha);

// The estimates of `result`, whose family, centre and lambda are given; z belongs to them. False like FinishEstimate.
bool JudgeInputs(std::span<const CaseInput> cases, double most_df, const GateOptions& options,
                 std::span<const double> z, GateResult& result);

// With interval and p-values when se and df are positive and finite, else the shift alone.
SuiteShift TestSuite(double shift, double se, double df, const GateOptions& options);

// One case in the baseline sessions.
struct BaseCase {
  std::vector<std::optional<Location>> sessions;
  std::size_t seen = 0;           // sessions with the case: K_c
  double mean = 0;                // over them, corrected for which they were
  double variance = 0;            // mean squared standard error of one session, moderated
  double df = 0;                  // of it
  std::optional<double> between;  // variance over the sessions, their effects removed; from two sessions
  // What sessions add to this case where it is more than what they add to all (GateOptions::own_sessions), and its df.
  std::optional<double> own_session_variance;
  double own_df = 0;
  bool on_its_own = false;  // so much more that the other cases say nothing of it
  // Then: how much more than the others it does what a session does to all, and the effects that sessions had, from
  // their mean on.
  double slope = 0;
  double least_effect = 0;
  double most_effect = 0;
};

// What is known of a set of cases before the head is looked at.
struct Baseline {
  std::vector<std::optional<BaseCase>> cases;  // as the input; absent without any session, or with a value not finite
  bool blind = true;
  double session_variance = 0;
};
std::optional<Baseline> ReadBaseline(std::span<const StoredCase> cases, const GateOptions& options);

struct SessionEffects {
  std::vector<std::optional<double>> effects;  // absent where the session has none of the chosen cases
  std::vector<double> levels;                  // of each case; 0 where levels play no part
};
SessionEffects EffectsOf(std::span<const std::optional<BaseCase>> cases, const std::vector<bool>& chosen,
                         SessionCentre centre);

struct Head {
  Location location;
  std::size_t count = 0;
};
std::optional<Head> ReadHead(std::span<const double> values);

// What the head's rounds say of the machine while some cases were asked no more (GateOptions::first_look).
struct Rounds {
  double centre = 0;  // of the first look, which all cases have
  double lambda = 1;
  std::optional<double> lambda_faster;
  std::vector<std::size_t> controls;  // asked to the end
  std::vector<double> drift;          // by case: what the session did to all between the first look and its last value
  std::vector<double> drift_variance;
};

// What the head's session did to these of the cases: the median of d_c. Absent when none of them can be judged.
std::optional<double> MovedBy(const Baseline& baseline, std::span<const std::optional<Head>> heads,
                              std::span<const std::size_t> cases);

// GateStored without `suite`. `moved`: what the session did to all; absent: as all of these say.
std::optional<GateResult> GateHeads(const Baseline& baseline, std::span<const StoredCase> cases,
                                    std::span<const std::optional<Head>> heads, const GateOptions& options,
                                    const Rounds* rounds = nullptr, std::optional<double> moved = {});
// GateHeads of the cases' own heads, with their rounds where the options say so.
std::optional<GateResult> GateOwnHeads(const Baseline& baseline, std::span<const StoredCase> cases,
                                       std::span<const std::optional<Head>> heads, const GateOptions& options);
std::optional<SuiteShift> SuiteOfHeads(const Baseline& baseline, std::span<const std::optional<Head>> heads,
                                       const GateOptions& options);

// Weight of the first of two looks of stored mode, from their own variances.
double WeightOfFirst(double first, double second, const GateOptions& options);

// The cases of the suite without what their anchors did in the course of each session (InStep).
std::vector<StoredCase> WithoutCourse(std::span<const StoredCase> suite, std::span<const StoredCase> anchors,
                                      Middle middle, const InStep& in_step);

// Variance of a session's (suite - anchors) as the parts of sessions show it.
struct StepVariance {
  double of_session = 0;  // of the baseline, on average
  double of_head = 0;
  double df = 0;
};
// Each session is cut into four parts, fewer where a part would have less than three values: of the i-th values' median
// over the suite minus the anchors' middle, deviations from the cases' own locations, each part has a mean. Batch
// means: B. W. Schmeiser, Oper. Res. 30(3), 1982. Nothing where head or a session of the baseline is not in step.
std::optional<StepVariance> WithinSessions(std::span<const StoredCase> suite, std::span<const StoredCase> anchors,
                                           Middle middle, const InStep& in_step);

// GatePaired. The restart variance is `given` or, without one, estimated from these cases.
std::optional<GateResult> GatePairs(std::span<const PairedCase> cases, const GateOptions& options,
                                    const std::optional<double>& given);
// Whether GatePairs can judge the case.
bool HasPairs(const PairedCase& paired);

}  // namespace assay::stats::parts

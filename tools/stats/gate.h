// SPDX-License-Identifier: MIT
// The gate: which cases of a suite got slower, with a stated chance of any false alarm. Works on logarithms of
// latencies (natural; a shift of 0.05 is a factor exp(0.05)) and knows nothing of names, units, files or policies.
//
// The design and its measured false-alarm rates are in the project's gating study; where the data is complete (every
// case in every session, one n per session) the numbers equal its Python reference. What the reference does not define:
//  - n may differ by case and session: every location has its own degrees of freedom, those of the sessions of a case
//    are added, and the shrinkage is limma's for unequal df (shrinkage.h). The head's variances are moderated as those
//    of a value, not of a mean of n: cases share the noise of a request, whatever n they were asked.
//  - A case may be missing in baseline sessions (an empty vector; fewer than two values count as missing). K_c is then
//    the number of sessions it has; it enters the case's variance and t_c of session_variance.h. Session effects are
//    found by SessionCentre::kCaseDeviations, and the case's baseline mean is corrected by the difference between the
//    mean effect of its sessions and that of all.
//  - A case without two head values, without a baseline, or with a value that is not finite is not judged: its estimate
//    is absent and it is no member of the Holm family. Its baseline still helps to estimate what cases share.
// Nothing here is NaN: what cannot be told is absent. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace assay::stats {

using Values = std::vector<double>;

// How the effect a session has on all its cases is found.
enum class SessionCentre {
  // Median over the cases of their locations: the reference. When the cases lie far apart (long and short answers) the
  // median is always the same case, whose own noise then passes for the session's. Never used when a case is missing.
  kCaseMedian,
  // Median over the cases of location minus the case's own level; the level is the mean over its sessions of location
  // minus the effect's deviation from the mean effect. In turns until both stand still, 50 at most; when no case is
  // missing the first turn is the last. Alternating fits as in J. W. Tukey's median polish, "Exploratory Data
  // Analysis",
  // 1977. Simulated with cases far apart this keeps the false-alarm rate and the power that kCaseMedian has with all
  // cases on one level.
  kCaseDeviations,
};

struct GateOptions {
  double alpha = 0.05;       // level of the whole family
  double tolerance = 0;      // tau: test against a slowdown of this much, 0.02 = 2 %
  double min_effect = 0.05;  // a slowdown below this is never flagged
  double level = 0.95;       // of the two-sided interval of one case
  double power = 0.8;        // at which the smallest detectable effect is stated
  double screen = 0.10;      // a suspect has a raw p below this and at least half of min_effect
  std::size_t controls = 8;  // cases measured again beside the suspects (ConfirmStored)
  bool centre = true;        // stored mode: subtract the suite's shift; paired mode never does
  bool guard = true;         // widen errors that the spread of the cases shows to be too small
  SessionCentre session_centre = SessionCentre::kCaseMedian;
  double suite_alpha = 0.01;  // at which SuiteShift::mde is stated
  // What follows differs from the reference; each is off by default so that the defaults are the reference's. Each buys
  // power; in stored mode part of it is paid for with false alarms nearer to alpha.
  // Centre by Tukey's biweight about the median (cut at 3 MAD/0.6745, iterated) from 8 cases on: cases that got slower
  // pull the median up, and with it the guard; a redescending estimator forgets them.
  bool biweight_centre = false;
  // s_D^2 and s_R^2 by TrimmedSessionVariance. With two restarts the median's error, cut off at 0, makes every standard
  // error too large.
  bool trimmed_spread = false;
  // Second look: weights of the looks by their own variances (which do not depend on the estimates) instead of .4/.6
  // and 1/3, 2/3.
  bool weigh_looks = false;
  // false: the factor of the guard stays out of the combined looks.
  bool guard_second = true;
  // Stored: a case whose accepted sessions lie further apart than those of the others keeps its own variance, moderated
  // over the cases like any other (shrinkage.h, df K_c - 1): s_Dc^2 = max(s_D^2, a~_c - v~_base,c). One s_D^2 for all
  // cries wolf over the one case that a busy machine, a cache or a short answer moves more than the rest. One whose a_c
  // no chance explains beside the others' (chi-squared about their median, 5 % over all, from 5 cases and 4 sessions
  // on) is judged by its own sessions alone: it is not moderated, nor are the others by it, and two looks together have
  // no more degrees of freedom than it has. After B. Phipson, S. Lee, I. J. Majewski, W. S. Alexander and G. K. Smyth,
  // "Robust hyperparameter estimation protects against hypervariable genes", Ann. Appl. Stat. 10(2), 2016, who moderate
  // such variances less. From 5 sessions on it is also expected to go along with what a session does to all as far as
  // those did: b_c is the least squares slope of its deviations on the sessions' effects, at most 1 either way, D' the
  // head's effect as far as it lies within those of the sessions; d_c loses b_c D', and V gains (b_c (D - D'))^2:
  // beyond what was seen nothing says whether it goes on so. (A prompt that waits for memory got 40 % slower beyond the
  // rest whenever neighbours on the host made these 25 % slower; on a machine faster than in all its sessions it did
  // not get faster beyond the rest.)
  bool own_sessions = false;
  // AnchoredSuiteShift: share of their own shift by which anchors may miss what the machine did to the suite; its
  // square is added to the variance. A machine that is 20 % slower does not slow every program by the same 20 %.
  double anchors_follow = 0;
  // The same where they got faster, for the part of their shift that is more than twice the largest that a session of
  // the baseline had (of all of it with fewer than 3 sessions): nothing has shown that the suite goes along that far,
  // and one that stays where it is (on a GPU, say) must not pass for slower. It is then 1 / anchors_strange standard
  // errors from its anchors, however far those moved: .6 keeps that inside every level up to .04.
  double anchors_strange = 0;
  // AnchoredSuiteShift: anchors count as the mean of their d_c. Those are near whose level lies at most this much (ln)
  // further from the suite's than the nearest one's does, at least three; a level is the mean of the baseline's
  // locations, the suite's the median over its cases. Only the near ones count where they and the others moved apart in
  // the head by more than chance explains (t test of the distance of their means against those of at least three
  // sessions, level .25). What a token costs says how much memory a model reads for it, and neighbours that leave a
  // machine more or less of a cache move the large models and not the small. Absent: the median of all. On 35 unchanged
  // sessions of such a machine and 20 with slow_decode=1.10, any five in a row the baseline, first look alone, this and
  // anchors_slope: 516 of 620 found instead of 474, alarms in 29 of 930 instead of 7 (all 29 of two heads; without
  // these in none of 874 instead of 1). All of 50 cases 5 % slower, simulated, with a second look: .915 for .875.
  std::optional<double> anchors_near;
  // AnchoredSuiteShift: the sessions say how much more or less than the anchors the suite does what a session does to
  // both. b ~ N(0, anchors_follow^2) before them, difference_k = b x_k + e_k with x_k the effect on the anchors from
  // its mean on and the variance of e as parts of sessions show it, else that of the differences; beyond loses E[b]
  // x_head, and sd[b] takes the place of anchors_follow. (Bayesian linear regression: C. M. Bishop, Pattern Recognition
  // and Machine Learning, 2006, 3.3.) From three sessions on.
  bool anchors_slope = false;
  // The guard looks at either side for itself: the spread of the fast cases widens the errors of the slow ones, that of
  // the slow cases the errors of the fast ones, and without centring the fast side begins where the cases lie, not at
  // 0. Else a suite that got faster as a whole passes for noise: nothing is an improvement then, and no loss is seen.
  bool guard_sides = false;
  // Stored, measured in rounds (sequential.h): the values each case had when the first was settled, 0 when all were
  // asked equally often. Heads are then in the order measured. Centre and guard come from these first values of all
  // cases; what the session did to all since then from the controls, which were asked to the end (their median move;
  // its error is added).
  std::size_t first_look = 0;
};

struct CaseEstimate {
  double shift = 0;          // r: ln(head/base), the suite's shift taken out if centred; exp(shift) - 1 is the change
  double se = 0;             // sqrt(V) lambda
  double df = 0;             // of the t distribution used for p
  double z = 0;              // shift / sqrt(V)
  double base_share = 0;     // part of V owed to the baseline; the same data in a second look
  double p = 1;              // one-sided: P(T > (shift - ln(1+tau)) / se)
  double p_holm = 1;         // adjusted over the family
  double p_faster = 1;       // the same for a speed-up: P(T > (-shift - ln(1+tau)) / se)
  double p_faster_holm = 1;  // adjusted over the family, for itself
  double lower = 0;          // shift -+ t_{(1+level)/2} se: the interval of this one case
  double upper = 0;
  double mde = 0;          // ln(1+tau) + (t_{1-alpha/family} + t_power) se: the smallest shift surely significant
  double mde_flagged = 0;  // the same with the minimum effect: at least ln(1+min_effect) + t_power se
  bool suspect = false;    // p < screen and exp(shift)-1 >= min_effect/2: worth a second look
  bool flagged = false;    // p_holm < alpha and exp(shift)-1 >= min_effect
  std::optional<double> second = std::nullopt;  // of both looks together: the shift of the second alone
};

// The suite as a whole. One-sided in both directions.
struct SuiteShift {
  double shift = 0;  // ln(head/base)
  std::optional<double> se;
  double df = 0;
  std::optional<double> p;  // slower; absent like se where nothing says how far a shift can come from chance
  std::optional<double> p_faster;
  std::optional<double> lower;  // interval at GateOptions::level
  std::optional<double> upper;
  std::optional<double> mde;  // (t_{1-suite_alpha} + t_power) se: the smallest shift surely significant
};

struct GateResult {
  std::vector<std::optional<CaseEstimate>> cases;  // as the input
  std::size_t family = 0;                          // cases judged
  double centre = 0;                               // D, the suite's shift subtracted; 0 if not centred
  double lambda = 1;                               // factor on every standard error
  std::optional<double> lambda_faster;             // GateOptions::guard_sides: on those of shifts below 0, else absent

  // The factor that is in the standard error of a shift.
  double LambdaOf(double shift) const { return shift < 0 ? lambda_faster.value_or(lambda) : lambda; }
  bool blind = false;           // nothing says how much sessions or restarts differ by case
  bool advisory = false;        // blind and fewer than 8 cases: no false-alarm rate is promised
  double session_variance = 0;  // s_D^2 (stored) or s_R^2 (paired); 0 if blind
  std::optional<SuiteShift> suite;
};

// --- The test itself -------------------------------------------------------------------------------------------------

struct CaseInput {
  double shift = 0;     // d
  double variance = 0;  // V > 0
  double df = 0;        // > 0
  double base_share = 0;
  std::optional<double> tolerance;   // this case's, instead of the options'
  std::optional<double> min_effect;  // likewise
};

// gate_core of the reference. centred: r = d - median(d), else r = d. z = r/sqrt(V). lambda is 1 unless options.guard
// and at least 8 cases; blind: lambda = max(1, Qn(z)) and df at most 0.82 (M-1), the empirical null being all there is
// (B. Efron, JASA 99(465), 2004); otherwise GuardFactor(ScaleBelow(z, median z, or 0 if not centred)). df is at most
// 4 M. One-sided t test, Holm over the cases. Nothing for no case, one centred case (it is its own centre), a variance
// or df that is not positive, options out of range, or a result that is no finite number.
std::optional<GateResult> GateCore(std::span<const CaseInput> cases, bool centred, bool blind,
                                   const GateOptions& options);

// --- Stored baseline -------------------------------------------------------------------------------------------------

struct StoredCase {
  std::vector<Values> sessions;  // baseline sessions in one order for all cases; empty where the case is missing
  Values head;                   // empty where the head run lacks the case
  std::optional<double> tolerance;
  std::optional<double> min_effect;
};

// d_c = m_head - mean_k m_base,k (TrimmedLocation, kLatency). Variances moderated over the cases, head and baseline
// (mean of the sessions' variances, df added) apart: V = v~_head + v~_base/K_c + s_D^2 (1 + 1/K_c), s_D^2 by
// SessionVariance from the sessions' locations minus session effects; df = min(df~_head + df~_base, 3 n_head). Blind
// when fewer than two cases have two sessions. `suite` is StoredSuiteShift. Nothing when no case can be judged or
// options are out of range.
std::optional<GateResult> GateStored(std::span<const StoredCase> cases, const GateOptions& options);

// The shift of all cases together, K >= 3 sessions: D = effect of the head session - mean effect of the baseline's, se
// = s_S sqrt(1 + 1/K) with s_S the standard deviation of those K effects, df = K-1: a prediction interval for one more
// session. Weak by nature (t with 4 df at K = 5). Effects by options.session_centre over the cases that head and at
// least one session have. Below three sessions, or when all effects are equal, without se and p.
std::optional<SuiteShift> StoredSuiteShift(std::span<const StoredCase> cases, const GateOptions& options);

// The suite's shift beyond that of anchors, cases on something pinned and measured in the same sessions.
struct AnchoredShift {
  // suite - anchors, and - E[b] anchors with anchors_slope; without se and p where nothing says how far it can come
  // from chance
  SuiteShift beyond;
  double suite = 0;              // median over the suite's cases of d_c
  double anchors = 0;            // the same of the anchors that count, or their mean
  std::size_t suite_used = 0;    // cases in `suite`
  std::size_t anchors_used = 0;  // anchors in `anchors`
  std::size_t sessions = 0;      // baseline sessions with cases of both
  double cases_se = 0;           // the part of the error that the cases show: of medians over them
  double apart_variance = 0;     // the rest of se^2: what sessions did to suite and anchors apart, beyond cases_se
};

// Whose i-th value of every anchor was measured just before the i-th of every case.
struct InStep {
  std::vector<bool> sessions;  // of the baseline, in their order; those behind its end are not
  bool head = false;
};

// beyond = median over the suite of d_c - median over the anchors of d_c (their mean with GateOptions::anchors_near).
// Its error has two parts.
//  - That of two medians: cases_se^2 = f_M s_suite^2 / M + f_A s_anchor^2 / A, f_n = n times the variance of the median
//    of n standard normal values (1 .. pi/2). From two sessions on s^2 is, over the suite and over the anchors apart,
//    mean_c[a_c (1 + 1/K_c)] with a_c the variance over the sessions of the case's location minus session effect
//    (median over both) and weights K_c - 1. f_A is 1 for a mean. With one session it is the spread of d_c over the
//    cases: the squared standard deviation, or Qn for 8 cases of the suite and more, where some may have moved; that
//    takes 3 cases and 6 anchors, else there is no se.
//  - From three sessions with cases of both on, what sessions did to suite and anchors apart (a neighbour that was busy
//    while the anchors were asked): the variance over the baseline sessions of (effect on the suite - effect on the
//    anchors), times 1 + 1/K, as far as it is more than cases_se^2.
// df by Satterthwaite (Biometrics Bulletin 2(6), 1946) from the degrees of freedom of the parts. With fewer than three
// sessions the second part is taken to be 0. Nothing without a case and an anchor to judge.
//
// Where the anchors are in step with the suite, what they did in the course of a session is taken out of the suite's
// values first: delta_i = median (or mean) over the anchors of (i-th value - the anchor's location), from the i-th
// value of every case that has as many. Only where the head is: it would else be held to a spread that its own course
// is not out of. What is left is what the suite did beside them at every moment. Measured on 60 unchanged sessions of
// the embedded service this takes a tenth to a half off the spread of `beyond` between sessions, most on a machine
// whose speed changes by the second. And what parts of the sessions are apart says how far whole sessions will be, with
// more degrees of freedom than these have: both variances are pooled unless sessions lie further apart than their parts
// explain (F test, level .25). On 35, 13 and 13 unchanged sessions of busy machines, any five in a row the baseline,
// the suites that were called slower at the first look fell from 4 to 1 of 242.
std::optional<AnchoredShift> AnchoredSuiteShift(std::span<const StoredCase> suite, std::span<const StoredCase> anchors,
                                                const GateOptions& options, const InStep& in_step = {});

// --- Paired ----------------------------------------------------------------------------------------------------------

struct PairedCase {
  std::vector<Values> blocks;  // ln head - ln base of each pair, by restart of both sides; empty blocks count as absent
  std::optional<double> tolerance;
  std::optional<double> min_effect;
};

// m_c, v_c = TrimmedLocation of all pairs of the case (kPaired), v~ moderated over the cases. With R_c blocks V = v~ +
// s_R^2/R_c; s_R^2 by SessionVariance from the variance of the blocks' trimmed means, within = R_c v~. df = min(df~, 3
// n). No centring: both sides saw the same machine. Blind when no case has two blocks. `suite` is the median of m_c;
// its se^2 = pi/2 mean_c(v~_c)/M + max(s_R^2, s_B^2)/R takes the part that a restart adds to all cases to be as large
// as the part it adds to one, or as the medians of the blocks say if that is larger: s_B^2 = max(0, var_b(median_c
// m_bc) - pi/2 mean_c(R_c v~_c)/M), over blocks 1..R that all cases have. df by Satterthwaite from M-1 and, for s_B^2,
// (The reference has the estimate only.) Without se and p when blind or for one case.
std::optional<GateResult> GatePaired(std::span<const PairedCase> cases, const GateOptions& options);

// --- Second look -----------------------------------------------------------------------------------------------------

// What the variance of a suspect's two looks is made of.
struct LooksVariance {
  double base = 0;      // the baseline's part, the same in both
  double first = 0;     // of the first look alone
  double second = 0;    // of the second alone, with the price of its centre
  double requests = 0;  // the part of `second` that more requests make smaller
};

// Where both looks combine. Screening cannot inflate the error rate: Holm runs over the whole family of the first look,
// with p = 1 for what was not a suspect or was not measured again.
struct ConfirmedGate {
  GateResult first;
  std::vector<std::size_t> suspects;               // of the first look
  std::vector<std::size_t> controls;               // used; stored mode only
  std::vector<std::optional<CaseEstimate>> cases;  // suspects measured twice: both looks together; `flagged` decides
  std::vector<std::optional<LooksVariance>> variances;  // stored mode only: of those
};

// Which cases to measure again, in a fresh session and with twice the requests: the suspects, and for stored mode as
// many controls as the options say, those with the smallest |z|.
std::vector<std::size_t> Suspects(const GateResult& first);
std::vector<std::size_t> Controls(const GateResult& first, std::size_t count);

// second[c] = head values of the second look, empty where the case was not measured again. r2 = d2 - median of d2 over
// the controls; r = 0.4 r1 + 0.6 r2; variance max(vb1, vb2) + 0.16 vh1 + 0.36 (vh2 + vc), where vb is the baseline's
// part of se^2 and vh the rest, and vc = 1.57/controls mean(se2^2) the price of the centre; df 4 M. The reference
// measures every case twice. Where only some were measured again, their head variances are moderated among them, the
// baseline's part comes from all, and in place of the guard se2^2 = V2 + (lambda1^2 - 1) V1. The number of controls is
// that of those measured (the reference takes 8 even for a family of fewer). Without a control nothing is confirmed.
// A suspect that was asked less often than the controls (sequential.h) is held against as many of their first values as
// it has itself, for it did not see what the machine did later; vc grows by what those few values are less sure.
// Nothing like GateStored, and unless `second` has as many cases; its values are in the order measured.
std::optional<ConfirmedGate> ConfirmStored(std::span<const StoredCase> cases, std::span<const Values> second,
                                           const GateOptions& options);

// The same for pairs, after fresh restarts: r = r1/3 + 2 r2/3, variance se1^2/9 + 4 se2^2/9, df 60. second[c] without
// blocks where the case was not measured again; where some were not, the guard as above, and s_R^2 of the first look.
std::optional<ConfirmedGate> ConfirmPaired(std::span<const PairedCase> cases, std::span<const PairedCase> second,
                                           const GateOptions& options);

}  // namespace assay::stats

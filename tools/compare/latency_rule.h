// SPDX-License-Identifier: MIT
// The interface a statistical rule stands behind. It sees a whole family of (case, metric) pairs at once, because both
// multiplicity and what a session did to all cases can only be judged there. What is comparable, and which pairs belong
// together, was settled before (latency_family.h): a rule gets numbers of equal requests, sources and lengths.
// Implementations keep no state.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fixtures/run/metrics.h"
#include "tools/compare/suite_policy.h"
#include "tools/compare/verdict.h"

namespace assay::compare {

// What is corrected and centred together.
enum class FamilyKind {
  kTtft,
  kDecode,  // time per token; where a case has none, its whole latency
  kE2e,     // whole latency beside the time per token
  // One number per session, judged by how far sessions lie apart (session_rule.h).
  kThroughput,
  kLoadTime,
};
std::string_view ToString(FamilyKind kind);

// One session of the baseline. The name is shared by all cases measured in it (session_names.h).
struct SessionValues {
  std::string session;
  std::vector<double> values;  // never empty
};

struct LatencySeries {
  std::string case_id;
  const run::Metric* metric = nullptr;
  double min_effect = 0;            // share
  double tolerance = 0;             // share: a slowdown up to this is none
  std::vector<double> head;         // never empty
  std::vector<SessionValues> base;  // never empty, oldest first
  std::vector<double> second;       // of the second look; empty when the case was not measured again
  std::string variant = {};         // whose cases may move together
};

// One case of a paired run: each request of the head beside its partner of the base.
struct PairedSeries {
  std::string case_id;  // of the head
  const run::Metric* metric = nullptr;
  double min_effect = 0;
  double tolerance = 0;
  struct Block {
    std::vector<double> base;  // as long as head; partners at the same place
    std::vector<double> head;
  };
  std::vector<Block> blocks;         // between restarts; one when nothing was restarted
  std::vector<Block> second_blocks;  // of the second look
  bool block_is_pair = false;        // kBlocks: requests were not next to each other, each block counts as one pair
};

// What measures the machine beside a family: the same metric of the anchors, cases that never change.
struct AnchorSeries {
  std::string name;
  std::vector<double> head;
  std::vector<SessionValues> base;
  std::vector<double> second;  // of the second look; may be empty
  // Whose i-th value was measured just before the i-th of every case (run::Anchors::in_step).
  bool head_in_step = false;
  bool second_in_step = false;
  std::set<std::string> sessions_in_step = {};
};

// Why a verdict is what it is, for programs; `reason` says it to people.
enum class LatencyReason {
  kNone,                 // the numbers speak for themselves
  kBelowMinEffect,       // a difference is there, too small to matter
  kWithinSessionSpread,  // no further off than sessions of the baseline are from each other
  kTooFewSessions,       // how far a case moves by itself from session to session is not known
  kTooFewCases,          // a change of one case cannot be told from a change of all
  kNoBaseline,
  kRequestChanged,
  kTokenSourceDiffers,
  kCompletionTokensDiffer,
  kMetricAbsent,
  kTooFewSamples,
  kZeroTime,
  kImplausible,  // so much faster that rather the unit or the clock is another
  kIncomplete,
  kRunNotValid,   // a condition of the run did not hold and the policy insists on it
  kDebugBuild,    // one side was measured by an unoptimised program, the other was not
  kNotConfirmed,  // the first look found it, and what was to confirm it is not there
  kTooNoisy,      // a slowdown of latency.max_mde could have been missed
};
std::string_view ToString(LatencyReason reason);

struct LatencyFinding {
  const run::Metric* metric = nullptr;
  std::optional<FamilyKind> kind;  // absent when it was not judged
  Verdict verdict = Verdict::kCannotTell;
  LatencyReason code = LatencyReason::kNone;
  std::string reason;                 // a sentence without its full stop; empty with kNone
  std::optional<double> base_median;  // in the metric's unit, over all values of the sessions
  std::optional<double> head_median;
  std::optional<double> change;  // head / base - 1, what all cases did together taken out; not that of the medians
  std::optional<double> lower;   // 95 % interval of `change`, of this case alone
  std::optional<double> upper;
  std::optional<double> p;           // one-sided, in the direction of `change`
  std::optional<double> p_adjusted;  // over the family
  std::optional<double> mde;         // smallest change for the worse that would surely have been a regression
  std::optional<double> se;          // standard error of ln(1 + change)
  std::optional<double> df;          // its degrees of freedom
  bool suspect = false;              // worth a second look
  double alpha = 0;                  // what the family was judged at
  std::size_t family = 0;            // pairs adjusted for
  double min_effect = 0;
  std::size_t n_head = 0;
  std::size_t n_base = 0;
  std::size_t sessions = 0;
  std::size_t n_second = 0;            // values of the second look that are in the estimate; 0 = one look
  std::optional<double> first_change;  // of the first look alone, where there were two
  std::optional<double> second_change = std::nullopt;  // and of the second alone
  double tolerance = 0;
  bool gates = true;    // false: the policy only wants it shown
  bool decides = true;  // false: does not gate, or another metric of the case speaks for it
};

// What all cases of a family did together. Without anchors a slower machine and slower software look the same; with
// them, or in a paired run, each has its name.
enum class SuiteVerdict {
  kNotJudged,
  kUnchanged,
  kSuiteShift,       // all moved, and so did the anchors; or there are none to tell
  kSuiteRegression,  // all got slower beyond what the anchors, or the other side of the pair, did
  kSuiteImprovement,
};
std::string_view ToString(SuiteVerdict verdict);

struct SuiteFinding {
  FamilyKind kind = FamilyKind::kTtft;
  SuiteVerdict verdict = SuiteVerdict::kNotJudged;
  std::string reason;            // why it was not judged; a sentence without its full stop
  std::optional<double> change;  // head / base - 1; for a metric where more is better its inverse: positive is worse
  std::optional<double> lower;   // 95 % interval of `change`, from how far sessions lie apart
  std::optional<double> upper;
  std::optional<double> p;    // one-sided, in the direction of `change`
  std::optional<double> mde;  // smallest change that would surely have been found
  // Evidence of the machine: what the anchors did, and the suite beyond them. Absent without comparable anchors, and
  // then `why_no_anchors` says what is missing.
  std::optional<double> anchor_change;
  std::optional<double> beyond_anchors;
  std::optional<double> beyond_lower;  // 95 % interval
  std::optional<double> beyond_upper;
  std::optional<double> beyond_p;      // one-sided, in the direction of `beyond_anchors`
  std::optional<double> beyond_again;  // of the second look alone, by the cases it measured that were no suspects
  bool suspect = false;                // slower beyond the anchors, sure enough for a second look
  std::size_t anchors = 0;
  std::string why_no_anchors;
  std::size_t cases = 0;
  std::size_t sessions = 0;  // of the baseline, that half of the cases have at least
  bool gates = true;         // false: the policy only wants the family shown
  bool explained = false;    // the anchors did the same: it is the machine
  bool decides = false;      // the comparison fails or cannot tell because of it
  // The cases of one variant beside those of all others, which then stand where the anchors do: `anchors` is the number
  // of their cases. Empty: all cases of the family.
  std::string variant = {};

  // Of a variant beyond the others; all cases have nothing else to be held against.
  bool Slower() const {
    const std::optional<double>& moved = variant.empty() ? change : beyond_anchors;
    return verdict == SuiteVerdict::kSuiteShift && moved && *moved > 0;
  }
};

struct FamilyFindings {
  std::vector<LatencyFinding> pairs;  // one per series, in their order
  std::optional<SuiteFinding> suite;  // absent when nothing can be said of all together; `kind` and `gates` are not set
  // Likewise, of each variant; empty where there is one, or too few cases of any.
  std::vector<SuiteFinding> variants = {};
};

struct FamilyOptions {
  double alpha = 0.05;
  SuitePolicy suite;
  bool second_look = false;  // one was taken: a slowdown that only the first look shows is then not enough
  // Of a run in rounds: the values every case had when the first was settled; 0 = all were asked equally often.
  std::size_t first_look = 0;
  bool variants_apart = false;  // they were measured one after the other, each in a run of its own
};

class LatencyRule {
 public:
  virtual ~LatencyRule() = default;
  // `anchors` may be empty: `why_no_anchors` of the suite's finding is the caller's.
  virtual FamilyFindings JudgeFamily(std::span<const LatencySeries> family, std::span<const AnchorSeries> anchors,
                                     const FamilyOptions& options) const = 0;
  virtual FamilyFindings JudgePairs(std::span<const PairedSeries> family, const FamilyOptions& options) const = 0;
};

}  // namespace assay::compare

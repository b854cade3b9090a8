// SPDX-License-Identifier: MIT
#include "tools/compare/gate_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "fixtures/base/result.h"
#include "tools/compare/gate_parts.h"
#include "tools/compare/gate_variants.h"
#include "tools/stats/descriptive.h"
#include "tools/stats/gate.h"
#include "tools/stats/multiplicity.h"

namespace assay::compare {
namespace {

bool EnoughHead(const LatencySeries& one) { return one.head.size() >= kFewestHeadValues; }

LatencyFinding Described(const LatencySeries& one, double alpha) {
  std::vector<double> pooled;
  for (const SessionValues& session : one.base) {
    pooled.insert(pooled.end(), session.values.begin(), session.values.end());
  }
  LatencyFinding finding;
  finding.metric = one.metric;
  finding.min_effect = one.min_effect;
  finding.tolerance = one.tolerance;
  finding.alpha = alpha;
  finding.n_head = one.head.size();
  finding.n_base = pooled.size();
  finding.sessions = one.base.size();
  finding.head_median = stats::Median(one.head);
  finding.base_median = stats::Median(pooled);
  return finding;
}

// Of a case that the gate has no estimate for.
void SayWhatIsMissing(const LatencySeries& one, std::size_t judgeable, LatencyFinding& finding) {
  if (parts::HasZero(one)) {
    // A broken clock must not pass as an infinite improvement.
    return parts::Refuse(finding, LatencyReason::kZeroTime, "a value that is not above 0 was recorded");
  }
  if (!EnoughHead(one)) {
    return parts::Refuse(finding, LatencyReason::kTooFewSamples,
                         "too few samples: the run has " + std::to_string(one.head.size()) + ", " +
                             std::to_string(kFewestHeadValues) + " are needed");
  }
  if (std::none_of(one.base.begin(), one.base.end(), [](const auto& session) { return session.values.size() > 1; })) {
    return parts::Refuse(finding, LatencyReason::kTooFewSamples,
                         "too few samples: no session of the baseline has more than one; accept a longer run");
  }
  if (judgeable < kFewestCases) {
    return parts::Refuse(finding, LatencyReason::kTooFewCases,
                         "needs " + std::to_string(kFewestCases) + " cases that can be compared, found " +
                             std::to_string(judgeable) +
                             ": with fewer a change of one cannot be told from what the session did to all");
  }
  parts::Refuse(finding, LatencyReason::kTooFewSamples, "the numbers allow no estimate; measure again");
}

// Sessions that half of the cases have at least. The number of all names would count sessions that share no case.
std::size_t CommonSessions(std::span<const stats::StoredCase> cases) {
  std::vector<std::size_t> counts;
  for (const stats::StoredCase& one : cases) {
    if (one.head.empty()) continue;
    counts.push_back(static_cast<std::size_t>(std::count_if(
        one.sessions.begin(), one.sessions.end(), [](const stats::Values& values) { return values.size() > 1; })));
  }
  if (counts.empty()) return 0;
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>((counts.size() - 1) / 2);
  std::nth_element(counts.begin(), middle, counts.end());
  return *middle;
}

// By the sessions of the baseline alone.
void JudgeAlone(const stats::SuiteShift& shift, const SuitePolicy& policy, SuiteFinding& suite) {
  suite.change = std::expm1(shift.shift);
  if (suite.sessions < kFewestSuiteSessions) {
    suite.reason =
        "needs " + std::to_string(kFewestSuiteSessions) + " accepted sessions, found " + std::to_string(suite.sessions);
    if (*suite.change >= kUnjudgedSuiteLimit) suite.verdict = SuiteVerdict::kSuiteShift;
    return;
  }
  if (!shift.p) {
    suite.reason = "the sessions of the baseline do not differ at all";
    if (*suite.change >= kUnjudgedSuiteLimit) suite.verdict = SuiteVerdict::kSuiteShift;
    return;
  }
  suite.lower = std::expm1(*shift.lower);
  suite.upper = std::expm1(*shift.upper);
  suite.p = shift.shift >= 0 ? *shift.p : *shift.p_faster;
  // A change has to pass both, the test and the smallest effect that counts.
  if (shift.mde) suite.mde = std::max(std::expm1(*shift.mde), policy.min_effect);
  const bool shifted = (*suite.p < policy.alpha && std::fabs(*suite.change) >= policy.min_effect) ||
                       *suite.change >= kUnjudgedSuiteLimit;
  suite.verdict = shifted ? SuiteVerdict::kSuiteShift : SuiteVerdict::kUnchanged;
}

// Whether what the anchors did accounts for the shift: little is left beyond them, or most of it is theirs, and they
// are sure enough that nothing large hides behind them.
bool Explains(const stats::AnchoredShift& anchored, const SuitePolicy& policy) {
  const double beyond = anchored.beyond.shift;
  if (anchored.beyond.upper && std::expm1(*anchored.beyond.upper) >= kUnjudgedSuiteLimit) return false;
  return std::fabs(std::expm1(beyond)) < policy.min_effect_anchored ||
         (anchored.anchors * anchored.suite > 0 && std::fabs(beyond) < 0.5 * std::fabs(anchored.suite));
}

// Whether the distance to the anchors is rather the service than the machine: what the anchors gained is at most half
// as much again as what the service is said to have lost. How far they lead is not known so well that a suite that is
// clearly faster than its baseline should fail. Unless the distance is one that no machine makes.
bool GotSlower(double suite, double beyond) {
  return suite >= -beyond / 2 || std::expm1(beyond) >= kUnjudgedSuiteLimit;
}

constexpr const char* kOnlyAnchorsMoved = "faster than the baseline, and the anchors more so";

// With anchors the suite is judged by what it did beyond them; what it did with them is the machine.
void JudgeBeside(const stats::AnchoredShift& anchored, const SuitePolicy& policy, SuiteFinding& suite) {
  const stats::SuiteShift& beyond = anchored.beyond;
  suite.anchors = anchored.anchors_used;
  suite.anchor_change = std::expm1(anchored.anchors);
  if (!beyond.p) {
    suite.why_no_anchors =
        "the anchors do not tell how far they can come from chance: " + std::to_string(anchored.anchors_used) +
        " anchors and " + std::to_string(anchored.suite_used) + " cases in " + std::to_string(anchored.sessions) +
        " sessions with both";
    return;
  }
  suite.beyond_anchors = std::expm1(beyond.shift);
  suite.beyond_lower = std::expm1(*beyond.lower);
  suite.beyond_upper = std::expm1(*beyond.upper);
  suite.beyond_p = beyond.shift >= 0 ? *beyond.p : *beyond.p_faster;
  suite.reason.clear();
  if (suite.cases < kFewestSuiteCases) {
    suite.why_no_anchors = "needs " + std::to_string(kFewestSuiteCases) + " cases, found " +
                           std::to_string(suite.cases) + ": fewer are no suite";
    suite.explained = Explains(anchored, policy);
    return;
  }
  const double least = parts::LeastBeside(anchored, policy);
  if (beyond.mde) suite.mde = std::max(std::expm1(*beyond.mde), least);
  suite.suspect = *beyond.p < kSuiteScreen && std::expm1(beyond.shift) >= least / 2;
  if (*suite.beyond_p < policy.alpha && std::fabs(*suite.beyond_anchors) >= least) {
    if (beyond.shift < 0) {
      suite.verdict = SuiteVerdict::kSuiteImprovement;
      return;
    }
    if (GotSlower(anchored.suite, beyond.shift)) {
      suite.verdict = SuiteVerdict::kSuiteRegression;
      return;
    }
    suite.reason = kOnlyAnchorsMoved;
  }
  suite.explained = Explains(anchored, policy);
  if (suite.verdict == SuiteVerdict::kNotJudged) {
    // Too few sessions for a test of its own: a shift that the anchors have too needs none.
    const bool shifted = suite.explained && std::fabs(suite.change.value_or(0)) >= policy.min_effect;
    suite.verdict = shifted ? SuiteVerdict::kSuiteShift : SuiteVerdict::kUnchanged;
  }
}

// What a token costs tells which anchors are like the suite's models; the time to a first token is first of all the
// length of the prompt.
double AnchorsNear(std::span<const LatencySeries> family) {
  constexpr double kNear = 0.2;
  const auto per_token =
      std::ranges::count_if(family, [](const auto& one) { return one.metric->value == run::TpotMs; });
  return 2 * per_token > std::ssize(family) ? kNear : std::numeric_limits<double>::infinity();
}

// The anchors' head values are those of the first or of the second look.
std::optional<stats::AnchoredShift> Beside(std::span<const LatencySeries> family,
                                           const std::vector<stats::StoredCase>& cases,
                                           std::span<const AnchorSeries> anchors, const stats::GateOptions& options,
                                           bool again) {
  if (anchors.empty()) return std::nullopt;
  const parts::SessionPositions positions = parts::PositionsOf(family);
  std::vector<stats::StoredCase> beside;
  stats::InStep in_step;
  in_step.sessions.assign(positions.size(), false);
  for (const AnchorSeries& anchor : anchors) {
    in_step.head = again ? anchor.second_in_step : anchor.head_in_step;
    for (const std::string& session : anchor.sessions_in_step) {
      const auto found = positions.find(session);
      if (found != positions.end()) in_step.sessions[found->second] = true;
    }
    stats::StoredCase one;
    one.sessions.resize(positions.size());
    one.head = parts::Logarithms(again ? anchor.second : anchor.head, 1);
    for (const SessionValues& session : anchor.base) {
      const auto found = positions.find(session.session);
      if (found != positions.end()) one.sessions[found->second] = parts::Logarithms(session.values, 1);
    }
    beside.push_back(std::move(one));
  }
  stats::GateOptions of_anchors = options;
  of_anchors.anchors_near = AnchorsNear(family);
  of_anchors.anchors_slope = true;
  return stats::AnchoredSuiteShift(cases, beside, of_anchors, in_step);
}

// Where a second look was taken, only what both looks show together is a slowdown.
void DecideTwice(const LatencySeries& one, const stats::CaseEstimate& first, const stats::CaseEstimate* both,
                 double alpha, LatencyFinding& finding) {
  finding.first_change = finding.change;
  if (both != nullptr) {
    parts::Estimated(*one.metric, *both, finding);
    finding.n_second = one.second.size();
    finding.suspect = false;
    parts::Decide(*both, alpha, finding);
  } else if (first.flagged) {
    parts::Refuse(finding, LatencyReason::kNotConfirmed,
                  "the first look found it slower, and the second look has too little of it; measure it again with "
                  "assay-bench --confirm");
  }
}

// Where a second look was taken, all cases together are slower only when each look says so for itself, at a level of
// kSuiteScreen, and both together at the policy's. The cases are those that were measured again and no suspects, which
// would have been chosen for being slow.
void DecideSuiteTwice(const stats::AnchoredShift& first, const std::optional<stats::AnchoredShift>& again,
                      const SuitePolicy& policy, SuiteFinding& suite) {
  if (!suite.suspect) return;
  const bool was = suite.verdict == SuiteVerdict::kSuiteRegression;
  suite.suspect = false;
  if (!again || !again->beyond.p) {
    if (!was) return;
    suite.verdict = SuiteVerdict::kSuiteShift;
    suite.explained = false;
    suite.why_no_anchors =
        "the second look has too few cases or anchors to confirm it; measure it again with "
        "assay-bench --confirm";
    return;
  }
  suite.beyond_again = std::expm1(again->beyond.shift);
  const double both = parts::BothLooks(first.beyond.shift, again->beyond.shift);
  const auto together = stats::CombinedP(*first.beyond.p, *again->beyond.p, kLooksAlike);
  const bool confirmed = *again->beyond.p < kSuiteScreen && together && *together < policy.alpha &&
                         std::expm1(both) >= parts::LeastBeside(first, policy);
  if (confirmed && GotSlower(parts::BothLooks(first.suite, again->suite), both)) {
    suite.verdict = SuiteVerdict::kSuiteRegression;
    suite.reason.clear();
  } else if (was) {
    suite.verdict = SuiteVerdict::kUnchanged;
    suite.reason = confirmed ? kOnlyAnchorsMoved : "the second look does not confirm it";
  }
}

std::vector<bool> SuspectsOf(const stats::GateResult* gate, std::size_t cases) {
  std::vector<bool> suspects(cases, false);
  if (gate == nullptr) return suspects;
  for (std::size_t i = 0; i < cases; ++i) suspects[i] = gate->cases[i] && gate->cases[i]->suspect;
  return suspects;
}

std::optional<stats::AnchoredShift> BesideAgain(std::span<const LatencySeries> family,
                                                std::vector<stats::StoredCase> cases,
                                                const std::vector<stats::Values>& second,
                                                const std::vector<bool>& suspects,
                                                std::span<const AnchorSeries> anchors,
                                                const stats::GateOptions& options) {
  for (std::size_t i = 0; i < cases.size(); ++i) cases[i].head = suspects[i] ? stats::Values() : second[i];
  return Beside(family, cases, anchors, options, true);
}

// What the anchors say the machine did; nothing where they do not tell how sure that is.
std::optional<double> MachineOf(const std::optional<stats::AnchoredShift>& beside) {
  return beside && beside->beyond.p ? std::optional(beside->anchors) : std::nullopt;
}

}  // namespace

FamilyFindings GateRule::JudgeFamily(std::span<const LatencySeries> family, std::span<const AnchorSeries> anchors,
                                     const FamilyOptions& asked) const {
  const double alpha = asked.alpha;
  const std::vector<stats::StoredCase> cases = parts::ToStored(family);
  parts::FamilyVariants variants(family, cases);
  SuitePolicy whole = asked.suite;
  whole.alpha = variants.WholeAlpha(whole.alpha);
  stats::GateOptions options = parts::StoredOptions(alpha, asked.first_look);
  options.suite_alpha = whole.alpha;
  variants.Judge(MachineOf(Beside(family, cases, anchors, options, false)), asked);
  // From here on without what a variant did that has a finding of its own: neither its cases nor all together repeat
  // it.
  std::vector<stats::StoredCase> centred = variants.Centred();
  const std::optional<stats::GateResult> alone = stats::GateStored(centred, options);
  std::optional<stats::ConfirmedGate> confirmed;
  std::optional<stats::AnchoredShift> again;
  if (asked.second_look) {
    const std::vector<stats::Values> second = parts::SecondValues(family);
    const std::vector<bool> suspects = SuspectsOf(alone ? &*alone : nullptr, cases.size());
    variants.JudgeTwice(second, suspects, MachineOf(BesideAgain(family, cases, second, suspects, anchors, options)),
                        asked);
    centred = variants.Centred();
    const std::vector<stats::Values> centred_again = variants.CentredAgain(second);
    again = BesideAgain(family, cases, centred_again, suspects, anchors, options);
    confirmed = stats::ConfirmStored(centred, centred_again, options);
  }
  const auto beside = Beside(family, centred, anchors, options, false);
  const stats::GateResult* const gate = confirmed ? &confirmed->first : alone ? &*alone : nullptr;

  FamilyFindings result;
  result.pairs.reserve(family.size());
  result.variants = variants.Findings();
  const auto judgeable = static_cast<std::size_t>(std::count_if(cases.begin(), cases.end(), parts::Judgeable));
  // A single case is no family for the gate, and one of all cases together.
  if (const auto suite = stats::StoredSuiteShift(centred, options)) {
    result.suite.emplace();
    result.suite->cases = judgeable;
    result.suite->sessions = CommonSessions(cases);
    JudgeAlone(*suite, whole, *result.suite);
    if (beside) {
      JudgeBeside(*beside, whole, *result.suite);
      if (asked.second_look) DecideSuiteTwice(*beside, again, whole, *result.suite);
    }
  }
  for (std::size_t i = 0; i < family.size(); ++i) {
    LatencyFinding finding = Described(family[i], alpha);
    const stats::CaseEstimate* const estimate = gate != nullptr && gate->cases[i] ? &*gate->cases[i] : nullptr;
    if (estimate == nullptr || gate->family < kFewestCases) {
      SayWhatIsMissing(family[i], judgeable, finding);
    } else if (gate->advisory) {
      // The estimate stands, but nothing says how far it can come from chance.
      finding.change = std::expm1(parts::WorseSign(*family[i].metric) * estimate->shift);
      parts::Refuse(finding, LatencyReason::kTooFewSessions,
                    "needs a second accepted session, or " + std::to_string(kFewestCasesForOneSession) + " cases");
    } else {
      finding.family = gate->family;
      parts::Estimated(*family[i].metric, *estimate, finding);
      parts::Decide(*estimate, alpha, finding);
      if (asked.second_look && estimate->suspect) {
        const bool twice = confirmed && confirmed->cases[i];
        DecideTwice(family[i], *estimate, twice ? &*confirmed->cases[i] : nullptr, alpha, finding);
      }
    }
    parts::RefuseImplausible("the baseline", "accept the run", finding);
    result.pairs.push_back(std::move(finding));
  }
  return result;
}

}  // namespace assay::compare

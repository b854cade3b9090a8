// SPDX-License-Identifier: MIT
#include "tools/compare/gate_variants.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "tools/compare/gate_parts.h"
#include "tools/compare/gate_rule.h"
#include "tools/stats/descriptive.h"

namespace assay::compare::parts {
namespace {

// Fewer sessions do not say how far variants move apart by themselves.
bool FewSessions(const stats::AnchoredShift& shift) { return shift.sessions < kFewestSuiteSessions; }

double Least(const stats::AnchoredShift& shift, const SuitePolicy& policy) {
  return FewSessions(shift) ? std::max(policy.min_effect_anchored, kFewSessionsMinEffect) : policy.min_effect_anchored;
}

// From this p on a second look is worth taking, and each of two looks has to show it: both together then keep the level
// that one look would have been judged at.
double Screen(double level) { return std::min(kSuiteScreen, std::sqrt(level)); }

// Who moved, where the variant lies above the others by `beyond`. The two are not told apart by that number: with two
// variants "one slower" and "the other faster" look alike. So it hangs on what the variant did against its own
// baseline, beyond the machine where anchors say what that did: when at least half of the distance is its own, it moved
// most. When less is, the rest is the others', who got faster, or the machine's; only who did not get slower at all is
// then no suspect.
enum class Who { kThisOne, kCannotTell, kTheOthers };
Who WhoMoved(double mine, double beyond, bool machine_known, double least) {
  if (mine >= beyond / 2) return Who::kThisOne;
  return mine > (machine_known ? std::log1p(least) : 0) ? Who::kCannotTell : Who::kTheOthers;
}

constexpr const char* kWhoCannotBeTold =
    "whether these cases got slower, or the others faster, cannot be told; measure again with anchors, and accept the "
    "run if the others are meant to be faster";
constexpr const char* kApartCannotBeTold =
    "the variants were measured one after the other, and how far such runs lie apart by themselves takes 3 accepted "
    "sessions to know";
constexpr const char* kOthersFaster = "no slower than their baseline: the other cases got faster";
constexpr const char* kNotConfirmed =
    "the second look has too few of these cases, or of the others, to confirm it; measure it again with assay-bench "
    "--confirm";
constexpr const char* kUnsure =
    "so large a distance is no pass, and too far from sure to be a regression; measure again";

void Say(SuiteFinding& finding, SuiteVerdict verdict, std::string why) {
  finding.verdict = verdict;
  finding.reason.clear();
  finding.why_no_anchors.clear();
  if (verdict == SuiteVerdict::kSuiteShift) {
    finding.why_no_anchors = std::move(why);
  } else {
    finding.reason = std::move(why);
  }
}

}  // namespace

FamilyVariants::FamilyVariants(std::span<const LatencySeries> family, std::span<const stats::StoredCase> cases)
    : all_(cases) {
  std::map<std::string, std::vector<std::size_t>> of;
  std::size_t count = 0;
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (!Judgeable(cases[i])) continue;
    of[family[i].variant].push_back(i);
    ++count;
  }
  for (const auto& [name, own] : of) {
    if (own.size() < kFewestSuiteCases || count - own.size() < kFewestOtherCases) continue;
    Variant one;
    one.name = name;
    one.own = own;
    for (const auto& [other, indices] : of) {
      if (other != name) one.others.insert(one.others.end(), indices.begin(), indices.end());
    }
    variants_.push_back(std::move(one));
  }
}

double FamilyVariants::Level(const FamilyOptions& asked) const {
  return asked.suite.alpha / 2 / static_cast<double>(variants_.size());
}

FamilyVariants::Look FamilyVariants::LookAt(const Variant& one, std::span<const stats::StoredCase> cases,
                                            std::optional<double> machine, const FamilyOptions& asked) const {
  const auto gather = [&](const std::vector<std::size_t>& indices) {
    std::vector<stats::StoredCase> some;
    some.reserve(indices.size());
    for (const std::size_t i : indices) some.push_back(cases[i]);
    return some;
  };
  stats::GateOptions options = StoredOptions(asked.alpha);
  options.suite_alpha = Level(asked);
  return {stats::AnchoredSuiteShift(gather(one.own), gather(one.others), options), machine};
}

void FamilyVariants::JudgeSlower(const Look& look, double level, const FamilyOptions& asked, SuiteFinding& finding) {
  const stats::AnchoredShift& shift = *look.shift;
  const stats::SuiteShift& beyond = shift.beyond;
  const double least = Least(shift, asked.suite);
  const Who who = WhoMoved(shift.suite - look.machine.value_or(0), beyond.shift, look.machine.has_value(), least);
  const bool large = *finding.beyond_anchors >= kUnjudgedSuiteLimit;
  if (asked.variants_apart && FewSessions(shift)) {
    if (large && who != Who::kTheOthers && *beyond.p < level) {
      Say(finding, SuiteVerdict::kSuiteShift, kApartCannotBeTold);
    }
    return;
  }
  finding.suspect = who != Who::kTheOthers && *beyond.p < Screen(level) && *finding.beyond_anchors >= least / 2;
  if (*beyond.p < level && *finding.beyond_anchors >= least) {
    if (who == Who::kThisOne) return Say(finding, SuiteVerdict::kSuiteRegression, "");
    if (who == Who::kCannotTell) return Say(finding, SuiteVerdict::kSuiteShift, kWhoCannotBeTold);
    return Say(finding, SuiteVerdict::kUnchanged, kOthersFaster);
  }
  if (large && who == Who::kThisOne && *beyond.p < kSuiteScreen) Say(finding, SuiteVerdict::kSuiteShift, kUnsure);
}

void FamilyVariants::JudgeFaster(const Look& look, double level, const FamilyOptions& asked, SuiteFinding& finding) {
  const stats::AnchoredShift& shift = *look.shift;
  if (asked.variants_apart && FewSessions(shift)) return;
  if (*shift.beyond.p_faster >= level || *finding.beyond_anchors > -Least(shift, asked.suite)) return;
  const double mine = shift.suite - look.machine.value_or(0);
  if (mine <= shift.beyond.shift / 2) return Say(finding, SuiteVerdict::kSuiteImprovement, "");
  Say(finding, SuiteVerdict::kUnchanged, "no faster than their baseline: the other cases got slower");
}

void FamilyVariants::Judge(std::optional<double> machine, const FamilyOptions& asked) {
  for (Variant& one : variants_) {
    one.first = LookAt(one, all_, machine, asked);
    if (!one.first.shift || !one.first.shift->beyond.p) continue;
    const stats::AnchoredShift& shift = *one.first.shift;
    SuiteFinding& finding = one.finding.emplace();
    finding.variant = one.name;
    finding.cases = shift.suite_used;
    finding.anchors = shift.anchors_used;
    finding.sessions = shift.sessions;
    finding.change = std::expm1(shift.suite);
    finding.anchor_change = std::expm1(shift.anchors);
    finding.beyond_anchors = std::expm1(shift.beyond.shift);
    finding.beyond_lower = std::expm1(*shift.beyond.lower);
    finding.beyond_upper = std::expm1(*shift.beyond.upper);
    finding.beyond_p = shift.beyond.shift > 0 ? *shift.beyond.p : *shift.beyond.p_faster;
    if (shift.beyond.mde) finding.mde = std::max(std::expm1(*shift.beyond.mde), Least(shift, asked.suite));
    finding.verdict = SuiteVerdict::kUnchanged;
    (shift.beyond.shift > 0 ? JudgeSlower : JudgeFaster)(one.first, Level(asked), asked, finding);
    // Who lets this finding decide nothing must see the variant's cases slower one by one.
    one.moved = asked.suite.gate && finding.verdict != SuiteVerdict::kUnchanged;
  }
}

// The place the variants that moved are brought back to is that of those that did not.
void FamilyVariants::TakeOut(Look Variant::*look, const std::function<void(std::size_t, double)>& subtract) const {
  const auto shift_of = [&](const Variant& one) -> const std::optional<stats::AnchoredShift>& {
    return (one.*look).shift ? (one.*look).shift : one.first.shift;
  };
  const bool any_stayed =
      std::any_of(variants_.begin(), variants_.end(), [](const Variant& one) { return !one.moved && one.first.shift; });
  std::vector<double> stayed;
  for (const Variant& one : variants_) {
    if (one.first.shift && (!any_stayed || !one.moved)) stayed.push_back(shift_of(one)->suite);
  }
  for (const Variant& one : variants_) {
    if (!one.moved) continue;
    // Where no other variant has cases enough to be judged, the others are those that stayed.
    const double centre = any_stayed || stayed.size() > 1 ? *stats::Median(stayed) : shift_of(one)->anchors;
    for (const std::size_t i : one.own) subtract(i, shift_of(one)->suite - centre);
  }
}

std::vector<stats::StoredCase> FamilyVariants::Centred() const {
  std::vector<stats::StoredCase> centred(all_.begin(), all_.end());
  TakeOut(&Variant::first, [&](std::size_t i, double shift) {
    for (double& value : centred[i].head) value -= shift;
  });
  return centred;
}

void FamilyVariants::DecideTwice(const Look& first, const Look& again, double level, const FamilyOptions& asked,
                                 SuiteFinding& finding) {
  if (!finding.suspect) return;
  const bool was = finding.verdict != SuiteVerdict::kUnchanged;
  finding.suspect = false;
  if (!again.shift || !again.shift->beyond.p) {
    if (was) Say(finding, SuiteVerdict::kSuiteShift, kNotConfirmed);
    return;
  }
  const auto both = [](double one, double other) { return kFirstLookWeight * one + (1 - kFirstLookWeight) * other; };
  const stats::SuiteShift& second = again.shift->beyond;
  finding.beyond_again = std::expm1(second.shift);
  const double least = Least(*first.shift, asked.suite);
  const double beyond = both(first.shift->beyond.shift, second.shift);
  if (*second.p >= Screen(level) || std::expm1(beyond) < least) {
    if (!was) return;
    // Both looks together still lie far apart: a session that says little does not acquit.
    const bool large = std::expm1(beyond) >= kUnjudgedSuiteLimit;
    return large ? Say(finding, SuiteVerdict::kSuiteShift, kUnsure)
                 : Say(finding, SuiteVerdict::kUnchanged, "the second look does not confirm it");
  }
  double mine = first.shift->suite - first.machine.value_or(0);
  // A second look without the anchors that the first one had does not say who moved.
  if (!first.machine || again.machine) mine = both(mine, again.shift->suite - again.machine.value_or(0));
  switch (WhoMoved(mine, beyond, first.machine.has_value(), least)) {
    case Who::kThisOne:
      return Say(finding, SuiteVerdict::kSuiteRegression, "");
    case Who::kCannotTell:
      return Say(finding, SuiteVerdict::kSuiteShift, kWhoCannotBeTold);
    case Who::kTheOthers:
      return Say(finding, SuiteVerdict::kUnchanged, kOthersFaster);
  }
}

void FamilyVariants::JudgeTwice(std::span<const stats::Values> second, const std::vector<bool>& suspects,
                                std::optional<double> machine, const FamilyOptions& asked) {
  std::vector<stats::StoredCase> cases(all_.begin(), all_.end());
  for (Variant& one : variants_) {
    for (const std::vector<std::size_t>* const side : {&one.own, &one.others}) {
      const auto witness = [&](std::size_t i) { return !second[i].empty() && !suspects[i]; };
      const bool enough =
          static_cast<std::size_t>(std::count_if(side->begin(), side->end(), witness)) >= kFewestSuiteCases;
      for (const std::size_t i : *side) cases[i].head = enough && suspects[i] ? stats::Values() : second[i];
    }
    one.again = LookAt(one, cases, machine, asked);
    if (one.finding) DecideTwice(one.first, one.again, Level(asked), asked, *one.finding);
  }
}

std::vector<stats::Values> FamilyVariants::CentredAgain(std::vector<stats::Values> second) const {
  TakeOut(&Variant::again, [&](std::size_t i, double shift) {
    for (double& value : second[i]) value -= shift;
  });
  return second;
}

std::vector<SuiteFinding> FamilyVariants::Findings() const {
  std::vector<SuiteFinding> findings;
  for (const Variant& one : variants_) {
    if (one.finding) findings.push_back(*one.finding);
  }
  return findings;
}

}  // namespace assay::compare::parts

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

// From here on a variant is no pass, however unsure its distance is.
double Large(double least) { return std::max(kUnjudgedSuiteLimit, least); }

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
    "so large a distance is no pass, and too far from sure to be a regression; ask more often, or accept more sessions";
constexpr const char* kNoChance =
    "too few cases, or times that never differ: how far the distance can come from chance is not known; accept more "
    "sessions";

// Only what got slower is taken out of its cases: where some of a variant got faster and others did not, what its
// middle did would make those slower. And who lets the finding decide nothing must see the cases slower one by one.
bool SpeaksForItsCases(const FamilyOptions& asked, const SuiteFinding& finding) {
  return asked.suite.gate &&
         (finding.verdict == SuiteVerdict::kSuiteRegression || finding.verdict == SuiteVerdict::kSuiteShift);
}

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
    if (own.size() < kFewestSuiteCases || count - own.size() < kFewestSuiteCases) continue;
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
  const double least = LeastBeside(shift, asked.suite);
  const Who who = WhoMoved(shift.suite - look.machine.value_or(0), beyond.shift, look.machine.has_value(), least);
  const bool large = *finding.beyond_anchors >= Large(least);
  if (!beyond.p) {
    if (large && who != Who::kTheOthers) Say(finding, SuiteVerdict::kSuiteShift, kNoChance);
    return;
  }
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
  if (large && who != Who::kTheOthers && *beyond.p < kSuiteScreen) Say(finding, SuiteVerdict::kSuiteShift, kUnsure);
}

void FamilyVariants::JudgeFaster(const Look& look, double level, const FamilyOptions& asked, SuiteFinding& finding) {
  const stats::AnchoredShift& shift = *look.shift;
  if (!shift.beyond.p_faster || (asked.variants_apart && FewSessions(shift))) return;
  if (*shift.beyond.p_faster >= level || *finding.beyond_anchors > -LeastBeside(shift, asked.suite)) return;
  const double mine = shift.suite - look.machine.value_or(0);
  if (mine <= shift.beyond.shift / 2) return Say(finding, SuiteVerdict::kSuiteImprovement, "");
  Say(finding, SuiteVerdict::kUnchanged, "no faster than their baseline: the other cases got slower");
}

void FamilyVariants::Judge(std::optional<double> machine, const FamilyOptions& asked) {
  for (Variant& one : variants_) {
    one.first = LookAt(one, all_, machine, asked);
    if (!one.first.shift) continue;
    const stats::AnchoredShift& shift = *one.first.shift;
    SuiteFinding& finding = one.finding.emplace();
    finding.variant = one.name;
    finding.cases = shift.suite_used;
    finding.anchors = shift.anchors_used;
    finding.sessions = shift.sessions;
    finding.change = std::expm1(shift.suite);
    finding.anchor_change = std::expm1(shift.anchors);
    finding.beyond_anchors = std::expm1(shift.beyond.shift);
    if (shift.beyond.p) {
      finding.beyond_lower = std::expm1(*shift.beyond.lower);
      finding.beyond_upper = std::expm1(*shift.beyond.upper);
      finding.beyond_p = shift.beyond.shift > 0 ? *shift.beyond.p : *shift.beyond.p_faster;
    }
    if (shift.beyond.mde) finding.mde = std::max(std::expm1(*shift.beyond.mde), LeastBeside(shift, asked.suite));
    finding.verdict = SuiteVerdict::kUnchanged;
    (shift.beyond.shift > 0 ? JudgeSlower : JudgeFaster)(one.first, Level(asked), asked, finding);
    one.moved = SpeaksForItsCases(asked, finding);
  }
}

// The place the variants that moved are brought back to is that of those that did not, in the same session.
void FamilyVariants::TakeOut(Look Variant::*look, const std::function<void(std::size_t, double)>& subtract) const {
  const auto distance = [&](const Variant& one, Look Variant::*of) {
    std::vector<double> stayed;
    for (const Variant& other : variants_) {
      if (!other.moved && (other.*of).shift) stayed.push_back((other.*of).shift->suite);
    }
    // Where no other variant has cases enough to be judged, the others are those that stayed.
    const stats::AnchoredShift& shift = *(one.*of).shift;
    return shift.suite - stats::Median(stayed).value_or(shift.anchors);
  };
  for (const Variant& one : variants_) {
    if (!one.moved) continue;
    double shift = distance(one, (one.*look).shift ? look : &Variant::first);
    // What only one look saw was that session; what both saw stays in the cases, which then have to speak for it.
    if (one.acquitted && one.again.shift) {
      shift -= std::max(0.0, std::min(distance(one, &Variant::first), distance(one, &Variant::again)));
    }
    for (const std::size_t i : one.own) subtract(i, shift);
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
  if (!finding.suspect || !first.shift->beyond.p) return;
  const bool was = finding.verdict != SuiteVerdict::kUnchanged;
  finding.suspect = false;
  if (!again.shift || !again.shift->beyond.p) {
    if (was) Say(finding, SuiteVerdict::kSuiteShift, kNotConfirmed);
    return;
  }
  const stats::SuiteShift& second = again.shift->beyond;
  finding.beyond_again = std::expm1(second.shift);
  const double least = LeastBeside(*first.shift, asked.suite);
  const double beyond = BothLooks(first.shift->beyond.shift, second.shift);
  if (*second.p >= Screen(level) || std::expm1(beyond) < least) {
    if (!was) return;
    // Both looks together still lie far apart: a session that says little does not acquit.
    const bool large = std::expm1(beyond) >= Large(least);
    return large ? Say(finding, SuiteVerdict::kSuiteShift, kUnsure)
                 : Say(finding, SuiteVerdict::kUnchanged, "the second look does not confirm it");
  }
  double mine = first.shift->suite - first.machine.value_or(0);
  // A second look without the anchors that the first one had does not say who moved.
  if (!first.machine || again.machine) mine = BothLooks(mine, again.shift->suite - again.machine.value_or(0));
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
    if (!one.finding) continue;
    DecideTwice(one.first, one.again, Level(asked), asked, *one.finding);
    const bool speaks = SpeaksForItsCases(asked, *one.finding);
    one.acquitted = one.moved && !speaks;
    one.moved = one.moved || speaks;
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

// SPDX-License-Identifier: MIT
#include "tools/compare/second_look.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

bool Suspected(const LatencyFinding& finding) { return finding.decides && finding.suspect; }

// |z| up to a factor that a family shares.
double Distance(const LatencyFinding& finding) { return std::fabs(std::log1p(*finding.change)) / *finding.se; }

// Twice what most of the suspects had; of equally frequent numbers the larger.
std::int64_t Repetitions(const std::vector<const CaseComparison*>& suspects) {
  std::map<std::int64_t, std::size_t> counts;
  for (const CaseComparison* const one : suspects) {
    ++counts[one->facts.planned > 0 ? one->facts.planned : static_cast<std::int64_t>(one->facts.counting)];
  }
  std::pair<std::size_t, std::int64_t> most;
  for (const auto& [planned, count] : counts) most = std::max(most, {count, planned});
  return 2 * most.second;
}

// 0 when no run was measured in rounds.
std::int64_t MostOfRounds(const RunSet& runs) {
  std::int64_t most = 0;
  for (const run::Run& one : runs.runs()) {
    if (one.info.rounds) most = std::max(most, one.info.rounds->looks.back());
  }
  return most;
}

base::Error Usage(std::string message, const run::Run& run) {
  return base::Error{base::ErrorCode::kUsage, std::move(message), run.directory.string()};
}

std::string Shown(std::string_view text) { return "'" + base::EscapeForTerminal(text) + "'"; }

base::Status CheckBelongs(const RunSet& first, const run::Run& again) {
  if (!again.info.second_look) {
    return Usage(
        "this run is no second look: it measured its cases on its own account; measure the suspects again "
        "with assay-bench --confirm VERDICT.json, with the verdict of the first look",
        again);
  }
  std::multiset<std::string> expected;
  for (const run::Run& one : first.runs()) expected.insert(one.info.provenance.started_at);
  const std::vector<std::string>& stated = again.info.second_look->first_started_at;
  if (expected.contains(again.info.provenance.started_at)) {
    return Usage("this run is the first look itself; a second look is measured anew", again);
  }
  if (expected != std::multiset<std::string>(stated.begin(), stated.end())) {
    return Usage("this second look belongs to the run of " + Shown(base::Join(stated, ", ")) +
                     ", the one given is of " +
                     Shown(base::Join(std::vector<std::string>(expected.begin(), expected.end()), ", ")) +
                     "; name the run it was made for with --run, or look again with the verdict of this one",
                 again);
  }
  if (again.info.environment.Key() != first.environment().Key()) {
    return Usage("the second look was taken in the environment " + Shown(again.info.environment.Key()) +
                     ", the first one in " + Shown(first.environment().Key()) + "; measure both on one machine",
                 again);
  }
  return {};
}

}  // namespace

std::optional<SecondLookPlan> PlanSecondLook(std::span<const CaseComparison> cases, std::span<const SuiteFinding> suite,
                                             const RunSet& first) {
  struct Quiet {
    double distance = 0;
    std::size_t place = 0;
    const CaseComparison* one = nullptr;
  };
  std::vector<const CaseComparison*> suspects;
  std::set<FamilyKind> families;
  std::map<FamilyKind, std::vector<Quiet>> quiet;
  std::size_t place = 0;
  for (const CaseComparison& one : cases) {
    const bool suspect = !one.quarantined() && std::any_of(one.latency.begin(), one.latency.end(), Suspected);
    if (suspect) suspects.push_back(&one);
    for (const LatencyFinding& finding : one.latency) {
      if (!finding.decides || !finding.kind || !finding.se || !finding.change) continue;
      if (suspect && finding.suspect) families.insert(*finding.kind);
      if (!suspect && !finding.suspect) quiet[*finding.kind].push_back(Quiet{Distance(finding), place++, &one});
    }
  }
  std::set<FamilyKind> whole;
  std::map<FamilyKind, std::set<std::string_view>> variants;
  for (const SuiteFinding& one : suite) {
    if (!one.gates || !one.suspect) continue;
    if (one.variant.empty()) {
      whole.insert(one.kind);
    } else {
      variants[one.kind].insert(one.variant);
    }
  }
  std::set<std::string_view> controls;
  std::vector<const CaseComparison*> together;
  for (auto& [kind, of_family] : quiet) {
    const bool all = whole.contains(kind);
    const auto of_variants = variants.find(kind);
    const bool any = of_variants != variants.end();
    if (!all && !any && !families.contains(kind)) continue;
    std::sort(of_family.begin(), of_family.end(), [](const Quiet& a, const Quiet& b) {
      return std::pair(a.distance, a.place) < std::pair(b.distance, b.place);
    });
    std::set<const CaseComparison*> chosen;
    const auto choose = [&](std::size_t count, const auto& wanted) {
      for (const Quiet& quiet_one : of_family) {
        if (count == 0) return;
        if (!wanted(quiet_one.one->model)) continue;
        chosen.insert(quiet_one.one);
        --count;
      }
    };
    if (all || families.contains(kind)) choose(all ? kSuiteCases : kControls, [](const std::string&) { return true; });
    if (any) {
      for (const std::string_view variant : of_variants->second) {
        choose(kSuiteCases / 2, [&](const std::string& model) { return model == variant; });
        choose(kSuiteCases / 2, [&](const std::string& model) { return model != variant; });
      }
    }
    for (const Quiet& quiet_one : of_family) {
      if (chosen.contains(quiet_one.one) && controls.insert(quiet_one.one->id).second)
        together.push_back(quiet_one.one);
    }
  }
  if (suspects.empty()) {
    if ((whole.empty() && variants.empty()) || together.empty()) return std::nullopt;
    suspects.swap(together);
    controls.clear();
  }
  SecondLookPlan plan;
  const std::int64_t rounds = MostOfRounds(first);
  plan.in_rounds = rounds > 0;
  plan.repetitions = rounds > 0 ? kAfterRounds * rounds : Repetitions(suspects);
  std::set<std::string_view> suspected;
  for (const CaseComparison* const one : suspects) suspected.insert(one->id);
  for (const CaseComparison& one : cases) {
    if (suspected.contains(one.id)) plan.suspects.push_back(one.id);
  }
  for (const CaseComparison& one : cases) {
    if (controls.contains(one.id)) plan.controls.push_back(one.id);
  }
  return plan;
}

base::Result<std::unordered_map<std::string_view, RunSet::Entry>> MatchSecondLook(const RunSet& first,
                                                                                  const RunSet& second) {
  for (const run::Run& again : second.runs()) ASSAY_RETURN_IF_ERROR(CheckBelongs(first, again));
  std::unordered_map<std::string_view, const run::RunCase*> known;
  for (const RunSet::Entry& entry : first.cases()) known.emplace(entry.one->plan.id, entry.one);
  std::unordered_map<std::string_view, RunSet::Entry> matched;
  for (const RunSet::Entry& entry : second.cases()) {
    const auto found = known.find(entry.one->plan.id);
    if (found == known.end()) {
      return Usage("the second look has the case " + Shown(entry.one->plan.id) +
                       ", which the first one does not; name all runs of the first look with --run",
                   *entry.run);
    }
    if (found->second->plan.fingerprint != entry.one->plan.fingerprint) {
      return Usage("the second look asked another request for the case " + Shown(entry.one->plan.id) +
                       "; look again with the prompts of the first look",
                   *entry.run);
    }
    matched.emplace(entry.one->plan.id, entry);
  }
  return matched;
}

std::string WhyNotMeasuredAgain(const run::RunCase& one, const CaseFacts& facts) {
  std::string what;
  if (!one.plan.failure.empty()) {
    what = one.plan.failure;
  } else if (facts.counting == 0 && facts.failed == 0) {
    what = "planned, but never measured";
  } else if (facts.Incomplete() || facts.counting == 0) {
    what = "only " + std::to_string(facts.counting) + " of " + std::to_string(facts.planned) +
           " repetitions were measured" + (facts.failed > 0 ? " (" + facts.Outcomes() + ")" : "");
  }
  return what.empty() ? what : "the second look could not measure the case to its end: " + what;
}

}  // namespace assay::compare

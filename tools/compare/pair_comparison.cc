// SPDX-License-Identifier: MIT
#include "tools/compare/pair_comparison.h"
#include "tools/compare/answer_rate.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fixtures/base/text.h"
#include "tools/compare/conclude.h"
#include "tools/compare/pair_answers.h"
#include "tools/compare/pair_families.h"

namespace assay::compare {
namespace {

using SecondLooks = std::unordered_map<std::string, const PairedRuns::Entry*>;  // by id of the head

// A case while it is being judged.
struct Open {
  const PairedRuns::Entry* entry = nullptr;
  CaseFacts base_facts;
  CasePolicy policy;
  bool base_is_at_fault = false;  // the head was measured, the base was not
};

// Named by the head; failed or missing when either side is.
CaseComparison Planned(const PairedRuns& pair, const PairedRuns::Entry& entry, Open& open) {
  CaseComparison one = PlannedComparison(*entry.head, pair.head());
  const CaseComparison base = PlannedComparison(*entry.base, pair.base());
  one.paired_with = base.id;
  open.entry = &entry;
  open.base_facts = base.facts;
  if (!one.measured()) {
    one.reason = "the head: " + one.reason;
  } else if (!base.measured()) {
    open.base_is_at_fault = true;
    one.status = base.status;
    one.outcome = base.outcome;
    one.reason = "the base: " + base.reason;
  }
  return one;
}

base::Error OtherPair(const PairedRuns& second, std::string what) {
  return base::Error{base::ErrorCode::kUsage,
                     std::move(what) +
                         "; name the second look that was taken with this comparison's verdict file "
                         "(assay-bench --confirm), or leave --confirm out",
                     second.directory().string()};
}

// The second look by case, once it is known to belong to this pair.
base::Result<SecondLooks> ReadSecond(const PairedRuns& pair, const PairedRuns* second) {
  SecondLooks looks;
  if (second == nullptr) return looks;
  if (second->head().info.environment.Key() != pair.head().info.environment.Key()) {
    return OtherPair(*second, "the second look was measured on another machine ('" +
                                  base::EscapeForTerminal(second->head().info.environment.Key()) + "')");
  }
  const std::string& started = pair.head().info.provenance.started_at;
  if (second->head().info.provenance.started_at == started &&
      second->base().info.provenance.started_at == pair.base().info.provenance.started_at) {
    return OtherPair(*second, "this is the first look itself, not a second one");
  }
  if (second->info().base.stated != pair.info().base.stated || second->info().head.stated != pair.info().head.stated) {
    return OtherPair(*second, "its sides are '" + base::EscapeForTerminal(second->info().base.stated) + "' and '" +
                                  base::EscapeForTerminal(second->info().head.stated) + "', those of the first look '" +
                                  base::EscapeForTerminal(pair.info().base.stated) + "' and '" +
                                  base::EscapeForTerminal(pair.info().head.stated) + "'");
  }
  if (second->info().order != pair.info().order) {
    return OtherPair(*second, "one look asked its sides in turns, the other in blocks");
  }
  const auto& stated = second->head().info.second_look;
  if (!stated) return OtherPair(*second, "this pair is no second look: it does not say of which");
  const std::vector<std::string>& first = stated->first_started_at;
  if (std::find(first.begin(), first.end(), started) == first.end()) {
    return OtherPair(*second, "this second look belongs to a pair that was started at " +
                                  base::EscapeForTerminal(first.empty() ? "a time it does not state" : first.front()) +
                                  ", this one at " + base::EscapeForTerminal(started));
  }
  std::unordered_map<std::string, const PairedRuns::Entry*> known;
  for (const PairedRuns::Entry& entry : pair.cases()) known.emplace(entry.head->plan.id, &entry);
  for (const PairedRuns::Entry& entry : second->cases()) {
    const std::string& id = entry.head->plan.id;
    const auto found = known.find(id);
    if (found == known.end() || found->second->base->plan.id != entry.base->plan.id) {
      return OtherPair(*second, "the pair of '" + base::EscapeForTerminal(id) + "' is not in the first look");
    }
    if (found->second->head->plan.fingerprint != entry.head->plan.fingerprint ||
        found->second->base->plan.fingerprint != entry.base->plan.fingerprint) {
      return OtherPair(*second, "the request of '" + base::EscapeForTerminal(id) + "' is not that of the first look");
    }
    looks.emplace(id, &entry);
  }
  return looks;
}

// A second look that was cut short may not acquit, and a suspect nobody looked at again is not convicted.
void MarkNotConfirmed(const PairedRuns& second, const PairedRuns::Entry* again, std::vector<LatencyFinding>& findings) {
  for (LatencyFinding& finding : findings) {
    const bool suspect = finding.suspect || finding.n_second > 0;
    const bool unconfirmed = finding.code == LatencyReason::kNotConfirmed;  // the rule saw it, not why
    if (!suspect || (finding.verdict == Verdict::kCannotTell && !unconfirmed)) continue;
    std::string reason;
    if (again == nullptr) {
      if (!unconfirmed && finding.verdict != Verdict::kRegressed) continue;
      reason = "not confirmed: the second look did not measure it";
    } else {
      const CaseFacts base = FactsOf(*again->base, second.base());
      const CaseFacts head = FactsOf(*again->head, second.head());
      const PairCase looked{again->base, again->head, &base, &head, {}, nullptr};
      const bool spoilt = finding.n_second == 0 || (Incomplete(looked) && finding.verdict != Verdict::kRegressed);
      if (!spoilt) continue;
      reason = "not confirmed: the second look has only " + std::to_string(CompletePairs(*again->base, *again->head)) +
               " of " + std::to_string(std::max(base.planned, head.planned)) + " pairs";
      const std::string outcomes = head.failed > 0 ? head.Outcomes() : base.Outcomes();
      if (!outcomes.empty()) reason += " (" + outcomes + ")";
    }
    finding.verdict = Verdict::kCannotTell;
    finding.code = LatencyReason::kNotConfirmed;
    finding.reason = std::move(reason);
  }
}

// The suspects of what decides, with twice the requests. No controls: sides are not
// centred.
std::optional<SecondLookPlan> PlanSecondLook(const PairedRuns& pair, const std::vector<CaseComparison>& cases) {
  SecondLookPlan plan;
  for (const CaseComparison& one : cases) {
    if (one.quarantined()) continue;
    const bool suspect = std::any_of(one.latency.begin(), one.latency.end(),
                                     [](const LatencyFinding& finding) { return finding.suspect && finding.decides; });
    if (suspect) plan.suspects.push_back(one.id);
  }
  if (plan.suspects.empty()) return std::nullopt;
  for (const std::int64_t block : pair.info().blocks) plan.repetitions += 2 * block;
  return plan;
}

std::vector<SuiteFinding> JudgeAllLatency(const PairedRuns& pair, const PairedRuns* second, const SecondLooks& looks,
                                          const std::vector<Open>& open, const Policy& policy, const LatencyRule& rule,
                                          const std::vector<JudgedFlag>& flags, std::vector<CaseComparison>& cases) {
  std::vector<PairCase> measured;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i].measured()) continue;
    const auto again = looks.find(cases[i].id);
    measured.push_back(PairCase{open[i].entry->base, open[i].entry->head, &open[i].base_facts, &cases[i].facts,
                                open[i].policy, again == looks.end() ? nullptr : again->second});
    position.push_back(i);
  }
  const run::Run* const sides[] = {&pair.base(), &pair.head()};
  const PairShape shape{&pair.info(), second == nullptr ? nullptr : &second->info(), EarlyAlphaShare(sides)};
  LatencyFindings judged = JudgePairedLatency(measured, shape, policy, rule);
  for (const run::Run* side : {&pair.base(), &pair.head()}) {
    MarkNotValid(WhyNotValid(flags, side->directory.string(), ""), judged.suite);
  }
  for (std::size_t k = 0; k < measured.size(); ++k) {
    CaseComparison& one = cases[position[k]];
    one.latency = std::move(judged.cases[k]);
    if (second != nullptr) MarkNotConfirmed(*second, measured[k].second, one.latency);
    std::string why = WhyNotValid(flags, pair.head().directory.string(), one.id);
    if (why.empty()) why = WhyNotValid(flags, pair.base().directory.string(), one.paired_with);
    if (why.empty() && measured[k].second != nullptr) {
      why = WhyNotValid(flags, second->head().directory.string(), one.id);
      if (why.empty()) why = WhyNotValid(flags, second->base().directory.string(), one.paired_with);
    }
    MarkNotValid(why, one.latency);
    one.budgets = JudgeBudgets(*measured[k].head, policy);
    MarkNotValid(WhyNotValid(flags, pair.head().directory.string(), one.id), one.budgets);
  }
  return std::move(judged.suite);
}

// An answer that changes when it is asked for again has changed, whatever the first look saw.
DeterminismFinding JudgeBothAnswers(const Open& open, const CaseFacts& facts, const PairedRuns::Entry* again,
                                    const PairedRuns* second) {
  DeterminismFinding finding = JudgePairedAnswers(*open.entry, facts.planned, open.policy);
  if (again == nullptr) return finding;
  const CaseFacts head = FactsOf(*again->head, second->head());
  if (head.counting == 0 || FactsOf(*again->base, second->base()).counting == 0) return finding;
  DeterminismFinding other = JudgePairedAnswers(*again, head.planned, open.policy);
  if (finding.rate) {
    AddRate(other, finding);
    return finding;
  }
  const Verdict both[] = {AsVerdict(finding.verdict), AsVerdict(other.verdict)};
  if (both[0] == Worst(both)) return finding;
  other.notes.push_back("found by the second look");
  return other;
}

// Nothing said so yet: what a start does by chance would pass for what the software does.
void SayIfNotRestarted(const PairedRuns& pair, Comparison& comparison) {
  if (pair.info().restarted && pair.info().blocks.size() > 1) return;
  comparison.warnings.push_back(
      run::Warning{"pair_not_restarted", "",
                   "nothing was restarted between the blocks of this pair: what a start of either side does by chance "
                   "is not in the intervals; measure with --restarts where the services are ours to restart"});
}

}  // namespace

base::Result<Comparison> ComparePair(const PairedRuns& pair, const PairedRuns* second, const Policy& policy,
                                     const Selection& selection, const std::string& today, const LatencyRule& rule) {
  ASSAY_TRY(const SecondLooks looks, ReadSecond(pair, second));
  Comparison comparison;
  comparison.environment = pair.head().info.environment;
  comparison.policy_source = policy.source;
  comparison.alpha = policy.alpha;
  comparison.selection = selection;
  comparison.pair = pair.info();
  if (second != nullptr) comparison.second_looks.push_back(second->directory().string());

  std::vector<CaseComparison> cases;
  std::vector<Open> open;
  std::vector<CaseAddress> addresses;
  for (const PairedRuns::Entry& entry : pair.cases()) {
    open.emplace_back();
    cases.push_back(Planned(pair, entry, open.back()));
    open.back().policy = policy.For(cases.back().id);
    cases.back().quarantine = FindQuarantine(policy, cases.back().id, today);
    addresses.push_back(CaseAddress{cases.back().id, cases.back().model, cases.back().alias, cases.back().prompt});
  }
  std::vector<std::string_view> ids;
  for (const CaseComparison& one : cases) ids.push_back(one.id);
  ASSAY_RETURN_IF_ERROR(CheckPolicyMatches(policy, ids));
  ASSAY_TRY(const std::vector<bool> selected, Select(selection, addresses));

  std::vector<JudgedFlag> flags;
  std::vector<const run::Run*> sides = {&pair.base(), &pair.head()};
  if (second != nullptr) sides.insert(sides.end(), {&second->base(), &second->head()});
  for (const run::Run* side : sides) {
    for (JudgedFlag& flag : JudgeFlags(*side, policy.validity)) flags.push_back(std::move(flag));
  }
  std::vector<SuiteFinding> suite = JudgeAllLatency(pair, second, looks, open, policy, rule, flags, cases);
  if (selection.Asks(Question::kLatency)) comparison.suite = std::move(suite);
  if (second == nullptr) comparison.second_look = PlanSecondLook(pair, cases);
  comparison.cases_in_family = cases.size();
  std::vector<DeterminismFinding*> answers;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CaseComparison& one = cases[i];
    if (!one.measured()) continue;
    const auto again = looks.find(one.id);
    one.answers = JudgeBothAnswers(open[i], one.facts, again == looks.end() ? nullptr : again->second, second);
    answers.push_back(&*one.answers);
  }
  JudgeRates(answers, policy.determinism_alpha);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CaseComparison& one = cases[i];
    ConcludeCase(selection, one);
    if (open[i].base_is_at_fault) {
      one.verdict = one.latency_verdict = one.answers_verdict = Verdict::kCannotTell;
    }
    if (selected[i]) comparison.cases.push_back(std::move(one));
  }
  GroupByVariant(comparison.cases);
  ConcludeSuite(comparison);
  for (const run::Run* side : sides) DescribeRun(*side, comparison);
  DescribeFlags(std::move(flags), comparison);
  SayIfNotRestarted(pair, comparison);
  ConcludeAll(comparison);
  return comparison;
}

}  // namespace assay::compare

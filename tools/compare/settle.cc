// SPDX-License-Identifier: MIT
#include "tools/compare/settle.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "fixtures/base/result.h"
#include "tools/compare/baseline_store.h"
#include "tools/compare/budgets.h"
#include "tools/compare/gate_parts.h"
#include "tools/compare/gate_rule.h"
#include "tools/compare/latency_family.h"
#include "tools/compare/pair_families.h"
#include "tools/compare/probe_rule.h"
#include "tools/compare/second_look.h"
#include "tools/stats/sequential.h"

namespace assay::compare {
namespace {

base::Status CheckOptions(const SettleOptions& options) {
  const auto wrong = [](std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; };
  if (options.looks < 1 || options.look < 1 || options.look > options.looks) {
    return wrong("wanted a look from 1 to the number of looks, found look " + std::to_string(options.look) + " of " +
                 std::to_string(options.looks));
  }
  if (!(options.early_alpha_share >= 0 && options.early_alpha_share < 1)) {
    return wrong("wanted an early alpha share from 0 to below 1, found " + std::to_string(options.early_alpha_share));
  }
  if (options.n_max && *options.n_max < 1) {
    return wrong("wanted a largest number of requests of 1 or more, found " + std::to_string(*options.n_max));
  }
  return {};
}

base::Status CheckOptions(const SettleOptions& options, const std::vector<std::filesystem::path>& baselines) {
  ASSAY_RETURN_IF_ERROR(CheckOptions(options));
  if (!baselines.empty()) return {};
  return base::Error{base::ErrorCode::kUsage, "no baselines were given; name a folder with --baselines DIR", ""};
}

// What has a latency to judge, with its baselines. The cases point into it.
struct Measured {
  std::map<std::string, VariantBaselines> baselines;
  std::vector<CaseFacts> facts;
  std::vector<LatencyCase> cases;

  static base::Result<Measured> Of(const RunSet& runs, const std::vector<std::filesystem::path>& folders,
                                   const Policy& policy) {
    Measured measured;
    for (const std::string& variant : runs.Variants()) {
      ASSAY_TRY(VariantBaselines one, LoadBaselines(folders, variant, runs.environment().Key()));
      measured.baselines.emplace(variant, std::move(one));
    }
    measured.facts.reserve(runs.cases().size());  // their places stay
    for (const RunSet::Entry& entry : runs.cases()) {
      CaseFacts of_case = FactsOf(*entry.one, *entry.run);
      if (of_case.counting == 0 || IsProbe(entry.one->plan)) continue;
      measured.facts.push_back(std::move(of_case));
      const VariantBaselines& baseline = measured.baselines.at(entry.one->plan.model);
      LatencyCase one;
      one.one = entry.one;
      one.facts = &measured.facts.back();
      one.baseline = baseline.latency ? &*baseline.latency : nullptr;
      one.policy = policy.For(entry.one->plan.id);
      one.run = entry.run;
      measured.cases.push_back(std::move(one));
    }
    return measured;
  }
};

// What every family said of the cases so far.
class Settled {
 public:
  explicit Settled(std::size_t cases) : of_cases_(cases) {}

  void Add(std::size_t one, stats::Settlement settlement) {
    OfCase& known = of_cases_[one];
    known.asked = true;
    known.open = known.open || settlement == stats::Settlement::kOpen;
    known.regressed = known.regressed || settlement == stats::Settlement::kRegressed;
  }
  void KeepOpen(std::size_t one) { of_cases_[one].open = true; }
  std::optional<Settlement> Of(std::size_t one) const {
    const OfCase& known = of_cases_[one];
    if (!known.asked || known.open) return std::nullopt;
    return known.regressed ? Settlement::kRegressed : Settlement::kCannotRegress;
  }

 private:
  struct OfCase {
    bool asked = false;
    bool open = false;
    bool regressed = false;
  };
  std::vector<OfCase> of_cases_;
};

stats::SequentialOptions Sequential(const SettleOptions& options, std::int64_t planned) {
  stats::SequentialOptions sequential;
  sequential.look = options.look;
  sequential.looks = options.looks;
  sequential.most_requests = static_cast<std::size_t>(std::max<std::int64_t>(1, options.n_max.value_or(planned)));
  sequential.early_share = options.early_alpha_share;
  return sequential;
}

// A quantile that the budget asks for may need the requests that the test does not.
bool BudgetWaits(const run::RunCase& one, const Policy& policy) {
  const std::vector<BudgetFinding> budgets = JudgeBudgets(one, policy);
  return std::any_of(budgets.begin(), budgets.end(), [](const BudgetFinding& budget) {
    return budget.gates && budget.verdict == Verdict::kCannotTell;
  });
}

bool NeedsAll(const run::RunCase& one, const CaseFacts& facts, const Policy& policy) {
  return !one.plan.failure.empty() || facts.failed > 0 || BudgetWaits(one, policy);
}

}  // namespace

std::string_view ToString(Settlement settlement) {
  return settlement == Settlement::kRegressed ? "regressed" : "cannot_regress";
}

base::Result<std::vector<SettledCase>> Settle(const RunSet& runs, const std::vector<std::filesystem::path>& baselines,
                                              const Policy& policy, const SettleOptions& options) {
  ASSAY_RETURN_IF_ERROR(CheckOptions(options, baselines));
  std::vector<SettledCase> settled;
  if (options.look >= options.looks) return settled;
  ASSAY_TRY(const Measured measured, Measured::Of(runs, baselines, policy));
  Settled verdicts(measured.cases.size());
  std::int64_t planned = 0;
  for (std::size_t k = 0; k < measured.cases.size(); ++k) {
    const LatencyCase& one = measured.cases[k];
    planned = std::max(planned, one.run->info.provenance.repetitions);
    if (NeedsAll(*one.one, *one.facts, policy)) verdicts.KeepOpen(k);
  }
  for (const LatencyFamily& family : BuildFamilies(measured.cases, policy)) {
    const std::vector<stats::StoredCase> stored = parts::ToStored(family.series);
    const std::vector<stats::Settlement> said =
        stats::SettleStored(stored, parts::StoredOptions(family.alpha), Sequential(options, planned));
    ASSAY_CHECK(said.size() == family.cases.size(), "one answer per case of the family");
    for (std::size_t i = 0; i < said.size(); ++i) verdicts.Add(family.cases[i], said[i]);
  }
  for (std::size_t k = 0; k < measured.cases.size(); ++k) {
    if (const auto why = verdicts.Of(k)) settled.push_back(SettledCase{measured.cases[k].one->plan.id, *why});
  }
  return settled;
}

base::Result<std::vector<SettledCase>> SettleSecondLook(const RunSet& runs, const RunSet& second,
                                                        const std::vector<std::filesystem::path>& baselines,
                                                        const Policy& policy, const SettleOptions& options) {
  ASSAY_RETURN_IF_ERROR(CheckOptions(options, baselines));
  ASSAY_TRY(const auto matched, MatchSecondLook(runs, second));
  std::vector<SettledCase> settled;
  if (options.look >= options.looks) return settled;
  ASSAY_TRY(Measured measured, Measured::Of(runs, baselines, policy));
  std::set<std::string_view> suspects;
  std::int64_t planned = 0;
  for (const run::Run& one : second.runs()) {
    suspects.insert(one.info.second_look->suspects.begin(), one.info.second_look->suspects.end());
    planned = std::max(planned, one.info.provenance.repetitions);
  }
  Settled verdicts(measured.cases.size());
  std::vector<bool> again(measured.cases.size(), false);
  for (std::size_t k = 0; k < measured.cases.size(); ++k) {
    const auto found = matched.find(measured.cases[k].one->plan.id);
    if (found == matched.end()) continue;
    again[k] = true;
    measured.cases[k].second = found->second.one;
    if (NeedsAll(*found->second.one, FactsOf(*found->second.one, *found->second.run), policy)) verdicts.KeepOpen(k);
  }
  LatencyInput first{measured.cases, &policy, {}, false};
  for (const run::Run& one : runs.runs()) first.runs.push_back(&one);
  const LatencyFindings judged = JudgeLatency(first, GateRule());
  // All that were chosen show together what the suite did, and one of its variants: what that did is taken out of its
  // cases only when both looks are whole.
  const auto is_in_question = [](const SuiteFinding& one) {
    const bool moved = one.verdict == SuiteVerdict::kSuiteShift || one.verdict == SuiteVerdict::kSuiteRegression;
    return one.gates && (one.suspect || (moved && !one.variant.empty()));
  };
  if (std::ranges::any_of(judged.suite, is_in_question)) return settled;
  for (std::size_t k = 0; k < measured.cases.size(); ++k) {
    const bool suspect = std::ranges::any_of(
        judged.cases[k], [](const LatencyFinding& finding) { return finding.decides && finding.suspect; });
    // Somebody wants to know more of it than these families do.
    if (again[k] && !suspect && suspects.contains(measured.cases[k].one->plan.id)) verdicts.KeepOpen(k);
  }
  for (const LatencyFamily& family : BuildFamilies(measured.cases, policy)) {
    const std::vector<stats::StoredCase> stored = parts::ToStored(family.series);
    const double alpha = stats::FinalAlpha(family.alpha, EarlyAlphaShare(first.runs));
    const std::vector<stats::Settlement> said =
        stats::SettleConfirmed(stored, parts::SecondValues(family.series),
                               parts::StoredOptions(alpha, FirstLook(first.runs)), Sequential(options, planned));
    ASSAY_CHECK(said.size() == family.cases.size(), "one answer per case of the family");
    for (std::size_t i = 0; i < said.size(); ++i) verdicts.Add(family.cases[i], said[i]);
  }
  for (std::size_t k = 0; k < measured.cases.size(); ++k) {
    const auto why = again[k] ? verdicts.Of(k) : std::nullopt;
    if (why) settled.push_back(SettledCase{measured.cases[k].one->plan.id, *why});
  }
  return settled;
}

base::Result<std::vector<SettledCase>> SettlePair(const PairedRuns& pair, const Policy& policy,
                                                  const SettleOptions& options) {
  ASSAY_RETURN_IF_ERROR(CheckOptions(options));
  std::vector<SettledCase> settled;
  if (options.look >= options.looks) return settled;
  std::vector<CaseFacts> base_facts;
  std::vector<CaseFacts> head_facts;
  std::vector<const PairedRuns::Entry*> measured;
  for (const PairedRuns::Entry& entry : pair.cases()) {
    CaseFacts base = FactsOf(*entry.base, pair.base());
    CaseFacts head = FactsOf(*entry.head, pair.head());
    if (base.counting == 0 || head.counting == 0) continue;
    base_facts.push_back(std::move(base));
    head_facts.push_back(std::move(head));
    measured.push_back(&entry);
  }
  std::vector<PairCase> cases;
  Settled verdicts(measured.size());
  for (std::size_t k = 0; k < measured.size(); ++k) {
    const PairedRuns::Entry& entry = *measured[k];
    cases.push_back(
        PairCase{entry.base, entry.head, &base_facts[k], &head_facts[k], policy.For(entry.head->plan.id), nullptr});
    if (NeedsAll(*entry.head, head_facts[k], policy) || base_facts[k].failed > 0 || !entry.base->plan.failure.empty()) {
      verdicts.KeepOpen(k);
    }
  }
  const PairFamilies built = BuildPairFamilies(cases, PairShape{&pair.info(), nullptr, 0}, policy);
  for (const PairFamily& family : built.families) {
    if (!family.gates) continue;
    std::vector<stats::PairedCase> paired;
    for (const PairedSeries& one : family.series) paired.push_back(parts::ToPaired(one));
    const std::vector<stats::Settlement> said = stats::SettlePaired(
        paired, parts::PairedOptions(family.alpha), Sequential(options, pair.head().info.provenance.repetitions));
    ASSAY_CHECK(said.size() == family.places.size(), "one answer per case of the family");
    for (std::size_t i = 0; i < said.size(); ++i) verdicts.Add(family.places[i].one, said[i]);
  }
  for (std::size_t k = 0; k < measured.size(); ++k) {
    if (const auto why = verdicts.Of(k)) settled.push_back(SettledCase{measured[k]->head->plan.id, *why});
  }
  return settled;
}

}  // namespace assay::compare

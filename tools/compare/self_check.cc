// SPDX-License-Identifier: MIT
#include "tools/compare/self_check.h"

#include <algorithm>
#include <random>
#include <utility>

#include "tools/compare/gate_rule.h"
#include "tools/compare/run_values.h"
#include "tools/stats/descriptive.h"
#include "tools/stats/distributions.h"

namespace assay::compare {
namespace {

constexpr std::size_t kFewestRequests = 2 * kFewestPairs;
constexpr std::size_t kShownCases = 5;
constexpr double kSurely = 0.01;

// The p at which as few alarms as these, or fewer, have a chance of 5 %.
std::optional<double> UpperLimit(std::size_t alarms, std::size_t splits) {
  if (splits == 0) return std::nullopt;
  if (alarms >= splits) return 1.0;
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    const auto below = stats::BinomialCdf(static_cast<std::int64_t>(alarms), static_cast<std::int64_t>(splits), middle);
    if (!below) return std::nullopt;
    (*below > 0.05 ? low : high) = middle;
  }
  return high;
}

bool MoreThan(double alpha, const SelfCheckRate& rate) {
  if (rate.splits == 0 || rate.alarms == 0) return false;
  const auto below =
      stats::BinomialCdf(static_cast<std::int64_t>(rate.alarms) - 1, static_cast<std::int64_t>(rate.splits), alpha);
  return below && 1 - *below < kSurely;
}

// One case of a family over all splits.
struct Checked {
  const RunValues::Series* series = nullptr;
  std::size_t alarms = 0;
  std::vector<double> mdes;
};

struct Halves {
  std::vector<double> base;
  std::vector<double> head;
};

class Family {
 public:
  Family(const RunValues::Family& values, const Policy& policy, const LatencyRule& rule, std::size_t splits)
      : values_(values), options_{values.alpha, policy.suite}, rule_(rule) {
    result_.kind = values.kind;
    result_.alpha = values.alpha;
    for (const RunValues::Series& one : values.series) {
      if (one.values.size() >= kFewestRequests) cases_.push_back(Checked{&one, 0, {}});
    }
    for (Checked& one : cases_) one.mdes.reserve(splits);
    result_.cases = cases_.size();
    if (cases_.size() < kFewestCasesForOneSession) {
      result_.why_no_stored = "one session needs " + std::to_string(kFewestCasesForOneSession) +
                              " cases to tell how far one moves by itself, there are " + std::to_string(cases_.size());
    }
  }

  std::size_t left_out() const { return values_.series.size() - cases_.size(); }
  bool empty() const { return cases_.empty(); }

  // Whether there was an alarm: of the paired and of the stored way.
  std::pair<bool, bool> Split(std::mt19937_64& coins) {
    std::vector<Halves> halves;
    for (const Checked& one : cases_) halves.push_back(SplitOne(one.series->values, coins));
    std::vector<bool> alarmed(cases_.size(), false);
    const bool paired = SplitPaired(halves, alarmed);
    const bool stored = result_.why_no_stored.empty() && SplitStored(halves, alarmed);
    for (std::size_t i = 0; i < cases_.size(); ++i) cases_[i].alarms += alarmed[i] ? 1U : 0U;
    return {paired, stored};
  }

  SelfCheckFamily Finished(std::vector<SelfCheckCase>& cases) && {
    std::vector<double> mdes;
    for (const Checked& one : cases_) {
      SelfCheckCase shown;
      shown.id = one.series->case_id;
      shown.kind = result_.kind;
      shown.metric = one.series->metric;
      shown.n = one.series->values.size();
      shown.alarms = one.alarms;
      shown.mde = stats::Median(one.mdes);
      mdes.insert(mdes.end(), one.mdes.begin(), one.mdes.end());
      cases.push_back(std::move(shown));
    }
    result_.paired.mde = stats::Median(mdes);
    result_.stored.mde = stats::Median(stored_mdes_);
    result_.paired.upper = UpperLimit(result_.paired.alarms, result_.paired.splits);
    result_.stored.upper = UpperLimit(result_.stored.alarms, result_.stored.splits);
    return std::move(result_);
  }

 private:
  // Of two requests in a row one goes to each half; the last of an odd number to none.
  static Halves SplitOne(const std::vector<double>& values, std::mt19937_64& coins) {
    Halves halves;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
      const std::size_t coin = coins() >> 63;
      halves.base.push_back(values[i + coin]);
      halves.head.push_back(values[i + 1 - coin]);
    }
    return halves;
  }

  template <typename Mde>
  static bool Count(const FamilyFindings& judged, SelfCheckRate& rate, std::vector<bool>& alarmed, const Mde& add_mde) {
    bool any_judged = false;
    bool any_alarm = false;
    for (std::size_t i = 0; i < judged.pairs.size(); ++i) {
      const LatencyFinding& finding = judged.pairs[i];
      any_judged = any_judged || finding.verdict != Verdict::kCannotTell;
      if (finding.mde) add_mde(i, *finding.mde);
      if (finding.verdict != Verdict::kRegressed) continue;
      any_alarm = true;
      alarmed[i] = true;
    }
    rate.splits += any_judged ? 1 : 0;
    rate.alarms += any_alarm ? 1 : 0;
    return any_alarm;
  }

  bool SplitPaired(const std::vector<Halves>& halves, std::vector<bool>& alarmed) {
    std::vector<PairedSeries> family;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      PairedSeries one;
      one.metric = cases_[i].series->metric;
      one.min_effect = cases_[i].series->min_effect;
      one.tolerance = cases_[i].series->tolerance;
      one.blocks.push_back(PairedSeries::Block{halves[i].base, halves[i].head});
      family.push_back(std::move(one));
    }
    return Count(rule_.JudgePairs(family, options_), result_.paired, alarmed,
                 [&](std::size_t i, double mde) { cases_[i].mdes.push_back(mde); });
  }

  bool SplitStored(const std::vector<Halves>& halves, std::vector<bool>& alarmed) {
    std::vector<LatencySeries> family;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      LatencySeries one;
      one.metric = cases_[i].series->metric;
      one.min_effect = cases_[i].series->min_effect;
      one.tolerance = cases_[i].series->tolerance;
      one.base.push_back(SessionValues{"half", halves[i].base});
      one.head = halves[i].head;
      family.push_back(std::move(one));
    }
    return Count(rule_.JudgeFamily(family, {}, options_), result_.stored, alarmed,
                 [&](std::size_t, double mde) { stored_mdes_.push_back(mde); });
  }

  const RunValues::Family& values_;
  FamilyOptions options_;
  const LatencyRule& rule_;
  SelfCheckFamily result_;
  std::vector<Checked> cases_;
  std::vector<double> stored_mdes_;
};

void Worst(std::vector<SelfCheckCase> cases, std::vector<SelfCheckCase>& worst) {
  std::stable_sort(cases.begin(), cases.end(), [](const SelfCheckCase& a, const SelfCheckCase& b) {
    if (a.alarms != b.alarms) return a.alarms > b.alarms;
    return a.mde.value_or(0) > b.mde.value_or(0);
  });
  cases.resize(std::min(cases.size(), kShownCases));
  worst = std::move(cases);
}

}  // namespace

base::Result<SelfCheck> CheckSelf(const RunSet& runs, const Policy& policy, const LatencyRule& rule,
                                  const SelfCheckOptions& options) {
  if (options.splits < 1) {
    return base::Error{base::ErrorCode::kUsage, "wanted 1 split or more, found 0", ""};
  }
  const RunValues values(runs, policy);
  std::vector<Family> families;
  std::size_t left_out = 0;
  for (const RunValues::Family& one : values.families()) {
    Family family(one, policy, rule, options.splits);
    left_out += family.left_out();
    if (!family.empty()) families.push_back(std::move(family));
  }
  if (families.empty()) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "no case has the " + std::to_string(kFewestRequests) +
                           " requests that it takes to split it into halves; the most are " +
                           std::to_string(values.MostValues()) +
                           "; measure with --repetitions=" + std::to_string(2 * kFewestRequests),
                       runs.runs().front().directory.string()};
  }
  SelfCheck check;
  check.splits = options.splits;
  check.seed = options.seed;
  check.alpha = policy.alpha;
  std::mt19937_64 coins(options.seed);
  for (std::size_t split = 0; split < options.splits; ++split) {
    bool paired = false;
    bool stored = false;
    for (Family& family : families) {
      const auto [paired_alarm, stored_alarm] = family.Split(coins);
      paired = paired || paired_alarm;
      stored = stored || stored_alarm;
    }
    check.paired.alarms += paired ? 1 : 0;
    check.stored.alarms += stored ? 1 : 0;
  }
  std::vector<SelfCheckCase> cases;
  for (Family& family : families) {
    check.families.push_back(std::move(family).Finished(cases));
    check.paired.splits = std::max(check.paired.splits, check.families.back().paired.splits);
    check.stored.splits = std::max(check.stored.splits, check.families.back().stored.splits);
  }
  Worst(std::move(cases), check.worst);
  check.paired.upper = UpperLimit(check.paired.alarms, check.paired.splits);
  check.stored.upper = UpperLimit(check.stored.alarms, check.stored.splits);
  check.too_many = MoreThan(check.alpha, check.paired) || MoreThan(check.alpha, check.stored);
  check.notes.push_back(
      "one run is one session: what differs from session to session is not in these figures, only what differs "
      "from request to request");
  if (left_out > 0) {
    check.notes.push_back(std::to_string(left_out) + " series have fewer than " + std::to_string(kFewestRequests) +
                          " requests that count and were left out");
  }
  for (const std::string& note : values.notes()) check.notes.push_back(note);
  return check;
}

}  // namespace assay::compare

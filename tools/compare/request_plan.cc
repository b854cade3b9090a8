// SPDX-License-Identifier: MIT
#include "tools/compare/request_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "fixtures/base/result.h"
#include "tools/compare/baseline_store.h"
#include "tools/compare/gate_parts.h"
#include "tools/compare/gate_rule.h"
#include "tools/compare/latency_family.h"
#include "tools/compare/probe_rule.h"
#include "tools/compare/run_values.h"
#include "tools/stats/descriptive.h"
#include "tools/stats/plan.h"

namespace assay::compare {
namespace {

constexpr std::size_t kShownCases = 5;

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g %%", 100 * share);
  return text;
}

// What the accepted sessions say of a family.
struct Accepted {
  std::size_t sessions = 0;
  std::optional<double> variance;              // between sessions, by case
  std::optional<double> requests_per_session;  // median
};

Accepted ReadSessions(const LatencyFamily& family) {
  Accepted accepted;
  std::vector<double> sessions;
  std::vector<double> requests;
  for (const LatencySeries& one : family.series) {
    sessions.push_back(static_cast<double>(one.base.size()));
    for (const SessionValues& session : one.base) requests.push_back(static_cast<double>(session.values.size()));
  }
  accepted.sessions = static_cast<std::size_t>(stats::Median(sessions).value_or(0));
  accepted.requests_per_session = stats::Median(requests);
  const auto gate = stats::GateStored(parts::ToStored(family.series), parts::StoredOptions(family.alpha));
  if (gate && !gate->blind) accepted.variance = gate->session_variance;
  return accepted;
}

base::Result<std::map<FamilyKind, Accepted>> ReadBaselines(const RunSet& runs,
                                                           const std::vector<std::filesystem::path>& folders,
                                                           const Policy& policy) {
  std::map<FamilyKind, Accepted> accepted;
  if (folders.empty()) return accepted;
  std::map<std::string, VariantBaselines> known;
  for (const std::string& variant : runs.Variants()) {
    ASSAY_TRY(VariantBaselines one, LoadBaselines(folders, variant, runs.environment().Key()));
    known.emplace(variant, std::move(one));
  }
  std::vector<CaseFacts> facts;
  for (const RunSet::Entry& entry : runs.cases()) facts.push_back(FactsOf(*entry.one, *entry.run));
  std::vector<LatencyCase> cases;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const RunSet::Entry& entry = runs.cases()[i];
    if (facts[i].counting == 0 || IsProbe(entry.one->plan)) continue;
    const VariantBaselines& baseline = known.at(entry.one->plan.model);
    LatencyCase one;
    one.one = entry.one;
    one.facts = &facts[i];
    one.baseline = baseline.latency ? &*baseline.latency : nullptr;
    one.policy = policy.For(entry.one->plan.id);
    one.run = entry.run;
    cases.push_back(std::move(one));
  }
  for (const LatencyFamily& family : BuildFamilies(cases, policy)) accepted.emplace(family.kind, ReadSessions(family));
  return accepted;
}

// How a mode is measured and what limits it, in words.
struct Mode {
  stats::PlanSetting setting;
  const char* groups = "";  // "accepted sessions", "restarts of both sides"
  const char* help = "";    // where no number of either reaches it
};

NeededRequests Needed(const stats::CaseNoise& noise, const Mode& mode, double effect,
                      const stats::GateOptions& options) {
  NeededRequests needed;
  if (effect <= options.tolerance) {
    needed.limit = "the policy takes a slowdown of up to " + Percent(options.tolerance) + " for none (tolerance)";
    return needed;
  }
  const auto plan = stats::PlanRequests(noise, effect, mode.setting, options);
  if (!plan) {
    needed.limit = "the numbers allow no plan; measure more requests";
    return needed;
  }
  needed.requests = plan->requests;
  needed.groups = plan->groups_needed;
  if (plan->requests) return needed;
  const std::string moves =
      mode.setting.group_variance
          ? "how far a case moves by itself (" + Percent(std::sqrt(*mode.setting.group_variance)) + ") hides it"
          : std::to_string(stats::kMostPlannedRequests) + " requests are not enough";
  needed.limit = plan->groups_needed
                     ? moves + "; with " + std::to_string(*plan->groups_needed) + " " + mode.groups + " it would show"
                     : moves + "; " + mode.help;
  return needed;
}

struct Noise {
  std::optional<stats::CaseNoise> stored;
  std::optional<stats::CaseNoise> paired;
};

class FamilyPlanner {
 public:
  FamilyPlanner(const RunValues::Family& family, const Accepted& accepted, const PlanOptions& asked, double most_effect)
      : family_(family), accepted_(accepted), effect_(asked.effect), most_effect_(most_effect) {
    options_ = parts::StoredOptions(family.alpha);
    options_.power = asked.power;
    ReadNoise();
  }

  // False when no case tells its noise.
  bool Plan(FamilyPlan& plan) const {
    if (judged_.empty()) return false;
    plan.kind = family_.kind;
    plan.cases = judged_.size();
    plan.sessions = Sessions();
    plan.sessions_assumed = accepted_.sessions == 0;
    if (accepted_.variance) plan.session_deviation = std::expm1(std::sqrt(*accepted_.variance));
    std::vector<std::size_t> order = judged_;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return noise_[a].stored->per_request > noise_[b].stored->per_request;
    });
    const std::size_t middle = order[order.size() / 2];
    plan.median_noise = Deviation(middle);
    plan.needs = NeedsOf(middle);
    for (std::size_t i = 0; i < std::min(kShownCases, order.size()); ++i) {
      const RunValues::Series& one = family_.series[order[i]];
      plan.noisiest.push_back(
          CaseNeed{one.case_id, one.metric, Deviation(order[i]), one.values.size(), NeedsOf(order[i])});
    }
    return true;
  }

 private:
  // Of requests, and of requests in a row held against each other: a drift is in the first and not in the second.
  void ReadNoise() {
    std::vector<stats::Values> requests;
    std::vector<stats::Values> differences;
    for (const RunValues::Series& one : family_.series) {
      const bool enough = one.values.size() >= kFewestHeadValues;
      const std::vector<double> logs = parts::Logarithms(one.values, parts::WorseSign(*one.metric));
      requests.push_back(enough ? logs : stats::Values{});
      differences.emplace_back();
      for (std::size_t i = 0; enough && i + 1 < logs.size(); i += 2)
        differences.back().push_back(logs[i + 1] - logs[i]);
    }
    const auto stored = stats::NoiseOf(requests, stats::Trim::kLatency);
    const auto paired = stats::NoiseOf(differences, stats::Trim::kPaired);
    noise_.resize(family_.series.size());
    for (std::size_t i = 0; i < noise_.size(); ++i) {
      noise_[i] = Noise{stored[i], paired[i]};
      if (stored[i] && stored[i]->per_request > 0) judged_.push_back(i);
    }
  }

  std::size_t Sessions() const { return accepted_.sessions == 0 ? kMaxSessions : accepted_.sessions; }
  double Deviation(std::size_t i) const { return std::expm1(std::sqrt(noise_[i].stored->per_request)); }

  NeedsByMode NeedsOf(std::size_t i) const {
    stats::GateOptions options = options_;
    options.min_effect = std::min(family_.series[i].min_effect, most_effect_);
    options.tolerance = family_.series[i].tolerance;
    Mode stored;
    stored.groups = "accepted sessions";
    stored.help = "paired mode, with restarts, does not have this limit";
    stored.setting.family = judged_.size();
    stored.setting.groups = Sessions();
    stored.setting.group_variance = accepted_.variance;
    if (accepted_.requests_per_session && *accepted_.requests_per_session > 0) {
      stored.setting.base_per_group = noise_[i].stored->per_request / *accepted_.requests_per_session;
    }
    Mode paired;
    paired.groups = "restarts of both sides";
    paired.help = "only less noise helps";
    paired.setting.family = judged_.size();
    paired.setting.groups = kPlannedRestarts;
    paired.setting.group_variance = accepted_.variance;

    NeedsByMode needs;
    stored.setting.kind = stats::PlanKind::kStored;
    needs.stored = Needed(*noise_[i].stored, stored, effect_, options);
    stored.setting.kind = stats::PlanKind::kStoredConfirmed;
    needs.stored_second = Needed(*noise_[i].stored, stored, effect_, options);
    if (!noise_[i].paired || !(noise_[i].paired->per_request > 0)) {
      needs.paired.limit = needs.paired_second.limit = "too few requests to tell; measure more";
      return needs;
    }
    paired.setting.kind = stats::PlanKind::kPaired;
    needs.paired = Needed(*noise_[i].paired, paired, effect_, options);
    paired.setting.kind = stats::PlanKind::kPairedConfirmed;
    needs.paired_second = Needed(*noise_[i].paired, paired, effect_, options);
    return needs;
  }

  const RunValues::Family& family_;
  const Accepted& accepted_;
  double effect_;
  double most_effect_;  // the largest smallest effect with which this one is found
  stats::GateOptions options_;
  std::vector<Noise> noise_;
  std::vector<std::size_t> judged_;
};

base::Status CheckOptions(const PlanOptions& options) {
  const auto wrong = [](std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; };
  if (!(options.effect > 0 && options.effect <= 10)) {
    return wrong("wanted an effect above 0 and up to 1000 %, found " + Percent(options.effect));
  }
  if (!(options.power >= 0.5 && options.power < 1)) {
    return wrong("wanted a power from 50 % to below 100 %, found " + Percent(options.power));
  }
  return {};
}

void AddNotes(const RequestPlan& plan, bool have_baselines, std::vector<std::string>& notes) {
  if (plan.min_effect_needed) {
    notes.push_back("the policy calls nothing below its min_effect a regression, and a true " + Percent(plan.effect) +
                    " is measured as less every second time: these figures need min_effect " +
                    Percent(*plan.min_effect_needed) + " or less");
  }
  const bool assumed = std::any_of(plan.families.begin(), plan.families.end(),
                                   [](const FamilyPlan& family) { return family.sessions_assumed; });
  const bool unknown = std::any_of(plan.families.begin(), plan.families.end(),
                                   [](const FamilyPlan& family) { return !family.session_deviation; });
  if (assumed) {
    notes.push_back(std::string(have_baselines ? "no accepted session has these cases" : "no baseline was given") +
                    ": the stored figures count on " + std::to_string(kMaxSessions) +
                    " sessions as long as the run to come");
  }
  if (unknown) {
    notes.push_back(
        "how far a case moves by itself from session to session is not known (it takes two accepted "
        "sessions): the figures are lower bounds");
  } else {
    notes.push_back("a restart of a paired run is taken to move a case as much as a new session does");
  }
}

}  // namespace

base::Result<RequestPlan> PlanRequests(const RunSet& runs, const std::vector<std::filesystem::path>& baselines,
                                       const Policy& policy, const PlanOptions& options) {
  ASSAY_RETURN_IF_ERROR(CheckOptions(options));
  const RunValues values(runs, policy);
  ASSAY_TRY(const auto accepted, ReadBaselines(runs, baselines, policy));
  RequestPlan plan;
  plan.effect = options.effect;
  plan.power = options.power;
  const double most_effect = options.effect / 2;
  for (const RunValues::Family& family : values.families()) {
    const auto known = accepted.find(family.kind);
    const Accepted sessions = known == accepted.end() ? Accepted{} : known->second;
    FamilyPlan one;
    if (!FamilyPlanner(family, sessions, options, most_effect).Plan(one)) continue;
    plan.families.push_back(std::move(one));
    const bool hides = std::any_of(family.series.begin(), family.series.end(),
                                   [&](const RunValues::Series& series) { return series.min_effect > most_effect; });
    if (hides) plan.min_effect_needed = most_effect;
  }
  if (plan.families.empty()) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "no case has the " + std::to_string(kFewestHeadValues) +
                           " requests that it takes to tell its noise; the most are " +
                           std::to_string(values.MostValues()) + "; measure with --repetitions=10",
                       runs.runs().front().directory.string()};
  }
  AddNotes(plan, !baselines.empty(), plan.notes);
  for (const std::string& note : values.notes()) plan.notes.push_back(note);
  return plan;
}

}  // namespace assay::compare

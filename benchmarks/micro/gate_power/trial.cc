// SPDX-License-Identifier: MIT
#include "benchmarks/micro/gate_power/trial.h"

#include <algorithm>
#include <optional>
#include <set>

#include "benchmarks/micro/gate_power/peer_rules.h"
#include "benchmarks/micro/gate_power/simulated_runs.h"
#include "tools/compare/accept.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"
#include "tools/compare/pair_comparison.h"
#include "tools/compare/paired_runs.h"
#include "tools/compare/settle.h"
#include "tools/stats/sequential.h"

namespace assay::micro {
namespace {

namespace fs = std::filesystem;

constexpr const char* kToday = "2026-01-01";
constexpr std::size_t kFewestOfPlan = 5;     // below, nothing is judged
constexpr std::size_t kFewestOfRounds = 10;  // below, there is no early look

// One family, the time per token: the table is of one family of cases at the whole alpha.
compare::Policy OneFamily() {
  compare::Policy policy = compare::DefaultPolicy();
  std::erase_if(policy.metrics, [](const compare::MetricPolicy& metric) { return metric.metric->name != "tpot_ms"; });
  policy.determinism = compare::DeterminismLevel::kOff;
  policy.determinism_no_baseline = compare::NoBaseline::kReport;
  return policy;
}

std::string StartedAt(std::size_t session) { return "2026-01-01T00:00:" + std::to_string(10 + session) + "Z"; }

std::vector<std::size_t> AllPlaces(std::size_t cases) {
  std::vector<std::size_t> places(cases);
  for (std::size_t c = 0; c < cases; ++c) places[c] = c;
  return places;
}

// What the comparison said, by the places of the cases.
Said Understood(const compare::Comparison& comparison, const std::map<std::string, std::size_t>& place_of,
                std::int64_t requests) {
  Said said;
  said.requests = requests;
  said.slower.assign(place_of.size(), false);
  for (const compare::CaseComparison& one : comparison.cases) {
    for (const compare::LatencyFinding& finding : one.latency) {
      if (finding.verdict == compare::Verdict::kRegressed) said.slower[place_of.at(one.id)] = true;
    }
  }
  said.untold = std::any_of(comparison.cases.begin(), comparison.cases.end(), [](const auto& one) {
    return one.decides && one.verdict == compare::Verdict::kCannotTell;
  });
  for (const compare::SuiteFinding& suite : comparison.suite) {
    const bool shift = suite.decides && suite.verdict == compare::SuiteVerdict::kSuiteShift;
    said.untold = said.untold || shift;
    said.suite_slower = said.suite_slower || suite.verdict == compare::SuiteVerdict::kSuiteRegression;
  }
  return said;
}

std::int64_t Requests(const Logs& logs, std::size_t cases) {
  return static_cast<std::int64_t>(cases * logs.front().size());
}

// Everything that the trials of one kind share.
class Trial {
 public:
  Trial(const TrialShape& shape, double effect, Slower which, std::uint64_t seed, fs::path folder)
      : shape_(shape), random_(seed), folder_(std::move(folder)), policy_(OneFamily()) {
    changed_.assign(shape.cases, which == Slower::kAll && effect != 0);
    if (which == Slower::kSome && effect != 0) {
      const auto count = std::max<std::size_t>(
          1, static_cast<std::size_t>(shape.changed_share * static_cast<double>(shape.cases) + 0.5));
      for (const std::size_t place : random_.Choose(shape.cases, count)) changed_[place] = true;
    }
    for (std::size_t c = shape.models - 1; which == Slower::kOneModel && effect != 0 && c < shape.cases;
         c += shape.models) {
      changed_[c] = true;
    }
    for (std::size_t c = 0; c < shape.cases; ++c) {
      effects_.push_back(changed_[c] ? effect : 0);
      place_of_.emplace(SimulatedCaseId(c, shape.models), c);
    }
  }

  base::Result<TrialResult> Stored() {
    result_.changed = changed_;
    std::vector<Logs> sessions;
    for (std::size_t k = 0; k < shape_.sessions; ++k)
      sessions.push_back(Draw(AllPlaces(shape_.cases), false, shape_.requests));
    const Logs head = Draw(AllPlaces(shape_.cases), true, shape_.requests);
    ASSAY_RETURN_IF_ERROR(AcceptAll(sessions));
    SimulatedSession now{StartedAt(shape_.sessions), AllPlaces(shape_.cases), head, shape_.anchors, shape_.models};
    ASSAY_RETURN_IF_ERROR(WriteSession(folder_ / "head", now));
    ASSAY_TRY(const compare::RunSet runs, Read("head"));

    ASSAY_TRY(const compare::Comparison one, Judge(runs, nullptr, "one"));
    const std::int64_t asked = Requests(head, shape_.cases);
    result_.said[kGateOne] = Understood(one, place_of_, asked);
    ASSAY_TRY(const compare::Comparison first, Judge(runs, nullptr, "all"));
    result_.said[kGate] = Understood(first, place_of_, asked);
    ASSAY_TRY(result_.said[kGateConfirmed], Confirmed(runs, first, asked, "second"));
    ASSAY_RETURN_IF_ERROR(StoredInRounds(now));
    for (const std::size_t requests : ShorterPlans(shape_)) ASSAY_RETURN_IF_ERROR(Shorter(now, requests));
    if (shape_.peers) {
      const PeerData data{sessions, head};
      for (const PeerRule& rule : PeerRules()) {
        std::vector<bool> slower = rule.judge(data);
        slower.resize(shape_.cases);  // the anchors are ours
        result_.said[std::string(rule.name)] = {std::move(slower), false, false, asked};
      }
    }
    return std::move(result_);
  }

  base::Result<TrialResult> Paired() {
    result_.changed = changed_;
    const std::vector<std::size_t> places = AllPlaces(shape_.cases);
    const SimulatedPair pair =
        random_.Pair(*shape_.noise, CaseLevels(shape_.cases), effects_, shape_.requests, shape_.restarts);
    ASSAY_RETURN_IF_ERROR(WritePairedRun(folder_ / "pair", StartedAt(0), places, pair, shape_.restarts));
    ASSAY_TRY(const compare::PairedRuns runs, compare::PairedRuns::Read(folder_ / "pair"));
    ASSAY_TRY(const compare::Comparison first,
              compare::ComparePair(runs, nullptr, policy_, compare::Selection{}, kToday, rule_));
    const std::int64_t asked = Requests(pair.head, shape_.cases);
    result_.said[kGatePaired] = Understood(first, place_of_, asked);
    ASSAY_TRY(result_.said[kGatePairedConfirmed], PairConfirmed(runs, first, asked, "second"));
    ASSAY_RETURN_IF_ERROR(PairInRounds(pair));
    if (shape_.peers) {
      const PeerData data{{&pair.base, 1}, pair.head};
      for (const PeerRule& rule : PeerRules()) {
        if (rule.paired) result_.said[std::string(rule.name)] = {rule.judge(data), false, false, asked};
      }
      for (const PairedPeerRule& rule : PairedPeerRules()) {
        result_.said[std::string(rule.name)] = {rule.judge(pair), false, false, asked};
      }
    }
    return std::move(result_);
  }

 private:
  static std::vector<double> Of(const std::vector<double>& all, const std::vector<std::size_t>& places) {
    std::vector<double> some;
    for (const std::size_t place : places) some.push_back(all[place]);
    return some;
  }

  // A session of the cases at `places`; the anchors come with it.
  Logs Draw(const std::vector<std::size_t>& places, bool changed, std::size_t requests) {
    std::vector<double> levels = Of(CaseLevels(shape_.cases), places);
    std::vector<double> effects = changed ? Of(effects_, places) : std::vector<double>(places.size(), 0);
    for (std::size_t a = 0; a < shape_.anchors; ++a) levels.push_back(1 + 0.1 * static_cast<double>(a));
    return random_.Session(*shape_.noise, levels, effects, shape_.anchors, requests);
  }

  base::Result<compare::RunSet> Read(const std::string& name) {
    const std::vector<fs::path> directories = {folder_ / name};
    return compare::RunSet::Read(directories);
  }

  base::Status AcceptInto(const std::string& baselines, const std::string& run, std::size_t session) {
    ASSAY_TRY(const compare::RunSet runs, Read(run));
    compare::AcceptRequest request;
    request.baselines = folder_ / baselines;
    request.reason = "simulated";
    request.at = StartedAt(session);
    request.outputs = false;
    request.policy = policy_;
    ASSAY_TRY([[maybe_unused]] const compare::AcceptSummary accepted, compare::Accept(runs, request));
    return {};
  }

  base::Status AcceptAll(const std::vector<Logs>& sessions) {
    for (std::size_t k = 0; k < sessions.size(); ++k) {
      const SimulatedSession session{StartedAt(k), AllPlaces(shape_.cases), sessions[k], shape_.anchors, shape_.models};
      ASSAY_RETURN_IF_ERROR(WriteSession(folder_ / "base", session));
      ASSAY_RETURN_IF_ERROR(AcceptInto("all", "base", k));
      if (k + 1 == sessions.size()) ASSAY_RETURN_IF_ERROR(AcceptInto("one", "base", k));
    }
    return {};
  }

  base::Result<compare::Comparison> Judge(const compare::RunSet& runs, const compare::RunSet* second,
                                          const std::string& baselines) {
    compare::CompareRequest request;
    request.runs = &runs;
    request.second = second;
    request.baselines = {folder_ / baselines};
    request.policy = &policy_;
    request.today = kToday;
    return compare::Compare(request, rule_);
  }

  std::vector<std::size_t> Places(const std::vector<std::string>& ids) {
    std::vector<std::size_t> places;
    for (const std::string& id : ids) places.push_back(place_of_.at(id));
    std::sort(places.begin(), places.end());
    return places;
  }

  // A fresh session of what a second look asks for.
  SimulatedSession Again(const compare::SecondLookPlan& plan) {
    std::vector<std::string> ids = plan.suspects;
    ids.insert(ids.end(), plan.controls.begin(), plan.controls.end());
    SimulatedSession second{StartedAt(shape_.sessions + 1), Places(ids), {}, shape_.anchors, shape_.models};
    second.logs = Draw(second.places, true, static_cast<std::size_t>(plan.repetitions));
    return second;
  }

  base::Result<Said> Confirmed(const compare::RunSet& runs, const compare::Comparison& first, std::int64_t asked,
                               const std::string& name) {
    if (!first.second_look) return Understood(first, place_of_, asked);
    const SimulatedSession second = Again(*first.second_look);
    const run::SecondLook look{{StartedAt(shape_.sessions)}, first.second_look->suspects, first.second_look->controls};
    ASSAY_RETURN_IF_ERROR(WriteSession(folder_ / name, second, look));
    ASSAY_TRY(const compare::RunSet again, Read(name));
    ASSAY_TRY(const compare::Comparison both, Judge(runs, &again, "all"));
    return Understood(both, place_of_, asked + Requests(second.logs, second.places.size()));
  }

  base::Result<Said> PairConfirmed(const compare::PairedRuns& runs, const compare::Comparison& first,
                                   std::int64_t asked, const std::string& name) {
    if (!first.second_look) return Understood(first, place_of_, asked);
    const std::vector<std::size_t> again = Places(first.second_look->suspects);
    const auto requests = static_cast<std::size_t>(first.second_look->repetitions);
    const SimulatedPair fresh = random_.Pair(*shape_.noise, Of(CaseLevels(shape_.cases), again), Of(effects_, again),
                                             requests, shape_.restarts);
    const run::SecondLook look{{StartedAt(0)}, first.second_look->suspects, {}};
    ASSAY_RETURN_IF_ERROR(WritePairedRun(folder_ / name, StartedAt(1), again, fresh, shape_.restarts, look));
    ASSAY_TRY(const compare::PairedRuns second, compare::PairedRuns::Read(folder_ / name));
    ASSAY_TRY(const compare::Comparison both,
              compare::ComparePair(runs, &second, policy_, compare::Selection{}, kToday, rule_));
    return Understood(both, place_of_, asked + Requests(fresh.head, again.size()));
  }

  // The fixed plan with fewer requests in the run that is judged; the baseline is the same.
  base::Status Shorter(SimulatedSession session, std::size_t requests) {
    for (std::size_t c = 0; c < shape_.cases; ++c) session.logs[c].resize(requests);
    const std::string name = ShorterPlanName(requests);
    ASSAY_RETURN_IF_ERROR(WriteSession(folder_ / "shorter", session));
    ASSAY_TRY(const compare::RunSet runs, Read("shorter"));
    ASSAY_TRY(const compare::Comparison first, Judge(runs, nullptr, "all"));
    const std::int64_t asked = Requests(session.logs, shape_.cases);
    ASSAY_TRY(result_.said[name], Confirmed(runs, first, asked, "second_of_shorter"));
    return {};
  }

  // Asks the cases at `places` in rounds. ask(open, upto): those that are open up to so many requests; settle(options):
  // which need no more.
  template <typename Ask, typename Settle>
  base::Result<run::Rounds> AskInRounds(const std::vector<std::size_t>& places, const std::vector<std::size_t>& looks,
                                        double early_share, const Ask& ask, const Settle& settle) {
    compare::SettleOptions options;
    options.looks = looks.size();
    options.early_alpha_share = early_share;
    options.n_max = static_cast<std::int64_t>(looks.back());
    run::Rounds rounds;
    rounds.early_alpha_share = options.early_alpha_share;
    rounds.planned_requests = static_cast<std::int64_t>(places.size() * looks.back());
    rounds.asked_requests = rounds.planned_requests;
    std::vector<bool> open(places.size(), true);
    for (std::size_t look = 0; look < looks.size(); ++look) {
      rounds.looks.push_back(static_cast<std::int64_t>(looks[look]));
      ASSAY_RETURN_IF_ERROR(ask(open, looks[look]));
      if (look + 1 == looks.size() || std::find(open.begin(), open.end(), true) == open.end()) break;
      options.look = look + 1;
      ASSAY_TRY(const std::vector<compare::SettledCase> settled, settle(options));
      for (const compare::SettledCase& one : settled) {
        const auto at = static_cast<std::size_t>(std::lower_bound(places.begin(), places.end(), place_of_.at(one.id)) -
                                                 places.begin());
        if (!open[at]) continue;
        open[at] = false;
        rounds.asked_requests -= static_cast<std::int64_t>(looks.back() - looks[look]);
        rounds.stops.push_back(
            {one.id, static_cast<std::int64_t>(looks[look]), std::string(compare::ToString(one.why))});
      }
    }
    return rounds;
  }

  // The same session, asked in rounds.
  base::Status StoredInRounds(const SimulatedSession& session) {
    const fs::path directory = folder_ / "rounds";
    SimulatedRounds run(directory, session);
    const auto ask = [&](const std::vector<bool>& open, std::size_t upto) { return run.Ask(open, upto); };
    const auto settle = [&](const compare::SettleOptions& options) -> base::Result<std::vector<compare::SettledCase>> {
      ASSAY_TRY(run::Run interim, run::ReadInterimRun(directory));
      std::vector<run::Run> interims;
      interims.push_back(std::move(interim));
      ASSAY_TRY(const compare::RunSet so_far, compare::RunSet::Create(std::move(interims)));
      return compare::Settle(so_far, {folder_ / "all"}, policy_, options);
    };
    ASSAY_TRY(const run::Rounds rounds, AskInRounds(session.places, stats::RecommendedLooks(MostOfRounds(shape_)),
                                                    stats::SequentialOptions{}.early_share, ask, settle));
    ASSAY_RETURN_IF_ERROR(run.Finish(rounds));
    ASSAY_TRY(const compare::RunSet runs, Read("rounds"));
    ASSAY_TRY(const compare::Comparison first, Judge(runs, nullptr, "all"));
    result_.said[kGateRounds] = Understood(first, place_of_, rounds.asked_requests);
    ASSAY_TRY(result_.said[kGateRoundsConfirmed], ConfirmedInRounds(runs, first, rounds.asked_requests));
    return {};
  }

  // The second look of a run in rounds has rounds itself.
  base::Result<Said> ConfirmedInRounds(const compare::RunSet& runs, const compare::Comparison& first,
                                       std::int64_t asked) {
    if (!first.second_look) return Understood(first, place_of_, asked);
    const fs::path directory = folder_ / "second_of_rounds";
    const compare::SecondLookPlan& plan = *first.second_look;
    SimulatedSession session = Again(plan);
    SimulatedRounds second(directory, session,
                           run::SecondLook{{StartedAt(shape_.sessions)}, plan.suspects, plan.controls});
    const auto ask = [&](const std::vector<bool>& open, std::size_t upto) { return second.Ask(open, upto); };
    const auto settle = [&](const compare::SettleOptions& options) -> base::Result<std::vector<compare::SettledCase>> {
      ASSAY_TRY(run::Run interim, run::ReadInterimRun(directory));
      std::vector<run::Run> interims;
      interims.push_back(std::move(interim));
      ASSAY_TRY(const compare::RunSet so_far, compare::RunSet::Create(std::move(interims)));
      return compare::SettleSecondLook(runs, so_far, {folder_ / "all"}, policy_, options);
    };
    ASSAY_TRY(const run::Rounds rounds,
              AskInRounds(session.places, stats::RecommendedSecondLooks(static_cast<std::size_t>(plan.repetitions)), 0,
                          ask, settle));
    ASSAY_RETURN_IF_ERROR(second.Finish(rounds));
    ASSAY_TRY(const compare::RunSet again, Read("second_of_rounds"));
    ASSAY_TRY(const compare::Comparison both, Judge(runs, &again, "all"));
    return Understood(both, place_of_, asked + rounds.asked_requests);
  }

  // The same pair, asked in rounds. The restarts stay where they were: until the second nothing can be settled.
  base::Status PairInRounds(const SimulatedPair& pair) {
    const fs::path directory = folder_ / "pair_rounds";
    const std::vector<std::size_t> places = AllPlaces(shape_.cases);
    ASSAY_RETURN_IF_ERROR(WritePairPlan(directory, places, shape_.requests, shape_.restarts));
    SimulatedRounds base(directory / "base", {StartedAt(0), places, pair.base, 0});
    SimulatedRounds head(directory / "head", {StartedAt(0), places, pair.head, 0});
    const auto ask = [&](const std::vector<bool>& open, std::size_t upto) -> base::Status {
      ASSAY_RETURN_IF_ERROR(base.Ask(open, upto));
      return head.Ask(open, upto);
    };
    const auto settle = [&](const compare::SettleOptions& options) -> base::Result<std::vector<compare::SettledCase>> {
      ASSAY_TRY(const compare::PairedRuns so_far, compare::PairedRuns::ReadInterim(directory));
      return compare::SettlePair(so_far, policy_, options);
    };
    ASSAY_TRY(const run::Rounds rounds, AskInRounds(places, stats::RecommendedLooks(shape_.requests),
                                                    stats::SequentialOptions{}.early_share, ask, settle));
    ASSAY_RETURN_IF_ERROR(base.Finish(rounds));
    ASSAY_RETURN_IF_ERROR(head.Finish(rounds));
    ASSAY_TRY(const compare::PairedRuns runs, compare::PairedRuns::Read(directory));
    ASSAY_TRY(const compare::Comparison first,
              compare::ComparePair(runs, nullptr, policy_, compare::Selection{}, kToday, rule_));
    result_.said[kGatePairedRounds] = Understood(first, place_of_, rounds.asked_requests);
    ASSAY_TRY(result_.said[kGatePairedRoundsConfirmed],
              PairConfirmed(runs, first, rounds.asked_requests, "second_of_rounds"));
    return {};
  }

  const TrialShape& shape_;
  Noise random_;
  fs::path folder_;
  compare::Policy policy_;
  compare::GateRule rule_;
  std::vector<bool> changed_;
  std::vector<double> effects_;
  std::map<std::string, std::size_t> place_of_;
  TrialResult result_;
};

}  // namespace

std::vector<std::size_t> ShorterPlans(const TrialShape& shape) {
  std::vector<std::size_t> plans;
  if (!shape.shorter_plans) return plans;
  for (const std::size_t tenths : {4U, 5U, 6U, 7U, 8U}) {
    const std::size_t requests = shape.requests * tenths / 10;
    if (requests >= kFewestOfPlan) plans.push_back(requests);
  }
  return plans;
}

std::size_t MostOfRounds(const TrialShape& shape) {
  return std::min(shape.requests, std::max(kFewestOfRounds, shape.requests * 3 / 5));
}

std::string ShorterPlanName(std::size_t requests) {
  return std::string(kGate) + ", n = " + std::to_string(requests) + " + confirm";
}

namespace {

base::Status Emptied(const fs::path& folder) {
  std::error_code ec;
  fs::remove_all(folder, ec);
  return base::CreateDirectories(folder);
}

}  // namespace

base::Result<TrialResult> StoredTrial(const TrialShape& shape, double effect, Slower which, std::uint64_t seed,
                                      const fs::path& folder) {
  ASSAY_RETURN_IF_ERROR(Emptied(folder));
  return Trial(shape, effect, which, seed, folder).Stored();
}

base::Result<TrialResult> PairedTrial(const TrialShape& shape, double effect, Slower which, std::uint64_t seed,
                                      const fs::path& folder) {
  ASSAY_RETURN_IF_ERROR(Emptied(folder));
  return Trial(shape, effect, which, seed, folder).Paired();
}

}  // namespace assay::micro

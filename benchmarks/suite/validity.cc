// SPDX-License-Identifier: MIT
#include "benchmarks/suite/validity.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include "fixtures/base/quantile.h"

namespace assay::suite {
namespace {

constexpr double kUnsettledShare = 0.1;
constexpr double kClientCpuShare = 0.5;  // of one core: where half of it is ours, our work delays our stamps
constexpr double kLostShare = 0.01;
constexpr double kDisturbedShare = 0.05;
constexpr double kOthersShare = 0.10;
constexpr double kStolenShare = 0.05;
constexpr double kDrift = 0.10;
constexpr double kGrowth = 1.5;
constexpr double kShortfall = 0.15;  // of the rate that was asked for
// Where a queue grows from third to third, less is noise: a rate just above what the service can do.
constexpr double kSteadyShortfall = 0.05;
constexpr double kSteadyStep = 1.3;    // of a third's median over the one before
constexpr double kSteadyGrowth = 3;    // of the last one's over the first one's
constexpr double kMostlyFailed = 0.5;  // of the requests
constexpr double kLagOfGap = 0.1;      // of the mean gap between two requests
constexpr double kLeastLagMs = 5;
constexpr std::size_t kFewestPerThird = 3;

std::string Text(const char* format, double a, double b = 0, double c = 0) {
  char text[256];
  std::snprintf(text, sizeof text, format, a, b, c);
  return text;
}

struct Name {
  const char* name;
  const char* unit;
};

// A figure that is known. `message` says it in words.
run::Flag Known(const Name& name, double figure, double limit, std::string message) {
  return {name.name, "", figure, name.unit, limit, figure > limit, std::move(message)};
}

run::Flag Unknown(const Name& name, double limit, const std::string& why) {
  return {name.name, "", std::nullopt, name.unit, limit, false, "cannot be told: " + why};
}

run::Flag ShareOf(const Name& name, std::int64_t part, std::int64_t whole, double limit, const char* what,
                  const char* nothing) {
  if (whole == 0) return Unknown(name, limit, nothing);
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  return Known(name, share, limit,
               std::to_string(part) + " of " + std::to_string(whole) + " " + what +
                   Text(", %.2f %% (limit %.0f %%)", share * 100, limit * 100));
}

run::Flag ShareFrom(const Name& name, const machine::Reading<double>& share, double limit, const char* what) {
  if (!share) return Unknown(name, limit, share.reason());
  return Known(name, *share, limit,
               std::string(what) +
                   Text(" %.1f %% of all processors while we measured (limit %.0f %%)", *share * 100, limit * 100));
}

run::Flag ClientCpu(const MachineTotals& machine) {
  constexpr Name kName{"client_cpu_share", "share"};
  if (!machine.client_cpu) return Unknown(kName, kClientCpuShare, machine.client_cpu.reason());
  const double share =
      static_cast<double>(machine.client_cpu->count()) / static_cast<double>(machine.client_time.count());
  return Known(kName, share, kClientCpuShare,
               Text("our own process used %.1f %% of one core during requests (limit %.0f %%)", share * 100,
                    kClientCpuShare * 100));
}

run::Flag Throttled(const MachineTotals& machine) {
  constexpr Name kName{"throttled", "count"};
  if (!machine.throttle_events) return Unknown(kName, 0, machine.throttle_events.reason());
  const auto events = static_cast<double>(*machine.throttle_events);
  return Known(kName, events, 0, Text("the processor was held back %.0f times for heat or power (limit 0)", events));
}

run::Flag PowerChanged(const MachineTotals& machine) {
  constexpr Name kName{"power_changed", "count"};
  if (!machine.power_changes) return Unknown(kName, 0, machine.power_changes.reason());
  const auto changes = static_cast<double>(*machine.power_changes);
  return Known(kName, changes, 0,
               Text("%.0f of power source, governor and highest frequency changed during the run (limit 0)", changes) +
                   (machine.changed.empty() ? "" : ": " + machine.changed));
}

double Median(std::vector<double> values) { return base::Quantile(values, 0.5).value_or(0); }

// Median of the last third over median of the first, or over `alone` where that is less; absent when a third is too
// few, or takes no time.
std::optional<double> GrowthOf(std::span<const double> values, std::optional<double> alone = std::nullopt) {
  const std::size_t third = values.size() / 3;
  if (third < kFewestPerThird) return std::nullopt;
  const auto first = base::Quantile(values.first(third), 0.5);
  const auto last = base::Quantile(values.last(third), 0.5);
  if (!first || !last) return std::nullopt;
  const double begun = std::min(*first, alone.value_or(*first));
  if (begun <= 0) return std::nullopt;
  return *last / begun;
}

// The machine's, over the run: a load has a course of its own.
run::Flag Drift(const std::vector<CaseCourse>& cases) {
  constexpr Name kName{"drift", "ratio"};
  std::vector<double> drifts;
  for (const CaseCourse& one : cases) {
    if (one.scenario.loaded()) continue;
    if (const auto growth = GrowthOf(one.e2e_ms)) drifts.push_back(std::fabs(*growth - 1));
  }
  if (drifts.empty()) {
    return Unknown(kName, kDrift,
                   "no case asked one by one has " + std::to_string(3 * kFewestPerThird) + " good requests");
  }
  const double drift = Median(drifts);
  return Known(
      kName, drift, kDrift,
      Text("end-to-end latency differs by %.1f %% between the first and the last third of the run, median over "
           "%.0f cases (limit %.0f %%)",
           drift * 100, static_cast<double>(drifts.size()), kDrift * 100));
}

constexpr Name kScheduleLag{"schedule_lag", "ms"};
constexpr Name kOverloaded{"overloaded", "share"};

run::Flag ScheduleLag(const CaseCourse& one) {
  const double limit = std::max(kLeastLagMs, kLagOfGap * 1e3 / *one.scenario.rate_per_s);
  std::vector<double> lags;
  for (const ScheduledRequest& request : one.scheduled) {
    if (request.lag_ms) lags.push_back(*request.lag_ms);
  }
  if (lags.empty()) return Unknown(kScheduleLag, limit, "no request was sent");
  const std::optional<double> p99 = base::StatedQuantile(lags, 0.99);
  const double lag = p99.value_or(*std::ranges::max_element(lags));
  return Known(kScheduleLag, lag, limit,
               std::string(p99 ? "99 % of" : "all") + " requests were sent within" +
                   Text(" %.2f ms of their schedule (limit %.2f ms)", lag, limit));
}

// Whether the thirds' medians show a queue that never stopped growing.
bool GrewSteadily(std::span<const double> values) {
  const std::size_t third = values.size() / 3;
  if (third < kFewestPerThird) return false;
  const auto first = base::Quantile(values.first(third), 0.5);
  const auto middle = base::Quantile(values.subspan(third, values.size() - 2 * third), 0.5);
  const auto last = base::Quantile(values.last(third), 0.5);
  return first && middle && last && *middle >= kSteadyStep * *first && *last >= kSteadyStep * *middle &&
         *last >= kSteadyGrowth * *first;
}

// What came of an open loop.
struct Kept {
  std::size_t attempted = 0;
  std::size_t good = 0;
  std::vector<double> latencies;  // as they were scheduled
  double shortfall = 0;           // part of the rate that was not served
};

Kept KeptOf(const CaseCourse& one) {
  std::vector<ScheduledRequest> requests = one.scheduled;
  std::ranges::stable_sort(requests, {}, &ScheduledRequest::scheduled_ns);
  Kept kept;
  kept.attempted = requests.size();
  const std::int64_t first = requests.front().scheduled_ns;
  double needed = 0;
  for (const ScheduledRequest& request : requests) {
    if (request.latency_ms) kept.latencies.push_back(*request.latency_ms);
    if (!request.good) continue;
    ++kept.good;
    // Even a service that is never behind is still at the last request when the schedule has ended.
    const double until = static_cast<double>(request.ended_ns.value_or(first) - first);
    needed = std::max(needed, until - one.alone_ms.value_or(0) * 1e6);
  }
  const auto span = static_cast<double>(requests.back().scheduled_ns - first);
  const double in_time = needed > span ? span / needed : 1;
  kept.shortfall = 1 - static_cast<double>(kept.good) / static_cast<double>(kept.attempted) * in_time;
  return kept;
}

// A service that takes one request after the other shows a queue that grows from third to third. One that answers all
// of them at once, each the slower for it, makes the first wait as long as the last: that shows against a request
// alone. One that turns requests away, or lets them time out, shows neither.
run::Flag Overloaded(const CaseCourse& one) {
  const Kept kept = KeptOf(one);
  const std::optional<double> growth = GrowthOf(kept.latencies, one.alone_ms);
  const bool mostly_failed =
      static_cast<double>(kept.attempted - kept.good) >= kMostlyFailed * static_cast<double>(kept.attempted);
  const double limit = GrewSteadily(kept.latencies) ? kSteadyShortfall : kShortfall;
  if (!growth && !mostly_failed) {
    return Unknown(kOverloaded, limit,
                   "fewer than " + std::to_string(3 * kFewestPerThird) + " latencies from schedule are known");
  }
  // One slow answer at the end makes the one or the other; a queue that grows makes both.
  const bool counts = mostly_failed || *growth > kGrowth;
  std::string message =
      Text("the service fell %.1f %% short of the rate (limit %.0f %%)", kept.shortfall * 100, limit * 100) + ", " +
      std::to_string(kept.good) + " of " + std::to_string(kept.attempted) +
      " requests succeeded, and latency from schedule ";
  message += growth ? Text("grew to %.2f times of what it was at first, or alone", *growth)
                    : "is known of too few to tell whether it grew";
  if (!counts) message += Text(": not more than %.1f times, so the rate counts as held", kGrowth);
  return Known(kOverloaded, counts ? kept.shortfall : 0, limit, std::move(message));
}

}  // namespace

std::vector<run::Flag> JudgeValidity(const RunCourse& course) {
  const MachineTotals& machine = course.machine;
  std::vector<run::Flag> flags;
  flags.push_back(ShareOf({"warmup_not_settled", "share"}, course.unsettled_cases, course.warmed_cases, kUnsettledShare,
                          "cases did not settle in their warm-up", "no case was warmed often enough"));
  flags.push_back(ClientCpu(machine));
  flags.push_back(ShareOf({"lost_samples", "share"}, course.failed_requests, course.measured_requests, kLostShare,
                          "measured requests failed", "nothing was measured"));
  flags.push_back(ShareOf({"disturbed_samples", "share"}, course.disturbed_requests,
                          course.measured_requests + course.disturbed_requests, kDisturbedShare,
                          "requests were disturbed by the service", "nothing was measured"));
  flags.push_back(ShareFrom({"machine_busy", "share"}, machine.others_share, kOthersShare, "other processes used"));
  flags.push_back(
      ShareFrom({"cpu_stolen", "share"}, machine.stolen_share, kStolenShare, "other virtual machines were given"));
  flags.push_back(Throttled(machine));
  flags.push_back(PowerChanged(machine));
  flags.push_back(Drift(course.cases));
  const std::size_t before = flags.size();
  for (const CaseCourse& one : course.cases) {
    if (!one.scenario.rate_per_s || one.scheduled.empty()) continue;
    for (run::Flag flag : {ScheduleLag(one), Overloaded(one)}) {
      flag.case_id = one.case_id;
      flags.push_back(std::move(flag));
    }
  }
  if (flags.size() == before) {
    flags.push_back(Unknown(kScheduleLag, kLeastLagMs, "no case was sent on a schedule"));
    flags.push_back(Unknown(kOverloaded, kShortfall, "no case was sent on a schedule"));
  }
  return flags;
}

}  // namespace assay::suite

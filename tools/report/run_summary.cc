// SPDX-License-Identifier: MIT
#include "tools/report/run_summary.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "fixtures/run/metrics.h"
#include "tools/compare/probe_rule.h"
#include "tools/stats/descriptive.h"

namespace assay::report {
namespace {

constexpr double kMillisecondsPerSecond = 1000.0;

struct Collected {
  std::vector<double> e2e_s;
  std::size_t failed = 0;
  double tokens = 0;
  double decode_s = 0;
};

void Collect(const run::RunCase& one, Collected& into) {
  for (const run::Sample& sample : one.samples) {
    if (sample.warmup || !sample.disturbed.empty()) continue;
    if (!sample.counts()) {
      ++into.failed;
      continue;
    }
    if (const auto e2e = run::E2eMs(sample)) into.e2e_s.push_back(*e2e / kMillisecondsPerSecond);
    const auto tpot = run::TpotMs(sample);
    if (!tpot || !(*tpot > 0)) continue;
    // The first output event ends the prefill: it opens the decode interval, and its tokens are not made in it
    // (metrics.md b2, TPOT).
    const double decode_ms = run::E2eMs(sample).value_or(0) - run::TtftMs(sample).value_or(0);
    into.tokens += decode_ms / *tpot;
    into.decode_s += decode_ms / kMillisecondsPerSecond;
  }
}

}  // namespace

std::optional<Spread> SpreadOf(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto percentile = [&](double p) { return stats::Percentile(values, p).value_or(0); };
  return Spread{values.size(), percentile(0), percentile(0.25), percentile(0.5), percentile(0.75), percentile(1)};
}

std::string OutcomeWord(const compare::RunSet::Entry& entry, const compare::CaseFacts& facts) {
  if (!entry.one->plan.failure.empty() || (facts.counting == 0 && facts.failed > 0)) {
    const std::string outcomes = facts.Outcomes();
    return outcomes.empty() ? "failed" : "failed (" + outcomes + ")";
  }
  if (facts.counting == 0) return "missing";
  if (facts.Incomplete()) {
    return "incomplete (" + std::to_string(facts.counting) + " of " + std::to_string(facts.planned) + ")";
  }
  return "ok";
}

const run::ModelInfo* FindModel(const run::Run& run, std::string_view variant) {
  const auto found = std::ranges::find(run.info.models, variant, &run::ModelInfo::variant);
  return found == run.info.models.end() ? nullptr : &*found;
}

bool IsWarmOneByOne(const run::Scenario& scenario) {
  return scenario.start == run::Start::kWarm && !scenario.loaded() && !scenario.probe;
}

std::vector<CaseReport> ReportCases(const compare::RunSet& runs, const std::vector<run::Limit>& goodput) {
  std::vector<CaseReport> cases;
  cases.reserve(runs.cases().size());
  for (const compare::RunSet::Entry& entry : runs.cases()) {
    const run::PlannedCase& plan = entry.one->plan;
    if (compare::IsProbe(plan)) continue;  // what it takes says nothing
    run::CaseSummariser all(plan.id, plan.scenario, goodput);
    for (const run::Sample& sample : entry.one->samples) all.Add(sample);
    run::CaseSummary summary = all.Summary();
    cases.push_back(CaseReport{&entry, compare::FactsOf(*entry.one, *entry.run), std::move(all), std::move(summary)});
  }
  return cases;
}

std::vector<VariantSummary> SummarizeVariants(const compare::RunSet& runs) {
  std::vector<std::string> order;
  std::map<std::string, Collected> collected;
  for (const compare::RunSet::Entry& entry : runs.cases()) {
    const auto [found, inserted] = collected.try_emplace(entry.one->plan.model);
    if (inserted) order.push_back(entry.one->plan.model);
    if (!IsWarmOneByOne(entry.one->plan.scenario)) continue;
    Collect(*entry.one, found->second);
  }
  std::vector<VariantSummary> summaries;
  for (const std::string& variant : order) {
    const Collected& all = collected.at(variant);
    VariantSummary summary;
    summary.variant = variant;
    summary.n = all.e2e_s.size();
    summary.failed = all.failed;
    if (!all.e2e_s.empty()) {
      summary.mean_e2e_s =
          std::accumulate(all.e2e_s.begin(), all.e2e_s.end(), 0.0) / static_cast<double>(all.e2e_s.size());
      summary.p95_e2e_s = stats::Percentile(all.e2e_s, 0.95);
    }
    if (all.decode_s > 0) summary.tokens_per_s = all.tokens / all.decode_s;
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

}  // namespace assay::report

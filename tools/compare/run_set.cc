// SPDX-License-Identifier: MIT
#include "tools/compare/run_set.h"

#include <set>
#include <unordered_map>

#include "fixtures/run/metrics.h"
#include "fixtures/run/outputs.h"
#include "fixtures/run/pair.h"

namespace assay::compare {

base::Result<RunSet> RunSet::Create(std::vector<run::Run> runs) {
  if (runs.empty()) return base::Error{base::ErrorCode::kUsage, "no run was given; name one with --run DIR", ""};
  RunSet set;
  set.runs_ = std::move(runs);
  std::unordered_map<std::string, const run::Run*> owner;
  const std::string key = set.environment().Key();
  for (const run::Run& one : set.runs_) {
    if (one.info.environment.Key() != key) {
      return base::Error{
          base::ErrorCode::kUsage,
          "runs of different environments cannot be judged together: " + set.runs_.front().directory.string() +
              " is of '" + key + "', this one of '" + one.info.environment.Key() + "'; compare them one at a time",
          one.directory.string()};
    }
    for (const run::RunCase& entry : one.cases) {
      const auto [found, inserted] = owner.emplace(entry.plan.id, &one);
      if (!inserted) {
        return base::Error{base::ErrorCode::kUsage,
                           "the case '" + entry.plan.id + "' is in two runs, also in " +
                               found->second->directory.string() + "; leave one of them out",
                           one.directory.string()};
      }
      set.cases_.push_back(Entry{&one, &entry});
    }
  }
  if (set.cases_.empty()) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "the run has no cases, so there is nothing to judge; look at the models, "
                       "prompts and filter it was "
                       "started with",
                       set.runs_.front().directory.string()};
  }
  return set;
}

base::Result<RunSet> RunSet::Read(std::span<const std::filesystem::path> directories,
                                  const std::function<void(run::Sample&)>& thin) {
  std::vector<run::Run> runs;
  for (const std::filesystem::path& directory : directories) {
    if (run::IsPair(directory)) {
      return base::Error{base::ErrorCode::kUsage,
                         "this is a paired run, two runs in one; name one of its sides: " +
                             (directory / "base").string() + " or " + (directory / "head").string(),
                         directory.string()};
    }
    ASSAY_TRY(run::Run one, run::ReadRun(directory, thin));
    runs.push_back(std::move(one));
  }
  return Create(std::move(runs));
}

std::function<void(run::Sample&)> OnlyJudged(const Policy& policy) {
  bool all_events = false;
  bool machine = false;
  const auto look_at = [&](const run::Metric* metric) {
    if (metric == nullptr) return;
    all_events = all_events || run::NeedsAllEvents(metric->name);
    machine = machine || run::NeedsMachine(metric->name);
  };
  for (const MetricPolicy& one : policy.metrics) look_at(one.metric);
  for (const MetricPolicy& one : policy.session_metrics) look_at(one.metric);
  for (const Budget& one : policy.budgets) look_at(one.metric);
  for (const run::Limit& one : policy.goodput) look_at(one.metric);
  return [all_events, machine](run::Sample& sample) {
    if (!all_events) run::KeepEnds(sample.timeline);
    if (!machine) sample.machine.reset();
    sample.case_id.clear();
    sample.model.clear();
    sample.prompt.clear();
    sample.response_id.reset();
  };
}

std::vector<std::string> RunSet::Variants() const {
  std::set<std::string> variants;
  for (const Entry& entry : cases_) variants.insert(entry.one->plan.model);
  return {variants.begin(), variants.end()};
}

}  // namespace assay::compare

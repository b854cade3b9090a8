// SPDX-License-Identifier: MIT
// Order statistics of a run's cases, for reports that have no baseline. Percentiles are type 7;
// warm-ups, failed and disturbed requests never enter. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/run/summary.h"
#include "tools/compare/case_facts.h"
#include "tools/compare/run_set.h"

namespace assay::report {

struct Spread {
  std::size_t n = 0;
  double min = 0;
  double p25 = 0;
  double median = 0;
  double p75 = 0;
  double max = 0;
};
// Absent when there is no value.
std::optional<Spread> SpreadOf(const std::vector<double>& values);

// What the samples of one case say: derived here, never read from the summaries a run brings along.
struct CaseReport {
  const compare::RunSet::Entry* entry;  // never null
  compare::CaseFacts facts;
  run::CaseSummariser all;
  run::CaseSummary summary;
};
// In the order of the runs, without probes, which are not measured; `goodput` as the policy has it. Points into `runs`.
std::vector<CaseReport> ReportCases(const compare::RunSet& runs, const std::vector<run::Limit>& goodput);

// "ok", or what went wrong: "failed (timeout)", "missing", "incomplete (3 of 10)".
std::string OutcomeWord(const compare::RunSet::Entry& entry, const compare::CaseFacts& facts);

// What the run says of a model; null in files of before.
const run::ModelInfo* FindModel(const run::Run& run, std::string_view variant);

// Asked one by one, of a model that was loaded and asked before.
bool IsWarmOneByOne(const run::Scenario& scenario);

// One variant as the workshop sums it up.
struct VariantSummary {
  std::string variant;
  std::size_t n = 0;  // requests that count
  std::size_t failed = 0;
  std::optional<double> mean_e2e_s;
  std::optional<double> p95_e2e_s;
  std::optional<double> tokens_per_s;  // tokens after the first / seconds between the first and the last
};
// In the order the runs planned them. Of the cases asked one by one of a model that was loaded and asked before: a cold
// start or a load must not enter the mean of the others.
std::vector<VariantSummary> SummarizeVariants(const compare::RunSet& runs);

}  // namespace assay::report

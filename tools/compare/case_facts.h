// SPDX-License-Identifier: MIT
// What the samples of one case say together, before anything is judged: how many count, what
// failed, and the values that must be the same in every repetition to be comparable. Pure
// functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/run/metrics.h"
#include "fixtures/run/run_directory.h"

namespace assay::compare {

struct CaseFacts {
  std::size_t counting = 0;   // samples a statistic may use
  std::size_t failed = 0;     // measured, not warm-up, not disturbed, not ok
  std::size_t disturbed = 0;  // sent again, as another sample
  std::int64_t planned = 0;   // repetitions; 0 = the run does not say
  std::map<run::Outcome, std::size_t> failures;
  std::string last_error;  // in the service's or transport's words
  std::size_t distinct_answers = 0;
  std::vector<std::int64_t> completion_tokens;  // distinct values, sorted
  std::vector<run::TokenSource> token_sources;  // distinct values, sorted

  // The one value all counting samples share, else absent.
  std::optional<std::int64_t> CompletionTokens() const;
  run::TokenSource TokenSource() const;  // kNone when they differ
  bool Incomplete() const { return planned > 0 && static_cast<std::int64_t>(counting) < planned; }
  // "timeout" or "connect, timeout"; empty when nothing failed.
  std::string Outcomes() const;
};

CaseFacts FactsOf(const run::RunCase& one, const run::Run& run);

// "debug" and "sanitizer": a program that measures with checks of its own, or without optimisation, is slower by
// itself.
bool Unoptimised(std::string_view build_type);

// The metric of every counting sample that has it, in the order measured.
std::vector<double> MetricValues(const run::RunCase& one, const run::Metric& metric);

}  // namespace assay::compare

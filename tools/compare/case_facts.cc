// SPDX-License-Identifier: MIT
#include "tools/compare/case_facts.h"

#include <set>

namespace assay::compare {

std::optional<std::int64_t> CaseFacts::CompletionTokens() const {
  if (completion_tokens.size() != 1) return std::nullopt;
  return completion_tokens.front();
}

run::TokenSource CaseFacts::TokenSource() const {
  return token_sources.size() == 1 ? token_sources.front() : run::TokenSource::kNone;
}

std::string CaseFacts::Outcomes() const {
  std::string text;
  for (const auto& [outcome, count] : failures) {
    text += (text.empty() ? "" : ", ") + std::string(run::ToString(outcome));
  }
  return text;
}

CaseFacts FactsOf(const run::RunCase& one, const run::Run& run) {
  CaseFacts facts;
  facts.planned = one.plan.repetitions.value_or(run.info.provenance.repetitions);
  std::set<std::string> answers;
  std::set<std::int64_t> tokens;
  std::set<run::TokenSource> sources;
  for (const run::Sample& sample : one.samples) {
    if (sample.warmup) continue;
    if (!sample.disturbed.empty()) {
      ++facts.disturbed;
      continue;
    }
    if (!sample.counts()) {
      ++facts.failed;
      ++facts.failures[sample.outcome];
      facts.last_error = sample.error;
      continue;
    }
    ++facts.counting;
    answers.insert(sample.answer_sha256.value_or(""));
    if (sample.completion_tokens) tokens.insert(*sample.completion_tokens);
    sources.insert(sample.token_source);
  }
  facts.distinct_answers = answers.size();
  facts.completion_tokens.assign(tokens.begin(), tokens.end());
  facts.token_sources.assign(sources.begin(), sources.end());
  return facts;
}

bool Unoptimised(std::string_view build_type) {
  std::string lower(build_type);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower == "debug" || lower == "sanitizer";
}

std::vector<double> MetricValues(const run::RunCase& one, const run::Metric& metric) {
  std::vector<double> values;
  values.reserve(one.samples.size());
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts()) continue;
    if (const std::optional<double> value = metric.value(sample)) values.push_back(*value);
  }
  return values;
}

}  // namespace assay::compare

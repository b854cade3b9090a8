// SPDX-License-Identifier: MIT
#include "benchmarks/suite/doubts.h"

#include <algorithm>
#include <optional>
#include <string>

#include "fixtures/run/metrics.h"
#include "fixtures/run/outputs.h"

namespace assay::suite {
namespace {

bool IsStreamed(const run::PlannedCase& plan) {
  const run::Json* stream = plan.request.Find("stream");
  return stream != nullptr && stream->as_bool() != nullptr && *stream->as_bool();
}

bool IsCounted(run::TokenSource source) {
  return source != run::TokenSource::kChunks && source != run::TokenSource::kNone;
}

}  // namespace

std::vector<run::Warning> Doubts(const run::PlannedCase& plan, const run::Sample& sample) {
  std::vector<run::Warning> doubts;
  const auto doubt = [&](const char* code, std::string message) {
    doubts.push_back({code, plan.id, std::move(message)});
  };
  const std::vector<double> gaps = run::OutputGapsMs(sample.timeline);
  const auto merged = std::ranges::count(gaps, 0.0);
  const bool burst = !run::TpotMs(sample) && !sample.hidden_output;
  if (IsStreamed(plan) && sample.completion_tokens.value_or(0) > 1 && burst) {
    doubt("not_streamed", "the answer came in one burst: TTFT is no first token");
  } else if (IsStreamed(plan) && merged > 0) {
    doubt("events_merged", std::to_string(merged) + " of " + std::to_string(gaps.size() + 1) +
                               " events came in one read with the event before: TTFT holds, latencies between chunks "
                               "do not");
  }
  if (sample.hidden_output) {
    doubt("hidden_reasoning", run::TpotMs(sample)
                                  ? "the service keeps its reasoning to itself: time per output token is of what it "
                                    "shows only"
                                  : "the service counts output that it does not show, and does not say how much: there "
                                    "is no time per output token");
  }
  if (!IsCounted(sample.token_source)) {
    doubt("tokens_not_counted",
          "the service reports no usage; tokens are " +
              std::string(sample.token_source == run::TokenSource::kChunks ? "counted as events" : "unknown"));
  }
  const std::optional<std::int64_t>& wanted = plan.scenario.output_tokens;
  if (wanted && sample.completion_tokens && *sample.completion_tokens < *wanted) {
    doubt("output_tokens_not_reached", "the answer has " + std::to_string(*sample.completion_tokens) + " of " +
                                           std::to_string(*wanted) + " tokens: the model ended it by itself");
  }
  return doubts;
}

}  // namespace assay::suite

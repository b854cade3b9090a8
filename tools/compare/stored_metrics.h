// SPDX-License-Identifier: MIT
// Which numbers of a case a latency baseline keeps, and how they lie in memory: ten thousand cases of five sessions are
// millions of numbers, so each case has them in one block. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/run/metrics.h"
#include "fixtures/run/run_directory.h"

namespace assay::compare {

// In the order of the registry: those of a request first, from kFirstOfCase on those of a case.
inline constexpr std::array<std::string_view, 6> kStoredMetricNames = {
    "e2e_ms", "ttft_ms", "tpot_ms", "load_ms", "output_tokens_per_s", "requests_per_s"};
inline constexpr std::size_t kStoredMetricCount = kStoredMetricNames.size();
inline constexpr std::size_t kFirstOfCase = 4;

std::span<const run::Metric* const, kStoredMetricCount> StoredMetrics();
std::vector<std::string> StoredMetricNames();
bool IsStoredMetric(std::string_view name);
// Throughput and load time: what counts is one number per session (session_metrics of the policy). The other stored
// metrics are latencies, judged by their requests.
bool IsSessionMetric(const run::Metric& metric);

// The numbers of a case as a baseline keeps them: of a metric of a request one per request that counts, in the order
// measured; of a metric of a case one, where it is defined.
std::vector<double> NumbersOf(const run::RunCase& one, const run::Metric& metric);

class StoredValues {
 public:
  StoredValues() = default;
  // One entry per stored metric, in their order.
  explicit StoredValues(const std::array<std::vector<double>, kStoredMetricCount>& numbers);

  // Empty when there is none, and for a metric that is not stored.
  std::span<const double> Of(const run::Metric& metric) const;
  std::span<const double> Of(std::string_view metric) const;
  // The metric must be a stored one. Replaces what was there.
  void Set(std::string_view metric, const std::vector<double>& numbers);
  bool empty() const { return numbers_.empty(); }

  friend bool operator==(const StoredValues&, const StoredValues&) = default;

 private:
  std::span<const double> At(std::size_t index) const;

  std::vector<double> numbers_;  // of one metric after the other
  std::array<std::uint32_t, kStoredMetricCount> ends_{};
};

}  // namespace assay::compare

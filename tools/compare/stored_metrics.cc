// SPDX-License-Identifier: MIT
#include "tools/compare/stored_metrics.h"

#include <algorithm>
#include <optional>

#include "fixtures/run/summary.h"
#include "tools/compare/case_facts.h"

namespace assay::compare {
namespace {

std::size_t IndexOf(std::string_view name) {
  return static_cast<std::size_t>(std::find(kStoredMetricNames.begin(), kStoredMetricNames.end(), name) -
                                  kStoredMetricNames.begin());
}

}  // namespace

std::span<const run::Metric* const, kStoredMetricCount> StoredMetrics() {
  static const std::array<const run::Metric*, kStoredMetricCount> kMetrics = [] {
    std::array<const run::Metric*, kStoredMetricCount> metrics{};
    std::transform(kStoredMetricNames.begin(), kStoredMetricNames.end(), metrics.begin(), run::FindMetric);
    return metrics;
  }();
  return kMetrics;
}

std::vector<std::string> StoredMetricNames() { return {kStoredMetricNames.begin(), kStoredMetricNames.end()}; }

bool IsStoredMetric(std::string_view name) { return IndexOf(name) < kStoredMetricNames.size(); }

bool IsSessionMetric(const run::Metric& metric) {
  return IsStoredMetric(metric.name) && (metric.of_case != nullptr || metric.name == "load_ms");
}

std::vector<double> NumbersOf(const run::RunCase& one, const run::Metric& metric) {
  if (metric.value != nullptr) return MetricValues(one, metric);
  if (!one.plan.scenario.loaded()) return {};  // throughput is that of a block of requests
  run::CaseTotals totals(one.plan.scenario);
  for (const run::Sample& sample : one.samples) totals.Add(sample);
  const std::optional<double> value = metric.of_case(totals);
  return value ? std::vector<double>{*value} : std::vector<double>{};
}

StoredValues::StoredValues(const std::array<std::vector<double>, kStoredMetricCount>& numbers) {
  std::size_t total = 0;
  for (const std::vector<double>& of_metric : numbers) total += of_metric.size();
  numbers_.reserve(total);
  for (std::size_t i = 0; i < kStoredMetricCount; ++i) {
    numbers_.insert(numbers_.end(), numbers[i].begin(), numbers[i].end());
    ends_[i] = static_cast<std::uint32_t>(numbers_.size());
  }
}

std::span<const double> StoredValues::At(std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::span<const double>(numbers_).subspan(begin, ends_[index] - begin);
}

std::span<const double> StoredValues::Of(const run::Metric& metric) const { return Of(metric.name); }

std::span<const double> StoredValues::Of(std::string_view metric) const {
  const std::size_t index = IndexOf(metric);
  return index < kStoredMetricNames.size() ? At(index) : std::span<const double>();
}

void StoredValues::Set(std::string_view metric, const std::vector<double>& numbers) {
  ASSAY_CHECK(IsStoredMetric(metric), "a baseline keeps no such metric");
  std::array<std::vector<double>, kStoredMetricCount> all;
  for (std::size_t i = 0; i < kStoredMetricCount; ++i) {
    const std::span<const double> old = At(i);
    all[i].assign(old.begin(), old.end());
  }
  all[IndexOf(metric)] = numbers;
  *this = StoredValues(all);
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// The registry: what is in it, in which order, and what each metric says of itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "ctest/unit/run/test_run.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/summary.h"

namespace assay::run {
namespace {

using ::testing::ElementsAreArray;

constexpr Direction kLower = Direction::kLowerIsBetter;
constexpr Direction kHigher = Direction::kHigherIsBetter;
constexpr Direction kNeither = Direction::kNeither;

struct Expected {
  std::string_view name;
  std::string_view unit;
  Direction direction;
};

// [27]: direction and unit are stated, not read off a name; written down a second time here, by hand.
constexpr Expected kOfRequest[] = {{"e2e_ms", "ms", kLower},
                                   {"ttft_ms", "ms", kLower},
                                   {"ttfo_ms", "ms", kLower},
                                   {"first_event_ms", "ms", kLower},
                                   {"tpot_ms", "ms/token", kLower},
                                   {"ntpot_ms", "ms/token", kLower},
                                   {"icl_p50_ms", "ms", kLower},
                                   {"icl_p90_ms", "ms", kLower},
                                   {"icl_max_ms", "ms", kLower},
                                   {"chunks", "events", kNeither},
                                   {"tokens_per_chunk", "tokens/event", kNeither},
                                   {"stream_tail_ms", "ms", kLower},
                                   {"decode_tokens_per_s", "tokens/s", kHigher},
                                   {"prefill_tokens_per_s", "tokens/s", kHigher},
                                   {"connect_ms", "ms", kLower},
                                   {"schedule_lag_ms", "ms", kLower},
                                   {"latency_from_schedule_ms", "ms", kLower},
                                   {"load_ms", "ms", kLower},
                                   {"restart_ms", "ms", kLower},
                                   {"first_request_penalty_ms", "ms", kLower},
                                   {"prompt_tokens", "tokens", kNeither},
                                   {"completion_tokens", "tokens", kNeither},
                                   {"reasoning_tokens", "tokens", kNeither},
                                   {"service_resident_mib", "MiB", kLower},
                                   {"service_peak_resident_mib", "MiB", kLower},
                                   {"service_cpu_ms", "ms", kLower},
                                   {"client_cpu_ms", "ms", kLower},
                                   {"others_cpu_share", "share", kNeither},
                                   {"energy_j", "J", kLower},
                                   {"energy_estimate_j", "J", kLower},
                                   {"gpu_memory_mib", "MiB", kLower},
                                   {"gpu_utilisation", "share", kNeither},
                                   {"gpu_power_w", "W", kNeither},
                                   {"gpu_celsius", "Celsius", kNeither},
                                   {"gpu_energy_j", "J", kLower},
                                   {"quality_score", "share", kHigher}};
constexpr Expected kOfCase[] = {
    {"output_tokens_per_s", "tokens/s", kHigher},   {"requests_per_s", "requests/s", kHigher},
    {"concurrency_achieved", "requests", kNeither}, {"error_rate", "share", kLower},
    {"goodput_per_s", "requests/s", kHigher},       {"goodput_share", "share", kHigher},
    {"schedule_lag_p50_ms", "ms", kLower},          {"schedule_lag_p99_ms", "ms", kLower},
    {"schedule_lag_max_ms", "ms", kLower}};

TEST(MetricRegistry, StatesUnitAndDirectionInTheOrderOfReports) {
  ASSERT_EQ(RequestMetrics().size(), std::size(kOfRequest));
  for (std::size_t i = 0; i < std::size(kOfRequest); ++i) {
    const Metric& metric = RequestMetrics()[i];
    EXPECT_EQ(metric.name, kOfRequest[i].name);
    EXPECT_EQ(metric.unit, kOfRequest[i].unit) << metric.name;
    EXPECT_EQ(metric.direction, kOfRequest[i].direction) << metric.name;
  }
  ASSERT_EQ(CaseMetrics().size(), std::size(kOfCase));
  for (std::size_t i = 0; i < std::size(kOfCase); ++i) {
    const Metric& metric = CaseMetrics()[i];
    EXPECT_EQ(metric.name, kOfCase[i].name);
    EXPECT_EQ(metric.unit, kOfCase[i].unit) << metric.name;
    EXPECT_EQ(metric.direction, kOfCase[i].direction) << metric.name;
  }
}

TEST(MetricRegistry, EachIsOfARequestOrOfACase) {
  std::set<std::string_view> names;
  std::set<std::string_view> titles;
  for (const Metric& metric : AllMetrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_TRUE(titles.insert(metric.title).second) << metric.title;
    EXPECT_FALSE(metric.title.empty()) << metric.name;
    EXPECT_EQ(FindMetric(metric.name), &metric);
  }
  for (const Metric& metric : RequestMetrics()) EXPECT_TRUE(metric.value != nullptr && metric.of_case == nullptr);
  for (const Metric& metric : CaseMetrics()) EXPECT_TRUE(metric.value == nullptr && metric.of_case != nullptr);
  EXPECT_EQ(AllMetrics().size(), RequestMetrics().size() + CaseMetrics().size());
  EXPECT_EQ(AllMetrics().data(), RequestMetrics().data());
  EXPECT_EQ(FindMetric("ttft"), nullptr);
  EXPECT_EQ(FindMetric(""), nullptr);
}

TEST(MetricRegistry, CountsOfTokensAreExactAndNothingElse) {
  std::vector<std::string_view> exact;
  for (const Metric& metric : AllMetrics()) {
    if (metric.exactness == Exactness::kExact) exact.push_back(metric.name);
  }
  EXPECT_THAT(exact, ElementsAreArray({"prompt_tokens", "completion_tokens", "reasoning_tokens"}));
}

TEST(MetricRegistry, AnEstimateIsCalledOne) {
  EXPECT_THAT(FindMetric("energy_estimate_j")->title, ::testing::HasSubstr("estimate"));
  EXPECT_THAT(FindMetric("energy_j")->title, ::testing::Not(::testing::HasSubstr("estimate")));
}

// Asked of the metrics themselves: a request with what the machine said, and without.
TEST(NeedsMachine, IsTrueOfEveryMetricThatLooksAtIt) {
  const base::Result<run::Run> run = ReadRun(ExampleDirectory("v1"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  const std::vector<Sample>& samples = run->cases.front().samples;
  const auto counting = std::ranges::find_if(samples, &Sample::counts);
  ASSERT_NE(counting, samples.end());
  Sample with = *counting;
  MachineUse& use = with.machine.emplace();
  use.span = base::Nanoseconds(1);
  for (auto* const field : {&use.service_resident_bytes, &use.service_peak_resident_bytes, &use.package_microjoules,
                            &use.gpu_memory_bytes, &use.gpu_milliwatts, &use.gpu_celsius, &use.gpu_millijoules}) {
    *field = 1;
  }
  use.service_cpu = use.client_cpu = base::Nanoseconds(1);
  use.others_cpu_share = use.gpu_utilisation = use.stated_watts = 1;
  Sample without = with;
  without.machine.reset();
  std::size_t needed = 0;
  for (const Metric& metric : AllMetrics()) {
    if (!metric.value) continue;
    const bool looks = metric.value(with) != metric.value(without);
    EXPECT_EQ(NeedsMachine(metric.name), looks) << metric.name;
    needed += looks ? 1 : 0;
  }
  EXPECT_EQ(needed, 12U);
}

}  // namespace
}  // namespace assay::run

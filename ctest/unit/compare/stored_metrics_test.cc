// SPDX-License-Identifier: MIT
#include "tools/compare/stored_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctest/support/run_builder.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StoredMetrics, AreKnownToTheRegistryInItsOrder) {
  std::vector<std::ptrdiff_t> places;
  for (std::size_t i = 0; i < kStoredMetricCount; ++i) {
    const run::Metric* metric = StoredMetrics()[i];
    ASSERT_NE(metric, nullptr) << kStoredMetricNames[i];
    EXPECT_EQ(metric->name, kStoredMetricNames[i]);
    EXPECT_EQ(metric->of_case != nullptr, i >= kFirstOfCase) << metric->name;
    EXPECT_TRUE(IsStoredMetric(metric->name));
    places.push_back(metric - run::AllMetrics().data());
  }
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
  EXPECT_FALSE(IsStoredMetric("prompt_tokens"));
  EXPECT_FALSE(IsStoredMetric(""));
}

TEST(StoredMetrics, ThroughputAndLoadTimeAreOneNumberPerSession) {
  std::vector<std::string> session;
  for (const run::Metric* metric : StoredMetrics()) {
    if (IsSessionMetric(*metric)) session.emplace_back(metric->name);
  }
  EXPECT_THAT(session, ElementsAre("load_ms", "output_tokens_per_s", "requests_per_s"));
  EXPECT_FALSE(IsSessionMetric(*run::FindMetric("error_rate")));  // not stored
}

TEST(StoredValues, KeepEachMetricApart) {
  StoredValues values;
  EXPECT_TRUE(values.empty());
  EXPECT_THAT(values.Of("e2e_ms"), IsEmpty());
  values.Set("tpot_ms", {3});
  values.Set("e2e_ms", {1, 2});
  values.Set("requests_per_s", {9});
  EXPECT_FALSE(values.empty());
  EXPECT_THAT(values.Of("e2e_ms"), ElementsAre(1, 2));
  EXPECT_THAT(values.Of("ttft_ms"), IsEmpty());
  EXPECT_THAT(values.Of("tpot_ms"), ElementsAre(3));
  EXPECT_THAT(values.Of(*run::FindMetric("requests_per_s")), ElementsAre(9));
  EXPECT_THAT(values.Of("no_such_metric"), IsEmpty());
  values.Set("e2e_ms", {4});
  EXPECT_THAT(values.Of("e2e_ms"), ElementsAre(4));
  EXPECT_THAT(values.Of("tpot_ms"), ElementsAre(3));
  StoredValues other;
  other.Set("e2e_ms", {4});
  EXPECT_NE(values, other);
  values.Set("tpot_ms", {});
  values.Set("requests_per_s", {});
  EXPECT_EQ(values, other);
}

TEST(StoredMetrics, NumbersOfACaseAreThoseOfItsRequestsThatCount) {
  SampleSpec warmup;
  warmup.warmup = true;
  RunBuilder builder;
  builder.Case("capital").Add(warmup).AddRamp(2, 100, 1);
  const run::Run run = builder.Build();
  EXPECT_THAT(NumbersOf(run.cases[0], *run::FindMetric("e2e_ms")), ElementsAre(100, 101));
  EXPECT_THAT(NumbersOf(run.cases[0], *run::FindMetric("load_ms")), IsEmpty());
  // Not asked as one block, so that the time between its requests says nothing.
  EXPECT_THAT(NumbersOf(run.cases[0], *run::FindMetric("requests_per_s")), IsEmpty());
}

}  // namespace
}  // namespace assay::compare

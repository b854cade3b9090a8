// SPDX-License-Identifier: MIT
#include "tools/compare/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::compare {
namespace {

using ::testing::HasSubstr;

base::Result<Policy> Parse(const std::string& text) {
  const base::Result<run::Json> json = run::ParseJson(text, "policy.json");
  if (!json.ok()) return json.error();
  return ParsePolicy(*json, "policy.json");
}

std::vector<std::string> Names(const Policy& policy) {
  std::vector<std::string> names;
  for (const MetricPolicy& metric : policy.metrics) names.emplace_back(metric.metric->name);
  return names;
}

TEST(Policy, DefaultsGateThreeMetricsAndAnswersExactly) {
  const Policy policy = DefaultPolicy();
  EXPECT_EQ(Names(policy), (std::vector<std::string>{"e2e_ms", "ttft_ms", "tpot_ms"}));
  EXPECT_DOUBLE_EQ(policy.alpha, 0.05);
  EXPECT_DOUBLE_EQ(policy.min_effect, 0.05);
  EXPECT_EQ(policy.determinism, DeterminismLevel::kExact);
  EXPECT_EQ(policy.latency_no_baseline, NoBaseline::kCannotTell);
}

TEST(Policy, ReadsTheDocumentedExample) {
  const base::Result<Policy> policy = Parse(R"({"schema_version": 1,
    "latency": {"alpha": 0.01, "min_effect": 0.1, "no_baseline": "report",
                "metrics": {"tpot_ms": {"gate": false}, "e2e_ms": {"min_effect": 0.2}}},
    "determinism": {"level": "off", "no_baseline": "report"},
    "cases": [{"match": "chat/*/code*", "min_effect": 0.3, "determinism": "exact", "latency": "off"}]})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  EXPECT_EQ(Names(*policy), (std::vector<std::string>{"e2e_ms", "tpot_ms"}));
  EXPECT_TRUE(policy->metrics[0].gate);
  EXPECT_FALSE(policy->metrics[1].gate);
  const CasePolicy plain = policy->For("chat/m/capital/stream:on/max_tokens:8");
  EXPECT_DOUBLE_EQ(policy->MinEffect(policy->metrics[0], plain), 0.2);
  EXPECT_DOUBLE_EQ(policy->MinEffect(policy->metrics[1], plain), 0.1);
  EXPECT_EQ(plain.determinism, DeterminismLevel::kOff);
  const CasePolicy code = policy->For("chat/m/code-loop/stream:on/max_tokens:8");
  EXPECT_DOUBLE_EQ(policy->MinEffect(policy->metrics[0], code), 0.3);
  EXPECT_FALSE(code.latency);
  EXPECT_EQ(code.determinism, DeterminismLevel::kExact);
}

TEST(Policy, LastMatchingRuleWinsPerKey) {
  const base::Result<Policy> policy = Parse(R"({"schema_version": 1, "cases": [
    {"match": "*", "min_effect": 0.1, "determinism": "off"}, {"match": "*code*", "min_effect": 0.4}]})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  const CasePolicy code = policy->For("chat/m/code/x");
  EXPECT_EQ(code.min_effect, 0.4);
  EXPECT_EQ(code.determinism, DeterminismLevel::kOff);
}

TEST(Policy, GoodputTakesLimitsOnMetricsOfARequest) {
  EXPECT_TRUE(DefaultPolicy().goodput.empty());
  const base::Result<Policy> policy =
      Parse(R"({"schema_version": 1, "goodput": {"ttft_ms": 500, "decode_tokens_per_s": 8.5, "e2e_ms": 4000}})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  ASSERT_EQ(policy->goodput.size(), 3U);  // in the order of the registry
  EXPECT_EQ(policy->goodput[0].metric, run::FindMetric("e2e_ms"));
  EXPECT_EQ(policy->goodput[1].metric, run::FindMetric("ttft_ms"));
  EXPECT_EQ(policy->goodput[1].value, 500);
  EXPECT_EQ(policy->goodput[2].metric, run::FindMetric("decode_tokens_per_s"));
  EXPECT_EQ(policy->goodput[2].value, 8.5);
}

TEST(Policy, ValidityIsReadOverTheDefaults) {
  const base::Result<Policy> policy = Parse(R"({"schema_version": 1, "validity": {"drift": "cannot_tell"}})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  EXPECT_EQ(policy->validity.For("drift").effect, FlagEffect::kCannotTell);
  EXPECT_EQ(policy->validity.For("overloaded").effect, FlagEffect::kCannotTell);
  EXPECT_EQ(policy->validity.For("machine_busy").effect, FlagEffect::kReport);
}

struct Refused {
  const char* name;
  const char* text;
  const char* message;
};
class PolicyRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(PolicyRefuses, NamingTheKey) {
  const base::Result<Policy> policy = Parse(GetParam().text);
  ASSERT_FALSE(policy.ok());
  EXPECT_EQ(policy.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(policy.error().Message(), HasSubstr(GetParam().message));
  EXPECT_THAT(policy.error().Message(), HasSubstr("policy.json"));
}

INSTANTIATE_TEST_SUITE_P(
    , PolicyRefuses,
    ::testing::Values(
        Refused{"NoVersion", R"({})", "'schema_version' is missing"},
        Refused{"UnknownMajor", R"({"schema_version": 2})", "found 2"},
        Refused{"UnknownKey", R"({"schema_version": 1, "latancy": {}})", "unknown key 'latancy'"},
        Refused{"UnknownNestedKey", R"({"schema_version": 1, "latency": {"alhpa": 0.1}})",
                "$.latency: unknown key 'alhpa'"},
        Refused{"UnknownMetric", R"({"schema_version": 1, "latency": {"metrics": {"e2e": {}}}})",
                "there is no such metric"},
        Refused{"MetricWithoutBaseline", R"({"schema_version": 1, "latency": {"metrics": {"prompt_tokens": {}}}})",
                "choose from e2e_ms, ttft_ms, tpot_ms"},
        Refused{"AlphaOutOfRange", R"({"schema_version": 1, "latency": {"alpha": 1}})", "$.latency.alpha"},
        Refused{"NegativeEffect", R"({"schema_version": 1, "latency": {"min_effect": -0.1}})", "$.latency.min_effect"},
        Refused{"UnknownWord", R"({"schema_version": 1, "determinism": {"level": "prefix"}})", "\"exact\" or \"off\""},
        Refused{"RuleWithoutGlob", R"({"schema_version": 1, "cases": [{"min_effect": 0.1}]})", "$.cases[0]"},
        Refused{"RuleWithoutEffect", R"({"schema_version": 1, "cases": [{"match": "*"}]})", "changes nothing"},
        Refused{"UnknownFlag", R"({"schema_version": 1, "validity": {"busy": "report"}})", "$.validity.busy"},
        Refused{"GoodputNoObject", R"({"schema_version": 1, "goodput": 5})", "$.goodput: should be an object"},
        Refused{"GoodputUnknown", R"({"schema_version": 1, "goodput": {"ttft": 5}})",
                "$.goodput.ttft: there is no such metric; choose from e2e_ms, ttft_ms"},
        Refused{"GoodputOfACase", R"({"schema_version": 1, "goodput": {"error_rate": 0.1}})", "can have no limit"},
        Refused{"GoodputWithoutABetterSide", R"({"schema_version": 1, "goodput": {"prompt_tokens": 9}})",
                "can have no limit"},
        Refused{"GoodputNoNumber", R"({"schema_version": 1, "goodput": {"ttft_ms": "5"}})",
                "$.goodput.ttft_ms: should be a number in ms, 0 or more, found a string"},
        Refused{"GoodputNegative", R"({"schema_version": 1, "goodput": {"ttft_ms": -5}})", "found -5"},
        Refused{"CasesNoArray", R"({"schema_version": 1, "cases": {}})", "$.cases"},
        Refused{"NotANumber", R"({"schema_version": 1, "latency": {"alpha": NaN}})", "not the JSON"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace assay::compare

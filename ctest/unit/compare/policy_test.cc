// SPDX-License-Identifier: MIT
#include "tools/compare/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"

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

const MetricPolicy& Metric(const Policy& policy, std::string_view name) {
  for (const std::vector<MetricPolicy>* metrics : {&policy.metrics, &policy.session_metrics}) {
    for (const MetricPolicy& one : *metrics) {
      if (one.metric->name == name) return one;
    }
  }
  ADD_FAILURE() << "no " << name;
  return policy.metrics.front();
}

PairPolicy Pair(const Policy& policy, std::string_view metric, std::string_view case_id) {
  return policy.Of(Metric(policy, metric), policy.For(case_id));
}

std::string Block(const std::string& file, const std::string& language) {
  const base::Result<std::string> text = base::ReadFile(std::string(ASSAY_TEST_DATA_DIR) + "/../" + file);
  EXPECT_TRUE(text.ok()) << text.error().Message();
  const std::size_t begin = text->find("```" + language + "\n") + language.size() + 4;
  return text->substr(begin, text->find("```\n", begin) - begin);
}

TEST(Policy, DefaultsGateThreeMetricsAndAnswersExactly) {
  const Policy policy = DefaultPolicy();
  EXPECT_EQ(Names(policy), (std::vector<std::string>{"e2e_ms", "ttft_ms", "tpot_ms"}));
  for (const MetricPolicy& metric : policy.metrics) EXPECT_TRUE(metric.gate) << metric.metric->name;
  EXPECT_DOUBLE_EQ(policy.tolerance, 0);
  EXPECT_DOUBLE_EQ(policy.alpha, 0.05);
  EXPECT_DOUBLE_EQ(policy.min_effect, 0.05);
  EXPECT_DOUBLE_EQ(policy.max_mde, 2);
  EXPECT_EQ(policy.determinism, DeterminismLevel::kExact);
  EXPECT_EQ(policy.latency_no_baseline, NoBaseline::kCannotTell);
}

TEST(Policy, ThroughputAndLoadTimeAreLookedAtAndDoNotGateUnlessToldTo) {
  const auto names = [](const Policy& of) {
    std::vector<std::string> all;
    for (const MetricPolicy& metric : of.session_metrics) all.emplace_back(metric.metric->name);
    return all;
  };
  const std::vector<std::string> all = {"load_ms", "output_tokens_per_s", "requests_per_s"};
  EXPECT_EQ(names(DefaultPolicy()), all);
  for (const MetricPolicy& metric : DefaultPolicy().session_metrics) EXPECT_FALSE(metric.gate) << metric.metric->name;
  const base::Result<Policy> policy =
      Parse(R"({"schema_version": 1, "latency": {"metrics": {"load_ms": {"gate": true}, "requests_per_s": {}}}})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  EXPECT_EQ(names(*policy), all);
  EXPECT_TRUE(Metric(*policy, "load_ms").gate);
  EXPECT_FALSE(Metric(*policy, "requests_per_s").gate);
  // Naming one of these leaves the latencies as they are.
  EXPECT_EQ(Names(*policy), (std::vector<std::string>{"e2e_ms", "ttft_ms", "tpot_ms"}));
}

TEST(Policy, ReadsTheExampleOfThePage) {
  const base::Result<Policy> policy = Parse(Block("tools/compare/policy.md", "json"));
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  EXPECT_EQ(Names(*policy), (std::vector<std::string>{"e2e_ms", "ttft_ms", "tpot_ms"}));
  EXPECT_EQ(Metric(*policy, "ttft_ms").tolerance, 0.02);
  EXPECT_FALSE(Metric(*policy, "tpot_ms").gate);
  EXPECT_EQ(policy->budgets.size(), 2U);
  EXPECT_EQ(policy->quarantine.size(), 1U);
  EXPECT_EQ(policy->cases.size(), 3U);
}

TEST(Policy, StatedValuesReplaceTheDefaults) {
  const base::Result<Policy> policy = Parse(R"({"schema_version": 1,
    "latency": {"alpha": 0.01, "min_effect": 0.1, "tolerance": 0.03, "max_mde": 0.4, "no_baseline": "report",
                "metrics": {"tpot_ms": {"gate": false}, "e2e_ms": {"min_effect": 0.2, "gate": true}},
                "suite": {"gate": false, "alpha": 0.02, "min_effect": 0.07, "min_effect_anchored": 0.04}},
    "determinism": {"level": "off", "no_baseline": "report"},
    "budgets": [{"match": "*", "metric": "ttft_ms", "limit": 500},
                {"match": "a*", "metric": "decode_tokens_per_s", "quantile": "p10", "limit": 8.5, "gate": false}],
    "quarantine": [{"match": "b*", "until": "2028-02-29", "reason": "why"}]})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  EXPECT_EQ(Names(*policy), (std::vector<std::string>{"e2e_ms", "tpot_ms"}));
  EXPECT_DOUBLE_EQ(policy->alpha, 0.01);
  EXPECT_DOUBLE_EQ(policy->tolerance, 0.03);
  EXPECT_DOUBLE_EQ(policy->max_mde, 0.4);
  EXPECT_EQ(policy->latency_no_baseline, NoBaseline::kReport);
  EXPECT_EQ(policy->determinism_no_baseline, NoBaseline::kReport);
  EXPECT_FALSE(policy->suite.gate);
  EXPECT_DOUBLE_EQ(policy->suite.alpha, 0.02);
  EXPECT_DOUBLE_EQ(policy->suite.min_effect, 0.07);
  EXPECT_DOUBLE_EQ(policy->suite.min_effect_anchored, 0.04);
  EXPECT_TRUE(policy->metrics[0].gate_stated);
  ASSERT_EQ(policy->budgets.size(), 2U);
  EXPECT_EQ(policy->budgets[0].metric, run::FindMetric("ttft_ms"));
  EXPECT_DOUBLE_EQ(policy->budgets[0].quantile, 0.5);
  EXPECT_DOUBLE_EQ(policy->budgets[0].limit, 500);
  EXPECT_TRUE(policy->budgets[0].gate);
  EXPECT_EQ(policy->budgets[1].match, "a*");
  EXPECT_DOUBLE_EQ(policy->budgets[1].quantile, 0.1);
  EXPECT_FALSE(policy->budgets[1].gate);
  ASSERT_EQ(policy->quarantine.size(), 1U);
  EXPECT_EQ(policy->quarantine[0].until, "2028-02-29");
  EXPECT_EQ(policy->quarantine[0].reason, "why");
}

// One line per row of the table under "Precedence" in policy.md: what is stated, and what then holds for ttft_ms of the
// case a/x, whose metric says min_effect 0.2 and tolerance 0.02 over the general 0.1 and 0.01.
struct Row {
  const char* name;
  const char* cases;
  double min_effect;
  double tolerance;
  bool gates;
};
class PolicyPrecedence : public ::testing::TestWithParam<Row> {};

TEST_P(PolicyPrecedence, FirstRowThatStatesTheKeyHolds) {
  const base::Result<Policy> policy = Parse(std::string(R"({"schema_version": 1,
    "latency": {"min_effect": 0.1, "tolerance": 0.01,
                "metrics": {"ttft_ms": {"min_effect": 0.2, "tolerance": 0.02}, "tpot_ms": {}}},
    "cases": [)") + GetParam().cases + "]}");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  const PairPolicy pair = Pair(*policy, "ttft_ms", "a/x");
  EXPECT_DOUBLE_EQ(pair.min_effect, GetParam().min_effect);
  EXPECT_DOUBLE_EQ(pair.tolerance, GetParam().tolerance);
  EXPECT_EQ(pair.gates, GetParam().gates);
  // No rule says anything of tpot_ms, and no metric of its own: the general values, unless a rule is about all.
  const PairPolicy elsewhere = Pair(*policy, "tpot_ms", "b/y");
  EXPECT_DOUBLE_EQ(elsewhere.min_effect, 0.1);
  EXPECT_DOUBLE_EQ(elsewhere.tolerance, 0.01);
  EXPECT_TRUE(elsewhere.gates);
}

constexpr const char* kOfAll = R"({"match": "a/*", "min_effect": 0.3, "tolerance": 0.03, "latency": "report"})";
constexpr const char* kOfMetric =
    R"({"match": "a/*", "metric": "ttft_ms", "min_effect": 0.4, "tolerance": 0.04, "latency": "gate"})";
constexpr const char* kOfBoth = R"({"match": "a/*", "metric": "ttft_ms", "min_effect": 0.4, "tolerance": 0.04,
    "latency": "gate"}, {"match": "a/*", "min_effect": 0.3, "tolerance": 0.03, "latency": "report"})";

INSTANTIATE_TEST_SUITE_P(
    , PolicyPrecedence,
    ::testing::Values(
        Row{"MetricBeatsGeneral", "", 0.2, 0.02, true}, Row{"RuleBeatsMetric", kOfAll, 0.3, 0.03, false},
        Row{"RuleWithMetricBeatsMetric", kOfMetric, 0.4, 0.04, true},
        Row{"RuleWithMetricBeatsALaterRuleWithout", kOfBoth, 0.4, 0.04, true},
        Row{"RuleOfAnotherMetricIsNone",
            R"({"match": "a/*", "metric": "tpot_ms", "min_effect": 0.4, "tolerance": 0.04, "latency": "report"})", 0.2,
            0.02, true},
        Row{"RuleOfAnotherCaseIsNone", R"({"match": "c/*", "min_effect": 0.4, "tolerance": 1, "latency": "report"})",
            0.2, 0.02, true},
        Row{"LastRuleWinsPerKey",
            R"({"match": "a/*", "min_effect": 0.3, "latency": "report"}, {"match": "*/x", "min_effect": 0.5})", 0.5,
            0.02, false},
        Row{"LastRuleWithMetricWinsPerKey",
            R"({"match": "a/*", "metric": "ttft_ms", "min_effect": 0.3, "latency": "report"},
               {"match": "*/x", "metric": "ttft_ms", "min_effect": 0.5})",
            0.5, 0.02, false},
        Row{"GateTakesBackAReport", R"({"match": "a/*", "latency": "report"}, {"match": "*/x", "latency": "gate"})",
            0.2, 0.02, true},
        Row{"OffIsReportAndOnIsGate", R"({"match": "a/*", "latency": "on"}, {"match": "*/x", "latency": "off"})", 0.2,
            0.02, false},
        Row{"ReportWithMetricStandsBesideGateWithout",
            R"({"match": "a/*", "metric": "ttft_ms", "latency": "report"}, {"match": "*/x", "latency": "gate"})", 0.2,
            0.02, false}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Policy, ARuleMakesAMetricGateOnlyWhenItNamesIt) {
  const base::Result<Policy> policy = Parse(R"({"schema_version": 1,
    "latency": {"metrics": {"ttft_ms": {"gate": false}, "e2e_ms": {}}},
    "cases": [{"match": "*", "latency": "gate"}, {"match": "a/*", "metric": "ttft_ms", "latency": "gate"},
              {"match": "a/*", "metric": "e2e_ms", "latency": "gate"},
              {"match": "a/*", "metric": "load_ms", "latency": "gate"}]})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  EXPECT_FALSE(Pair(*policy, "ttft_ms", "b/y").gates);
  EXPECT_TRUE(Pair(*policy, "ttft_ms", "a/x").gates);
  EXPECT_FALSE(Pair(*policy, "load_ms", "b/y").gates);
  EXPECT_TRUE(Pair(*policy, "load_ms", "a/x").gates);
  // In so many words, so that it gates beside the time per token as well.
  EXPECT_TRUE(Pair(*policy, "e2e_ms", "b/y").gates);
  EXPECT_FALSE(Pair(*policy, "e2e_ms", "b/y").gate_stated);
  EXPECT_TRUE(Pair(*policy, "e2e_ms", "a/x").gate_stated);
}

TEST(Policy, AnswersFollowTheLastRuleThatStatesThem) {
  const base::Result<Policy> policy = Parse(R"({"schema_version": 1, "cases": [
    {"match": "*", "min_effect": 0.1, "determinism": "off"}, {"match": "*code*", "min_effect": 0.4},
    {"match": "*exact*", "determinism": "exact"}]})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  EXPECT_EQ(policy->For("chat/m/code/x").determinism, DeterminismLevel::kOff);
  EXPECT_EQ(policy->For("chat/m/exact/x").determinism, DeterminismLevel::kExact);
}

TEST(Policy, EveryEntryHasToMatchACase) {
  const std::vector<std::string_view> ids = {"chat/m/capital/x", "chat/m/code/x"};
  const auto check = [&](const std::string& entries) {
    const base::Result<Policy> policy = Parse(R"({"schema_version": 1, )" + entries + "}");
    EXPECT_TRUE(policy.ok()) << policy.error().Message();
    const base::Status status = CheckPolicyMatches(*policy, ids);
    return status.ok() ? std::string() : status.error().Message();
  };
  EXPECT_EQ(check(R"("cases": [{"match": "*code*", "min_effect": 0.1}],
                     "budgets": [{"match": "*", "metric": "ttft_ms", "limit": 5}],
                     "quarantine": [{"match": "*capital*", "until": "2020-01-01", "reason": "expired"}])"),
            "");
  EXPECT_THAT(check(R"("cases": [{"match": "*", "min_effect": 0.1}, {"match": "*cod/*", "min_effect": 0.1}])"),
              HasSubstr("$.cases[1].match: '*cod/*' matches none of the 2 cases; correct it or remove the rule"));
  EXPECT_THAT(check(R"("budgets": [{"match": "x", "metric": "ttft_ms", "limit": 5}])"),
              HasSubstr("$.budgets[0].match: 'x' matches none of the 2 cases; correct it or remove the budget"));
  EXPECT_THAT(check(R"("quarantine": [{"match": "x", "until": "2026-01-01", "reason": "r"}])"),
              HasSubstr("$.quarantine[0].match: 'x' matches none of the 2 cases; correct it or remove the entry"));
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
                "choose from e2e_ms, ttft_ms, tpot_ms, load_ms, output_tokens_per_s, requests_per_s"},
        Refused{"AlphaOutOfRange", R"({"schema_version": 1, "latency": {"alpha": 1}})", "$.latency.alpha"},
        Refused{"NegativeEffect", R"({"schema_version": 1, "latency": {"min_effect": -0.1}})", "$.latency.min_effect"},
        Refused{"NothingIsEverUnchanged", R"({"schema_version": 1, "latency": {"max_mde": 0}})",
                "$.latency.max_mde: should be above 0"},
        Refused{"UnknownWord", R"({"schema_version": 1, "determinism": {"level": "prefix"}})", "prefix:N (characters"},
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
        Refused{"NegativeTolerance", R"({"schema_version": 1, "latency": {"tolerance": -1}})", "$.latency.tolerance"},
        Refused{"SuiteAlpha", R"({"schema_version": 1, "latency": {"suite": {"alpha": 0}}})", "$.latency.suite.alpha"},
        Refused{"SuiteUnknownKey", R"({"schema_version": 1, "latency": {"suite": {"effect": 1}}})",
                "$.latency.suite: unknown key 'effect'"},
        Refused{"RuleOfAnUnknownMetric", R"({"schema_version": 1, "cases": [
                  {"match": "*", "metric": "icl_p50_ms", "min_effect": 1}]})",
                "$.cases[0].metric: there is no judged metric 'icl_p50_ms'; choose from e2e_ms"},
        Refused{"RuleOfAMetricNobodyLooksAt", R"({"schema_version": 1, "latency": {"metrics": {"e2e_ms": {}}},
                  "cases": [{"match": "*", "metric": "ttft_ms", "min_effect": 1}]})",
                "does not look at 'ttft_ms'; name it under $.latency.metrics"},
        Refused{"RuleOfAnswersOfAMetric", R"({"schema_version": 1, "cases": [
                  {"match": "*", "metric": "ttft_ms", "determinism": "off"}]})",
                "$.cases[0].determinism: is about the whole case"},
        Refused{"RuleUnknownWord", R"({"schema_version": 1, "cases": [{"match": "*", "latency": "no"}]})",
                "\"gate\" or \"report\""},
        Refused{"BudgetWithoutGlob", R"({"schema_version": 1, "budgets": [{"metric": "ttft_ms", "limit": 5}]})",
                "$.budgets[0]: the key 'match' is missing"},
        Refused{"BudgetWithoutLimit", R"({"schema_version": 1, "budgets": [{"match": "*", "metric": "ttft_ms"}]})",
                "$.budgets[0].limit: should be a number"},
        Refused{"BudgetNegative", R"({"schema_version": 1, "budgets": [
                  {"match": "*", "metric": "ttft_ms", "limit": -5}]})",
                "found -5"},
        Refused{"BudgetOnNoMetric", R"({"schema_version": 1, "budgets": [
                  {"match": "*", "metric": "ttft", "limit": 5}]})",
                "$.budgets[0].metric: there is no such metric; choose from e2e_ms"},
        Refused{"BudgetWithoutABetterSide", R"({"schema_version": 1, "budgets": [
                  {"match": "*", "metric": "chunks", "limit": 5}]})",
                "can have no limit"},
        Refused{"BudgetOnTheLargest", R"({"schema_version": 1, "budgets": [
                  {"match": "*", "metric": "ttft_ms", "quantile": "p100", "limit": 5}]})",
                "$.budgets[0].quantile: should be p50, p90"},
        Refused{"BudgetQuantileNoText", R"({"schema_version": 1, "budgets": [
                  {"match": "*", "metric": "ttft_ms", "quantile": "p\u0007", "limit": 5}]})",
                "found 'p\\x07'"},
        Refused{"QuarantineNoDay", R"({"schema_version": 1, "quarantine": [
                  {"match": "*", "until": "2026-02-30", "reason": "r"}]})",
                "$.quarantine[0].until: should be a day of the calendar, YYYY-MM-DD, found '2026-02-30'"},
        Refused{"QuarantineNoReason", R"({"schema_version": 1, "quarantine": [
                  {"match": "*", "until": "2026-02-28", "reason": " "}]})",
                "$.quarantine[0].reason: is empty"},
        Refused{"QuarantineForEver", R"({"schema_version": 1, "quarantine": [{"match": "*", "reason": "r"}]})",
                "'until' is missing"},
        Refused{"BudgetsNoArray", R"({"schema_version": 1, "budgets": {}})", "$.budgets: should be an array"},
        Refused{"CasesNoArray", R"({"schema_version": 1, "cases": {}})", "$.cases"},
        Refused{"NotANumber", R"({"schema_version": 1, "latency": {"alpha": NaN}})", "not the JSON"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/policy.h"

#include "fixtures/base/text.h"
#include "tools/compare/baseline_format.h"

namespace assay::compare {
namespace {

using run::Json;
using run::JsonFields;

std::string Quoted(std::string_view text) { return "'" + base::EscapeForTerminal(text) + "'"; }

std::optional<double> MinEffectField(JsonFields& fields) {
  const std::optional<double> value = fields.OptionalNumber("min_effect");
  if (value && (*value < 0 || *value > 10)) {
    fields.Fail("min_effect", "should be a share between 0 and 10 (0.05 is 5 %), found " +
                                  run::WriteJson(*value, run::JsonStyle::kCompact));
  }
  return value;
}

// Null and the default when absent; an error when it is none of the words.
template <typename T>
std::optional<T> WordField(JsonFields& fields, const std::string& key,
                           std::initializer_list<std::pair<std::string_view, T>> words) {
  const std::optional<std::string> found = fields.OptionalString(key);
  if (!found) return std::nullopt;
  std::string known;
  for (const auto& [word, value] : words) {
    if (*found == word) return value;
    known += (known.empty() ? "\"" : " or \"") + std::string(word) + "\"";
  }
  fields.Fail(key, "should be " + known + ", found " + Quoted(*found));
  return std::nullopt;
}

std::optional<NoBaseline> NoBaselineField(JsonFields& fields) {
  return WordField<NoBaseline>(fields, "no_baseline",
                               {{"cannot_tell", NoBaseline::kCannotTell}, {"report", NoBaseline::kReport}});
}

std::optional<DeterminismLevel> LevelField(JsonFields& fields, const std::string& key) {
  return WordField<DeterminismLevel>(fields, key,
                                     {{"exact", DeterminismLevel::kExact}, {"off", DeterminismLevel::kOff}});
}

base::Result<std::vector<MetricPolicy>> ParseMetrics(const Json& value, const std::string& where) {
  const std::string path = "$.latency.metrics";
  const run::JsonObject* object = value.as_object();
  if (object == nullptr) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       path + ": should be an object, found " + std::string(value.KindName()), where};
  }
  std::vector<MetricPolicy> metrics;
  for (const auto& [name, entry] : *object) {
    JsonFields fields(entry, where, path + "." + base::EscapeForTerminal(name));
    MetricPolicy metric;
    metric.metric = run::FindMetric(name);
    if (metric.metric == nullptr || !IsStoredMetric(name)) {
      fields.Fail("", std::string(metric.metric == nullptr ? "there is no such metric"
                                                           : "latency baselines do not keep this metric") +
                          "; choose from " + base::Join(StoredMetricNames(), ", "));
    }
    metric.gate = fields.OptionalBool("gate").value_or(true);
    metric.min_effect = MinEffectField(fields);
    ASSAY_RETURN_IF_ERROR(fields.Finish());
    metrics.push_back(metric);
  }
  std::vector<MetricPolicy> ordered;
  for (const run::Metric& known : run::RequestMetrics()) {
    for (const MetricPolicy& metric : metrics) {
      if (metric.metric == &known) ordered.push_back(metric);
    }
  }
  return ordered;
}

base::Status ParseLatency(const Json& value, const std::string& where, Policy& policy) {
  JsonFields fields(value, where, "$.latency");
  policy.alpha = fields.OptionalNumber("alpha").value_or(policy.alpha);
  if (!(policy.alpha > 0 && policy.alpha < 1)) fields.Fail("alpha", "should lie between 0 and 1, both excluded");
  policy.min_effect = MinEffectField(fields).value_or(policy.min_effect);
  policy.latency_no_baseline = NoBaselineField(fields).value_or(policy.latency_no_baseline);
  const Json* metrics = fields.Optional("metrics");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  if (metrics != nullptr) {
    ASSAY_TRY(policy.metrics, ParseMetrics(*metrics, where));
  }
  return {};
}

// A metric that has no better side has no limit either.
bool MayLimit(const run::Metric& metric) {
  return metric.value != nullptr && metric.direction != run::Direction::kNeither;
}

base::Result<std::vector<run::Limit>> ParseGoodput(const Json& value, const std::string& where) {
  const run::JsonObject* object = value.as_object();
  if (object == nullptr) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "$.goodput: should be an object, found " + std::string(value.KindName()), where};
  }
  std::vector<std::string> known;
  for (const run::Metric& metric : run::RequestMetrics()) {
    if (MayLimit(metric)) known.emplace_back(metric.name);
  }
  for (const auto& [name, limit] : *object) {
    const std::string path = "$.goodput." + base::EscapeForTerminal(name);
    const run::Metric* metric = run::FindMetric(name);
    if (metric == nullptr || !MayLimit(*metric)) {
      return base::Error{base::ErrorCode::kInvalidInput,
                         path + ": " +
                             (metric == nullptr ? "there is no such metric" : "this metric can have no limit") +
                             "; choose from " + base::Join(known, ", "),
                         where};
    }
    const std::optional<double> number = limit.as_number();
    if (number && *number >= 0) continue;
    return base::Error{base::ErrorCode::kInvalidInput,
                       path + ": should be a number in " + std::string(metric->unit) + ", 0 or more, found " +
                           (number ? run::WriteJson(limit, run::JsonStyle::kCompact) : std::string(limit.KindName())),
                       where};
  }
  std::vector<run::Limit> limits;
  for (const run::Metric& metric : run::RequestMetrics()) {
    const Json* limit = value.Find(metric.name);
    if (limit != nullptr) limits.push_back(run::Limit{&metric, *limit->as_number()});
  }
  return limits;
}

base::Result<CaseRule> ParseCaseRule(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  CaseRule rule;
  rule.match = fields.RequiredString("match");
  if (fields.ok() && rule.match.empty()) fields.Fail("match", "should be a glob over case ids, found an empty text");
  rule.min_effect = MinEffectField(fields);
  rule.latency = WordField<bool>(fields, "latency", {{"on", true}, {"off", false}});
  rule.determinism = LevelField(fields, "determinism");
  if (fields.ok() && !rule.min_effect && !rule.latency && !rule.determinism) {
    fields.Fail("", "the rule changes nothing; give it min_effect, latency or determinism, or remove it");
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return rule;
}

}  // namespace

std::string_view ToString(DeterminismLevel level) { return level == DeterminismLevel::kExact ? "exact" : "off"; }

CasePolicy Policy::For(std::string_view case_id) const {
  CasePolicy result{std::nullopt, true, determinism};
  for (const CaseRule& rule : cases) {
    if (!base::GlobMatches(rule.match, case_id)) continue;
    if (rule.min_effect) result.min_effect = rule.min_effect;
    if (rule.latency) result.latency = *rule.latency;
    if (rule.determinism) result.determinism = *rule.determinism;
  }
  return result;
}

double Policy::MinEffect(const MetricPolicy& metric, const CasePolicy& one) const {
  if (one.min_effect) return *one.min_effect;
  return metric.min_effect.value_or(min_effect);
}

Policy DefaultPolicy() {
  Policy policy;
  policy.source = "built-in defaults";
  policy.validity = DefaultValidity();
  for (const run::Metric& metric : run::RequestMetrics()) {
    if (IsStoredMetric(metric.name)) policy.metrics.push_back(MetricPolicy{&metric, true, std::nullopt});
  }
  return policy;
}

base::Result<Policy> ParsePolicy(const Json& value, const std::string& where) {
  Policy policy = DefaultPolicy();
  policy.source = where;
  JsonFields fields(value, where, "$");
  fields.RequireSchemaVersion(kPolicySchemaVersion);
  const Json* latency = fields.Optional("latency");
  const Json* determinism = fields.Optional("determinism");
  const Json* validity = fields.Optional("validity");
  const Json* goodput = fields.Optional("goodput");
  const Json* cases = fields.Optional("cases");
  if (cases != nullptr && cases->as_array() == nullptr) {
    fields.Fail("cases", "should be an array, found " + std::string(cases->KindName()));
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  if (latency != nullptr) ASSAY_RETURN_IF_ERROR(ParseLatency(*latency, where, policy));
  if (determinism != nullptr) {
    JsonFields answer_fields(*determinism, where, "$.determinism");
    policy.determinism = LevelField(answer_fields, "level").value_or(policy.determinism);
    policy.determinism_no_baseline = NoBaselineField(answer_fields).value_or(policy.determinism_no_baseline);
    ASSAY_RETURN_IF_ERROR(answer_fields.Finish());
  }
  if (validity != nullptr) {
    ASSAY_TRY(policy.validity, ParseValidity(*validity, where));
  }
  if (goodput != nullptr) {
    ASSAY_TRY(policy.goodput, ParseGoodput(*goodput, where));
  }
  if (cases != nullptr) {
    for (const Json& entry : *cases->as_array()) {
      ASSAY_TRY(CaseRule rule, ParseCaseRule(entry, where, "$.cases[" + std::to_string(policy.cases.size()) + "]"));
      policy.cases.push_back(std::move(rule));
    }
  }
  return policy;
}

base::Result<Policy> ReadPolicy(const std::filesystem::path& path) {
  ASSAY_TRY(const Json value, run::ReadJsonFile(path));
  return ParsePolicy(value, path.string());
}

}  // namespace assay::compare

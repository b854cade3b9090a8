// SPDX-License-Identifier: MIT
#include "tools/compare/policy.h"

#include <algorithm>
#include <map>

#include "fixtures/base/text.h"
#include "tools/compare/quarantine.h"
#include "tools/compare/stored_metrics.h"

namespace assay::compare {
namespace {

using run::Json;
using run::JsonFields;

std::string Quoted(std::string_view text) { return "'" + base::EscapeForTerminal(text) + "'"; }

// min_effect, tolerance, max_mde.
std::optional<double> ShareField(JsonFields& fields, const std::string& key) {
  const std::optional<double> value = fields.OptionalNumber(key);
  if (value && !(*value >= 0 && *value <= 10)) {
    fields.Fail(key, "should be a share between 0 and 10 (0.05 is 5 %), found " +
                         run::WriteJson(*value, run::JsonStyle::kCompact));
  }
  return value;
}

// Of the scale of scores.
std::optional<double> ScaleField(JsonFields& fields, const std::string& key) {
  const std::optional<double> value = fields.OptionalNumber(key);
  if (value && !(*value >= 0 && *value <= 1)) {
    fields.Fail(key, "should be a share of the scale between 0 and 1, found " +
                         run::WriteJson(*value, run::JsonStyle::kCompact));
  }
  return value;
}

double AlphaField(JsonFields& fields, double otherwise) {
  const double alpha = fields.OptionalNumber("alpha").value_or(otherwise);
  if (!(alpha > 0 && alpha < 1)) fields.Fail("alpha", "should lie between 0 and 1, both excluded");
  return alpha;
}

std::string GlobField(JsonFields& fields) {
  std::string glob = fields.RequiredString("match");
  if (fields.ok() && glob.empty()) fields.Fail("match", "should be a glob over case ids, found an empty text");
  return glob;
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
  const std::optional<std::string> text = fields.OptionalString(key);
  if (!text) return std::nullopt;
  const base::Result<DeterminismLevel> level = ParseDeterminismLevel(*text);
  if (level.ok()) return *level;
  fields.Fail(key, level.error().what);
  return std::nullopt;
}

base::Result<MetricPolicy> ParseMetric(const std::string& name, const Json& entry, const std::string& where) {
  JsonFields fields(entry, where, "$.latency.metrics." + base::EscapeForTerminal(name));
  MetricPolicy metric;
  metric.metric = run::FindMetric(name);
  if (metric.metric == nullptr || !IsStoredMetric(name)) {
    fields.Fail("", std::string(metric.metric == nullptr ? "there is no such metric"
                                                         : "latency baselines do not keep this metric") +
                        "; choose from " + base::Join(StoredMetricNames(), ", "));
  }
  const std::optional<bool> gate = fields.OptionalBool("gate");
  metric.gate = gate.value_or(metric.metric == nullptr || !IsSessionMetric(*metric.metric));
  metric.gate_stated = gate.value_or(false);
  metric.min_effect = ShareField(fields, "min_effect");
  metric.tolerance = ShareField(fields, "tolerance");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return metric;
}

// Naming a latency replaces the list of them; throughput and load time are looked at all the same.
base::Status ParseMetrics(const Json& value, const std::string& where, Policy& policy) {
  const run::JsonObject* object = value.as_object();
  if (object == nullptr) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "$.latency.metrics: should be an object, found " + std::string(value.KindName()), where};
  }
  std::map<const run::Metric*, MetricPolicy> stated;
  for (const auto& [name, entry] : *object) {
    ASSAY_TRY(const MetricPolicy metric, ParseMetric(name, entry, where));
    stated.emplace(metric.metric, metric);
  }
  std::vector<MetricPolicy> latencies;
  for (const run::Metric* known : StoredMetrics()) {
    const auto metric = stated.find(known);
    if (metric == stated.end()) continue;
    if (!IsSessionMetric(*known)) latencies.push_back(metric->second);
    for (MetricPolicy& one : policy.session_metrics) {
      if (one.metric == known) one = metric->second;
    }
  }
  if (!latencies.empty()) policy.metrics = std::move(latencies);
  return {};
}

base::Status ParseSuite(const Json& value, const std::string& where, SuitePolicy& suite) {
  JsonFields fields(value, where, "$.latency.suite");
  suite.gate = fields.OptionalBool("gate").value_or(suite.gate);
  suite.alpha = AlphaField(fields, suite.alpha);
  suite.min_effect = ShareField(fields, "min_effect").value_or(suite.min_effect);
  suite.min_effect_anchored = ShareField(fields, "min_effect_anchored").value_or(suite.min_effect_anchored);
  return fields.Finish();
}

base::Status ParseLatency(const Json& value, const std::string& where, Policy& policy) {
  JsonFields fields(value, where, "$.latency");
  policy.alpha = AlphaField(fields, policy.alpha);
  policy.min_effect = ShareField(fields, "min_effect").value_or(policy.min_effect);
  policy.tolerance = ShareField(fields, "tolerance").value_or(policy.tolerance);
  policy.max_mde = ShareField(fields, "max_mde").value_or(policy.max_mde);
  if (!(policy.max_mde > 0)) fields.Fail("max_mde", "should be above 0 (1 is twice as slow), found 0");
  policy.latency_no_baseline = NoBaselineField(fields).value_or(policy.latency_no_baseline);
  const Json* metrics = fields.Optional("metrics");
  const Json* suite = fields.Optional("suite");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  if (metrics != nullptr) ASSAY_RETURN_IF_ERROR(ParseMetrics(*metrics, where, policy));
  if (suite != nullptr) ASSAY_RETURN_IF_ERROR(ParseSuite(*suite, where, policy.suite));
  return {};
}

base::Status ParseQuality(const Json& value, const std::string& where, QualityPolicy& quality) {
  JsonFields fields(value, where, "$.quality");
  quality.gate = fields.OptionalBool("gate").value_or(quality.gate);
  quality.tolerance = ScaleField(fields, "tolerance").value_or(quality.tolerance);
  quality.alpha = AlphaField(fields, quality.alpha);
  return fields.Finish();
}

// A metric that has no better side has no limit either.
bool MayLimit(const run::Metric& metric) {
  return metric.value != nullptr && metric.direction != run::Direction::kNeither;
}

base::Result<const run::Metric*> LimitedMetric(const std::string& name, const std::string& where,
                                               const std::string& path) {
  const run::Metric* metric = run::FindMetric(name);
  if (metric != nullptr && MayLimit(*metric)) return metric;
  std::vector<std::string> known;
  for (const run::Metric& one : run::RequestMetrics()) {
    if (MayLimit(one)) known.emplace_back(one.name);
  }
  return base::Error{base::ErrorCode::kInvalidInput,
                     path + ": " + (metric == nullptr ? "there is no such metric" : "this metric can have no limit") +
                         "; choose from " + base::Join(known, ", "),
                     where};
}

base::Result<std::vector<run::Limit>> ParseGoodput(const Json& value, const std::string& where) {
  const run::JsonObject* object = value.as_object();
  if (object == nullptr) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "$.goodput: should be an object, found " + std::string(value.KindName()), where};
  }
  for (const auto& [name, limit] : *object) {
    const std::string path = "$.goodput." + base::EscapeForTerminal(name);
    ASSAY_TRY(const run::Metric* metric, LimitedMetric(name, where, path));
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

// "p50" -> 0.5. Neither the smallest nor the largest value: one odd request would be the whole budget.
std::optional<double> QuantileNamed(std::string_view text) {
  if (text.size() < 2 || text.front() != 'p') return std::nullopt;
  const std::optional<double> percent = base::ParseDouble(text.substr(1));
  if (!percent || !(*percent > 0 && *percent < 100)) return std::nullopt;
  return *percent / 100;
}

base::Result<Budget> ParseBudget(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  Budget budget;
  budget.match = GlobField(fields);
  const std::string metric = fields.RequiredString("metric");
  const std::optional<std::string> quantile = fields.OptionalString("quantile");
  const std::optional<double> limit = fields.OptionalNumber("limit");
  budget.gate = fields.OptionalBool("gate").value_or(true);
  if (quantile) {
    const std::optional<double> parsed = QuantileNamed(*quantile);
    if (!parsed) {
      fields.Fail("quantile", "should be p50, p90 or another above p0 and below p100, found " + Quoted(*quantile));
    }
    budget.quantile = parsed.value_or(budget.quantile);
  }
  if (!limit) fields.Fail("limit", "should be a number in the unit of the metric, found none");
  if (limit && !(*limit >= 0)) {
    fields.Fail("limit", "should be 0 or more, found " + run::WriteJson(*limit, run::JsonStyle::kCompact));
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  budget.limit = *limit;
  ASSAY_TRY(budget.metric, LimitedMetric(metric, where, path + ".metric"));
  return budget;
}

base::Result<QuarantineEntry> ParseQuarantine(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  QuarantineEntry entry;
  entry.match = GlobField(fields);
  entry.until = fields.RequiredString("until");
  entry.reason = fields.RequiredString("reason");
  if (fields.ok() && !IsDay(entry.until)) {
    fields.Fail("until", "should be a day of the calendar, YYYY-MM-DD, found " + Quoted(entry.until));
  }
  if (fields.ok() && base::Trim(entry.reason).empty()) {
    fields.Fail("reason", "is empty; say why the case is in quarantine, and where that is worked on");
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return entry;
}

// Of the metrics this policy looks at: a rule on another one would change nothing.
base::Result<const run::Metric*> JudgedMetric(const std::string& name, const Policy& policy, const std::string& where,
                                              const std::string& path) {
  std::vector<std::string> known;
  for (const std::vector<MetricPolicy>* metrics : {&policy.metrics, &policy.session_metrics}) {
    for (const MetricPolicy& one : *metrics) {
      if (one.metric->name == name) return one.metric;
      known.emplace_back(one.metric->name);
    }
  }
  return base::Error{base::ErrorCode::kInvalidInput,
                     path + ".metric: " +
                         (IsStoredMetric(name) ? "this policy does not look at " + Quoted(name) +
                                                     "; name it under $.latency.metrics, or choose from "
                                               : "there is no judged metric " + Quoted(name) + "; choose from ") +
                         base::Join(known, ", "),
                     where};
}

base::Result<CaseRule> ParseCaseRule(const Json& value, const Policy& policy, const std::string& where,
                                     const std::string& path) {
  JsonFields fields(value, where, path);
  CaseRule rule;
  rule.match = GlobField(fields);
  const std::optional<std::string> metric = fields.OptionalString("metric");
  rule.min_effect = ShareField(fields, "min_effect");
  rule.tolerance = ShareField(fields, "tolerance");
  // "on" and "off" are the words of before.
  rule.latency = WordField<bool>(fields, "latency", {{"gate", true}, {"report", false}, {"on", true}, {"off", false}});
  rule.determinism = LevelField(fields, "determinism");
  rule.quality_tolerance = ScaleField(fields, "quality_tolerance");
  if (fields.ok() && metric && rule.determinism) {
    fields.Fail("determinism", "is about the whole case; give it a rule of its own without \"metric\"");
  }
  if (fields.ok() && metric && rule.quality_tolerance) {
    fields.Fail("quality_tolerance", "is about the whole case; give it a rule of its own without \"metric\"");
  }
  if (fields.ok() && !rule.min_effect && !rule.tolerance && !rule.latency && !rule.determinism &&
      !rule.quality_tolerance) {
    fields.Fail(
        "",
        "the rule changes nothing; give it min_effect, tolerance, latency, determinism or quality_tolerance, or "
        "remove it");
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  if (metric) {
    ASSAY_TRY(rule.metric, JudgedMetric(*metric, policy, where, path));
  }
  return rule;
}

// The elements of an array under `key`, each by `parse(entry, path)`; nothing when there is none.
template <typename T, typename Parse>
base::Status ParseEach(const Json* array, const std::string& key, const std::string& where, std::vector<T>& into,
                       Parse parse) {
  if (array == nullptr) return {};
  if (array->as_array() == nullptr) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "$." + key + ": should be an array, found " + std::string(array->KindName()), where};
  }
  for (const Json& entry : *array->as_array()) {
    ASSAY_TRY(T one, parse(entry, "$." + key + "[" + std::to_string(into.size()) + "]"));
    into.push_back(std::move(one));
  }
  return {};
}

CasePolicy::OfMetric& OfMetricIn(CasePolicy& policy, const run::Metric& metric) {
  for (CasePolicy::OfMetric& one : policy.metrics) {
    if (one.metric == &metric) return one;
  }
  return policy.metrics.emplace_back(CasePolicy::OfMetric{&metric, {}, {}, {}});
}

}  // namespace

CasePolicy Policy::For(std::string_view case_id) const {
  CasePolicy result;
  result.determinism = determinism;
  for (const CaseRule& rule : cases) {
    if (!base::GlobMatches(rule.match, case_id)) continue;
    if (rule.determinism) result.determinism = *rule.determinism;
    if (rule.quality_tolerance) result.quality_tolerance = rule.quality_tolerance;
    if (rule.metric == nullptr) {
      if (rule.min_effect) result.min_effect = rule.min_effect;
      if (rule.tolerance) result.tolerance = rule.tolerance;
      if (rule.latency) result.latency = *rule.latency;
      continue;
    }
    CasePolicy::OfMetric& own = OfMetricIn(result, *rule.metric);
    if (rule.min_effect) own.min_effect = rule.min_effect;
    if (rule.tolerance) own.tolerance = rule.tolerance;
    if (rule.latency) own.gate = rule.latency;
  }
  return result;
}

PairPolicy Policy::Of(const MetricPolicy& metric, const CasePolicy& one) const {
  PairPolicy result;
  result.min_effect = one.min_effect.value_or(metric.min_effect.value_or(min_effect));
  result.tolerance = one.tolerance.value_or(metric.tolerance.value_or(tolerance));
  result.gates = metric.gate && one.latency;
  result.gate_stated = metric.gate_stated;
  for (const CasePolicy::OfMetric& own : one.metrics) {
    if (own.metric != metric.metric) continue;
    result.min_effect = own.min_effect.value_or(result.min_effect);
    result.tolerance = own.tolerance.value_or(result.tolerance);
    result.gates = own.gate.value_or(result.gates);
    result.gate_stated = own.gate.value_or(result.gate_stated);
  }
  return result;
}

base::Status CheckPolicyMatches(const Policy& policy, std::span<const std::string_view> case_ids) {
  const auto check = [&](const auto& entries, const std::string& key, const std::string& what) -> base::Status {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string& glob = entries[i].match;
      if (std::any_of(case_ids.begin(), case_ids.end(), [&](auto id) { return base::GlobMatches(glob, id); })) continue;
      return base::Error{base::ErrorCode::kInvalidInput,
                         "$." + key + "[" + std::to_string(i) + "].match: " + Quoted(glob) + " matches none of the " +
                             std::to_string(case_ids.size()) + " cases; correct it or remove the " + what,
                         policy.source};
    }
    return {};
  };
  ASSAY_RETURN_IF_ERROR(check(policy.cases, "cases", "rule"));
  ASSAY_RETURN_IF_ERROR(check(policy.budgets, "budgets", "budget"));
  return check(policy.quarantine, "quarantine", "entry");
}

Policy DefaultPolicy() {
  Policy policy;
  policy.source = "built-in defaults";
  policy.validity = DefaultValidity();
  for (const run::Metric* metric : StoredMetrics()) {
    const bool session = IsSessionMetric(*metric);
    (session ? policy.session_metrics : policy.metrics).push_back(MetricPolicy{metric, !session, false, {}, {}});
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
  const Json* quality = fields.Optional("quality");
  const Json* validity = fields.Optional("validity");
  const Json* goodput = fields.Optional("goodput");
  const Json* budgets = fields.Optional("budgets");
  const Json* quarantine = fields.Optional("quarantine");
  const Json* cases = fields.Optional("cases");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  if (latency != nullptr) ASSAY_RETURN_IF_ERROR(ParseLatency(*latency, where, policy));
  if (determinism != nullptr) {
    JsonFields answer_fields(*determinism, where, "$.determinism");
    policy.determinism = LevelField(answer_fields, "level").value_or(policy.determinism);
    policy.determinism_alpha = AlphaField(answer_fields, policy.determinism_alpha);
    policy.determinism_no_baseline = NoBaselineField(answer_fields).value_or(policy.determinism_no_baseline);
    ASSAY_RETURN_IF_ERROR(answer_fields.Finish());
  }
  if (quality != nullptr) ASSAY_RETURN_IF_ERROR(ParseQuality(*quality, where, policy.quality));
  if (validity != nullptr) {
    ASSAY_TRY(policy.validity, ParseValidity(*validity, where));
  }
  if (goodput != nullptr) {
    ASSAY_TRY(policy.goodput, ParseGoodput(*goodput, where));
  }
  ASSAY_RETURN_IF_ERROR(ParseEach(budgets, "budgets", where, policy.budgets, [&](const Json& entry, const auto& path) {
    return ParseBudget(entry, where, path);
  }));
  ASSAY_RETURN_IF_ERROR(
      ParseEach(quarantine, "quarantine", where, policy.quarantine,
                [&](const Json& entry, const auto& path) { return ParseQuarantine(entry, where, path); }));
  ASSAY_RETURN_IF_ERROR(ParseEach(cases, "cases", where, policy.cases, [&](const Json& entry, const auto& path) {
    return ParseCaseRule(entry, policy, where, path);
  }));
  return policy;
}

base::Result<Policy> ReadPolicy(const std::filesystem::path& path) {
  ASSAY_TRY(const Json value, run::ReadJsonFile(path));
  return ParsePolicy(value, path.string());
}

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/baseline_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "fixtures/base/text.h"
#include "fixtures/run/case_id.h"
#include "fixtures/run/json_cursor.h"
#include "tools/compare/baseline_json.h"

namespace assay::compare {
namespace {

using run::Json;
using run::JsonArray;
using run::JsonFields;
using run::JsonObject;

// Values deeper than this stand on one line: in a latency file those are the cases of a session, and its anchors one
// level further down.
constexpr int kLatencyCompactDepth = 4;

double Rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

// Like WriteJson's pretty style, but compact from `compact_depth` on, so that a diff shows one line
// per case.
void WriteReadable(const Json& value, int depth, int compact_depth, std::string& out) {
  const JsonObject* object = value.as_object();
  const JsonArray* array = value.as_array();
  const bool empty = (object != nullptr && object->empty()) || (array != nullptr && array->empty());
  if ((object == nullptr && array == nullptr) || empty || depth >= compact_depth) {
    out += run::WriteJson(value, run::JsonStyle::kCompact);
    return;
  }
  const std::string indent(static_cast<std::size_t>(depth + 1) * 2, ' ');
  bool first = true;
  const auto separate = [&] {
    out += first ? "\n" : ",\n";
    out += indent;
    first = false;
  };
  out += object != nullptr ? "{" : "[";
  if (object != nullptr) {
    for (const auto& [key, member] : *object) {
      separate();
      out += run::WriteJson(Json(key), run::JsonStyle::kCompact) + ": ";
      WriteReadable(member, depth + 1, key == "anchors" ? compact_depth + 1 : compact_depth, out);
    }
  } else {
    for (const Json& element : *array) {
      separate();
      WriteReadable(element, depth + 1, compact_depth, out);
    }
  }
  out += "\n" + indent.substr(2) + (object != nullptr ? "}" : "]");
}

// Of a metric of a request an array, of a metric of a case one number.
std::vector<double> Numbers(JsonFields& fields, const run::Metric& metric) {
  const std::string key(metric.name);
  std::vector<double> numbers;
  const Json* value = fields.Optional(key);
  if (value == nullptr) return numbers;
  const auto add = [&](const Json& element) {
    const std::optional<double> number = element.as_number();
    if (!number || !std::isfinite(*number) || *number < 0) {
      fields.Fail(key,
                  "should be in " + std::string(metric.unit) + ", 0 or more, found " +
                      (number ? run::WriteJson(element, run::JsonStyle::kCompact) : std::string(element.KindName())));
      return false;
    }
    numbers.push_back(*number);
    return true;
  };
  if (metric.of_case != nullptr) {
    add(*value);
    return numbers;
  }
  const JsonArray* array = value->as_array();
  if (array == nullptr) {
    fields.Fail(key, "should be an array of numbers, found " + std::string(value->KindName()));
    return numbers;
  }
  numbers.reserve(array->size());
  std::all_of(array->begin(), array->end(), add);
  return numbers;
}

base::Result<SessionCase> SessionCaseFromJson(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  SessionCase one;
  one.fingerprint = fields.RequiredString("fingerprint");
  one.completion_tokens = fields.OptionalInteger("completion_tokens");
  const std::string source = fields.RequiredString("token_source");
  if (const auto parsed = run::ParseTokenSource(source)) {
    one.token_source = *parsed;
  } else {
    fields.Fail("token_source", "'" + base::EscapeForTerminal(source) + "' is no source of token counts");
  }
  std::array<std::vector<double>, kStoredMetricCount> numbers;
  for (std::size_t i = 0; i < kStoredMetricCount; ++i) numbers[i] = Numbers(fields, *StoredMetrics()[i]);
  one.metrics = StoredValues(numbers);
  if (fields.ok() && one.metrics.empty()) fields.Fail("", "no metric has a number");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return one;
}

base::Result<BaselineSession> SessionFromJson(const Json& value, const std::string& where, const std::string& path,
                                              std::string_view variant) {
  JsonFields fields(value, where, path);
  BaselineSession session;
  session.accepted_at = fields.RequiredString("accepted_at");
  session.reason = fields.RequiredString("reason");
  session.started_at = fields.RequiredString("started_at");
  session.assay_version = fields.RequiredString("assay_version");
  session.git_revision = fields.OptionalString("git_revision");
  session.build_type = fields.OptionalString("build_type").value_or("");
  const Json* service = fields.Required("service");
  const Json* anchors = fields.Optional("anchors");
  const JsonObject& cases = RequiredObject(fields, "cases");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  JsonFields service_fields(*service, where, path + ".service");
  session.service_kind = service_fields.RequiredString("kind");
  session.service_generation = service_fields.RequiredString("generation");
  session.service_version = service_fields.OptionalString("version");
  ASSAY_RETURN_IF_ERROR(service_fields.Finish());
  if (anchors != nullptr) {
    ASSAY_TRY(session.anchors, run::AnchorsFromJson(*anchors, where, path + ".anchors"));
  }
  for (const auto& [id, entry] : cases) {
    ASSAY_RETURN_IF_ERROR(CheckCaseId(id, variant, where));
    ASSAY_TRY(SessionCase one, SessionCaseFromJson(entry, where, path + ".cases[\"" + id + "\"]"));
    session.cases.emplace(id, std::move(one));
  }
  return session;
}

Json ToJson(const SessionCase& one) {
  JsonObject object{{"fingerprint", one.fingerprint}, {"token_source", std::string(run::ToString(one.token_source))}};
  PutIfSet(object, "completion_tokens", one.completion_tokens);
  for (const run::Metric* metric : StoredMetrics()) {
    const std::span<const double> numbers = one.metrics.Of(*metric);
    if (numbers.empty()) continue;
    if (metric->of_case != nullptr) {
      object.emplace(metric->name, Rounded(numbers.front()));
      continue;
    }
    JsonArray array;
    array.reserve(numbers.size());
    for (const double number : numbers) array.emplace_back(Rounded(number));
    object.emplace(metric->name, std::move(array));
  }
  return object;
}

Json RoundedAnchors(run::Anchors anchors) {
  for (run::AnchorCase& one : anchors.cases) {
    for (auto& [name, numbers] : one.metrics) {
      // No anchor has 0: what rounds to it is left as it is.
      for (double& number : numbers) number = Rounded(number) > 0 ? Rounded(number) : number;
    }
  }
  return run::ToJson(anchors);
}

Json ToJson(const BaselineSession& session) {
  JsonObject service{{"kind", session.service_kind}, {"generation", session.service_generation}};
  PutIfSet(service, "version", session.service_version);
  JsonObject cases;
  for (const auto& [id, one] : session.cases) cases.emplace(id, ToJson(one));
  JsonObject object{{"accepted_at", session.accepted_at}, {"reason", session.reason},
                    {"started_at", session.started_at},   {"assay_version", session.assay_version},
                    {"service", std::move(service)},      {"cases", std::move(cases)}};
  PutIfSet(object, "git_revision", session.git_revision);
  if (!session.build_type.empty()) object["build_type"] = session.build_type;
  if (session.anchors) object["anchors"] = RoundedAnchors(*session.anchors);
  return object;
}

base::Result<LatencyBaseline> LatencyFromJson(const Json& value, const std::string& where, std::string_view variant,
                                              std::string_view environment_key) {
  JsonFields fields(value, where, "$");
  LatencyBaseline baseline;
  baseline.variant = ReadHeader(fields, variant);
  const Json* environment = fields.Required("environment");
  const JsonArray& sessions = fields.RequiredArray("sessions");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  ASSAY_TRY(baseline.environment, run::EnvironmentFromJson(*environment, where));
  if (baseline.environment.Key() != environment_key) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "$.environment: this file was measured on '" + baseline.environment.Key() +
                           "' but lies in the folder of '" + std::string(environment_key) + "'",
                       where};
  }
  std::map<std::string, std::size_t> started;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const std::string path = "$.sessions[" + std::to_string(i) + "]";
    ASSAY_TRY(BaselineSession session, SessionFromJson(sessions[i], where, path, variant));
    if (!started.emplace(session.started_at, i).second) {
      return base::Error{base::ErrorCode::kInvalidInput, path + ".started_at: the same run is there twice", where};
    }
    baseline.sessions.push_back(std::move(session));
  }
  return baseline;
}

// The rest of a latency file reads its cases without a tree of them: five sessions of ten thousand cases are millions
// of numbers. Whatever is not taken here is for LatencyFromJson to take or to explain; it also reads all but the cases.

// A case while it is read: the numbers are gathered first, so that it gets the memory they need and no more.
struct OpenCase {
  SessionCase one;
  std::array<std::vector<double>, kStoredMetricCount> numbers;
};

void ScanNumber(run::JsonCursor& cursor, std::vector<double>& numbers) {
  double number = 0;
  if (!cursor.Number(number) || number < 0) {
    cursor.Fail();
    return;
  }
  numbers.push_back(number);
}

template <std::size_t kMetric>
void ScanMetric(run::JsonCursor& cursor, OpenCase& open) {
  std::vector<double>& numbers = open.numbers[kMetric];
  if (kMetric >= kFirstOfCase) return ScanNumber(cursor, numbers);
  for (cursor.StartArray(); cursor.NextElement();) ScanNumber(cursor, numbers);
}

void ScanTokens(run::JsonCursor& cursor, OpenCase& open) {
  if (!cursor.Null()) cursor.Integer(open.one.completion_tokens.emplace());
}

void ScanFingerprint(run::JsonCursor& cursor, OpenCase& open) {
  std::string_view text;
  if (cursor.String(text)) open.one.fingerprint = text;
}

void ScanSource(run::JsonCursor& cursor, OpenCase& open) {
  std::string_view name;
  if (!cursor.String(name)) return;
  const std::optional<run::TokenSource> source = run::ParseTokenSource(name);
  if (!source) cursor.Fail();
  open.one.token_source = source.value_or(run::TokenSource::kNone);
}

// In the order of the file, which is that of the alphabet.
constexpr auto kCaseMembers = std::to_array<run::Member<OpenCase>>({
    {"completion_tokens", false, ScanTokens},
    {kStoredMetricNames[0], false, ScanMetric<0>},
    {"fingerprint", true, ScanFingerprint},
    {kStoredMetricNames[3], false, ScanMetric<3>},
    {kStoredMetricNames[4], false, ScanMetric<4>},
    {kStoredMetricNames[5], false, ScanMetric<5>},
    {"token_source", true, ScanSource},
    {kStoredMetricNames[2], false, ScanMetric<2>},
    {kStoredMetricNames[1], false, ScanMetric<1>},
});
static_assert(kStoredMetricCount == 6, "the members above are those of SessionCaseFromJson");

using SessionCases = std::map<std::string, SessionCase>;

// `known` are cases whose ids were looked at before.
SessionCases ScanCases(run::JsonCursor& cursor, std::string_view variant, const SessionCases& known) {
  SessionCases cases;
  OpenCase open;
  std::string_view key;
  for (cursor.StartObject(); cursor.NextKey(key);) {
    std::string id(key);
    if (!known.contains(id) && !CheckCaseId(id, variant, "").ok()) cursor.Fail();
    open.one = SessionCase();
    for (std::vector<double>& numbers : open.numbers) numbers.clear();
    if (!run::ReadMembers(cursor, kCaseMembers, open)) cursor.Fail();
    open.one.metrics = StoredValues(open.numbers);
    if (open.one.metrics.empty()) cursor.Fail();
    const std::size_t before = cases.size();
    cases.emplace_hint(cases.end(), std::move(id), std::move(open.one));  // they are sorted
    if (cases.size() == before) cursor.Fail();
  }
  return cases;
}

// Any member, as a tree.
void ScanMember(run::JsonCursor& cursor, std::string_view key, JsonObject& object) {
  std::string_view text;
  if (!cursor.Skip(text)) return;
  base::Result<Json> value = run::ParseJson(text, "");
  if (!value.ok() || !object.emplace(key, std::move(value).value()).second) cursor.Fail();
}

std::optional<BaselineSession> ScanSession(run::JsonCursor& cursor, std::string_view variant,
                                           const SessionCases& known) {
  JsonObject object;
  SessionCases cases;
  std::string_view key;
  for (cursor.StartObject(); cursor.NextKey(key);) {
    if (key != "cases") {
      ScanMember(cursor, key, object);
      continue;
    }
    if (!object.emplace(key, JsonObject{}).second) cursor.Fail();
    cases = ScanCases(cursor, variant, known);
  }
  if (!cursor.ok()) return std::nullopt;
  base::Result<BaselineSession> session = SessionFromJson(Json(std::move(object)), "", "", variant);
  if (!session.ok()) return std::nullopt;
  session->cases = std::move(cases);
  return std::move(session).value();
}

std::optional<LatencyBaseline> ScanLatency(std::string_view text, std::string_view variant,
                                           std::string_view environment_key) {
  run::JsonCursor cursor(text);
  JsonObject object;
  std::vector<BaselineSession> sessions;
  std::set<std::string> started;
  std::string_view key;
  for (cursor.StartObject(); cursor.NextKey(key);) {
    if (key != "sessions") {
      ScanMember(cursor, key, object);
      continue;
    }
    if (!object.emplace(key, JsonArray{}).second) cursor.Fail();
    for (cursor.StartArray(); cursor.NextElement();) {
      static const SessionCases kNone;
      std::optional<BaselineSession> session =
          ScanSession(cursor, variant, sessions.empty() ? kNone : sessions.back().cases);
      if (!session || !started.insert(session->started_at).second) return std::nullopt;
      sessions.push_back(*std::move(session));
    }
  }
  if (!cursor.AtEnd()) return std::nullopt;
  base::Result<LatencyBaseline> baseline = LatencyFromJson(Json(std::move(object)), "", variant, environment_key);
  if (!baseline.ok()) return std::nullopt;
  baseline->sessions = std::move(sessions);
  return std::move(baseline).value();
}

}  // namespace

base::Result<LatencyBaseline> ParseLatency(std::string_view text, const std::string& where, std::string_view variant,
                                           std::string_view environment_key) {
  if (std::optional<LatencyBaseline> baseline = ScanLatency(text, variant, environment_key)) {
    return *std::move(baseline);
  }
  ASSAY_TRY(const Json value, run::ParseJson(text, where));
  return LatencyFromJson(value, where, variant, environment_key);
}

std::string WriteLatency(const LatencyBaseline& baseline) {
  // The host's name is nobody's business in a repository, and a fleet of equal machines must not
  // fight over it.
  run::Environment environment = baseline.environment;
  environment.host.clear();
  JsonArray sessions;
  for (const BaselineSession& session : baseline.sessions) sessions.push_back(ToJson(session));
  const Json file = JsonObject{{"schema_version", kBaselineSchemaVersion},
                               {"variant", baseline.variant},
                               {"environment", run::ToJson(environment)},
                               {"sessions", std::move(sessions)}};
  std::string out;
  WriteReadable(file, 0, kLatencyCompactDepth, out);
  return out + "\n";
}

}  // namespace assay::compare

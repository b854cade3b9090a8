// SPDX-License-Identifier: MIT
#include "tools/compare/baseline_format.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "fixtures/base/text.h"
#include "fixtures/run/case_id.h"

namespace assay::compare {
namespace {

using run::Json;
using run::JsonArray;
using run::JsonFields;
using run::JsonObject;

constexpr std::array<std::string_view, 3> kStoredMetrics = {"e2e_ms", "ttft_ms", "tpot_ms"};

// Values deeper than this stand on one line: in a latency file those are the cases of a session.
constexpr int kLatencyCompactDepth = 4;

double RoundToMicrosecond(double ms) { return std::round(ms * 1000.0) / 1000.0; }

void PutIfSet(JsonObject& object, const std::string& key, const std::optional<std::string>& value) {
  if (value) object[key] = *value;
}
void PutIfSet(JsonObject& object, const std::string& key, const std::optional<std::int64_t>& value) {
  if (value) object[key] = *value;
}
void PutIfNotEmpty(JsonObject& object, const std::string& key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

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
      WriteReadable(member, depth + 1, compact_depth, out);
    }
  } else {
    for (const Json& element : *array) {
      separate();
      WriteReadable(element, depth + 1, compact_depth, out);
    }
  }
  out += "\n" + indent.substr(2) + (object != nullptr ? "}" : "]");
}

// The part both files share: version, variant, and that a case id belongs to it.
std::string ReadHeader(JsonFields& fields, std::string_view variant) {
  fields.RequireSchemaVersion(kBaselineSchemaVersion);
  std::string found = fields.RequiredString("variant");
  if (fields.ok() && found != variant) {
    fields.Fail("variant", "this file is of '" + base::EscapeForTerminal(found) + "', wanted '" +
                               base::EscapeForTerminal(variant) + "'; two variants must not share one file");
  }
  return found;
}

base::Status CheckCaseId(const std::string& id, std::string_view variant, const std::string& where) {
  const base::Result<run::CaseId> parsed = run::ParseCaseId(id);
  if (!parsed.ok()) return base::Error{base::ErrorCode::kInvalidInput, parsed.error().what, where};
  if (parsed->model != variant) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "the case '" + base::EscapeForTerminal(id) + "' does not belong to the variant of this file",
                       where};
  }
  return {};
}

const JsonObject& RequiredObject(JsonFields& fields, const std::string& key) {
  static const JsonObject kEmpty;
  const Json* value = fields.Required(key);
  if (value == nullptr) return kEmpty;
  if (const JsonObject* object = value->as_object()) return *object;
  fields.Fail(key, "should be an object, found " + std::string(value->KindName()));
  return kEmpty;
}

base::Result<Acceptance> AcceptanceFromJson(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  Acceptance acceptance;
  acceptance.at = fields.RequiredString("at");
  acceptance.reason = fields.RequiredString("reason");
  acceptance.assay_version = fields.RequiredString("assay_version");
  acceptance.git_revision = fields.OptionalString("git_revision");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return acceptance;
}

base::Result<AcceptedAnswer> AnswerFromJson(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  AcceptedAnswer answer;
  answer.answer_sha256 = fields.RequiredString("answer_sha256");
  answer.text = fields.OptionalString("text");
  answer.reasoning = fields.OptionalString("reasoning").value_or("");
  answer.tool_calls = fields.OptionalString("tool_calls").value_or("");
  answer.finish_reason = fields.OptionalString("finish_reason");
  answer.prompt_tokens = fields.OptionalInteger("prompt_tokens");
  answer.completion_tokens = fields.OptionalInteger("completion_tokens");
  answer.fingerprint = fields.RequiredString("fingerprint");
  const Json* accepted = fields.Required("accepted");
  if (fields.ok() && answer.text &&
      run::HashAnswer(*answer.text, answer.reasoning, answer.tool_calls) != answer.answer_sha256) {
    fields.Fail("answer_sha256", "does not belong to the text beside it; do not edit answers, accept a run instead");
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  ASSAY_TRY(answer.accepted, AcceptanceFromJson(*accepted, where, path + ".accepted"));
  return answer;
}

std::vector<double> Numbers(JsonFields& fields, const std::string& key) {
  std::vector<double> numbers;
  const Json* value = fields.Optional(key);
  if (value == nullptr) return numbers;
  const JsonArray* array = value->as_array();
  if (array == nullptr) {
    fields.Fail(key, "should be an array of numbers, found " + std::string(value->KindName()));
    return numbers;
  }
  numbers.reserve(array->size());
  for (const Json& element : *array) {
    const std::optional<double> number = element.as_number();
    if (!number || !std::isfinite(*number) || *number < 0) {
      fields.Fail(key,
                  "should hold numbers of milliseconds, 0 or more, found " +
                      (number ? run::WriteJson(element, run::JsonStyle::kCompact) : std::string(element.KindName())));
      return numbers;
    }
    numbers.push_back(*number);
  }
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
  for (const std::string_view name : kStoredMetrics) {
    std::vector<double> numbers = Numbers(fields, std::string(name));
    if (!numbers.empty()) one.metrics.emplace(name, std::move(numbers));
  }
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
  const Json* service = fields.Required("service");
  const JsonObject& cases = RequiredObject(fields, "cases");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  JsonFields service_fields(*service, where, path + ".service");
  session.service_kind = service_fields.RequiredString("kind");
  session.service_generation = service_fields.RequiredString("generation");
  session.service_version = service_fields.OptionalString("version");
  ASSAY_RETURN_IF_ERROR(service_fields.Finish());
  for (const auto& [id, entry] : cases) {
    ASSAY_RETURN_IF_ERROR(CheckCaseId(id, variant, where));
    ASSAY_TRY(SessionCase one, SessionCaseFromJson(entry, where, path + ".cases[\"" + id + "\"]"));
    session.cases.emplace(id, std::move(one));
  }
  return session;
}

Json ToJson(const AcceptedAnswer& answer) {
  JsonObject accepted{
      {"at", answer.accepted.at}, {"reason", answer.accepted.reason}, {"assay_version", answer.accepted.assay_version}};
  PutIfSet(accepted, "git_revision", answer.accepted.git_revision);
  JsonObject object{
      {"answer_sha256", answer.answer_sha256}, {"fingerprint", answer.fingerprint}, {"accepted", std::move(accepted)}};
  PutIfSet(object, "text", answer.text);
  PutIfNotEmpty(object, "reasoning", answer.reasoning);
  PutIfNotEmpty(object, "tool_calls", answer.tool_calls);
  PutIfSet(object, "finish_reason", answer.finish_reason);
  PutIfSet(object, "prompt_tokens", answer.prompt_tokens);
  PutIfSet(object, "completion_tokens", answer.completion_tokens);
  return object;
}

Json ToJson(const SessionCase& one) {
  JsonObject object{{"fingerprint", one.fingerprint}, {"token_source", std::string(run::ToString(one.token_source))}};
  PutIfSet(object, "completion_tokens", one.completion_tokens);
  for (const auto& [name, numbers] : one.metrics) {
    JsonArray array;
    array.reserve(numbers.size());
    for (const double number : numbers) array.emplace_back(RoundToMicrosecond(number));
    object[name] = std::move(array);
  }
  return object;
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
  return object;
}

}  // namespace

std::vector<std::string> StoredMetricNames() { return {kStoredMetrics.begin(), kStoredMetrics.end()}; }

bool IsStoredMetric(std::string_view name) {
  return std::find(kStoredMetrics.begin(), kStoredMetrics.end(), name) != kStoredMetrics.end();
}

bool AcceptedAnswer::SameContent(const AcceptedAnswer& other) const {
  return answer_sha256 == other.answer_sha256 && text == other.text && reasoning == other.reasoning &&
         tool_calls == other.tool_calls && finish_reason == other.finish_reason &&
         prompt_tokens == other.prompt_tokens && completion_tokens == other.completion_tokens &&
         fingerprint == other.fingerprint;
}

base::Result<OutputsBaseline> ParseOutputs(std::string_view text, const std::string& where, std::string_view variant) {
  ASSAY_TRY(const Json value, run::ParseJson(text, where));
  JsonFields fields(value, where, "$");
  OutputsBaseline baseline;
  baseline.variant = ReadHeader(fields, variant);
  const JsonObject& cases = RequiredObject(fields, "cases");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  for (const auto& [id, entry] : cases) {
    ASSAY_RETURN_IF_ERROR(CheckCaseId(id, variant, where));
    ASSAY_TRY(AcceptedAnswer answer, AnswerFromJson(entry, where, "$.cases[\"" + id + "\"]"));
    baseline.cases.emplace(id, std::move(answer));
  }
  return baseline;
}

std::string WriteOutputs(const OutputsBaseline& baseline) {
  JsonObject cases;
  for (const auto& [id, answer] : baseline.cases) cases.emplace(id, ToJson(answer));
  return run::WriteJson(
      JsonObject{
          {"schema_version", kBaselineSchemaVersion}, {"variant", baseline.variant}, {"cases", std::move(cases)}},
      run::JsonStyle::kPretty);
}

base::Result<LatencyBaseline> ParseLatency(std::string_view text, const std::string& where, std::string_view variant,
                                           std::string_view environment_key) {
  ASSAY_TRY(const Json value, run::ParseJson(text, where));
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

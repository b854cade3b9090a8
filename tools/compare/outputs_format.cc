// SPDX-License-Identifier: MIT
// The file of accepted answers, both ways, and what both kinds of baseline files share.
#include <utility>

#include "fixtures/base/text.h"
#include "fixtures/run/case_id.h"
#include "fixtures/run/run_directory.h"
#include "tools/compare/baseline_format.h"
#include "tools/compare/baseline_json.h"

namespace assay::compare {

using run::Json;
using run::JsonFields;
using run::JsonObject;

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

namespace {

base::Result<Acceptance> AcceptanceFromJson(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  Acceptance acceptance;
  acceptance.at = fields.RequiredString("at");
  acceptance.reason = fields.RequiredString("reason");
  acceptance.assay_version = fields.RequiredString("assay_version");
  acceptance.git_revision = fields.OptionalString("git_revision");
  acceptance.started_at = fields.OptionalString("started_at").value_or("");
  acceptance.service = fields.OptionalString("service").value_or("");
  acceptance.execution_provider = fields.OptionalString("execution_provider").value_or("");
  acceptance.device = fields.OptionalString("device").value_or("");
  acceptance.environment = fields.OptionalString("environment").value_or("");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return acceptance;
}

base::Result<SeenAnswers> SeenFromJson(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  SeenAnswers seen{fields.RequiredInteger("same"), fields.RequiredInteger("others")};
  constexpr std::int64_t kMost = 1'000'000'000;
  if (seen.same < 0 || seen.others < 0 || seen.same > kMost || seen.others > kMost) {
    fields.Fail("", "counts should be from 0 to " + std::to_string(kMost));
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return seen;
}

base::Result<AcceptedAnswer> AnswerFromJson(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  AcceptedAnswer answer;
  answer.fingerprint = fields.RequiredString("fingerprint");
  if (const Json* request = fields.Optional("request")) answer.request = *request;
  const Json* probe = fields.Optional("probe");
  const Json* seen = nullptr;
  const Json* facts = nullptr;
  if (probe == nullptr) {  // a probe has no one answer
    answer.answer_sha256 = fields.RequiredString("answer_sha256");
    answer.text = fields.OptionalString("text");
    answer.reasoning = fields.OptionalString("reasoning").value_or("");
    answer.tool_calls = fields.OptionalString("tool_calls").value_or("");
    answer.finish_reason = fields.OptionalString("finish_reason");
    answer.prompt_tokens = fields.OptionalInteger("prompt_tokens");
    answer.completion_tokens = fields.OptionalInteger("completion_tokens");
    answer.compared_sha256 = fields.OptionalString("compared_sha256");
    answer.scrub = fields.OptionalStrings("scrub");
    seen = fields.Optional("seen");
    facts = fields.Optional("facts");
    answer.expect_sha256 = fields.OptionalString("expect_sha256").value_or("");
  }
  const Json* accepted = fields.Required("accepted");
  if (fields.ok() && answer.text &&
      run::HashAnswer(*answer.text, answer.reasoning, answer.tool_calls) != answer.answer_sha256) {
    fields.Fail("answer_sha256", "does not belong to the text beside it; do not edit answers, accept a run instead");
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  ASSAY_TRY(answer.accepted, AcceptanceFromJson(*accepted, where, path + ".accepted"));
  if (probe != nullptr) {
    ASSAY_TRY(answer.probe, AcceptedProbeFromJson(*probe, where, path + ".probe"));
  }
  if (seen != nullptr) {
    ASSAY_TRY(answer.seen, SeenFromJson(*seen, where, path + ".seen"));
  }
  if (facts != nullptr) {
    ASSAY_TRY(answer.facts, run::AnswerFactsFromJson(*facts, where, path + ".facts"));
  }
  return answer;
}

Json ToJson(const AcceptedAnswer& answer) {
  JsonObject accepted{
      {"at", answer.accepted.at}, {"reason", answer.accepted.reason}, {"assay_version", answer.accepted.assay_version}};
  PutIfSet(accepted, "git_revision", answer.accepted.git_revision);
  PutIfNotEmpty(accepted, "started_at", answer.accepted.started_at);
  PutIfNotEmpty(accepted, "service", answer.accepted.service);
  PutIfNotEmpty(accepted, "execution_provider", answer.accepted.execution_provider);
  PutIfNotEmpty(accepted, "device", answer.accepted.device);
  PutIfNotEmpty(accepted, "environment", answer.accepted.environment);
  JsonObject object{{"fingerprint", answer.fingerprint}, {"accepted", std::move(accepted)}};
  if (answer.probe) {
    object["probe"] = ToJson(*answer.probe);
  } else {
    object["answer_sha256"] = answer.answer_sha256;
  }
  PutIfSet(object, "text", answer.text);
  PutIfNotEmpty(object, "reasoning", answer.reasoning);
  PutIfNotEmpty(object, "tool_calls", answer.tool_calls);
  PutIfSet(object, "finish_reason", answer.finish_reason);
  PutIfSet(object, "prompt_tokens", answer.prompt_tokens);
  PutIfSet(object, "completion_tokens", answer.completion_tokens);
  PutIfSet(object, "compared_sha256", answer.compared_sha256);
  if (!answer.scrub.empty()) object["scrub"] = run::JsonArray(answer.scrub.begin(), answer.scrub.end());
  if (!answer.request.is_null()) object["request"] = answer.request;
  if (answer.seen) object["seen"] = JsonObject{{"same", answer.seen->same}, {"others", answer.seen->others}};
  if (answer.facts) object["facts"] = run::ToJson(*answer.facts);
  PutIfNotEmpty(object, "expect_sha256", answer.expect_sha256);
  return object;
}

}  // namespace

bool AcceptedAnswer::SameContent(const AcceptedAnswer& other) const {
  return answer_sha256 == other.answer_sha256 && text == other.text && reasoning == other.reasoning &&
         tool_calls == other.tool_calls && finish_reason == other.finish_reason &&
         prompt_tokens == other.prompt_tokens && completion_tokens == other.completion_tokens &&
         fingerprint == other.fingerprint && compared_sha256 == other.compared_sha256 && scrub == other.scrub &&
         facts == other.facts && expect_sha256 == other.expect_sha256 && probe == other.probe;
}

base::Result<OutputsBaseline> ParseOutputs(std::string_view text, const std::string& where, std::string_view variant) {
  ASSAY_TRY(const Json value, run::ParseJson(text, where));
  JsonFields fields(value, where, "$");
  OutputsBaseline baseline;
  baseline.variant = ReadHeader(fields, variant);
  const JsonObject& cases = RequiredObject(fields, "cases");
  static const JsonObject kNone;
  const JsonObject& scores = fields.Optional("scores") == nullptr ? kNone : RequiredObject(fields, "scores");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  for (const auto& [id, entry] : cases) {
    ASSAY_RETURN_IF_ERROR(CheckCaseId(id, variant, where));
    ASSAY_TRY(AcceptedAnswer answer, AnswerFromJson(entry, where, "$.cases[\"" + id + "\"]"));
    baseline.cases.emplace(id, std::move(answer));
  }
  for (const auto& [id, entry] : scores) {
    ASSAY_RETURN_IF_ERROR(CheckCaseId(id, variant, where));
    ASSAY_TRY(AcceptedScores accepted, AcceptedScoresFromJson(entry, where, "$.scores[\"" + id + "\"]"));
    baseline.scores.emplace(id, std::move(accepted));
  }
  return baseline;
}

std::string WriteOutputs(const OutputsBaseline& baseline) {
  JsonObject cases;
  for (const auto& [id, answer] : baseline.cases) cases.emplace(id, ToJson(answer));
  JsonObject file{
      {"schema_version", kBaselineSchemaVersion}, {"variant", baseline.variant}, {"cases", std::move(cases)}};
  JsonObject scores;
  for (const auto& [id, accepted] : baseline.scores) scores.emplace(id, ToJson(accepted));
  if (!scores.empty()) file.emplace("scores", std::move(scores));
  return run::EscapeUnseen(run::WriteJson(std::move(file), run::JsonStyle::kPretty));
}

}  // namespace assay::compare

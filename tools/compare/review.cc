// SPDX-License-Identifier: MIT
#include "tools/compare/review.h"

#include <algorithm>
#include <utility>

#include "fixtures/base/files.h"
#include "fixtures/run/json.h"

namespace assay::compare {
namespace {

using run::Json;
using run::JsonArray;
using run::JsonFields;
using run::JsonObject;

constexpr const char* kFileName = "review.json";

base::Result<Rejection> RejectionFromJson(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  Rejection one;
  one.case_id = fields.RequiredString("case");
  one.answer_sha256 = fields.RequiredString("answer_sha256");
  one.at = fields.RequiredString("at");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return one;
}

}  // namespace

base::Result<Rejections> Rejections::Read(const std::filesystem::path& run_directory) {
  Rejections rejections(run_directory / kFileName);
  const std::string where = rejections.path_.string();
  const base::Result<std::string> text = base::ReadFile(rejections.path_);
  if (!text.ok()) {
    if (text.error().code == base::ErrorCode::kNotFound) return rejections;
    return base::WithContext(text.error(), "the rejections of this run cannot be read");
  }
  ASSAY_TRY(const Json value, run::ParseJson(*text, where));
  JsonFields fields(value, where, "$");
  fields.RequireSchemaVersion(kReviewSchemaVersion);
  const JsonArray& rejected = fields.RequiredArray("rejected");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  for (std::size_t i = 0; i < rejected.size(); ++i) {
    ASSAY_TRY(Rejection one, RejectionFromJson(rejected[i], where, "$.rejected[" + std::to_string(i) + "]"));
    rejections.entries_.push_back(std::move(one));
  }
  return rejections;
}

bool Rejections::Has(std::string_view case_id, std::string_view answer_sha256) const {
  return std::ranges::any_of(
      entries_, [&](const Rejection& one) { return one.case_id == case_id && one.answer_sha256 == answer_sha256; });
}

void Rejections::Add(Rejection rejection) {
  Remove(rejection.case_id);
  entries_.push_back(std::move(rejection));
}

bool Rejections::Remove(std::string_view case_id) {
  return std::erase_if(entries_, [&](const Rejection& one) { return one.case_id == case_id; }) > 0;
}

base::Status Rejections::Write() const {
  JsonArray rejected;
  for (const Rejection& one : entries_) {
    rejected.push_back(JsonObject{{"case", one.case_id}, {"answer_sha256", one.answer_sha256}, {"at", one.at}});
  }
  return base::WriteFileAtomically(
      path_, run::WriteJson(JsonObject{{"schema_version", kReviewSchemaVersion}, {"rejected", std::move(rejected)}},
                            run::JsonStyle::kPretty));
}

bool NeedsReview(const CaseComparison& one) {
  if (!one.measured() || !one.answers || one.answers->shares.empty()) return false;
  switch (one.answers->verdict) {
    case AnswerVerdict::kNew:
    case AnswerVerdict::kChanged:
    case AnswerVerdict::kNondeterministic:
    case AnswerVerdict::kRequestChanged:
      return one.answers->level.gates();
    case AnswerVerdict::kUnchanged:
    case AnswerVerdict::kIncomplete:
    case AnswerVerdict::kNotCompared:
      return false;
  }
  return false;
}

const std::string& ReviewedAnswer(const CaseComparison& one) {
  ASSAY_CHECK(NeedsReview(one), "only a case that needs a review has an answer to decide about");
  return one.answers->shares.front().sha256;
}

}  // namespace assay::compare

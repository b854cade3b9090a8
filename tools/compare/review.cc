// SPDX-License-Identifier: MIT
#include "tools/compare/review.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
#include "tools/compare/probe_rule.h"

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
  one.answer_sha256 = fields.OptionalString("answer_sha256").value_or("");
  one.probe = fields.OptionalString("probe").value_or("");
  one.scores = fields.OptionalString("scores").value_or("");
  one.at = fields.RequiredString("at");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  if (one.answer_sha256.empty() && one.probe.empty() && one.scores.empty()) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "a rejection should say with 'answer_sha256', 'probe' or 'scores' what was rejected, and this "
                       "one says nothing; remove it",
                       where + ", " + path};
  }
  return one;
}

// An answer that somebody has to decide about, or the result of a probe.
bool AnswerNeedsReview(const DeterminismFinding& answers) {
  switch (answers.verdict) {
    case AnswerVerdict::kNew:
    case AnswerVerdict::kChanged:
    case AnswerVerdict::kNondeterministic:
    case AnswerVerdict::kRequestChanged:
      return answers.level.gates();
    case AnswerVerdict::kUnchanged:
    case AnswerVerdict::kIncomplete:
    case AnswerVerdict::kNotCompared:
      return false;
  }
  return false;
}

std::string Share(const std::optional<double>& value) {
  return value ? run::WriteJson(std::round(*value * 1000) / 1000, run::JsonStyle::kCompact) : "none";
}

// "human brevity 0.25 of accepted 1.0"
std::string InWords(const QualityFinding& finding) {
  std::string words(run::ToString(finding.source));
  if (finding.judge) words += " " + finding.judge->model + ":" + std::to_string(finding.judge->template_version);
  if (!finding.dimension.empty()) words += " " + finding.dimension;
  return words + " " + Share(finding.mean) + " of accepted " + Share(finding.accepted_mean);
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

bool Rejection::SameQuestion(const Rejection& other) const {
  return case_id == other.case_id && answer_sha256 == other.answer_sha256 && probe == other.probe &&
         scores == other.scores;
}

bool Rejections::Has(const Rejection& rejection) const {
  return std::ranges::any_of(entries_, [&](const Rejection& one) { return one.SameQuestion(rejection); });
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
    JsonObject entry{{"case", one.case_id}, {"at", one.at}};
    if (!one.answer_sha256.empty()) entry.emplace("answer_sha256", one.answer_sha256);
    if (!one.probe.empty()) entry.emplace("probe", one.probe);
    if (!one.scores.empty()) entry.emplace("scores", one.scores);
    rejected.push_back(std::move(entry));
  }
  return base::WriteFileAtomically(
      path_, run::WriteJson(JsonObject{{"schema_version", kReviewSchemaVersion}, {"rejected", std::move(rejected)}},
                            run::JsonStyle::kPretty));
}

bool NeedsReview(const QualityFinding& finding) {
  if (!finding.gates || finding.accepted_n == 0) return false;
  if (finding.verdict == Verdict::kRegressed) return finding.decides;
  // Marks that nobody gave this time are no question: people do not mark every run.
  const bool scored = finding.mean || finding.source == run::ScoreSource::kAutomatic;
  return finding.verdict == Verdict::kCannotTell && !finding.comparable && scored;
}

bool NeedsReview(const CaseComparison& one) {
  if (!one.measured() || !one.answers) return false;
  return AnswerNeedsReview(*one.answers) ||
         std::ranges::any_of(one.quality, [](const QualityFinding& finding) { return NeedsReview(finding); });
}

bool OnlyScores(const CaseComparison& one) {
  ASSAY_CHECK(NeedsReview(one), "only a case that needs a review has something to decide about");
  return !AnswerNeedsReview(*one.answers);
}

Rejection QuestionOf(const CaseComparison& one) {
  Rejection question;
  question.case_id = one.id;
  if (one.answers->probe) question.probe = InWords(*one.answers->probe);
  if (!one.answers->shares.empty()) question.answer_sha256 = one.answers->shares.front().sha256;
  if (!OnlyScores(one)) return question;
  std::vector<std::string> scores;
  for (const QualityFinding& finding : one.quality) {
    if (NeedsReview(finding)) scores.push_back(InWords(finding));
  }
  question.scores = base::Join(scores, "; ");
  return question;
}

}  // namespace assay::compare

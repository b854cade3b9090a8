// SPDX-License-Identifier: MIT
#include "tools/score/annotation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fixtures/base/text.h"

namespace assay::score {
namespace {

constexpr const char* kKind = "assay annotations";
constexpr std::int64_t kSchemaVersion = 1;
constexpr std::size_t kLongestName = 200;  // of a rater, bytes

base::Error Invalid(const std::string& path, const std::string& what, const std::string& where) {
  return {base::ErrorCode::kInvalidInput, path + ": " + what, where};
}

bool Has(const run::Run& run, const std::string& case_id, const std::string& sha256) {
  return std::ranges::any_of(
      run.cases, [&](const run::RunCase& one) { return one.plan.id == case_id && one.answers.contains(sha256); });
}

base::Result<run::Marked> ReadEntry(const run::Json& entry, const std::string& where, const std::string& path) {
  run::JsonFields fields(entry, where, path);
  run::Marked marked;
  marked.case_id = fields.RequiredString("case");
  marked.answer_sha256 = fields.RequiredString("answer_sha256");
  marked.note = fields.OptionalString("note").value_or("");
  // For people; what the run has is what counts.
  for (const char* key : {"requests", "question", "text", "reasoning", "tool_calls"}) {
    static_cast<void>(fields.Optional(key));
  }
  const run::Json* marks = fields.Required("marks");
  if (fields.ok() && marks->as_object() == nullptr) fields.Fail("marks", "should be an object of dimensions");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  for (const auto& [dimension, mark] : *marks->as_object()) {
    if (!run::IsDimension(dimension)) {
      return Invalid(path + ".marks",
                     "'" + base::EscapeForTerminal(dimension) +
                         "' should be 1 to 40 of a-z, 0-9, '_' and '-' and begin with a letter",
                     where);
    }
    if (mark.is_null()) continue;
    const std::int64_t* number = mark.as_integer();
    if (number == nullptr || *number < run::kLeastMark || *number > run::kMostMark) {
      return Invalid(path + ".marks." + dimension,
                     "should be a whole number from " + std::to_string(run::kLeastMark) + " to " +
                         std::to_string(run::kMostMark) + ", or null where there is no mark",
                     where);
    }
    marked.marks.emplace(dimension, *number);
  }
  return marked;
}

}  // namespace

run::Json Template(const Subjects& subjects, const Dimensions& dimensions) {
  run::JsonObject meanings;
  run::JsonObject marks;
  for (const auto& [name, meaning] : dimensions) {
    meanings.emplace(name, meaning);
    marks.emplace(name, nullptr);
  }
  run::JsonArray answers;
  for (const Subject& subject : subjects.answers) {
    run::JsonObject entry{{"case", subject.case_id},
                          {"answer_sha256", subject.answer.sha256},
                          {"requests", subject.requests},
                          {"question", subject.question},
                          {"text", subject.answer.text},
                          {"marks", marks},
                          {"note", ""}};
    if (!subject.answer.reasoning.empty()) entry.emplace("reasoning", subject.answer.reasoning);
    if (!subject.answer.tool_calls.empty()) entry.emplace("tool_calls", subject.answer.tool_calls);
    answers.push_back(std::move(entry));
  }
  return run::JsonObject{{"schema_version", kSchemaVersion},
                         {"kind", kKind},
                         {"rater", ""},
                         {"dimensions", std::move(meanings)},
                         {"answers", std::move(answers)}};
}

base::Result<Annotations> ReadAnnotations(const run::Json& file, const std::string& where, const run::Run& run) {
  run::JsonFields fields(file, where, "$");
  fields.RequireSchemaVersion(kSchemaVersion);
  const std::string kind = fields.RequiredString("kind");
  Annotations read;
  read.rater = std::string(base::Trim(fields.RequiredString("rater")));
  static_cast<void>(fields.Optional("dimensions"));
  const run::JsonArray& entries = fields.RequiredArray("answers");
  if (fields.ok() && kind != kKind) fields.Fail("kind", std::string("should be \"") + kKind + "\"");
  if (fields.ok() && (read.rater.empty() || read.rater.size() > kLongestName)) {
    fields.Fail("rater", "should name who gave the marks, in at most " + std::to_string(kLongestName) + " bytes");
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  std::set<std::pair<std::string, std::string>> seen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string path = "$.answers[" + std::to_string(i) + "]";
    ASSAY_TRY(run::Marked marked, ReadEntry(entries[i], where, path));
    if (!seen.emplace(marked.case_id, marked.answer_sha256).second) {
      return Invalid(path, "this answer is there twice", where);
    }
    if (!Has(run, marked.case_id, marked.answer_sha256)) {
      return Invalid(path,
                     "the run has no such answer of '" + base::EscapeForTerminal(marked.case_id) +
                         "': it was measured again, or this file is of another run; write a new template",
                     where);
    }
    if (marked.marks.empty()) {
      ++read.unmarked;
      continue;
    }
    marked.rater = read.rater;
    read.marks.push_back(std::move(marked));
  }
  if (read.marks.empty()) return Invalid("$.answers", "nothing is marked yet: fill in marks from 1 to 5", where);
  return read;
}

}  // namespace assay::score

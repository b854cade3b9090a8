// SPDX-License-Identifier: MIT
#include "tools/compare/accepted_scores.h"

#include <cmath>
#include <cstdio>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

using run::Json;
using run::JsonArray;
using run::JsonFields;
using run::JsonObject;

constexpr double kSteps = 1e6;
constexpr std::int64_t kMostCount = 1'000'000;  // of one value

// A key, so that a line of the file is a value and its count. Shares have six digits.
std::string ShareText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

Json ToJson(const AcceptedSeries& series) {
  JsonObject values;
  for (const auto& [value, count] : series.counts) values.emplace(ShareText(value), count);
  JsonObject object{{"source", std::string(run::ToString(series.source))},
                    {"mean", std::round(series.Mean() * kSteps) / kSteps},
                    {"values", std::move(values)}};
  if (!series.dimension.empty()) object.emplace("dimension", series.dimension);
  if (series.judge) {
    object.emplace("judge", series.judge->model);
    object.emplace("template_version", series.judge->template_version);
  }
  return object;
}

base::Result<AcceptedSeries> SeriesFromJson(const Json& value, const std::string& where, const std::string& path) {
  JsonFields fields(value, where, path);
  AcceptedSeries series;
  const std::optional<run::ScoreSource> source = run::ParseScoreSource(fields.RequiredString("source"));
  static_cast<void>(fields.Required("mean"));  // for people; it follows from the values
  series.dimension = fields.OptionalString("dimension").value_or("");
  const std::optional<std::string> judge = fields.OptionalString("judge");
  const std::optional<std::int64_t> version = fields.OptionalInteger("template_version");
  const Json* values = fields.Required("values");
  if (fields.ok() && !source) fields.Fail("source", "should be automatic, human or judge");
  if (fields.ok() && (*source == run::ScoreSource::kJudge) != (judge && version)) {
    fields.Fail("judge", "a judge's score, and no other, has judge and template_version");
  }
  if (fields.ok() && (*source == run::ScoreSource::kAutomatic) != series.dimension.empty()) {
    fields.Fail("dimension", "a mark, and no other score, has a dimension");
  }
  if (fields.ok() && (values->as_object() == nullptr || values->as_object()->empty())) {
    fields.Fail("values", "should be an object of shares and how often each came");
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  series.source = *source;
  if (judge) series.judge = run::JudgeInfo{*judge, *version};
  for (const auto& [text, entry] : *values->as_object()) {
    const std::optional<double> share = base::ParseDouble(text);
    const std::int64_t* count = entry.as_integer();
    const bool good = share && *share >= 0 && *share <= 1 && count != nullptr && *count >= 1 && *count <= kMostCount;
    if (!good || !series.counts.emplace(*share, *count).second) {
      return base::Error{base::ErrorCode::kInvalidInput,
                         path +
                             ".values: should hold different shares from 0 to 1, each with how often it came; do not "
                             "edit scores, accept a run instead",
                         where};
    }
  }
  return series;
}

}  // namespace

std::vector<double> AcceptedSeries::Values() const {
  std::vector<double> values;
  for (const auto& [value, count] : counts) values.insert(values.end(), static_cast<std::size_t>(count), value);
  return values;
}

double AcceptedSeries::Mean() const {
  double sum = 0;
  double n = 0;
  for (const auto& [value, count] : counts) {
    sum += value * static_cast<double>(count);
    n += static_cast<double>(count);
  }
  return sum / n;
}

bool AcceptedScores::SameContent(const AcceptedScores& other) const {
  return fingerprint == other.fingerprint && expect_sha256 == other.expect_sha256 && series == other.series;
}

AcceptedSeries AcceptedSeriesOf(const run::ScoreSeries& series) {
  AcceptedSeries accepted{series.source, series.dimension, series.judge, {}};
  for (const double value : series.values) ++accepted.counts[std::round(value * kSteps) / kSteps];
  return accepted;
}

Json ToJson(const AcceptedScores& scores) {
  JsonArray series;
  for (const AcceptedSeries& one : scores.series) series.push_back(ToJson(one));
  JsonObject object{{"fingerprint", scores.fingerprint},
                    {"accepted", JsonObject{{"at", scores.at}, {"reason", scores.reason}}},
                    {"series", std::move(series)}};
  if (!scores.expect_sha256.empty()) object.emplace("expect_sha256", scores.expect_sha256);
  return object;
}

base::Result<AcceptedScores> AcceptedScoresFromJson(const Json& value, const std::string& where,
                                                    const std::string& path) {
  JsonFields fields(value, where, path);
  AcceptedScores scores;
  scores.fingerprint = fields.RequiredString("fingerprint");
  scores.expect_sha256 = fields.OptionalString("expect_sha256").value_or("");
  const Json* accepted = fields.Required("accepted");
  const JsonArray& series = fields.RequiredArray("series");
  if (fields.ok() && series.empty()) fields.Fail("series", "is empty");
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  JsonFields acceptance(*accepted, where, path + ".accepted");
  scores.at = acceptance.RequiredString("at");
  scores.reason = acceptance.RequiredString("reason");
  ASSAY_RETURN_IF_ERROR(acceptance.Finish());
  for (std::size_t i = 0; i < series.size(); ++i) {
    ASSAY_TRY(AcceptedSeries one, SeriesFromJson(series[i], where, path + ".series[" + std::to_string(i) + "]"));
    scores.series.push_back(std::move(one));
  }
  return scores;
}

}  // namespace assay::compare

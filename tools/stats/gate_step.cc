// SPDX-License-Identifier: MIT
// Anchors and cases in step: what the machine did moment by moment within the sessions.
#include <algorithm>

#include "tools/stats/gate_parts.h"
#include "tools/stats/location.h"

namespace assay::stats::parts {
namespace {

constexpr std::size_t kFewestOfASide = 3;
constexpr std::size_t kMostParts = 4;
constexpr std::size_t kFewestOfAPart = 3;

// The i-th values of one session.
using OfSession = std::vector<Values>;

// Their middle of (i-th value - the location of its case); empty where fewer than three have `count` values.
Values CourseOf(const OfSession& cases, std::size_t count, Middle middle) {
  std::vector<Values> deviations;
  for (const Values& values : cases) {
    const auto location = TrimmedLocation(values, Trim::kLatency);
    if (!location || values.size() != count) continue;
    Values& of_case = deviations.emplace_back();
    for (const double value : values) of_case.push_back(value - location->mean);
  }
  Values course;
  if (deviations.size() < kFewestOfASide) return course;
  for (std::size_t i = 0; i < count; ++i) {
    Values at;
    for (const Values& deviation : deviations) at.push_back(deviation[i]);
    course.push_back(MiddleOf(at, middle));
  }
  return course;
}

void TakeOut(const Values& course, Values& values) {
  if (values.size() != course.size()) return;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= course[i];
}

OfSession HeadOf(std::span<const StoredCase> cases) {
  OfSession values;
  for (const StoredCase& one : cases) values.push_back(one.head);
  return values;
}

OfSession SessionOf(std::span<const StoredCase> cases, std::size_t k) {
  OfSession values;
  for (const StoredCase& one : cases) values.push_back(k < one.sessions.size() ? one.sessions[k] : Values());
  return values;
}

// Passes of the anchors: a short answer that came in one read has no time per token, and its anchor a value less.
std::size_t CountOf(const OfSession& anchors) {
  std::size_t count = 0;
  for (const Values& values : anchors) count = std::max(count, values.size());
  return count;
}

// Adds what the parts of one session say of the variance of one value of (suite - anchors).
void AddParts(const OfSession& suite, const OfSession& anchors, Middle middle, double& squares, double& df) {
  const std::size_t count = CountOf(anchors);
  const std::size_t parts = std::min(kMostParts, count / kFewestOfAPart);
  if (parts < 2) return;
  Values difference = CourseOf(suite, count, Middle::kMedian);
  const Values of_anchors = CourseOf(anchors, count, middle);
  if (difference.empty() || of_anchors.empty()) return;
  TakeOut(of_anchors, difference);
  const std::size_t length = count / parts;
  Values means;
  for (std::size_t part = 0; part < parts; ++part) {
    const auto location = TrimmedLocation(std::span(difference).subspan(part * length, length), Trim::kLatency);
    if (location) means.push_back(location->mean);
  }
  if (means.size() < 2) return;
  const auto part_df = static_cast<double>(means.size() - 1);
  squares += part_df * VarianceOf(means) * static_cast<double>(length);
  df += part_df;
}

}  // namespace

std::vector<StoredCase> WithoutCourse(std::span<const StoredCase> suite, std::span<const StoredCase> anchors,
                                      Middle middle, const InStep& in_step) {
  std::vector<StoredCase> cases(suite.begin(), suite.end());
  if (!in_step.head) return cases;
  const auto course = [&](const OfSession& of_anchors) { return CourseOf(of_anchors, CountOf(of_anchors), middle); };
  const Values of_head = course(HeadOf(anchors));
  for (StoredCase& one : cases) TakeOut(of_head, one.head);
  for (std::size_t k = 0; k < in_step.sessions.size(); ++k) {
    if (!in_step.sessions[k]) continue;
    const Values of_session = course(SessionOf(anchors, k));
    for (StoredCase& one : cases) {
      if (k < one.sessions.size()) TakeOut(of_session, one.sessions[k]);
    }
  }
  return cases;
}

std::optional<StepVariance> WithinSessions(std::span<const StoredCase> suite, std::span<const StoredCase> anchors,
                                           Middle middle, const InStep& in_step) {
  if (!in_step.head) return std::nullopt;
  double squares = 0;
  StepVariance within;
  const OfSession head = HeadOf(anchors);
  AddParts(HeadOf(suite), head, middle, squares, within.df);
  double sessions = 0;
  double inverse = 0;  // sum of 1 / values
  for (std::size_t k = 0; k < in_step.sessions.size(); ++k) {
    const OfSession of_anchors = SessionOf(anchors, k);
    if (CountOf(of_anchors) == 0) continue;
    if (!in_step.sessions[k]) return std::nullopt;
    AddParts(SessionOf(suite, k), of_anchors, middle, squares, within.df);
    inverse += 1 / static_cast<double>(CountOf(of_anchors));
    ++sessions;
  }
  if (within.df <= 0 || sessions <= 0 || CountOf(head) == 0) return std::nullopt;
  const double of_value = squares / within.df;
  within.of_session = of_value * inverse / sessions;
  within.of_head = of_value / static_cast<double>(CountOf(head));
  return within;
}

}  // namespace assay::stats::parts

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/case_log.h"

#include <algorithm>
#include <utility>

#include "benchmarks/suite/doubts.h"
#include "fixtures/base/units.h"

namespace assay::suite {
namespace {

constexpr std::string_view kE2e = "e2e_ms";

ScheduledRequest Scheduled(const run::Sample& sample) {
  const run::Timeline& timeline = sample.timeline;
  ScheduledRequest request;
  request.scheduled_ns = *timeline.scheduled_ns;
  if (timeline.closed) request.ended_ns = timeline.start_ns + timeline.closed->count();
  // A request that failed was sent as well.
  request.lag_ms = static_cast<double>(timeline.start_ns - request.scheduled_ns) / 1e6;
  request.good = sample.outcome == run::Outcome::kOk;
  request.latency_ms = run::LatencyFromScheduleMs(sample);
  const bool given_up = sample.outcome == run::Outcome::kTimeout || sample.outcome == run::Outcome::kStalled;
  if (given_up && timeline.closed) request.latency_ms = *request.lag_ms + base::ToMilliseconds(*timeline.closed);
  return request;
}

}  // namespace

CaseLog::CaseLog(const std::vector<run::PlannedCase>& cases) {
  for (const run::PlannedCase& plan : cases) {
    ids_.push_back(plan.id);
    cases_.push_back({run::CaseSummariser(plan.id, plan.scenario), {}, std::nullopt, false});
  }
}

Row CaseLog::Add(std::size_t index, const run::PlannedCase& plan, const run::Sample& sample, std::string failure) {
  Case& one = cases_[index];
  one.summariser.Add(sample);
  Row row;
  row.failure = std::move(failure);
  if (sample.outcome == run::Outcome::kCancelled) return row;
  ++measured_;
  if (sample.timeline.scheduled_ns) one.scheduled.push_back(Scheduled(sample));
  if (!row.failure.empty()) {
    ++failed_;
    return row;
  }
  if (!one.doubted) {
    one.doubted = true;
    for (run::Warning& doubt : Doubts(plan, sample)) warnings_.push_back(std::move(doubt));
  }
  row.seconds = run::E2eMs(sample).value_or(0) / 1e3;
  for (const run::Metric& metric : run::RequestMetrics()) {
    if (metric.name == kE2e) continue;  // that is real_time
    if (const std::optional<double> value = metric.value(sample)) row.values.emplace_back(&metric, *value);
  }
  return row;
}

void CaseLog::AddDisturbed(bool warmup) { ++(warmup ? disturbed_warmups_ : disturbed_); }

void CaseLog::AddWarmupSample(std::size_t index, const run::Sample& sample) {
  if (const std::optional<double> e2e = run::E2eMs(sample)) cases_[index].alone_ms = e2e;
}

void CaseLog::AddWarmup(std::size_t index, const run::PlannedCase& plan, bool told, const std::string& unsettled) {
  if (!told) return;
  Case& one = cases_[index];
  one.warmed = true;
  if (unsettled.empty() || std::exchange(one.unsettled, true)) return;
  warnings_.push_back({"warmup_not_settled", plan.id, unsettled});
}

void CaseLog::Fill(const MachineTotals& machine, run::Validity& validity) const {
  validity.measured_requests = measured_;
  validity.failed_requests = failed_;
  validity.disturbed_requests = disturbed_ + disturbed_warmups_;
  validity.warnings = warnings_;
  RunCourse course;
  course.warmed_cases = std::ranges::count(cases_, true, &Case::warmed);
  course.unsettled_cases = std::ranges::count(cases_, true, &Case::unsettled);
  course.measured_requests = measured_;
  course.failed_requests = failed_;
  course.disturbed_requests = disturbed_;
  course.machine = machine;
  const run::Metric* e2e = run::FindMetric(kE2e);
  ASSAY_CHECK(e2e != nullptr, "there is no end-to-end latency in the registry");
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const Case& one = cases_[i];
    course.cases.push_back(
        {ids_[i], one.summariser.totals().scenario(), one.summariser.Values(*e2e), one.scheduled, one.alone_ms});
  }
  validity.flags = JudgeValidity(course);
}

std::vector<run::CaseSummary> CaseLog::Summaries() const {
  std::vector<run::CaseSummary> summaries;
  for (const Case& one : cases_) {
    if (one.summariser.totals().attempted() > 0) summaries.push_back(one.summariser.Summary());
  }
  return summaries;
}

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/measure.h"

#include <benchmark/benchmark.h>

#include <set>

#include "benchmarks/suite/reporter.h"
#include "benchmarks/suite/schedule.h"
#include "fixtures/base/text.h"
#include "fixtures/base/units.h"
#include "fixtures/run/metrics.h"

namespace assay::suite {
namespace {

// A case that fails this often in a row is not asked again: a dead model must not cost hours of time-outs.
constexpr int kFailuresInARow = 3;

// Google Benchmark escapes quotes and line ends only: a service's control character would make run.json unreadable.
std::string ForReport(const std::string& message) { return base::EscapeForTerminal(message); }

class Measurement {
 public:
  Measurement(const MeasureOptions& options, chat::Client& client, std::vector<run::PlannedCase>& cases,
              run::RunWriter& writer, Progress& progress)
      : options_(options),
        client_(client),
        cases_(cases),
        writer_(writer),
        progress_(progress),
        failures_(cases.size()) {}

  void WarmUp() {
    for (std::size_t i = 0; i < cases_.size() && ok(); ++i) {
      run::PlannedCase& plan = cases_[i];
      if (!plan.failure.empty()) continue;
      if (Cancelled()) return;
      progress_.Warmup(static_cast<std::int64_t>(i), static_cast<std::int64_t>(cases_.size()), plan.id);
      const session::WarmupResult result = session::WarmUp(
          client_, plan, options_.warmup, [this](chat::Completion& completion) { Record(completion); },
          options_.cancelled);
      if (Cancelled()) return;
      if (!result.failure.empty()) {
        plan.failure = result.failure;
      } else if (!result.settled && options_.warmup.at_most > 1) {
        measured_.validity.warnings.push_back(
            {"warmup_not_settled", plan.id,
             "after " + std::to_string(result.requests) + " requests: " + result.unsettled});
      }
    }
  }

  // One request inside one Google Benchmark run.
  void Request(const Slot& slot, benchmark::State& state) {
    run::PlannedCase& plan = cases_[slot.case_index];
    ++position_;
    for (auto _ : state) {
      if (!ok() || Cancelled()) {
        state.SkipWithError("interrupted");
        break;
      }
      if (failures_[slot.case_index] >= kFailuresInARow) {
        state.SkipWithError(ForReport("not asked: " + plan.failure).c_str());
        break;
      }
      progress_.Measure(position_ - 1, total_, plan.id, slot.repetition, options_.repetitions);
      chat::Completion completion = client_.Complete(plan.model, plan.request);
      session::Label(completion, plan, slot.repetition, false);
      Record(completion);
      Judge(slot, completion.sample, plan, state);
      if (completion.sample.outcome != run::Outcome::kOk) break;
    }
  }

  base::Result<Measured> Run(std::ostream& out) {
    std::vector<Slot> order;
    std::vector<std::string> names;
    for (const run::PlannedCase& plan : cases_) names.push_back(plan.id);
    for (const Slot& slot : InterleavedOrder(cases_.size(), options_.repetitions, options_.seed)) {
      if (cases_[slot.case_index].failure.empty()) order.push_back(slot);
    }
    total_ = static_cast<std::int64_t>(order.size());
    for (const Slot& slot : order) {
      benchmark::RegisterBenchmark(names[slot.case_index].c_str(),
                                   [this, slot](benchmark::State& state) { Request(slot, state); })
          ->UseManualTime()
          ->Iterations(1)
          ->Repetitions(1)  // whatever BENCHMARK_REPETITIONS says: the reporter counts one run per request
          ->Unit(benchmark::kMillisecond);
    }
    benchmark::BenchmarkReporter* forward = nullptr;
    if (options_.benchmark_format == "csv" || options_.benchmark_format == "console") {
      forward = benchmark::CreateDefaultDisplayReporter();
      forward->SetOutputStream(&out);
    }
    RepetitionReporter reporter(std::move(order), std::move(names), options_.repetitions, forward);
    reporter.set_keep([this](const Slot& slot) { return asked_.contains({slot.case_index, slot.repetition}); });
    if (total_ > 0 && !Cancelled()) benchmark::RunSpecifiedBenchmarks(&reporter, "all");
    benchmark::ClearRegisteredBenchmarks();
    progress_.Clear();
    if (write_error_) return *write_error_;
    if (total_ > 0 && !Cancelled() && !reporter.complete()) {
      return base::Error{base::ErrorCode::kInternal,
                         "Google Benchmark did not run what was registered; look for BENCHMARK_* variables and flags",
                         ""};
    }

    measured_.google_benchmark_json = reporter.Json();
    measured_.validity.interrupted = Cancelled();
    if (first_ && last_ > *first_) {
      measured_.measuring_time = last_ - *first_;
      measured_.validity.idle_share = 1.0 - base::ToSeconds(in_requests_) / base::ToSeconds(measured_.measuring_time);
    }
    return std::move(measured_);
  }

 private:
  // What a reader should know about the numbers of this case.
  void Doubt(const run::PlannedCase& plan, const run::Sample& sample) {
    const run::Json* stream = plan.request.Find("stream");
    const bool asked = stream != nullptr && stream->as_bool() != nullptr && *stream->as_bool();
    if (asked && sample.completion_tokens.value_or(0) > 1 && !run::TpotMs(sample)) {
      measured_.validity.warnings.push_back(
          {"not_streamed", plan.id, "the answer came in one burst: TTFT is no first token"});
    }
    if (sample.token_source != run::TokenSource::kServerUsage) {
      measured_.validity.warnings.push_back(
          {"tokens_not_counted", plan.id,
           "the service reports no usage; tokens are " +
               std::string(sample.token_source == run::TokenSource::kChunks ? "counted as events" : "unknown")});
    }
  }

  bool ok() const { return !write_error_.has_value(); }
  bool Cancelled() const { return options_.cancelled && options_.cancelled(); }

  void Record(const chat::Completion& completion) {
    const base::Status status = writer_.Append(completion.sample, completion.answer ? &*completion.answer : nullptr);
    if (!status.ok() && !write_error_) write_error_ = status.error();
  }

  void Judge(const Slot& slot, const run::Sample& sample, run::PlannedCase& plan, benchmark::State& state) {
    asked_.insert({slot.case_index, slot.repetition});
    const base::Moment start{base::Nanoseconds(sample.timeline.start_ns)};
    const base::Nanoseconds took = sample.timeline.closed.value_or(base::Nanoseconds(0));
    if (!first_) first_ = start;
    last_ = start + took;
    in_requests_ += took;
    ++measured_.validity.measured_requests;
    if (sample.outcome != run::Outcome::kOk) {
      ++measured_.validity.failed_requests;
      ++failures_[slot.case_index];
      if (sample.outcome != run::Outcome::kCancelled) {
        plan.failure = std::string(ToString(sample.outcome)) + ": " + sample.error;
      }
      state.SkipWithError(ForReport(std::string(ToString(sample.outcome)) + ": " + sample.error).c_str());
      return;
    }
    failures_[slot.case_index] = 0;
    if (slot.repetition == 0) Doubt(plan, sample);
    state.SetIterationTime(run::E2eMs(sample).value_or(0) / 1e3);
    for (const run::Metric& metric : run::AllMetrics()) {
      if (metric.name == "e2e_ms") continue;  // that is real_time
      if (const std::optional<double> value = metric.value(sample)) state.counters[std::string(metric.name)] = *value;
    }
  }

  const MeasureOptions& options_;
  chat::Client& client_;
  std::vector<run::PlannedCase>& cases_;
  run::RunWriter& writer_;
  Progress& progress_;
  std::vector<int> failures_;
  std::set<std::pair<std::size_t, std::int64_t>> asked_;
  std::int64_t position_ = 0;
  std::int64_t total_ = 0;
  std::optional<base::Moment> first_;
  base::Moment last_{};
  base::Nanoseconds in_requests_{0};
  Measured measured_;
  std::optional<base::Error> write_error_;
};

}  // namespace

base::Result<Measured> Measure(const MeasureOptions& options, chat::Client& client,
                               std::vector<run::PlannedCase>& cases, run::RunWriter& writer, Progress& progress,
                               std::ostream& out) {
  Measurement measurement(options, client, cases, writer, progress);
  measurement.WarmUp();
  return measurement.Run(out);
}

}  // namespace assay::suite

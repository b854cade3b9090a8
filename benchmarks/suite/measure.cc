// SPDX-License-Identifier: MIT
#include "benchmarks/suite/measure.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "benchmarks/suite/reporter.h"
#include "benchmarks/suite/schedule.h"
#include "fixtures/base/text.h"
#include "fixtures/base/units.h"
#include "fixtures/run/metrics.h"

namespace assay::suite {
namespace {

// A case that fails this often in a row is not asked again: a dead model must not cost hours of time-outs.
constexpr int kFailuresInARow = 3;

// A request that was given up on after this time shows a service that hangs: asking again costs as much again.
constexpr base::Nanoseconds kHangsAfter = std::chrono::seconds(10);

bool Hung(const run::Sample& sample) {
  const bool given_up = sample.outcome == run::Outcome::kTimeout || sample.outcome == run::Outcome::kStalled;
  return given_up && sample.timeline.closed.value_or(base::Nanoseconds(0)) > kHangsAfter;
}

std::string Reason(const run::Sample& sample) {
  std::string reason = std::string(ToString(sample.outcome)) + ": " + sample.error;
  if (Hung(sample)) {
    reason += "; not asked again, one such request took " + base::FormatDuration(*sample.timeline.closed);
  }
  return reason;
}

// Google Benchmark escapes quotes and line ends only: a service's control character would make run.json unreadable.
std::string ForReport(const std::string& message) { return base::EscapeForTerminal(message); }

}  // namespace

class Measurement::Impl {
 public:
  Impl(const MeasureOptions& options, session::Asker& asker, std::vector<run::PlannedCase>& cases,
       run::RunWriter& writer, Progress& progress, std::ostream& out)
      : options_(options),
        clock_(options.clock != nullptr ? *options.clock : steady_),
        asker_(asker),
        cases_(cases),
        writer_(writer),
        progress_(progress),
        failures_(cases.size()),
        reporter_(Names(cases), options.repetitions, Forward(options, out)) {
    reporter_.set_keep([this](const Slot& slot) { return asked_.contains({slot.case_index, slot.repetition}); });
  }

  base::Status MeasureGroup(const std::vector<std::string>& models) {
    std::set<std::size_t> group;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (std::ranges::find(models, cases_[i].model) != models.end()) group.insert(i);
    }
    WarmUp(group);
    const base::Status status = Repeat(group);
    progress_.Clear();
    if (write_error_) return *write_error_;
    return status;
  }

  Measured Finish() {
    reporter_.Close();
    measured_.google_benchmark_json = reporter_.Json();
    measured_.validity.interrupted = Cancelled();
    measured_.validity.upkeep_s = base::ToSeconds(upkeep_);
    if (measured_.measuring_time > base::Nanoseconds(0)) {
      const base::Nanoseconds busy = in_requests_ + measuring_upkeep_;
      measured_.validity.idle_share =
          std::clamp(1.0 - base::ToSeconds(busy) / base::ToSeconds(measured_.measuring_time), 0.0, 1.0);
    }
    return std::move(measured_);
  }

 private:
  static std::vector<std::string> Names(const std::vector<run::PlannedCase>& cases) {
    std::vector<std::string> names;
    for (const run::PlannedCase& plan : cases) names.push_back(plan.id);
    return names;
  }

  static benchmark::BenchmarkReporter* Forward(const MeasureOptions& options, std::ostream& out) {
    if (options.benchmark_format != "csv" && options.benchmark_format != "console") return nullptr;
    benchmark::BenchmarkReporter* forward = benchmark::CreateDefaultDisplayReporter();
    forward->SetOutputStream(&out);
    return forward;
  }

  void WarmUp(const std::set<std::size_t>& group) {
    std::int64_t position = 0;
    for (const std::size_t i : group) {
      run::PlannedCase& plan = cases_[i];
      const std::int64_t shown = position++;
      if (!plan.failure.empty()) continue;
      if (!ok() || Cancelled()) return;
      progress_.Warmup(shown, static_cast<std::int64_t>(group.size()), plan.id);
      std::string hung;
      const session::WarmupResult result = session::WarmUp(
          asker_, plan, options_.warmup,
          [&](chat::Completion& completion) {
            Record(completion);
            if (completion.sample.disturbed.empty() && Hung(completion.sample)) hung = Reason(completion.sample);
          },
          [&] { return Cancelled() || !hung.empty(); });
      upkeep_ += result.upkeep;
      if (Cancelled()) return;
      if (!hung.empty()) {
        plan.failure = hung;
      } else if (!result.failure.empty()) {
        plan.failure = result.failure;
      } else if (!result.settled && options_.warmup.at_most > 1) {
        measured_.validity.warnings.push_back(
            {"warmup_not_settled", plan.id,
             "after " + std::to_string(result.requests) + " requests: " + result.unsettled});
      }
    }
  }

  // Runs Google Benchmark over what of the group could be warmed.
  base::Status Repeat(const std::set<std::size_t>& group) {
    std::vector<Slot> order;
    for (const Slot& slot : InterleavedOrder(cases_.size(), options_.repetitions, options_.seed)) {
      if (group.contains(slot.case_index) && cases_[slot.case_index].failure.empty()) order.push_back(slot);
    }
    if (order.empty() || !ok() || Cancelled()) return {};
    total_ = position_ + static_cast<std::int64_t>(order.size()) + Later(group);
    for (const Slot& slot : order) {
      benchmark::RegisterBenchmark(cases_[slot.case_index].id.c_str(),
                                   [this, slot](benchmark::State& state) { Request(slot, state); })
          ->UseManualTime()
          ->Iterations(1)
          ->Repetitions(1)  // whatever BENCHMARK_REPETITIONS says: the reporter counts one run per request
          ->Unit(benchmark::kMillisecond);
    }
    reporter_.BeginGroup(std::move(order));
    benchmark::RunSpecifiedBenchmarks(&reporter_, "all");
    benchmark::ClearRegisteredBenchmarks();
    if (first_) measured_.measuring_time += last_ - *first_;
    first_.reset();
    if (!Cancelled() && !reporter_.complete()) {
      return base::Error{base::ErrorCode::kInternal,
                         "Google Benchmark did not run what was registered; look for BENCHMARK_* variables and flags",
                         ""};
    }
    return {};
  }

  // Requests of cases that other groups may still measure: for the estimate of the time that is left.
  std::int64_t Later(const std::set<std::size_t>& group) const {
    std::int64_t cases = 0;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (!group.contains(i) && !done_.contains(i) && cases_[i].failure.empty()) ++cases;
    }
    return cases * options_.repetitions;
  }

  // One request inside one Google Benchmark run.
  void Request(const Slot& slot, benchmark::State& state) {
    run::PlannedCase& plan = cases_[slot.case_index];
    done_.insert(slot.case_index);
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
      const base::Moment before = clock_.Now();
      if (!first_) first_ = before;
      session::Asked asked = asker_.Ask(plan);
      last_ = clock_.Now();
      upkeep_ += asked.upkeep;
      measuring_upkeep_ += asked.upkeep;
      for (chat::Completion& disturbed : asked.disturbed) {
        session::Label(disturbed, plan, slot.repetition, false);
        in_requests_ += disturbed.sample.timeline.closed.value_or(base::Nanoseconds(0));
        Record(disturbed);
      }
      session::Label(asked.completion, plan, slot.repetition, false);
      Record(asked.completion);
      Judge(slot, asked.completion.sample, plan, state);
      if (asked.completion.sample.outcome != run::Outcome::kOk) break;
    }
  }

  // What a reader should know about the numbers of this case.
  void Doubt(const run::PlannedCase& plan, const run::Sample& sample) {
    const run::Json* stream = plan.request.Find("stream");
    const bool asked = stream != nullptr && stream->as_bool() != nullptr && *stream->as_bool();
    if (asked && sample.completion_tokens.value_or(0) > 1 && !run::TpotMs(sample)) {
      measured_.validity.warnings.push_back(
          {"not_streamed", plan.id, "the answer came in one burst: TTFT is no first token"});
    }
    const bool counted = sample.token_source == run::TokenSource::kServerUsage ||
                         sample.token_source == run::TokenSource::kTokenizerCount;
    if (!counted) {
      measured_.validity.warnings.push_back(
          {"tokens_not_counted", plan.id,
           "the service reports no usage; tokens are " +
               std::string(sample.token_source == run::TokenSource::kChunks ? "counted as events" : "unknown")});
    }
  }

  bool ok() const { return !write_error_.has_value(); }
  bool Cancelled() const { return options_.cancelled && options_.cancelled(); }

  void Record(const chat::Completion& completion) {
    if (!completion.sample.disturbed.empty()) ++measured_.validity.disturbed_requests;
    const base::Status status = writer_.Append(completion.sample, completion.answer ? &*completion.answer : nullptr);
    if (!status.ok() && !write_error_) write_error_ = status.error();
  }

  void Judge(const Slot& slot, const run::Sample& sample, run::PlannedCase& plan, benchmark::State& state) {
    asked_.insert({slot.case_index, slot.repetition});
    in_requests_ += sample.timeline.closed.value_or(base::Nanoseconds(0));
    ++measured_.validity.measured_requests;
    if (sample.outcome != run::Outcome::kOk) {
      ++measured_.validity.failed_requests;
      failures_[slot.case_index] = Hung(sample) ? kFailuresInARow : failures_[slot.case_index] + 1;
      const std::string reason = Reason(sample);
      if (sample.outcome != run::Outcome::kCancelled) plan.failure = reason;
      state.SkipWithError(ForReport(reason).c_str());
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
  const base::SteadyClock steady_{};
  const base::Clock& clock_;
  session::Asker& asker_;
  std::vector<run::PlannedCase>& cases_;
  run::RunWriter& writer_;
  Progress& progress_;
  std::vector<int> failures_;
  RepetitionReporter reporter_;
  std::set<std::pair<std::size_t, std::int64_t>> asked_;
  std::set<std::size_t> done_;
  std::int64_t position_ = 0;
  std::int64_t total_ = 0;
  std::optional<base::Moment> first_;  // of the group
  base::Moment last_{};
  base::Nanoseconds in_requests_{0};
  base::Nanoseconds upkeep_{0};
  base::Nanoseconds measuring_upkeep_{0};  // warm-ups left out
  Measured measured_;
  std::optional<base::Error> write_error_;
};

Measurement::Measurement(const MeasureOptions& options, session::Asker& asker, std::vector<run::PlannedCase>& cases,
                         run::RunWriter& writer, Progress& progress, std::ostream& out)
    : impl_(std::make_unique<Impl>(options, asker, cases, writer, progress, out)) {}

Measurement::~Measurement() = default;

base::Status Measurement::MeasureGroup(const std::vector<std::string>& models) { return impl_->MeasureGroup(models); }

Measured Measurement::Finish() { return impl_->Finish(); }

}  // namespace assay::suite

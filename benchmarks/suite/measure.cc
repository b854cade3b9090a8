// SPDX-License-Identifier: MIT
#include "benchmarks/suite/measure.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "benchmarks/suite/block_window.h"
#include "benchmarks/suite/blocks.h"
#include "benchmarks/suite/case_log.h"
#include "benchmarks/suite/failure_words.h"
#include "benchmarks/suite/hung.h"
#include "benchmarks/suite/probe_cases.h"
#include "benchmarks/suite/reporter.h"
#include "benchmarks/suite/schedule.h"
#include "benchmarks/suite/time_account.h"
#include "fixtures/base/text.h"
#include "fixtures/catalogue/cases.h"

namespace assay::suite {
namespace {

// A case that fails this often in a row is not asked again: a dead model must not cost hours of time-outs.
constexpr int kFailuresInARow = 3;

// Google Benchmark keeps some kilobytes per registration and per run until it has run all of them.
constexpr std::size_t kBatch = 512;

// Upkeep of more than this share of a request's time is in what the machine did meanwhile.
constexpr int kUpkeepShows = 50;

base::Nanoseconds Took(const chat::Completion& completion) {
  return completion.sample.timeline.closed.value_or(base::Nanoseconds(0));
}

// Google Benchmark escapes quotes and line ends only: a service's control character would make run.json unreadable.
std::string ForReport(const std::string& message) { return base::EscapeForTerminal(message); }

void Show(const Row& row, benchmark::State& state) {
  if (!row.failure.empty()) {
    state.SkipWithError(ForReport(row.failure).c_str());
    return;
  }
  state.SetIterationTime(row.seconds);
  for (const auto& [metric, value] : row.values) state.counters[std::string(metric->name)] = value;
}

std::int64_t RequestsOf(const run::PlannedCase& plan, std::int64_t repetitions) {
  if (plan.repetitions) return *plan.repetitions;
  return plan.scenario.loaded() ? catalogue::RequestsUnderLoad(plan.scenario, repetitions) : repetitions;
}

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
        log_(cases),
        keeper_(options.expected),
        failures_(cases.size()) {
    std::vector<RepetitionReporter::Case> names;
    for (const run::PlannedCase& plan : cases) {
      plan_.push_back({PhaseOf(plan.scenario), RequestsOf(plan, options.repetitions)});
      names.push_back({plan.id, plan_.back().repetitions});
      if (!plan.scenario.probe) planned_ += plan_.back().repetitions;  // a probe is not measured
    }
    reporter_ = std::make_shared<RepetitionReporter>(std::move(names), writer.directory() / "run.json.requests.partial",
                                                     Forward(options, out));
    reporter_->set_fixed_columns(options.benchmark_format == "csv");
    reporter_->set_keep([this](std::size_t place) { return asked_[place]; });
  }

  base::Status MeasureGroup(const std::vector<std::string>& models) {
    base::Status status;
    for (const Phase phase : kPhases) {
      std::vector<std::size_t> group;
      for (std::size_t i = 0; i < cases_.size(); ++i) {
        if (plan_[i].phase == phase && std::ranges::find(models, cases_[i].model) != models.end()) group.push_back(i);
      }
      if (group.empty() || !ok() || !status.ok() || Cancelled()) continue;
      if (IsOfProbes(phase)) {
        AskProbes(group);
        continue;
      }
      WarmUp(group);
      status = Repeat(phase, group);
    }
    progress_.Clear();
    if (write_error_) return *write_error_;
    return status;
  }

  base::Status Warm(const std::vector<std::size_t>& cases) {
    WarmUp(cases);
    progress_.Clear();
    if (write_error_) return *write_error_;
    return {};
  }

  base::Result<std::optional<base::Moment>> Ask(const std::vector<Slot>& slots, std::optional<base::Moment> since) {
    time_.BeginAt(since);
    std::optional<base::Moment> ended = since;
    for (std::size_t begin = 0; begin < slots.size() && ok() && !Cancelled(); begin += kBatch) {
      const auto from = slots.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto to = slots.begin() + static_cast<std::ptrdiff_t>(std::min(slots.size(), begin + kBatch));
      ASSAY_RETURN_IF_ERROR(RunBatch({from, to}));
      if (std::ranges::find(asked_, true) != asked_.end()) ended = time_.last_ended();
    }
    if (ended) time_.Stop(*ended);
    if (write_error_) return *write_error_;
    return ended;
  }

  void Expect(std::int64_t requests) { total_ = requests; }
  bool GaveUp(std::size_t index) const { return failures_[index] >= kFailuresInARow; }

  Measured Finish() {
    reporter_->Close();
    Measured measured;
    measured.google_benchmark = [reporter = reporter_](const run::TakeText& take) { return reporter->Json(take); };
    log_.Fill(options_.watch != nullptr ? options_.watch->Totals() : Unwatched(), measured.validity);
    measured.summaries = log_.Summaries();
    measured.measuring_time = time_.measuring();
    measured.planned_requests = planned_;
    measured.probes = std::move(probes_);
    measured.validity.interrupted = Cancelled();
    time_.Fill(measured.validity);
    measured.validity.renewals = renewals_;
    return measured;
  }

 private:
  static benchmark::BenchmarkReporter* Forward(const MeasureOptions& options, std::ostream& out) {
    if (options.benchmark_format != "csv" && options.benchmark_format != "console") return nullptr;
    benchmark::BenchmarkReporter* forward = benchmark::CreateDefaultDisplayReporter();
    forward->SetOutputStream(&out);
    return forward;
  }

  void WarmUp(const std::vector<std::size_t>& group) {
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
            Record(plan, completion);
            if (completion.sample.disturbed.empty()) log_.AddWarmupSample(i, completion.sample);
            if (completion.sample.disturbed.empty() && Hung(completion.sample)) {
              hung = Reason(completion.sample) + NotAskedAgain(completion.sample);
            }
          },
          [&] { return Cancelled() || !hung.empty(); });
      time_.AddUpkeep(result.upkeep);
      if (Cancelled()) return;
      if (!hung.empty()) {
        plan.failure = hung;
      } else if (!result.failure.empty()) {
        plan.failure = result.failure;
      } else {
        log_.AddWarmup(
            i, plan, options_.warmup.at_most > 1,
            result.settled ? "" : "after " + std::to_string(result.requests) + " requests: " + result.unsettled);
      }
    }
  }

  void AskProbes(const std::vector<std::size_t>& group) {
    for (const std::size_t i : group) {
      run::PlannedCase& plan = cases_[i];
      if (!plan.failure.empty()) continue;
      if (!ok() || Cancelled()) return;
      const AskedProbe asked =
          AskProbe(asker_, plan,
                   // A copy: the words of a confidential answer are taken away from it, and the probe still needs them.
                   {[&](chat::Completion completion) { Record(plan, completion); },
                    [&](std::int64_t step) {
                      progress_.Measure(step, plan_[i].repetitions, plan.id, step, plan_[i].repetitions);
                    },
                    [&] { return !ok() || Cancelled(); }});
      time_.AddUpkeep(asked.upkeep);
      if (!asked.finding) return;
      probes_.push_back(*asked.finding);
      plan.failure = asked.failure;
      if (plan.failure.empty()) plan.repetitions = asked.requests;
    }
  }

  // Hands over to whoever has something to do between rounds: no request is in flight, and nothing of it counts as
  // measuring time. `order` loses what is asked no more; `begin` is where its next round begins.
  void Pause(Phase phase, std::vector<Slot>& order, std::size_t begin) {
    Round round;
    round.phase = phase;
    round.repetitions = begin == 0 ? 0 : order[begin - 1].repetition + 1;
    round.asked = position_;
    round.next = position_ + static_cast<std::int64_t>(EndOfRound(order, begin, phase) - begin);
    round.planned = planned_;
    std::set<std::size_t> open;
    for (std::size_t i = begin; i < order.size(); ++i) open.insert(order[i].case_index);
    round.open.assign(open.begin(), open.end());
    time_.Interrupt(clock_.Now());
    if (options_.watch != nullptr && begin > 0) options_.watch->Pause();
    const std::vector<std::size_t> settled = options_.between->Between(round);
    for (const std::size_t index : settled) cases_[index].repetitions = round.repetitions;
    const auto rest = order.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto is_settled = [&](const Slot& slot) { return std::ranges::count(settled, slot.case_index) > 0; };
    order.erase(std::remove_if(rest, order.end(), is_settled), order.end());
    total_ = position_ + static_cast<std::int64_t>(order.size() - begin) + later_;
    if (options_.watch != nullptr && begin > 0 && begin < order.size()) options_.watch->Resume();
    time_.EndInterruption(clock_.Now());
  }

  // A pause, too. `order` loses from `begin` on what cannot be asked any more.
  void Renew(std::vector<Slot>& order, std::size_t begin) {
    time_.Interrupt(clock_.Now());
    if (options_.watch != nullptr) options_.watch->EndMeasuring();  // it may be another process afterwards
    std::set<std::size_t> well;
    for (std::size_t i = begin; i < order.size(); ++i) {
      if (cases_[order[i].case_index].failure.empty()) well.insert(order[i].case_index);
    }
    const base::Status renewed = options_.renew();
    if (renewed.ok()) {
      ++renewals_;
      WarmUp({well.begin(), well.end()});
    } else if (!Cancelled()) {
      for (const std::size_t i : well) {
        cases_[i].failure = "not started anew after " + std::to_string(order[begin - 1].repetition + 1) +
                            " repetitions: " + renewed.error().Message();
      }
    }
    const auto is_lost = [&](const Slot& slot) {
      return well.contains(slot.case_index) && !cases_[slot.case_index].failure.empty();
    };
    order.erase(std::remove_if(order.begin() + static_cast<std::ptrdiff_t>(begin), order.end(), is_lost), order.end());
    total_ = position_ + static_cast<std::int64_t>(order.size() - begin) + later_;
    if (options_.watch != nullptr && begin < order.size() && !Cancelled()) {
      options_.watch->BeginMeasuring(options_.watch_prefix + cases_[order[begin].case_index].model);
    }
    time_.EndInterruption(clock_.Now());
  }

  // Runs Google Benchmark over what of the group could be warmed.
  base::Status Repeat(Phase phase, const std::vector<std::size_t>& group) {
    const std::set<std::size_t> members(group.begin(), group.end());
    std::vector<Slot> order;
    for (const Slot& slot : PhaseOrder(plan_, phase, options_.seed)) {
      if (members.contains(slot.case_index) && cases_[slot.case_index].failure.empty()) order.push_back(slot);
    }
    if (order.empty() || !ok() || Cancelled()) return {};
    later_ = Later(members);
    total_ = position_ + static_cast<std::int64_t>(order.size()) + later_;
    if (options_.between != nullptr) Pause(phase, order, 0);
    if (order.empty()) return {};
    if (options_.watch != nullptr)
      options_.watch->BeginMeasuring(options_.watch_prefix + cases_[order.front().case_index].model);
    base::Status status;
    for (std::size_t begin = 0, end = 0; begin < order.size() && status.ok() && ok() && !Cancelled(); begin = end) {
      const bool by_round = options_.between != nullptr || options_.renew;
      const std::size_t round = by_round ? EndOfRound(order, begin, phase) : order.size();
      end = std::min(round, begin + kBatch);
      const auto at = [&](std::size_t place) { return order.begin() + static_cast<std::ptrdiff_t>(place); };
      status = RunBatch({at(begin), at(end)});
      if (!by_round || end != round || !status.ok() || !ok() || Cancelled()) continue;
      if (options_.between != nullptr) Pause(phase, order, end);
      const bool renews = phase == Phase::kOneByOne && options_.renew && end < order.size() && !Cancelled();
      if (renews && AnotherBlockFollows(options_.blocks, order[end - 1].repetition + 1)) Renew(order, end);
    }
    if (options_.watch != nullptr) options_.watch->EndMeasuring();
    time_.StopAtTheLast();
    return status;
  }

  base::Status RunBatch(std::vector<Slot> order) {
    asked_.assign(order.size(), false);
    for (std::size_t place = 0; place < order.size(); ++place) {
      const Slot slot = order[place];
      benchmark::RegisterBenchmark(cases_[slot.case_index].id.c_str(),
                                   [this, slot, place](benchmark::State& state) { RunSlot(slot, place, state); })
          ->UseManualTime()
          ->Iterations(1)
          ->Repetitions(1)  // whatever BENCHMARK_REPETITIONS says: the reporter counts one run per request
          ->Unit(benchmark::kMillisecond);
    }
    reporter_->BeginBatch(std::move(order));
    benchmark::RunSpecifiedBenchmarks(reporter_.get(), "all");
    benchmark::ClearRegisteredBenchmarks();
    if (!reporter_->status().ok() && ok()) write_error_ = reporter_->status().error();
    if (!Cancelled() && ok() && !reporter_->complete()) {
      return base::Error{base::ErrorCode::kInternal,
                         "Google Benchmark did not run what was registered; look for BENCHMARK_* variables and flags",
                         ""};
    }
    return {};
  }

  // Requests of cases that other groups and phases may still measure: for the estimate of the time that is left.
  std::int64_t Later(const std::set<std::size_t>& members) const {
    std::int64_t requests = 0;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i].scenario.probe) continue;
      if (!members.contains(i) && !done_.contains(i) && cases_[i].failure.empty()) requests += plan_[i].repetitions;
    }
    return requests;
  }

  // One request inside one Google Benchmark run.
  void RunSlot(const Slot& slot, std::size_t place, benchmark::State& state) {
    const run::PlannedCase& plan = cases_[slot.case_index];
    done_.insert(slot.case_index);
    ++position_;
    for (auto _ : state) {
      std::optional<Row> row;
      if (plan.scenario.loaded()) {
        row = FromBlock(slot);
      } else if (!ok() || Cancelled()) {
        state.SkipWithError("interrupted");
      } else if (failures_[slot.case_index] >= kFailuresInARow) {
        state.SkipWithError(ForReport("not asked: " + plan.failure).c_str());
      } else {
        row = AskOnce(slot);
      }
      if (row) {
        asked_[place] = true;
        Show(*row, state);
      } else if (plan.scenario.loaded()) {
        state.SkipWithError("never sent");
      }
      if (!row || !row->failure.empty()) break;
    }
  }

  Row AskOnce(const Slot& slot) {
    run::PlannedCase& plan = cases_[slot.case_index];
    progress_.Measure(position_ - 1, total_, plan.id, slot.repetition, plan_[slot.case_index].repetitions);
    if (options_.watch != nullptr) options_.watch->Before(options_.watch_prefix + plan.model);
    time_.Sent(clock_.Now());
    session::Asked asked = asker_.Ask(plan, {slot.repetition, false});
    time_.Ended(clock_.Now());
    if (options_.watch != nullptr) asked.completion.sample.machine = UseAround(plan, asked);
    base::Nanoseconds in_requests = Took(asked.completion);
    for (chat::Completion& disturbed : asked.disturbed) {
      session::Label(disturbed, plan, slot.repetition, false);
      in_requests += Took(disturbed);
      Record(plan, disturbed);
    }
    session::Label(asked.completion, plan, slot.repetition, false);
    time_.AddRequests(in_requests, asked.upkeep, base::Nanoseconds(0));
    Record(plan, asked.completion);
    if (asked.reference) {  // its time is upkeep
      session::Label(*asked.reference, plan, slot.repetition, true);
      Record(plan, *asked.reference);
    }
    return JudgeOnce(slot.case_index, asked.completion.sample);
  }

  run::MachineUse UseAround(const run::PlannedCase& plan, const session::Asked& asked) {
    MachineWatch::Between between;
    between.one_request =
        asked.disturbed.empty() && !asked.reference && asked.upkeep * kUpkeepShows <= Took(asked.completion);
    between.moved = !asked.disturbed.empty() || plan.scenario.start == run::Start::kAfterRestart ||
                    asked.completion.sample.outcome != run::Outcome::kOk;
    return options_.watch->After(between);
  }

  Row JudgeOnce(std::size_t index, const run::Sample& sample) {
    std::string failure = Reason(sample);
    int& failures = failures_[index];
    failures = failure.empty() ? 0 : failures + 1;
    if (Hung(sample)) {
      failures = kFailuresInARow;
      failure += NotAskedAgain(sample);
    }
    return Judge(index, sample, std::move(failure));
  }

  Row Judge(std::size_t index, const run::Sample& sample, std::string failure) {
    run::PlannedCase& plan = cases_[index];
    if (!failure.empty() && sample.outcome != run::Outcome::kCancelled) plan.failure = failure;
    return log_.Add(index, plan, sample, std::move(failure));
  }

  // The requests of a block lie in slots next to each other: the first one asks for all of them.
  std::optional<Row> FromBlock(const Slot& slot) {
    if (block_of_ != slot.case_index) {
      block_of_ = slot.case_index;
      block_.assign(static_cast<std::size_t>(plan_[slot.case_index].repetitions), std::nullopt);
      if (ok() && !Cancelled()) AskBlock(slot.case_index);
    }
    return std::exchange(block_[static_cast<std::size_t>(slot.repetition)], std::nullopt);
  }

  void AskBlock(std::size_t index) {
    run::PlannedCase& plan = cases_[index];
    session::LoadShape shape;
    shape.requests = plan_[index].repetitions;
    shape.in_flight = plan.scenario.concurrency.value_or(0);
    if (plan.scenario.rate_per_s) {
      shape.schedule = PoissonArrivals(*plan.scenario.rate_per_s, shape.requests, options_.seed, plan.id);
    }
    progress_.Measure(position_ - 1, total_, plan.id, 0, shape.requests);
    if (options_.watch != nullptr) options_.watch->Before(options_.watch_prefix + plan.model, true);
    BlockWindow window;
    BlockWindow disturbed_window;  // of the first time, where the block was asked twice
    time_.Sent(clock_.Now());
    const session::AskedLoad asked =
        asker_.AskUnderLoad(plan, shape, [&](std::int64_t request, chat::Completion completion) {
          session::Label(completion, plan, request, false);
          const bool disturbed = !completion.sample.disturbed.empty();
          (disturbed ? disturbed_window : window).Add(completion.sample.timeline);
          Record(plan, completion);
          if (disturbed) return;  // the one that stands follows
          block_[static_cast<std::size_t>(request)] = Judge(index, completion.sample, Reason(completion.sample));
        });
    time_.Ended(clock_.Now());
    if (options_.watch != nullptr) options_.watch->AfterBlock();
    time_.AddRequests(window.length() + disturbed_window.length(), asked.upkeep, asked.pause);
    if (asked.gave_up) plan.failure += (plan.failure.empty() ? "" : "; ") + NothingAnswered();
  }

  bool ok() const { return !write_error_.has_value(); }
  bool Cancelled() const { return options_.cancelled && options_.cancelled(); }

  // What may not be kept is gone afterwards: whatever is said of the request is said of what is left.
  void Record(const run::PlannedCase& plan, chat::Completion& completion) {
    keeper_.Keep(plan, completion);
    if (!completion.sample.disturbed.empty()) log_.AddDisturbed(completion.sample.warmup);
    const base::Status status = writer_.Append(completion.sample, completion.answer ? &*completion.answer : nullptr);
    if (!status.ok() && !write_error_) write_error_ = status.error();
  }

  const MeasureOptions& options_;
  const base::SteadyClock steady_{};
  const base::Clock& clock_;
  session::Asker& asker_;
  std::vector<run::PlannedCase>& cases_;
  run::RunWriter& writer_;
  Progress& progress_;
  CaseLog log_;
  AnswerKeeper keeper_;
  std::vector<Asking> plan_;   // of each case
  std::vector<int> failures_;  // in a row, of each case
  std::shared_ptr<RepetitionReporter> reporter_;
  std::vector<bool> asked_;  // which of the batch were sent
  std::optional<std::size_t> block_of_;
  std::vector<std::optional<Row>> block_;  // rows nobody has taken yet
  std::vector<run::ProbeFinding> probes_;
  std::set<std::size_t> done_;
  std::int64_t position_ = 0;
  std::int64_t total_ = 0;
  std::int64_t later_ = 0;    // of `total_`, those of other groups and phases
  std::int64_t planned_ = 0;  // with every case asked to the end
  std::int64_t renewals_ = 0;
  TimeAccount time_;
  std::optional<base::Error> write_error_;
};

Measurement::Measurement(const MeasureOptions& options, session::Asker& asker, std::vector<run::PlannedCase>& cases,
                         run::RunWriter& writer, Progress& progress, std::ostream& out)
    : impl_(std::make_unique<Impl>(options, asker, cases, writer, progress, out)) {}

Measurement::~Measurement() = default;

base::Status Measurement::MeasureGroup(const std::vector<std::string>& models) { return impl_->MeasureGroup(models); }

Measured Measurement::Finish() { return impl_->Finish(); }

base::Status Measurement::Warm(const std::vector<std::size_t>& cases) { return impl_->Warm(cases); }

base::Result<std::optional<base::Moment>> Measurement::Ask(const std::vector<Slot>& slots,
                                                           std::optional<base::Moment> since) {
  return impl_->Ask(slots, since);
}

void Measurement::Expect(std::int64_t requests) { impl_->Expect(requests); }

bool Measurement::GaveUp(std::size_t index) const { return impl_->GaveUp(index); }

}  // namespace assay::suite

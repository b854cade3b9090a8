// SPDX-License-Identifier: MIT
// Measures planned cases as Google Benchmark cases: manual time, one request = one iteration. What is asked one by one
// is interleaved in a seeded order; a load is one block. Every request is recorded as it ends; disturbed ones are
// recorded and never judged. Memory holds numbers, not requests. The only file that drives Google Benchmark.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/suite/answer_keeper.h"
#include "benchmarks/suite/between_rounds.h"
#include "benchmarks/suite/machine_watch.h"
#include "benchmarks/suite/progress.h"
#include "benchmarks/suite/schedule.h"
#include "fixtures/base/clock.h"
#include "fixtures/base/result.h"
#include "fixtures/run/run_directory.h"
#include "fixtures/run/summary.h"
#include "fixtures/session/asker.h"
#include "fixtures/session/warmup.h"

namespace assay::suite {

struct MeasureOptions {
  std::int64_t repetitions = 10;  // of cases that say nothing else
  std::int64_t seed = 1;
  session::WarmupLimits warmup;
  std::string benchmark_format;  // empty = show nothing while measuring
  std::function<bool()> cancelled;
  const base::Clock* clock = nullptr;         // of the time between requests; null = the steady one
  MachineWatch* watch = nullptr;              // null = nobody looks at the machine
  std::string watch_prefix;                   // before the variant, where one watch looks at the services of two sides
  BetweenRounds* between = nullptr;           // null = one round follows the other
  const ExpectedAnswers* expected = nullptr;  // null = no prompt expects anything of its answers
  // Repetitions of each block of what is asked one by one while warm. Before each block but the first `renew` has anew
  // what a start does by chance, and the cases are warmed again. Where it fails they are asked no more.
  std::vector<std::int64_t> blocks = {};
  std::function<base::Status()> renew = {};  // empty = one block
};

struct Measured {
  // Google Benchmark's JSON of every request; may be read again and again.
  run::GoogleBenchmarkText google_benchmark;
  run::Validity validity;
  std::vector<run::CaseSummary> summaries;  // of cases that were asked
  // From before the first measured request to after the last, of every group and phase; what was done between rounds
  // is left out.
  base::Nanoseconds measuring_time{0};
  std::int64_t planned_requests = 0;      // with every case asked to the end; probes are not measured
  std::vector<run::ProbeFinding> probes;  // of the cases that are probes, as far as they were asked to their end
  base::Nanoseconds anchors_time{0};      // whoever asks them fills it in
};

// One run, measured in one group of cases or in several, one after the other.
class Measurement {
 public:
  // All must outlive it.
  Measurement(const MeasureOptions& options, session::Asker& asker, std::vector<run::PlannedCase>& cases,
              run::RunWriter& writer, Progress& progress, std::ostream& out);
  ~Measurement();
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  // Phase after phase, warms every case of `models` (variants) whose `failure` is empty, then measures those that
  // answered; at the end probes are asked, which needs no warm-up. Fills in `failure` of cases that failed; the others
  // go on. An error means that recording itself failed (disk full): the run is lost from there on.
  base::Status MeasureGroup(const std::vector<std::string>& models);
  // After the last group.
  Measured Finish();

  // The parts of MeasureGroup, for a driver that decides the order itself (pair_run.h). The watch is then the driver's
  // to begin and to end.
  //
  // Warms these cases, as far as they have not failed.
  base::Status Warm(const std::vector<std::size_t>& cases);
  // Measures these requests in this order; of a loaded case all of them, once. The time from `since` on, the end of the
  // last request of anybody, belongs to the first of them. Returns when the last one ended: `since` when none was sent.
  base::Result<std::optional<base::Moment>> Ask(const std::vector<Slot>& slots, std::optional<base::Moment> since);
  // Requests of all of it, for the estimate of the time that is left.
  void Expect(std::int64_t requests);
  // The case was given up on: it is not asked any more.
  bool GaveUp(std::size_t index) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::suite

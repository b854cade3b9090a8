// SPDX-License-Identifier: MIT
// Turns one registered benchmark per measured request into repetitions of its case, and all of them into Google
// Benchmark's JSON. Google Benchmark itself would report a case's repetitions in bulk at the very end (gating.md c1
// #8). What was reported lies in a file, not in memory.
#pragma once

#include <benchmark/benchmark.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "benchmarks/suite/entry_file.h"
#include "benchmarks/suite/schedule.h"
#include "fixtures/run/run_directory.h"

namespace assay::suite {

class RepetitionReporter final : public benchmark::BenchmarkReporter {
 public:
  struct Case {
    std::string name;
    std::int64_t repetitions = 0;
  };
  // `entries`: a file of its own. `forward` (may be null) sees each run as it comes.
  RepetitionReporter(std::vector<Case> cases, std::filesystem::path entries, benchmark::BenchmarkReporter* forward);

  // What is registered next, in the order of registration. Google Benchmark is run once per batch; whoever reads what
  // is forwarded sees one run.
  void BeginBatch(std::vector<Slot> order);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override {}  // the end of a batch: see Close()
  void Close();

  // Leaves a request out that was never sent (an interrupted run): told its place in the batch.
  // What is forwarded has the counters of its first run only; the files have all.
  void set_fixed_columns(bool fixed) { fixed_columns_ = fixed; }
  void set_keep(std::function<bool(std::size_t place)> keep) { keep_ = std::move(keep); }
  // Whether every registered run of the batch was reported: anything else means that another order was run than ours.
  bool complete() const { return next_ == order_.size(); }
  // Why something of what was reported is lost.
  const base::Status& status() const { return status_; }
  // Everything reported, sorted by case and repetition; may be read again and again. Valid JSON also when nothing was
  // reported.
  base::Status Json(const run::TakeText& take);

 private:
  void Keep(const Slot& slot, const Run& run);

  std::vector<Slot> order_;
  std::vector<Case> cases_;
  EntryFile entries_;
  void KeepColumns(Run& run);

  benchmark::BenchmarkReporter* forward_;
  bool fixed_columns_ = false;
  std::optional<std::set<std::string>> columns_;  // of the first run that was forwarded
  std::function<bool(std::size_t)> keep_;
  std::optional<Context> context_;
  std::size_t next_ = 0;
  std::ostringstream text_;
  std::ostringstream errors_;
  benchmark::JSONReporter json_;
  base::Status status_;
};

}  // namespace assay::suite

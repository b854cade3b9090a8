// SPDX-License-Identifier: MIT
// Turns one registered benchmark per measured request into repetitions of its case, and all of them into Google
// Benchmark's JSON. Google Benchmark itself would report a case's repetitions in bulk at the very end (gating.md c1
// #8).
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/suite/schedule.h"

namespace assay::suite {

class RepetitionReporter final : public benchmark::BenchmarkReporter {
 public:
  // `names` are the case ids. `forward` (may be null) sees each run as it comes.
  RepetitionReporter(std::vector<std::string> names, std::int64_t repetitions, benchmark::BenchmarkReporter* forward)
      : names_(std::move(names)), repetitions_(repetitions), forward_(forward) {}

  // What is registered next, in the order of registration. Google Benchmark is run once per group; whoever reads what
  // is forwarded sees one run.
  void BeginGroup(std::vector<Slot> order);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override {}  // the end of a group: see Close()
  void Close();

  // Leaves a request out that was never sent (an interrupted run).
  void set_keep(std::function<bool(const Slot&)> keep) { keep_ = std::move(keep); }
  // Whether every registered run of the group was reported: anything else means that another order was run than ours.
  bool complete() const { return next_ == order_.size(); }
  // Everything reported, sorted by case and repetition. Valid JSON also when nothing was reported.
  std::string Json();

 private:
  std::vector<Slot> order_;
  std::vector<std::string> names_;
  std::int64_t repetitions_;
  benchmark::BenchmarkReporter* forward_;
  std::function<bool(const Slot&)> keep_;
  std::optional<Context> context_;
  std::size_t next_ = 0;
  std::vector<Run> runs_;
};

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// What a measurement keeps of its requests once they are on disk: the counts of the run, and of each case the numbers
// behind its summary, its warnings and its validity. One per run; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/suite/validity.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/run_directory.h"
#include "fixtures/run/summary.h"

namespace assay::suite {

// One request as its row in Google Benchmark's table.
struct Row {
  std::string failure;  // empty when it is good
  double seconds = 0;
  std::vector<std::pair<const run::Metric*, double>> values;
};

class CaseLog {
 public:
  explicit CaseLog(const std::vector<run::PlannedCase>& cases);

  // A measured request that stands. `failure` says in words how it failed. One that the user cancelled says nothing of
  // the service and is not counted.
  Row Add(std::size_t index, const run::PlannedCase& plan, const run::Sample& sample, std::string failure);
  void AddDisturbed(bool warmup);
  // A warm-up that stands: how long such a request takes alone.
  void AddWarmupSample(std::size_t index, const run::Sample& sample);
  // A case that was warmed, once or, with starts anew, several times; `unsettled` is empty when it settled. `told` =
  // with more than one request.
  void AddWarmup(std::size_t index, const run::PlannedCase& plan, bool told, const std::string& unsettled);

  // Fills in everything but times. `machine` as it was while measuring.
  void Fill(const MachineTotals& machine, run::Validity& validity) const;
  std::vector<run::CaseSummary> Summaries() const;

 private:
  struct Case {
    run::CaseSummariser summariser;
    std::vector<ScheduledRequest> scheduled;
    std::optional<double> alone_ms;
    bool doubted = false;  // its first good request was looked at
    bool warmed = false;
    bool unsettled = false;  // once, at least
  };
  std::vector<std::string> ids_;
  std::vector<Case> cases_;
  std::vector<run::Warning> warnings_;
  std::int64_t measured_ = 0;
  std::int64_t failed_ = 0;
  std::int64_t disturbed_ = 0;
  std::int64_t disturbed_warmups_ = 0;
};

}  // namespace assay::suite

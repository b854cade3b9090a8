// SPDX-License-Identifier: MIT
// Whether the conditions of a run held, apart from how fast it was: named flags, each with its figure and its limit, or
// with the reason why it could not be told. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/suite/machine_watch.h"
#include "fixtures/base/clock.h"
#include "fixtures/run/run_directory.h"

namespace assay::suite {

// One request of an open loop.
struct ScheduledRequest {
  std::int64_t scheduled_ns = 0;
  std::optional<std::int64_t> ended_ns;
  std::optional<double> lag_ms;
  // From its schedule; of one that was given up on until then, which is a lower bound; of other failures absent.
  std::optional<double> latency_ms;
  bool good = false;
};

struct CaseCourse {
  std::string case_id;
  run::Scenario scenario;
  std::vector<double> e2e_ms;  // of the good requests, as time passed
  std::vector<ScheduledRequest> scheduled;
  std::optional<double> alone_ms = {};  // end-to-end latency of its last good warm-up, nothing else in flight
};

struct RunCourse {
  std::int64_t warmed_cases = 0;  // of which it could be told whether they settled
  std::int64_t unsettled_cases = 0;
  std::int64_t measured_requests = 0;
  std::int64_t failed_requests = 0;     // of the measured ones
  std::int64_t disturbed_requests = 0;  // beside the measured ones
  MachineTotals machine;
  std::vector<CaseCourse> cases;
};

// Every flag of the run, then those of each open-loop case.
std::vector<run::Flag> JudgeValidity(const RunCourse& course);

}  // namespace assay::suite

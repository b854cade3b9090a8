// SPDX-License-Identifier: MIT
// Makes runs the new baseline. Everything is checked before the first file is written, and a case that failed, was not
// measured to its end or disagrees with itself is never accepted. Latencies measured under conditions the policy does
// not take are not either: nobody who insists can make them true. Files that would not change are not touched.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/policy.h"
#include "tools/compare/run_set.h"

namespace assay::compare {

struct AcceptRequest {
  std::filesystem::path baselines;  // created when it is not there
  std::string reason;               // not empty
  std::string at;                   // UTC time of the acceptance
  bool outputs = true;
  bool latency = true;
  std::vector<std::string> cases;  // globs; empty = all
  // Cases it does not gate the answers of are accepted for their latency only, and may disagree
  // with themselves.
  Policy policy;
};

// A case whose answers may stand while its latency must not become a baseline.
struct NotAccepted {
  std::string case_id;
  std::string reason;  // the flags that spoil it, with their figures; not escaped
};

struct AcceptSummary {
  std::vector<std::filesystem::path> written;
  std::size_t cases = 0;
  std::size_t answers_new = 0;
  std::size_t answers_changed = 0;
  std::size_t answers_unchanged = 0;
  std::size_t scored = 0;             // cases whose scores are in the baseline now
  std::size_t sessions_added = 0;     // per variant
  std::size_t sessions_replaced = 0;  // the same run was accepted before
  std::vector<NotAccepted> latency_left_out;
};

// kUsage and kInvalidInput, and then nothing was written: also for a second look, whose cases are a selection, and when
// a flag spoils the latency of a whole run or of every case asked for.
base::Result<AcceptSummary> Accept(const RunSet& runs, const AcceptRequest& request);

}  // namespace assay::compare

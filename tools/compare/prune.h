// SPDX-License-Identifier: MIT
// Takes cases out of the baselines that the suite does not have any more: those of the run's variants that the run did
// not plan. Everything is read and checked before the first file is written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/run_set.h"

namespace assay::compare {

struct PruneRequest {
  std::filesystem::path baselines;
  bool outputs = true;
  bool latency = true;             // of every environment: a case that was retired is so on every machine
  std::vector<std::string> cases;  // globs; empty = whatever was not planned
};

struct PrunedCase {
  std::string id;
  std::filesystem::path file;  // of a latency file: out of all of its sessions
};

struct PruneSummary {
  std::vector<PrunedCase> removed;             // by file
  std::vector<std::filesystem::path> deleted;  // files that had no case left
};

// kUsage, and then nothing was written: for runs that asked only a part of their suite, or of which that is not known,
// unless `cases` says what to take; for a glob that matches nothing that could go. kInvalidInput for baselines that
// cannot be read.
base::Result<PruneSummary> Prune(const RunSet& runs, const PruneRequest& request);

}  // namespace assay::compare

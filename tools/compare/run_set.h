// SPDX-License-Identifier: MIT
// Several runs judged as one: measured on one machine, no case in two of them, at least one case.
// What a comparison and an acceptance both stand on. Moves, does not copy: entries point into the
// runs.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/run_directory.h"
#include "tools/compare/policy.h"

namespace assay::compare {

class RunSet {
 public:
  struct Entry {
    const run::Run* run;
    const run::RunCase* one;
  };

  // kUsage for no run, different environments or a case in two runs; kInvalidInput for runs without
  // a case.
  static base::Result<RunSet> Create(std::vector<run::Run> runs);
  // Reads the directories, then Create. `thin`: see run::ReadRun.
  static base::Result<RunSet> Read(std::span<const std::filesystem::path> directories,
                                   const std::function<void(run::Sample&)>& thin = {});

  RunSet(RunSet&&) = default;
  RunSet& operator=(RunSet&&) = default;

  const std::vector<run::Run>& runs() const { return runs_; }
  const std::vector<Entry>& cases() const { return cases_; }
  const run::Environment& environment() const { return runs_.front().info.environment; }
  std::vector<std::string> Variants() const;  // sorted, each once

 private:
  RunSet() = default;
  std::vector<run::Run> runs_;
  std::vector<Entry> cases_;
};

// Leaves of a sample what a comparison by this policy looks at: most of a long run is events that nobody judges, and
// what the case of a sample says as well. For RunSet::Read; what reports a run needs all of it.
std::function<void(run::Sample&)> OnlyJudged(const Policy& policy);

}  // namespace assay::compare

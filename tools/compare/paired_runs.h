// SPDX-License-Identifier: MIT
// A paired run read from its directory: both sides, and which case of the base belongs to which of the head. Moves,
// does not copy: entries point into the runs.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/pair.h"
#include "fixtures/run/run_directory.h"

namespace assay::compare {

class PairedRuns {
 public:
  struct Entry {
    const run::RunCase* base;
    const run::RunCase* head;
  };

  // kInvalidInput, each with what to do: no case; a pair that names a case its side did not plan, or one that another
  // pair has; no blocks, or a block of no repetitions; a case that was asked more often than the blocks add up to.
  // kUsage for sides measured on different machines. A case of a side that no pair names is left out: nothing was asked
  // beside it.
  static base::Result<PairedRuns> Create(std::filesystem::path directory, run::PairInfo info, run::Run base,
                                         run::Run head);
  // pair.json and both sides, then Create. `thin`: see run::ReadRun.
  static base::Result<PairedRuns> Read(const std::filesystem::path& directory,
                                       const std::function<void(run::Sample&)>& thin = {});
  // The same while both sides are still being written (run::ReadInterimRun); pair.json must be there already.
  static base::Result<PairedRuns> ReadInterim(const std::filesystem::path& directory);

  PairedRuns(PairedRuns&&) = default;
  PairedRuns& operator=(PairedRuns&&) = default;

  const std::filesystem::path& directory() const { return directory_; }
  const run::PairInfo& info() const { return info_; }
  const run::Run& base() const { return base_; }
  const run::Run& head() const { return head_; }
  const std::vector<Entry>& cases() const { return cases_; }  // in the order of the pair

 private:
  PairedRuns() = default;
  std::filesystem::path directory_;
  run::PairInfo info_;
  run::Run base_;
  run::Run head_;
  std::vector<Entry> cases_;
};

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// One writer per run directory: two runs into one folder would take each other's files away.
#pragma once

#include <filesystem>

#include "fixtures/base/result.h"

namespace assay::suite {

class RunLock {
 public:
  // kUsage when a process that is still there writes into `directory`; the lock of one that is gone is taken over.
  static base::Result<RunLock> Take(const std::filesystem::path& directory);
  RunLock(RunLock&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  explicit RunLock(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace assay::suite

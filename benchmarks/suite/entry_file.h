// SPDX-License-Identifier: MIT
// Texts that would be too many for memory: appended as they come to a file beside the run, handed back sorted. Only
// where each one lies is kept. The file is removed at the end. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>
#include <vector>

#include "benchmarks/suite/schedule.h"
#include "fixtures/base/result.h"

namespace assay::suite {

class EntryFile {
 public:
  // The file is created by the first Append.
  explicit EntryFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~EntryFile();
  EntryFile(const EntryFile&) = delete;
  EntryFile& operator=(const EntryFile&) = delete;

  base::Status Append(const Slot& slot, std::string_view text);
  // Every text, by case and repetition; of the same slot in the order of Append. Stops at the first error of `take`.
  base::Status ForEach(const std::function<base::Status(std::string_view text)>& take);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Slot slot;
    std::int64_t offset = 0;
    std::size_t length = 0;
  };
  base::Error Failed(const char* action) const;

  std::filesystem::path path_;
  std::fstream file_;
  std::int64_t end_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// A /proc and a /sys of the test's own, in a temporary folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fixtures/base/files.h"
#include "fixtures/machine/processes.h"
#include "fixtures/machine/roots.h"

namespace assay::machine {

// What /proc/<pid> of a made-up process says.
struct ProcEntry {
  Pid parent = 1;
  std::string name = "service";
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t children_ticks = 0;
  std::uint64_t start_ticks = 100;
  std::int64_t resident_kib = 0;
  std::int64_t peak_kib = 0;
};

class FakeTree {
 public:
  FakeTree();

  const Roots& roots() const { return roots_; }
  // `path` begins with "proc/" or "sys/". Folders are made as needed.
  void Write(std::string_view path, std::string_view content) const;
  void Link(std::string_view path, const std::string& target) const;
  void Remove(std::string_view path) const;

  // stat and status, without the list of children.
  void AddProcess(Pid pid, const ProcEntry& entry) const;
  void AddChildren(Pid pid, Pid thread, std::string_view children) const;

 private:
  base::TemporaryDirectory folder_;
  Roots roots_;
};

}  // namespace assay::machine

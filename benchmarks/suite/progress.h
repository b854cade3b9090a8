// SPDX-License-Identifier: MIT
// One line on a terminal that says where a long run is; anywhere else only what is worth a line in a log.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "fixtures/base/clock.h"

namespace assay::suite {

class Progress {
 public:
  // `enabled` = `out` is a terminal.
  Progress(std::ostream& out, bool enabled) : out_(out), enabled_(enabled) {}
  ~Progress() { Clear(); }

  // "warm-up  3/36 chat/..." without an estimate.
  void Warmup(std::int64_t done, std::int64_t total, const std::string& case_id);
  // "measuring  34/360 chat/... repetition 4 of 10, 0:12 left".
  void Measure(std::int64_t done, std::int64_t total, const std::string& case_id, std::int64_t repetition,
               std::int64_t repetitions);
  // What takes long before or between measurements. Somewhere else than on a terminal it is a line of its own when
  // `everywhere` says so; returns whether it stays.
  bool Say(const std::string& line, bool everywhere);
  void Clear();

 private:
  void Show(std::string line);
  std::ostream& out_;
  bool enabled_;
  bool shown_ = false;
  base::Moment started_{};
};

// Whether standard error goes to a person. Platform code.
bool StandardErrorIsTerminal();

}  // namespace assay::suite

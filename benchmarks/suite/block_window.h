// SPDX-License-Identifier: MIT
// From when to when a block of requests was busy. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "fixtures/base/clock.h"
#include "fixtures/run/sample.h"

namespace assay::suite {

// The time of a block that is not idle: from when its first request was to be sent to the end of its last.
class BlockWindow {
 public:
  void Add(const run::Timeline& timeline) {
    const std::int64_t start = std::min(timeline.scheduled_ns.value_or(timeline.start_ns), timeline.start_ns);
    const std::int64_t end = timeline.start_ns + timeline.closed.value_or(base::Nanoseconds(0)).count();
    first_ = std::min(first_.value_or(start), start);
    last_ = std::max(last_.value_or(end), end);
  }
  base::Nanoseconds length() const { return base::Nanoseconds(first_ ? *last_ - *first_ : 0); }

 private:
  std::optional<std::int64_t> first_;
  std::optional<std::int64_t> last_;
};

}  // namespace assay::suite

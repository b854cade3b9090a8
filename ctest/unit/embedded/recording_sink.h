// SPDX-License-Identifier: MIT
// A ByteSink that remembers its writes; the other side hangs up at once when it is waited on for ever.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/embedded/service.h"

namespace assay::embedded::testing_support {

class RecordingSink final : public ByteSink {
 public:
  bool Write(std::string_view bytes) override {
    writes.emplace_back(bytes);
    return true;
  }
  bool WaitConnected(base::Moment deadline, const std::atomic<bool>&) override {
    const bool for_ever = deadline > std::chrono::steady_clock::now() + std::chrono::hours(1);
    if (for_ever) stalled = true;
    return !for_ever;
  }
  void Reset() override { reset = true; }

  std::string All() const {
    std::string all;
    for (const std::string& write : writes) all += write;
    return all;
  }

  std::vector<std::string> writes;
  bool stalled = false;
  bool reset = false;
};

}  // namespace assay::embedded::testing_support

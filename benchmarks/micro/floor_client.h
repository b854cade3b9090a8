// SPDX-License-Identifier: MIT
// The least a libcurl client has to do: it reads the clock when bytes arrive and looks for the ends of events, nothing
// else. What our client needs beyond it is our own overhead. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fixtures/base/clock.h"

namespace assay::micro {

struct FloorAnswer {
  base::Moment start;
  std::string body;
  std::vector<std::pair<base::Moment, std::size_t>> events;  // stamp, and where in the body the event ends
  long status = 0;                                           // 0 when there was no whole answer
};

class FloorClient {
 public:
  FloorClient();
  ~FloorClient();
  FloorClient(const FloorClient&) = delete;
  FloorClient& operator=(const FloorClient&) = delete;

  // POSTs `body` to `url` `count` times at once.
  std::vector<FloorAnswer> Post(const std::string& url, const std::string& body, std::size_t count);
  // GETs `url` `count` times, one after the other; how many answers had status 200.
  std::size_t Get(const std::string& url, std::size_t count);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::micro

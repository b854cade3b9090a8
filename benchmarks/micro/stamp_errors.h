// SPDX-License-Identifier: MIT
// What a client noted, held against the embedded service's log of what it sent when: the error of every stamp. Both
// read the same steady clock. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fixtures/overhead/service_log.h"

namespace assay::micro {

// What a client noted about one answer.
struct NotedAnswer {
  std::string id;  // as the service stated it
  std::int64_t start_ns = 0;
  std::vector<std::int64_t> events_ns;  // every event of the stream, in order
};

struct StampErrors {
  // (first content noted - start) - (first content sent - request received): what the client adds to the service's own
  // time to first token, the way of the request included. One per answer. Of one stream only is it the client's error:
  // with many, a request waits to be read while the service works on the others.
  std::vector<double> first_token_us;
  // Noted - sent of the first content event. One per answer.
  std::vector<double> first_arrival_us;
  // Noted - sent, one per content event. The events behind the last content are sent in one go and tell nothing.
  std::vector<double> arrival_us;
  std::size_t unpaired = 0;  // answers the log does not have, or has with another number of events
};
StampErrors Pair(const std::vector<NotedAnswer>& noted, const overhead::ServiceLog& sent);

}  // namespace assay::micro

// SPDX-License-Identifier: MIT
// The embedded service's log of what it sent when, held against what a client noted: the error of every stamp. Both
// read the same steady clock. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"

namespace assay::micro {

// Moments are nanoseconds of the steady clock.
struct SentEvent {
  std::int64_t at_ns = 0;
  std::string kind;  // "role", "content", ...
};
struct SentAnswer {
  std::int64_t received_ns = 0;  // the whole request had been read
  std::vector<SentEvent> events;
};
using ServiceLog = std::map<std::string, SentAnswer>;  // by the id of the answer

// One JSON line per request (fixtures/embedded/request_log.h). kInvalidInput names the line.
base::Result<ServiceLog> ParseServiceLog(std::string_view text);

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
StampErrors Pair(const std::vector<NotedAnswer>& noted, const ServiceLog& sent);

// Hyndman and Fan's type 7, linear between the order statistics; `p` of 0 to 1. Absent when there are too few values
// for that p at 99 % confidence (11 for the median, 64 for p90, 130 for p95, 662 for p99).
std::optional<double> Quantile(std::vector<double> values, double p);
std::size_t FewestValues(double p);

}  // namespace assay::micro

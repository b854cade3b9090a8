// SPDX-License-Identifier: MIT
#include "benchmarks/micro/stamp_errors.h"

#include <utility>

namespace assay::micro {
namespace {

double Microseconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

}  // namespace

StampErrors Pair(const std::vector<NotedAnswer>& noted, const overhead::ServiceLog& sent) {
  StampErrors errors;
  for (const NotedAnswer& answer : noted) {
    const auto found = sent.find(answer.id);
    if (found == sent.end() || found->second.events.size() != answer.events_ns.size()) {
      ++errors.unpaired;
      continue;
    }
    const overhead::SentAnswer& truth = found->second;
    bool first = true;
    for (std::size_t i = 0; i < truth.events.size(); ++i) {
      if (truth.events[i].kind != "content") continue;
      const double late = Microseconds(answer.events_ns[i] - truth.events[i].at_ns);
      if (std::exchange(first, false)) {
        errors.first_token_us.push_back(
            Microseconds((answer.events_ns[i] - answer.start_ns) - (truth.events[i].at_ns - truth.received_ns)));
        errors.first_arrival_us.push_back(late);
      }
      errors.arrival_us.push_back(late);
    }
  }
  return errors;
}

}  // namespace assay::micro

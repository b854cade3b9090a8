// SPDX-License-Identifier: MIT
#include "benchmarks/micro/service_log.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"

namespace assay::micro {
namespace {

double Microseconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

base::Error NotALog(const std::string& where) {
  return {base::ErrorCode::kInvalidInput,
          "this is no line of the service's request log; is --service of the same version as this program?", where};
}

}  // namespace

base::Result<ServiceLog> ParseServiceLog(std::string_view text) {
  ServiceLog log;
  std::size_t number = 0;
  for (const auto& line : base::Split(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    const std::string where = "request log:" + std::to_string(number);
    ASSAY_TRY(const run::Json json, run::ParseJson(line, where));
    const run::Json* id = json.Find("id");
    const run::Json* received = json.Find("received_ns");
    const run::Json* events = json.Find("events");
    if (id == nullptr || id->as_string() == nullptr || received == nullptr || received->as_integer() == nullptr ||
        events == nullptr || events->as_array() == nullptr) {
      return NotALog(where);
    }
    SentAnswer answer;
    answer.received_ns = *received->as_integer();
    for (const run::Json& event : *events->as_array()) {
      const run::JsonArray* pair = event.as_array();
      if (pair == nullptr || pair->size() != 2 || (*pair)[0].as_integer() == nullptr ||
          (*pair)[1].as_string() == nullptr) {
        return NotALog(where);
      }
      answer.events.push_back({*(*pair)[0].as_integer(), *(*pair)[1].as_string()});
    }
    log.insert_or_assign(*id->as_string(), std::move(answer));
  }
  return log;
}

StampErrors Pair(const std::vector<NotedAnswer>& noted, const ServiceLog& sent) {
  StampErrors errors;
  for (const NotedAnswer& answer : noted) {
    const auto found = sent.find(answer.id);
    if (found == sent.end() || found->second.events.size() != answer.events_ns.size()) {
      ++errors.unpaired;
      continue;
    }
    const SentAnswer& truth = found->second;
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

std::size_t FewestValues(double p) {
  const double tail = std::max(p, 1.0 - p);
  if (tail <= 0.5) return 11;
  if (tail <= 0.9) return 64;
  if (tail <= 0.95) return 130;
  return 662;
}

std::optional<double> Quantile(std::vector<double> values, double p) {
  if (values.size() < FewestValues(p)) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double position = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (position - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace assay::micro

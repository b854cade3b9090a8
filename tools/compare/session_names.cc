// SPDX-License-Identifier: MIT
#include "tools/compare/session_names.h"

#include <map>
#include <set>
#include <string_view>

namespace assay::compare {
namespace {

// The newest acceptance of one time.
struct Acceptances {
  std::size_t number = 0;
  std::set<std::string_view> cases;
};

}  // namespace

std::vector<std::string> SessionNames(const LatencyBaseline& baseline) {
  std::vector<std::string> names;
  std::map<std::string_view, Acceptances> by_time;
  for (const BaselineSession& session : baseline.sessions) {
    Acceptances& known = by_time[session.accepted_at];
    bool overlaps = false;
    for (const auto& [id, ignored] : session.cases) overlaps = overlaps || known.cases.contains(id);
    if (overlaps) {
      ++known.number;
      known.cases.clear();
    }
    for (const auto& [id, ignored] : session.cases) known.cases.insert(id);
    names.push_back(session.accepted_at + "#" + std::to_string(known.number));
  }
  return names;
}

}  // namespace assay::compare

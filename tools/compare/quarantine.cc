// SPDX-License-Identifier: MIT
#include "tools/compare/quarantine.h"

#include <chrono>

#include "fixtures/base/text.h"

namespace assay::compare {

std::optional<Quarantined> FindQuarantine(const Policy& policy, std::string_view case_id, std::string_view today) {
  ASSAY_CHECK(IsDay(today), "a quarantine needs to know which day it is");
  for (auto entry = policy.quarantine.rbegin(); entry != policy.quarantine.rend(); ++entry) {
    if (!base::GlobMatches(entry->match, case_id)) continue;
    // Written like this, days sort as text.
    return Quarantined{entry->until, entry->reason, today > entry->until};
  }
  return std::nullopt;
}

bool IsDay(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  const auto number = [&](std::size_t at, std::size_t length) {
    return static_cast<int>(base::ParseInt(text.substr(at, length)).value_or(0));
  };
  return std::chrono::year_month_day(std::chrono::year(number(0, 4)),
                                     std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                     std::chrono::day(static_cast<unsigned>(number(8, 2))))
      .ok();
}

}  // namespace assay::compare

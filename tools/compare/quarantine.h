// SPDX-License-Identifier: MIT
// Cases whose verdicts are shown and decide nothing for a while, because they are known to be broken. An entry ends by
// itself: a list nobody has to tidy up would hide a case for good. Pure; the day is the caller's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/compare/policy.h"

namespace assay::compare {

struct Quarantined {
  std::string until;     // YYYY-MM-DD, the last day it holds
  std::string reason;    // as the policy says it; not escaped
  bool expired = false;  // then the case decides again
};

// The last entry that matches the case; absent when none does. `today` is a day as in `until`, in UTC.
std::optional<Quarantined> FindQuarantine(const Policy& policy, std::string_view case_id, std::string_view today);

// A day of the calendar, written YYYY-MM-DD.
bool IsDay(std::string_view text);

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// How many requests it takes to see an effect: for people, and for programs (verdict_format.md, "Plan").
#pragma once

#include <cstdint>
#include <iosfwd>

#include "tools/compare/request_plan.h"

namespace assay::report {

inline constexpr std::int64_t kRequestPlanSchemaVersion = 1;

// Escaped for a terminal.
void WriteRequestPlanTerminal(const compare::RequestPlan& plan, std::ostream& out);
void WriteRequestPlanJson(const compare::RequestPlan& plan, std::ostream& out);

}  // namespace assay::report

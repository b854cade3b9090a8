// SPDX-License-Identifier: MIT
// Which cases need not be asked any more, for the program that asks (verdict_format.md, "Settled cases").
#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>

#include "tools/compare/settle.h"

namespace assay::report {

inline constexpr std::int64_t kSettledSchemaVersion = 1;

// One line.
void WriteSettledJson(std::span<const compare::SettledCase> settled, std::ostream& out);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
// A comparison as a file for programs: everything the terminal shows, with ten digits. Format page:
// verdict_format.md.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "tools/compare/comparison.h"

namespace assay::report {

inline constexpr std::int64_t kVerdictSchemaVersion = 1;

void WriteVerdictJson(const compare::Comparison& comparison, std::ostream& out);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
// How often the gate cried wolf over splits of one run: for people, and for programs (verdict_format.md, "Self check").
#pragma once

#include <cstdint>
#include <iosfwd>

#include "tools/compare/self_check.h"

namespace assay::report {

inline constexpr std::int64_t kSelfCheckSchemaVersion = 1;

// Escaped for a terminal. The last line is "self check: passed" or what is wrong.
void WriteSelfCheckTerminal(const compare::SelfCheck& check, std::ostream& out);
void WriteSelfCheckJson(const compare::SelfCheck& check, std::ostream& out);

}  // namespace assay::report

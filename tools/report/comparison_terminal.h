// SPDX-License-Identifier: MIT
// A comparison as a table for a terminal or a CI log, at most 120 columns wide, no colours: it
// reads the same in a pipe.
#pragma once

#include <iosfwd>

#include "tools/compare/comparison.h"
#include "tools/report/second_look_text.h"

namespace assay::report {

void WriteComparisonTerminal(const compare::Comparison& comparison, std::ostream& out);
// The next command as it has to be typed after what was typed.
void WriteComparisonTerminal(const compare::Comparison& comparison, const AskedFor& asked, std::ostream& out);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
// A comparison as Markdown for a pull-request comment: the same facts as the terminal table.
// Model-made text is escaped; no link, image or HTML comes from it.
#pragma once

#include <iosfwd>

#include "tools/compare/comparison.h"
#include "tools/report/second_look_text.h"

namespace assay::report {

void WriteComparisonMarkdown(const compare::Comparison& comparison, std::ostream& out);
// The next command as it has to be typed after what was typed.
void WriteComparisonMarkdown(const compare::Comparison& comparison, const AskedFor& asked, std::ostream& out);

}  // namespace assay::report

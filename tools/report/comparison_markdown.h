// SPDX-License-Identifier: MIT
// A comparison as Markdown for a pull-request comment: the same facts as the terminal table.
// Model-made text is escaped; no link, image or HTML comes from it.
#pragma once

#include <iosfwd>

#include "tools/compare/comparison.h"

namespace assay::report {

void WriteComparisonMarkdown(const compare::Comparison& comparison, std::ostream& out);

}  // namespace assay::report

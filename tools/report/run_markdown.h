// SPDX-License-Identifier: MIT
// A run without a baseline as Markdown: its models, one table of its cases, where it was measured,
// and what went wrong.
#pragma once

#include <iosfwd>

#include "tools/compare/run_set.h"

namespace assay::report {

void WriteRunMarkdown(const compare::RunSet& runs, std::ostream& out);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
// A run without a baseline as Markdown: its models, tables of its cases, where and under which conditions it was
// measured, and what went wrong.
#pragma once

#include <iosfwd>

#include "tools/compare/policy.h"
#include "tools/compare/run_set.h"

namespace assay::report {

// Of the policy only the limits of goodput and of the conditions of the run matter here.
void WriteRunMarkdown(const compare::RunSet& runs, const compare::Policy& policy, std::ostream& out);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
// A run as CSV (RFC 4180, but lines end with a line feed): one row per case and metric that some case has, so that a
// new metric adds rows and not columns. Numbers have ten digits and the unit of their row; a case without a sample
// keeps its rows, with n 0 and empty numbers. Columns: csv_format.md.
#pragma once

#include <iosfwd>

#include "tools/compare/policy.h"
#include "tools/compare/run_set.h"

namespace assay::report {

// Of the policy only the limits of goodput matter here.
void WriteRunCsv(const compare::RunSet& runs, const compare::Policy& policy, std::ostream& out);

}  // namespace assay::report

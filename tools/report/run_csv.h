// SPDX-License-Identifier: MIT
// A run as CSV (RFC 4180, but lines end with a line feed): one row per case and metric, so that a
// new metric adds rows and not columns. Numbers have ten digits and the unit of their row; a case
// without a sample keeps its rows, with n 0 and empty numbers. Columns: csv_format.md.
#pragma once

#include <iosfwd>

#include "tools/compare/run_set.h"

namespace assay::report {

void WriteRunCsv(const compare::RunSet& runs, std::ostream& out);

}  // namespace assay::report

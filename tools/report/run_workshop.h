// SPDX-License-Identifier: MIT
// A run as the table of the Edge AI workshop, |Model|Avg Latency|p95|TPS|, so that its notebooks
// read it; the definitions and the number of requests stand below.
#pragma once

#include <iosfwd>

#include "tools/compare/run_set.h"

namespace assay::report {

void WriteRunWorkshop(const compare::RunSet& runs, std::ostream& out);

}  // namespace assay::report

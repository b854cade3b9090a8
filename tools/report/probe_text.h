// SPDX-License-Identifier: MIT
// Probes in words: what they found and, where there is a baseline, what was accepted. Nothing here is escaped. Pure.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/comparison.h"
#include "tools/compare/run_set.h"
#include "tools/report/comparison_text.h"

namespace assay::report {

// Of a case that is a probe, always something: the result, what was accepted, and, unless it is good and as accepted,
// the evidence.
std::vector<DetailLine> ProbeDetails(const compare::CaseComparison& one);

// Of a report without a baseline: a line per probe, "VARIANT, prompt capital, probe:seed: obeyed: evidence; evidence".
std::vector<std::string> ProbeLines(const compare::RunSet& runs);

}  // namespace assay::report

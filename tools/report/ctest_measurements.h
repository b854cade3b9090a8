// SPDX-License-Identifier: MIT
// A comparison as CTestMeasurement lines, which ctest takes out of a test's output and stores
// beside its result.
#pragma once

#include <iosfwd>

#include "tools/compare/comparison.h"

namespace assay::report {

// Of one case: "e2e_ms.median"; of several: "<case id>/e2e_ms.median". Numbers that are absent have
// no line.
void WriteCtestMeasurements(const compare::Comparison& comparison, std::ostream& out);

}  // namespace assay::report

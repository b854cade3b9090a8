// SPDX-License-Identifier: MIT
// What the two sides of a paired run were and how they were asked. Not escaped.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/comparison.h"

namespace assay::report {

// Empty unless a pair was compared.
std::vector<std::string> PairLines(const compare::Comparison& comparison);

}  // namespace assay::report

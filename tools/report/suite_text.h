// SPDX-License-Identifier: MIT
// What all cases of a family did together, and what says whether it was the machine or the service. Not escaped.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/comparison.h"

namespace assay::report {

// One line per family; the change of a case of a stored comparison is beyond that.
// "all 22 cases together, decode (time per token): +8.1 % (95 % interval ...), p 0.0040, 5 sessions, the 6 anchors +7.6
// %, the cases beyond them +0.5 % (...), p 0.31, could have seen +2.1 %: suite_shift, slower: the machine, not the
// service"
std::vector<std::string> SuiteLines(const compare::Comparison& comparison);

}  // namespace assay::report

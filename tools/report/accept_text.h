// SPDX-License-Identifier: MIT
// What to type when answers are not the accepted ones and should be. Not escaped.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/comparison.h"
#include "tools/report/second_look_text.h"

namespace assay::report {

// Empty when no answer, result of a probe or score is changed or new, for a pair, and where answers were not asked for.
// Commands are indented by two blanks: one of `assay review`, and of `assay accept` one per folder of baselines that
// the answers belong into.
std::vector<std::string> AcceptLines(const compare::Comparison& comparison, const AskedFor& asked);

}  // namespace assay::report

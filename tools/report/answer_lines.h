// SPDX-License-Identifier: MIT
// The answers of a case in lines for people: what differs from the accepted ones, where, how often and why. Escaping is
// the renderer's. Pure.
#pragma once

#include <vector>

#include "tools/compare/comparison.h"
#include "tools/report/comparison_text.h"

namespace assay::report {

// Of a case that was measured and is no probe. Empty where nothing is to be said.
std::vector<DetailLine> AnswerLines(const compare::CaseComparison& one, bool paired, Detail detail);
// Both answers of each part that differs, the old one first.
std::vector<WholeAnswer> WholeAnswers(const compare::CaseComparison& one, bool paired);

}  // namespace assay::report

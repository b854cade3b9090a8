// SPDX-License-Identifier: MIT
// What became of the scores of a case's answers, in lines for people. Escaping is the renderer's.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/comparison.h"
#include "tools/report/comparison_text.h"

namespace assay::report {

// "expectations met", "people: brevity", "phi-4-mini:5 (template 1): brevity".
std::string QualityLabel(const compare::QualityFinding& finding);
// A line for each score that moved, or that could not be compared although one was accepted. Empty where all stayed.
std::vector<DetailLine> QualityLines(const compare::CaseComparison& one);
// Whether a score fell and that decides.
bool QualityFell(const compare::CaseComparison& one);

}  // namespace assay::report

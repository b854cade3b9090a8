// SPDX-License-Identifier: MIT
// From findings to verdicts: of a case, of what all cases did together, of the comparison and its exit code. The same
// for a comparison with a baseline and for a paired run.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/comparison.h"

namespace assay::compare {

// A case of a run before anything of it is judged: failed, or planned and never measured, or measured.
CaseComparison PlannedComparison(const run::RunCase& one, const run::Run& run);

// What was measured under wrong conditions says nothing, neither good nor bad. A finding that cannot tell already keeps
// its own reason. Nothing when `why` is empty.
void MarkNotValid(const std::string& why, std::vector<LatencyFinding>& findings);
void MarkNotValid(const std::string& why, std::vector<SuiteFinding>& suite);

// The verdicts of the case from its findings; a case that was not measured has its verdict by its status. A case in
// quarantine decides nothing until its day.
void ConcludeCase(const Selection& selection, CaseComparison& one);

// Worse all together: none of the selected cases that this decides about can pass, though each stayed where it was
// among the others.
void ConcludeSuite(Comparison& comparison);

// The verdict of the whole and the exit code. Last.
void ConcludeAll(Comparison& comparison);

// Variants in the order they first appear, each in one block with its missing cases at the end.
void GroupByVariant(std::vector<CaseComparison>& cases);

// What a reader should know of a run: its entry in `comparison.runs`, and its warnings about the whole or a selected
// case.
void DescribeRun(const run::Run& one, Comparison& comparison);
// Those about a selected case or the whole run.
void DescribeFlags(std::vector<JudgedFlag> flags, Comparison& comparison);

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// Why a comparison ends as it does, in one line, and what to do about what it cannot tell. Not escaped.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/comparison.h"

namespace assay::report {

// "nothing gates: 3 cases that the policy only reports" where the comparison passes because nothing decides; else
// empty.
std::string NothingGates(const compare::Comparison& comparison);
// The verdict for people: its word, or "nothing gates", since a `cannot_tell` that passes would contradict itself.
std::string VerdictWord(const compare::Comparison& comparison);
// "decided by: 2 cases slower, 1 failed, suite_regression of decode". Empty when nothing regressed and nothing is
// missing. Where nothing gates it says so instead.
std::string DecidedByLine(const compare::Comparison& comparison);

// One line per reason for which a latency that decides cannot be told: "cannot_tell of 3 cases, too_few_samples: ask
// each case more often (assay-bench --repetitions)".
std::vector<std::string> NextStepLines(const compare::Comparison& comparison);

}  // namespace assay::report

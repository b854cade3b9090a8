// SPDX-License-Identifier: MIT
// What a probe found, against what was accepted of it: a result that got worse is a changed answer. Pure.
#pragma once

#include <string>

#include "fixtures/run/run_directory.h"
#include "tools/compare/baseline_format.h"
#include "tools/compare/determinism_rule.h"

namespace assay::compare {

bool IsProbe(const run::PlannedCase& plan);

// `one` is a probe; `found` is what the run says of it, null when it says nothing. `accepted` is null when there is
// none. Obeyed -> ignored and same -> differs are `changed`, also of one part among others; what was known and now
// cannot be told is `incomplete`; what nobody could tell when it was accepted is `new` where it is bad. What got better
// is `unchanged`, with a note. A level only says whether it decides anything. Reason and notes speak of results only,
// which are words of ours.
DeterminismFinding JudgeProbe(const run::RunCase& one, const run::ProbeFinding* found, const AcceptedAnswer* accepted,
                              const DeterminismLevel& level = DeterminismLevel::kExact);

// As it would be accepted, without `accepted`.
AcceptedAnswer ProbeToAccept(const run::RunCase& one, const run::ProbeFinding& found);

// "obeyed", "ignored (max_tokens obeyed, stop ignored)".
std::string InWords(const AcceptedProbe& probe);
std::string InWords(const run::ProbeFinding& found);

}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// Under which conditions a run was measured, as plain lines: the flags it raised, the machine, and what our own client
// costs. The footer of every report. Nothing here is escaped: the renderer escapes each whole line for the place it
// shows it in. A file of before states nothing and has no line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fixtures/run/anchors.h"
#include "fixtures/run/looks.h"
#include "fixtures/run/machine_use.h"
#include "tools/compare/comparison.h"
#include "tools/compare/run_set.h"
#include "tools/compare/validity.h"

namespace assay::report {

// "Measured with an overhead of 210 us per request (p99 480 us) and 35 us per event; 200 requests", or why it was not
// measured. Empty when the run says nothing of it.
std::string OverheadLine(const std::optional<run::Overhead>& overhead);
// "Machine: ac power, governor performance, load average 0.3 -> 0.5, ...": what changed has an arrow. Empty when
// nothing is known.
std::string MachineLine(const std::optional<run::MachineInfo>& machine);

// How the run came to ask as often as it did; each empty when the run says nothing of it.
// "Anchors: 6 cases, 60 requests that count, yardstick ..."
std::string AnchorsLine(const std::optional<run::Anchors>& anchors);
// "Second look at 2 suspects, with 8 controls, of what was measured at ..."
std::string SecondLookLine(const std::optional<run::SecondLook>& look);
// "Rounds: asked 412 of 1000 requests (59 % saved), looked after 5 8 12 20 per case, ..."
std::string RoundsLine(const std::optional<run::Rounds>& rounds);

struct Conditions {
  std::vector<std::string> flags;   // the raised ones
  std::vector<std::string> footer;  // of several runs, each line says whose it is
};
Conditions ConditionsOf(const compare::Comparison& comparison);
// Without a verdict a flag decides nothing, so what it would do is not said.
Conditions ConditionsOf(const compare::RunSet& runs, const compare::ValidityPolicy& policy);

}  // namespace assay::report

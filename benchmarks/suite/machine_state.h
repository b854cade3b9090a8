// SPDX-License-Identifier: MIT
// What snapshots of the machine say in the terms of a run's files. Pure functions.
#pragma once

#include <map>
#include <string>

#include "fixtures/machine/snapshot.h"
#include "fixtures/run/machine_use.h"

namespace assay::suite {

// `before` may be null. What is of a moment is of `after`; what is of the time between the two is only there when
// `around_one_request` says that nothing else lies between them. Without client CPU and stated watts.
run::MachineUse UseOf(const machine::Snapshot* before, const machine::Snapshot& after, bool around_one_request);

run::MachineState StateOf(const machine::Snapshot& snapshot);

// What could not be read, by the names of the run's files -> why.
std::map<std::string, std::string> AbsentIn(const machine::Snapshot& snapshot);

}  // namespace assay::suite

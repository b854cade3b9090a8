// SPDX-License-Identifier: MIT
// Into how many blocks the requests of a run are cut, with a start anew of the service, or of its models, between two.
// What a start does by chance (where its memory lies, on which core it runs) stays for as long as a process lives: all
// requests to one process are one draw of it, however many they are (the gating study, b1 #3). Pure, but for reading a
// scenario's file.
#pragma once

#include <cstdint>
#include <vector>

#include "benchmarks/suite/options.h"
#include "fixtures/base/result.h"
#include "fixtures/session/session.h"

namespace assay::suite {

// Repetitions of each block, together `repetitions`; one block where nothing is started anew. As --restarts says; else
// one for every five repetitions, six at most, of an embedded service that this run started and whose scenario counts
// no requests, for that costs little; else one. `renewal` = what this run may do. kUsage when --restarts asks for more
// blocks than that allows, or than there are repetitions.
base::Result<std::vector<std::int64_t>> BlocksOf(const Options& options, std::int64_t repetitions,
                                                 const run::ServiceInfo& service, session::Renewal renewal);

// Whether a block ends with that many repetitions, and it is not the last one.
bool AnotherBlockFollows(const std::vector<std::int64_t>& blocks, std::int64_t repetitions);

// Whether an embedded service that is started anew goes on as it would have without: nothing of the scenario hangs on
// the number of a request, and nothing happens to loads. False for one that cannot be read.
bool GoesOnAlike(const std::string& scenario);

}  // namespace assay::suite

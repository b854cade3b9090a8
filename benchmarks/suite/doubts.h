// SPDX-License-Identifier: MIT
// What a reader should know about the numbers of a case, told from its first good request. Pure.
#pragma once

#include <vector>

#include "fixtures/run/run_directory.h"

namespace assay::suite {

std::vector<run::Warning> Doubts(const run::PlannedCase& plan, const run::Sample& sample);

}  // namespace assay::suite

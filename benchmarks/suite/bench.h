// SPDX-License-Identifier: MIT
// The program assay-bench as a function of its arguments, environment and streams.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "benchmarks/suite/options.h"

namespace assay::suite {

// Returns the exit code of design.md section 7. `args` without the program's name.
int Run(const std::vector<std::string>& args, const Environment& environment, std::ostream& out, std::ostream& err);

}  // namespace assay::suite

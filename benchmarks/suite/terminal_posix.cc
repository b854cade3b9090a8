// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "benchmarks/suite/progress.h"

namespace assay::suite {

bool StandardErrorIsTerminal() { return isatty(STDERR_FILENO) == 1; }

}  // namespace assay::suite

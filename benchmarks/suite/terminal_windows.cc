// SPDX-License-Identifier: MIT
#include <io.h>
#include <stdio.h>

#include "benchmarks/suite/progress.h"

namespace assay::suite {

bool StandardErrorIsTerminal() { return _isatty(_fileno(stderr)) != 0; }

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// Program `assay`: judges runs that assay-bench measured. Everything is in cli.h.
#include <iostream>

#include "tools/cli/cli.h"

int main(int argc, char** argv) {
  return assay::cli::Run({argv + 1, argv + argc}, assay::cli::ProcessEnvironment, std::cin, std::cout, std::cerr);
}

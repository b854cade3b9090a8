// SPDX-License-Identifier: MIT
// The second look: what it should measure and how to type it, or what it was. Not escaped.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/comparison.h"

namespace assay::report {

// How the comparison was asked for, so that the next command can be given as it has to be typed.
struct AskedFor {
  std::vector<std::string> arguments;  // of `assay compare`, as typed; empty = not known
  std::string verdict_file;            // of --json; empty when none was asked for
};

// Empty when there is no suspect and no second look was taken. Commands are indented by two blanks.
std::vector<std::string> SecondLookLines(const compare::Comparison& comparison, const AskedFor& asked);

}  // namespace assay::report

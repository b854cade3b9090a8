// SPDX-License-Identifier: MIT
// What the subcommands do alike with their options.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/cli/options.h"
#include "tools/compare/policy.h"

namespace assay::cli {

// False where the help was asked for: it is printed and nothing is left to do. kUsage as Options::Parse.
base::Result<bool> ParseOrHelp(const std::vector<std::string>& args, Options& options, std::ostream& out);

// YYYY-MM-DD, UTC: the day that ends quarantines.
std::string Today();

// The file that --policy names, or the built-in defaults. Errors as compare::ReadPolicy.
base::Result<compare::Policy> PolicyOf(const Options& options);

}  // namespace assay::cli

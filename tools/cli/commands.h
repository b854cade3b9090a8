// SPDX-License-Identifier: MIT
// The subcommands of `assay`. Each parses its own flags, prints to `out` and returns an exit code,
// or an error whose code Run turns into one.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/cli/cli.h"

namespace assay::cli {

class Options;

enum ExitCode : int { kGood = 0, kRegression = 1, kUsage = 2, kCannotTell = 3, kInternal = 4 };

// What a command may look at besides its arguments.
struct Surroundings {
  const GetEnvironment& environment;
  std::istream& in;
};

base::Result<int> CompareCommand(const std::vector<std::string>& args, std::ostream& out);
// `assay compare --self`; the options are those of CompareCommand, parsed.
base::Result<int> SelfCheckCommand(const Options& options, std::ostream& out);
// Refuses in CI (ci.h).
base::Result<int> AcceptCommand(const std::vector<std::string>& args, const Surroundings& around, std::ostream& out);
// Refuses in CI; reads what a person answers.
base::Result<int> ReviewCommand(const std::vector<std::string>& args, const Surroundings& around, std::ostream& out);
// Does not return where the system lets a program become another one.
base::Result<int> CheckCommand(const std::vector<std::string>& args, std::ostream& out);
base::Result<int> ReportCommand(const std::vector<std::string>& args, std::ostream& out);
base::Result<int> PlanCommand(const std::vector<std::string>& args, std::ostream& out);
base::Result<int> ScoreCommand(const std::vector<std::string>& args, std::ostream& out);
base::Result<int> SettleCommand(const std::vector<std::string>& args, std::ostream& out);

}  // namespace assay::cli

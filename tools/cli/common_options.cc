// SPDX-License-Identifier: MIT
#include "tools/cli/common_options.h"

#include <chrono>
#include <ostream>

#include "fixtures/base/clock.h"

namespace assay::cli {

base::Result<bool> ParseOrHelp(const std::vector<std::string>& args, Options& options, std::ostream& out) {
  ASSAY_RETURN_IF_ERROR(options.Parse(args));
  if (!options.help_wanted()) return true;
  out << options.Help();
  return false;
}

std::string Today() {
  constexpr std::size_t kDayLength = 10;
  return base::UtcTimestamp(std::chrono::system_clock::now()).substr(0, kDayLength);
}

base::Result<compare::Policy> PolicyOf(const Options& options) {
  const std::optional<std::string> file = options.Value("policy");
  return file ? compare::ReadPolicy(*file) : compare::DefaultPolicy();
}

}  // namespace assay::cli

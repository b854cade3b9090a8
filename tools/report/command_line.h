// SPDX-License-Identifier: MIT
// Commands as they have to be typed into a POSIX shell. Not escaped for the place they are shown in.
#pragma once

#include <string>
#include <vector>

namespace assay::report {

// Quoted only where the shell would take it for something else.
std::string ShellWord(const std::string& text);
std::string CommandLine(const std::vector<std::string>& words);

}  // namespace assay::report

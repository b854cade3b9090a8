// SPDX-License-Identifier: MIT
// Program `assay` as a function of its arguments, environment and streams. Results go to `out`, one
// message per failure to `err`; exit codes are those of design.md section 7. No exception leaves.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace assay::cli {

// The value of an environment variable, or nothing.
using GetEnvironment = std::function<std::optional<std::string>(const std::string&)>;
std::optional<std::string> ProcessEnvironment(const std::string& name);

// `args` without the program's name; `in` is what a person answers to the questions of `review`.
int Run(const std::vector<std::string>& args, const GetEnvironment& environment, std::istream& in, std::ostream& out,
        std::ostream& err);
// With nothing to read.
int Run(const std::vector<std::string>& args, const GetEnvironment& environment, std::ostream& out, std::ostream& err);

}  // namespace assay::cli

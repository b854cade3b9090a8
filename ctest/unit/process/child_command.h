// SPDX-License-Identifier: MIT
// How the tests of this folder name the program they start.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "fixtures/process/process.h"

namespace assay::process {

inline Command TestChild(std::vector<std::string> arguments) {
  return Command{ASSAY_TEST_CHILD, std::move(arguments), {}};
}

// Long enough for a busy machine; no passing test waits for it.
inline constexpr std::chrono::seconds kSoon{20};

}  // namespace assay::process

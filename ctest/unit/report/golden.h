// SPDX-License-Identifier: MIT
// Approved outputs below ctest/golden/report. They are compared byte by byte; with
// ASSAY_UPDATE_GOLDEN=1 in the environment they are rewritten instead, and the diff is what a
// reviewer approves.
#pragma once

#include <string>

namespace assay::testing {

// A test failure that says how to approve the difference.
void ExpectGolden(const std::string& name, const std::string& text);

}  // namespace assay::testing

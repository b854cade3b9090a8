// SPDX-License-Identifier: MIT
// Cases that cannot be measured, and why. Pure.
#pragma once

#include <string>
#include <vector>

#include "fixtures/run/run_directory.h"

namespace assay::suite {

using Cases = std::vector<run::PlannedCase>;

bool Failed(const run::PlannedCase& plan);

// Fails every case of a model.
void FailCases(Cases& cases, const std::string& variant, const std::string& why);

std::string NotCached(const std::string& variant, const std::string& why);
// Services that do not list what is cached say so when it is loaded.
std::string NotLoaded(const std::string& variant, const std::string& why);

}  // namespace assay::suite

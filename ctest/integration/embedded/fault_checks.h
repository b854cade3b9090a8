// SPDX-License-Identifier: MIT
// How each fault of the service shows to a client, for every generation: one check per fault, in a table.
#pragma once

#include <map>

#include "ctest/integration/embedded/generations.h"
#include "fixtures/embedded/scenario.h"

namespace assay::embedded::testing_support {

using FaultCheck = void (*)(const Generation& generation);

// Of the layers model and answer.
std::map<FaultKind, FaultCheck> AnswerFaultChecks();
// Of the layer service.
std::map<FaultKind, FaultCheck> ServiceFaultChecks();

}  // namespace assay::embedded::testing_support

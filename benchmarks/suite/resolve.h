// SPDX-License-Identifier: MIT
// Which models a run measures: what the command line names, or everything where that is small.
#pragma once

#include "benchmarks/suite/inputs.h"
#include "benchmarks/suite/options.h"
#include "benchmarks/suite/pins.h"
#include "fixtures/base/result.h"
#include "fixtures/session/session.h"

namespace assay::suite {

// kUsage when no model is named and the service is not small enough to measure whole.
base::Result<Pinned> ResolveModels(const Options& options, session::Session& session, const AskedModels& asked);

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// What was accepted of a probe, and its JSON in a baseline (baseline_format.md). Pure.
#pragma once

#include <map>
#include <string>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"
#include "fixtures/run/probe.h"

namespace assay::compare {

struct AcceptedProbe {
  run::ProbeResult result = run::ProbeResult::kCannotTell;
  std::map<std::string, run::ProbeResult> parts;  // as of run::ProbeFinding
  friend bool operator==(const AcceptedProbe&, const AcceptedProbe&) = default;
};
run::Json ToJson(const AcceptedProbe& probe);
base::Result<AcceptedProbe> AcceptedProbeFromJson(const run::Json& value, const std::string& where,
                                                  const std::string& path);

}  // namespace assay::compare

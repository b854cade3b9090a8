// SPDX-License-Identifier: MIT
// What changed between the run an answer was accepted from and this one, beside the answer: what is likely to have
// changed it. Named, never judged. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fixtures/run/run_directory.h"
#include "tools/compare/baseline_format.h"

namespace assay::compare {

// Of the run and the case: what AcceptedAnswer keeps for LikelyCauses; `acceptance` keeps the rest.
void DescribeMeasured(const run::Run& run, const run::PlannedCase& plan, Acceptance& acceptance);

// "the service: foundry g3 1.2.0 -> foundry g3 1.3.0", one each for the service, execution provider, device, model
// version and machine, as far as both sides know it. `accepted_variant` is the one the accepted answer is of: another
// version of `plan.model`, or the same.
std::vector<std::string> LikelyCauses(const Acceptance& accepted, std::string_view accepted_variant,
                                      const run::Run& run, const run::PlannedCase& plan);

// ": temperature 0 -> 0.7, the messages" of a request that has another fingerprint; empty where the accepted one was
// not kept.
std::string RequestChanges(const AcceptedAnswer& accepted, const run::PlannedCase& plan);

// "phi-4-mini:3" -> "phi-4-mini" and 3; version -1 where the variant states none.
struct VariantVersion {
  std::string_view name;
  std::int64_t version = -1;
};
VariantVersion VersionOf(std::string_view variant);

}  // namespace assay::compare

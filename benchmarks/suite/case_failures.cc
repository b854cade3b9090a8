// SPDX-License-Identifier: MIT
#include "benchmarks/suite/case_failures.h"

#include "fixtures/base/text.h"

namespace assay::suite {

bool Failed(const run::PlannedCase& plan) { return !plan.failure.empty(); }

void FailCases(Cases& cases, const std::string& variant, const std::string& why) {
  for (run::PlannedCase& plan : cases) {
    if (plan.model == variant) plan.failure = why;
  }
}

std::string NotCached(const std::string& variant, const std::string& why) {
  return "model_not_cached: " + variant + " " + why + "; add --download, or run `foundry model download " + variant +
         "`";
}

std::string NotLoaded(const std::string& variant, const std::string& why) {
  if (base::ToLower(why).find("not cached") != std::string::npos) {
    return NotCached(variant, "cannot be loaded: " + why);
  }
  return "model_not_loaded: " + why;
}

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/resolve.h"

#include <utility>

namespace assay::suite {

base::Result<Pinned> ResolveModels(const Options& options, session::Session& session, const AskedModels& asked) {
  const std::vector<foundry::Pin> pins = PinsOf(options);
  const bool may_load = !options.list_only;
  if (asked) {
    return ResolvePinned(*asked, pins, [&](const auto& models, const foundry::Pin& pin) {
      return session.Resolve(models, pin, may_load);
    });
  }
  if (session.info().kind != "embedded") {
    return base::Error{base::ErrorCode::kUsage,
                       "say which models to measure: --models=a,b or --models=models.json (only the embedded service "
                       "is small enough to measure whole)",
                       session.info().endpoint};
  }
  ASSAY_TRY(const std::vector<catalogue::ModelRequest> every, session.EveryModel());
  ASSAY_TRY(std::vector<catalogue::ResolvedModel> models, session.Resolve(every, foundry::Pin{}, may_load));
  Pinned pinned;
  ASSAY_TRY(pinned.models, FilterByPins(std::move(models), pins));
  return pinned;
}

}  // namespace assay::suite

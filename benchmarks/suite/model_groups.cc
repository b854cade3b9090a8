// SPDX-License-Identifier: MIT
#include "benchmarks/suite/model_groups.h"

#include <utility>

namespace assay::suite {

std::vector<catalogue::ResolvedModel> ModelGroups::Next() {
  while (!pending_.empty()) {
    if (!groups_.empty()) loader_.unload_all();
    std::vector<catalogue::ResolvedModel> group;
    std::vector<catalogue::ResolvedModel> later;
    for (catalogue::ResolvedModel& model : pending_) {
      if (loader_.cancelled && loader_.cancelled()) return {};
      session::Loaded loaded = loader_.load(model);
      if (loaded.outcome == session::LoadOutcome::kDoesNotFit && group.empty()) {
        // What is in its way is no model of this group: one that was loaded to be resolved.
        loader_.unload_all();
        loaded = loader_.load(model);
      }
      if (loaded.outcome == session::LoadOutcome::kLoaded) {
        group.push_back(std::move(model));
      } else if (loaded.outcome == session::LoadOutcome::kDoesNotFit && !group.empty()) {
        later.push_back(std::move(model));
      } else if (!(loader_.cancelled && loader_.cancelled())) {
        loader_.failed(model, loaded.why);
      }
    }
    pending_ = std::move(later);
    if (group.empty()) continue;
    std::vector<std::string>& names = groups_.emplace_back();
    for (const catalogue::ResolvedModel& model : group) names.push_back(model.variant);
    return group;
  }
  return {};
}

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// Groups of models that fit into memory together. Where all fit there is one group, and nothing is unloaded. Pure
// control: loading and unloading are the caller's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fixtures/catalogue/cases.h"
#include "fixtures/session/session.h"

namespace assay::suite {

struct Loader {
  std::function<session::Loaded(const catalogue::ResolvedModel& model)> load;
  std::function<void()> unload_all;  // that was loaded here
  // Told of every model that cannot be loaded at all.
  std::function<void(const catalogue::ResolvedModel& model, const std::string& why)> failed;
  std::function<bool()> cancelled;
};

class ModelGroups {
 public:
  ModelGroups(std::vector<catalogue::ResolvedModel> models, Loader loader)
      : pending_(std::move(models)), loader_(std::move(loader)) {}

  // Loads the next group: as many of the pending models as fit, in their order. Empty = nothing is left, or it was
  // cancelled.
  std::vector<catalogue::ResolvedModel> Next();
  // The variants of every group there was.
  const std::vector<std::vector<std::string>>& groups() const { return groups_; }

 private:
  std::vector<catalogue::ResolvedModel> pending_;
  Loader loader_;
  std::vector<std::vector<std::string>> groups_;
};

}  // namespace assay::suite

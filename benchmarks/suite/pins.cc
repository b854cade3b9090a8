// SPDX-License-Identifier: MIT
#include "benchmarks/suite/pins.h"

#include <algorithm>
#include <optional>
#include <set>

#include "fixtures/base/text.h"

namespace assay::suite {
namespace {

bool PinsItself(const catalogue::ModelRequest& model) { return model.variant || model.device || model.endpoint; }

std::string Words(const foundry::Pin& pin) {
  std::string words;
  if (pin.variant) words = "a variant like " + *pin.variant;
  if (pin.device) words = (words.empty() ? "a variant" : words) + " for " + *pin.device;
  return words;
}

// Whether there is no such thing, as opposed to a service that does not answer.
bool IsMissing(const base::Error& error) {
  return error.code == base::ErrorCode::kUnavailable || error.code == base::ErrorCode::kNotFound;
}

}  // namespace

std::vector<foundry::Pin> PinsOf(const Options& options) {
  std::vector<foundry::Pin> pins = {foundry::Pin{}};
  if (!options.devices.empty()) {
    pins.clear();
    for (const std::string& device : options.devices) pins.push_back({device, std::nullopt});
  }
  if (options.variants.empty()) return pins;
  std::vector<foundry::Pin> both;
  for (const foundry::Pin& pin : pins) {
    for (const std::string& variant : options.variants) both.push_back({pin.device, variant});
  }
  return both;
}

base::Result<Pinned> ResolvePinned(const std::vector<catalogue::ModelRequest>& models,
                                   const std::vector<foundry::Pin>& pins, const Resolve& resolve) {
  Pinned pinned;
  if (pins.size() == 1) {
    ASSAY_TRY(pinned.models, resolve(models, pins.front()));
    return pinned;
  }
  std::vector<std::optional<base::Error>> unused(pins.size());
  std::vector<bool> used(pins.size(), false);
  bool any_pinned = false;
  for (const catalogue::ModelRequest& model : models) {
    if (PinsItself(model)) {
      ASSAY_TRY(std::vector<catalogue::ResolvedModel> found, resolve({model}, foundry::Pin{}));
      for (catalogue::ResolvedModel& one : found) pinned.models.push_back(std::move(one));
      continue;
    }
    any_pinned = true;
    std::set<std::string> seen;
    std::optional<base::Error> missing;
    for (std::size_t i = 0; i < pins.size(); ++i) {
      base::Result<std::vector<catalogue::ResolvedModel>> found = resolve({model}, pins[i]);
      if (!found.ok()) {
        if (!IsMissing(found.error())) return found.error();
        missing = unused[i] = found.error();
        pinned.notes.push_back(model.wanted() + " has no " + Words(pins[i]).substr(2));
        continue;
      }
      used[i] = true;
      for (catalogue::ResolvedModel& one : *found) {
        if (seen.insert(base::ToLower(one.variant)).second) pinned.models.push_back(std::move(one));
      }
    }
    if (seen.empty() && missing) return *missing;
  }
  for (std::size_t i = 0; any_pinned && i < pins.size(); ++i) {
    if (!used[i] && unused[i]) return *unused[i];
  }
  return pinned;
}

base::Result<std::vector<catalogue::ResolvedModel>> FilterByPins(std::vector<catalogue::ResolvedModel> models,
                                                                 const std::vector<foundry::Pin>& pins) {
  const auto fits = [](const catalogue::ResolvedModel& model, const foundry::Pin& pin) {
    if (pin.device && model.device != pin.device) return false;
    return !pin.variant || foundry::SameVariant(*pin.variant, model.variant) ||
           base::GlobMatches(base::ToLower(*pin.variant), base::ToLower(model.variant));
  };
  std::vector<std::string> known;
  for (const catalogue::ResolvedModel& model : models) known.push_back(base::EscapeForTerminal(model.variant));
  std::erase_if(models, [&](const catalogue::ResolvedModel& model) {
    return std::ranges::none_of(pins, [&](const foundry::Pin& pin) { return fits(model, pin); });
  });
  if (models.empty()) {
    return base::Error{base::ErrorCode::kUnavailable,
                       "--device and --variant mean none of the models here: " + base::Join(known, ", "), ""};
  }
  return models;
}

}  // namespace assay::suite

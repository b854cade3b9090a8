// SPDX-License-Identifier: MIT
#include "tools/compare/answer_causes.h"

#include <algorithm>
#include <set>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

// What answered for the case: a model behind a server of its own has that server's generation.
std::string ServiceOf(const run::Run& run, const run::PlannedCase& plan) {
  const run::ServiceInfo& service = run.info.service;
  std::string generation = service.generation;
  for (const run::ModelInfo& model : run.info.models) {
    if (model.variant == plan.model && !model.generation.empty()) generation = model.generation;
  }
  return service.kind + " " + generation + (service.version ? " " + *service.version : std::string());
}

void AddIfOther(std::string_view what, const std::string& before, const std::string& now,
                std::vector<std::string>& causes) {
  if (before.empty() || now.empty() || before == now) return;
  causes.push_back(std::string(what) + ": " + before + " -> " + now);
}

std::string Shown(const run::Json* value) {
  if (value == nullptr) return "not sent";
  return run::WriteJson(*value, run::JsonStyle::kCompact);
}

}  // namespace

void DescribeMeasured(const run::Run& run, const run::PlannedCase& plan, Acceptance& acceptance) {
  acceptance.started_at = run.info.provenance.started_at;
  acceptance.service = ServiceOf(run, plan);
  acceptance.execution_provider = plan.execution_provider.value_or("");
  acceptance.device = plan.device.value_or("");
  acceptance.environment = run.info.environment.Key();
}

VariantVersion VersionOf(std::string_view variant) {
  const std::size_t colon = variant.rfind(':');
  if (colon == std::string_view::npos) return {variant, -1};
  const auto version = base::ParseInt(variant.substr(colon + 1));
  if (!version || *version < 0) return {variant, -1};
  return {variant.substr(0, colon), *version};
}

std::vector<std::string> LikelyCauses(const Acceptance& accepted, std::string_view accepted_variant,
                                      const run::Run& run, const run::PlannedCase& plan) {
  Acceptance now;
  DescribeMeasured(run, plan, now);
  std::vector<std::string> causes;
  AddIfOther("the model's version", std::string(accepted_variant), plan.model, causes);
  AddIfOther("the service", accepted.service, now.service, causes);
  AddIfOther("the execution provider", accepted.execution_provider, now.execution_provider, causes);
  AddIfOther("the device", accepted.device, now.device, causes);
  AddIfOther("the machine", accepted.environment, now.environment, causes);
  return causes;
}

std::string RequestChanges(const AcceptedAnswer& accepted, const run::PlannedCase& plan) {
  const run::Json now = run::WithoutMessages(plan.request);
  const run::JsonObject* const before_keys = accepted.request.as_object();
  const run::JsonObject* const now_keys = now.as_object();
  if (before_keys == nullptr || now_keys == nullptr) return {};
  std::set<std::string> keys;
  for (const auto& [key, value] : *before_keys) keys.insert(key);
  for (const auto& [key, value] : *now_keys) keys.insert(key);
  std::vector<std::string> changes;
  for (const std::string& key : keys) {
    const run::Json* const before = accepted.request.Find(key);
    const run::Json* const after = now.Find(key);
    if (before != nullptr && after != nullptr && *before == *after) continue;
    changes.push_back(key == "messages_sha256" ? "the messages" : key + " " + Shown(before) + " -> " + Shown(after));
  }
  return changes.empty() ? std::string() : ": " + base::Join(changes, ", ");
}

}  // namespace assay::compare

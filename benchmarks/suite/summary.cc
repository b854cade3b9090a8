// SPDX-License-Identifier: MIT
#include "benchmarks/suite/summary.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "fixtures/base/text.h"
#include "fixtures/base/units.h"

namespace assay::suite {
namespace {

using base::EscapeForTerminal;

void PrintSampling(const run::ModelInfo& model, std::ostream& out) {
  if (!model.sampling || *model.sampling == "deterministic") return;
  out << "note: sampling: " << EscapeForTerminal(model.variant) << ": " << *model.sampling << ": "
      << (*model.sampling == "nondeterministic" ? "temperature 0 does not repeat, answers will differ from run to run"
                                                : "temperature or seed change nothing, every answer is the greedy one");
  for (const std::string& line : model.findings) out << "; " << EscapeForTerminal(line);
  out << "\n";
}

// Only worth a line when models stand on different services.
void PrintServices(const std::vector<run::ModelInfo>& models, std::ostream& out) {
  std::vector<std::pair<std::string, std::vector<std::string>>> services;
  for (const run::ModelInfo& model : models) {
    const std::string service = model.generation + " at " + model.endpoint;
    auto found = std::ranges::find(services, service, &std::pair<std::string, std::vector<std::string>>::first);
    if (found == services.end()) found = services.insert(services.end(), {service, {}});
    found->second.push_back(model.variant);
  }
  if (services.size() < 2) return;
  for (const auto& [service, variants] : services) {
    out << "service: " << EscapeForTerminal(service) << ": " << EscapeForTerminal(base::Join(variants, ", ")) << "\n";
  }
}

}  // namespace

void PrintSummary(const run::RunInfo& info, base::Nanoseconds measuring_time, const std::filesystem::path& directory,
                  std::ostream& out) {
  const run::Validity& validity = info.validity;
  const auto failed =
      std::ranges::count_if(info.cases, [](const run::PlannedCase& plan) { return !plan.failure.empty(); });
  for (const run::PlannedCase& plan : info.cases) {
    if (plan.failure.empty()) continue;
    out << "failed: " << EscapeForTerminal(plan.id) << ": " << EscapeForTerminal(plan.failure) << "\n";
  }
  for (const run::Warning& warning : validity.warnings) {
    out << "note: " << EscapeForTerminal(warning.code) << ": "
        << (warning.case_id.empty() ? "" : EscapeForTerminal(warning.case_id) + ": ")
        << EscapeForTerminal(warning.message) << "\n";
  }
  for (const run::ModelInfo& model : info.models) PrintSampling(model, out);
  PrintServices(info.models, out);
  char idle[32];
  std::snprintf(idle, sizeof idle, "%.2f %%", validity.idle_share * 100);
  out << info.cases.size() << " cases, " << validity.measured_requests << " measured requests in "
      << base::FormatDuration(measuring_time) << ", " << failed << " cases failed; idle between requests " << idle
      << "\n";
  if (validity.disturbed_requests > 0) {
    out << validity.disturbed_requests
        << " requests were disturbed by the service, sent again and not counted; upkeep took "
        << base::FormatDuration(
               std::chrono::duration_cast<base::Nanoseconds>(std::chrono::duration<double>(validity.upkeep_s)))
        << "\n";
  }
  if (validity.interrupted) out << "interrupted: the run is not complete\n";
  out << "run: " << directory.string() << "\n";
}

}  // namespace assay::suite

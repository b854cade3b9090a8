// SPDX-License-Identifier: MIT
#include "benchmarks/suite/check_command.h"

#include "benchmarks/suite/exit_code.h"
#include "benchmarks/suite/inputs.h"
#include "benchmarks/suite/pins.h"
#include "benchmarks/suite/progress.h"
#include "fixtures/base/text.h"
#include "fixtures/check/check.h"
#include "fixtures/process/interrupt.h"

namespace assay::suite {
namespace {

// A check looks under one pin; several devices become several models.
base::Status Pin(const Options& options, check::CheckOptions& check) {
  if (options.variants.size() > 1) {
    return base::Error{base::ErrorCode::kUsage, "--check takes one --variant at a time; check them one by one", ""};
  }
  const std::vector<foundry::Pin> pins = PinsOf(options);
  if (pins.size() == 1) {
    check.pin = pins.front();
    return {};
  }
  check.pin = foundry::Pin{std::nullopt, pins.front().variant};
  if (!check.models) {
    return base::Error{base::ErrorCode::kUsage, "--check with several devices needs --models", ""};
  }
  std::vector<catalogue::ModelRequest> models;
  for (const catalogue::ModelRequest& model : *check.models) {
    if (model.variant || model.device || model.endpoint) {
      models.push_back(model);
      continue;
    }
    for (const std::string& device : options.devices) {
      models.push_back(model);
      models.back().device = device;
    }
  }
  check.models = std::move(models);
  return {};
}

}  // namespace

int RunCheck(const Options& options, const Environment& environment, std::ostream& out, std::ostream& err) {
  Progress progress(err, StandardErrorIsTerminal());
  const auto fail = [&](const base::Error& error) {
    progress.Clear();
    err << "assay-bench: " << base::EscapeForTerminal(error.Message()) << "\n";
    if (error.code == base::ErrorCode::kInternal) return kInternalError;
    return error.code == base::ErrorCode::kCancelled ? kNotReady : kUsageOrInput;
  };
  const base::Result<AskedModels> models = ReadModels(options);
  if (!models.ok()) return fail(models.error());
  process::InterruptGuard interrupt;
  check::CheckOptions check;
  check.session = MakeSessionOptions(options, environment, *models);
  check.session.say = [&](const std::string& line) { progress.Say(line, false); };
  check.models = *models;
  check.warn_below_bytes = options.min_free_disk_bytes;
  if (const base::Status pinned = Pin(options, check); !pinned.ok()) return fail(pinned.error());

  std::vector<check::Finding> findings;
  const base::Result<bool> ready = check::Check(check, [&](const check::Finding& finding) {
    progress.Clear();
    if (options.json) {
      findings.push_back(finding);
    } else {
      check::PrintFinding(finding, out);
      out.flush();
    }
  });
  progress.Clear();
  if (!ready.ok()) return fail(ready.error());
  if (options.json) out << check::FindingsJson(findings);
  return *ready ? kReady : kNotReady;
}

}  // namespace assay::suite

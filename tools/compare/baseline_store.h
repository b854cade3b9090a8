// SPDX-License-Identifier: MIT
// Where baselines lie: outputs/<variant>.json and latency/<environment-key>/<variant>.json below a
// baselines folder. Finds and reads them; accept.h writes them. A file that is not there is no
// error, a file that cannot be read is.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fixtures/base/result.h"
#include "tools/compare/baseline_format.h"

namespace assay::compare {

// "ember:1" -> "ember-1.json"; characters outside [A-Za-z0-9._+-] other than ':' become %XX. Not
// reversible: the variant stands inside the file and is verified.
std::string BaselineFileName(std::string_view variant);
std::filesystem::path OutputsPath(const std::filesystem::path& folder, std::string_view variant);
std::filesystem::path LatencyPath(const std::filesystem::path& folder, std::string_view environment_key,
                                  std::string_view variant);

base::Result<std::optional<OutputsBaseline>> ReadOutputs(const std::filesystem::path& path, std::string_view variant);
base::Result<std::optional<LatencyBaseline>> ReadLatency(const std::filesystem::path& path, std::string_view variant,
                                                         std::string_view environment_key);

// What is known about one variant; each question takes the first folder that has a file for it.
struct VariantBaselines {
  std::optional<OutputsBaseline> outputs;
  std::filesystem::path outputs_path;  // of the file read
  // Without `outputs`: those of the newest older version of the variant, else of the newest one; absent when there is
  // no other version. For what changed with the version, never to be accepted into.
  std::optional<OutputsBaseline> other_version;
  std::optional<LatencyBaseline> latency;
  std::filesystem::path latency_path;
};
base::Result<VariantBaselines> LoadBaselines(std::span<const std::filesystem::path> folders, std::string_view variant,
                                             std::string_view environment_key);

}  // namespace assay::compare

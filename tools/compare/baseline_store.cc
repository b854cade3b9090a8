// SPDX-License-Identifier: MIT
#include "tools/compare/baseline_store.h"

#include <cstdio>

#include "fixtures/base/files.h"

namespace assay::compare {
namespace {

namespace fs = std::filesystem;

base::Result<std::optional<std::string>> ReadIfThere(const fs::path& path) {
  base::Result<std::string> text = base::ReadFile(path);
  if (text.ok()) return std::optional<std::string>(std::move(text).value());
  if (text.error().code == base::ErrorCode::kNotFound) return std::optional<std::string>();
  return base::WithContext(text.error(), "the baseline cannot be read");
}

}  // namespace

std::string BaselineFileName(std::string_view variant) {
  std::string name;
  for (const char c : variant) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("._+-").find(c) != std::string_view::npos;
    if (plain) {
      name.push_back(c);
    } else if (c == ':') {
      name.push_back('-');
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      name += escaped;
    }
  }
  return name + ".json";
}

fs::path OutputsPath(const fs::path& folder, std::string_view variant) {
  return folder / "outputs" / BaselineFileName(variant);
}

fs::path LatencyPath(const fs::path& folder, std::string_view environment_key, std::string_view variant) {
  return folder / "latency" / std::string(environment_key) / BaselineFileName(variant);
}

base::Result<std::optional<OutputsBaseline>> ReadOutputs(const fs::path& path, std::string_view variant) {
  ASSAY_TRY(const std::optional<std::string> text, ReadIfThere(path));
  if (!text) return std::optional<OutputsBaseline>();
  ASSAY_TRY(OutputsBaseline baseline, ParseOutputs(*text, path.string(), variant));
  return std::optional<OutputsBaseline>(std::move(baseline));
}

base::Result<std::optional<LatencyBaseline>> ReadLatency(const fs::path& path, std::string_view variant,
                                                         std::string_view environment_key) {
  ASSAY_TRY(const std::optional<std::string> text, ReadIfThere(path));
  if (!text) return std::optional<LatencyBaseline>();
  ASSAY_TRY(LatencyBaseline baseline, ParseLatency(*text, path.string(), variant, environment_key));
  return std::optional<LatencyBaseline>(std::move(baseline));
}

base::Result<VariantBaselines> LoadBaselines(std::span<const fs::path> folders, std::string_view variant,
                                             std::string_view environment_key) {
  VariantBaselines found;
  for (const fs::path& folder : folders) {
    if (!found.outputs) {
      found.outputs_path = OutputsPath(folder, variant);
      ASSAY_TRY(found.outputs, ReadOutputs(found.outputs_path, variant));
    }
    if (!found.latency) {
      found.latency_path = LatencyPath(folder, environment_key, variant);
      ASSAY_TRY(found.latency, ReadLatency(found.latency_path, variant, environment_key));
    }
  }
  return found;
}

}  // namespace assay::compare

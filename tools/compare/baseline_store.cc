// SPDX-License-Identifier: MIT
#include "tools/compare/baseline_store.h"

#include <cstdio>
#include <utility>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "tools/compare/answer_causes.h"

namespace assay::compare {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".json";

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

namespace {

// The variant of a file of the folder that has the same name and another version. The name of a file cannot be read
// back for certain: what stands inside decides.
base::Result<std::optional<OutputsBaseline>> OtherVersion(const fs::path& folder, std::string_view variant) {
  const VariantVersion wanted = VersionOf(variant);
  if (wanted.version < 0) return std::optional<OutputsBaseline>();
  const std::string of_name = BaselineFileName(wanted.name);
  const std::string begin = of_name.substr(0, of_name.size() - kExtension.size()) + "-";
  std::optional<std::int64_t> best;
  std::error_code ec;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "outputs", ec)) {
    const std::string file = base::ToUtf8(entry.path().filename());
    if (!file.starts_with(begin) || !file.ends_with(kExtension)) continue;
    const auto version =
        base::ParseInt(std::string_view(file).substr(begin.size(), file.size() - begin.size() - kExtension.size()));
    if (!version || *version < 0 || *version == wanted.version) continue;
    const auto better = [&](std::int64_t one) { return std::pair(one < wanted.version, one); };
    if (!best || better(*version) > better(*best)) best = version;
  }
  if (!best) return std::optional<OutputsBaseline>();
  const std::string other = std::string(wanted.name) + ":" + std::to_string(*best);
  base::Result<std::optional<OutputsBaseline>> outputs = ReadOutputs(OutputsPath(folder, other), other);
  // A file that is not of this variant, or broken, is none of this run's business.
  if (!outputs.ok()) return std::optional<OutputsBaseline>();
  return outputs;
}

}  // namespace

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
  for (const fs::path& folder : folders) {
    if (found.outputs || found.other_version) break;
    ASSAY_TRY(found.other_version, OtherVersion(folder, variant));
  }
  return found;
}

}  // namespace assay::compare

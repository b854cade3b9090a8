// SPDX-License-Identifier: MIT
#include "benchmarks/suite/state_folder.h"

namespace assay::suite {
namespace {

std::filesystem::path Named(const Environment& environment, const std::string& variable) {
  return environment(variable).value_or("");
}

}  // namespace

Platform ThisPlatform() {
#if defined(_WIN32)
  return Platform::kWindows;
#elif defined(__APPLE__)
  return Platform::kMacos;
#else
  return Platform::kLinux;
#endif
}

std::filesystem::path StateFolder(const Environment& environment, Platform platform) {
  if (std::filesystem::path own = Named(environment, "ASSAY_STATE_HOME"); !own.empty()) return own;
  std::filesystem::path base;
  if (platform == Platform::kWindows) {
    base = Named(environment, "LOCALAPPDATA");
  } else {
    const std::filesystem::path home = Named(environment, "HOME");
    if (platform == Platform::kMacos) {
      if (!home.empty()) base = home / "Library" / "Application Support";
    } else {
      base = Named(environment, "XDG_STATE_HOME");
      // The XDG specification: a relative path is to be ignored.
      if (!base.is_absolute()) base = home.empty() ? std::filesystem::path() : home / ".local" / "state";
    }
  }
  return base.empty() ? base : base / "assay";
}

std::filesystem::path HeadStateFolder(const std::filesystem::path& state_folder) { return state_folder / "head"; }

}  // namespace assay::suite

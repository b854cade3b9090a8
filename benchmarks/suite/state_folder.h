// SPDX-License-Identifier: MIT
// Where assay-bench remembers, from one run to the next, which service it started.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace assay::suite {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

enum class Platform { kLinux, kMacos, kWindows };
Platform ThisPlatform();

// ASSAY_STATE_HOME, else the folder "assay" where the platform keeps such things: XDG_STATE_HOME or ~/.local/state,
// ~/Library/Application Support, LOCALAPPDATA. Empty when the environment names none of them. Created by who writes
// there.
std::filesystem::path StateFolder(const Environment& environment, Platform platform = ThisPlatform());

// Within it, that of the head of a pair: one process then starts two services.
std::filesystem::path HeadStateFolder(const std::filesystem::path& state_folder);

}  // namespace assay::suite

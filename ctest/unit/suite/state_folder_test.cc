// SPDX-License-Identifier: MIT
// Where each platform keeps what a program remembers.
#include "benchmarks/suite/state_folder.h"

#include <gtest/gtest.h>

#include <map>

namespace assay::suite {
namespace {

std::string Folder(const std::map<std::string, std::string>& variables, Platform platform) {
  const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return StateFolder(environment, platform).generic_string();
}

TEST(StateFolder, IsWhereThePlatformKeepsSuchThings) {
  EXPECT_EQ(Folder({{"HOME", "/h/a"}}, Platform::kLinux), "/h/a/.local/state/assay");
  EXPECT_EQ(Folder({{"HOME", "/h/a"}, {"XDG_STATE_HOME", "/state"}}, Platform::kLinux), "/state/assay");
  EXPECT_EQ(Folder({{"HOME", "/h/a"}, {"XDG_STATE_HOME", "/state"}}, Platform::kMacos),
            "/h/a/Library/Application Support/assay");
  EXPECT_EQ(Folder({{"HOME", "/h/a"}, {"LOCALAPPDATA", "C:/h/a/Local"}}, Platform::kWindows), "C:/h/a/Local/assay");
}

// The XDG Base Directory Specification: paths set in these variables must be absolute, others are to be ignored.
TEST(StateFolder, ARelativeXdgFolderIsIgnored) {
  EXPECT_EQ(Folder({{"HOME", "/h/a"}, {"XDG_STATE_HOME", "state"}}, Platform::kLinux), "/h/a/.local/state/assay");
  EXPECT_EQ(Folder({{"HOME", "/h/a"}, {"XDG_STATE_HOME", ""}}, Platform::kLinux), "/h/a/.local/state/assay");
}

TEST(StateFolder, OurOwnVariableBeatsAll) {
  for (const Platform platform : {Platform::kLinux, Platform::kMacos, Platform::kWindows}) {
    EXPECT_EQ(
        Folder({{"ASSAY_STATE_HOME", "/tmp/x"}, {"HOME", "/h"}, {"XDG_STATE_HOME", "/s"}, {"LOCALAPPDATA", "C:/l"}},
               platform),
        "/tmp/x");
  }
}

TEST(StateFolder, NothingIsRememberedWhereNothingIsNamed) {
  for (const Platform platform : {Platform::kLinux, Platform::kMacos, Platform::kWindows}) {
    EXPECT_EQ(Folder({}, platform), "");
    EXPECT_EQ(Folder({{"ASSAY_STATE_HOME", ""}, {"HOME", ""}}, platform), "");
  }
}

}  // namespace
}  // namespace assay::suite

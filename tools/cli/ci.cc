// SPDX-License-Identifier: MIT
#include "tools/cli/ci.h"

#include <algorithm>
#include <string_view>

#include "fixtures/base/text.h"
#include "tools/report/command_line.h"

namespace assay::cli {
namespace {

constexpr const char* kOurs = "ASSAY_CI";
// Of the services, as their manuals name them; most set CI as well.
constexpr const char* kVariables[] = {"CI",
                                      "GITHUB_ACTIONS",
                                      "TF_BUILD",
                                      "GITLAB_CI",
                                      "JENKINS_URL",
                                      "BUILDKITE",
                                      "TEAMCITY_VERSION",
                                      "CIRCLECI",
                                      "APPVEYOR",
                                      "TRAVIS",
                                      "BITBUCKET_BUILD_NUMBER",
                                      "CODEBUILD_BUILD_ID"};

bool SaysNo(const std::string& value) {
  constexpr std::string_view kNo[] = {"", "false", "0", "no", "off"};
  return std::ranges::any_of(kNo, [&](std::string_view no) { return base::EqualsIgnoreCase(value, no); });
}

}  // namespace

base::Result<std::optional<std::string>> FindCi(const GetEnvironment& environment) {
  const std::optional<std::string> ours = environment(kOurs);
  if (ours && !ours->empty()) {
    if (*ours == "on") return std::optional<std::string>(kOurs);
    if (*ours == "off") return std::optional<std::string>();
    return base::Error{base::ErrorCode::kUsage,
                       std::string(kOurs) + " should be on or off, found '" + base::EscapeForTerminal(*ours) +
                           "'; leave it unset to have CI services recognised",
                       ""};
  }
  for (const char* name : kVariables) {
    const std::optional<std::string> value = environment(name);
    if (value && !SaysNo(*value)) return std::optional<std::string>(name);
  }
  return std::optional<std::string>();
}

base::Status RefuseInCi(const GetEnvironment& environment, std::string_view command,
                        const std::vector<std::string>& args) {
  ASSAY_TRY(const std::optional<std::string> variable, FindCi(environment));
  if (!variable) return {};
  std::vector<std::string> typed = {"assay", std::string(command)};
  typed.insert(typed.end(), args.begin(), args.end());
  return base::Error{base::ErrorCode::kUsage,
                     "this is a CI job (" + *variable +
                         " is set), and in CI no baseline is written: what is accepted is committed and reviewed "
                         "(ASSAY_CI=off says that it is none); at a desk type: " +
                         report::CommandLine(typed),
                     ""};
}

}  // namespace assay::cli

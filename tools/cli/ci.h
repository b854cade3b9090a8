// SPDX-License-Identifier: MIT
// Whether this is a job of a CI service. What becomes a baseline is a person's decision that others review, so that
// commands which write baselines refuse to run there, whoever asks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/cli/cli.h"

namespace assay::cli {

// The variable of the environment that says so, or nothing: CI, GITHUB_ACTIONS, TF_BUILD, GITLAB_CI, JENKINS_URL,
// BUILDKITE, TEAMCITY_VERSION, CIRCLECI, APPVEYOR, TRAVIS, BITBUCKET_BUILD_NUMBER, CODEBUILD_BUILD_ID; set and neither
// empty nor false, 0, no or off. ASSAY_CI=on|off beats them all; kUsage when it is anything else.
base::Result<std::optional<std::string>> FindCi(const GetEnvironment& environment);

// kUsage in CI, with the whole command, which is what has to be typed at a desk instead. `command`: e.g. "accept".
base::Status RefuseInCi(const GetEnvironment& environment, std::string_view command,
                        const std::vector<std::string>& args);

}  // namespace assay::cli

// SPDX-License-Identifier: MIT
// The program called as a function on run directories written by the real writer, in a folder that goes away.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "tools/cli/cli.h"

namespace assay::cli {

class CliTest : public ::testing::Test {
 protected:
  CliTest() : temporary_(*base::TemporaryDirectory::Create("assay-cli")) {}

  int Call(const std::vector<std::string>& args) {
    out_.str("");
    err_.str("");
    std::istringstream in(input_);
    const auto environment = [this](const std::string& name) {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::optional<std::string>() : found->second;
    };
    return cli::Run(args, environment, in, out_, err_);
  }
  std::string Path(const std::string& name) const { return (temporary_.path() / name).string(); }
  // One case that a test is about, and beside it what one accepted session can be judged by: eight that stay.
  static testing::RunBuilder RunOf(const std::string& name, double first_ms, const std::string& answer = "Paris.") {
    testing::SampleSpec sample;
    sample.text = answer;
    testing::RunBuilder builder;
    builder.Repetitions(10).StartedAt(name).Case("capital").AddRamp(10, first_ms, 1, sample);
    for (int i = 0; i < 8; ++i) builder.Case("rest-" + std::to_string(i)).AddRamp(10, 100 + 10 * i, 1);
    return builder;
  }
  std::string Measure(const std::string& name, double first_ms, const std::string& answer = "Paris.") {
    const testing::RunBuilder builder = RunOf(name, first_ms, answer);
    EXPECT_TRUE(builder.Write(Path(name)).ok());
    return Path(name);
  }
  int AcceptRun(const std::string& run) {
    return Call({"accept", "--run", run, "--baselines", Path("baselines"), "--reason", "first baseline"});
  }
  int CompareRun(const std::string& run, const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"compare", "--run", run, "--baselines", Path("baselines")};
    args.insert(args.end(), more.begin(), more.end());
    return Call(args);
  }
  // Exactly one line on stderr, with this in it.
  void ExpectError(const std::string& message) {
    const std::string text = err_.str();
    EXPECT_THAT(text, ::testing::HasSubstr(message));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  }

  base::TemporaryDirectory temporary_;
  std::map<std::string, std::string> environment_;  // of the next call
  std::string input_;                               // what a person types into it
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace assay::cli

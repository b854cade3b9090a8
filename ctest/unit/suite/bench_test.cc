// SPDX-License-Identifier: MIT
// assay-bench up to the point where it needs a service: output, messages and exit codes.
#include "benchmarks/suite/bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "fixtures/base/files.h"

namespace assay::suite {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

Ended Bench(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  Ended ended;
  ended.code = Run(
      args, [](const std::string&) { return std::optional<std::string>(); }, out, err);
  ended.out = out.str();
  ended.err = err.str();
  return ended;
}

TEST(Bench, HelpAndVersionGoToStandardOutput) {
  const Ended help = Bench({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Exit codes"));
  EXPECT_EQ(help.err, "");
  const Ended version = Bench({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, StartsWith("assay-bench "));
}

void ExpectUsage(const std::vector<std::string>& args, const std::string& words) {
  const Ended ended = Bench(args);
  EXPECT_EQ(ended.code, 2) << args.front();
  EXPECT_THAT(ended.err, StartsWith("assay-bench: "));
  EXPECT_THAT(ended.err, HasSubstr(words));
  EXPECT_EQ(ended.err.find('\n'), ended.err.size() - 1) << "one message, one line: " << ended.err;
  EXPECT_EQ(ended.out, "");
}

TEST(Bench, WrongUsageIs2) {
  ExpectUsage({"--no-such-flag"}, "no-such-flag");
  ExpectUsage({"--benchmark_no_such_flag=1"}, "Google Benchmark does not know --benchmark_no_such_flag=1");
  ExpectUsage({"--service=embedded", "--endpoint=http://127.0.0.1:1", "--prompt=Hi"}, "--service=none");
  ExpectUsage({"--endpoint=nonsense", "--prompt=Hi"}, "is no endpoint");
}

TEST(Bench, WrongUsageOfACheckIs2) {
  ExpectUsage({"--check", "--models=a", "--variant=a*,b*"}, "--check takes one --variant at a time");
  ExpectUsage({"--check", "--device=cpu,gpu"}, "several devices needs --models");
  ExpectUsage({"--check", "--models=no-such.json"}, "no-such.json");
  ExpectUsage({"--check", "--json", "--service=embedded", "--endpoint=http://127.0.0.1:1"}, "--service=none");
}

TEST(Bench, UnreadableInputIs2) {
  base::Result<base::TemporaryDirectory> folder = base::TemporaryDirectory::Create("assay-bench");
  ASSERT_TRUE(folder.ok());
  const std::string file = (folder->path() / "models.json").string();
  ASSERT_TRUE(base::WriteFileAtomically(file, R"({"schema_version":1,"models":[{"alias":"a","size":1}]})").ok());
  ExpectUsage({"--models=" + file, "--prompt=Hi"}, "unknown key 'size'");
  ExpectUsage({"--models=no-such.json", "--prompt=Hi"}, "no-such.json");
  ExpectUsage({"--models=a,,b", "--prompt=Hi"}, "empty name");
  ExpectUsage({"--prompts=" + file}, "'prompts' is missing");
  ExpectUsage({"--prompts=no-such.json"}, "no-such.json");
}

TEST(Bench, NoServiceIs3AndSkippedWhereThatIsAllowed) {
  const std::vector<std::string> args = {"--endpoint=http://127.0.0.1:1", "--models=a", "--prompt=Hi"};
  const Ended ended = Bench(args);
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("no service at the endpoint http://127.0.0.1:1"));
  std::vector<std::string> skipping = args;
  skipping.push_back("--skip-without-service");
  const Ended skipped = Bench(skipping);
  EXPECT_EQ(skipped.code, 77);
  EXPECT_THAT(skipped.err, HasSubstr("skipped: "));
}

}  // namespace
}  // namespace assay::suite

// SPDX-License-Identifier: MIT
#include "tools/compare/baseline_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::compare {
namespace {

namespace fs = std::filesystem;

TEST(BaselineStore, FileNamesAreSafeEverywhere) {
  EXPECT_EQ(BaselineFileName("qwen2.5-0.5b-instruct-generic-cpu:4"), "qwen2.5-0.5b-instruct-generic-cpu-4.json");
  EXPECT_EQ(BaselineFileName("a/b c\xC3\xA9"), "a%2Fb%20c%C3%A9.json");
  EXPECT_EQ(BaselineFileName("../up"), "..%2Fup.json");
}

TEST(BaselineStore, PathsFollowTheLayout) {
  EXPECT_EQ(OutputsPath("b", "m:1"), fs::path("b/outputs/m-1.json"));
  EXPECT_EQ(LatencyPath("b", "linux-x", "m:1"), fs::path("b/latency/linux-x/m-1.json"));
}

TEST(BaselineStore, EachQuestionTakesTheFirstFolderThatHasIt) {
  const auto temporary = base::TemporaryDirectory::Create("assay-store");
  ASSERT_TRUE(temporary.ok());
  const std::vector<fs::path> folders = {temporary->path() / "shared", temporary->path() / "local"};
  const std::string key = run::Environment{}.Key();
  ASSERT_TRUE(base::WriteFileAtomically(OutputsPath(folders[0], "m:1"), WriteOutputs({"m:1", {}})).ok());
  ASSERT_TRUE(base::WriteFileAtomically(OutputsPath(folders[1], "m:1"), "not even JSON").ok());
  ASSERT_TRUE(base::WriteFileAtomically(LatencyPath(folders[1], key, "m:1"), WriteLatency({"m:1", {}, {}})).ok());
  const auto found = LoadBaselines(folders, "m:1", key);
  ASSERT_TRUE(found.ok()) << found.error().Message();
  EXPECT_TRUE(found->outputs.has_value());
  EXPECT_EQ(found->outputs_path, OutputsPath(folders[0], "m:1"));
  EXPECT_TRUE(found->latency.has_value());
  EXPECT_EQ(found->latency_path, LatencyPath(folders[1], key, "m:1"));
}

TEST(BaselineStore, AFileThatIsNotThereIsNoError) {
  const auto found = ReadOutputs("no/such/file.json", "m:1");
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->has_value());
}

TEST(BaselineStore, AFileThatCannotBeReadIsAnError) {
  const auto temporary = base::TemporaryDirectory::Create("assay-store");
  ASSERT_TRUE(temporary.ok());
  const fs::path path = OutputsPath(temporary->path(), "m:1");
  ASSERT_TRUE(base::CreateDirectories(path).ok());  // a folder stands where the file should be
  const auto found = ReadOutputs(path, "m:1");
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().Message(), ::testing::HasSubstr("it is a folder"));
}

}  // namespace
}  // namespace assay::compare

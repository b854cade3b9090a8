// SPDX-License-Identifier: MIT
// Which folders a run may be written into: one that holds a result of the other kind is not replaced in part.
#include "benchmarks/suite/run_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"
#include "fixtures/run/pair.h"

namespace assay::suite {
namespace {

using ::testing::HasSubstr;

class FreeFolderTest : public ::testing::Test {
 protected:
  std::filesystem::path Path(const std::string& name) const { return folder_->path() / name; }
  static std::string What(const base::Status& status) {
    if (status.ok()) return "free";
    EXPECT_EQ(status.error().code, base::ErrorCode::kUsage);
    return status.error().what;
  }
  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-free");
};

TEST_F(FreeFolderTest, AnEmptyOneIsFreeAndSoIsOneOfTheSameKind) {
  ASSERT_TRUE(base::WriteFileAtomically(Path("run") / "run.json", "{}").ok());
  run::PairInfo pair;
  pair.base = {"a", "base"};
  pair.head = {"b", "head"};
  pair.blocks = {5};
  ASSERT_TRUE(run::WritePair(Path("pair"), pair).ok());
  for (const std::filesystem::path& folder : {std::filesystem::path(), Path("none"), Path("run")}) {
    EXPECT_EQ(What(FreeForRun(folder)), "free") << folder;
  }
  for (const std::filesystem::path& folder : {std::filesystem::path(), Path("none"), Path("pair")}) {
    EXPECT_EQ(What(FreeForPair(folder)), "free") << folder;
  }
  EXPECT_THAT(What(FreeForPair(Path("run"))), HasSubstr("holds an ordinary run; choose another --run for a pair"));
  EXPECT_THAT(What(FreeForRun(Path("pair"))), HasSubstr("this folder holds a pair"));
  EXPECT_THAT(What(FreeForRun(Path("pair") / "base")), HasSubstr("this folder is a side of a pair"));
  EXPECT_EQ(What(FreeForRun(Path("pair") / "third")), "free");
}

}  // namespace
}  // namespace assay::suite

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/write_run.h"

#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::suite {
namespace {

run::GoogleBenchmarkText Pieces(std::vector<std::string> pieces, bool fails = false) {
  return [pieces = std::move(pieces), fails](const run::TakeText& take) -> base::Status {
    for (const std::string& piece : pieces) ASSAY_RETURN_IF_ERROR(take(piece));
    if (fails) return base::Error{base::ErrorCode::kIo, "cannot read", "entries"};
    return {};
  };
}

class WritePiecesTest : public ::testing::Test {
 protected:
  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-pieces");
  std::filesystem::path path_ = folder_->path() / "below" / "out.json";
};

TEST_F(WritePiecesTest, WritesAllPiecesAndReplacesWhatWasThere) {
  ASSERT_TRUE(WritePieces(path_, Pieces({"{", "\"a\":", "1}\n"})).ok());
  EXPECT_EQ(*base::ReadFile(path_), "{\"a\":1}\n");
  ASSERT_TRUE(WritePieces(path_, Pieces({"{}"})).ok());
  EXPECT_EQ(*base::ReadFile(path_), "{}");
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".partial"));
}

TEST_F(WritePiecesTest, AnErrorLeavesTheOlderFile) {
  ASSERT_TRUE(base::WriteFileAtomically(path_, "older").ok());
  const base::Status status = WritePieces(path_, Pieces({"{"}, true));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().what, "cannot read");
  EXPECT_EQ(*base::ReadFile(path_), "older");
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".partial"));
}

TEST_F(WritePiecesTest, AFolderInTheWayIsAnError) {
  const base::Status status = WritePieces(folder_->path(), Pieces({"{}"}));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kIo);
}

#ifndef _WIN32
TEST_F(WritePiecesTest, ALinkStaysAndItsTargetIsReplaced) {
  ASSERT_TRUE(base::WriteFileAtomically(path_, "older").ok());
  const std::filesystem::path link = folder_->path() / "link.json";
  std::filesystem::create_symlink(path_, link);
  ASSERT_TRUE(WritePieces(link, Pieces({"new"})).ok());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(*base::ReadFile(path_), "new");
}

TEST_F(WritePiecesTest, ADeviceIsWrittenTo) {
  ASSERT_TRUE(WritePieces("/dev/null", Pieces({"{}"})).ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}
#endif

}  // namespace
}  // namespace assay::suite

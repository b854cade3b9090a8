// SPDX-License-Identifier: MIT
#include "benchmarks/suite/entry_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fixtures/base/files.h"

namespace assay::suite {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EntryFileTest : public ::testing::Test {
 protected:
  static std::vector<std::string> All(EntryFile& file) {
    std::vector<std::string> texts;
    const base::Status status = file.ForEach([&](std::string_view text) -> base::Status {
      texts.emplace_back(text);
      return {};
    });
    EXPECT_TRUE(status.ok());
    return texts;
  }
  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-entries");
  std::filesystem::path path_ = folder_->path() / "entries.partial";
};

TEST_F(EntryFileTest, HandsBackSortedByCaseAndRepetition) {
  EntryFile file(path_);
  ASSERT_TRUE(file.Append({1, 0}, "b0").ok());
  ASSERT_TRUE(file.Append({0, 10}, "a10, which is longer\n").ok());
  ASSERT_TRUE(file.Append({0, 9}, "").ok());
  ASSERT_TRUE(file.Append({0, 2}, std::string("a\0 2", 4)).ok());
  EXPECT_THAT(All(file), ElementsAre(std::string("a\0 2", 4), "", "a10, which is longer\n", "b0"));
  EXPECT_EQ(file.size(), 4U);
}

TEST_F(EntryFileTest, CanBeReadAgainAndGoOn) {
  EntryFile file(path_);
  ASSERT_TRUE(file.Append({0, 1}, "one").ok());
  EXPECT_THAT(All(file), ElementsAre("one"));
  ASSERT_TRUE(file.Append({0, 0}, "zero").ok());
  EXPECT_THAT(All(file), ElementsAre("zero", "one"));
  EXPECT_THAT(All(file), ElementsAre("zero", "one"));
}

// 3000 entries of up to 200 bytes are more than any buffer of a stream.
TEST_F(EntryFileTest, HoldsManyEntries) {
  EntryFile file(path_);
  for (int i = 2999; i >= 0; --i) {
    ASSERT_TRUE(file.Append({static_cast<std::size_t>(i), 0},
                            std::string(static_cast<std::size_t>(i % 200), 'x') + std::to_string(i))
                    .ok());
  }
  const std::vector<std::string> texts = All(file);
  ASSERT_EQ(texts.size(), 3000U);
  for (std::size_t i = 0; i < 3000; ++i) EXPECT_EQ(texts[i], std::string(i % 200, 'x') + std::to_string(i));
}

TEST_F(EntryFileTest, LeavesNothingBehind) {
  {
    EntryFile file(path_);
    EXPECT_THAT(All(file), IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(path_)) << "nothing was written";
    ASSERT_TRUE(file.Append({0, 0}, "text").ok());
    EXPECT_TRUE(std::filesystem::exists(path_));
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(EntryFileTest, ErrorsNameTheFile) {
  EntryFile file(folder_->path() / "no-such-folder" / "entries");
  const base::Status status = file.Append({0, 0}, "text");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kIo);
  EXPECT_NE(status.error().where.find("no-such-folder"), std::string::npos);
}

TEST_F(EntryFileTest, StopsAtTheFirstErrorOfWhoTakes) {
  EntryFile file(path_);
  for (std::int64_t i = 0; i < 3; ++i) ASSERT_TRUE(file.Append({0, i}, "text").ok());
  int taken = 0;
  const base::Status status = file.ForEach([&](std::string_view) -> base::Status {
    return ++taken == 2 ? base::Status(base::Error{base::ErrorCode::kIo, "full", ""}) : base::Status();
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().what, "full");
  EXPECT_EQ(taken, 2);
}

}  // namespace
}  // namespace assay::suite

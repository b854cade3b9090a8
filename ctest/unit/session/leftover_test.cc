// SPDX-License-Identifier: MIT
#include "fixtures/session/leftover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::session {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kOwn = 77;

class Leftover : public ::testing::Test {
 protected:
  Leftover() : folder_(base::TemporaryDirectory::Create("leftover-test").value()) {}
  OrphanedStarts Find(std::initializer_list<std::int64_t> running = {}) {
    const std::vector<std::int64_t> pids(running);
    return FindOrphanedStarts(
        folder(), kOwn, [pids](std::int64_t pid) { return std::find(pids.begin(), pids.end(), pid) != pids.end(); });
  }
  std::filesystem::path folder() const { return folder_.path() / "state"; }
  static StartRecord Record(std::int64_t owner) {
    return {owner, 4242, "http://127.0.0.1:5273", "foundry server start", "2026-03-01T12:30:05Z"};
  }

  base::TemporaryDirectory folder_;
};

TEST_F(Leftover, AStartIsRememberedInWords) {
  ASSERT_TRUE(RememberStart(folder(), Record(12)).ok());
  const std::string text = base::ReadFile(folder() / "started-12.json").value();
  EXPECT_EQ(text, R"({
  "command": "foundry server start",
  "owner_pid": 12,
  "schema_version": 1,
  "service_pid": 4242,
  "started_at": "2026-03-01T12:30:05Z",
  "url": "http://127.0.0.1:5273"
}
)");
}

TEST_F(Leftover, OnlyStartsWhoseOwnerIsGoneAreOrphans) {
  ASSERT_TRUE(RememberStart(folder(), Record(12)).ok());
  ASSERT_TRUE(RememberStart(folder(), Record(13)).ok());
  const OrphanedStarts found = Find({13});
  ASSERT_EQ(found.starts.size(), 1U);
  EXPECT_EQ(found.starts[0].record.owner_pid, 12);
  EXPECT_EQ(found.starts[0].record.service_pid, 4242);
  EXPECT_EQ(found.starts[0].record.url, "http://127.0.0.1:5273");
  EXPECT_EQ(found.starts[0].record.started_at, "2026-03-01T12:30:05Z");
  EXPECT_EQ(found.starts[0].file, folder() / "started-12.json");
  EXPECT_THAT(found.notes, IsEmpty());
}

// In a container every run may have the same pid.
TEST_F(Leftover, AFileOfOurOwnPidIsOfAnEarlierProcess) {
  ASSERT_TRUE(RememberStart(folder(), Record(kOwn)).ok());
  EXPECT_EQ(Find({kOwn}).starts.size(), 1U);
}

TEST_F(Leftover, AStartThatNeverAnsweredHasNoAddressAndNoPid) {
  ASSERT_TRUE(RememberStart(folder(), {12, std::nullopt, "", "foundry server start", "t"}).ok());
  const OrphanedStarts found = Find();
  ASSERT_EQ(found.starts.size(), 1U);
  EXPECT_EQ(found.starts[0].record.url, "");
  EXPECT_EQ(found.starts[0].record.service_pid, std::nullopt);
}

TEST_F(Leftover, ForgottenIsGone) {
  ASSERT_TRUE(RememberStart(folder(), Record(12)).ok());
  ForgetStart(folder(), 12);
  EXPECT_TRUE(std::filesystem::is_empty(folder()));
  EXPECT_THAT(Find().starts, IsEmpty());
}

TEST_F(Leftover, UnreadableFilesAreRemovedWithANote) {
  ASSERT_TRUE(base::WriteFileAtomically(folder() / "started-1.json", "{\"schema_version\":1").ok());
  ASSERT_TRUE(base::WriteFileAtomically(folder() / "started-2.json", R"({"schema_version":2,"owner_pid":2})").ok());
  ASSERT_TRUE(base::WriteFileAtomically(folder() / "notes.txt", "mine").ok());
  const OrphanedStarts found = Find();
  EXPECT_THAT(found.starts, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("started-1.json"), HasSubstr("started-2.json")));
  EXPECT_FALSE(std::filesystem::exists(folder() / "started-1.json"));
  EXPECT_FALSE(std::filesystem::exists(folder() / "started-2.json"));
  EXPECT_TRUE(std::filesystem::exists(folder() / "notes.txt"));
}

TEST_F(Leftover, WithoutAFolderNothingIsRememberedOrFound) {
  EXPECT_TRUE(RememberStart({}, Record(12)).ok());
  EXPECT_FALSE(std::filesystem::exists("started-12.json"));
  EXPECT_THAT(FindOrphanedStarts({}, kOwn, [](std::int64_t) { return false; }).starts, IsEmpty());
  EXPECT_THAT(Find().notes, IsEmpty());  // a folder that is not there
}

}  // namespace
}  // namespace assay::session

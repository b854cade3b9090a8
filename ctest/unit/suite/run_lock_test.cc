// SPDX-License-Identifier: MIT
#include "benchmarks/suite/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::suite {
namespace {

class RunLockTest : public ::testing::Test {
 protected:
  std::filesystem::path run() const { return folder_->path() / "run"; }
  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-lock");
};

TEST_F(RunLockTest, RefusesASecondWriterAndNamesTheFirst) {
  const base::Result<RunLock> first = RunLock::Take(run());
  ASSERT_TRUE(first.ok()) << first.error().Message();
  const base::Result<RunLock> second = RunLock::Take(run());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(second.error().what, ::testing::HasSubstr("another run (process "));
}

TEST_F(RunLockTest, IsFreeAgainAfterwards) {
  { ASSERT_TRUE(RunLock::Take(run()).ok()); }
  EXPECT_TRUE(std::filesystem::is_empty(run()));
  EXPECT_TRUE(RunLock::Take(run()).ok());
}

// A writer that was killed leaves its lock; no process has this pid (Linux allows at most 2^22).
TEST_F(RunLockTest, TakesOverTheLockOfAProcessThatIsGone) {
  ASSERT_TRUE(base::WriteFileAtomically(run() / "writing.pid", "1999999999\n").ok());
  EXPECT_TRUE(RunLock::Take(run()).ok());
}

TEST_F(RunLockTest, TakesOverALockNobodyCanRead) {
  ASSERT_TRUE(base::WriteFileAtomically(run() / "writing.pid", "").ok());
  EXPECT_TRUE(RunLock::Take(run()).ok());
}

}  // namespace
}  // namespace assay::suite

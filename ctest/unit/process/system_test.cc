// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <filesystem>

#include "ctest/unit/process/child_command.h"
#include "fixtures/process/process.h"

namespace assay::process {
namespace {

TEST(IsRunning, KnowsOurselvesAndRefusesGroups) {
  EXPECT_GT(CurrentPid(), 0);
  EXPECT_TRUE(IsRunning(CurrentPid()));
  EXPECT_FALSE(IsRunning(0));
  EXPECT_FALSE(IsRunning(-1));
  EXPECT_FALSE(IsRunning(std::int64_t{1} << 40));
}

TEST(Terminate, OfNothingIsNotFound) {
  EXPECT_EQ(Terminate(0, kSoon).error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(Terminate(-1, kSoon).error().code, base::ErrorCode::kNotFound);
}

TEST(FindOnPath, FindsWhatTheSystemHasAndNothingElse) {
#ifdef _WIN32
  const auto found = FindOnPath("cmd");
#else
  const auto found = FindOnPath("sh");
#endif
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->is_absolute());
  EXPECT_FALSE(FindOnPath("assay-no-such-program").has_value());
  EXPECT_FALSE(FindOnPath("").has_value());
}

TEST(FindOnPath, TakesAPathAsItIs) {
  const auto found = FindOnPath(ASSAY_TEST_CHILD);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(std::filesystem::equivalent(*found, ASSAY_TEST_CHILD));
}

TEST(ProgramDirectory, HoldsAProgram) {
  ASSERT_FALSE(ProgramDirectory().empty());
  EXPECT_TRUE(std::filesystem::is_directory(ProgramDirectory()));
}

}  // namespace
}  // namespace assay::process

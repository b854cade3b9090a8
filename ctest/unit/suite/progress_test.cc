// SPDX-License-Identifier: MIT
#include "benchmarks/suite/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace assay::suite {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Progress, IsSilentInAPipe) {
  std::ostringstream out;
  {
    Progress progress(out, false);
    progress.Warmup(0, 3, "chat/a");
    progress.Measure(1, 30, "chat/a", 0, 10);
    progress.Clear();
  }
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, ShowsCaseRepetitionAndTimeLeft) {
  std::ostringstream out;
  Progress progress(out, true);
  progress.Warmup(2, 36, "chat/a");
  EXPECT_THAT(out.str(), HasSubstr("warm-up 3/36  chat/a"));
  progress.Measure(0, 360, "chat/a", 0, 10);
  EXPECT_THAT(out.str(), HasSubstr("measuring 1/360"));
  progress.Measure(33, 360, "chat/b", 3, 10);
  EXPECT_THAT(out.str(), HasSubstr("measuring 34/360  0:00 left  repetition 4/10  chat/b"));
}

TEST(Progress, OverwritesItsLineAndLeavesNothing) {
  std::ostringstream out;
  {
    Progress progress(out, true);
    progress.Warmup(0, 1, "chat/a");
    progress.Warmup(0, 1, "chat/b");
  }
  EXPECT_THAT(out.str(), Not(HasSubstr("\n")));
  EXPECT_THAT(out.str(), EndsWith("\r\x1b[K"));
}

TEST(Progress, LongNamesDoNotWrap) {
  std::ostringstream out;
  Progress progress(out, true);
  progress.Warmup(0, 1, "chat/" + std::string(500, 'x'));
  EXPECT_LT(out.str().size(), 120U);
}

TEST(Progress, WhatIsSaidReplacesItsLineOnATerminal) {
  std::ostringstream out;
  Progress progress(out, true);
  EXPECT_FALSE(progress.Say("loading a \x1b[31m", true));
  EXPECT_FALSE(progress.Say("loading b", false));
  EXPECT_EQ(out.str(), "\r\x1b[Kloading a \\x1B[31m\r\x1b[Kloading b");
}

TEST(Progress, OnlyWhatIsMeantForALogIsALineInAPipe) {
  std::ostringstream out;
  Progress progress(out, false);
  EXPECT_FALSE(progress.Say("loading a", false));
  EXPECT_TRUE(progress.Say("downloading a: 10 %", true));
  EXPECT_EQ(out.str(), "assay-bench: downloading a: 10 %\n");
}

}  // namespace
}  // namespace assay::suite

// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <csignal>

#include "fixtures/process/interrupt.h"

namespace assay::process {
namespace {

TEST(InterruptGuard, FirstSignalSetsTheFlag) {
  const InterruptGuard guard;
  EXPECT_FALSE(InterruptRequested());
  std::raise(SIGINT);
  EXPECT_TRUE(InterruptRequested());
  ClearInterrupt();
  EXPECT_FALSE(InterruptRequested());
}

#ifndef _WIN32

TEST(InterruptGuard, AlsoListensToTerminateAndHangUp) {
  const InterruptGuard guard;
  std::raise(SIGTERM);
  EXPECT_TRUE(InterruptRequested());
  ClearInterrupt();
  std::raise(SIGHUP);
  EXPECT_TRUE(InterruptRequested());
}

TEST(InterruptGuard, RestoresWhatWasThere) {
  ASSERT_NE(std::signal(SIGTERM, SIG_IGN), SIG_ERR);
  {
    const InterruptGuard guard;
    std::raise(SIGTERM);
    EXPECT_FALSE(InterruptRequested()) << "a signal that was ignored stays ignored";
  }
  EXPECT_EQ(std::signal(SIGTERM, SIG_DFL), SIG_IGN);
}

TEST(InterruptGuardDeathTest, SecondSignalEndsTheProgram) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        const InterruptGuard guard;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

#endif

}  // namespace
}  // namespace assay::process

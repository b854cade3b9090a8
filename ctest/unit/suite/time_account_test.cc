// SPDX-License-Identifier: MIT
#include "benchmarks/suite/time_account.h"

#include <gtest/gtest.h>

#include <chrono>

namespace assay::suite {
namespace {

using namespace std::chrono_literals;

constexpr base::Moment kStart{1000s};

double IdleShare(const TimeAccount& time) {
  run::Validity validity;
  time.Fill(validity);
  return validity.idle_share;
}

double UpkeepSeconds(const TimeAccount& time) {
  run::Validity validity;
  time.Fill(validity);
  return validity.upkeep_s;
}

// One request.
void Ask(TimeAccount& time, base::Moment at, base::Nanoseconds length) {
  time.Sent(at);
  time.Ended(at + length);
  time.AddRequests(length, 0s, 0s);
}

TEST(TimeAccount, MeasuresFromTheFirstRequestToTheLast) {
  TimeAccount time;
  for (int i = 0; i < 3; ++i) Ask(time, kStart + i * 10s, 6s);
  time.StopAtTheLast();
  EXPECT_EQ(time.measuring(), 26s);
  EXPECT_NEAR(IdleShare(time), 8.0 / 26, 1e-12);
  time.StopAtTheLast();
  EXPECT_EQ(time.measuring(), 26s) << "nothing was measured since";
}

TEST(TimeAccount, BeginsEarlierWhereItIsToldSo) {
  TimeAccount time;
  time.BeginAt(kStart - 4s);
  Ask(time, kStart, 6s);
  EXPECT_EQ(time.last_ended(), kStart + 6s);
  time.StopAtTheLast();
  EXPECT_EQ(time.measuring(), 10s);
}

TEST(TimeAccount, InterruptionIsUpkeepAndNoMeasuring) {
  TimeAccount time;
  time.AddUpkeep(1s);
  Ask(time, kStart, 5s);
  time.Interrupt(kStart + 5s);
  time.AddUpkeep(2s);  // of a warm-up meanwhile
  time.EndInterruption(kStart + 9s);
  EXPECT_DOUBLE_EQ(UpkeepSeconds(time), 5) << "what was added meanwhile is part of it";
  Ask(time, kStart + 9s, 5s);
  time.StopAtTheLast();
  EXPECT_EQ(time.measuring(), 10s);
  EXPECT_DOUBLE_EQ(IdleShare(time), 0);
}

TEST(TimeAccount, NothingIsMeasuredBehindTheLastInterruption) {
  TimeAccount time;
  Ask(time, kStart, 5s);
  time.Interrupt(kStart + 5s);
  time.EndInterruption(kStart + 9s);
  time.StopAtTheLast();
  EXPECT_EQ(time.measuring(), 5s);
}

TEST(TimeAccount, InterruptionBeforeTheFirstRequestBeginsNothing) {
  TimeAccount time;
  time.Interrupt(kStart);
  time.EndInterruption(kStart + 3s);
  Ask(time, kStart + 4s, 2s);
  time.StopAtTheLast();
  EXPECT_EQ(time.measuring(), 2s);
  EXPECT_DOUBLE_EQ(UpkeepSeconds(time), 3);
}

TEST(TimeAccount, UpkeepAndPausesOfRequestsAreNotIdle) {
  TimeAccount time;
  time.Sent(kStart);
  time.Ended(kStart + 10s);
  time.AddRequests(5s, 2s, 1s);
  time.StopAtTheLast();
  EXPECT_NEAR(IdleShare(time), 0.2, 1e-12);
  run::Validity validity;
  time.Fill(validity);
  EXPECT_DOUBLE_EQ(validity.load_pause_s, 1);
}

}  // namespace
}  // namespace assay::suite

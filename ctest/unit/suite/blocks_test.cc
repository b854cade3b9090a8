// SPDX-License-Identifier: MIT
// Into how many blocks a run is cut: what is ours to start anew, what that costs, and what it would change.
#include "benchmarks/suite/blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay::suite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

run::ServiceInfo Service(const std::string& kind) {
  run::ServiceInfo service;
  service.kind = kind;
  return service;
}

std::vector<std::int64_t> Blocks(const Options& options, std::int64_t repetitions, const std::string& kind = "embedded",
                                 session::Renewal renewal = session::Renewal::kRestart) {
  const auto blocks = BlocksOf(options, repetitions, Service(kind), renewal);
  EXPECT_TRUE(blocks.ok()) << blocks.error().Message();
  return *blocks;
}

TEST(BlocksOf, OurOwnServiceIsStartedAnewEveryFiveRepetitions) {
  EXPECT_THAT(Blocks({}, 20), ElementsAre(5, 5, 5, 5));
  EXPECT_THAT(Blocks({}, 14), ElementsAre(7, 7));
  EXPECT_THAT(Blocks({}, 9), ElementsAre(9));
  EXPECT_THAT(Blocks({}, 1), ElementsAre(1));
  EXPECT_THAT(Blocks({}, 60), ElementsAre(10, 10, 10, 10, 10, 10));
}

TEST(BlocksOf, OtherServicesOnlyWhereThatIsAskedFor) {
  EXPECT_THAT(Blocks({}, 20, "foundry"), ElementsAre(20));
  EXPECT_THAT(Blocks({}, 20, "embedded", session::Renewal::kLoads), ElementsAre(20)) << "somebody else started it";
  Options options;
  options.restarts = 2;
  EXPECT_THAT(Blocks(options, 20, "foundry"), ElementsAre(10, 10));
  EXPECT_THAT(Blocks(options, 5, "foundry", session::Renewal::kLoads), ElementsAre(3, 2));
  options.restarts = 1;
  EXPECT_THAT(Blocks(options, 20), ElementsAre(20));
  EXPECT_THAT(Blocks(options, 20, "foundry", session::Renewal::kNone), ElementsAre(20));
}

TEST(BlocksOf, WhatIsNotOursIsNotStartedAnew) {
  Options options;
  options.restarts = 2;
  const auto refused = BlocksOf(options, 20, Service("endpoint"), session::Renewal::kNone);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(refused.error().what, HasSubstr("--restarts=2"));
  options.restarts = 30;
  EXPECT_THAT(BlocksOf(options, 20, Service("embedded"), session::Renewal::kRestart).error().what,
              HasSubstr("more than the 20 repetitions"));
}

// A service that is started again counts its requests from 0: the same flips, the same faults once more.
TEST(BlocksOf, AScenarioThatCountsRequestsKeepsItsProcess) {
  Options options;
  for (const char* scenario : {"", "slow_decode=1.1", "ttft_ms=40,token_ms=2", "slow_decode=2,match=ember-mini*"}) {
    options.played_scenario = scenario;
    EXPECT_THAT(Blocks(options, 10), ElementsAre(5, 5)) << scenario;
  }
  for (const char* scenario : {"flip_token=0.1", "slow_decode=1.1,after=30", "evict,after=3,times=1", "slow_load=10",
                               "no such thing", "missing/file.json"}) {
    options.played_scenario = scenario;
    EXPECT_THAT(Blocks(options, 10), ElementsAre(10)) << scenario;
  }
}

TEST(AnotherBlockFollows, AtTheEndOfEachBlockButTheLast) {
  for (std::int64_t repetitions = 0; repetitions <= 12; ++repetitions) {
    EXPECT_EQ(AnotherBlockFollows({5, 5, 2}, repetitions), repetitions == 5 || repetitions == 10) << repetitions;
    EXPECT_FALSE(AnotherBlockFollows({12}, repetitions));
    EXPECT_FALSE(AnotherBlockFollows({}, repetitions));
  }
}

}  // namespace
}  // namespace assay::suite

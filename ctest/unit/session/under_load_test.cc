// SPDX-License-Identifier: MIT
// Many requests of one case at a site, over a loop that ends every transfer as the test says.
#include "fixtures/session/under_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "ctest/unit/session/asking_fixture.h"

namespace assay::session {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// Nothing goes anywhere: each transfer ends in the order it was started, the next time the loop runs.
class EndingLoop final : public http::Loop {
 public:
  Id StartAt(base::Moment, http::Request request, http::Receiver receiver) override {
    requests.push_back(std::move(request));
    receivers_.push_back(std::move(receiver));
    return requests.size();
  }
  void Cancel(Id) override {}
  bool RunOnce(base::Moment) override {
    if (receivers_.empty()) return false;
    const http::Receiver receiver = std::move(receivers_.front());
    receivers_.pop_front();
    http::Exchange exchange;
    exchange.start = base::Moment(1s);
    exchange.sent = 1ms;
    exchange.closed = 20ms;
    receiver.on_done(http::Failure{{ends_with, "it ended", kHere}, exchange}, exchange);
    return true;
  }

  std::vector<http::Request> requests;
  base::ErrorCode ends_with = base::ErrorCode::kTransport;

 private:
  std::deque<http::Receiver> receivers_;
};

class UnderLoadTest : public AskingTest {
 protected:
  base::Nanoseconds Run(const LoadShape& shape) {
    return AskSiteUnderLoad(
        site(), loop_, plan_, shape,
        [this](std::int64_t index, chat::Completion completion) {
          told_.emplace_back(index, completion.sample.outcome);
        },
        surroundings_.upkeep, warnings_);
  }
  EndingLoop loop_;
  std::vector<std::pair<std::int64_t, Outcome>> told_;
};

TEST_F(UnderLoadTest, KeysAndHeadersGoWithEveryRequestAndNothingElseIsSent) {
  options_.credentials.api_key = "sk-1";
  options_.credentials.headers = {{"X-Token", "t"}};
  plan_.scenario.new_connection = true;
  Run({3, 2, {}});
  ASSERT_THAT(loop_.requests, SizeIs(3));
  for (const http::Request& request : loop_.requests) {
    EXPECT_THAT(request.headers, Contains(Pair("X-Token", "t")));
    EXPECT_THAT(request.headers, Contains(Pair("Authorization", "Bearer sk-1")));
    EXPECT_TRUE(request.fresh_connection);
    EXPECT_TRUE(request.url.starts_with(kHere)) << request.url;
  }
  EXPECT_THAT(transport_.requests, IsEmpty());
}

// What befalls the service is not mended.
TEST_F(UnderLoadTest, FailuresStandAndNobodyIsSearchedFor) {
  found_at_ = kThere;
  Run({3, 2, {}});
  EXPECT_THAT(told_, ElementsAre(Pair(0, Outcome::kReset), Pair(1, Outcome::kReset), Pair(2, Outcome::kReset)));
  EXPECT_THAT(searches_, IsEmpty());
  EXPECT_EQ(site().pending, std::nullopt);
}

TEST_F(UnderLoadTest, AnswersThatWereGivenUpOnAreWaitedForBeforeTheNextRequest) {
  loop_.ends_with = base::ErrorCode::kTimeout;
  Run({3, 3, {}});
  ASSERT_TRUE(site().pending.has_value());
  EXPECT_EQ(site().pending->case_id, plan_.id);
}

TEST_F(UnderLoadTest, TheModelIsMadeReadyBefore) {
  world_.can.loads_silently = true;
  world_.loaded.clear();  // its time to live passed
  world_.on_load = [this] { time_.now += 7s; };
  Script({Light()});
  EXPECT_EQ(Run({1, 1, {}}), 7s);
  EXPECT_EQ(world_.Calls("load m:1"), 1);
  EXPECT_THAT(Codes(), ElementsAre("model_reloaded"));
  EXPECT_THAT(told_, SizeIs(1));
}

TEST_F(UnderLoadTest, WhatIsCancelledBeforeSendsNothing) {
  time_.cancelled = [] { return true; };
  Run({3, 2, {}});
  EXPECT_THAT(loop_.requests, IsEmpty());
  EXPECT_THAT(told_, IsEmpty());
}

}  // namespace
}  // namespace assay::session

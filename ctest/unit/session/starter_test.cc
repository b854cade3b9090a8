// SPDX-License-Identifier: MIT
// A start and a stop through a command that lies in every way it is known to (foundry-facts 1.6, 5.1).
#include "fixtures/session/starter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "ctest/unit/session/fakes.h"

namespace assay::session {
namespace {

using namespace std::chrono_literals;
using assay::testing::FakeCommand;
using assay::testing::FakeService;
using assay::testing::FakeTime;
using assay::testing::Refused;
using assay::testing::World;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kUrl = "http://127.0.0.1:5273";
constexpr const char* kOther = "http://127.0.0.1:6000";

class StarterTest : public ::testing::Test {
 protected:
  StarterTest()
      : waits_(time_.Waits()),
        starter_(
            command_, [this](const std::string& url) { return Try(url); }, waits_) {}

  base::Result<std::unique_ptr<foundry::Service>> Try(const std::string& url) {
    tried_.push_back(url);
    if (up_ && time_.now >= up_from_ && up_->contains(url)) {
      return std::unique_ptr<foundry::Service>(std::make_unique<FakeService>(world_, url));
    }
    return Refused("nobody listens at " + url);
  }
  base::Result<std::unique_ptr<foundry::Service>> Start(base::Nanoseconds deadline = 60s) {
    return starter_.Start("logs", deadline, [this] { ++begun_; });
  }

  FakeTime time_;
  Waits waits_;
  World world_;
  FakeCommand command_;
  std::optional<std::set<std::string>> up_;
  base::Moment up_from_{};
  std::vector<std::string> tried_;
  int begun_ = 0;
  Starter starter_;
};

TEST_F(StarterTest, AServiceThatAnswersIsFoundAlsoWhenStatusSaysStopped) {
  command_.statuses = {foundry::ServerStatus{false, {kUrl}, 17}};
  up_ = {kUrl};
  const auto found = starter_.FindRunning();
  ASSERT_TRUE(found.ok());
  EXPECT_EQ((*found)->base_url(), kUrl);
  EXPECT_EQ(starter_.pid(), 17);
}

TEST_F(StarterTest, EveryAddressThatStatusNamesIsTried) {
  command_.statuses = {foundry::ServerStatus{true, {kOther, kUrl}, {}}};
  up_ = {kUrl};
  EXPECT_TRUE(starter_.FindRunning().ok());
  EXPECT_THAT(tried_, ElementsAre(kOther, kUrl));
}

TEST_F(StarterTest, AnAddressOnAnotherMachineIsNotContacted) {
  command_.statuses = {foundry::ServerStatus{true, {"http://10.1.1.1:80"}, {}}};
  const auto found = starter_.FindRunning();
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().Message(), AllOf(HasSubstr("10.1.1.1"), HasSubstr("--endpoint")));
  EXPECT_THAT(tried_, IsEmpty());
}

TEST_F(StarterTest, AStartIsConfirmedByHttpAndItsCommandEnded) {
  command_.statuses = {foundry::ServerStatus{false, {}, {}}, foundry::ServerStatus{true, {kUrl}, 99}};
  ASSERT_FALSE(starter_.FindRunning().ok());
  up_ = {kUrl};
  up_from_ = time_.now + 700ms;
  const auto started = Start();
  ASSERT_TRUE(started.ok()) << started.error().Message();
  EXPECT_EQ((*started)->base_url(), kUrl);
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(command_.Calls("start"), 1);
  EXPECT_EQ(command_.calls.back(), "end start 4711");
  EXPECT_EQ(starter_.pid(), 99);
  EXPECT_FALSE(starter_.was_running());
  EXPECT_GE(time_.slept, 700ms);
  EXPECT_LE(time_.slept, 1s);  // pauses of at most 200 ms
}

// The command holds its output open for ever and status is wrong: what it printed is enough.
TEST_F(StarterTest, AnAddressInWhatTheStartPrintsIsEnough) {
  command_.statuses = {Refused("status is broken")};
  ASSERT_FALSE(starter_.FindRunning().ok());
  command_.logs = {"", "Service is Started on http://127.0.0.1:5273/, PID 17000!"};
  up_ = {kUrl};
  const auto started = Start();
  ASSERT_TRUE(started.ok()) << started.error().Message();
  EXPECT_EQ(starter_.pid(), 17000);
}

TEST_F(StarterTest, AServiceThatRanAlreadyIsNotOurs) {
  ASSERT_FALSE(starter_.FindRunning().ok());
  command_.logs = {"Service is already running on http://127.0.0.1:5273/."};
  up_ = {kUrl};
  ASSERT_TRUE(Start().ok());
  EXPECT_TRUE(starter_.was_running());
}

TEST_F(StarterTest, AStartThatLiesEndsAtTheDeadlineWithAllThatIsKnown) {
  ASSERT_FALSE(starter_.FindRunning().ok());
  command_.logs = {"Service is Started on http://127.0.0.1:6000/\x1b[2J"};
  const auto started = Start(2s);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(started.error().what,
              AllOf(HasSubstr("`foundry server start`"), HasSubstr("within 2 s"), HasSubstr("Service is Started"),
                    HasSubstr("`foundry server status`"), HasSubstr("--endpoint")));
  EXPECT_EQ(started.error().what.find('\x1b'), std::string::npos);
  EXPECT_EQ(time_.slept, 2s);
  EXPECT_EQ(command_.calls.back(), "end start 4711");
  EXPECT_EQ(begun_, 1);
}

TEST_F(StarterTest, AStatusThatHangsIsNotAskedAgainWhileStarting) {
  command_.statuses = {Refused("it hangs", base::ErrorCode::kTimeout)};
  ASSERT_FALSE(starter_.FindRunning().ok());
  ASSERT_FALSE(Start(3s).ok());
  EXPECT_EQ(command_.Calls("status"), 1);
}

TEST_F(StarterTest, ReadyWithADeadPortIsStoppedAndStartedOnce) {
  command_.statuses = {foundry::ServerStatus{true, {kOther}, 5}};
  ASSERT_FALSE(starter_.FindRunning().ok());
  command_.on_start = [this] {
    command_.statuses = {foundry::ServerStatus{true, {kUrl}, 6}};
    up_ = {kUrl};
  };
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(command_.Calls("stop"), 1);
  EXPECT_LT(std::ranges::find(command_.calls, "stop"), std::ranges::find(command_.calls, "start"));
  EXPECT_THAT(starter_.notes(), ElementsAre(AllOf(HasSubstr(kOther), HasSubstr("nothing answers"))));
  EXPECT_EQ(starter_.pid(), 6);  // not that of the dead one
}

// Somebody else has just started it: its port listens a moment after it was announced.
TEST_F(StarterTest, ReadyAMomentEarlyIsWaitedForAndNotOurs) {
  command_.statuses = {foundry::ServerStatus{true, {kUrl}, {}}};
  ASSERT_FALSE(starter_.FindRunning().ok());
  up_ = {kUrl};
  up_from_ = time_.now + 300ms;
  ASSERT_TRUE(Start().ok());
  EXPECT_TRUE(starter_.was_running());
  EXPECT_EQ(begun_, 0);
  EXPECT_EQ(command_.Calls("stop") + command_.Calls("start"), 0);
}

TEST_F(StarterTest, CancelledInTheMiddleEndsTheCommandAndSaysSo) {
  ASSERT_FALSE(starter_.FindRunning().ok());
  time_.cancelled = [this] { return time_.slept > 500ms; };
  const auto started = Start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, base::ErrorCode::kCancelled);
  EXPECT_EQ(command_.calls.back(), "end start 4711");
  EXPECT_LT(time_.slept, 1s);
  EXPECT_EQ(begun_, 1);  // a stop is due
}

class StopTest : public StarterTest {
 protected:
  std::vector<std::string> Stop(StartedService started) {
    const Processes processes{[this](std::int64_t pid) { return processes_.contains(pid); },
                              [this](std::int64_t pid, base::Nanoseconds) {
                                terminated_.push_back(pid);
                                if (dies_) processes_.erase(pid);
                                return base::Status();
                              }};
    return StopStarted(
        command_, [this](const std::string& url) { return Try(url).ok(); }, waits_, processes, started);
  }
  std::set<std::int64_t> processes_;
  std::vector<std::int64_t> terminated_;
  bool dies_ = true;
};

TEST_F(StopTest, AStopThatWorksIsVerifiedAndLeavesNothing) {
  up_ = {kUrl};
  processes_ = {50};
  command_.on_stop = [this] {
    up_.reset();
    processes_.clear();
  };
  EXPECT_THAT(Stop({kUrl, 50}), IsEmpty());
  EXPECT_EQ(command_.Calls("stop"), 1);
  EXPECT_THAT(terminated_, IsEmpty());
  EXPECT_THAT(tried_, AllOf(Not(IsEmpty()), Each(kUrl)));
}

// G1: "Exception: Failed to stop service!" and a second try works (#18).
TEST_F(StopTest, AStopThatThrowsIsTriedAgain) {
  up_ = {kUrl};
  command_.stops = {Refused("Exception: Failed to stop service!"), base::Status()};
  command_.on_stop = [this] {
    if (command_.Calls("stop") == 2) up_.reset();
  };
  EXPECT_THAT(Stop({kUrl, {}}), IsEmpty());
  EXPECT_EQ(command_.Calls("stop"), 2);
}

TEST_F(StopTest, AStopThatThrowsAndWorksNeedsNoSecond) {
  command_.stops = {Refused("Exception: Failed to stop service!")};
  EXPECT_THAT(Stop({kUrl, {}}), IsEmpty());
  EXPECT_EQ(command_.Calls("stop"), 1);
}

// "Stopped" and it answers on: twice asked, then its process is ended (#146).
TEST_F(StopTest, AServiceThatAnswersOnIsEndedByItsPid) {
  up_ = {kUrl};
  processes_ = {50};
  const auto gone = [this] { return !processes_.contains(50); };
  const Processes processes{[this](std::int64_t pid) { return processes_.contains(pid); },
                            [this](std::int64_t pid, base::Nanoseconds) {
                              processes_.erase(pid);
                              return base::Status();
                            }};
  EXPECT_THAT(StopStarted(command_, [&](const std::string&) { return !gone(); }, waits_, processes, {kUrl, 50, true}),
              IsEmpty());
  EXPECT_EQ(command_.Calls("stop"), 2);
  EXPECT_TRUE(gone());
}

// Its port closes and the process stays (#857).
TEST_F(StopTest, AProcessThatOutlivesItsPortIsEnded) {
  processes_ = {50};
  EXPECT_THAT(Stop({kUrl, 50, true}), IsEmpty());
  EXPECT_EQ(command_.Calls("stop"), 1);
  EXPECT_THAT(terminated_, ElementsAre(50));
  EXPECT_EQ(time_.slept, 10s);  // it had its time
}

TEST_F(StopTest, WhatCannotBeUndoneIsSaid) {
  up_ = {kUrl};
  EXPECT_THAT(Stop({kUrl, {}}), ElementsAre(AllOf(HasSubstr(kUrl), HasSubstr("`foundry server stop`"))));
  dies_ = false;
  processes_ = {50};
  EXPECT_THAT(Stop({kUrl, 50, true}), ElementsAre(HasSubstr("50")));
}

// A pid in words may be stale, reused, or of another machine's world: somebody else's program.
TEST_F(StopTest, AProcessThatWasOnlyNamedIsReportedAndNeverEnded) {
  processes_ = {50};
  EXPECT_THAT(Stop({kUrl, 50, false}), ElementsAre(AllOf(HasSubstr("50"), HasSubstr("left alone"))));
  EXPECT_THAT(terminated_, IsEmpty());
}

// The start never saw it answer; it came up since.
TEST_F(StopTest, AServiceThatCameUpLateIsStoppedToo) {
  command_.statuses = {foundry::ServerStatus{true, {kUrl}, {}}};
  up_ = {kUrl};
  command_.on_stop = [this] {
    if (command_.Calls("stop") == 2) up_.reset();
  };
  EXPECT_THAT(Stop({"", {}}), IsEmpty());
  EXPECT_EQ(command_.Calls("stop"), 2);
}

TEST_F(StopTest, APidThatIsOursOrEverybodysIsNeverEnded) {
  processes_ = {0, 1, process::CurrentPid()};
  for (const std::int64_t pid : {std::int64_t{0}, std::int64_t{1}, process::CurrentPid()}) Stop({kUrl, pid, true});
  EXPECT_THAT(terminated_, IsEmpty());
}

}  // namespace
}  // namespace assay::session

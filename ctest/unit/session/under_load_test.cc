// SPDX-License-Identifier: MIT
// Many requests of one case at a site, over a loop that ends every transfer as the test says.
#include "fixtures/session/under_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <ostream>

#include "ctest/unit/session/asking_fixture.h"

namespace assay::session {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// Nothing goes anywhere: each transfer ends in the order it was started, the next time the loop runs. How, is a list
// whose last entry stays.
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
    const ScriptedExchange end = ends.front();
    if (ends.size() > 1) ends.pop_front();
    http::Exchange exchange;
    exchange.start = base::Moment(1s);
    exchange.status = end.status;
    exchange.content_type = end.content_type;
    exchange.sent = end.sent;
    exchange.first_byte = end.first_byte;
    exchange.closed = end.closed;
    for (const assay::testing::Piece& piece : end.pieces) receiver.on_bytes(piece.bytes, exchange.start + piece.at);
    std::optional<http::Failure> failure;
    if (end.failure) failure = http::Failure{*end.failure, exchange};
    if (on_end) on_end();
    receiver.on_done(failure, exchange);
    return true;
  }

  std::vector<http::Request> requests;
  std::deque<ScriptedExchange> ends = {ResetBeforeTheAnswer()};
  std::function<void()> on_end;

 private:
  std::deque<http::Receiver> receivers_;
};

class UnderLoadTest : public AskingTest {
 protected:
  struct Told {
    std::int64_t index;
    Outcome outcome;
    std::string disturbed;
    friend bool operator==(const Told&, const Told&) = default;
    friend void PrintTo(const Told& told, std::ostream* out) {
      *out << told.index << " " << ToString(told.outcome) << " '" << told.disturbed << "'";
    }
  };
  AskedLoad Run(const LoadShape& shape) {
    return AskSiteUnderLoad(
        site(), loop_, plan_, shape,
        [this](std::int64_t index, chat::Completion completion) {
          told_.push_back({index, completion.sample.outcome, completion.sample.disturbed});
          if (on_told_) on_told_();
        },
        surroundings_);
  }
  EndingLoop loop_;
  std::vector<Told> told_;
  std::function<void()> on_told_;
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

// It answers where it was, as the process it was: the requests failed by themselves.
TEST_F(UnderLoadTest, FailuresOfAServiceThatDidNotMoveStand) {
  found_at_ = kHere;
  Run({3, 2, {}});
  EXPECT_THAT(told_,
              ElementsAre(Told{0, Outcome::kReset, ""}, Told{1, Outcome::kReset, ""}, Told{2, Outcome::kReset, ""}));
  EXPECT_THAT(searches_, SizeIs(1));
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(site().pending, std::nullopt);
}

TEST_F(UnderLoadTest, AServiceThatIsGoneFailsAndIsNotSearchedForLongAgain) {
  loop_.ends = {NoConnection()};
  Run({2, 2, {}});
  Run({1, 1, {}});
  EXPECT_THAT(told_, ElementsAre(Told{0, Outcome::kConnect, ""}, Told{1, Outcome::kConnect, ""},
                                 Told{0, Outcome::kConnect, ""}));
  EXPECT_THAT(searches_, ElementsAre(3s, 0s));
}

TEST_F(UnderLoadTest, AServiceThatMovedIsFoundAndTheWholeBlockIsAskedOnceMore) {
  found_at_ = kThere;
  loop_.ends = {Answer(), ResetBeforeTheAnswer(), NoConnection(), Answer()};
  Run({3, 2, {}});
  EXPECT_THAT(told_, ElementsAre(Told{0, Outcome::kOk, "service_moved"}, Told{1, Outcome::kReset, "service_moved"},
                                 Told{2, Outcome::kConnect, "service_moved"}, Told{0, Outcome::kOk, ""},
                                 Told{1, Outcome::kOk, ""}, Told{2, Outcome::kOk, ""}));
  EXPECT_THAT(searches_, ElementsAre(3s));
  EXPECT_THAT(Codes(), ElementsAre("service_moved"));
  EXPECT_THAT(warnings_[0].message, HasSubstr("is asked again"));
  ASSERT_THAT(loop_.requests, SizeIs(6));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_TRUE(loop_.requests[i].url.starts_with(i < 3 ? kHere : kThere)) << i;
}

TEST_F(UnderLoadTest, TheScheduleOfAnOpenLoopStartsAnew) {
  found_at_ = kThere;
  loop_.ends = {NoConnection(), NoConnection(), Answer()};
  Run({2, 0, {0ms, 5ms}});
  EXPECT_THAT(told_,
              ElementsAre(Told{0, Outcome::kConnect, "service_moved"}, Told{1, Outcome::kConnect, "service_moved"},
                          Told{0, Outcome::kOk, ""}, Told{1, Outcome::kOk, ""}));
}

TEST_F(UnderLoadTest, AModelThatWasEvictedIsLoadedAndTheBlockIsAskedOnceMore) {
  static_cast<void>(site().WireName("m:1"));
  loop_.ends = {Answer(), NotLoaded(), NotLoaded(), Answer()};
  loop_.on_end = [this] {
    if (loop_.requests.size() <= 3) world_.loaded.clear();
  };
  Script({Light()});
  world_.on_load = [this] {
    loop_.on_end = nullptr;
    time_.now += 7s;
  };
  const AskedLoad asked = Run({3, 3, {}});
  EXPECT_EQ(asked.upkeep, 7s);
  EXPECT_THAT(told_, ElementsAre(Told{0, Outcome::kOk, "model_evicted"}, Told{1, Outcome::kHttpStatus, "model_evicted"},
                                 Told{2, Outcome::kHttpStatus, "model_evicted"}, Told{0, Outcome::kOk, ""},
                                 Told{1, Outcome::kOk, ""}, Told{2, Outcome::kOk, ""}));
  EXPECT_EQ(world_.Calls("load m:1"), 1);
  EXPECT_THAT(Codes(), ElementsAre("model_reloaded"));
}

// The block fails, the next one does not.
TEST_F(UnderLoadTest, ASecondIncidentStandsAndTheServiceIsPutRightAllTheSame) {
  found_at_ = kThere;
  loop_.ends = {NoConnection(), NoConnection(), Answer()};
  Run({1, 1, {}});
  EXPECT_THAT(told_, ElementsAre(Told{0, Outcome::kConnect, "service_moved"}, Told{0, Outcome::kConnect, ""}));
  EXPECT_THAT(searches_, SizeIs(2));
  EXPECT_THAT(Codes(), ElementsAre("service_moved", "service_moved"));
  EXPECT_THAT(warnings_.back().message, HasSubstr("has failed"));
  told_.clear();
  Run({1, 1, {}});
  EXPECT_THAT(told_, ElementsAre(Told{0, Outcome::kOk, ""}));
  EXPECT_THAT(searches_, SizeIs(2));
}

// Recorded as good already: they cannot be taken back.
TEST_F(UnderLoadTest, WhatWasHandedOverBeforeTheEndIsNotAskedAgain) {
  surroundings_.hold_at_most_bytes = 0;
  found_at_ = kThere;
  loop_.ends = {Answer(), NoConnection()};
  Run({2, 1, {}});
  EXPECT_THAT(told_, ElementsAre(Told{0, Outcome::kOk, ""}, Told{1, Outcome::kConnect, ""}));
  EXPECT_EQ(site().service().base_url(), kThere);
  EXPECT_THAT(warnings_[0].message, HasSubstr("has failed"));
}

TEST_F(UnderLoadTest, WhatIsCancelledIsNotMended) {
  found_at_ = kThere;
  loop_.ends = {NoConnection()};
  bool stop = false;
  time_.cancelled = [&] { return stop; };
  loop_.on_end = [&] { stop = true; };
  Run({3, 1, {}});
  EXPECT_THAT(told_, ElementsAre(Told{0, Outcome::kConnect, ""}));
  EXPECT_THAT(searches_, IsEmpty());
}

TEST_F(UnderLoadTest, WhileRequestsAreInFlightAnotherQuestionTellsWhetherItIsCancelled) {
  bool asked = false;
  surroundings_.cancelled_under_load = [&] {
    asked = true;
    return true;
  };
  Run({3, 1, {}});
  EXPECT_TRUE(asked);
  EXPECT_THAT(loop_.requests, IsEmpty());
}

// Two answers, each of which takes two seconds to record.
TEST_F(UnderLoadTest, HandingOverIsAPause) {
  loop_.ends = {Answer()};
  on_told_ = [this] { time_.now += 2s; };
  const AskedLoad asked = Run({2, 2, {}});
  EXPECT_EQ(asked.pause, 4s);
  EXPECT_EQ(asked.upkeep, 0s);
  EXPECT_FALSE(asked.gave_up);
}

// Three questions (prompt, one letter, the answer) of a second each; the second answer is the same as the first.
TEST_F(UnderLoadTest, CountingTokensIsUpkeep) {
  world_.can.token_count = true;
  world_.count = [this](const std::string&, const run::Json&) {
    time_.now += 1s;
    return std::int64_t{9};
  };
  loop_.ends = {Answer(false)};
  on_told_ = [this] { time_.now += 2s; };
  const AskedLoad asked = Run({2, 2, {}});
  EXPECT_EQ(asked.upkeep, 3s);
  EXPECT_EQ(asked.pause, 4s);
}

TEST_F(UnderLoadTest, AnswersThatWereGivenUpOnAreWaitedForBeforeTheNextRequest) {
  loop_.ends = {TimesOut(0)};
  Run({3, 3, {}});
  ASSERT_TRUE(site().pending.has_value());
  EXPECT_EQ(site().pending->case_id, plan_.id);
}

TEST_F(UnderLoadTest, TheModelIsMadeReadyBefore) {
  world_.can.loads_silently = true;
  world_.loaded.clear();  // its time to live passed
  world_.on_load = [this] { time_.now += 7s; };
  Script({Light()});
  EXPECT_EQ(Run({1, 1, {}}).upkeep, 7s);
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

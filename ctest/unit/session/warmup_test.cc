// SPDX-License-Identifier: MIT
// Warm-up against a scripted service: each entry is one answer and its end-to-end latency.
#include "fixtures/session/warmup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctest/support/fake_transport.h"
#include "fixtures/chat/client.h"

namespace assay::session {
namespace {

using namespace std::chrono_literals;
using assay::testing::At;
using assay::testing::Content;
using assay::testing::Delta;
using assay::testing::EventStream;
using assay::testing::FakeTransport;
using assay::testing::JsonAnswer;
using assay::testing::kDone;
using assay::testing::ScriptedExchange;
using assay::testing::Usage;
using ::testing::HasSubstr;

// E2E is the time of the last text, as the connection was there.
ScriptedExchange Answer(const std::string& text, base::Nanoseconds e2e) {
  ScriptedExchange exchange = EventStream({{e2e / 2, Content(text)},
                                           {e2e, Content(".")},
                                           {e2e, Delta("{}", R"("stop")")},
                                           {e2e, Usage(3, 2)},
                                           {e2e, kDone}});
  exchange.connected = std::nullopt;
  return exchange;
}

ScriptedExchange Failure() { return JsonAnswer(R"({"error":{"message":"Model not loaded: 'm:1'"}})", 400); }

// Asks over the transport; the requests whose numbers are in `disturbed` are asked again, as a session does.
class FakeAsker final : public Asker {
 public:
  FakeAsker(http::Transport& transport, const std::vector<int>& disturbed)
      : client_(transport, chat::Target{"http://127.0.0.1:1", {}, {}}), disturbed_(disturbed) {}
  Asked Ask(const run::PlannedCase& plan, const Turn& turn) override {
    turns_.push_back(turn);
    Asked asked;
    asked.upkeep = 1ms;
    asked.completion = client_.Complete(plan.model, plan.request);
    for (; std::ranges::find(disturbed_, requests_++) != disturbed_.end();) {
      asked.completion.sample.disturbed = "service_moved";
      asked.disturbed.push_back(std::move(asked.completion));
      asked.completion = client_.Complete(plan.model, plan.request);
    }
    if (plan.scenario.start != run::Start::kWarm && asked.completion.sample.outcome == run::Outcome::kOk) {
      asked.reference = client_.Complete(plan.model, plan.request);
    }
    return asked;
  }
  AskedLoad AskUnderLoad(const run::PlannedCase&, const LoadShape&,
                         const std::function<void(std::int64_t, chat::Completion)>&) override {
    ADD_FAILURE() << "nothing is warmed by many requests at once";
    return {};
  }
  const std::vector<Turn>& turns() const { return turns_; }

 private:
  chat::Client client_;
  std::vector<Turn> turns_;
  const std::vector<int>& disturbed_;
  int requests_ = 0;
};

class WarmUpTest : public ::testing::Test {
 protected:
  WarmUpTest() {
    plan_.id = "chat/m:1/p/stream:on/max_tokens:8";
    plan_.model = "m:1";
    plan_.prompt = "p";
    plan_.request = run::JsonObject{{"max_tokens", 8}, {"stream", true}};
  }
  WarmupResult Warm(std::vector<ScriptedExchange> exchanges, const WarmupLimits& limits = {}) {
    for (ScriptedExchange& exchange : exchanges) transport_.Then(std::move(exchange));
    FakeAsker asker(transport_, disturbed_);
    const WarmupResult result = WarmUp(
        asker, plan_, limits, [this](chat::Completion& completion) { recorded_.push_back(completion); },
        [this] { return cancelled_ && cancelled_(); });
    turns_ = asker.turns();
    return result;
  }

  run::PlannedCase plan_;
  FakeTransport transport_;
  std::vector<chat::Completion> recorded_;
  std::vector<Turn> turns_;
  std::function<bool()> cancelled_;
  std::vector<int> disturbed_;
};

TEST_F(WarmUpTest, SettlesAfterTwoEqualCloseAnswers) {
  const WarmupResult result = Warm({Answer("a", 100ms), Answer("a", 105ms)});
  EXPECT_TRUE(result.settled);
  EXPECT_EQ(result.requests, 2);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.unsettled, "");
}

// A cold first request: 500 -> 100 is far, 100 -> 95 is close.
TEST_F(WarmUpTest, GoesOnWhileTheLatencyMoves) {
  const WarmupResult result = Warm({Answer("a", 500ms), Answer("a", 100ms), Answer("a", 95ms)});
  EXPECT_TRUE(result.settled);
  EXPECT_EQ(result.requests, 3);
  EXPECT_EQ(result.unsettled, "");
}

// 10 % of the smaller one: 110 over 100 is still close, 110.1 is not, in both directions.
TEST_F(WarmUpTest, CloseIsWithinTenPercentOfTheSmaller) {
  EXPECT_TRUE(Warm({Answer("a", 100ms), Answer("a", 110ms)}).settled);
  EXPECT_TRUE(Warm({Answer("a", 110ms), Answer("a", 100ms)}).settled);
  const WarmupLimits two{2, 2, 0.10};
  EXPECT_FALSE(Warm({Answer("a", 100ms), Answer("a", 110100us)}, two).settled);
  EXPECT_FALSE(Warm({Answer("a", 110100us), Answer("a", 100ms)}, two).settled);
}

TEST_F(WarmUpTest, GoesOnWhileAnswersDiffer) {
  const WarmupResult result = Warm({Answer("a", 100ms), Answer("b", 100ms), Answer("b", 100ms)});
  EXPECT_TRUE(result.settled);
  EXPECT_EQ(result.requests, 3);
}

TEST_F(WarmUpTest, StopsAtTheLimitWithTheReason) {
  WarmupResult result =
      Warm({Answer("a", 100ms), Answer("b", 100ms), Answer("c", 100ms), Answer("d", 100ms)}, {2, 4, 0.10});
  EXPECT_FALSE(result.settled);
  EXPECT_EQ(result.requests, 4);
  EXPECT_THAT(result.unsettled, HasSubstr("answers differ"));
  EXPECT_EQ(result.failure, "");

  result = Warm({Answer("a", 100ms), Answer("a", 200ms), Answer("a", 100ms)}, {2, 3, 0.10});
  EXPECT_FALSE(result.settled);
  EXPECT_THAT(result.unsettled, HasSubstr("10 %"));
}

TEST_F(WarmUpTest, SendsAtLeastAsManyAsAsked) {
  const WarmupResult result =
      Warm({Answer("a", 100ms), Answer("a", 100ms), Answer("a", 100ms), Answer("a", 100ms)}, {4, 6, 0.10});
  EXPECT_TRUE(result.settled);
  EXPECT_EQ(result.requests, 4);
}

// Settled is said of the last two, not of any two.
TEST_F(WarmUpTest, LaterMovementUnsettlesAgain) {
  const WarmupResult result = Warm({Answer("a", 100ms), Answer("a", 100ms), Answer("b", 100ms)}, {3, 3, 0.10});
  EXPECT_FALSE(result.settled);
  EXPECT_THAT(result.unsettled, HasSubstr("answers differ"));
}

TEST_F(WarmUpTest, OneRequestCannotSettle) {
  const WarmupResult result = Warm({Answer("a", 100ms)}, {1, 1, 0.10});
  EXPECT_FALSE(result.settled);
  EXPECT_EQ(result.failure, "");
  EXPECT_THAT(result.unsettled, HasSubstr("too few"));
}

TEST_F(WarmUpTest, FailsFastWhenEveryRequestFails) {
  const WarmupResult result = Warm({Failure(), Failure()});
  EXPECT_EQ(result.requests, 2);  // not all six
  EXPECT_FALSE(result.settled);
  EXPECT_THAT(result.failure, HasSubstr("http_status"));
  EXPECT_THAT(result.failure, HasSubstr("Model not loaded"));
  EXPECT_NE(result.unsettled, "");
}

TEST_F(WarmUpTest, OneFailureIsForgivenAndDoesNotPair) {
  // The answers around the failure agree, but are not consecutive.
  const WarmupResult result = Warm({Answer("a", 100ms), Failure(), Answer("a", 100ms), Answer("a", 100ms)});
  EXPECT_TRUE(result.settled);
  EXPECT_EQ(result.requests, 4);
  EXPECT_EQ(result.failure, "");
}

TEST_F(WarmUpTest, AFailureAfterSettlingHasToSettleAnew) {
  const WarmupResult result =
      Warm({Answer("a", 100ms), Answer("a", 100ms), Failure(), Answer("a", 100ms)}, {4, 4, 0.10});
  EXPECT_FALSE(result.settled);
  EXPECT_THAT(result.unsettled, HasSubstr("too few"));
}

TEST_F(WarmUpTest, AFirstFailureIsNotYetTheEnd) {
  const WarmupResult result = Warm({Failure(), Answer("a", 100ms), Answer("a", 100ms)});
  EXPECT_TRUE(result.settled);
  EXPECT_EQ(result.failure, "");
}

TEST_F(WarmUpTest, CancelledBeforeTheFirstRequestSendsNone) {
  cancelled_ = [] { return true; };
  const WarmupResult result = Warm({});
  EXPECT_EQ(result.requests, 0);
  EXPECT_FALSE(result.settled);
  EXPECT_TRUE(transport_.requests.empty());
}

TEST_F(WarmUpTest, CancelledInTheMiddleSendsNoMore) {
  cancelled_ = [this] { return transport_.requests.size() == 1; };
  const WarmupResult result = Warm({Answer("a", 100ms)});
  EXPECT_EQ(result.requests, 1);
  EXPECT_FALSE(result.settled);
}

TEST_F(WarmUpTest, RecordsEveryRequestMarkedAsWarmUp) {
  Warm({Answer("a", 500ms), Failure(), Answer("a", 100ms), Answer("a", 100ms)});
  ASSERT_EQ(recorded_.size(), 4U);
  for (std::size_t i = 0; i < recorded_.size(); ++i) {
    const run::Sample& sample = recorded_[i].sample;
    EXPECT_TRUE(sample.warmup);
    EXPECT_FALSE(sample.counts());
    EXPECT_EQ(sample.repetition, static_cast<std::int64_t>(i));
    EXPECT_EQ(sample.case_id, plan_.id);
    EXPECT_EQ(sample.model, "m:1");
    EXPECT_EQ(sample.prompt, "p");
  }
  EXPECT_EQ(recorded_[1].sample.outcome, run::Outcome::kHttpStatus);
  EXPECT_EQ(recorded_[0].answer->case_id, plan_.id);
  EXPECT_EQ(recorded_[0].answer->text, "a.");
}

// The second request met a service that had moved: the third stands for it and pairs with nothing before.
TEST_F(WarmUpTest, ADisturbedRequestIsRecordedAndSettlesNothing) {
  disturbed_ = {1};
  const WarmupResult result = Warm({Answer("a", 100ms), Failure(), Answer("a", 100ms), Answer("a", 100ms)});
  EXPECT_TRUE(result.settled);
  EXPECT_EQ(result.requests, 3);
  EXPECT_EQ(result.upkeep, 3ms);
  ASSERT_EQ(recorded_.size(), 4U);
  const run::Sample& disturbed = recorded_[1].sample;
  EXPECT_EQ(disturbed.disturbed, "service_moved");
  EXPECT_TRUE(disturbed.warmup);
  EXPECT_EQ(disturbed.case_id, plan_.id);
  EXPECT_EQ(disturbed.repetition, 1);  // of the same repetition as the one that stands
  EXPECT_EQ(recorded_[2].sample.repetition, 1);
  EXPECT_EQ(recorded_[2].sample.disturbed, "");
  EXPECT_EQ(recorded_[3].sample.repetition, 2);
}

TEST_F(WarmUpTest, DisturbedAtTheLastRequestIsNotSettled) {
  disturbed_ = {2};
  const WarmupResult result =
      Warm({Answer("a", 100ms), Answer("a", 100ms), Failure(), Answer("a", 100ms)}, {3, 3, 0.10});
  EXPECT_FALSE(result.settled);
  EXPECT_NE(result.unsettled, "");
}

// Warmed with the very request that will be measured.
TEST_F(WarmUpTest, SendsTheCasesOwnRequest) {
  Warm({Answer("a", 100ms), Answer("a", 100ms)});
  for (const http::Request& request : transport_.requests) {
    EXPECT_EQ(request.body, R"({"max_tokens":8,"model":"m:1","stream":true})");
  }
}

TEST_F(WarmUpTest, EveryRequestIsAWarmUpTurnOfItsOwn) {
  Warm({Answer("a", 500ms), Answer("a", 100ms), Answer("a", 100ms)});
  ASSERT_EQ(turns_.size(), 3U);
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    EXPECT_TRUE(turns_[i].warmup);
    EXPECT_EQ(turns_[i].repetition, static_cast<std::int64_t>(i));
  }
}

// Every turn asks another text: only the latency can settle.
TEST_F(WarmUpTest, AUniqueCaseSettlesByItsLatencyAlone) {
  plan_.scenario.cache = run::PromptCache::kUnique;
  EXPECT_TRUE(Warm({Answer("a", 100ms), Answer("b", 105ms)}).settled);
  const WarmupResult moving = Warm({Answer("a", 100ms), Answer("b", 200ms)}, {2, 2, 0.10});
  EXPECT_FALSE(moving.settled);
  EXPECT_THAT(moving.unsettled, HasSubstr("10 %"));
}

// The cycle reads the model's files once: later ones find them in the system's cache.
TEST_F(WarmUpTest, AStartThatIsNotWarmGoesThroughOneCycle) {
  for (const run::Start start : {run::Start::kCold, run::Start::kAfterRestart}) {
    recorded_.clear();
    plan_.scenario.start = start;
    const WarmupResult result = Warm({Answer("a", 500ms), Answer("b", 100ms)});
    EXPECT_TRUE(result.settled);
    EXPECT_EQ(result.unsettled, "");
    EXPECT_EQ(result.requests, 1);
    EXPECT_EQ(result.upkeep, 1ms);
    ASSERT_EQ(recorded_.size(), 2U);  // the cold one, then its reference
    EXPECT_EQ(recorded_[0].answer->text, "a.");
    EXPECT_EQ(recorded_[1].answer->text, "b.");
    for (const chat::Completion& completion : recorded_) {
      EXPECT_TRUE(completion.sample.warmup);
      EXPECT_EQ(completion.sample.case_id, plan_.id);
      EXPECT_EQ(completion.sample.repetition, 0);
    }
  }
}

TEST_F(WarmUpTest, ACycleThatFailsIsAFailure) {
  plan_.scenario.start = run::Start::kCold;
  const WarmupResult result = Warm({Failure()});
  EXPECT_FALSE(result.settled);
  EXPECT_EQ(result.requests, 1);
  EXPECT_THAT(result.failure, HasSubstr("Model not loaded"));
  EXPECT_NE(result.unsettled, "");
  EXPECT_EQ(recorded_.size(), 1U);
}

TEST_F(WarmUpTest, ACycleThatWasCancelledBeforeSendsNothing) {
  plan_.scenario.start = run::Start::kCold;
  cancelled_ = [] { return true; };
  EXPECT_EQ(Warm({}).requests, 0);
  EXPECT_TRUE(transport_.requests.empty());
}

}  // namespace
}  // namespace assay::session

// SPDX-License-Identifier: MIT
// Cases whose first request finds the model cold: unloaded and loaded anew, or in a service that was started anew.
#include "fixtures/session/fresh_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/session/asking_fixture.h"

namespace assay::session {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The first text after `ttft`.
ScriptedExchange AnswerAfter(base::Nanoseconds ttft) {
  return EventStream(
      {{ttft, Content("Hi")}, {ttft + 1ms, Delta("{}", R"("stop")")}, {ttft + 1ms, Usage(3, 1)}, {ttft + 1ms, kDone}});
}

class ColdStart : public AskingTest {
 protected:
  ColdStart() { plan_.scenario.start = run::Start::kCold; }
  // Loads and unloads, in their order.
  std::vector<std::string> Moves() const {
    std::vector<std::string> moves;
    for (const std::string& call : world_.calls) {
      if (call.starts_with("load ") || call.starts_with("unload ")) moves.push_back(call);
    }
    return moves;
  }
};

TEST_F(ColdStart, TheFirstRequestAfterALoadIsMeasuredAndTheSameOneAgainIsItsReference) {
  Script({AnswerAfter(50ms), AnswerAfter(5ms)});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  EXPECT_THAT(Moves(), ElementsAre("unload m:1", "load m:1"));
  EXPECT_EQ(asked.completion.sample.load, 250ms);
  EXPECT_EQ(asked.completion.sample.restart, std::nullopt);
  // No light request anywhere: the model saw these two and nothing else.
  ASSERT_THAT(transport_.requests, SizeIs(2));
  EXPECT_TRUE(WasMeasured(0));
  EXPECT_EQ(transport_.requests[0].body, transport_.requests[1].body);
  ASSERT_TRUE(asked.reference.has_value());
  EXPECT_EQ(asked.reference->sample.outcome, Outcome::kOk);
  EXPECT_EQ(asked.reference->sample.load, std::nullopt);
  // 5 ms less the 100 us in which the connection was set up.
  EXPECT_EQ(asked.completion.sample.warm_ttft, 4900us);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(ColdStart, WhoseTheModelIsStaysAsItWas) {
  Script({Answer(), Answer()});
  Ask();
  EXPECT_FALSE(site().IsOurs("m:1"));  // it was there before this run
  EXPECT_THAT(world_.loaded, ElementsAre("m:1"));

  world_.loaded.clear();
  ASSERT_EQ(site().Load("m:1").outcome, LoadOutcome::kLoaded);
  Script({Answer(), Answer()});
  Ask();
  EXPECT_TRUE(site().IsOurs("m:1"));
  EXPECT_THAT(site().UnloadOurs(), IsEmpty());
  EXPECT_THAT(world_.loaded, IsEmpty());
}

// Nobody had it in memory: it is there because of us.
TEST_F(ColdStart, AModelThatWasNotLoadedIsOnlyLoadedAndOurs) {
  world_.loaded.clear();
  Script({Answer(), Answer()});
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kOk);
  EXPECT_THAT(Moves(), ElementsAre("load m:1"));
  EXPECT_TRUE(site().IsOurs("m:1"));
}

TEST_F(ColdStart, AnAnswerOnItsWayIsWaitedForBeforeTheModelIsUnloaded) {
  const base::Error in_use = Refused("cannot unload model 'm:1': 1 session(s) still using it");
  world_.unload_errors = {in_use, in_use, std::nullopt};
  Script({Answer(), Answer()});
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kOk);
  EXPECT_EQ(world_.Calls("unload m:1"), 3);
}

TEST_F(ColdStart, ALoadThatFailsIsAFailedSampleAndTheModelIsLoadedAgain) {
  world_.load_errors = {Refused("Load failed"), std::nullopt};
  Script({});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kHttpStatus);
  EXPECT_THAT(asked.completion.sample.error, HasSubstr("Load failed"));
  EXPECT_EQ(asked.completion.sample.load, std::nullopt);
  EXPECT_GT(asked.completion.sample.timeline.start_ns, 0);
  EXPECT_EQ(asked.reference, std::nullopt);
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_THAT(transport_.requests, IsEmpty());
  EXPECT_THAT(world_.loaded, ElementsAre("m:1"));
  EXPECT_FALSE(site().IsOurs("m:1"));

  // The next warm request does not pay for it.
  plan_.scenario.start = run::Start::kWarm;
  Script({Light(), Answer()});
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kOk);
  EXPECT_FALSE(WasMeasured(0));
  EXPECT_TRUE(WasMeasured(1));
}

TEST_F(ColdStart, AModelThatCannotBeUnloadedIsAFailedSample) {
  world_.unload_errors = {Refused("HTTP 500")};
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kHttpStatus);
  EXPECT_THAT(asked.completion.sample.error, HasSubstr("could not be unloaded"));
  EXPECT_THAT(transport_.requests, IsEmpty());
  EXPECT_THAT(world_.loaded, ElementsAre("m:1"));
}

// Asked all the same, an observer gets a failed sample and touches nothing.
TEST_F(ColdStart, AnObserverUnloadsNothing) {
  options_.may_manage = false;
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kHttpStatus);
  EXPECT_THAT(Moves(), IsEmpty());
  EXPECT_THAT(world_.loaded, ElementsAre("m:1"));
}

TEST_F(ColdStart, AServiceThatIsGoneFailsAsOneThatRefusesConnections) {
  world_.loaded_error = Refused("connection refused", base::ErrorCode::kTransport);
  world_.ping = Refused("connection refused", base::ErrorCode::kTransport);
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kConnect);
  EXPECT_THAT(asked.completion.sample.error, HasSubstr("connection refused"));
  EXPECT_THAT(searches_, ElementsAre(3s));
}

// It begins anew: what was asked of the place it left is kept and never counted.
TEST_F(ColdStart, AServiceThatMovesIsFoundAndTheModelStartsColdThere) {
  site();
  found_at_ = kThere;
  Script({ResetBeforeTheAnswer(), AnswerAfter(50ms), AnswerAfter(5ms)});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  ASSERT_THAT(asked.disturbed, SizeIs(1));
  EXPECT_EQ(asked.disturbed[0].sample.disturbed, "service_moved");
  EXPECT_EQ(asked.disturbed[0].sample.load, 250ms);
  EXPECT_THAT(Moves(), ElementsAre("unload m:1", "load m:1", "unload m:1", "load m:1"));
  EXPECT_EQ(asked.completion.sample.load, 250ms);
  EXPECT_TRUE(asked.reference.has_value());
}

TEST_F(ColdStart, ARequestThatFailedHasNoReference) {
  Script({TimesOut(3)});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kTimeout);
  EXPECT_EQ(asked.completion.sample.load, 250ms);
  EXPECT_EQ(asked.reference, std::nullopt);
  EXPECT_EQ(asked.completion.sample.warm_ttft, std::nullopt);
  EXPECT_TRUE(site().pending.has_value());
}

TEST_F(ColdStart, AReferenceThatFailedSaysNothingAboutTheStart) {
  Script({Answer(), JsonAnswer(R"({"error":{"message":"busy"}})", 500)});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  ASSERT_TRUE(asked.reference.has_value());
  EXPECT_EQ(asked.reference->sample.outcome, Outcome::kHttpStatus);
  EXPECT_EQ(asked.completion.sample.warm_ttft, std::nullopt);
}

TEST_F(ColdStart, WhatTheStartTakesIsUpkeep) {
  world_.on_load = [this] { time_.now += 7s; };
  Script({Answer(), Answer()});
  EXPECT_EQ(Ask().upkeep, 7s);
}

TEST_F(ColdStart, WhatTheUserCancelsWhileItLoadsIsCancelled) {
  bool loading = false;
  world_.on_load = [&] { loading = true; };
  time_.cancelled = [&] { return loading; };
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kCancelled);
  EXPECT_THAT(transport_.requests, IsEmpty());
  EXPECT_THAT(searches_, IsEmpty());
}

class AfterRestart : public ColdStart {
 protected:
  AfterRestart() {
    plan_.scenario.start = run::Start::kAfterRestart;
    surroundings_.restart = [this](Site& site) -> base::Result<base::Nanoseconds> {
      ++restarts_;
      world_.loaded.clear();
      if (restart_error_) return *restart_error_;
      site.StartedAnew();
      site.MovedTo(std::make_unique<FakeService>(world_, kThere));
      time_.now += 3s;
      return base::Nanoseconds(3s);
    };
  }

  int restarts_ = 0;
  std::optional<base::Error> restart_error_;
};

TEST_F(AfterRestart, TheServiceIsStartedAnewAndWhatElseWasLoadedIsLoadedAgain) {
  world_.loaded = {"theirs:1", "m:1"};
  ASSERT_EQ(site().Load("other:1").outcome, LoadOutcome::kLoaded);
  world_.calls.clear();
  Script({AnswerAfter(50ms), AnswerAfter(5ms)});
  const Asked asked = Ask();
  EXPECT_EQ(restarts_, 1);
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  EXPECT_EQ(asked.completion.sample.restart, 3s);
  EXPECT_EQ(asked.completion.sample.load, 250ms);
  EXPECT_EQ(asked.completion.sample.warm_ttft, 4900us);
  EXPECT_THAT(transport_.requests, SizeIs(2));
  EXPECT_THAT(transport_.requests[0].url, HasSubstr(kThere));
  // The model of the case first: nothing else is in memory when it is asked.
  EXPECT_THAT(Moves(), ElementsAre("load m:1", "load theirs:1", "load other:1"));
  EXPECT_FALSE(site().IsOurs("theirs:1"));
  EXPECT_FALSE(site().IsOurs("m:1"));
  EXPECT_TRUE(site().IsOurs("other:1"));
  EXPECT_EQ(asked.upkeep, 3s);
}

TEST_F(AfterRestart, AnotherModelIsAskedLightlyBeforeItIsMeasuredAgain) {
  ASSERT_EQ(site().Load("other:1").outcome, LoadOutcome::kLoaded);
  Script({Answer(), Answer()});
  Ask();
  plan_.model = "other:1";
  plan_.scenario.start = run::Start::kWarm;
  Script({Light(), Answer(), Answer()});
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kOk);
  EXPECT_FALSE(WasMeasured(2));
  EXPECT_TRUE(WasMeasured(3));
  Ask();
  EXPECT_TRUE(WasMeasured(4));
}

TEST_F(AfterRestart, AServiceThatDoesNotComeUpIsAFailedSampleAndNotSearchedFor) {
  restart_error_ = Refused("it printed nothing");
  world_.ping = Refused("connection refused", base::ErrorCode::kTransport);
  found_at_ = kThere;
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kConnect);
  EXPECT_THAT(asked.completion.sample.error, HasSubstr("it printed nothing"));
  EXPECT_EQ(asked.completion.sample.restart, std::nullopt);
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_THAT(searches_, IsEmpty());
  EXPECT_EQ(restarts_, 1);
}

TEST_F(AfterRestart, WithoutAWayToRestartItFails) {
  surroundings_.restart = nullptr;
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kHttpStatus);
}

// --- what a case asks in each turn ---

TEST_F(AskingTest, EveryTurnOfAUniqueCaseBeginsDifferentlyAndTheSameInEveryRun) {
  plan_.scenario.cache = run::PromptCache::kUnique;
  const run::Json first = RequestOf(plan_, {0, false});
  EXPECT_NE(first, plan_.request);
  EXPECT_NE(first, RequestOf(plan_, {1, false}));
  EXPECT_NE(first, RequestOf(plan_, {0, true}));
  EXPECT_EQ(first, RequestOf(plan_, {0, false}));
  Script({Answer()});
  Ask({3, false});
  run::Json sent = run::ParseJson(transport_.requests[0].body, "sent").value();
  sent.as_object()->erase("model");
  EXPECT_EQ(sent, RequestOf(plan_, {3, false}));

  plan_.scenario.cache = run::PromptCache::kReuse;
  EXPECT_EQ(RequestOf(plan_, {0, false}), plan_.request);
  EXPECT_EQ(RequestOf(plan_, {1, true}), plan_.request);
}

TEST_F(AskingTest, AConnectionOfItsOwnIsAskedForWhereTheCaseSaysSo) {
  Script({Answer(), Answer()});
  EXPECT_FALSE(Ask().completion.sample.new_connection);
  plan_.scenario.new_connection = true;
  EXPECT_TRUE(Ask().completion.sample.new_connection);
  EXPECT_FALSE(transport_.requests[0].fresh_connection);
  EXPECT_TRUE(transport_.requests[1].fresh_connection);
}

}  // namespace
}  // namespace assay::session

// SPDX-License-Identifier: MIT
// One case asked of services that move, lose their model, rest, or go on with an answer nobody waits for.
#include "fixtures/session/asking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/session/asking_fixture.h"

namespace assay::session {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(AskingTest, AnAnswerStandsAndNothingElseIsSent) {
  Script({Answer()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  EXPECT_EQ(asked.completion.answer->text, "Hi");
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_THAT(transport_.requests, SizeIs(1));
}

TEST_F(AskingTest, TheSpellingThatIsLoadedIsSent) {
  world_.loaded = {"M"};
  Script({Answer()});
  Ask();
  EXPECT_THAT(transport_.requests.at(0).body, HasSubstr(R"("model":"M")"));
}

TEST_F(AskingTest, AServiceThatMovedIsFoundOnceAndAskedAgain) {
  found_at_ = kThere;
  Script({NoConnection(), Answer()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  ASSERT_THAT(asked.disturbed, SizeIs(1));
  EXPECT_EQ(asked.disturbed[0].sample.disturbed, "service_moved");
  EXPECT_EQ(asked.disturbed[0].sample.outcome, Outcome::kConnect);
  EXPECT_FALSE(asked.disturbed[0].sample.counts());
  EXPECT_EQ(asked.completion.sample.disturbed, "");
  EXPECT_THAT(transport_.requests.at(1).url, HasSubstr(kThere));
  EXPECT_THAT(Codes(), ElementsAre("service_moved"));
  EXPECT_EQ(warnings_[0].case_id, plan_.id);
  EXPECT_THAT(searches_, ElementsAre(3s));
}

TEST_F(AskingTest, AModelThatTheNewPlaceHasNotIsLoadedThereAndWarmed) {
  found_at_ = kThere;
  world_.loaded.clear();
  Script({NoConnection(), Light(), Answer()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  EXPECT_EQ(world_.Calls("load m:1"), 1);
  EXPECT_FALSE(WasMeasured(1));
  EXPECT_TRUE(WasMeasured(2));
  EXPECT_THAT(Codes(), ElementsAre("service_moved", "model_reloaded"));
}

TEST_F(AskingTest, OneThatMovesAgainIsNotFollowed) {
  found_at_ = kThere;
  Script({NoConnection(), NoConnection()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kConnect);
  EXPECT_EQ(asked.completion.sample.disturbed, "");
  EXPECT_THAT(asked.disturbed, SizeIs(1));
  EXPECT_THAT(searches_, SizeIs(1));
}

TEST_F(AskingTest, AServiceThatIsGoneFailsAndIsNotSearchedForLongAgain) {
  Script({NoConnection(), NoConnection()});
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kConnect);
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kConnect);
  EXPECT_THAT(searches_, ElementsAre(3s, 0s));
  EXPECT_THAT(warnings_, IsEmpty());
}

// It answers where it was, as the process it was: the request failed by itself.
TEST_F(AskingTest, AResetByAServiceThatDidNotMoveIsAFailedSample) {
  found_at_ = kHere;
  Script({ResetBeforeTheAnswer()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kReset);
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(AskingTest, AResetByAServiceThatWasStartedAgainIsDisturbed) {
  site();
  found_at_ = kHere;
  world_.pid = 11;  // another process
  Script({ResetBeforeTheAnswer(), Answer()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  ASSERT_THAT(asked.disturbed, SizeIs(1));
  EXPECT_EQ(asked.disturbed[0].sample.disturbed, "service_moved");
}

ScriptedExchange BreaksOff() {
  ScriptedExchange broken = EventStream({{5ms, Content("Hi")}});
  broken.failure = base::Error{base::ErrorCode::kTransport, "connection reset", kHere};
  return broken;
}

TEST_F(AskingTest, AnAnswerThatBreaksOffAtAServiceThatDidNotMoveIsAFailedSample) {
  found_at_ = kHere;
  Script({BreaksOff()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kReset);
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(AskingTest, AnAnswerThatBreaksOffBecauseTheServiceMovedIsDisturbed) {
  site();
  found_at_ = kThere;
  Script({BreaksOff(), Answer()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  ASSERT_THAT(asked.disturbed, SizeIs(1));
  EXPECT_EQ(asked.disturbed[0].sample.outcome, Outcome::kReset);
}

// Another program took the address: it speaks the same dialect and has other models.
TEST_F(AskingTest, WhatDoesNotHaveTheModelIsNotTheServiceThatWasThere) {
  site();
  found_at_ = kHere;
  world_.rows[0].id = "other:1";
  Script({NoConnection()});
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kConnect);
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_THAT(Codes(), ElementsAre("service_replaced"));
}

TEST_F(AskingTest, AnEvictedModelIsLoadedWarmedAndAskedAgain) {
  Script({NotLoaded(), Light(), Answer()});
  site();
  static_cast<void>(site().WireName("m:1"));
  world_.loaded.clear();
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  ASSERT_THAT(asked.disturbed, SizeIs(1));
  EXPECT_EQ(asked.disturbed[0].sample.disturbed, "model_evicted");
  EXPECT_EQ(world_.Calls("load m:1"), 1);
  EXPECT_THAT(Codes(), ElementsAre("model_reloaded"));
  EXPECT_TRUE(WasMeasured(0));
  EXPECT_FALSE(WasMeasured(1));
  EXPECT_TRUE(WasMeasured(2));
}

TEST_F(AskingTest, AModelThatCannotBeLoadedAgainFails) {
  Script({NotLoaded()});
  world_.loaded.clear();
  world_.load_errors = {Refused("Load failed")};
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kHttpStatus);
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(AskingTest, OneThatIsEvictedTwiceFails) {
  Script({NotLoaded(), Light(), NotLoaded()});
  world_.loaded.clear();
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kHttpStatus);
  EXPECT_THAT(asked.disturbed, SizeIs(1));
  EXPECT_EQ(world_.Calls("load m:1"), 1);
}

TEST_F(AskingTest, AnObserverLoadsNothing) {
  options_.may_manage = false;
  Script({NotLoaded()});
  world_.loaded.clear();
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kHttpStatus);
  EXPECT_EQ(world_.Calls("load m:1"), 0);
}

// Failed samples, however temporary they sound.
TEST_F(AskingTest, BusyAndTooManyRequestsAreFailuresAndNotAskedAgain) {
  Script({JsonAnswer(R"({"error":{"message":"Infer Request is busy"}})", 500),
          JsonAnswer(R"({"error":{"message":"Too many requests"}})", 429),
          JsonAnswer(R"({"error":{"message":"Model not loaded"}})", 500)});
  for (int i = 0; i < 3; ++i) {
    const Asked asked = Ask();
    EXPECT_EQ(asked.completion.sample.outcome, Outcome::kHttpStatus);
    EXPECT_THAT(asked.disturbed, IsEmpty());
  }
}

TEST_F(AskingTest, AServiceThatLoadsSilentlyIsLookedAtBeforeEveryRequest) {
  world_.can.loads_silently = true;
  Script({Answer(), Light(), Answer()});
  EXPECT_THAT(Ask().disturbed, IsEmpty());
  world_.loaded.clear();  // its time to live passed
  const Asked asked = Ask();
  EXPECT_EQ(asked.completion.sample.outcome, Outcome::kOk);
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_FALSE(WasMeasured(1));
  EXPECT_EQ(world_.Calls("load m:1"), 1);
  ASSERT_THAT(Codes(), ElementsAre("model_reloaded"));
  EXPECT_EQ(warnings_[0].case_id, plan_.id);
}

TEST_F(AskingTest, AModelThatRestedIsAskedLightlyFirst) {
  Script({Answer(), Light(), Answer()});
  Ask();
  time_.now += 31s;
  Ask();
  EXPECT_THAT(transport_.requests, SizeIs(3));
  EXPECT_FALSE(WasMeasured(1));
  EXPECT_THAT(transport_.requests[1].body, HasSubstr(R"("max_tokens":1,)"));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(AskingTest, AShortPauseIsNoRest) {
  Script({Answer(), Answer()});
  Ask();
  time_.now += 30s;
  Ask();
  EXPECT_THAT(transport_.requests, SizeIs(2));
}

TEST_F(AskingTest, AfterATimeOutTheNextRequestWaitsUntilTheModelCanBeUnloaded) {
  Script({TimesOut(3), Light(), Answer()});
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kTimeout);
  EXPECT_EQ(world_.Calls("unload m:1"), 0);
  const base::Error in_use = Refused("cannot unload model 'm:1': 1 session(s) still using it");
  world_.unload_errors = {in_use, in_use, std::nullopt};
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kOk);
  EXPECT_EQ(world_.Calls("unload m:1"), 3);
  EXPECT_EQ(world_.Calls("load m:1"), 1);
  EXPECT_FALSE(WasMeasured(1));
  EXPECT_THAT(warnings_, IsEmpty());
  // It was loaded before this run and is nobody's to unload.
  EXPECT_FALSE(site().HasLoads());
}

TEST_F(AskingTest, AnAnswerThatNeverEndsIsWaitedForOnceAndSaidOnce) {
  Script({TimesOut(3), TimesOut(3), Answer(), TimesOut(3), Answer()});
  world_.unload_errors.assign(10'000, Refused("1 session(s) still using it"));
  Ask();
  Ask();
  EXPECT_EQ(time_.slept, 60s);
  Ask();  // not waited for again
  EXPECT_EQ(time_.slept, 60s);
  ASSERT_THAT(Codes(), ElementsAre("not_drained"));
  EXPECT_EQ(warnings_[0].case_id, plan_.id);
  Ask();  // it has answered since: the next time-out is waited for again
  Ask();
  EXPECT_EQ(time_.slept, 120s);
}

TEST_F(AskingTest, WhereNothingTellsALightRequestDoesAsFastAsItWas) {
  world_.can.unload_waits = false;
  Script({Answer(), Light(10ms), Answer(),  // what it takes is learned when the model is warm
          TimesOut(1), Light(50ms), Light(21ms), Light(20ms), Answer()});
  Ask();
  Ask();
  EXPECT_EQ(site().Model("m:1").light_latency, 10ms);
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kTimeout);
  EXPECT_EQ(Ask().completion.sample.outcome, Outcome::kOk);
  EXPECT_THAT(transport_.requests, SizeIs(8));
  EXPECT_EQ(world_.Calls("unload m:1"), 0);
  EXPECT_THAT(warnings_, IsEmpty());
}

// A service that answers several at once answers a light request fast all along. 5 of 8 tokens came, 10 ms apart:
// three more take 30 ms, with a tenth to spare 33 ms.
TEST_F(AskingTest, WhereSeveralAreAnsweredAtOnceThePaceSaysWhenItEnds) {
  world_.can.unload_waits = false;
  Script({TimesOut(5), Light(), Answer()});
  Ask();
  Ask();
  EXPECT_EQ(time_.slept, 33ms);
  EXPECT_THAT(transport_.requests, SizeIs(3));
}

TEST_F(AskingTest, WhatTheUserCancelsIsNeitherRepeatedNorWaitedFor) {
  found_at_ = kThere;
  time_.cancelled = [this] { return !transport_.requests.empty(); };
  Script({NoConnection()});
  const Asked asked = Ask();
  EXPECT_THAT(asked.disturbed, IsEmpty());
  EXPECT_THAT(transport_.requests, SizeIs(1));
  EXPECT_THAT(searches_, IsEmpty());
  EXPECT_EQ(site().pending, std::nullopt);
}

TEST_F(AskingTest, TokensAreCountedWhereTheServiceReportsNone) {
  world_.can.token_count = true;
  world_.count = [](const std::string&, const run::Json& messages) -> base::Result<std::int64_t> {
    return 10 + static_cast<std::int64_t>((*messages.as_array())[0].Find("content")->as_string()->size());
  };
  Script({Answer(false), Answer()});
  const run::Sample counted = Ask().completion.sample;
  EXPECT_EQ(counted.token_source, run::TokenSource::kTokenizerCount);
  EXPECT_EQ(counted.prompt_tokens, 15);     // "Hello"
  EXPECT_EQ(counted.completion_tokens, 2);  // "Hi": (10 + 2) - (10 + 1) + 1
  EXPECT_EQ(Ask().completion.sample.token_source, run::TokenSource::kServerUsage);
}

TEST_F(AskingTest, TokensThatCannotBeCountedAreAWarningOnce) {
  world_.can.token_count = true;
  world_.count = [](const std::string&, const run::Json&) -> base::Result<std::int64_t> { return Refused("HTTP 404"); };
  Script({Answer(false), Answer(false)});
  EXPECT_EQ(Ask().completion.sample.token_source, run::TokenSource::kNone);  // one piece says nothing
  Ask();
  EXPECT_THAT(Codes(), ElementsAre("tokens_not_counted_by_service"));
  EXPECT_EQ(world_.Calls("count m:1"), 1);
}

TEST_F(AskingTest, TimeSpentOnTheServiceIsUpkeep) {
  Script({NotLoaded(), Light(), Answer()});
  world_.loaded.clear();
  world_.on_load = [this] { time_.now += 7s; };
  EXPECT_EQ(Ask().upkeep, 7s);
}

}  // namespace
}  // namespace assay::session

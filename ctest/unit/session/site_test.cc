// SPDX-License-Identifier: MIT
// What a session does at one service: catalogue, names on the wire, load and unload, all of it taken back.
#include "fixtures/session/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/fake_transport.h"
#include "ctest/unit/session/fakes.h"

namespace assay::session {
namespace {

using namespace std::chrono_literals;
using assay::testing::FakeCommand;
using assay::testing::FakeService;
using assay::testing::FakeTime;
using assay::testing::FakeTransport;
using assay::testing::JsonAnswer;
using assay::testing::Refused;
using assay::testing::Row;
using assay::testing::World;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SiteTest : public ::testing::Test {
 protected:
  SiteTest() : waits_(time_.Waits()) {
    world_.can.load_and_unload = world_.can.loaded_list = true;
    options_.transport = &transport_;
  }
  Site& site() {
    if (!site_) {
      options_.connect = [this](const std::string& url) -> base::Result<std::unique_ptr<foundry::Service>> {
        return std::unique_ptr<foundry::Service>(std::make_unique<FakeService>(world_, url));
      };
      site_ = std::make_unique<Site>(options_, std::make_unique<FakeService>(world_, "http://127.0.0.1:1"), waits_);
    }
    return *site_;
  }

  FakeTime time_;
  Waits waits_;
  World world_;
  FakeCommand command_;
  FakeTransport transport_;
  SiteOptions options_;
  std::unique_ptr<Site> site_;
};

TEST_F(SiteTest, RowsOfTheCommandAndTheServiceFillEachOthersGaps) {
  options_.command = &command_;
  foundry::Variant told = Row("m-cpu:2");
  told.alias = "m";
  told.device = "cpu";
  told.size_mib = 500;
  command_.rows = {told};
  foundry::Variant served = Row("M-cpu:2");
  served.device = "gpu";
  served.license = "MIT";
  served.cached = true;
  world_.rows = {served, Row("own:0")};
  const auto rows = site().Catalogue();
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ((*rows)->size(), 2U);
  const foundry::Variant& row = (**rows)[0];
  EXPECT_EQ(row.id, "m-cpu:2");
  EXPECT_EQ(row.device, "cpu");  // the command's word stands
  EXPECT_EQ(row.size_mib, 500);
  EXPECT_EQ(row.license, "MIT");
  EXPECT_EQ(row.cached, true);
  EXPECT_EQ((**rows)[1].id, "own:0");  // only the service knows it
}

// Catalogue calls run into rate limits (foundry-facts 5.2, #757).
TEST_F(SiteTest, TheCatalogueIsReadOnce) {
  options_.command = &command_;
  world_.rows = {Row("m:1")};
  ASSERT_TRUE(site().Catalogue().ok());
  ASSERT_TRUE(site().Catalogue().ok());
  EXPECT_EQ(command_.Calls("list"), 1);
  EXPECT_EQ(world_.Calls("list"), 1);
}

TEST_F(SiteTest, ACommandWithoutACatalogueIsANoteAndTheServiceIsTaken) {
  options_.command = &command_;
  command_.list_error = Refused("No models were returned");
  world_.rows = {Row("m:1")};
  const auto rows = site().Catalogue();
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ((*rows)->size(), 1U);
  EXPECT_THAT(site().TakeNotes(), ElementsAre(HasSubstr("No models were returned")));
  EXPECT_THAT(site().TakeNotes(), IsEmpty());
}

TEST_F(SiteTest, WhatIsLoadedIsNotLoadedAgainAndNotOurs) {
  world_.loaded = {"M"};  // G1: without a version
  EXPECT_EQ(site().Load("m:2").outcome, LoadOutcome::kLoaded);
  EXPECT_FALSE(site().HasLoads());
  EXPECT_THAT(world_.calls, Not(Contains(HasSubstr("load m"))));
  EXPECT_THAT(site().UnloadOurs(), IsEmpty());
  EXPECT_THAT(world_.loaded, ElementsAre("M"));
}

TEST_F(SiteTest, WhatWasLoadedHereIsUnloadedAndNothingElse) {
  world_.loaded = {"theirs:1"};
  site().Model("m:2").alias = "m";
  EXPECT_EQ(site().Load("m:2").outcome, LoadOutcome::kLoaded);
  EXPECT_THAT(world_.calls, Contains("load m:2 m"));
  EXPECT_THAT(world_.loaded, ElementsAre("theirs:1", "m:2"));
  EXPECT_THAT(site().UnloadOurs(), IsEmpty());
  EXPECT_THAT(world_.loaded, ElementsAre("theirs:1"));
}

// A load by alias brought another variant: that one was not there before either.
TEST_F(SiteTest, AWrongVariantThatALoadBroughtIsOursToUnload) {
  world_.loads_instead = "m-gpu:2";
  const Loaded loaded = site().Load("m-cpu:2");
  EXPECT_EQ(loaded.outcome, LoadOutcome::kFailed);
  EXPECT_THAT(loaded.why, HasSubstr("not list it as loaded"));
  EXPECT_THAT(site().UnloadOurs(), IsEmpty());
  EXPECT_THAT(world_.loaded, IsEmpty());
}

TEST_F(SiteTest, WhereRestCannotTheCommandLoadsById) {
  options_.command = &command_;
  world_.load_errors = {Refused("No model matching 'm:2'", base::ErrorCode::kNotFound)};
  command_.on_load = [this](const std::string& id) { world_.loaded.push_back(id); };
  EXPECT_EQ(site().Load("m:2").outcome, LoadOutcome::kLoaded);
  EXPECT_EQ(command_.Calls("load m:2"), 1);
  EXPECT_TRUE(command_.last_loaded);  // it may go on for ever: the list says when it is enough
}

TEST_F(SiteTest, MemoryThatRanOutDoesNotFitOnlyBesideModelsLoadedHere) {
  options_.command = &command_;
  const base::Error full = Refused("BFCArena: Failed to allocate memory for requested buffer of size 8");
  world_.load_errors = {full, std::nullopt, full};
  Loaded loaded = site().Load("a:1");
  EXPECT_EQ(loaded.outcome, LoadOutcome::kFailed);  // nothing of ours is in its way
  EXPECT_EQ(loaded.why, full.what);
  EXPECT_EQ(command_.Calls("load a:1"), 0);  // it would run out there, too
  ASSERT_EQ(site().Load("b:1").outcome, LoadOutcome::kLoaded);
  loaded = site().Load("a:1");
  EXPECT_EQ(loaded.outcome, LoadOutcome::kDoesNotFit);
  EXPECT_EQ(loaded.why, full.what);
  EXPECT_THAT(site().UnloadOurs(), IsEmpty());
  EXPECT_EQ(site().Load("a:1").outcome, LoadOutcome::kLoaded);
}

TEST_F(SiteTest, AServiceThatCannotLoadIsLeftAlone) {
  world_.can = {};
  EXPECT_EQ(site().Load("m").outcome, LoadOutcome::kLoaded);
  EXPECT_THAT(world_.calls, IsEmpty());
}

TEST_F(SiteTest, AnObserverLoadsNothingAndSaysWhatIsMissing) {
  options_.may_manage = false;
  const Loaded loaded = site().Load("m:2");
  EXPECT_EQ(loaded.outcome, LoadOutcome::kFailed);
  EXPECT_THAT(loaded.why, AllOf(HasSubstr("only observes"), HasSubstr("`foundry model load m:2`")));
  EXPECT_EQ(world_.Calls("load m:2"), 0);
  world_.loaded = {"m:2"};
  EXPECT_EQ(site().Load("m:2").outcome, LoadOutcome::kLoaded);
}

// A load that was cancelled goes on over there: it is waited for and taken back.
TEST_F(SiteTest, ACancelledLoadIsAwaitedAndUnloaded) {
  bool interrupted = false;
  time_.cancelled = [&] { return interrupted; };
  world_.on_load = [&] { interrupted = true; };
  world_.load_errors = {Refused("cancelled", base::ErrorCode::kCancelled)};
  EXPECT_EQ(site().Load("m:2").outcome, LoadOutcome::kFailed);
  EXPECT_TRUE(site().HasLoads());

  interrupted = false;  // the clean-up is not cancelled by what caused it
  const base::Moment start = time_.now;
  Waits waits = waits_;
  // It is in memory a second later.
  waits_.sleep = [&](base::Nanoseconds time) {
    time_.now += time;
    if (time_.now - start >= 1s && world_.loaded.empty() && world_.Calls("unload m:2") == 0) world_.loaded = {"m:2"};
  };
  EXPECT_THAT(site().UnloadOurs(), IsEmpty());
  EXPECT_THAT(world_.loaded, IsEmpty());
  EXPECT_EQ(world_.Calls("unload m:2"), 1);
}

TEST_F(SiteTest, AModelInUseIsWaitedForAndThenReported) {
  ASSERT_EQ(site().Load("m:2").outcome, LoadOutcome::kLoaded);
  const base::Error in_use = Refused("Unload failed: cannot unload model 'm:2': 1 session(s) still using it");
  world_.unload_errors = {in_use, in_use, std::nullopt};
  EXPECT_THAT(site().UnloadOurs(), IsEmpty());
  EXPECT_EQ(world_.Calls("unload m:2"), 3);

  ASSERT_EQ(site().Load("m:2").outcome, LoadOutcome::kLoaded);
  world_.unload_errors.assign(1000, in_use);
  EXPECT_THAT(site().UnloadOurs(), ElementsAre(AllOf(HasSubstr("m:2"), HasSubstr("still using it"))));
}

TEST_F(SiteTest, TheLoadedSpellingIsSentAndOtherwiseTheVariant) {
  EXPECT_EQ(site().WireName("m:2"), "m:2");
  world_.loaded = {"other:2", "M"};
  site().Model("m:2").wire_name.reset();
  EXPECT_EQ(site().WireName("m:2"), "M");
  EXPECT_EQ(site().WireName("m:2"), "M");
  EXPECT_EQ(world_.Calls("loaded"), 2);  // remembered
}

TEST_F(SiteTest, AnExactSpellingComesFirst) {
  world_.loaded = {"m", "m:2"};
  EXPECT_EQ(site().WireName("m:2"), "m:2");
}

TEST_F(SiteTest, ARequestCarriesKeyAndHeadersAndNoMessageRepeatsThem) {
  options_.credentials.api_key = "sk-secret-key";
  options_.credentials.headers = {{"X-Token", "Token very-secret"}, {"X-Mode", "a"}};
  transport_.Then(JsonAnswer(R"({"error":{"message":"bad token very-secret or sk-secret-key, a word"}})", 401));
  const chat::Completion completion = site().Complete("m:2", run::JsonObject{{"max_tokens", 1}});
  ASSERT_EQ(transport_.requests.size(), 1U);
  EXPECT_THAT(transport_.requests[0].headers,
              Contains(std::pair<std::string, std::string>("X-Token", "Token very-secret")));
  EXPECT_THAT(transport_.requests[0].headers,
              Contains(std::pair<std::string, std::string>("Authorization", "Bearer sk-secret-key")));
  EXPECT_EQ(completion.sample.error, "HTTP 401: bad token *** or ***, a word");
}

TEST_F(SiteTest, ALightRequestIsSmallAndCarriesTheModelsOwnFields) {
  site().Model("m:2").extra = run::JsonObject{{"max_completion_tokens", 500}, {"top_p", 0.5}, {"temperature", 1}};
  transport_.Then(JsonAnswer("{}"));
  site().AskLightly("m:2", {});
  const std::string& body = transport_.requests.at(0).body;
  EXPECT_THAT(body,
              AllOf(HasSubstr(R"("max_completion_tokens":1)"), HasSubstr(R"("top_p":0.5)"),
                    HasSubstr(R"("temperature":0)"), HasSubstr(R"("stream":false)"), HasSubstr(R"("model":"m:2")")));
  EXPECT_THAT(body, Not(HasSubstr(R"("max_tokens")")));
  EXPECT_EQ(site().Model("m:2").last_used, time_.now);
}

}  // namespace
}  // namespace assay::session

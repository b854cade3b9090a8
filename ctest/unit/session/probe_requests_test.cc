// SPDX-License-Identifier: MIT
// What the steps of probes ask.
#include "fixtures/session/probe_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/catalogue/cases.h"
#include "fixtures/catalogue/scenarios.h"

namespace assay::session {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

run::PlannedCase ProbeOf(run::ProbeKind kind, const run::Json& own = {}) {
  catalogue::ResolvedModel model;
  model.asked = model.variant = "a:1";
  model.request = own;
  catalogue::RequestOptions options;
  options.temperature = 0.5;
  options.scenarios = {*catalogue::ParseScenario("probe:" + std::string(ToString(kind)))};
  return catalogue::BuildCases({model}, {catalogue::PromptFromText("p", "Name three rivers.", 24)}, options)->front();
}

std::int64_t Number(const run::PlannedCase& plan, const char* key) {
  const run::Json* value = plan.request.Find(key);
  return value == nullptr || value->as_integer() == nullptr ? -1 : *value->as_integer();
}
std::string Content(const run::PlannedCase& plan) {
  return *plan.request.Find("messages")->as_array()->back().Find("content")->as_string();
}
std::vector<run::PlannedCase> Steps(const run::PlannedCase& probe, const std::vector<ProbeReply>& before = {}) {
  std::vector<run::PlannedCase> plans;
  for (std::size_t i = 0; i < run::StepsOf(*probe.scenario.probe).size(); ++i) {
    if (const auto plan = PlanOfStep(probe, i, before)) plans.push_back(*plan);
  }
  return plans;
}
template <typename Get>
std::vector<std::int64_t> Each(const std::vector<run::PlannedCase>& plans, Get get) {
  std::vector<std::int64_t> values;
  for (const run::PlannedCase& plan : plans) values.push_back(get(plan));
  return values;
}

TEST(ProbeRequests, ACaseOfAProbePlansOneRequestPerStep) {
  for (const run::ProbeKind kind : run::kProbeKinds) {
    const run::PlannedCase probe = ProbeOf(kind);
    EXPECT_EQ(probe.repetitions, std::ssize(run::StepsOf(kind)));
    EXPECT_EQ(probe.id, "chat/a:1/p/stream:on/max_tokens:24/probe:" + std::string(ToString(kind)));
  }
}

TEST(ProbeRequests, TemperatureIsZeroThenOneWithOtherSeeds) {
  const auto plans = Steps(ProbeOf(run::ProbeKind::kTemperature));
  EXPECT_THAT(Each(plans, [](const auto& plan) { return Number(plan, "temperature"); }),
              ElementsAre(0, 0, 0, 1, 1, 1, 1));
  EXPECT_THAT(Each(plans, [](const auto& plan) { return Number(plan, "seed"); }), ElementsAre(1, 2, 3, 1, 2, 3, 4));
  for (const run::PlannedCase& plan : plans) {
    EXPECT_EQ(Number(plan, "max_tokens"), kOpenTokens);
    EXPECT_THAT(Content(plan), HasSubstr("about the sea"));
    EXPECT_EQ(plan.scenario, run::Scenario{});
  }
}

TEST(ProbeRequests, TheSeedIsRepeatedThenOthers) {
  const auto plans = Steps(ProbeOf(run::ProbeKind::kSeed));
  EXPECT_THAT(Each(plans, [](const auto& plan) { return Number(plan, "seed"); }), ElementsAre(1, 1, 1, 2, 3, 4));
  EXPECT_THAT(Each(plans, [](const auto& plan) { return Number(plan, "temperature"); }), ::testing::Each(1));
}

// A limit under the name the model wants, and no seed that would win over ours.
TEST(ProbeRequests, AModelsOwnFieldsStayButForWhatIsVaried) {
  const run::Json own = run::JsonObject{
      {"max_completion_tokens", 99}, {"metadata", run::JsonObject{{"random_seed", "5"}, {"top_k", "3"}}}, {"top_k", 7}};
  for (const run::PlannedCase& plan : Steps(ProbeOf(run::ProbeKind::kSeed, own))) {
    EXPECT_EQ(Number(plan, "max_completion_tokens"), kOpenTokens);
    EXPECT_EQ(plan.request.Find("max_tokens"), nullptr);
    EXPECT_EQ(Number(plan, "top_k"), 7);
    EXPECT_EQ(plan.request.Find("metadata")->Find("random_seed"), nullptr);
    EXPECT_NE(plan.request.Find("metadata")->Find("top_k"), nullptr);
  }
}

TEST(ProbeRequests, TheStopIsTakenFromTheFirstAnswer) {
  const run::PlannedCase probe = ProbeOf(run::ProbeKind::kLimits);
  EXPECT_EQ(Steps(probe).size(), 3U) << "without an answer there is nothing to stop";
  ProbeReply reply{"free", {}, run::Answer{}};
  reply.answer->text = "The sea is deep and blue.";
  const auto plans = Steps(probe, {reply});
  ASSERT_EQ(plans.size(), 4U);
  EXPECT_THAT(Each(plans, [](const auto& plan) { return Number(plan, "max_tokens"); }), ElementsAre(16, 16, 4, 16));
  EXPECT_EQ(plans[2].request.Find("stop"), nullptr);
  EXPECT_EQ(*plans[3].request.Find("stop"), run::Json(run::JsonArray{"deep"}));
}

TEST(ProbeRequests, AStopIsNeitherAtTheBeginningNorThereBefore) {
  EXPECT_EQ(StopFor("one two three"), "two");
  EXPECT_EQ(StopFor("to to to be or to be"), "be");
  EXPECT_FALSE(StopFor("").has_value());
  EXPECT_FALSE(StopFor("Yes").has_value() && StopFor("Yes") == "Y");
  EXPECT_FALSE(StopFor("ab").has_value());
  EXPECT_FALSE(StopFor("aaaa").has_value());
  // Five characters of three bytes each, no blank: the middle one.
  EXPECT_EQ(StopFor("\xE6\xB5\xB7\xE6\x98\xAF\xE8\x93\x9D\xE8\x89\xB2\xE7\x9A\x84"), "\xE8\x93\x9D");
  for (const char* text : {"one two three", "to to to be or to be", "a b", "x y z x y z"}) {
    const auto stop = StopFor(text);
    if (!stop) continue;
    EXPECT_GT(std::string(text).find(*stop), 0U);
  }
}

TEST(ProbeRequests, TheSameQuestionIsAskedGreedilyStreamedAndNot) {
  const auto plans = Steps(ProbeOf(run::ProbeKind::kStream));
  EXPECT_THAT(Each(plans, [](const auto& plan) { return *plan.request.Find("stream")->as_bool() ? 1 : 0; }),
              ElementsAre(1, 1, 0, 0));
  for (const run::PlannedCase& plan : plans) {
    EXPECT_EQ(Content(plan), "Name three rivers.");
    EXPECT_EQ(Number(plan, "temperature"), 0);
    EXPECT_EQ(Number(plan, "max_tokens"), 24);
  }
  EXPECT_EQ(plans[2].request.Find("stream_options"), nullptr);
  EXPECT_NE(plans[0].request.Find("stream_options"), nullptr);
}

TEST(ProbeRequests, EachStepIsPlayedAsItsProbeWants) {
  for (const run::PlannedCase& plan : Steps(ProbeOf(run::ProbeKind::kConcurrency))) {
    EXPECT_TRUE(plan.scenario == run::Scenario{} || plan.scenario.concurrency == 4);
  }
  const auto starts = [](run::ProbeKind kind) {
    std::vector<run::Start> all;
    for (const run::PlannedCase& plan : Steps(ProbeOf(kind))) all.push_back(plan.scenario.start);
    return all;
  };
  using run::Start;
  EXPECT_THAT(starts(run::ProbeKind::kReload), ElementsAre(Start::kWarm, Start::kWarm, Start::kCold, Start::kCold));
  EXPECT_THAT(starts(run::ProbeKind::kRestart),
              ElementsAre(Start::kWarm, Start::kWarm, Start::kAfterRestart, Start::kAfterRestart));
  EXPECT_THAT(starts(run::ProbeKind::kCache), ::testing::Each(Start::kWarm));
}

// One that shares nothing with the case's prompt and one that begins with all of it.
TEST(ProbeRequests, TheOtherPromptsAreLong) {
  const auto plans = Steps(ProbeOf(run::ProbeKind::kCache));
  ASSERT_EQ(plans.size(), 6U);
  EXPECT_GT(Content(plans[2]).size(), 1000U);
  EXPECT_THAT(Content(plans[2]), Not(HasSubstr("rivers.")));
  EXPECT_GT(Content(plans[4]).size(), 1000U);
  EXPECT_TRUE(Content(plans[4]).starts_with("Name three rivers."));
  for (const std::size_t same : {0U, 1U, 3U, 5U}) EXPECT_EQ(plans[same].request, plans[0].request);
}

}  // namespace
}  // namespace assay::session

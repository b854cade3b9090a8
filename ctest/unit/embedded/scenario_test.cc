// SPDX-License-Identifier: MIT
#include "fixtures/embedded/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::embedded {
namespace {

using testing::HasSubstr;

TEST(ScenarioJson, ReadsTheKeptExample) {
  const auto text =
      base::ReadFile(std::filesystem::path(ASSAY_TEST_DATA_DIR) / "golden" / "embedded" / "scenario.v1.json");
  ASSERT_TRUE(text.ok());
  const auto scenario = ParseScenarioJson(*text, "scenario.v1.json");
  ASSERT_TRUE(scenario.ok()) << scenario.error().Message();
  EXPECT_EQ(scenario->seed, 7U);
  ASSERT_EQ(scenario->pacing.size(), 1U);
  EXPECT_EQ(*scenario->pacing[0].time_to_first_token, std::chrono::milliseconds(40));
  EXPECT_EQ(*scenario->pacing[0].per_token, std::chrono::microseconds(2500));
  ASSERT_EQ(scenario->faults.size(), 2U);
  EXPECT_EQ(scenario->faults[0].kind, FaultKind::kSlowDecode);
  EXPECT_EQ(scenario->faults[0].factor, 1.5);
  EXPECT_EQ(scenario->faults[0].match.models, std::vector<std::string>{"ember-mini*"});
  EXPECT_EQ(scenario->faults[1].kind, FaultKind::kFlipToken);
  EXPECT_EQ(scenario->faults[1].probability, 0.1);
  EXPECT_EQ(scenario->faults[1].match.prompt_contains, "capital");
}

TEST(ScenarioJson, IsTheExampleThePageShows) {
  const auto page = base::ReadFile(std::filesystem::path(ASSAY_SOURCE_DIR) / "fixtures" / "embedded" / "scenario.md");
  const auto text =
      base::ReadFile(std::filesystem::path(ASSAY_TEST_DATA_DIR) / "golden" / "embedded" / "scenario.v1.json");
  ASSERT_TRUE(page.ok() && text.ok());
  EXPECT_THAT(*page, HasSubstr(*text));
}

struct Malformed {
  const char* text;
  const char* message_part;
};

class MalformedJson : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedJson, IsRefusedWithTheKeyNamed) {
  const auto scenario = ParseScenarioJson(GetParam().text, "s.json");
  ASSERT_FALSE(scenario.ok());
  EXPECT_EQ(scenario.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(scenario.error().Message(), HasSubstr(GetParam().message_part));
  EXPECT_THAT(scenario.error().Message(), HasSubstr("s.json"));
}

INSTANTIATE_TEST_SUITE_P(
    Neighbours, MalformedJson,
    testing::Values(
        Malformed{"", "not JSON"}, Malformed{"[]", "JSON object"}, Malformed{"{}", "schema_version"},
        Malformed{R"({"schema_version":2})", "schema_version"},
        Malformed{R"({"schema_version":"1"})", "schema_version"}, Malformed{R"({"schema_version":1,"sed":1})", "sed"},
        Malformed{R"({"schema_version":1,"seed":-1})", "seed"},
        Malformed{R"({"schema_version":1,"pacing":1})", "pacing"},
        Malformed{R"({"schema_version":1,"pacing":{}})", "ttft_ms"},
        Malformed{R"({"schema_version":1,"pacing":{"ttft_ms":"5"}})", "ttft_ms"},
        Malformed{R"({"schema_version":1,"pacing":{"ttft_ms":-5}})", "ttft_ms"},
        Malformed{R"({"schema_version":1,"pacing":{"token":5}})", "token"},
        Malformed{R"({"schema_version":1,"pacing":[{"token_ms":1e99}]})", "token_ms"},
        Malformed{R"({"schema_version":1,"faults":{}})", "faults"},
        Malformed{R"({"schema_version":1,"faults":[1]})", "faults"},
        Malformed{R"({"schema_version":1,"faults":[{}]})", "fault"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"melt"}]})", "melt"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"slow_decode"}]})", "factor"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"slow_decode","factor":0.5}]})", "factor"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"slow_decode","probability":1}]})", "probability"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"flip_token","probability":1.5}]})", "probability"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"flip_token","probability":1,"model":[]}]})", "model"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"flip_token","probability":1,"model":[1]}]})", "model"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"flip_token","probability":1,"prompt_contains":1}]})",
                  "prompt_contains"}));

TEST(ScenarioInline, ReadsPairs) {
  const auto scenario =
      ParseScenarioInline("slow_decode=1.5, flip_token=1,ttft_ms=10,seed=3,match=ember-mini*|ember-base-int8*");
  ASSERT_TRUE(scenario.ok()) << scenario.error().Message();
  EXPECT_EQ(scenario->seed, 3U);
  ASSERT_EQ(scenario->faults.size(), 2U);
  EXPECT_EQ(scenario->faults[0].factor, 1.5);
  EXPECT_TRUE(scenario->faults[1].match.Matches("ember-base-int8-cpu:1", ""));
  EXPECT_FALSE(scenario->faults[1].match.Matches("ember-base-generic-cpu:1", ""));
  ASSERT_EQ(scenario->pacing.size(), 1U);
}

class MalformedInline : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedInline, IsRefusedWithTheKeyNamed) {
  const auto scenario = ParseScenarioInline(GetParam().text);
  ASSERT_FALSE(scenario.ok());
  EXPECT_EQ(scenario.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(scenario.error().what, HasSubstr(GetParam().message_part));
}

INSTANTIATE_TEST_SUITE_P(Neighbours, MalformedInline,
                         testing::Values(Malformed{"slow_decode", "slow_decode"}, Malformed{"=1", "=1"},
                                         Malformed{"slow_decode=", "slow_decode"}, Malformed{"slow_decode=x", "\"x\""},
                                         Malformed{"slow_decode=0.9", "slow_decode"}, Malformed{"slow=1", "slow"},
                                         Malformed{"flip_token=2", "flip_token"}, Malformed{"flip_token=nan", "nan"},
                                         Malformed{"seed=-1", "seed"}, Malformed{"seed=1,seed=1", "twice"},
                                         Malformed{"ttft_ms=-1", "ttft_ms"}, Malformed{"seed=1,", "key=value"}));

TEST(LoadScenario, TakesNothingPairsOrAFile) {
  EXPECT_TRUE(LoadScenario("").ok());
  EXPECT_TRUE(LoadScenario("slow_decode=2").ok());
  const auto missing = LoadScenario("no/such/file.json");
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().Message(), HasSubstr("no/such/file.json"));
}

TEST(ScenarioPlayer, DealsTheSameScriptsAgainAfterARestart) {
  const Scenario scenario = *ParseScenarioInline("flip_token=0.5");
  ScenarioPlayer first(scenario);
  ScenarioPlayer second(scenario);
  int flips = 0;
  for (int i = 0; i < 200; ++i) {
    const RequestScript a = first.NextScript("m", "p", 64);
    const RequestScript b = second.NextScript("m", "p", 64);
    EXPECT_EQ(a.flip_at, b.flip_at);
    if (!a.flip_at) continue;
    ++flips;
    EXPECT_GE(*a.flip_at, 0);
    EXPECT_LT(*a.flip_at, 64);
  }
  // Binomial(200, 0.5): outside 60..140 once in 10^8.
  EXPECT_GT(flips, 60);
  EXPECT_LT(flips, 140);
}

TEST(ScenarioPlayer, AppliesRulesToWhatTheyMatch) {
  ScenarioPlayer player(*ParseScenarioInline("slow_decode=2,match=ember-mini*,prompt_contains=capital"));
  EXPECT_EQ(player.NextScript("ember-mini-int8-cpu:1", "the capital?", 8).slow_decode, 2.0);
  EXPECT_EQ(player.NextScript("ember-mini-int8-cpu:1", "hello", 8).slow_decode, 1.0);
  EXPECT_EQ(player.NextScript("ember-base-int8-cpu:1", "the capital?", 8).slow_decode, 1.0);
}

}  // namespace
}  // namespace assay::embedded

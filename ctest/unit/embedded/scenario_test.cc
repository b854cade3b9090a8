// SPDX-License-Identifier: MIT
#include "fixtures/embedded/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

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
  EXPECT_EQ(scenario->faults[0].value, 1.5);
  EXPECT_EQ(scenario->faults[0].match.models, std::vector<std::string>{"ember-mini*"});
  EXPECT_EQ(scenario->faults[1].kind, FaultKind::kFlipToken);
  EXPECT_EQ(scenario->faults[1].value, 0.1);
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
        Malformed{R"({"schema_version":1,"faults":[{"fault":"melt"}]})", "known: slow_decode, flip_token, "},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"crlf","value":1}]})", "known here: fault, model"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"text_error","status":200}]})", "from 400 to 599"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"crlf","after":-1}]})", "after"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"crlf","times":1.5}]})", "whole number"},
        Malformed{R"({"schema_version":1,"faults":[{"fault":"stall","events":"2"}]})", "events"},
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
  EXPECT_EQ(scenario->faults[0].value, 1.5);
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
                                         Malformed{"ttft_ms=-1", "ttft_ms"}, Malformed{"seed=1,", "key=value"},
                                         Malformed{"crlf,crlf", "twice"}, Malformed{"crlf=2", "no value but 1"},
                                         Malformed{"crlf=yes", "\"yes\""},
                                         Malformed{"melt", "known: ttft_ms, token_ms, seed"},
                                         Malformed{"melt", "crlf, no_space"}, Malformed{"after", "after=..."},
                                         Malformed{"crlf,after=0.5", "whole number"},
                                         Malformed{"crlf,times=-1", "times"}, Malformed{"text_error=1", "400 to 599"},
                                         Malformed{"slow_decode", "factor"}));

TEST(ScenarioInline, TakesNamesAlone) {
  const auto scenario = ParseScenarioInline("crlf,comments=1,stall,text_error=503,after=3,times=2,match=ember-mini*");
  ASSERT_TRUE(scenario.ok()) << scenario.error().Message();
  ASSERT_EQ(scenario->faults.size(), 4U);
  EXPECT_EQ(scenario->faults[0].kind, FaultKind::kCrlf);
  EXPECT_EQ(scenario->faults[1].kind, FaultKind::kComments);
  EXPECT_EQ(scenario->faults[2].value, 2);  // the table's own
  EXPECT_EQ(scenario->faults[3].value, 503);
  for (const Fault& fault : scenario->faults) {
    EXPECT_EQ(fault.after, 3);
    EXPECT_EQ(fault.times, 2);
    EXPECT_EQ(fault.match.models, std::vector<std::string>{"ember-mini*"});
  }
}

std::vector<std::string> FaultNames() {
  std::vector<std::string> names;
  for (const FaultInfo& info : Faults()) names.emplace_back(info.name);
  return names;
}

// By name, so that the names of the tests are readable.
class EveryFault : public testing::TestWithParam<std::string> {
 protected:
  static const FaultInfo& Info() {
    return *std::find_if(Faults().begin(), Faults().end(),
                         [](const FaultInfo& info) { return info.name == GetParam(); });
  }
};

TEST_P(EveryFault, IsReadInBothFormsWithinItsRange) {
  const FaultInfo& info = Info();
  const std::string name(info.name);
  const std::string given = std::to_string(info.high);
  const auto pair = ParseScenarioInline(name + "=" + given);
  ASSERT_TRUE(pair.ok()) << pair.error().Message();
  ASSERT_EQ(pair->faults.size(), 1U);
  EXPECT_EQ(pair->faults[0].kind, info.kind);
  EXPECT_EQ(pair->faults[0].value, info.high);
  EXPECT_FALSE(ParseScenarioInline(name + "=" + std::to_string(info.low - 1)).ok());
  EXPECT_FALSE(ParseScenarioInline(name + "=" + std::to_string(info.high + 1)).ok());
  const auto bare = ParseScenarioInline(name);
  EXPECT_EQ(bare.ok(), !std::isnan(info.standard));
  if (bare.ok()) {
    EXPECT_EQ(bare->faults[0].value, info.standard);
  }

  const std::string value = info.value_name.empty() ? "" : ",\"" + std::string(info.value_name) + "\":" + given;
  const auto json = ParseScenarioJson(
      R"({"schema_version":1,"faults":[{"fault":")" + name + "\"" + value + R"(,"after":5,"times":6}]})", "here");
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(json->faults[0].kind, info.kind);
  EXPECT_EQ(json->faults[0].value, info.high);
  EXPECT_EQ(json->faults[0].after, 5);
  EXPECT_EQ(json->faults[0].times, 6);
}

TEST_P(EveryFault, HasOneNameAndALineOnThePage) {
  const FaultInfo& info = Info();
  EXPECT_THAT(std::string(info.name), testing::MatchesRegex("[a-z0-9_]+"));
  EXPECT_EQ(InfoOf(info.kind).name, info.name);
  const auto same = [&](const FaultInfo& other) { return other.name == info.name; };
  EXPECT_EQ(std::count_if(Faults().begin(), Faults().end(), same), 1);
  const auto page = base::ReadFile(std::filesystem::path(ASSAY_SOURCE_DIR) / "fixtures" / "embedded" / "scenario.md");
  ASSERT_TRUE(page.ok());
  constexpr std::string_view kLayers[] = {"model", "answer", "service", "command"};
  const std::string layer(kLayers[static_cast<std::size_t>(info.layer)]);
  const std::string row = "\n| `" + std::string(info.name) + "` | " + layer + " | " +
                          (info.value_name.empty() ? "|" : "`" + std::string(info.value_name) + "` ");
  EXPECT_THAT(*page, HasSubstr(row));
}

INSTANTIATE_TEST_SUITE_P(Table, EveryFault, testing::ValuesIn(FaultNames()), [](const auto& row) { return row.param; });

TEST(LoadScenario, TakesNothingPairsNamesOrAFile) {
  EXPECT_TRUE(LoadScenario("").ok());
  EXPECT_TRUE(LoadScenario("slow_decode=2").ok());
  EXPECT_TRUE(LoadScenario("crlf, comments").ok());
  EXPECT_TRUE(LoadScenario("crlf,prompt_contains=a/b.c").ok());
  const auto missing = LoadScenario("no/such/file.json");
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().Message(), HasSubstr("no/such/file.json"));
  EXPECT_EQ(LoadScenario("none.json").error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(LoadScenario("melt").error().Message(), HasSubstr("known: "));
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

TEST(ScenarioPlayer, SparesAndHitsSoManyMatchingRequests) {
  ScenarioPlayer player(*ParseScenarioInline("crlf,stall=7,after=2,times=2,match=a*"));
  std::vector<bool> hits;
  for (int i = 0; i < 6; ++i) {
    player.NextScript("b", "", 8);  // not counted
    hits.push_back(player.NextScript("a", "", 8).Has(FaultKind::kCrlf));
  }
  EXPECT_EQ(hits, (std::vector<bool>{false, false, true, true, false, false}));
}

TEST(ScenarioPlayer, TakesTheFirstRuleOfAKindThatHits) {
  const auto scenario = ParseScenarioJson(
      R"({"schema_version":1,"faults":[{"fault":"stall","events":1,"times":1},{"fault":"stall","events":5}]})", "");
  ASSERT_TRUE(scenario.ok());
  ScenarioPlayer player(*scenario);
  EXPECT_EQ(player.NextScript("m", "", 8).Find(FaultKind::kStall), 1.0);
  EXPECT_EQ(player.NextScript("m", "", 8).Find(FaultKind::kStall), 5.0);
}

TEST(ScenarioPlayer, CountsLoadsByThemselves) {
  ScenarioPlayer player(*ParseScenarioInline("load_fails,evict,after=1,times=1"));
  EXPECT_FALSE(player.NextScript("m", "", 8).Has(FaultKind::kEvict));
  EXPECT_TRUE(player.NextScript("m", "", 8).Has(FaultKind::kEvict));
  EXPECT_TRUE(player.Peek(FaultKind::kLoadFails, "m").has_value());
  EXPECT_FALSE(player.Next(FaultKind::kLoadFails, "m").has_value());
  EXPECT_TRUE(player.Next(FaultKind::kLoadFails, "m").has_value());
  EXPECT_FALSE(player.Next(FaultKind::kLoadFails, "m").has_value());
  EXPECT_FALSE(player.Peek(FaultKind::kSlowLoad, "m").has_value());
}

TEST(ScenarioPlayer, KeepsWhatIsNotPlayedPerChatOutOfScripts) {
  std::string all;
  for (const FaultInfo& info : Faults()) {
    if (info.kind != FaultKind::kSlowDecode && info.kind != FaultKind::kFlipToken) all += std::string(info.name) + ",";
  }
  all.pop_back();
  ScenarioPlayer player(*ParseScenarioInline(all));
  const RequestScript script = player.NextScript("m", "", 8);
  for (const FaultInfo& info : Faults()) {
    const bool per_chat =
        info.layer == FaultLayer::kAnswer || info.kind == FaultKind::kEvict || info.kind == FaultKind::kEvictAfter ||
        info.kind == FaultKind::kMovePort ||
        (info.layer == FaultLayer::kModel && info.kind != FaultKind::kSlowDecode && info.kind != FaultKind::kFlipToken);
    EXPECT_EQ(script.Has(info.kind), per_chat) << info.name;
  }
}

}  // namespace
}  // namespace assay::embedded

// SPDX-License-Identifier: MIT
// How scenarios are written in prompts.json and on the command line: joined, swept, listed, and every way to get it
// wrong.
#include "fixtures/catalogue/scenarios.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

AskedScenario Parse(std::string_view text) {
  const base::Result<AskedScenario> asked = ParseScenario(text);
  EXPECT_TRUE(asked.ok()) << (asked.ok() ? "" : asked.error().Message());
  return asked.ok() ? *asked : AskedScenario{};
}

std::vector<std::string> Spellings(const base::Result<std::vector<AskedScenario>>& scenarios) {
  if (!scenarios.ok()) return {scenarios.error().Message()};
  std::vector<std::string> texts;
  for (const AskedScenario& asked : *scenarios) texts.push_back(Spelling(asked));
  return texts;
}

TEST(Scenarios, WarmIsTheDefault) {
  EXPECT_EQ(Parse("warm"), AskedScenario{});
  EXPECT_EQ(Spelling(AskedScenario{}), "warm");
}

TEST(Scenarios, ReadsEveryPart) {
  EXPECT_TRUE(Parse("nonstream").nonstream);
  EXPECT_EQ(Parse("cold").scenario.start, run::Start::kCold);
  EXPECT_EQ(Parse("after_restart").scenario.start, run::Start::kAfterRestart);
  EXPECT_TRUE(Parse("connection:new").scenario.new_connection);
  EXPECT_EQ(Parse("input_tokens:64").scenario.input_tokens, 64);
  EXPECT_EQ(Parse("output_tokens:32").scenario.output_tokens, 32);
  EXPECT_EQ(Parse("cache:reuse").scenario.cache, run::PromptCache::kReuse);
  EXPECT_EQ(Parse("cache:unique").scenario.cache, run::PromptCache::kUnique);
  EXPECT_EQ(Parse("concurrency:4").scenario.concurrency, 4);
  EXPECT_EQ(Parse("rate:2.5").scenario.rate_per_s, 2.5);
}

TEST(Scenarios, JoinsPartsInAnyOrder) {
  const AskedScenario asked = Parse("concurrency:4+nonstream+cache:unique+warm");
  EXPECT_TRUE(asked.nonstream);
  EXPECT_EQ(asked.scenario.concurrency, 4);
  EXPECT_EQ(asked.scenario.cache, run::PromptCache::kUnique);
  EXPECT_EQ(asked, Parse("warm+cache:unique+nonstream+concurrency:4"));
}

TEST(Scenarios, SpellsInTheOrderOfACaseId) {
  EXPECT_EQ(Spelling(Parse("concurrency:4+cache:unique+nonstream+output_tokens:8")),
            "nonstream+output_tokens:8+cache:unique+concurrency:4");
  EXPECT_EQ(Spelling(Parse("connection:new+cold")), "cold+connection:new");
}

// A rate may be written with an exponent.
TEST(Scenarios, APlusBeforeADigitJoinsNothing) {
  EXPECT_EQ(Parse("rate:1e+3").scenario.rate_per_s, 1000.0);
  EXPECT_EQ(Parse("rate:1e+3+nonstream"), Parse("nonstream+rate:1000"));
}

TEST(Scenarios, ASweepIsAScenarioPerValue) {
  EXPECT_THAT(Spellings(ExpandScenario("input_tokens:64|256|1024")),
              ElementsAre("input_tokens:64", "input_tokens:256", "input_tokens:1024"));
  EXPECT_THAT(Spellings(ExpandScenario("output_tokens:8|16")), ElementsAre("output_tokens:8", "output_tokens:16"));
  EXPECT_THAT(Spellings(ExpandScenario("rate:0.5|2")), ElementsAre("rate:0.5", "rate:2"));
  EXPECT_THAT(Spellings(ExpandScenario("concurrency:1|4+nonstream")),
              ElementsAre("nonstream+concurrency:1", "nonstream+concurrency:4"));
  EXPECT_THAT(Spellings(ExpandScenario("cold")), ElementsAre("cold"));
}

TEST(Scenarios, SweepsMultiplyTheFirstOneOutermost) {
  EXPECT_THAT(Spellings(ExpandScenario("input_tokens:1|2+concurrency:3|4")),
              ElementsAre("input_tokens:1+concurrency:3", "input_tokens:1+concurrency:4",
                          "input_tokens:2+concurrency:3", "input_tokens:2+concurrency:4"));
}

TEST(Scenarios, AProbeStandsAlone) {
  EXPECT_EQ(Parse("probe:seed").scenario.probe, run::ProbeKind::kSeed);
  EXPECT_EQ(Spelling(Parse("probe:seed")), "probe:seed");
  EXPECT_THAT(Spellings(ScenariosFromList("warm,probe:temperature|seed")),
              ElementsAre("warm", "probe:temperature", "probe:seed"));
  EXPECT_TRUE(BeginsLikeScenario("probe:seed"));
  for (const char* text : {"warm+probe:seed", "probe:seed+warm", "nonstream+probe:seed", "probe:seed+nonstream"}) {
    EXPECT_THAT(ParseScenario(text).error().what, HasSubstr("beside a probe, which stands alone")) << text;
  }
  EXPECT_THAT(ParseScenario("cold+probe:seed").error().what, HasSubstr("stands alone"));
  EXPECT_THAT(ParseScenario("probe:speed").error().what, HasSubstr("temperature, seed, limits"));
}

TEST(Scenarios, AListIsSplitAtCommas) {
  EXPECT_THAT(Spellings(ScenariosFromList("warm, concurrency:1|4,rate:2")),
              ElementsAre("warm", "concurrency:1", "concurrency:4", "rate:2"));
}

TEST(Scenarios, EveryErrorSaysWhatIsWrong) {
  struct Bad {
    const char* text;
    const char* words;
  };
  const Bad bad[] = {
      {"",
       "is empty; known are warm, nonstream, cold, after_restart, connection:new, input_tokens:N, output_tokens:N, "
       "cache:reuse, cache:unique, concurrency:N, rate:R"},
      {"+", "has an empty part"},
      {"cold+", "has an empty part"},
      {"+cold", "has an empty part"},
      {"cold++nonstream", "has an empty part"},
      {"hot", "the scenario 'hot' is not known; known are warm, nonstream"},
      {"Warm", "'Warm' is not known"},
      {" warm", "' warm' is not known"},
      {"cold+hot", "the scenario 'cold+hot' has the part 'hot', which is not known; known are warm"},
      {"\x1B[31m", "'\\x1B[31m' is not known"},
      {"warm:1", "has a value at 'warm', which takes none"},
      {"nonstream:on", "has a value at 'nonstream', which takes none"},
      {"warm+warm", "has 'warm' twice"},
      {"nonstream+nonstream", "has 'nonstream' twice"},
      {"warm+cold", "has 'warm' and 'cold', which exclude each other"},
      {"after_restart+warm", "has 'warm' and 'after_restart', which exclude each other"},
      {"cold|warm", "has a list of values in"},
      {"cache:reuse|unique", "has a list of values in 'cache:reuse|unique'; input_tokens"},
      {"rate|concurrency:4", "has a list of values in"},
      {"nonsense:1|2", "has a list of values in"},
      {"concurrency:1||4", "has an empty value in 'concurrency:1||4'"},
      {"concurrency:|4", "has an empty value"},
      {"concurrency:4|", "has an empty value"},
      {"concurrency:4|4", "lists 4 twice in 'concurrency:4|4'"},
      {"concurrency:1|0", "the scenario 'concurrency:1|0': the scenario part 'concurrency:0'"},
      {"concurrency:1|x", "the scenario 'concurrency:1|x': the scenario part 'concurrency:x'"},
      {"input_tokens:1|concurrency:2", "the scenario"},
      // The grammar of the parts: run's own tests have every neighbour.
      {"cold+after_restart", "the scenario 'cold+after_restart': the scenario part 'after_restart'"},
      {"concurrency:4+concurrency:5", "the scenario"},
      {"concurrency:4+rate:1", "the scenario"},
      {"cold+concurrency:4", "the scenario"},
      {"concurrency:0", "the scenario part 'concurrency:0'"},
      {"concurrency:1025", "the scenario"},
      {"concurrency", "the scenario"},
      {"rate:0", "the scenario"},
      {"rate:nan", "the scenario"},
      {"input_tokens:-1", "the scenario"},
      {"output_tokens:1000001", "the scenario"},
      {"cache:none", "the scenario"},
      {"connection:old", "the scenario"},
  };
  for (const Bad& one : bad) {
    const auto scenarios = ExpandScenario(one.text);
    ASSERT_FALSE(scenarios.ok()) << one.text;
    EXPECT_EQ(scenarios.error().code, base::ErrorCode::kInvalidInput) << one.text;
    EXPECT_THAT(scenarios.error().what, HasSubstr(one.words)) << one.text;
    EXPECT_THAT(scenarios.error().what, Not(HasSubstr("\x1B"))) << one.text;
  }
}

TEST(Scenarios, ASweepIsNotOneScenario) {
  const auto asked = ParseScenario("concurrency:1|4");
  ASSERT_FALSE(asked.ok());
  EXPECT_THAT(asked.error().what, HasSubstr("one scenario was wanted"));
}

TEST(Scenarios, ListsRefuseEmptyPartsAndDoubles) {
  for (const auto& [list, words] : {std::pair{"", "has an empty part; known are warm"},
                                    {",", "has an empty part"},
                                    {"warm,", "has an empty part"},
                                    {"warm, ,cold", "has an empty part"},
                                    {"warm,cold,warm", "the scenario 'warm' is there twice"},
                                    {"concurrency:1|4,nonstream,concurrency:4", "'concurrency:4' is there twice"},
                                    {"cold+nonstream,nonstream+cold", "'nonstream+cold' is there twice"}}) {
    const auto scenarios = ScenariosFromList(list);
    ASSERT_FALSE(scenarios.ok()) << list;
    EXPECT_EQ(scenarios.error().code, base::ErrorCode::kInvalidInput) << list;
    EXPECT_THAT(scenarios.error().what, HasSubstr(words)) << list;
  }
}

// 32 x 32 = 1024 of at most 1000, and 2 x 501 over two entries: an error, and not minutes of work.
TEST(Scenarios, AreNotMoreThanAThousand) {
  std::string many = "1";
  for (int i = 2; i <= 32; ++i) many += "|" + std::to_string(i);
  EXPECT_EQ(ExpandScenario("input_tokens:" + many)->size(), 32U);
  const auto product = ExpandScenario("input_tokens:" + many + "+output_tokens:" + many);
  ASSERT_FALSE(product.ok());
  EXPECT_THAT(product.error().what, HasSubstr("more than 1000 scenarios"));
  for (int i = 33; i <= 501; ++i) many += "|" + std::to_string(i);
  const auto sum = ExpandScenarios({"input_tokens:" + many, "output_tokens:" + many});
  ASSERT_FALSE(sum.ok());
  EXPECT_THAT(sum.error().what, HasSubstr("more than 1000 scenarios"));
}

TEST(Scenarios, ExpandSaysWhichTextIsWrong) {
  std::size_t at = 99;
  EXPECT_FALSE(ExpandScenarios({"warm", "cold", "hot", "nonstream"}, &at).ok());
  EXPECT_EQ(at, 2U);
}

TEST(Scenarios, AreToldFromOtherLanguages) {
  for (const char* text : {"warm", "cold", "cold,warm", " nonstream", "concurrency:4", "concurrency:x", "rate:1|2",
                           "after_restart+nonstream", "cache", "connection:new"}) {
    EXPECT_TRUE(BeginsLikeScenario(text)) << text;
  }
  for (const char* text : {"", "slow_decode=1.5", "crlf,comments", "cold.json", "./cold", "coldest", "rate=4",
                           "{\"cold\":1}", "Cold", ":", "seed=7"}) {
    EXPECT_FALSE(BeginsLikeScenario(text)) << text;
  }
}

}  // namespace
}  // namespace assay::catalogue

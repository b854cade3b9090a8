// SPDX-License-Identifier: MIT
#include "fixtures/run/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/text.h"

namespace assay::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

base::Result<Scenario> Parse(const std::string& parts) {
  Scenario scenario;
  for (const std::string& part : base::Split(parts, '+')) ASSAY_RETURN_IF_ERROR(AddScenarioPart(part, scenario));
  return scenario;
}

TEST(Scenario, TheDefaultHasNoParts) { EXPECT_THAT(ScenarioParts(Scenario{}), IsEmpty()); }

TEST(Scenario, PartsHaveOneOrderAndSpelling) {
  Scenario scenario;
  scenario.start = Start::kCold;
  scenario.new_connection = true;
  scenario.input_tokens = 512;
  scenario.output_tokens = 64;
  scenario.cache = PromptCache::kUnique;
  EXPECT_THAT(ScenarioParts(scenario),
              ElementsAre("cold", "connection:new", "input_tokens:512", "output_tokens:64", "cache:unique"));
  scenario.start = Start::kAfterRestart;
  EXPECT_EQ(ScenarioParts(scenario).front(), "after_restart");
  scenario.start = Start::kWarm;
  scenario.cache = PromptCache::kReuse;
  scenario.concurrency = 8;
  EXPECT_THAT(ScenarioParts(scenario),
              ElementsAre("connection:new", "input_tokens:512", "output_tokens:64", "cache:reuse", "concurrency:8"));
}

TEST(Scenario, PartsInAnyOrderAreTheSameScenario) {
  const base::Result<Scenario> one = Parse("rate:2.5+cache:unique+input_tokens:64");
  ASSERT_TRUE(one.ok()) << one.error().Message();
  EXPECT_EQ(*one, *Parse("input_tokens:64+cache:unique+rate:2.5"));
  EXPECT_THAT(ScenarioParts(*one), ElementsAre("input_tokens:64", "cache:unique", "rate:2.5"));
}

TEST(Scenario, EveryCombinationRoundTrips) {
  int combinations = 0;
  for (const char* start : {"", "cold", "after_restart"}) {
    for (const char* connection : {"", "connection:new"}) {
      for (const char* input : {"", "input_tokens:1", "input_tokens:1000000"}) {
        for (const char* output : {"", "output_tokens:1000000"}) {
          for (const char* cache : {"", "cache:reuse", "cache:unique"}) {
            for (const char* load : {"", "concurrency:1", "concurrency:1024", "rate:0.000001", "rate:100000"}) {
              std::vector<std::string> parts;
              for (const char* part : {start, connection, input, output, cache, load}) {
                if (*part != '\0') parts.emplace_back(part);
              }
              if (*start != '\0' && *load != '\0') continue;
              Scenario scenario;
              for (const std::string& part : parts) ASSERT_TRUE(AddScenarioPart(part, scenario).ok()) << part;
              EXPECT_EQ(ScenarioParts(scenario), parts);
              EXPECT_EQ(scenario.loaded(), *load != '\0');
              ++combinations;
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(combinations, 2 * 3 * 2 * 3 * (5 + 1 + 1));
}

// The shortest digits that are the same number again, and no exponent.
TEST(Scenario, ARateHasOneSpelling) {
  const std::pair<const char*, const char*> rates[] = {
      {"2", "2"},         {"2.0", "2"},   {"0.50", "0.5"},    {"1e5", "100000"},
      {"1e-4", "0.0001"}, {"0.1", "0.1"}, {"12.75", "12.75"}, {"0.30000000000000004", "0.30000000000000004"}};
  for (const auto& [written, spelling] : rates) {
    const base::Result<Scenario> scenario = Parse(std::string("rate:") + written);
    ASSERT_TRUE(scenario.ok()) << scenario.error().Message();
    EXPECT_THAT(ScenarioParts(*scenario), ElementsAre(std::string("rate:") + spelling));
  }
}

TEST(Scenario, RefusesNumbersOutOfRange) {
  for (const char* name : {"input_tokens:", "output_tokens:", "concurrency:", "rate:"}) {
    for (const char* number : {"", "0", "-1", "x", "1x", " 1", "1000001", "nan", "inf", "1:2", "9223372036854775808"}) {
      Scenario scenario;
      const base::Status added = AddScenarioPart(std::string(name) + number, scenario);
      ASSERT_FALSE(added.ok()) << name << number;
      EXPECT_EQ(added.error().code, base::ErrorCode::kInvalidInput);
      EXPECT_THAT(added.error().what, HasSubstr(std::string("'") + name + number + "' should have a "));
      EXPECT_EQ(scenario, Scenario{}) << "a refused part changes nothing";
    }
  }
  EXPECT_THAT(Parse("concurrency:1025").error().what, HasSubstr("from 1 to 1024"));
  EXPECT_THAT(Parse("input_tokens:1.5").error().what, HasSubstr("from 1 to 1000000"));
  EXPECT_THAT(Parse("rate:100000.1").error().what, HasSubstr("from 0.000001 to 100000"));
  EXPECT_FALSE(Parse("rate:1e-7").ok());
}

TEST(Scenario, RefusesWhatIsGivenTwiceOrAtOdds) {
  for (const char* parts : {"cold+cold", "cold+after_restart", "after_restart+cold", "connection:new+connection:new",
                            "input_tokens:1+input_tokens:2", "output_tokens:1+output_tokens:1",
                            "cache:reuse+cache:unique", "cache:unique+cache:unique", "concurrency:2+concurrency:2",
                            "rate:1+rate:1", "concurrency:2+rate:1", "rate:1+concurrency:2", "cold+concurrency:2",
                            "rate:1+cold", "after_restart+rate:1", "concurrency:1+after_restart"}) {
    const base::Result<Scenario> scenario = Parse(parts);
    ASSERT_FALSE(scenario.ok()) << parts;
    EXPECT_EQ(scenario.error().code, base::ErrorCode::kInvalidInput);
    EXPECT_THAT(scenario.error().what, testing::ContainsRegex("leave one out|does not go with")) << parts;
  }
}

TEST(Scenario, AProbeRoundTripsAndStandsAlone) {
  for (const ProbeKind kind : kProbeKinds) {
    const std::string part = "probe:" + std::string(ToString(kind));
    const base::Result<Scenario> scenario = Parse(part);
    ASSERT_TRUE(scenario.ok()) << scenario.error().Message();
    EXPECT_EQ(scenario->probe, kind);
    EXPECT_THAT(ScenarioParts(*scenario), ElementsAre(part));
    EXPECT_FALSE(scenario->loaded());
    for (const char* other : {"cold", "after_restart", "connection:new", "input_tokens:8", "output_tokens:8",
                              "cache:unique", "concurrency:4", "rate:1", "probe:cache"}) {
      EXPECT_THAT(Parse(part + "+" + other).error().what, HasSubstr("stands alone")) << part << other;
      EXPECT_THAT(Parse(other + ("+" + part)).error().what, HasSubstr("stands alone")) << other << part;
    }
  }
  EXPECT_THAT(Parse("probe:speed").error().what, HasSubstr("one of these probes: temperature, seed"));
  EXPECT_FALSE(Parse("probe:").ok());
  EXPECT_THAT(Parse("probe").error().what, HasSubstr("is not known"));
}

TEST(Scenario, RefusesWhatItDoesNotKnowAndSaysWhatItKnows) {
  for (const char* part : {"", "warm", "nonstream", "Cold", "cold:", "cold:1", "concurrency", "rate", "connection",
                           "connection:old", "connection:", "cache", "cache:", "cache:Unique", "unique", " cold"}) {
    Scenario scenario;
    const base::Status added = AddScenarioPart(part, scenario);
    ASSERT_FALSE(added.ok()) << part;
    EXPECT_EQ(added.error().code, base::ErrorCode::kInvalidInput);
  }
  EXPECT_THAT(Parse("freezing").error().what, HasSubstr("known here: cold, after_restart, connection:new"));
  EXPECT_THAT(Parse("\x1b[2J").error().what, HasSubstr("'\\x1B[2J' is not known"));
}

}  // namespace
}  // namespace assay::run

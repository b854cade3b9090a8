// SPDX-License-Identifier: MIT
#include "fixtures/run/case_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::run {
namespace {

using ::testing::HasSubstr;

TEST(CaseId, HasTheDocumentedForm) {
  EXPECT_EQ(BuildCaseId({"ember-mini-generic-cpu:1", "rag-briefly", true, 128}),
            "chat/ember-mini-generic-cpu:1/rag-briefly/stream:on/max_tokens:128");
  EXPECT_EQ(BuildCaseId({"Phi-4-mini-instruct-cuda-gpu:4", "short", false, 1}),
            "chat/Phi-4-mini-instruct-cuda-gpu:4/short/stream:off/max_tokens:1");
}

// Percent encoding of the UTF-8 bytes, counted by hand: é = C3 A9.
TEST(CaseId, EscapesWhatIsNotPlain) {
  EXPECT_EQ(BuildCaseId({"org/m odel%2F", "é", true, 7}), "chat/org%2Fm%20odel%252F/%C3%A9/stream:on/max_tokens:7");
}

TEST(CaseId, RoundTrips) {
  const std::string names[] = {"a",
                               "a/b",
                               "/",
                               "//",
                               "%",
                               "%2F",
                               "%%",
                               "a:b@c+d-e_f.g",
                               "ünï→🙂",
                               " ",
                               "stream:on",
                               "..",
                               std::string("nul\0in", 6),
                               "\n\t\x7f",
                               "\xFF\xFE",
                               "max_tokens:1",
                               "chat"};
  for (const std::string& model : names) {
    for (const std::string& prompt : names) {
      for (const std::int64_t max_tokens : {std::int64_t{1}, std::int64_t{9223372036854775807}}) {
        const CaseId id{model, prompt, max_tokens == 1, max_tokens};
        const base::Result<CaseId> parsed = ParseCaseId(BuildCaseId(id));
        ASSERT_TRUE(parsed.ok()) << parsed.error().Message();
        EXPECT_EQ(*parsed, id);
      }
    }
  }
}

TEST(CaseId, DifferentCasesHaveDifferentIds) {
  EXPECT_NE(BuildCaseId({"a/b", "c", true, 1}), BuildCaseId({"a", "b/c", true, 1}));
  EXPECT_NE(BuildCaseId({"a%2Fb", "c", true, 1}), BuildCaseId({"a/b", "c", true, 1}));
}

CaseId Of(const Scenario& scenario) { return {"m", "p", true, 8, scenario}; }

TEST(CaseId, EndsWithThePartsOfItsScenario) {
  Scenario scenario;
  scenario.concurrency = 4;
  EXPECT_EQ(BuildCaseId(Of(scenario)), "chat/m/p/stream:on/max_tokens:8/concurrency:4");
  scenario.output_tokens = 8;
  scenario.input_tokens = 512;
  scenario.concurrency.reset();
  scenario.rate_per_s = 2.5;
  EXPECT_EQ(BuildCaseId(Of(scenario)), "chat/m/p/stream:on/max_tokens:8/input_tokens:512/output_tokens:8/rate:2.5");
}

TEST(CaseId, RoundTripsScenarios) {
  int scenarios = 0;
  for (const Start start : {Start::kWarm, Start::kCold, Start::kAfterRestart}) {
    for (const PromptCache cache : {PromptCache::kUndeclared, PromptCache::kReuse, PromptCache::kUnique}) {
      for (const bool sized : {false, true}) {
        for (const double rate : {0.0, 0.1, 1.0 / 3, 7.0, 99999.5}) {
          Scenario scenario;
          scenario.start = rate > 0 ? Start::kWarm : start;
          scenario.cache = cache;
          scenario.new_connection = sized;
          if (sized) scenario.output_tokens = 8;
          if (rate > 0) scenario.rate_per_s = rate;
          const base::Result<CaseId> parsed = ParseCaseId(BuildCaseId(Of(scenario)));
          ASSERT_TRUE(parsed.ok()) << parsed.error().Message();
          EXPECT_EQ(*parsed, Of(scenario));
          ++scenarios;
        }
      }
    }
  }
  EXPECT_EQ(scenarios, 90);
}

// One case, one id: what a person may write in prompts.json is not what a file may hold.
TEST(CaseId, RefusesAnotherSpellingOfAScenario) {
  const std::string plain = "chat/m/p/stream:on/max_tokens:8";
  ASSERT_TRUE(ParseCaseId(plain).ok());
  for (const char* parts : {"/", "/warm", "/cold/", "//cold", "/Cold", "/cold/cold", "/cold/concurrency:2",
                            "/concurrency:0", "/concurrency:04", "/concurrency:4/cache:unique", "/connection:new/cold",
                            "/rate:2.0", "/rate:1e2", "/rate:02", "/rate:+2", "/output_tokens:9",
                            "/rate:2/concurrency:2", "/cache:unique/input_tokens:3", "/cold+cache:unique"}) {
    const base::Result<CaseId> parsed = ParseCaseId(plain + parts);
    ASSERT_FALSE(parsed.ok()) << parts;
    EXPECT_EQ(parsed.error().code, base::ErrorCode::kInvalidInput);
    EXPECT_THAT(parsed.error().what, HasSubstr("is no case id"));
  }
  EXPECT_THAT(ParseCaseId(plain + "/hot").error().what, HasSubstr("'hot' is not known"));
  EXPECT_THAT(ParseCaseId(plain + "/output_tokens:9").error().what, HasSubstr("output_tokens is not max_tokens"));
}

// Each differs from a good id in one place; one case has one spelling.
TEST(CaseId, RefusesEveryMalformedNeighbour) {
  const char* bad[] = {"",
                       "chat",
                       "chat/m/p/stream:on",
                       "chat/m/p/stream:on/max_tokens:8/",
                       "chat/m/p/stream:on/max_tokens:8/x:1",
                       "/chat/m/p/stream:on/max_tokens:8",
                       "Chat/m/p/stream:on/max_tokens:8",
                       "talk/m/p/stream:on/max_tokens:8",
                       "chat//p/stream:on/max_tokens:8",
                       "chat/m//stream:on/max_tokens:8",
                       "chat/m/p/stream:yes/max_tokens:8",
                       "chat/m/p/stream:ON/max_tokens:8",
                       "chat/m/p/stream:/max_tokens:8",
                       "chat/m/p/max_tokens:8/stream:on",
                       "chat/m/p/stream:on/max_tokens:",
                       "chat/m/p/stream:on/max_tokens:0",
                       "chat/m/p/stream:on/max_tokens:-8",
                       "chat/m/p/stream:on/max_tokens:+8",
                       "chat/m/p/stream:on/max_tokens:08",
                       "chat/m/p/stream:on/max_tokens: 8",
                       "chat/m/p/stream:on/max_tokens:8.0",
                       "chat/m/p/stream:on/max_tokens:8x",
                       "chat/m/p/stream:on/max_tokens:9223372036854775808",
                       "chat/m/p/stream:on/max_tokens=8",
                       "chat/m%/p/stream:on/max_tokens:8",
                       "chat/m%2/p/stream:on/max_tokens:8",
                       "chat/m%2f/p/stream:on/max_tokens:8",  // lower case
                       "chat/m%41/p/stream:on/max_tokens:8",  // 'A' needs no escape
                       "chat/m%G0/p/stream:on/max_tokens:8",
                       "chat/m n/p/stream:on/max_tokens:8",
                       "chat/é/p/stream:on/max_tokens:8",
                       " chat/m/p/stream:on/max_tokens:8",
                       "chat/m/p/stream:on/max_tokens:8\n"};
  for (const char* text : bad) {
    const base::Result<CaseId> parsed = ParseCaseId(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, base::ErrorCode::kInvalidInput);
    EXPECT_THAT(parsed.error().what, HasSubstr("chat/<model>/<prompt>/stream:on|off/max_tokens:N"));
  }
}

TEST(CaseId, MessageNamesThePartThatDoesNotFit) {
  EXPECT_THAT(ParseCaseId("chat/m/p").error().what, HasSubstr("3 parts instead of 5"));
  EXPECT_THAT(ParseCaseId("chat/%/p/stream:on/max_tokens:8").error().what, HasSubstr("the model"));
  EXPECT_THAT(ParseCaseId("chat/m/%/stream:on/max_tokens:8").error().what, HasSubstr("the prompt"));
  EXPECT_THAT(ParseCaseId("chat/m/p/stream:1/max_tokens:8").error().what, HasSubstr("stream"));
  EXPECT_THAT(ParseCaseId("chat/m/p/stream:on/max_tokens:x").error().what, HasSubstr("max_tokens"));
}

}  // namespace
}  // namespace assay::run

// SPDX-License-Identifier: MIT
#include "fixtures/quality/expectations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fixtures/base/files.h"
#include "fixtures/quality/language.h"

namespace assay::quality {
namespace {

using ::testing::HasSubstr;

base::Result<Expectations> Read(const std::string& text) {
  const base::Result<run::Json> json = run::ParseJson(text, "prompts.json");
  EXPECT_TRUE(json.ok()) << text;
  return Expectations::Parse(json.ok() ? *json : run::Json(), "prompts.json", "$.prompts[0].expect");
}

run::AnswerFacts Evaluate(const std::string& expect, const std::string& answer) {
  const base::Result<Expectations> read = Read(expect);
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().Message());
  return read.ok() ? read->Evaluate(answer) : run::AnswerFacts();
}

std::string Refusal(const std::string& expect) {
  const base::Result<Expectations> read = Read(expect);
  return read.ok() ? "" : read.error().Message();
}

TEST(Expectations, ScoreIsTheMeanOfTheChecks) {
  // By hand: contains[0] met, contains[1] not, max_words met, facets 1 of 2 -> (1 + 0 + 1 + 0.5) / 4.
  const run::AnswerFacts facts = Evaluate(
      R"({"contains":["Paris","Seine"],"max_words":5,"facets":{"city":["paris"],"country":["France","French"]}})",
      "Paris it is.");
  EXPECT_DOUBLE_EQ(facts.score.value_or(-1), 0.625);
  ASSERT_EQ(facts.checks.size(), 5U);
  EXPECT_EQ(facts.checks[0].name, "contains[0]");
  EXPECT_EQ(facts.checks[0].score, 1);
  EXPECT_EQ(facts.checks[0].detail, "");
  EXPECT_EQ(facts.checks[1].detail, "'Seine' is not in it");
  EXPECT_EQ(facts.checks[2].name, "max_words");
  EXPECT_EQ(facts.checks[3].name, "facets.city");
  EXPECT_EQ(facts.checks[4].score, 0);
  EXPECT_EQ(facts.checks[4].detail, "mentions none of 'France', 'French'");
}

TEST(Expectations, NothingExpectedIsNoScore) {
  const base::Result<Expectations> none = Expectations::Parse(run::Json(), "prompts.json", "$");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
  const run::AnswerFacts facts = none->Evaluate("Zwei W\u00F6rter");
  EXPECT_EQ(facts.score, std::nullopt);
  EXPECT_EQ(facts.words, 2);
  EXPECT_EQ(facts.characters, 11);
  EXPECT_FALSE(facts.refusal);
}

TEST(Expectations, EachKindIsMetAndMissed) {
  const auto score = [](const char* expect, const char* answer) { return Evaluate(expect, answer).score.value_or(-1); };
  EXPECT_EQ(score(R"({"contains":"Paris"})", "paris"), 0);  // as written
  EXPECT_EQ(score(R"({"matches":"(?i)\\bparis\\b"})", "It is PARIS."), 1);
  EXPECT_EQ(score(R"({"matches":["a","b"]})", "a"), 0.5);
  EXPECT_EQ(score(R"({"json_schema":{"type":"array"}})", "[1]"), 1);
  EXPECT_EQ(score(R"({"json_schema":{"type":"array"}})", "1"), 0);
  EXPECT_EQ(score(R"({"max_words":2})", "one two"), 1);
  EXPECT_EQ(score(R"({"max_words":2})", "one two three"), 0);
  EXPECT_EQ(score(R"({"equals_number":42})", "17 + 25 = 42"), 1);
  EXPECT_EQ(score(R"({"equals_number":42})", "43"), 0);
  EXPECT_EQ(score(R"({"equals_number":{"value":3.14,"tolerance":0.01}})", "about 3.145"), 1);
  EXPECT_EQ(score(R"({"equals_number":{"value":3.14,"tolerance":0.01}})", "about 3.2"), 0);
  EXPECT_EQ(score(R"({"language":"de"})", "Das ist nicht der Hund, und er hat auch keine Katze."), 1);
  EXPECT_EQ(score(R"({"language":"de"})", "This is not the dog, and he has no cat with him."), 0);
  EXPECT_EQ(score(R"({"language":"de"})", "Paris"), -1);  // too little to tell: no check, no score
}

TEST(Expectations, RefusalIsAFactNotACheck) {
  EXPECT_TRUE(Evaluate(R"({"max_words":50})", "I'm sorry, but I can't help with that.").refusal);
}

TEST(Expectations, MistakesNameTheirPath) {
  EXPECT_THAT(Refusal(R"({"contain":"x"})"), HasSubstr("$.prompts[0].expect"));
  EXPECT_THAT(Refusal(R"({"contain":"x"})"), HasSubstr("contain"));
  EXPECT_THAT(Refusal(R"({"matches":["a","(b"]})"), HasSubstr("matches[1]"));
  EXPECT_THAT(Refusal(R"({"matches":"(a)\\1"})"), HasSubstr("there are no back references"));
  EXPECT_THAT(Refusal(R"({"json_schema":{"typo":1}})"), HasSubstr("json_schema"));
  EXPECT_THAT(Refusal(R"({"language":"xx"})"), HasSubstr("is none of ar, cs"));
  for (const char* expect :
       {"{}", "[]", "\"x\"", R"({"contains":[]})", R"({"contains":""})", R"({"contains":[1]})", R"({"max_words":0})",
        R"({"max_words":"5"})", R"({"equals_number":"42"})", R"({"equals_number":{}})",
        R"({"equals_number":{"value":1,"tolerance":-1}})", R"({"facets":{}})", R"({"facets":["a"]})",
        R"({"facets":{"a b":["x"]}})", R"({"facets":{"a":[]}})"}) {
    EXPECT_NE(Refusal(expect), "") << expect;
  }
}

// Every "expect" on the page is one, and the page names every key and language.
TEST(Expectations, ThePageIsRight) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_CATALOGUE_PAGE);
  ASSERT_TRUE(page.ok());
  std::size_t expectations = 0;
  for (std::size_t at = page->find("```json\n"); at != std::string::npos; at = page->find("```json\n", at)) {
    at += 8;
    const base::Result<run::Json> json = run::ParseJson(page->substr(at, page->find("```", at) - at), "page");
    ASSERT_TRUE(json.ok()) << json.error().Message();
    const run::Json* prompts = json->Find("prompts");
    if (prompts == nullptr) continue;
    for (const run::Json& prompt : *prompts->as_array()) {
      const run::Json* expect = prompt.Find("expect");
      if (expect == nullptr) continue;
      ++expectations;
      const base::Result<Expectations> read = Expectations::Parse(*expect, "page", "$");
      EXPECT_TRUE(read.ok()) << read.error().Message();
    }
  }
  EXPECT_GE(expectations, 2U);
  EXPECT_THAT(*page, HasSubstr("(ISO 639-1: " + KnownLanguages() + ")"));
  for (const char* key : {"contains", "matches", "json_schema", "max_words", "equals_number", "facets", "language"}) {
    EXPECT_THAT(*page, HasSubstr("| `" + std::string(key) + "` |"));
  }
}

TEST(Expectations, HostileAnswersAreBoundedAndNeverRepeated) {
  const std::string everything =
      R"({"contains":"x","matches":"^(a+)+$","json_schema":{"type":"object"},"max_words":3,"equals_number":1,
          "facets":{"f":["y"]},"language":"en"})";
  const std::string secret = "<script>alert(1)</script>";
  for (const std::string& answer :
       {secret, std::string(1'000'000, 'a') + "!" + secret, std::string(500'000, '{') + secret,
        std::string("\0\x1b[31m::error::", 15) + secret, "]]>" + secret + "\xFF\xFE", std::string(1'000'000, '\0')}) {
    const run::AnswerFacts facts = Evaluate(everything, answer);
    ASSERT_TRUE(facts.score.has_value());
    EXPECT_GE(*facts.score, 0);
    EXPECT_LE(*facts.score, 1);
    for (const run::AnswerCheck& check : facts.checks) EXPECT_EQ(check.detail.find("script"), std::string::npos);
  }
}

TEST(Expectations, AFacetIsMentionedAsAWordOfItsOwn) {
  const auto met = [](const std::string& mention, const std::string& answer) {
    return Evaluate(R"({"facets":{"x":")" + mention + R"("}})", answer).score == 1;
  };
  EXPECT_TRUE(met("no", "No, never."));
  EXPECT_FALSE(met("no", "Yes, I know it is 15."));
  EXPECT_FALSE(met("5", "It is 15 or 55."));
  EXPECT_TRUE(met("5", "15, or (5)."));
  EXPECT_FALSE(met("Paris", "The parisienne"));
  EXPECT_TRUE(met("Paris", "know paris-based"));
  EXPECT_TRUE(met("\u4eac", "\u5317\u4eac\u5e02"));  // no blanks part Chinese words
  EXPECT_TRUE(met("C++", "I like C++!"));
}

}  // namespace
}  // namespace assay::quality

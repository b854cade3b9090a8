// SPDX-License-Identifier: MIT
#include "fixtures/catalogue/prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"

namespace assay::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

base::Result<std::vector<Prompt>> Parse(std::string_view text) {
  const base::Result<run::Json> json = run::ParseJson(text, "prompts.json");
  if (!json.ok()) return json.error();
  return ParsePrompts(*json, "prompts.json");
}

std::string File(const std::string& entries) { return R"({"schema_version":1,"prompts":[)" + entries + "]}"; }

// One prompt whose `key` is `value`; "" leaves the key out.
std::string With(const std::string& key, const std::string& value) {
  std::vector<std::pair<std::string, std::string>> members = {
      {"id", R"("p")"}, {"max_tokens", "8"}, {"messages", R"([{"role":"user","content":"Hi"}])"}};
  bool known = false;
  for (auto& [name, text] : members) {
    if (name != key) continue;
    known = true;
    text = value;
  }
  if (!known) members.emplace_back(key, value);
  std::string entry;
  for (const auto& [name, text] : members) {
    if (!text.empty()) entry += (entry.empty() ? "" : ",") + ("\"" + name + "\":" + text);
  }
  return File("{" + entry + "}");
}

TEST(Prompts, ReadsEveryField) {
  const auto prompts =
      Parse(File(R"({"id":"a.b_c-1","max_tokens":40,"tags":["short","x"],"messages":[{"role":"system","content":"S"},)"
                 R"({"role":"user","content":"Grüße 🙂"},{"role":"assistant","content":"A"}]},)"
                 R"({"id":"b","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]})"));
  ASSERT_TRUE(prompts.ok()) << prompts.error().Message();
  ASSERT_EQ(prompts->size(), 2U);
  const Prompt& prompt = prompts->front();
  EXPECT_EQ(prompt.id, "a.b_c-1");
  EXPECT_EQ(prompt.max_tokens, 40);
  EXPECT_THAT(prompt.tags, ElementsAre("short", "x"));
  ASSERT_EQ(prompt.messages.size(), 3U);
  EXPECT_EQ(prompt.messages[1].role, "user");
  EXPECT_EQ(prompt.messages[1].content, "Grüße 🙂");
}

// Issue 2: the workshop's prompts plus short, long-input, long-output, code and multilingual ones.
TEST(Prompts, ReadsTheSuitesOwnFile) {
  const auto prompts = ReadPrompts(std::filesystem::path(ASSAY_SUITE_DIR) / "prompts.json");
  ASSERT_TRUE(prompts.ok()) << prompts.error().Message();
  std::set<std::string> tags;
  std::set<std::string> texts;
  for (const Prompt& prompt : *prompts) {
    tags.insert(prompt.tags.begin(), prompt.tags.end());
    texts.insert(prompt.messages.back().content);
  }
  for (const char* tag : {"workshop", "short", "long-input", "long-output", "code", "multilingual"}) {
    EXPECT_TRUE(tags.contains(tag)) << tag;
  }
  // foundry-facts 6.1, word for word.
  for (const char* text :
       {"Explain the principle of retrieval augmented generation in 2 sentences.",
        "List 3 privacy benefits of local inference.", "Summarize why model size impacts latency on consumer hardware.",
        "Provide two scenarios where an SLM is preferable to an LLM.", "Explain when to choose an SLM over an LLM."}) {
    EXPECT_TRUE(texts.contains(text)) << text;
  }
}

TEST(Prompts, RefusesMalformedNeighboursWithPathAndKey) {
  struct Bad {
    std::string text;
    const char* path;
    const char* words;
  };
  const auto messages = [](const std::string& one) { return With("messages", "[" + one + "]"); };
  const Bad bad[] = {
      {"7", "$", "should be an object"},
      {R"({"schema_version":3,"prompts":[]})", "$.schema_version", "found 3"},
      {R"({"schema_version":1,"prompt":[]})", "$", "'prompts' is missing"},
      {File(""), "$.prompts", "is empty"},
      {File("null"), "$.prompts[0]", "found null"},
      {With("id", ""), "$.prompts[0]", "'id' is missing"},
      {With("id", R"("")"), "$.prompts[0].id", "should be made of"},
      {With("id", R"("A")"), "$.prompts[0].id", "should be made of"},
      {With("id", R"("a/b")"), "$.prompts[0].id", "should be made of"},
      {With("id", R"("a b")"), "$.prompts[0].id", "should be made of"},
      {With("id", R"("ä")"), "$.prompts[0].id", "should be made of"},
      {With("id", "null"), "$.prompts[0].id", "found null"},
      {With("max_tokens", ""), "$.prompts[0]", "'max_tokens' is missing"},
      {With("max_tokens", "0"), "$.prompts[0].max_tokens", "between 1 and"},
      {With("max_tokens", "-1"), "$.prompts[0].max_tokens", "between 1 and"},
      {With("max_tokens", "1000001"), "$.prompts[0].max_tokens", "between 1 and"},
      {With("max_tokens", "\"8\""), "$.prompts[0].max_tokens", "a whole number"},
      {With("max_tokens", "null"), "$.prompts[0].max_tokens", "found null"},
      {With("tags", "\"a\""), "$.prompts[0].tags", "an array of strings"},
      {With("messages", ""), "$.prompts[0]", "'messages' is missing"},
      {With("messages", "[]"), "$.prompts[0].messages", "is empty"},
      {With("messages", "\"Hi\""), "$.prompts[0].messages", "should be an array"},
      {messages("\"Hi\""), "$.prompts[0].messages[0]", "should be an object"},
      {messages(R"({"role":"user"})"), "$.prompts[0].messages[0]", "'content' is missing"},
      {messages(R"({"role":"user","content":""})"), "$.prompts[0].messages[0].content", "is empty"},
      {messages(R"({"role":"user","content":[]})"), "$.prompts[0].messages[0].content", "should be a string"},
      {messages(R"({"role":"user","content":null})"), "$.prompts[0].messages[0].content", "found null"},
      {messages(R"({"content":"Hi"})"), "$.prompts[0].messages[0]", "'role' is missing"},
      {messages(R"({"role":"User","content":"Hi"})"), "$.prompts[0].messages[0].role",
       "none of system, user, assistant"},
      {messages(R"({"role":"user","content":"Hi","name":"x"})"), "$.prompts[0].messages[0]", "unknown key 'name'"},
      {With("scenarios", "\"warm\""), "$.prompts[0].scenarios", "an array of strings, found a string"},
      {With("scenarios", "null"), "$.prompts[0].scenarios", "an array of strings, found null"},
      {With("scenarios", "{}"), "$.prompts[0].scenarios", "an array of strings, found an object"},
      {With("scenarios", "[]"), "$.prompts[0].scenarios", "is empty: list at least one, e.g. warm"},
      {With("scenarios", "[\"warm\",4]"), "$.prompts[0].scenarios", "should hold strings only, found a number"},
      {With("scenarios", "[\"warm\",\"hot\"]"), "$.prompts[0].scenarios[1]",
       "the scenario 'hot' is not known; known are warm, nonstream"},
      {With("scenarios", "[\"\"]"), "$.prompts[0].scenarios[0]", "is empty; known are warm"},
      {With("scenarios", "[\"warm,cold\"]"), "$.prompts[0].scenarios[0]", "'warm,cold' is not known"},
      {With("scenarios", "[\"warm\",\"warm\"]"), "$.prompts[0].scenarios[1]", "'warm' is there twice"},
      {R"({"schema_version":1,"scenarios":["cold+rate:1"],"prompts":[{"id":"p","max_tokens":8,)"
       R"("messages":[{"role":"user","content":"Hi"}]}]})",
       "$.scenarios[0]", "the scenario 'cold+rate:1'"},
      {R"({"schema_version":1,"scenarios":[],"prompts":[{"id":"p","max_tokens":8,)"
       R"("messages":[{"role":"user","content":"Hi"}]}]})",
       "$.scenarios", "is empty"},
      {With("temperature", "0"), "$.prompts[0]",
       "unknown key 'temperature'; known here: expect, id, max_tokens, messages, scenarios, scrub, store, tags"},
      {File(R"({"id":"p","max_tokens":8,"messages":[{"role":"user","content":"Hi"}]},)"
            R"({"id":"p","max_tokens":9,"messages":[{"role":"user","content":"Ho"}]})"),
       "$.prompts[1]", "'p' is used twice"}};
  for (const Bad& one : bad) {
    const auto prompts = Parse(one.text);
    ASSERT_FALSE(prompts.ok()) << one.text;
    EXPECT_EQ(prompts.error().code, base::ErrorCode::kInvalidInput) << one.text;
    EXPECT_THAT(prompts.error().what, HasSubstr(one.path)) << one.text;
    EXPECT_THAT(prompts.error().what, HasSubstr(one.words)) << one.text;
    EXPECT_EQ(prompts.error().where, "prompts.json");
  }
}

std::vector<std::string> Spellings(const Prompt& prompt) {
  std::vector<std::string> texts;
  for (const AskedScenario& asked : prompt.scenarios) texts.push_back(Spelling(asked));
  return texts;
}

TEST(Prompts, APromptsOwnScenariosBeatTheFiles) {
  const auto prompts = Parse(
      R"({"schema_version":1,"scenarios":["cold","concurrency:1|4"],"prompts":[)"
      R"({"id":"a","max_tokens":8,"messages":[{"role":"user","content":"Hi"}]},)"
      R"({"id":"b","max_tokens":8,"messages":[{"role":"user","content":"Hi"}],"scenarios":["nonstream","warm"]}]})");
  ASSERT_TRUE(prompts.ok()) << prompts.error().Message();
  EXPECT_THAT(Spellings((*prompts)[0]), ElementsAre("cold", "concurrency:1", "concurrency:4"));
  EXPECT_THAT(Spellings((*prompts)[1]), ElementsAre("nonstream", "warm"));
}

TEST(Prompts, StoreAndScrubOfAPromptBeatTheFiles) {
  const auto prompts = Parse(R"({"schema_version":1,"store":"hash","scrub":["dates"],"prompts":[)"
                             R"({"id":"a","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]},)"
                             R"({"id":"b","max_tokens":1,"store":"text","scrub":[],)"
                             R"("messages":[{"role":"user","content":"Hi"}],"expect":{"max_words":3}}]})");
  ASSERT_TRUE(prompts.ok()) << prompts.error().Message();
  EXPECT_TRUE(prompts->at(0).store_hash);
  EXPECT_THAT(prompts->at(0).scrub, ElementsAre("dates"));
  EXPECT_TRUE(prompts->at(0).expect.is_null());
  EXPECT_FALSE(prompts->at(1).store_hash);
  EXPECT_THAT(prompts->at(1).scrub, IsEmpty());
  EXPECT_NE(prompts->at(1).expect.Find("max_words"), nullptr);
}

TEST(Prompts, StoreAndScrubAreKnownWords) {
  const auto what = [](const std::string& key, const std::string& value) {
    const auto prompts = Parse(With(key, value));
    EXPECT_FALSE(prompts.ok()) << value;
    return prompts.ok() ? std::string() : prompts.error().what;
  };
  EXPECT_THAT(what("store", R"("hashes")"), HasSubstr("$.prompts[0].store: should be \"text\" or \"hash\""));
  EXPECT_THAT(what("scrub", R"(["dates","date"])"), HasSubstr("$.prompts[0].scrub[1]: there is no scrubber 'date'"));
  EXPECT_THAT(what("store", "null"), HasSubstr("$.prompts[0].store: is null"));
  EXPECT_THAT(what("scrub", R"("dates")"), HasSubstr("$.prompts[0].scrub"));
  EXPECT_THAT(what("expect", "[]"), HasSubstr("$.prompts[0].expect: should be an object"));
}

TEST(Prompts, NoScenariosAreNone) {
  const auto prompts = Parse(With("tags", R"(["a"])"));
  ASSERT_TRUE(prompts.ok()) << prompts.error().Message();
  EXPECT_THAT(Spellings(prompts->front()), IsEmpty());
}

// The second example of catalogue_format.md, word for word; counted there: 3 of the sweep and 5 others.
TEST(Prompts, ReadsTheExampleOfTheFormatPage) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_CATALOGUE_PAGE);
  ASSERT_TRUE(page.ok()) << page.error().Message();
  const std::size_t begin = page->find("```json\n", page->find("## prompts.json")) + 8;
  const auto prompts = Parse(page->substr(begin, page->find("```", begin) - begin));
  ASSERT_TRUE(prompts.ok()) << prompts.error().Message();
  ASSERT_EQ(prompts->size(), 2U);
  EXPECT_THAT(Spellings((*prompts)[0]), ElementsAre("warm", "cold"));
  EXPECT_THAT(Spellings((*prompts)[1]),
              ElementsAre("warm", "nonstream", "input_tokens:256", "input_tokens:1024", "input_tokens:4096",
                          "cache:unique+concurrency:1", "cache:unique+concurrency:4", "rate:0.5"));
}

TEST(Prompts, TheFormatPageNamesEveryKeyAndPart) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_CATALOGUE_PAGE);
  ASSERT_TRUE(page.ok()) << page.error().Message();
  // The reader's own lists of what it knows.
  const auto known = [](const std::string& what, const std::string& words) {
    const std::size_t at = what.find(words);
    EXPECT_NE(at, std::string::npos) << what;
    return base::Split(what.substr(at + words.size()), ',');
  };
  const std::vector<std::string> keys = known(Parse(With("no_such_key", "1")).error().what, "known here: ");
  EXPECT_EQ(keys.size(), 8U);
  for (const std::string& key : keys) {
    const std::string name = "`prompts[]." + std::string(base::Trim(key));
    EXPECT_TRUE(page->find(name + "`") != std::string::npos || page->find(name + "[]`") != std::string::npos) << name;
  }
  const std::vector<std::string> parts = known(ParseScenario("no_such_part").error().what, "known are ");
  EXPECT_EQ(parts.size(), 12U);
  for (const std::string& part : parts) {
    EXPECT_THAT(*page, HasSubstr("\n| `" + std::string(base::Trim(part)) + "` | "));
  }
}

TEST(Prompts, FromTextIsOneUserMessage) {
  const Prompt prompt = PromptFromText("prompt", "Hello", 120);
  EXPECT_EQ(prompt.id, "prompt");
  EXPECT_EQ(prompt.max_tokens, 120);
  ASSERT_EQ(prompt.messages.size(), 1U);
  EXPECT_EQ(prompt.messages[0].role, "user");
  EXPECT_EQ(prompt.messages[0].content, "Hello");
}

}  // namespace
}  // namespace assay::catalogue

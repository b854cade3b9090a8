// SPDX-License-Identifier: MIT
#include "fixtures/catalogue/prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace assay::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
      {With("temperature", "0"), "$.prompts[0]",
       "unknown key 'temperature'; known here: id, max_tokens, messages, tags"},
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

// SPDX-License-Identifier: MIT
// Words in front of a question. Their bytes are part of fingerprints, so they are pinned here.
#include "fixtures/catalogue/variations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "fixtures/base/text.h"
#include "fixtures/embedded/tokenizer.h"

namespace assay::catalogue {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

run::Json Request(const std::string& messages) {
  return *run::ParseJson(R"({"max_tokens":8,"messages":[)" + messages + R"(],"seed":7})", "");
}

run::Json Question() { return Request(R"({"content":"Be short.","role":"system"},{"content":"Why?","role":"user"})"); }

std::string Content(const run::Json& request, std::size_t index) {
  return *request.Find("messages")->as_array()->at(index).Find("content")->as_string();
}

std::size_t Tokens(const std::string& text) {
  return embedded::Tokenizer(embedded::EmberVocabulary()).Encode(text).size();
}

// x = x * 6364136223846793005 + 1442695040888963407 (mod 2^64) from 1 on, the top byte of each chooses a word: worked
// out apart from this code, in Python.
TEST(WithFiller, HasExactlyTheseBytes) {
  const run::Json changed = WithFiller(Question(), 8);
  EXPECT_EQ(Content(changed, 1), "Context: memory new best ship means cold hard cloud\n\nWhy?");
  EXPECT_EQ(run::WriteJson(WithFiller(Question(), 1), run::JsonStyle::kCompact),
            R"({"max_tokens":8,"messages":[{"content":"Be short.","role":"system"},)"
            R"({"content":"Context: memory\n\nWhy?","role":"user"}],"seed":7})");
}

TEST(WithFiller, NoWordsAreTheRequestAsItIs) { EXPECT_EQ(WithFiller(Question(), 0), Question()); }

TEST(WithFiller, GoesInFrontOfTheFirstMessageOfTheUser) {
  const run::Json turns = Request(R"({"content":"S","role":"system"},{"content":"A","role":"user"},)"
                                  R"({"content":"B","role":"assistant"},{"content":"C","role":"user"})");
  const run::Json changed = WithFiller(turns, 2);
  EXPECT_EQ(Content(changed, 0), "S");
  EXPECT_EQ(Content(changed, 1), "Context: memory new\n\nA");
  EXPECT_EQ(Content(changed, 2), "B");
  EXPECT_EQ(Content(changed, 3), "C");
  const run::Json system_only = WithFiller(Request(R"({"content":"S","role":"system"})"), 1);
  EXPECT_EQ(Content(system_only, 0), "Context: memory\n\nS");
}

// What a session relies on when it looks for the number of words: a longer filler only adds to a shorter one.
TEST(WithFiller, MoreWordsBeginLikeFewer) {
  const std::string few = Content(WithFiller(Question(), 100), 1);
  EXPECT_THAT(Content(WithFiller(Question(), 101), 1), StartsWith(few.substr(0, few.find('\n')) + " "));
}

TEST(WithFiller, DoesNotRepeatItself) {
  const std::string text = Content(WithFiller(Question(), 5000), 1);
  const std::vector<std::string> words = base::Split(text.substr(9, text.find('\n') - 9), ' ');
  ASSERT_EQ(words.size(), 5000U);
  std::set<std::string> distinct(words.begin(), words.end());
  EXPECT_EQ(distinct.size(), 256U);
  std::set<std::string> triples;
  for (std::size_t i = 0; i + 3 <= words.size(); ++i) {
    EXPECT_NE(words[i], words[i + 1]) << i;
    triples.insert(words[i] + " " + words[i + 1] + " " + words[i + 2]);
  }
  EXPECT_GE(triples.size(), 4990U);  // of 4998: 256^3 possible ones, so a pair that is the same is rare
}

// Every word is one token to the embedded models: N words are N tokens more, exactly.
TEST(WithFiller, AWordIsAToken) {
  const std::size_t one = Tokens(Content(WithFiller(Question(), 1), 1));
  EXPECT_EQ(Tokens(Content(WithFiller(Question(), 2), 1)), one + 1);
  EXPECT_EQ(Tokens(Content(WithFiller(Question(), 3001), 1)), one + 3000);
}

// The words that the first eight bytes of SHA-256("1") and SHA-256("w1") choose, worked out in Python.
TEST(WithUniquePrefix, HasExactlyTheseBytes) {
  EXPECT_EQ(Content(WithUniquePrefix(Question(), "1"), 0),
            " work long had speed yellow language these then\nBe short.");
  EXPECT_EQ(
      run::WriteJson(WithUniquePrefix(Request(R"({"content":"Why?","role":"user"})"), "w1"), run::JsonStyle::kCompact),
      R"({"max_tokens":8,"messages":[{"content":" train sees student river measure behind near closed\nWhy?",)"
      R"("role":"user"}],"seed":7})");
}

TEST(WithUniquePrefix, ChangesOnlyTheFirstMessage) {
  const run::Json changed = WithUniquePrefix(Question(), "3");
  EXPECT_THAT(Content(changed, 0), EndsWith("\nBe short."));
  EXPECT_EQ(Content(changed, 1), "Why?");
  EXPECT_EQ(WithUniquePrefix(Question(), "3"), changed);
}

TEST(WithUniquePrefix, IsAnotherOneInEveryTurnAndAsLong) {
  std::set<std::string> seen;
  const std::size_t tokens = Tokens(Content(WithUniquePrefix(Question(), "0"), 0));
  for (int turn = 0; turn < 2000; ++turn) {
    for (const std::string& name : {std::to_string(turn), "w" + std::to_string(turn)}) {
      const std::string text = Content(WithUniquePrefix(Question(), name), 0);
      EXPECT_TRUE(seen.insert(text).second) << name;
      EXPECT_EQ(Tokens(text), tokens) << text;
    }
  }
}

TEST(WithUniquePrefix, GoesInFrontOfAFiller) {
  const run::Json question = Request(R"({"content":"Why?","role":"user"})");
  EXPECT_EQ(Content(WithUniquePrefix(WithFiller(question, 1), "1"), 0),
            " work long had speed yellow language these then\nContext: memory\n\nWhy?");
}

// sha256sum of the 100 bytes in the next line.
TEST(Fingerprint, IsTheHashOfTheBytes) {
  const std::string bytes =
      R"({"max_tokens":8,"messages":[{"content":"Hi","role":"user"}],"seed":7,"stream":false,"temperature":0})";
  EXPECT_EQ(Fingerprint(*run::ParseJson(bytes, "")),
            "d90a1017b58835bdbd55d04dd7e869bb9bb495855c35dece0d0ad157d8d095b8");
}

TEST(Fingerprint, ChangesWithTheWordsInFront) {
  std::set<std::string> seen = {Fingerprint(Question())};
  EXPECT_TRUE(seen.insert(Fingerprint(WithFiller(Question(), 1))).second);
  EXPECT_TRUE(seen.insert(Fingerprint(WithFiller(Question(), 2))).second);
  EXPECT_TRUE(seen.insert(Fingerprint(WithUniquePrefix(Question(), "1"))).second);
}

}  // namespace
}  // namespace assay::catalogue

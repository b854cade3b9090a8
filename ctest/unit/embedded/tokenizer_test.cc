// SPDX-License-Identifier: MIT
#include "fixtures/embedded/tokenizer.h"

#include <gtest/gtest.h>

#include <set>

namespace assay::embedded {
namespace {

class TokenizerTest : public testing::Test {
 protected:
  Tokenizer tokenizer_{EmberVocabulary()};
};

TEST_F(TokenizerTest, RoundTripsEveryByteAndEveryText) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  for (const std::string& text :
       {std::string("The river is quiet."), std::string("caf\u00e9 \u65e5\u672c\u8a9e \U0001F680\U0001F319"), all,
        all + all, std::string("\xF0\x9F\x80", 3), std::string()}) {
    EXPECT_EQ(tokenizer_.Decode(tokenizer_.Encode(text)), text);
  }
}

TEST_F(TokenizerTest, TakesTheLongestToken) {
  // " river" is one token, " rivers" is that and a byte.
  EXPECT_EQ(tokenizer_.Encode(" river").size(), 1U);
  EXPECT_EQ(tokenizer_.Encode(" rivers").size(), 2U);
}

TEST_F(TokenizerTest, WritesRoleMarkersOnlyFromTheTemplate) {
  for (const TokenId token : tokenizer_.Encode("<|assistant|><|user|>")) EXPECT_LT(token, 256 + 1000);
  const auto tokens = tokenizer_.ApplyChatTemplate({{"system", "a"}, {"developer", "b"}, {"assistant", "c"}});
  EXPECT_EQ(tokens, (std::vector<TokenId>{Vocabulary::kBegin, Vocabulary::kSystem, 'a', Vocabulary::kEndOfTurn,
                                          Vocabulary::kUser, 'b', Vocabulary::kEndOfTurn, Vocabulary::kAssistant, 'c',
                                          Vocabulary::kEndOfTurn, Vocabulary::kAssistant}));
}

TEST(Vocabulary, HasEveryTextOnceSoThatEncodingIsDefined) {
  const Vocabulary& vocabulary = EmberVocabulary();
  EXPECT_GE(vocabulary.size(), 600U);
  EXPECT_LE(vocabulary.size(), 1000U);
  for (int byte = 0; byte < 256; ++byte) EXPECT_EQ(vocabulary.Text(byte), std::string(1, static_cast<char>(byte)));
}

TEST(Utf8Assembler, HoldsACharacterBackUntilItsLastByte) {
  Utf8Assembler assembler;
  EXPECT_EQ(assembler.Push(" \xF0\x9F"), " ");
  EXPECT_TRUE(assembler.waiting());
  EXPECT_EQ(assembler.Push("\x9A\x80"), "\U0001F680");
  EXPECT_FALSE(assembler.waiting());
}

TEST(Utf8Assembler, GivesTheSameTextForEverySplit) {
  const std::string text = "a\u00e9\u65e5\U0001F680\xFFz\xC3(\xE6\x97";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    Utf8Assembler assembler;
    std::string whole = assembler.Push(text.substr(0, split));
    whole += assembler.Push(text.substr(split));
    EXPECT_EQ(whole, "a\u00e9\u65e5\U0001F680\uFFFDz\uFFFD(") << split;
  }
}

TEST(Utf8Assembler, ReplacesWhatCanNeverBecomeACharacter) {
  for (const char* bytes : {"\x80", "\xC0", "\xF5", "\xFE"}) {
    Utf8Assembler assembler;
    EXPECT_EQ(assembler.Push(bytes), "\uFFFD");
  }
  // Overlong, surrogate, too large: refused at the second byte, so nothing is held back for ever.
  for (const char* bytes : {"\xE0\x80", "\xED\xA0", "\xF0\x80", "\xF4\x90"}) {
    Utf8Assembler assembler;
    EXPECT_EQ(assembler.Push(bytes), "\uFFFD\uFFFD");
  }
}

}  // namespace
}  // namespace assay::embedded

// SPDX-License-Identifier: MIT
#include "fixtures/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace assay::base {
namespace {

using testing::ElementsAre;

TEST(Text, TrimsSplitsAndJoins) {
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim(" \n "), "");
  EXPECT_THAT(Split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(Split("", ','), ElementsAre(""));
  EXPECT_THAT(Split(",", ','), ElementsAre("", ""));
  EXPECT_EQ(Join({"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(Join({}, ", "), "");
}

TEST(Text, LowersAsciiOnly) {
  EXPECT_EQ(ToLower("AbZ[\xC3\x84"), "abz[\xC3\x84");
  EXPECT_TRUE(EqualsIgnoreCase("Content-Type", "content-TYPE"));
  EXPECT_FALSE(EqualsIgnoreCase("a", "ab"));
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
}

TEST(GlobMatches, StarIsAnyRunAndQuestionMarkOneCharacter) {
  EXPECT_TRUE(GlobMatches("", ""));
  EXPECT_FALSE(GlobMatches("", "a"));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("*", "chat/model:1/prompt"));
  EXPECT_TRUE(GlobMatches("chat/*/short/*", "chat/qwen2.5-0.5b-generic-cpu:4/short/stream:on"));
  EXPECT_FALSE(GlobMatches("chat/*/short", "chat/m/short/x"));
  EXPECT_TRUE(GlobMatches("a*b*c", "a1b2b3c"));
  EXPECT_FALSE(GlobMatches("a*b*c", "a1c2b"));
  EXPECT_TRUE(GlobMatches("a?c", "abc"));
  EXPECT_FALSE(GlobMatches("a?c", "ac"));
  EXPECT_TRUE(GlobMatches("**a**", "xxaxx"));
  EXPECT_TRUE(GlobMatches("a?c",
                          "a\xC3\xA4"
                          "c"))
      << "one character, two bytes";
  EXPECT_FALSE(GlobMatches("a??c",
                           "a\xC3\xA4"
                           "c"));
  EXPECT_TRUE(GlobMatches("[a]", "[a]"));
  EXPECT_FALSE(GlobMatches("[a]", "a")) << "brackets are themselves";
}

TEST(GlobMatches, ManyStarsStayFast) {
  const std::string text(5000, 'a');
  EXPECT_FALSE(GlobMatches("*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(ParseInt, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(ParseInt("-42"), -42);
  EXPECT_EQ(ParseInt("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* bad : {"", "-", "+1", " 1", "1 ", "1.0", "0x10", "9223372036854775808", "1e3"}) {
    EXPECT_FALSE(ParseInt(bad).has_value()) << bad;
  }
}

TEST(ParseDouble, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(ParseDouble("-1.5e3"), -1500.0);
  EXPECT_EQ(ParseDouble("0.25"), 0.25);
  for (const char* bad : {"", "nan", "inf", "1e999", "1,5", " 1", "1 ", "0x1p3", "1e", "--1", "1.2.3"}) {
    EXPECT_FALSE(ParseDouble(bad).has_value()) << bad;
  }
}

// The boundaries of RFC 3629, section 4.
TEST(IsValidUtf8, KnowsTheBoundaries) {
  for (const char* good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << testing::PrintToString(std::string(good));
  }
  EXPECT_TRUE(IsValidUtf8(std::string_view("\0", 1)));
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2",
                          "\xC2"
                          "a",
                          "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
                          "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "a\xC3"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << testing::PrintToString(std::string(bad));
  }
}

TEST(CodePoints, AreCountedAndFound) {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z";  // 1 + 2 + 3 + 4 + 1 bytes
  EXPECT_EQ(CodePointIndex(text, 0), 0U);
  EXPECT_EQ(CodePointIndex(text, 1), 1U);
  EXPECT_EQ(CodePointIndex(text, 3), 2U);
  EXPECT_EQ(CodePointIndex(text, 6), 3U);
  EXPECT_EQ(CodePointIndex(text, 10), 4U);
  EXPECT_EQ(CodePointIndex(text, 99), 5U);
  EXPECT_EQ(CodePointStart(text, 2), 1U);
  EXPECT_EQ(CodePointStart(text, 5), 3U);
  EXPECT_EQ(CodePointStart(text, 9), 6U);
  EXPECT_EQ(CodePointStart(text, 10), 10U);
  EXPECT_EQ(CodePointStart(text, 99), text.size());
}

TEST(Text, TheFirstCodePointsAreWholeOnes) {
  EXPECT_EQ(FirstCodePoints("a\xC3\xA9\xF0\x9F\x98\x80z", 3), "a\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(FirstCodePoints("ab", 5), "ab");
  EXPECT_EQ(FirstCodePoints("ab", 0), "");
}

TEST(Text, ACodePointIsDecodedOrSaidToBeNone) {
  EXPECT_EQ(DecodeUtf8("a\xF0\x9F\x98\x80", 1).value, 0x1F600U);
  EXPECT_EQ(DecodeUtf8("a\xF0\x9F\x98\x80", 1).length, 4U);
  EXPECT_EQ(DecodeUtf8("\xC3", 0).length, 0U);          // cut
  EXPECT_EQ(DecodeUtf8("\xC0\xAF", 0).length, 0U);      // overlong
  EXPECT_EQ(DecodeUtf8("\xED\xA0\x80", 0).length, 0U);  // a surrogate
}

}  // namespace
}  // namespace assay::base

// SPDX-License-Identifier: MIT
// Expected matches worked out by hand.
#include "fixtures/quality/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::quality {
namespace {

using Found = Pattern::Found;

Found Find(const std::string& pattern, const std::string& text) {
  const base::Result<Pattern> parsed = Pattern::Parse(pattern);
  EXPECT_TRUE(parsed.ok()) << pattern << ": " << (parsed.ok() ? "" : parsed.error().what);
  return parsed.ok() ? parsed->Find(text) : Found::kGaveUp;
}

std::string Refusal(const std::string& pattern) {
  const base::Result<Pattern> parsed = Pattern::Parse(pattern);
  return parsed.ok() ? "" : parsed.error().what;
}

struct Example {
  const char* pattern;
  const char* text;
  bool matches;
};

class PatternExample : public ::testing::TestWithParam<Example> {};

TEST_P(PatternExample, MatchesAsElsewhere) {
  const Example& one = GetParam();
  EXPECT_EQ(Find(one.pattern, one.text), one.matches ? Found::kYes : Found::kNo) << one.pattern << " in " << one.text;
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, PatternExample,
    ::testing::Values(Example{"", "", true}, Example{"", "x", true}, Example{"a", "", false},
                      Example{"abc", "xxabcxx", true}, Example{"abc", "ab", false}, Example{"a|b", "b", true},
                      Example{"a|", "x", true}, Example{"^(a|bc)$", "bc", true}, Example{"^(a|bc)$", "abc", false},
                      Example{"^a*$", "aaaa", true}, Example{"^a*$", "aab", false}, Example{"^a+$", "", false},
                      Example{"colou?r", "color", true}, Example{"^a{3}$", "aa", false}, Example{"^a{3}$", "aaa", true},
                      Example{"^a{3}$", "aaaa", false}, Example{"^a{2,}$", "aaaaa", true},
                      Example{"^a{2,3}$", "aaaa", false}, Example{"^a{2,3}$", "aa", true}, Example{"^a{0}$", "", true},
                      Example{"^(ab){2}$", "abab", true}, Example{"^(?:ab)+?c", "ababc", true},
                      Example{"a{x", "a{x", true}, Example{"{", "{", true}, Example{"[abc]", "c", true},
                      Example{"[^abc]", "abc", false}, Example{"[a-c]$", "xb", true}, Example{"[a-]", "-", true},
                      Example{"[]a]", "]", true}, Example{"[\\d.]+ kg", "4.5 kg", true}, Example{"[\\]]", "]", true},
                      Example{"\\d{4}-\\d\\d", "in 2024-05", true}, Example{"^[\\p{L}\\d_]+$", "na\xC3\xAFve_1", true},
                      Example{"^\\w+$", "na\xC3\xAFve_1", false}, Example{"^\\W$", "\xE2\x82\xAC", true},
                      Example{"\\s", "\xC2\xA0", false}, Example{"^\\S+$", "a b", false},
                      Example{"\\bcat\\b", "a cat.", true}, Example{"\\bcat\\b", "concat", false},
                      Example{"\\Bcat", "concat", true}, Example{".", "\n", false}, Example{"(?s)a.b", "a\nb", true},
                      Example{"^b", "a\nb", false}, Example{"(?m)^b$", "a\nb\nc", true},
                      Example{"(?i)PARIS", "paris", true}, Example{"(?i)[a-z]+ME", "Home", true},
                      Example{"(?i)^[^a]$", "A", false}, Example{"(?i)\xC3\x84rger", "\xC3\xA4RGER", true},
                      Example{"^.$", "\xF0\x9F\x98\x80", true}, Example{"[\xC3\xA4\xC3\xB6]", "\xC3\xB6", true},
                      Example{"\\x{e9}", "\xC3\xA9", true}, Example{"\\x41", "A", true}, Example{"a\\.b", "axb", false},
                      Example{"(a*)*b", "aaab", true}, Example{"(a|b|)+$", "abba", true},
                      Example{"^(a?){3}a{3}$", "aaa", true}, Example{"x(|y)z", "xz", true}, Example{"^$", "", true}));

TEST(Pattern, SaysWhatCannotBeRead) {
  EXPECT_EQ(Refusal("ab(c"), "cannot be read: missing ): ab(c");
  EXPECT_NE(Refusal("(?=a)").find("no looking ahead"), std::string::npos);
  EXPECT_NE(Refusal("(a)\\1").find("no back references"), std::string::npos);
  for (const char* pattern : {"ab)c", "*a", "a**", "[a", "[z-a]", "(?<=a)", "\\q", "\\", "\\xZZ", "a{2,1}", "a{2000}",
                              "(?i", "(?iz)", "a|*", "\xFF"}) {
    EXPECT_NE(Refusal(pattern), "") << pattern;
  }
}

TEST(Pattern, RefusesWhatGrowsPastAllMeasure) {
  EXPECT_NE(Refusal("((a{100}){100}){100}"), "");
  EXPECT_NE(Refusal("(((){1000}){1000}){1000}"), "");
  EXPECT_NE(Refusal("(abcdef){999}").find("instructions, at most 5000"), std::string::npos);
}

// Each takes a backtracking engine years on the text beside it.
TEST(Pattern, CatastrophicPatternsEnd) {
  const std::string many(1'000'000, 'a');
  EXPECT_EQ(Find("^(a+)+$", many + "!"), Found::kNo);
  EXPECT_EQ(Find("(a|a)*b", many), Found::kNo);
  EXPECT_EQ(Find("(a|aa)+$", many + "!"), Found::kNo);
  EXPECT_EQ(Find("a*a*a*a*a*b", many), Found::kNo);
  EXPECT_EQ(Find("(.*)(.*)(.*)[0-9]", many), Found::kNo);
}

TEST(Pattern, GivesUpRatherThanTakeLong) {
  const std::string many(1'000'000, 'a');
  EXPECT_EQ(Find("(a?){400}b", many), Found::kGaveUp);
}

TEST(Pattern, TakesNulAsACharacterAndBrokenUtf8AsNone) {
  const std::string nul("a\0b", 3);
  EXPECT_EQ(Find("a\\x00b", nul), Found::kYes);
  EXPECT_EQ(Find("^.{3}$", nul), Found::kYes);
  EXPECT_EQ(Find("^a.b$",
                 "a\xFF"
                 "b"),
            Found::kNo);
}

}  // namespace
}  // namespace assay::quality

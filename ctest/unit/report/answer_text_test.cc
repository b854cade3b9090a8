// SPDX-License-Identifier: MIT
// Answers that differ never look the same, and a whole answer does no harm where it is shown.
#include "tools/report/answer_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ctest/unit/report/made_comparisons.h"
#include "fixtures/base/text.h"
#include "tools/report/diff_text.h"

namespace assay::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSelector = "\xEF\xB8\x8F";        // U+FE0F
const std::string kHeart = "\xE2\x9D\xA4";           // U+2764
const std::string kNoBreakSpace = "\xC2\xA0";        // U+00A0
const std::string kIdeograph = "\xE8\x91\x9B";       // U+845B
const std::string kSupplement = "\xF3\xA0\x84\x80";  // U+E0100

// The first case has another answer than the accepted one.
compare::Comparison Changed(const std::string& old_text, const std::string& new_text) {
  compare::Comparison comparison = made::Regressed();
  compare::CaseComparison& one = comparison.cases[0];
  compare::DeterminismFinding answers;
  answers.verdict = compare::AnswerVerdict::kChanged;
  answers.n = 20;
  answers.shares = {compare::AnswerShare{"new", 20, 0, new_text, true, false}};
  answers.difference = compare::FirstDifference(old_text, new_text, "text");
  one.answers = answers;
  return comparison;
}

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

TEST(AnswerText, ALineBreakIsNoBackslashAndN) {
  EXPECT_EQ(base::EscapeForTerminal(AnswerText("a\nb")), "a\\nb");
  EXPECT_EQ(base::EscapeForTerminal(AnswerText("a\\nb")), "a\\\\nb");
  EXPECT_EQ(base::EscapeForTerminal(AnswerText("\xC2\xAD\\u{00AD}")), "\\u{00AD}\\\\u{00AD}");
  EXPECT_EQ(base::EscapeForTerminal(AnswerText("\xFF\\xFF")), "\\xFF\\\\xFF");
}

TEST(AnswerText, WhatIsNotSeenIsNamed) {
  EXPECT_EQ(AnswerText("10" + kNoBreakSpace + "km"), "10\\u{00A0}km");
  EXPECT_EQ(AnswerText("\xE2\x80\xAF"), "\\u{202F}");
  EXPECT_EQ(AnswerText("a" + kSelector), "a\\u{FE0F}");
  EXPECT_EQ(AnswerText(kSelector), "\\u{FE0F}");
  EXPECT_EQ(AnswerText(kIdeograph + kSupplement), kIdeograph + "\\u{E0100}");
  EXPECT_EQ(AnswerText(kHeart + "\xEF\xB8\x8E"), kHeart + "\\u{FE0E}");
  EXPECT_EQ(AnswerText("\xE3\x85\xA4"), "\\u{3164}");
}

TEST(AnswerText, WhatBelongsToAnEmojiStays) {
  for (const std::string& text : {kHeart + kSelector, "1" + kSelector + "\xE2\x83\xA3", "\xF0\x9F\x8C\xA1" + kSelector,
                                  std::string("caf\xC3\xA9 \xE3\x80\x80")}) {
    EXPECT_EQ(AnswerText(text), text);
  }
}

TEST(AnswerText, WhereOnlyTheSelectorDiffersItIsNamedToo) {
  const AnswerTexts texts = AnswerTextsSideBySide(kHeart + kSelector, kHeart);
  EXPECT_EQ(texts.one, kHeart + "\\u{FE0F}");
  EXPECT_EQ(texts.two, kHeart);
  EXPECT_EQ(AnswerTextsSideBySide(kHeart + kSelector, "x").one, kHeart + kSelector);
  EXPECT_THAT(DiffLines(compare::DiffWords("I " + kHeart + kSelector, "I " + kHeart), {}),
              ElementsAre("words: I [-" + kHeart + "\\u{FE0F}-]{+" + kHeart + "+}"));
}

TEST(AnswerText, NoTwoLinesOfADifferenceAreTheSame) {
  const std::pair<std::string, std::string> pairs[] = {{"a\nb", "a\\nb"},
                                                       {"a\tb", "a\\tb"},
                                                       {"10 km", "10" + kNoBreakSpace + "km"},
                                                       {"x", "x" + kSelector},
                                                       {kHeart, kHeart + kSelector},
                                                       {"\x1B", "\\x1B"}};
  for (const auto& [old_text, new_text] : pairs) {
    const compare::Comparison comparison = Changed(old_text, new_text);
    for (const std::string& text : {made::Terminal(comparison), made::Markdown(comparison)}) {
      std::string old_line;
      std::string new_line;
      for (const std::string& line : base::Split(text, '\n')) {
        if (const auto at = line.find("old: "); at != std::string::npos) old_line = line.substr(at + 5);
        if (const auto at = line.find("new: "); at != std::string::npos) new_line = line.substr(at + 5);
      }
      EXPECT_FALSE(old_line.empty());
      EXPECT_NE(old_line, new_line) << text;
    }
  }
  const std::string text = made::Terminal(Changed("a\nb", "a\\nb"));
  EXPECT_THAT(text, HasSubstr("old: a>>\\nb<<\n"));
  EXPECT_THAT(text, HasSubstr("new: a>>\\\\nb<<\n"));
  EXPECT_THAT(text, HasSubstr("[-\\nb-]{+\\\\nb+}"));
}

TEST(AnswerText, OnlyAnswersHaveTheirBackslashesDoubled) {
  compare::Comparison comparison = Changed("old", "new");
  comparison.cases[0].answers->causes = {"C:\\model"};
  EXPECT_THAT(made::Terminal(comparison), HasSubstr("likely cause: C:\\model\n"));
}

TEST(WholeAnswers, StandCollapsedWithTheirOwnLineBreaks) {
  const std::string markdown = made::Markdown(Changed("first\nold \\n", "first\nnew"));
  EXPECT_THAT(markdown,
              HasSubstr("\n\n<details><summary>the answers in full</summary>\n\nold text:\n\n<pre>\nfirst\nold "
                        "&#92;&#92;n\n</pre>\n\nnew text:\n\n<pre>\nfirst\nnew\n</pre>\n\n</details>\n"));
  EXPECT_THAT(made::Terminal(Changed("old", "new")), Not(HasSubstr("<details>")));
}

TEST(WholeAnswers, AreNoFormulas) {
  EXPECT_THAT(made::Markdown(Changed("old", "$x$")), HasSubstr("<pre>\n&#36;x&#36;\n</pre>"));
}

TEST(WholeAnswers, HaveAnEnd) {
  const std::string markdown = made::Markdown(Changed(std::string(5000, 'Q'), ""));
  EXPECT_THAT(markdown,
              HasSubstr("old text (the first 4000 characters):\n\n<pre>\n" + std::string(4000, 'Q') + "\n</pre>"));
  EXPECT_THAT(markdown, HasSubstr("new text (empty):"));
}

TEST(WholeAnswers, AreOfTheFirstTwentyCases) {
  compare::Comparison comparison = Changed("old", "new");
  while (comparison.cases.size() < 25) comparison.cases.push_back(comparison.cases[0]);
  for (compare::CaseComparison& one : comparison.cases) one.answers = comparison.cases[0].answers;
  EXPECT_EQ(Count(made::Markdown(comparison), "<details>"), 20U);
}

TEST(WholeAnswers, AreHarmlessWhateverTheyAre) {
  for (const std::string& hostile :
       {std::string("</pre></details><script>alert(1)</script>"), std::string("\n\n</details>\n\n# title\n```\n~~~\n"),
        std::string("::error::x\n::error::y\n ##vso[task.complete]\n##teamcity[x]"),
        std::string("`code` **bold** [link](http://x) <img src=x> @everyone $x$ | a |"),
        std::string("\x1B[2J\xE2\x80\xAE\r\n::error::z\0", 20)}) {
    for (const compare::Comparison& comparison : {Changed("old", hostile), Changed(hostile, "new")}) {
      const std::string text = made::Markdown(comparison);
      for (const char* raw : {"</pre></", "<script", "<img", "```", "~~~", "**bold", "[link]", "@everyone", "##vso",
                              "##teamcity", "\x1B", "\xE2\x80\xAE", "\r", "`code`"}) {
        EXPECT_THAT(text, Not(HasSubstr(raw)));
      }
      EXPECT_EQ(Count(text, "</details>"), 1U);
      EXPECT_EQ(Count(text, "</pre>"), 2U);
      EXPECT_EQ(text.find('\0'), std::string::npos);
      for (const std::string& line : base::Split(text, '\n')) {
        EXPECT_FALSE(base::Trim(line).starts_with("::")) << line;
        EXPECT_NE(line, "# title");
      }
    }
  }
}

}  // namespace
}  // namespace assay::report

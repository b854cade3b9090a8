// SPDX-License-Identifier: MIT
// A model's answer in each of the four places it is shown in. The inputs are what has been used against such places.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/text.h"

namespace assay::base {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string>& HostileTexts() {
  static const std::vector<std::string> texts = {
      "\x1B[2J\x1B[1;31mred\x1B[0m",  // clears the screen
      "\x1B]0;title\x07",             // sets the window's title
      "\xC2\x9B"
      "31m",  // CSI as one C1 character
      "\xE2\x80\xAE"
      "txt.exe\xE2\x80\xAC",                       // right-to-left override
      "\xE2\x81\xA6isolate\xE2\x81\xA9",           // bidirectional isolate
      "::error file=a.cc,line=1::fake",            // GitHub
      "  ::set-output name=x::y",                  //
      ":::add-mask::x",                            //
      "##vso[task.complete result=Succeeded;]",    // Azure
      "##[error]fake",                             //
      "##teamcity[buildStatus status='SUCCESS']",  // TeamCity
      std::string("nul\0byte", 8),                 //
      "bad \xC3( utf8 \xFF\xFE \xED\xA0\x80",      //
      "]]><script>alert(1)</script><![CDATA[",     //
      "line\nbreak\r\nand\ttab",                   //
      "\xE2\x80\xA8"
      "line separator",                            //
      "zero\xE2\x80\x8Bwidth\xEF\xBB\xBF",         //
      "| a | b |\n|---|---|",                      // a table row of its own
      "=cmd|' /C calc'!A0",                        // a spreadsheet formula
      "@someone ![x](https://example.com/?leak)",  //
  };
  return texts;
}

// Neither moves the cursor nor reorders nor ends the line.
void ExpectHarmlessLine(std::string_view shown) {
  EXPECT_TRUE(IsValidUtf8(shown)) << testing::PrintToString(std::string(shown));
  for (const char c : shown) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20) << testing::PrintToString(std::string(shown));
    EXPECT_NE(c, '\x7F');
  }
  for (const char* hidden :
       {"\xC2\x9B", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\xA8", "\xE2\x80\x8B", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(shown.find(hidden), std::string_view::npos) << testing::PrintToString(std::string(shown));
  }
}

// Nothing that a CI reads as a command: "::" at the start of the line, "##" anywhere.
void ExpectNoCommand(std::string_view shown) {
  EXPECT_FALSE(Trim(shown).starts_with("::")) << shown;
  EXPECT_THAT(std::string(shown), Not(HasSubstr("##")));
}

TEST(EscapeForTerminal, MakesHostileTextsHarmless) {
  for (const std::string& text : HostileTexts()) {
    const std::string shown = EscapeForTerminal(text);
    ExpectHarmlessLine(shown);
    ExpectNoCommand(shown);
  }
}

TEST(EscapeForTerminal, BreaksUpACommandOnlyWhereItWouldBeOne) {
  for (const std::string space : {"", "  ", "\xC2\xA0", "\xE2\x80\x83 "}) {
    EXPECT_EQ(EscapeForTerminal(space + "::error::x"), space + ":\\:error::x");
  }
  // The line break and the tab are shown as two characters: what follows them starts no line.
  EXPECT_EQ(EscapeForTerminal("a\n::error::x"), "a\\n::error::x");
  EXPECT_EQ(EscapeForTerminal("\n::error::x"), "\\n::error::x");
  EXPECT_EQ(EscapeForTerminal(":::error::x"), ":\\::error::x");
  EXPECT_EQ(EscapeForTerminal("a ##[error]x"), "a #\\#[error]x") << "this one is read anywhere";
}

TEST(EscapeForTerminal, LeavesAddressesAlone) {
  for (const char* text : {"http://[::1]:5273", "connect to [::]:80", "2001:db8::1", "std::string"}) {
    EXPECT_EQ(EscapeForTerminal(text), text);
  }
}

TEST(EscapeForTerminal, ShowsWhatWasThere) {
  EXPECT_EQ(EscapeForTerminal("\x1B[31m"), "\\x1B[31m");
  EXPECT_EQ(EscapeForTerminal(std::string_view("a\0b\x7F", 4)), "a\\x00b\\x7F");
  EXPECT_EQ(EscapeForTerminal("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(EscapeForTerminal("\xE2\x80\xAE"), "\\u{202E}");
  EXPECT_EQ(EscapeForTerminal("\xC2\x9B"), "\\u{009B}");
  EXPECT_EQ(EscapeForTerminal("\xC3("), "\\xC3(");
  EXPECT_EQ(EscapeForTerminal("::error::x"), ":\\:error::x");
  EXPECT_EQ(EscapeForTerminal("##vso["), "#\\#vso[");
}

TEST(EscapeForTerminal, LeavesOrdinaryTextAlone) {
  const std::string text = "Gr\xC3\xBC\xC3\x9F Gott: 5 < 6 \xE2\x82\xAC \xF0\x9F\x98\x80 # \xE4\xBD\xA0\xE5\xA5\xBD";
  EXPECT_EQ(EscapeForTerminal(text), text);
}

TEST(EscapeForMarkdown, MakesHostileTextsHarmless) {
  for (const std::string& text : HostileTexts()) {
    const std::string shown = EscapeForMarkdown(text);
    ExpectHarmlessLine(shown);
    EXPECT_THAT(shown, Not(HasSubstr("<")));
    EXPECT_THAT(shown, Not(HasSubstr(">")));
    EXPECT_THAT(shown, Not(HasSubstr("@")));
    ExpectNoCommand(shown);
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (std::string_view("|`*_[]").find(shown[i]) == std::string_view::npos) continue;
      ASSERT_GT(i, 0U);
      EXPECT_EQ(shown[i - 1], '\\') << shown;
    }
  }
}

TEST(EscapeForMarkdown, EscapesWithoutDoubleMeaning) {
  EXPECT_EQ(EscapeForMarkdown("a|b"), "a\\|b");
  EXPECT_EQ(EscapeForMarkdown("\\|"), "\\\\\\|") << "a backslash in the text does not undo the one before the bar";
  EXPECT_EQ(EscapeForMarkdown("<b>&amp;"), "&lt;b&gt;&amp;amp;");
  EXPECT_EQ(EscapeForMarkdown("a\nb"), "a\\\\nb");
  EXPECT_EQ(EscapeForMarkdown("plain words, 1.5 s"), "plain words, 1.5 s");
}

TEST(EscapeForCsv, QuotesAsRfc4180) {
  EXPECT_EQ(EscapeForCsv("plain"), "plain");
  EXPECT_EQ(EscapeForCsv("a,b"), "\"a,b\"");
  EXPECT_EQ(EscapeForCsv("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(EscapeForCsv("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(EscapeForCsv(""), "");
}

TEST(EscapeForCsv, DisarmsFormulasButNotNumbers) {
  EXPECT_EQ(EscapeForCsv("=1+1"), "'=1+1");
  EXPECT_EQ(EscapeForCsv("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
  EXPECT_EQ(EscapeForCsv("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(EscapeForCsv("+a"), "'+a");
  EXPECT_EQ(EscapeForCsv("-a,b"), "\"'-a,b\"");
  EXPECT_EQ(EscapeForCsv("\t=1"), "'\t=1");
  EXPECT_EQ(EscapeForCsv("-1.5"), "-1.5");
  EXPECT_EQ(EscapeForCsv("+2e3"), "+2e3");
}

TEST(EscapeForXml, MakesHostileTextsWellFormed) {
  for (const std::string& text : HostileTexts()) {
    const std::string shown = EscapeForXml(text);
    EXPECT_TRUE(IsValidUtf8(shown));
    for (const char* forbidden : {"<", ">", "\"", "'", "]]>"}) EXPECT_THAT(shown, Not(HasSubstr(forbidden)));
    for (const char c : shown) {
      const auto byte = static_cast<unsigned char>(c);
      EXPECT_TRUE(byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r') << static_cast<int>(byte);
    }
  }
}

// The characters of XML 1.0, production 2 (Char).
TEST(EscapeForXml, ReplacesWhatXmlCannotHold) {
  EXPECT_EQ(EscapeForXml("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&apos;");
  EXPECT_EQ(EscapeForXml("]]>"), "]]&gt;");
  EXPECT_EQ(EscapeForXml(std::string_view("\0\x1F", 2)), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(EscapeForXml("\xEF\xBF\xBE"), "\xEF\xBF\xBD") << "U+FFFE";
  EXPECT_EQ(EscapeForXml("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(EscapeForXml("\t\n\r \xF0\x9F\x98\x80"), "\t\n\r \xF0\x9F\x98\x80");
}

// ctest reads <CTestMeasurement...> and <DartMeasurement...> from the output of tests and takes files into its log.
TEST(EscapeForTerminal, TakesTheBracketFromTagsThatCtestReads) {
  EXPECT_EQ(EscapeForTerminal("<CTestMeasurementFile type=\"file\">"), "\\x3CCTestMeasurementFile type=\"file\">");
  EXPECT_EQ(EscapeForTerminal("a </dartMeasurement>"), "a \\x3C/dartMeasurement>");
  EXPECT_EQ(EscapeForTerminal("1 < 2, <b>, <"), "1 < 2, <b>, <");
}

}  // namespace
}  // namespace assay::base

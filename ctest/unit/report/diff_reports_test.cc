// SPDX-License-Identifier: MIT
// What differs between two answers, in every form a comparison takes, whatever the answers are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ctest/unit/report/made_comparisons.h"
#include "fixtures/base/text.h"
#include "tools/report/accept_text.h"
#include "tools/report/comparison_text.h"
#include "tools/report/diff_text.h"

namespace assay::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// One case whose accepted answer was `old_text` and that now says `new_text`.
compare::Comparison Changed(const std::string& old_text, const std::string& new_text) {
  compare::Comparison comparison = made::Regressed();
  compare::CaseComparison& one = comparison.cases[0];
  compare::DeterminismFinding answers;
  answers.verdict = compare::AnswerVerdict::kChanged;
  answers.reason = "the answer is not the accepted one";
  answers.n = 20;
  answers.shares = {compare::AnswerShare{"new", 20, 0, new_text, true, false}};
  answers.difference = compare::FirstDifference(old_text, new_text, "text");
  one.answers = answers;
  one.answers_verdict = one.verdict = compare::Verdict::kRegressed;
  return comparison;
}

TEST(DiffText, MarksWhatWasRemovedAndAdded) {
  EXPECT_THAT(DiffLines(compare::DiffWords("It is red.", "It is blue."), {}),
              ElementsAre("words: It is [-red-]{+blue+}."));
  EXPECT_THAT(DiffLines(compare::DiffWords("same", "same"), {}), ElementsAre());
}

TEST(DiffText, AnAnswerCannotPretendToAChange) {
  EXPECT_THAT(DiffLines(compare::DiffWords("[-no-] a", "[-no-] b"), {}), ElementsAre("words: [\\-no-\\] [-a-]{+b+}"));
  EXPECT_THAT(DiffLines(compare::DiffWords("{+no+} a", "{+no+} b"), {}), ElementsAre("words: {\\+no+\\} [-a-]{+b+}"));
}

TEST(DiffText, FewPlacesAndLittleOfEachWhereThereIsLittleRoom) {
  std::string old_text;
  std::string new_text;
  for (int i = 0; i < 6; ++i) {
    const std::string between = " one two three four five six seven eight nine ten ";
    old_text += "old" + std::to_string(i) + between;
    new_text += "new" + std::to_string(i) + between;
  }
  const std::vector<std::string> lines = DiffLines(compare::DiffWords(old_text, new_text), {2, 10});
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "words: [-old0-]{+new0+} one two t...");
  // Of what stands in front of a change the end is nearest.
  EXPECT_EQ(lines[1], "words: ... nine ten [-old1-]{+new1+} one two t...");
  EXPECT_EQ(lines[2], "and 4 more places, all of them in --json");
}

TEST(DiffText, SaysWhenItWasBounded) {
  compare::DiffLimits limits;
  limits.most_edits = 1;
  const auto lines = DiffLines(compare::DiffWords("a b c. z", "d e f. z", limits), {});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "words: [-a b c-]{+d e f+}. z");
  EXPECT_THAT(lines[1], HasSubstr("too much differs for a word by word comparison"));
}

TEST(DiffReports, TheTerminalSaysWhereAndHow) {
  const std::string text = made::Terminal(Changed("Paris is the capital of France.", "Paris is the seat of France."));
  EXPECT_THAT(text, HasSubstr("first difference in the text at character 13 (line 1, column 14), word 3; the first "
                              "41.9 % are the same\n"));
  EXPECT_THAT(text, HasSubstr("    words: Paris is the [-capital-]{+seat+} of France.\n"));
}

TEST(DiffReports, APageShowsMorePlacesThanATerminal) {
  std::string old_text;
  std::string new_text;
  for (int i = 0; i < 60; ++i) {
    const std::string between = " one two three four five six seven eight nine ten ";
    old_text += "old" + std::to_string(i) + between;
    new_text += "new" + std::to_string(i) + between;
  }
  const compare::Comparison comparison = Changed(old_text, new_text);
  const std::string terminal = made::Terminal(comparison);
  EXPECT_THAT(terminal, HasSubstr("[-old2-]"));
  EXPECT_THAT(terminal, Not(HasSubstr("[-old3-]")));
  EXPECT_THAT(terminal, HasSubstr("and 57 more places"));
  const std::string markdown = made::Markdown(comparison);
  EXPECT_THAT(markdown, HasSubstr("\\[-old49-\\]{+new49+}"));
  EXPECT_THAT(markdown, Not(HasSubstr("[-old50")));
  EXPECT_THAT(markdown, HasSubstr("and 10 more places"));
  const run::Json verdict = made::Verdicts(comparison);
  const run::Json& difference =
      *verdict.Find("cases")->as_array()->at(0).Find("determinism")->Find("answers")->Find("difference");
  EXPECT_EQ(difference.Find("hunks")->as_array()->size(), 60U);
  EXPECT_EQ(*difference.Find("bounded")->as_bool(), false);
}

TEST(DiffReports, TheVerdictHasThePiecesAsTheyAre) {
  const run::Json verdict = made::Verdicts(Changed("It is red.", "It is <b>."));
  const run::Json& answers = *verdict.Find("cases")->as_array()->at(0).Find("determinism")->Find("answers");
  const run::Json& difference = *answers.Find("difference");
  EXPECT_EQ(*difference.Find("word")->as_integer(), 2);
  EXPECT_EQ(*difference.Find("common_prefix_share")->as_number(), 0.6);
  EXPECT_EQ(*difference.Find("old_characters")->as_integer(), 10);
  const run::JsonArray& pieces = *difference.Find("hunks")->as_array()->at(0).Find("pieces")->as_array();
  ASSERT_EQ(pieces.size(), 4U);
  EXPECT_EQ(*pieces[1].Find("kind")->as_string(), "removed");
  EXPECT_EQ(*pieces[1].Find("text")->as_string(), "red");
  EXPECT_EQ(*pieces[2].Find("kind")->as_string(), "added");
  EXPECT_EQ(*pieces[2].Find("text")->as_string(), "<b>");
  EXPECT_EQ(*pieces[3].Find("left_out")->as_integer(), 0);
  EXPECT_EQ(*answers.Find("distinct")->as_integer(), 1);
}

TEST(DiffReports, TenThousandAnswersAndAMegabyteStayReadable) {
  compare::Comparison comparison = Changed(std::string(1'000'000, 'a'), std::string(1'000'000, 'b'));
  compare::DeterminismFinding& answers = *comparison.cases[0].answers;
  answers.shares.clear();
  for (int i = 0; i < 10'000; ++i) {
    answers.shares.push_back(compare::AnswerShare{"sha" + std::to_string(i), 1, i, std::string(300, 'x'), true, false});
  }
  answers.shares[0].text = std::string(70'000, 'x');
  answers.n = 10'000;
  EXPECT_LT(made::Terminal(comparison).size(), 10'000U);
  EXPECT_LT(made::Markdown(comparison).size(), 20'000U);
  const run::Json verdict = made::Verdicts(comparison);
  const run::Json& shown = *verdict.Find("cases")->as_array()->at(0).Find("determinism")->Find("answers");
  EXPECT_EQ(shown.Find("shares")->as_array()->size(), 1000U);
  EXPECT_EQ(*shown.Find("distinct")->as_integer(), 10'000);
  EXPECT_EQ(shown.Find("shares")->as_array()->at(0).Find("text")->as_string()->size(), 65'536U);
  EXPECT_EQ(*shown.Find("shares")->as_array()->at(0).Find("text_cut")->as_bool(), true);
  EXPECT_EQ(shown.Find("shares")->as_array()->at(999).Find("text")->as_string()->size(), 300U);
  EXPECT_EQ(*shown.Find("shares")->as_array()->at(999).Find("text_cut")->as_bool(), false);
  const run::Json& removed =
      shown.Find("difference")->Find("hunks")->as_array()->at(0).Find("pieces")->as_array()->at(0);
  EXPECT_EQ(removed.Find("text")->as_string()->size(), 65'536U);
  EXPECT_EQ(*removed.Find("left_out")->as_integer(), 934'464);
}

// What has been used against terminals, Markdown, XML and the logs of CI services.
const std::vector<std::string>& HostileTexts() {
  static const std::vector<std::string> texts = {
      "\x1B[2J\x1B[1;31mred\x1B[0m",
      "\xC2\x9B"
      "31m",
      "\xE2\x80\xAE"
      "txt.exe\xE2\x80\xAC",
      "::error file=a.cc,line=1::fake",
      "\n::error::fake",
      "##vso[task.complete result=Succeeded;]",
      "##teamcity[buildStatus status='SUCCESS']",
      std::string("nul\0byte", 8),
      "]]><script>alert(1)</script><![CDATA[",
      "line\r\nbreak\ttab",
      "\xE2\x80\xA8separator",
      "zero\xE2\x80\x8Bwidth",
      "| a | b |\n|---|---|",
      "**bold** [link](http://example.com) <img src=x onerror=alert(1)> @everyone",
      "<CTestMeasurementFile type=\"file\" name=\"x\">/etc/passwd</CTestMeasurementFile>",
      "[-not-]{+removed+}",
      "- a list\n# a title\n```",
  };
  return texts;
}

// Nothing that moves the cursor, reorders or hides text, and no line that a CI takes for a command.
void ExpectHarmless(const std::string& text) {
  for (const char* raw : {"\x1B", "\xC2\x9B", "\xE2\x80\xAE", "\xE2\x80\xAC", "\xE2\x80\xA8", "\xE2\x80\x8B", "\r",
                          "\t", "##vso", "##teamcity", "<CTestMeasurement"}) {
    EXPECT_THAT(text, Not(HasSubstr(raw)));
  }
  EXPECT_EQ(text.find('\0'), std::string::npos);
  for (const std::string& line : base::Split(text, '\n')) {
    EXPECT_FALSE(base::Trim(line).starts_with("::")) << line;
  }
}

TEST(DiffReports, HostileAnswersAreHarmlessOnATerminal) {
  for (const std::string& hostile : HostileTexts()) {
    const std::size_t lines = base::Split(made::Terminal(Changed("old", "new")), '\n').size();
    for (const compare::Comparison& comparison : {Changed("old", hostile), Changed(hostile, "new")}) {
      const std::string text = made::Terminal(comparison);
      ExpectHarmless(text);
      EXPECT_THAT(text, HasSubstr("words: "));
      // No text makes lines of its own.
      EXPECT_LE(base::Split(text, '\n').size(), lines + 2) << hostile;
    }
  }
}

TEST(DiffReports, HostileAnswersAreHarmlessInMarkdown) {
  for (const std::string& hostile : HostileTexts()) {
    for (const compare::Comparison& comparison : {Changed("old", hostile), Changed(hostile, "new")}) {
      const std::string text = made::Markdown(comparison);
      ExpectHarmless(text);
      for (const char* raw : {"<script", "<img", "<!", "**bold", "[link]", "@everyone", "```"}) {
        EXPECT_THAT(text, Not(HasSubstr(raw)));
      }
    }
  }
}

TEST(DiffReports, HostileAnswersStandExactlyInTheVerdict) {
  for (const std::string& hostile : HostileTexts()) {
    const run::Json verdict = made::Verdicts(Changed("", hostile));
    const run::Json& answers = *verdict.Find("cases")->as_array()->at(0).Find("determinism")->Find("answers");
    const run::JsonArray& pieces =
        *answers.Find("difference")->Find("hunks")->as_array()->at(0).Find("pieces")->as_array();
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_EQ(*pieces[0].Find("text")->as_string(), hostile);
    EXPECT_EQ(*answers.Find("shares")->as_array()->at(0).Find("text")->as_string(), hostile);
  }
}

TEST(DiffReports, WhichRepetitionsWhyAndWhatWasScrubbed) {
  compare::Comparison comparison = Changed("one two", "one 2");
  compare::DeterminismFinding& answers = *comparison.cases[0].answers;
  for (std::int64_t i = 0; i < 12; ++i) answers.differing.push_back(i);
  answers.causes = {"another execution provider: CPU -> CUDA"};
  answers.scrubbed = {{"dates", 2}, {"uuids", 0}};
  answers.more_differences = {*compare::FirstDifference("[1]", "[2]", "tool_calls")};
  for (const std::string& text : {made::Terminal(comparison), made::Markdown(comparison)}) {
    EXPECT_THAT(text, HasSubstr("another answer in repetitions 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more of 20\n"));
    EXPECT_THAT(text, HasSubstr("likely cause: another execution provider"));
    EXPECT_THAT(text, HasSubstr("compared without dates (2 places), uuids (none)\n"));
  }
  EXPECT_THAT(made::Terminal(comparison), HasSubstr("also in the tool_calls, from character 1 on\n"));
  const run::Json verdict = made::Verdicts(comparison);
  const run::Json& shown = *verdict.Find("cases")->as_array()->at(0).Find("determinism")->Find("answers");
  EXPECT_EQ(shown.Find("differing")->as_array()->size(), 12U);
  EXPECT_EQ(*shown.Find("differing_count")->as_integer(), 12);
  EXPECT_EQ(*shown.Find("level")->as_string(), "exact");
  EXPECT_EQ(*shown.Find("scrubbed")->as_array()->at(0).Find("places")->as_integer(), 2);
  EXPECT_EQ(*shown.Find("more_differences")->as_array()->at(0).Find("part")->as_string(), "tool_calls");
  // All of them is what the reason says already.
  answers.differing.resize(answers.n);
  EXPECT_THAT(made::Terminal(comparison), Not(HasSubstr("another answer in repetition")));
}

TEST(DiffReports, WhatWasScrubbedIsSaidOfUnchangedAnswersToo) {
  compare::Comparison comparison = made::Unchanged();
  EXPECT_THAT(made::Terminal(comparison), Not(HasSubstr("answers were compared without")));
  comparison.cases[0].answers->scrubbed = {{"dates", 2}, {"uuids", 0}};
  comparison.cases[1].answers->scrubbed = {{"dates", 1}};
  for (const std::string& text : {made::Terminal(comparison), made::Markdown(comparison)}) {
    EXPECT_THAT(text, HasSubstr("answers were compared without dates (3 places in 2 cases), uuids (0 places in 1 "
                                "case)\n"));
  }
}

TEST(DiffReports, WhatIsKeptAsAHashShowsItsHash) {
  compare::Comparison comparison = Changed("old", "new");
  compare::DeterminismFinding& answers = *comparison.cases[0].answers;
  answers.difference.reset();
  answers.shares = {compare::AnswerShare{"0123abcd", 19, 0, "", false, true},
                    compare::AnswerShare{"4567ef01", 1, 3, "", false, false}};
  EXPECT_THAT(made::Terminal(comparison), HasSubstr("19 of 20 (first in repetition 0, accepted): 0123abcd\n"));
  const run::Json verdict = made::Verdicts(comparison);
  const run::Json& shown = *verdict.Find("cases")->as_array()->at(0).Find("determinism")->Find("answers");
  EXPECT_TRUE(shown.Find("shares")->as_array()->at(0).Find("text")->is_null());
}

TEST(AcceptText, NothingIsSaidOfWhatCannotBeAccepted) {
  compare::Comparison comparison = made::Unchanged();
  EXPECT_THAT(AcceptLines(comparison, {}), ElementsAre());
  comparison.cases[0].answers->verdict = compare::AnswerVerdict::kNondeterministic;
  EXPECT_THAT(AcceptLines(comparison, {}), ElementsAre());
  comparison.cases[0].answers->verdict = compare::AnswerVerdict::kChanged;
  EXPECT_EQ(AcceptLines(comparison, {}).size(), 3U);
  comparison.cases[0].facts.planned = 21;  // one repetition is missing
  EXPECT_THAT(AcceptLines(comparison, {}), ElementsAre());
  compare::Comparison pair = made::Pair();
  pair.cases[0].answers->verdict = compare::AnswerVerdict::kChanged;
  EXPECT_THAT(AcceptLines(pair, {}), ElementsAre());
}

TEST(AcceptText, ProbesThatGotWorseOrAreNewAreToBeDecidedAboutToo) {
  compare::Comparison comparison = made::Unchanged();
  for (compare::CaseComparison* one : {&comparison.cases[0], &comparison.cases[1]}) {
    one->answers = compare::DeterminismFinding{};
    one->probe = run::ProbeKind::kSeed;
    one->answers->probe.emplace();
    one->facts.planned = static_cast<std::int64_t>(one->facts.counting) + 1;
  }
  comparison.cases[0].answers->verdict = compare::AnswerVerdict::kChanged;
  comparison.cases[1].answers->verdict = compare::AnswerVerdict::kNew;
  const std::vector<std::string> lines = AcceptLines(comparison, {});
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr("answers: 1 new, 1 probe with a worse result; walk them"));
  EXPECT_THAT(lines[1], HasSubstr("  assay review --run build/run"));
  EXPECT_THAT(lines[2], HasSubstr("--only outputs --case "));
  comparison.cases[0].answers->verdict = compare::AnswerVerdict::kUnchanged;
  comparison.cases[1].answers->verdict = compare::AnswerVerdict::kIncomplete;
  EXPECT_THAT(AcceptLines(comparison, {}), ElementsAre());
}

TEST(AcceptText, ScoresThatFellOrCannotBeComparedAreToBeDecidedAboutToo) {
  compare::Comparison comparison = made::Unchanged();
  compare::QualityFinding fell;
  fell.mean = 0.5;
  fell.accepted_mean = 1;
  fell.accepted_n = 4;
  fell.comparable = fell.decides = true;
  fell.verdict = compare::Verdict::kRegressed;
  comparison.cases[0].quality = {fell};
  EXPECT_THAT(made::Terminal(comparison), HasSubstr("answers: 1 with worse scores; walk them"));
  EXPECT_THAT(made::Terminal(comparison), HasSubstr("\n  assay review --run build/run --baselines baselines\n"));
  fell.comparable = fell.decides = false;
  fell.verdict = compare::Verdict::kCannotTell;
  comparison.cases[1].quality = {fell};
  EXPECT_THAT(AcceptLines(comparison, {})[0],
              HasSubstr("answers: 1 with worse scores, 1 with scores that cannot be compared; "));
  // Marks that nobody gave are no question.
  comparison.cases[0].quality.clear();
  comparison.cases[1].quality[0].mean.reset();
  comparison.cases[1].quality[0].source = run::ScoreSource::kHuman;
  EXPECT_THAT(AcceptLines(comparison, {}), ElementsAre());
}

TEST(AcceptText, ManyCasesAreNotAllNamed) {
  compare::Comparison comparison = made::Unchanged();
  for (int i = 0; i < 30; ++i) {
    comparison.cases.push_back(made::Case("p" + std::to_string(i), compare::Verdict::kUnchanged, 0));
    comparison.cases.back().answers->verdict = compare::AnswerVerdict::kChanged;
  }
  comparison.cases_in_family = comparison.cases.size();
  const std::vector<std::string> lines = AcceptLines(comparison, {});
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_THAT(lines[0], HasSubstr("answers: 30 changed; "));
  EXPECT_THAT(lines[2], HasSubstr("/p19/"));
  EXPECT_THAT(lines[2], Not(HasSubstr("/p20/")));
  EXPECT_EQ(lines[3], "  (and 10 more cases: the same with their ids, or assay review)");
}

TEST(AcceptText, InMarkdownTheCommandsCanBeCopied) {
  compare::Comparison comparison = made::Unchanged();
  comparison.cases[0].answers->verdict = compare::AnswerVerdict::kChanged;
  EXPECT_THAT(made::Markdown(comparison), HasSubstr("\n\n    assay review --run build/run --baselines baselines\n"
                                                    "    assay accept --run build/run --baselines baselines --only "
                                                    "outputs --case "));
}

}  // namespace
}  // namespace assay::report

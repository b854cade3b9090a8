// SPDX-License-Identifier: MIT
// Scores in every report: what moved is said, what a judge is called is escaped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/quality_text.h"
#include "tools/report/verdict_json.h"

namespace assay::report {
namespace {

using compare::QualityFinding;
using compare::Verdict;
using ::testing::HasSubstr;
using ::testing::Not;

compare::CaseComparison Case() {
  compare::CaseComparison one;
  one.id = "chat/m-cpu:1/capital/stream:on/max_tokens:8";
  one.model = one.alias = "m-cpu:1";
  one.prompt = "capital";
  one.answers = compare::DeterminismFinding{};
  one.answers->verdict = compare::AnswerVerdict::kUnchanged;
  one.verdict = one.answers_verdict = Verdict::kRegressed;
  one.decides = one.answers_decide = true;
  QualityFinding fell;
  fell.mean = 0.5;
  fell.accepted_mean = 1;
  fell.n = fell.accepted_n = 4;
  fell.tolerance = 0.05;
  fell.verdict = Verdict::kRegressed;
  fell.decides = true;
  fell.reason = "the mean score fell from 1.000 to 0.500, by more than the tolerance of 0.050";
  QualityFinding same = fell;
  same.source = run::ScoreSource::kHuman;
  same.dimension = "brevity";
  same.verdict = Verdict::kUnchanged;
  same.reason.clear();
  QualityFinding judged = fell;
  judged.source = run::ScoreSource::kJudge;
  judged.dimension = "tone";
  judged.judge = run::JudgeInfo{"<b>::error::|judge\x1b[31m", 1};
  judged.verdict = Verdict::kCannotTell;
  judged.decides = false;
  judged.reason = "another judge than the accepted one, m";
  QualityFinding unmarked = same;
  unmarked.mean.reset();
  unmarked.verdict = Verdict::kCannotTell;
  one.quality = {fell, same, judged, unmarked};
  return one;
}

compare::Comparison Compared() {
  compare::Comparison comparison;
  comparison.selection.question = compare::Question::kDeterminism;
  comparison.verdict = Verdict::kRegressed;
  comparison.exit_code = 1;
  comparison.baselines = {"baselines"};
  comparison.cases.push_back(Case());
  return comparison;
}

TEST(QualityReports, SayWhatMovedAndNothingElse) {
  const std::vector<DetailLine> lines = QualityLines(Case());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(
      lines[0].text,
      "quality regressed, expectations met: the mean score fell from 1.000 to 0.500, by more than the tolerance of "
      "0.050");
  EXPECT_THAT(lines[1].text, HasSubstr("(template 1): tone: another judge than the accepted one, m (decides nothing)"));
  EXPECT_EQ(AnswerCell(Case()), "unchanged, quality fell");
}

TEST(QualityReports, TerminalAndMarkdownShowThemEscaped) {
  std::ostringstream terminal;
  WriteComparisonTerminal(Compared(), terminal);
  EXPECT_THAT(terminal.str(), HasSubstr("quality regressed, expectations met"));
  EXPECT_THAT(terminal.str(), HasSubstr("unchanged, quality fell"));
  EXPECT_THAT(terminal.str(), HasSubstr("decided by: 1 case with worse answers\n"));
  EXPECT_THAT(terminal.str(), Not(HasSubstr("\x1b")));
  std::ostringstream markdown;
  WriteComparisonMarkdown(Compared(), markdown);
  EXPECT_THAT(markdown.str(), HasSubstr("quality regressed"));
  EXPECT_THAT(markdown.str(), Not(HasSubstr("<b>")));
  EXPECT_THAT(markdown.str(), Not(HasSubstr("\x1b")));
}

TEST(QualityReports, JsonHasAllOfThem) {
  std::ostringstream text;
  WriteVerdictJson(Compared(), text);
  const base::Result<run::Json> json = run::ParseJson(text.str(), "verdict.json");
  ASSERT_TRUE(json.ok()) << json.error().Message();
  const run::Json& one = (*json->Find("cases")->as_array())[0];
  const run::JsonArray& quality = *one.Find("determinism")->Find("quality")->as_array();
  ASSERT_EQ(quality.size(), 4U);
  EXPECT_EQ(*quality[0].Find("source")->as_string(), "automatic");
  EXPECT_EQ(quality[0].Find("mean")->as_number(), 0.5);
  EXPECT_EQ(*quality[2].Find("judge")->as_string(), "<b>::error::|judge\x1b[31m");
  EXPECT_EQ(*quality[2].Find("template_version")->as_integer(), 1);
  EXPECT_TRUE(quality[3].Find("mean")->is_null());
}

}  // namespace
}  // namespace assay::report

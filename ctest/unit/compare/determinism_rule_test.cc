// SPDX-License-Identifier: MIT
#include "tools/compare/determinism_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;

run::RunCase CaseOf(const std::vector<std::string>& answers) {
  RunBuilder builder;
  builder.Case("capital");
  for (const std::string& answer : answers) {
    SampleSpec sample;
    sample.text = answer;
    builder.Add(sample);
  }
  return builder.Build().cases.front();
}

AcceptedAnswer Accepted(const run::RunCase& one) {
  AcceptedAnswer answer = ModalAnswer(one);
  answer.accepted = Acceptance{"2026-02-01T00:00:00Z", "first baseline", "0.1.0", std::nullopt};
  return answer;
}

TEST(DeterminismRule, OneAnswerEqualToTheAcceptedOneIsUnchanged) {
  const run::RunCase one = CaseOf({"Paris.", "Paris.", "Paris."});
  const AcceptedAnswer accepted = Accepted(one);
  const DeterminismFinding finding = JudgeAnswers(one, &accepted, 3);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kUnchanged);
  EXPECT_EQ(AsVerdict(finding.verdict), Verdict::kUnchanged);
  EXPECT_EQ(finding.n, 3U);
  EXPECT_FALSE(finding.difference.has_value());
}

TEST(DeterminismRule, AnotherAnswerIsChangedAndLocated) {
  const AcceptedAnswer accepted = Accepted(CaseOf({"The capital of France\nis Paris, on the Seine."}));
  const DeterminismFinding finding =
      JudgeAnswers(CaseOf({"The capital of France\nis Lyon.", "The capital of France\nis Lyon."}), &accepted, 2);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  ASSERT_TRUE(finding.difference.has_value());
  // Counted by hand: 21 characters, the line break, "is " = 25 characters before the difference.
  EXPECT_EQ(finding.difference->character, 25U);
  EXPECT_EQ(finding.difference->line, 2U);
  EXPECT_EQ(finding.difference->column, 4U);
  EXPECT_EQ(finding.difference->before, "The capital of France\nis ");
  EXPECT_EQ(finding.difference->old_text, "Paris, on the Seine.");
  EXPECT_EQ(finding.difference->new_text, "Lyon.");
}

TEST(DeterminismRule, DifferenceIsCountedInCodePoints) {
  // e with acute is C3 A9, with grave C3 A8: the bytes part in the middle of a character; the emoji
  // has four bytes.
  const auto difference = FirstDifference("\xF0\x9F\x98\x80 caf\xC3\xA9!", "\xF0\x9F\x98\x80 caf\xC3\xA8!", "text");
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->character, 5U);
  EXPECT_EQ(difference->column, 6U);
  EXPECT_EQ(difference->before, "\xF0\x9F\x98\x80 caf");
  EXPECT_EQ(difference->old_text, "\xC3\xA9!");
  EXPECT_EQ(difference->new_text, "\xC3\xA8!");
}

TEST(DeterminismRule, ContextIsCutToThirtyAndForty) {
  const std::string front(100, 'a');
  const auto difference = FirstDifference(front + std::string(50, 'b'), front, "text");
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->character, 100U);
  EXPECT_EQ(difference->before, std::string(30, 'a'));
  EXPECT_TRUE(difference->before_cut);
  EXPECT_EQ(difference->old_text, std::string(40, 'b'));
  EXPECT_TRUE(difference->old_cut);
  EXPECT_EQ(difference->new_text, "");
  EXPECT_FALSE(difference->new_cut);
}

TEST(DeterminismRule, EveryPartThatDiffersIsShown) {
  AcceptedAnswer accepted = Accepted(CaseOf({"Paris, on the Seine."}));
  accepted.reasoning = "it is a capital";
  accepted.answer_sha256 = "another";
  const DeterminismFinding finding = JudgeAnswers(CaseOf({"Paris, on the Loire."}), &accepted, 1);
  ASSERT_TRUE(finding.difference.has_value());
  EXPECT_EQ(finding.difference->part, "text");
  EXPECT_EQ(finding.difference->words.first_word, 4U);  // Paris , on the
  ASSERT_EQ(finding.more_differences.size(), 1U);
  EXPECT_EQ(finding.more_differences[0].part, "reasoning");
  EXPECT_EQ(finding.more_differences[0].words.old_characters, 15U);
  EXPECT_EQ(finding.more_differences[0].words.new_characters, 0U);
}

TEST(DeterminismRule, EqualTextsHaveNoDifference) { EXPECT_FALSE(FirstDifference("same", "same", "text").has_value()); }

TEST(DeterminismRule, TwoAnswersOfOneRequestAreNondeterministicWithTheirShares) {
  const AcceptedAnswer accepted = Accepted(CaseOf({"Paris."}));
  const DeterminismFinding finding = JudgeAnswers(CaseOf({"Paris.", "Parts.", "Paris."}), &accepted, 3);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kNondeterministic);
  EXPECT_EQ(AsVerdict(finding.verdict), Verdict::kRegressed);
  ASSERT_EQ(finding.shares.size(), 2U);
  EXPECT_EQ(finding.shares[0].text, "Paris.");
  EXPECT_EQ(finding.shares[0].count, 2U);
  EXPECT_EQ(finding.shares[1].text, "Parts.");
  EXPECT_EQ(finding.shares[1].first_repetition, 1);
  ASSERT_TRUE(finding.difference.has_value());
  EXPECT_EQ(finding.difference->old_text, "is.");
  EXPECT_EQ(finding.difference->new_text, "ts.");
  EXPECT_THAT(finding.reason, HasSubstr("2 different answers in 3 repetitions"));
}

TEST(DeterminismRule, NondeterminismNeedsNoBaseline) {
  const DeterminismFinding finding = JudgeAnswers(CaseOf({"a", "b"}), nullptr, 2);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kNondeterministic);
  EXPECT_TRUE(finding.difference_within_run);
}

TEST(DeterminismRule, NothingAcceptedIsNew) {
  EXPECT_EQ(JudgeAnswers(CaseOf({"a"}), nullptr, 1).verdict, AnswerVerdict::kNew);
  EXPECT_EQ(AsVerdict(AnswerVerdict::kNew), Verdict::kCannotTell);
}

TEST(DeterminismRule, AnotherRequestIsNeverARegression) {
  AcceptedAnswer accepted = Accepted(CaseOf({"a"}));
  accepted.fingerprint = "another";
  const DeterminismFinding finding = JudgeAnswers(CaseOf({"b"}), &accepted, 1);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kRequestChanged);
  EXPECT_EQ(AsVerdict(finding.verdict), Verdict::kCannotTell);
  EXPECT_FALSE(finding.difference.has_value());
}

TEST(DeterminismRule, SameTextWithAnotherPromptTokenCountIsChangedAndNamed) {
  AcceptedAnswer accepted = Accepted(CaseOf({"a"}));
  accepted.prompt_tokens = 6;
  const DeterminismFinding finding = JudgeAnswers(CaseOf({"a"}), &accepted, 1);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(finding.reason,
              HasSubstr("the answer is the same, prompt_tokens 6 -> 7 (the chat template may have changed)"));
}

TEST(DeterminismRule, FinishReasonIsPartOfTheAnswer) {
  AcceptedAnswer accepted = Accepted(CaseOf({"a"}));
  accepted.finish_reason = "length";
  const DeterminismFinding finding = JudgeAnswers(CaseOf({"a"}), &accepted, 1);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(finding.reason, HasSubstr("finish_reason length -> stop"));
}

// G1 sends no finish_reason (foundry-facts 8.1): the same answer of another generation is the same answer.
TEST(DeterminismRule, AFinishReasonThatIsNotStatedIsNotedOnly) {
  run::RunCase silent = CaseOf({"a"});
  for (run::Sample& sample : silent.samples) sample.finish_reason.reset();
  const AcceptedAnswer stated = Accepted(CaseOf({"a"}));
  const DeterminismFinding now = JudgeAnswers(silent, &stated, 1);
  EXPECT_EQ(now.verdict, AnswerVerdict::kUnchanged);
  EXPECT_THAT(now.notes, ::testing::ElementsAre("finish_reason: stop -> not stated"));
  const AcceptedAnswer not_stated = Accepted(silent);
  EXPECT_EQ(JudgeAnswers(CaseOf({"a"}), &not_stated, 1).verdict, AnswerVerdict::kUnchanged);
  EXPECT_EQ(JudgeAnswers(CaseOf({"b"}), &not_stated, 1).verdict, AnswerVerdict::kChanged);
}

TEST(DeterminismRule, CountsThatWereNotStatedAreNotedOnly) {
  AcceptedAnswer accepted = Accepted(CaseOf({"a"}));
  accepted.completion_tokens.reset();
  const DeterminismFinding finding = JudgeAnswers(CaseOf({"a"}), &accepted, 1);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kUnchanged);
  ASSERT_EQ(finding.notes.size(), 1U);
  EXPECT_EQ(finding.notes[0], "completion_tokens: not stated -> 5");
}

TEST(DeterminismRule, FewerRepetitionsThanPlannedCannotTell) {
  const run::RunCase one = CaseOf({"a", "a"});
  const AcceptedAnswer accepted = Accepted(one);
  EXPECT_EQ(JudgeAnswers(one, &accepted, 3).verdict, AnswerVerdict::kIncomplete);
}

TEST(DeterminismRule, AnAnswerOfNulBytesIsComparedWhole) {
  const AcceptedAnswer accepted = Accepted(CaseOf({std::string("a\0b", 3)}));
  const DeterminismFinding finding = JudgeAnswers(CaseOf({std::string("a\0c", 3)}), &accepted, 1);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_EQ(finding.difference->character, 2U);
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/pair_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

run::Run Side(const std::vector<std::string>& answers, const std::string& fingerprint = "f",
              const std::string& model = RunBuilder::kModel) {
  RunBuilder builder;
  builder.Repetitions(static_cast<std::int64_t>(answers.size())).Case("p", model).Fingerprint(fingerprint);
  for (const std::string& answer : answers) {
    SampleSpec sample;
    sample.text = answer;
    builder.Add(sample);
  }
  return builder.Build();
}

DeterminismFinding Judge(const run::Run& base, const run::Run& head,
                         DeterminismLevel level = DeterminismLevel::kExact) {
  CasePolicy policy;
  policy.determinism = level;
  return JudgePairedAnswers(PairedRuns::Entry{&base.cases[0], &head.cases[0]},
                            static_cast<std::int64_t>(head.cases[0].samples.size()), policy);
}

TEST(PairAnswers, TheSameAnswerIsUnchanged) {
  const DeterminismFinding finding = Judge(Side({"a", "a"}), Side({"a", "a"}));
  EXPECT_EQ(finding.verdict, AnswerVerdict::kUnchanged);
  EXPECT_TRUE(finding.gates);
  EXPECT_TRUE(finding.reason.empty());
  EXPECT_FALSE(finding.accepted.has_value());
}

TEST(PairAnswers, AnotherAnswerIsChangedInTheWordsOfAPair) {
  const DeterminismFinding finding = Judge(Side({"Paris.", "Paris."}), Side({"Lyon.", "Lyon."}));
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_EQ(finding.reason, "the answer is not the base's");
  EXPECT_TRUE(finding.gates);
  ASSERT_TRUE(finding.difference.has_value());
  EXPECT_EQ(finding.difference->old_text, "Paris.");
  EXPECT_EQ(finding.difference->new_text, "Lyon.");
}

TEST(PairAnswers, AHeadThatDisagreesWithItselfIsNondeterministic) {
  const DeterminismFinding finding = Judge(Side({"a", "a", "a"}), Side({"a", "b", "a"}));
  EXPECT_EQ(finding.verdict, AnswerVerdict::kNondeterministic);
  EXPECT_EQ(finding.reason, "2 different answers in 3 repetitions of one request, the base gave one");
}

TEST(PairAnswers, AnotherRequestDecidesNothingAndIsShown) {
  const DeterminismFinding finding = Judge(Side({"a"}, "seed 1"), Side({"b"}, "no seed"));
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_FALSE(finding.gates);
  EXPECT_THAT(finding.notes, ElementsAre(HasSubstr("different requests")));
}

TEST(PairAnswers, AnotherVariantDecidesNothingAndIsShown) {
  const DeterminismFinding finding = Judge(Side({"a"}), Side({"b"}, "f", "tiny-generic-cpu:1"));
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_FALSE(finding.gates);
  EXPECT_THAT(finding.notes, ElementsAre(HasSubstr("different variants")));
}

TEST(PairAnswers, ThePolicyCanSwitchThemOff) {
  EXPECT_FALSE(Judge(Side({"a"}), Side({"b"}), DeterminismLevel::kOff).gates);
}

TEST(PairAnswers, ABaseThatWaversAllowsAnyOfItsAnswers) {
  const DeterminismFinding finding = Judge(Side({"a", "b", "a"}), Side({"b", "b", "b"}));
  EXPECT_EQ(finding.verdict, AnswerVerdict::kUnchanged);
  EXPECT_FALSE(finding.difference.has_value());
  EXPECT_THAT(finding.notes, ElementsAre(HasSubstr("the base gave 2 different answers")));
}

TEST(PairAnswers, ABaseThatWaversDoesNotAllowAThirdAnswer) {
  const DeterminismFinding finding = Judge(Side({"a", "b", "a"}), Side({"c", "c", "c"}));
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(finding.reason, HasSubstr("the base gave 2 different answers"));
}

TEST(PairAnswers, WhereBothWaverThereIsNothingToHoldTheHeadAgainst) {
  const DeterminismFinding finding = Judge(Side({"a", "b", "a"}), Side({"a", "b", "b"}));
  EXPECT_EQ(finding.verdict, AnswerVerdict::kNotCompared);
  EXPECT_EQ(AsVerdict(finding.verdict), Verdict::kCannotTell);
  EXPECT_TRUE(finding.gates);  // never a silent pass
  EXPECT_THAT(finding.reason, HasSubstr("the head 2"));
}

}  // namespace
}  // namespace assay::compare

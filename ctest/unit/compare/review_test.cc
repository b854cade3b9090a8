// SPDX-License-Identifier: MIT
#include "tools/compare/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::compare {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kSha = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const std::string kCase = "chat/ember-mini-generic-cpu:1/capital/stream:on/max_tokens:64";

TEST(Rejections, TheKeptExampleIsReadAndWrittenAsItIs) {
  const auto folder = *base::TemporaryDirectory::Create("assay-review");
  const std::string kept = *base::ReadFile(std::string(ASSAY_TEST_DATA_DIR) + "/golden/compare/review_v1.json");
  ASSERT_TRUE(base::WriteFileAtomically(folder.path() / "review.json", kept).ok());
  const auto rejections = Rejections::Read(folder.path());
  ASSERT_TRUE(rejections.ok()) << rejections.error().Message();
  EXPECT_TRUE(rejections->Has({kCase, kSha}));
  EXPECT_FALSE(rejections->Has({kCase, "another answer"}));
  EXPECT_FALSE(rejections->Has({"another case", kSha}));
  EXPECT_FALSE(rejections->Has({kCase, kSha, "", "automatic 0.5 of accepted 1.0"}));
  EXPECT_TRUE(rejections->Has({"a probe", "", "ignored"}));
  EXPECT_FALSE(rejections->Has({"a probe", "", "obeyed"}));
  EXPECT_TRUE(rejections->Has({"scores", kSha, "", "automatic 0.5 of accepted 1.0"}));
  ASSERT_TRUE(rejections->Write().ok());
  EXPECT_EQ(*base::ReadFile(folder.path() / "review.json"), kept);
}

TEST(Rejections, OfACaseTheLastOneHolds) {
  const auto folder = *base::TemporaryDirectory::Create("assay-review");
  Rejections rejections = *Rejections::Read(folder.path());  // no file is no rejection
  EXPECT_TRUE(rejections.entries().empty());
  rejections.Add({kCase, "one", "", "", "2026-03-02T12:00:00Z"});
  rejections.Add({kCase, "two", "", "", "2026-03-03T12:00:00Z"});
  EXPECT_FALSE(rejections.Has({kCase, "one"}));
  EXPECT_TRUE(rejections.Has({kCase, "two"}));
  EXPECT_TRUE(rejections.Remove(kCase));
  EXPECT_FALSE(rejections.Remove(kCase));
}

TEST(Rejections, WhatIsNoReviewFileIsAnErrorWithItsPlace) {
  const auto folder = *base::TemporaryDirectory::Create("assay-review");
  const auto error_of = [&](const std::string& text) {
    EXPECT_TRUE(base::WriteFileAtomically(folder.path() / "review.json", text).ok());
    const auto read = Rejections::Read(folder.path());
    return read.ok() ? std::string("none") : read.error().Message();
  };
  EXPECT_THAT(error_of("{"), HasSubstr("review.json:1:"));
  EXPECT_THAT(error_of(R"({"schema_version": 2, "rejected": []})"), HasSubstr("schema_version"));
  EXPECT_THAT(error_of(R"({"schema_version": 1, "rejected": [{"case": "a", "at": "b"}]})"),
              AllOf(HasSubstr("should say with 'answer_sha256', 'probe' or 'scores'"),
                    HasSubstr("review.json, $.rejected[0]")));
  EXPECT_THAT(error_of(R"({"schema_version": 1, "rejected": [], "accepted": []})"), HasSubstr("'accepted'"));
}

CaseComparison Answered(AnswerVerdict verdict, DeterminismLevel level = DeterminismLevel::kExact) {
  CaseComparison one;
  one.answers.emplace();
  one.answers->verdict = verdict;
  one.answers->level = level;
  one.answers->shares = {AnswerShare{kSha, 2, 0, "Paris."}};
  return one;
}

TEST(NeedsReview, WhatAPersonCanDecide) {
  for (const AnswerVerdict verdict : {AnswerVerdict::kChanged, AnswerVerdict::kNondeterministic, AnswerVerdict::kNew,
                                      AnswerVerdict::kRequestChanged}) {
    EXPECT_TRUE(NeedsReview(Answered(verdict))) << ToString(verdict);
    EXPECT_TRUE(QuestionOf(Answered(verdict)).SameQuestion({"", kSha}));
  }
  for (const AnswerVerdict verdict :
       {AnswerVerdict::kUnchanged, AnswerVerdict::kIncomplete, AnswerVerdict::kNotCompared}) {
    EXPECT_FALSE(NeedsReview(Answered(verdict))) << ToString(verdict);
  }
  EXPECT_FALSE(NeedsReview(Answered(AnswerVerdict::kNew, DeterminismLevel::kOff)));
  EXPECT_FALSE(NeedsReview(CaseComparison{}));
  CaseComparison failed = Answered(AnswerVerdict::kNew);
  failed.status = CaseStatus::kFailed;
  EXPECT_FALSE(NeedsReview(failed));
}

TEST(NeedsReview, WhatAProbeFound) {
  CaseComparison one = Answered(AnswerVerdict::kChanged);
  one.answers->shares.clear();
  one.answers->probe.emplace();
  one.answers->probe->result = run::ProbeResult::kIgnored;
  EXPECT_TRUE(NeedsReview(one));
  EXPECT_FALSE(OnlyScores(one));
  EXPECT_TRUE(QuestionOf(one).SameQuestion({"", "", "ignored"}));
  one.answers->verdict = AnswerVerdict::kNew;
  EXPECT_TRUE(NeedsReview(one));
  one.answers->verdict = AnswerVerdict::kUnchanged;
  EXPECT_FALSE(NeedsReview(one));
}

TEST(NeedsReview, AScoreThatFellOrCannotBeCompared) {
  QualityFinding score;
  score.mean = 0.5;
  score.accepted_mean = 1;
  score.n = score.accepted_n = 4;
  score.comparable = score.decides = true;
  score.verdict = Verdict::kRegressed;
  CaseComparison one = Answered(AnswerVerdict::kUnchanged);
  one.quality = {score};
  EXPECT_TRUE(NeedsReview(one));
  EXPECT_TRUE(OnlyScores(one));
  EXPECT_TRUE(QuestionOf(one).SameQuestion({"", kSha, "", "automatic 0.5 of accepted 1.0"}));
  // Where the answer is another one that is the question, with whatever scores.
  one.answers->verdict = AnswerVerdict::kChanged;
  EXPECT_FALSE(OnlyScores(one));
  EXPECT_TRUE(QuestionOf(one).SameQuestion({"", kSha}));

  QualityFinding other = score;
  other.verdict = Verdict::kCannotTell;
  other.decides = other.comparable = false;
  EXPECT_TRUE(NeedsReview(other));
  other.mean.reset();  // expects nothing any more
  EXPECT_TRUE(NeedsReview(other));
  other.source = run::ScoreSource::kHuman;  // nobody marked
  EXPECT_FALSE(NeedsReview(other));
  QualityFinding chance = score;
  chance.verdict = Verdict::kCannotTell;
  chance.decides = false;
  EXPECT_FALSE(NeedsReview(chance)) << "nothing that accepting would settle";
  QualityFinding first = other;
  first.mean = 1;
  first.accepted_n = 0;
  EXPECT_FALSE(NeedsReview(first));
  score.gates = false;
  EXPECT_FALSE(NeedsReview(score));
  score.gates = true;
  score.verdict = Verdict::kImproved;
  EXPECT_FALSE(NeedsReview(score));
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// Answers from runs and baseline files on disk to verdicts: levels of the policy, accepted counts, another version of a
// variant, what else is in flight, confidential prompts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "fixtures/run/case_id.h"
#include "tools/compare/accept.h"
#include "tools/compare/baseline_store.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class AnswersComparison : public ::testing::Test {
 protected:
  AnswersComparison() : folder_(*base::TemporaryDirectory::Create("assay-answers")), policy_(DefaultPolicy()) {
    selection_.question = Question::kDeterminism;
  }

  // A run of one prompt with `same` times "Paris." and `others` times another answer.
  static RunBuilder Answering(int same, int others = 0, const std::string& day = "01",
                              const std::string& model = RunBuilder::kModel) {
    RunBuilder builder;
    builder.StartedAt("2026-03-" + day + "T12:00:00Z").Repetitions(same + others).Case("capital", model);
    for (int i = 0; i < same + others; ++i) {
      SampleSpec sample;
      sample.text = i < same ? "Paris." : "Lyon.";
      builder.Add(sample);
    }
    return builder;
  }
  static run::Run Made(const RunBuilder& builder) { return builder.Build(); }
  void AcceptAnswers(run::Run run) {
    AcceptRequest request{folder_.path(), "because", "2026-03-09T13:00:00Z", true, false, {}, policy_};
    const auto summary = Accept(*RunSet::Create({std::move(run)}), request);
    ASSERT_TRUE(summary.ok()) << summary.error().Message();
  }
  AcceptedAnswer Accepted(const std::string& model = RunBuilder::kModel) {
    return (*ReadOutputs(OutputsPath(folder_.path(), model), model))->cases.begin()->second;
  }
  Comparison Judged(run::Run run, std::vector<run::Run> second = {}) {
    const RunSet set = *RunSet::Create({std::move(run)});
    std::optional<RunSet> again;
    if (!second.empty()) again = *RunSet::Create(std::move(second));
    const std::vector<std::filesystem::path> folders = {folder_.path()};
    base::Result<Comparison> comparison =
        Compare({&set, again ? &*again : nullptr, folders, &policy_, selection_, "2026-04-02"}, GateRule());
    EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
    return std::move(comparison).value();
  }
  static const DeterminismFinding& First(const Comparison& comparison) { return *comparison.cases.front().answers; }

  base::TemporaryDirectory folder_;
  Policy policy_;
  Selection selection_;
};

TEST_F(AnswersComparison, RatesAreCountedOverAllAcceptedRuns) {
  policy_.determinism = DeterminismLevel::kRate;
  AcceptAnswers(Made(Answering(20, 0, "01")));
  EXPECT_EQ(Accepted().seen, (SeenAnswers{20, 0}));
  AcceptAnswers(Made(Answering(19, 1, "02")));
  EXPECT_EQ(Accepted().seen, (SeenAnswers{39, 1}));
  AcceptAnswers(Made(Answering(19, 1, "02")));  // the same run once more
  EXPECT_EQ(Accepted().seen, (SeenAnswers{39, 1}));
  // 1 of 20 against 1 of 40 is no news, 5 of 20 are: p = 0.0131 by hand, C(40,1) C(20,5) / C(60,6) + C(20,6) / C(60,6).
  EXPECT_EQ(Judged(Made(Answering(19, 1, "03"))).exit_code, 0);
  const Comparison worse = Judged(Made(Answering(15, 5, "03")));
  EXPECT_EQ(First(worse).verdict, AnswerVerdict::kNondeterministic);
  EXPECT_NEAR(*First(worse).rate->p, 0.013161, 1e-6);
  EXPECT_EQ(worse.exit_code, 1);
}

TEST_F(AnswersComparison, CountsPastAllMeasureAreRefused) {
  policy_.determinism = DeterminismLevel::kRate;
  AcceptAnswers(Made(Answering(20)));
  const std::filesystem::path path = OutputsPath(folder_.path(), RunBuilder::kModel);
  std::string text = *base::ReadFile(path);
  text.replace(text.find("\"same\": 20"), 10, "\"same\": 10000000000000");
  ASSERT_TRUE(base::WriteFileAtomically(path, text).ok());
  const auto outputs = ReadOutputs(path, RunBuilder::kModel);
  ASSERT_FALSE(outputs.ok());
  EXPECT_THAT(outputs.error().Message(), HasSubstr("counts should be from 0 to 1000000000"));
}

TEST_F(AnswersComparison, ARunThatWaversIsAcceptedAtRateOnly) {
  const AcceptRequest request{folder_.path(), "because", "2026-03-09T13:00:00Z", true, false, {}, policy_};
  const auto refused = Accept(*RunSet::Create({Made(Answering(19, 1))}), request);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().Message(), HasSubstr("nondeterministic: 2 different answers in 20 repetitions"));
}

TEST_F(AnswersComparison, ACaseRuleHasItsOwnLevel) {
  AcceptAnswers(Made(Answering(2)));
  run::Run other = Made(Answering(0, 2, "02"));
  EXPECT_EQ(Judged(other).exit_code, 1);
  CaseRule rule;
  rule.match = "*/capital/*";
  rule.determinism = *ParseDeterminismLevel("similar:0.1");  // "Paris." and "Lyon." share the end of a sentence
  policy_.cases.push_back(rule);
  const Comparison comparison = Judged(other);
  EXPECT_EQ(First(comparison).verdict, AnswerVerdict::kUnchanged);
  EXPECT_EQ(ToString(First(comparison).level), "similar:0.1");
  EXPECT_LT(*First(comparison).similarity, 0.5);
}

TEST_F(AnswersComparison, AnotherAnswerOfANewVersionHasChangedAndSaysSo) {
  const std::string before = "ember-mini-generic-cpu:1";
  const std::string after = "ember-mini-generic-cpu:2";
  AcceptAnswers(Made(Answering(2, 0, "01", before)));
  const Comparison changed = Judged(Made(Answering(0, 2, "02", after)));
  EXPECT_EQ(First(changed).verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(First(changed).causes, Contains("the model's version: " + before + " -> " + after));
  EXPECT_TRUE(First(changed).difference.has_value());
  EXPECT_EQ(changed.exit_code, 1);
  const Comparison same = Judged(Made(Answering(2, 0, "02", after)));
  EXPECT_EQ(First(same).verdict, AnswerVerdict::kNew);
  EXPECT_THAT(First(same).reason, HasSubstr("accepted of " + before + " only, and still the same answer"));
}

TEST_F(AnswersComparison, OfSeveralVersionsTheNewestOlderOneCounts) {
  for (const char* version : {"1", "3", "9"}) {
    AcceptAnswers(Made(Answering(1, 0, "01", std::string("ember-x:") + version)));
  }
  const Comparison changed = Judged(Made(Answering(0, 1, "02", "ember-x:4")));
  EXPECT_THAT(First(changed).causes, Contains("the model's version: ember-x:3 -> ember-x:4"));
}

TEST_F(AnswersComparison, AFileThatOnlyLooksLikeAnotherVersionIsNone) {
  AcceptAnswers(Made(Answering(1, 0, "01", "ember-x-3")));  // its file is called ember-x-3.json, too
  EXPECT_EQ(First(Judged(Made(Answering(0, 1, "02", "ember-x:4")))).verdict, AnswerVerdict::kNew);
}

TEST_F(AnswersComparison, WhatElseChangedIsNamedNextToTheVerdict) {
  run::Run before = Made(Answering(2));
  before.info.service.version = "1.2.0";
  AcceptAnswers(before);
  run::Run after = Made(Answering(0, 2, "02"));
  after.info.service.version = "1.3.0";
  after.cases[0].plan.execution_provider = "CUDAExecutionProvider";
  const Comparison comparison = Judged(after);
  ASSERT_EQ(First(comparison).causes.size(), 1U);  // the execution provider of before is not known
  EXPECT_THAT(First(comparison).causes[0], HasSubstr("1.2.0 -> "));
  EXPECT_THAT(First(comparison).causes[0], HasSubstr("1.3.0"));
  // Nothing is blamed for an answer that did not change.
  run::Run same = Made(Answering(2, 0, "02"));
  same.info.service.version = "1.3.0";
  EXPECT_TRUE(First(Judged(same)).causes.empty());
}

TEST_F(AnswersComparison, AnotherRequestIsNamedAndNoRegression) {
  run::Run before = Made(Answering(2));
  before.cases[0].plan.request = run::JsonObject{{"temperature", 0}, {"messages", run::JsonArray{}}};
  AcceptAnswers(before);
  run::Run after = Made(Answering(0, 2, "02"));
  after.cases[0].plan.request = run::JsonObject{{"temperature", 0.7}, {"messages", run::JsonArray{}}};
  after.cases[0].plan.fingerprint = "another";
  const Comparison comparison = Judged(after);
  EXPECT_EQ(First(comparison).verdict, AnswerVerdict::kRequestChanged);
  EXPECT_THAT(First(comparison).reason, HasSubstr(": temperature 0 -> 0.7"));
  EXPECT_EQ(comparison.exit_code, 3);
}

TEST_F(AnswersComparison, WhatIsInFlightIsNamedWhereAskedAloneItIsUnchanged) {
  const auto both = [](const std::string& under_load, const std::string& day) {
    RunBuilder builder;
    SampleSpec alone;
    alone.text = "Paris.";
    SampleSpec loaded;
    loaded.text = under_load;
    run::Scenario scenario;
    scenario.concurrency = 4;
    builder.StartedAt("2026-03-" + day + "T12:00:00Z").Repetitions(1);
    builder.Case("capital").Add(alone).Case("capital").Scenario(scenario).Add(loaded);
    return builder.Build();
  };
  AcceptAnswers(both("Paris.", "01"));
  const Comparison comparison = Judged(both("Lyon.", "02"));
  ASSERT_EQ(comparison.cases.size(), 2U);
  EXPECT_EQ(comparison.cases[0].answers->verdict, AnswerVerdict::kUnchanged);
  EXPECT_EQ(comparison.cases[1].answers->verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(comparison.cases[1].answers->notes,
              Contains("asked alone it is unchanged: the answer depends on what else is in flight"));
}

TEST_F(AnswersComparison, OfAConfidentialPromptTheBaselineHasHashesOnly) {
  const auto hashed = [](run::Run run) {
    run.cases[0].plan.store_hash = true;
    run.cases[0].plan.request = run::JsonObject{{"messages", run::JsonArray{"Where is it?"}}, {"seed", 7}};
    for (auto& [sha256, answer] : run.cases[0].answers) {
      answer.compared_sha256 = sha256;
      answer.kept = false;
      answer.text.clear();
    }
    return run;
  };
  AcceptAnswers(hashed(Made(Answering(2))));
  const auto file = base::ReadFile(OutputsPath(folder_.path(), RunBuilder::kModel));
  EXPECT_THAT(*file, Not(HasSubstr("Paris")));
  EXPECT_THAT(*file, Not(HasSubstr("Where is it?")));
  EXPECT_THAT(*file, HasSubstr("messages_sha256"));
  EXPECT_EQ(Judged(hashed(Made(Answering(2, 0, "02")))).exit_code, 0);
  const Comparison changed = Judged(hashed(Made(Answering(0, 2, "02"))));
  EXPECT_EQ(First(changed).verdict, AnswerVerdict::kChanged);
  EXPECT_FALSE(First(changed).difference.has_value());
}

TEST_F(AnswersComparison, TenThousandAnswersOfOneCaseAreCountedAndFewAreHeld) {
  RunBuilder builder;
  builder.Repetitions(10000).Case("capital");
  for (int i = 0; i < 10000; ++i) {
    SampleSpec sample;
    sample.text = "answer " + std::to_string(i);
    builder.Add(sample);
  }
  const Comparison comparison = Judged(builder.Build());
  EXPECT_EQ(First(comparison).verdict, AnswerVerdict::kNondeterministic);
  ASSERT_EQ(First(comparison).shares.size(), 10000U);
  std::size_t with_text = 0;
  for (const AnswerShare& share : First(comparison).shares) with_text += share.has_text ? 1 : 0;
  EXPECT_EQ(with_text, kShareTexts);
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// What a report says of a variant that moved apart from the others. The comparisons are made by hand; that they come
// out like this is tested in unit/compare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "ctest/support/run_builder.h"
#include "ctest/unit/report/golden.h"
#include "fixtures/run/json.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/decision_text.h"
#include "tools/report/suite_text.h"
#include "tools/report/verdict_json.h"

namespace assay::report {
namespace {

using assay::testing::ExpectGolden;
using assay::testing::RunBuilder;
using compare::Comparison;
using compare::FamilyKind;
using compare::SuiteFinding;
using compare::SuiteVerdict;
using compare::Verdict;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr const char* kSlower = "tiny-generic-cpu:1";

compare::CaseComparison Case(const std::string& prompt, const std::string& model) {
  compare::CaseComparison one;
  one.id = RunBuilder::CaseIdOf(prompt, model);
  one.model = one.alias = model;
  one.prompt = prompt;
  one.facts.counting = 20;
  one.facts.planned = 20;
  compare::LatencyFinding finding;
  finding.metric = run::FindMetric("tpot_ms");
  finding.kind = FamilyKind::kDecode;
  finding.verdict = Verdict::kUnchanged;
  finding.base_median = 20;
  finding.head_median = model == kSlower ? 26.1 : 20.1;
  finding.change = 0.004;
  finding.p = 0.4;
  finding.p_adjusted = 1;
  finding.mde = 0.07;
  finding.family = 44;
  finding.n_head = 20;
  finding.n_base = 100;
  finding.sessions = 5;
  one.latency = {finding};
  one.latency_verdict = one.verdict = Verdict::kUnchanged;
  one.latency_decides = one.decides = true;
  compare::DeterminismFinding answers;
  answers.verdict = compare::AnswerVerdict::kUnchanged;
  answers.n = 20;
  one.answers = answers;
  one.answers_verdict = Verdict::kUnchanged;
  one.answers_decide = true;
  return one;
}

SuiteFinding Variant(const std::string& model, SuiteVerdict verdict, double change, double others) {
  SuiteFinding one;
  one.kind = FamilyKind::kDecode;
  one.variant = model;
  one.verdict = verdict;
  one.cases = one.anchors = 22;
  one.sessions = 5;
  one.change = change;
  one.anchor_change = others;
  one.beyond_anchors = (1 + change) / (1 + others) - 1;
  one.beyond_lower = *one.beyond_anchors - 0.03;
  one.beyond_upper = *one.beyond_anchors + 0.03;
  one.beyond_p = 0.00001;
  one.mde = 0.041;
  return one;
}

Comparison OneModelSlower() {
  Comparison comparison;
  comparison.environment = RunBuilder().Case("a").Build().info.environment;
  comparison.policy_source = "built-in defaults";
  comparison.alpha = 0.05;
  comparison.cases = {Case("capital", RunBuilder::kModel), Case("capital", kSlower)};
  SuiteFinding all;
  all.kind = FamilyKind::kDecode;
  all.verdict = SuiteVerdict::kUnchanged;
  all.change = 0.004;
  all.cases = 44;
  all.sessions = 5;
  SuiteFinding same = Variant(RunBuilder::kModel, SuiteVerdict::kUnchanged, 0.004, 0.306);
  SuiteFinding slower = Variant(kSlower, SuiteVerdict::kSuiteRegression, 0.306, 0.004);
  slower.decides = true;
  slower.beyond_again = 0.29;
  comparison.suite = {all, same, slower};
  comparison.cases_in_family = 44;
  comparison.latency_baseline = true;
  comparison.verdict = Verdict::kRegressed;
  comparison.exit_code = 1;
  return comparison;
}

TEST(VariantReports, TheOneThatGotSlowerHasALineAndDecides) {
  std::ostringstream out;
  WriteComparisonTerminal(OneModelSlower(), {}, out);
  ExpectGolden("variant_regression.txt", out.str());
  EXPECT_THAT(out.str(), HasSubstr("decided by: suite_regression of decode of tiny-generic-cpu:1\n"));
  std::ostringstream markdown;
  WriteComparisonMarkdown(OneModelSlower(), markdown);
  EXPECT_THAT(markdown.str(), HasSubstr("this variant got slower"));
}

TEST(VariantReports, WhatDidAsTheOthersTakesNoLine) {
  Comparison comparison = OneModelSlower();
  EXPECT_EQ(SuiteLines(comparison).size(), 2U);
  comparison.suite[1].reason = "no faster than their baseline: the other cases got slower";
  EXPECT_THAT(SuiteLines(comparison)[1],
              EndsWith("could have seen +4.1 %: unchanged: no faster than their baseline: the other cases got slower"));
}

TEST(VariantReports, WhoMovedCannotBeTold) {
  Comparison comparison = OneModelSlower();
  comparison.suite[2] = Variant(kSlower, SuiteVerdict::kSuiteShift, 0.03, -0.2);
  comparison.suite[2].why_no_anchors = "whether these cases got slower, or the others faster, cannot be told";
  comparison.suite[2].gates = false;
  EXPECT_THAT(SuiteLines(comparison)[1],
              EndsWith("suite_shift, slower; whether these cases got slower, or the others faster, cannot be told "
                       "(shown, decides nothing)"));
}

TEST(VariantReports, AProgramReadsWhoseItIs) {
  std::ostringstream out;
  WriteVerdictJson(OneModelSlower(), out);
  const auto json = run::ParseJson(out.str(), "verdict.json");
  ASSERT_TRUE(json.ok());
  const run::JsonArray& suite = *json->Find("suite")->as_array();
  EXPECT_TRUE(suite[0].Find("variant")->is_null());
  EXPECT_EQ(*suite[2].Find("variant")->as_string(), kSlower);
  EXPECT_EQ(suite[2].Find("beyond_again")->as_number(), 0.29);
}

TEST(VariantReports, TooNoisySaysWhatToDo) {
  Comparison comparison = OneModelSlower();
  compare::LatencyFinding& finding = comparison.cases[0].latency[0];
  finding.verdict = Verdict::kCannotTell;
  finding.code = compare::LatencyReason::kTooNoisy;
  EXPECT_THAT(NextStepLines(comparison),
              ElementsAre(AllOf(HasSubstr("cannot_tell of 1 case, too_noisy: ask more often"),
                                HasSubstr("accept more sessions"))));
  comparison.pair.emplace();
  EXPECT_THAT(NextStepLines(comparison), ElementsAre(HasSubstr("ask more often, restart more often")));
}

}  // namespace
}  // namespace assay::report

// SPDX-License-Identifier: MIT
// What a report says of a variant that moved apart from the others. The comparisons are made by hand; that they come
// out like this is tested in unit/compare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/report/golden.h"
#include "ctest/unit/report/made_comparisons.h"
#include "tools/report/decision_text.h"
#include "tools/report/suite_text.h"

namespace assay::report {
namespace {

using assay::testing::ExpectGolden;
using namespace made;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr const char* kSlower = "tiny-generic-cpu:1";

CaseComparison CaseOf(const std::string& model) {
  CaseComparison one = Case("capital", Verdict::kUnchanged, 0.004);
  one.id = RunBuilder::CaseIdOf(one.prompt, model);
  one.model = one.alias = model;
  one.latency.erase(one.latency.begin());  // decode alone
  one.latency[0].head_median = model == kSlower ? 26.1 : 20.1;
  one.latency[0].family = 44;
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
  Comparison comparison = Unchanged();
  comparison.cases = {CaseOf(RunBuilder::kModel), CaseOf(kSlower)};
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
  const std::string text = Terminal(OneModelSlower());
  ExpectGolden("variant_regression.txt", text);
  EXPECT_THAT(text, HasSubstr("decided by: suite_regression of decode of tiny-generic-cpu:1\n"));
  EXPECT_THAT(Markdown(OneModelSlower()), HasSubstr("this variant got slower"));
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
  const run::Json json = Verdicts(OneModelSlower());
  const run::JsonArray& suite = *json.Find("suite")->as_array();
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

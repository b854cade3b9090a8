// SPDX-License-Identifier: MIT
// Which flags matter under which policy, and what they do to verdicts.
#include "tools/compare/validity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "ctest/unit/compare/rest_cases.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

using assay::testing::AddRest;
using assay::testing::kRest;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

base::Result<ValidityPolicy> Parse(const std::string& text) {
  return ParseValidity(*run::ParseJson(text, "policy.json"), "policy.json");
}

run::Flag Raised(const std::string& name, double figure, double limit, const std::string& case_id = "") {
  return run::Flag{name, case_id, figure, "share", limit, true, "a sentence"};
}

run::Run RunWith(const run::Flag& flag) {
  RunBuilder builder;
  builder.Case("capital").AddRamp(2, 100, 1).Flag(flag);
  return builder.Build("build/run");
}

TEST(Validity, FourFlagsSpoilAVerdictByDefault) {
  std::vector<std::string> spoiling;
  for (const auto& [name, rule] : DefaultValidity().rules) {
    EXPECT_FALSE(rule.limit.has_value()) << name;
    if (rule.effect == FlagEffect::kCannotTell) spoiling.push_back(name);
  }
  EXPECT_THAT(spoiling, ElementsAre("client_cpu_share", "overloaded", "power_changed", "schedule_lag"));
  EXPECT_EQ(DefaultValidity().rules.size(), 11U);
}

TEST(Validity, TakesAWordOrAnObject) {
  const auto policy = Parse(R"({"machine_busy": "cannot_tell", "drift": {"effect": "cannot_tell", "limit": 0.2},
                                "schedule_lag": {"limit": 0}, "overloaded": {"effect": "report"}})");
  ASSERT_TRUE(policy.ok()) << policy.error().Message();
  EXPECT_EQ(policy->For("machine_busy").effect, FlagEffect::kCannotTell);
  EXPECT_EQ(policy->For("machine_busy").limit, std::nullopt);
  EXPECT_EQ(policy->For("drift").limit, 0.2);
  EXPECT_EQ(policy->For("drift").effect, FlagEffect::kCannotTell);
  // A limit alone leaves the effect as it is.
  EXPECT_EQ(policy->For("schedule_lag").limit, 0.0);
  EXPECT_EQ(policy->For("schedule_lag").effect, FlagEffect::kCannotTell);
  EXPECT_EQ(policy->For("overloaded").effect, FlagEffect::kReport);
  EXPECT_EQ(policy->For("power_changed").effect, FlagEffect::kCannotTell);  // not stated
}

struct Refused {
  const char* name;
  const char* text;
  const char* message;
};
class ValidityRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(ValidityRefuses, NamingTheKey) {
  const auto policy = Parse(GetParam().text);
  ASSERT_FALSE(policy.ok());
  EXPECT_EQ(policy.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(policy.error().Message(), HasSubstr(GetParam().message));
  EXPECT_THAT(policy.error().Message(), HasSubstr("policy.json"));
}

INSTANTIATE_TEST_SUITE_P(
    , ValidityRefuses,
    ::testing::Values(
        Refused{"NoObject", "[]", "$.validity: should be an object, found an array"},
        Refused{"UnknownFlag", R"({"machine_bussy": "report"})", "$.validity.machine_bussy: there is no such flag"},
        Refused{"HostileFlag", R"({"\u001b[2J": "report"})", "$.validity.\\x1B[2J"},
        Refused{"UnknownWord", R"({"drift": "warn"})", "should be \"cannot_tell\" or \"report\", found 'warn'"},
        Refused{"UnknownEffect", R"({"drift": {"effect": "fail"}})", "$.validity.drift.effect"},
        Refused{"NoWord", R"({"drift": true})", "or an object with effect and limit, found a boolean"},
        Refused{"ChangesNothing", R"({"drift": {}})", "changes nothing"},
        Refused{"NegativeLimit", R"({"drift": {"limit": -0.1}})", "$.validity.drift.limit: should be 0 or more"},
        Refused{"LimitNoNumber", R"({"drift": {"limit": "0.1"}})", "$.validity.drift.limit"},
        Refused{"UnknownKey", R"({"drift": {"limits": 0.1}})", "unknown key 'limits'"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Validity, TheLimitOfThePolicyReplacesTheRuns) {
  ValidityPolicy policy = DefaultValidity();
  policy.rules["machine_busy"].limit = 0.3;
  JudgedFlag judged = JudgeFlags(RunWith(Raised("machine_busy", 0.23, 0.1)), policy).front();
  EXPECT_FALSE(judged.flag.raised);
  EXPECT_EQ(judged.flag.limit, 0.3);
  EXPECT_EQ(judged.run, "build/run");
  // A figure at the limit is not above it.
  EXPECT_FALSE(JudgeFlags(RunWith(Raised("machine_busy", 0.3, 0.1)), policy).front().flag.raised);
  policy.rules["machine_busy"].limit = 0.05;
  run::Flag quiet = Raised("machine_busy", 0.06, 0.1);
  quiet.raised = false;
  EXPECT_TRUE(JudgeFlags(RunWith(quiet), policy).front().flag.raised);
}

// Below the run's own limits, 0.15 and 0.05 for a queue that grows steadily, and above them.
TEST(Validity, TheLimitOfOverloadReplacesBothOfTheRuns) {
  ValidityPolicy policy = DefaultValidity();
  policy.rules["overloaded"].limit = 0.1;
  EXPECT_FALSE(JudgeFlags(RunWith(Raised("overloaded", 0.08, 0.05)), policy).front().Spoils());
  run::Flag held = Raised("overloaded", 0.12, 0.15);
  held.raised = false;
  const JudgedFlag judged = JudgeFlags(RunWith(held), policy).front();
  EXPECT_TRUE(judged.Spoils());
  EXPECT_EQ(FlagFigure(judged.flag), "overloaded 12 % (limit 10 %)");
  // A rate that was held has the figure 0: no limit raises it.
  policy.rules["overloaded"].limit = 0;
  held.figure = 0;
  EXPECT_FALSE(JudgeFlags(RunWith(held), policy).front().flag.raised);
}

TEST(Validity, WhatCouldNotBeToldIsNotRaisedByALimit) {
  ValidityPolicy policy = DefaultValidity();
  policy.rules["machine_busy"] = FlagRule{FlagEffect::kCannotTell, 0.0};
  run::Flag untold = Raised("machine_busy", 0, 0.1);
  untold.figure.reset();
  untold.raised = false;
  EXPECT_FALSE(JudgeFlags(RunWith(untold), policy).front().Spoils());
}

TEST(Validity, AFlagOfANewerProgramIsReported) {
  const JudgedFlag judged = JudgeFlags(RunWith(Raised("moon_phase", 1, 0.5)), DefaultValidity()).front();
  EXPECT_TRUE(judged.flag.raised);
  EXPECT_FALSE(judged.Spoils());
}

TEST(Validity, FiguresCarryTheirUnit) {
  EXPECT_EQ(FlagFigure(run::Flag{"machine_busy", "", 0.234, "share", 0.1, true, ""}),
            "machine_busy 23.4 % (limit 10 %)");
  EXPECT_EQ(FlagFigure(run::Flag{"schedule_lag", "", 12345.6, "ms", 5, true, ""}),
            "schedule_lag 12346 ms (limit 5 ms)");
  EXPECT_EQ(FlagFigure(run::Flag{"throttled", "", 7, "count", 0, true, ""}), "throttled 7 (limit 0)");
  EXPECT_EQ(FlagFigure(run::Flag{"throttled", "", std::nullopt, "count", 0, true, ""}), "throttled");
}

class ComparedFlags : public ::testing::Test {
 protected:
  ComparedFlags() : temporary_(*base::TemporaryDirectory::Create("assay-validity")), policy_(DefaultPolicy()) {
    RunBuilder base;
    base.Repetitions(10).Case("capital").AddRamp(10, 100, 1).Case("code").AddRamp(10, 200, 1);
    Accepted(AddRest(base, 0), true);
  }
  void Accepted(const RunBuilder& builder, bool latency) {
    AcceptRequest request{temporary_.path(), "because", "2026-03-01T13:00:00Z", true, latency, {}, DefaultPolicy()};
    const auto summary = Accept(*RunSet::Create({builder.Build()}), request);
    ASSERT_TRUE(summary.ok()) << summary.error().Message();
  }
  // capital is half as slow again, code as it was.
  static RunBuilder Head(const SampleSpec& code = {}) {
    RunBuilder builder;
    builder.StartedAt("2026-03-02T12:00:00Z").Repetitions(10);
    builder.Case("capital").AddRamp(10, 150.25, 1).Case("code").AddRamp(10, 200.25, 1, code);
    return AddRest(builder);
  }
  Comparison Judged(std::vector<run::Run> runs) {
    const std::vector<std::filesystem::path> folders = {temporary_.path()};
    const RunSet set = *RunSet::Create(std::move(runs));
    auto comparison = Compare({&set, nullptr, folders, &policy_, {}, "2026-04-02"}, GateRule());
    EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
    return std::move(comparison).value();
  }
  Comparison Judged(const RunBuilder& builder) { return Judged({builder.Build()}); }

  base::TemporaryDirectory temporary_;
  Policy policy_;
};

TEST_F(ComparedFlags, WithoutThemTheSlowCaseFails) {
  const Comparison comparison = Judged(Head());
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_TRUE(comparison.flags.empty());
}

TEST_F(ComparedFlags, OneThatSpoilsTurnsEveryLatencyIntoCannotTellAndNamesItself) {
  const Comparison comparison = Judged(Head().Flag(Raised("client_cpu_share", 0.62, 0.5)));
  EXPECT_EQ(comparison.exit_code, 3);
  ASSERT_EQ(comparison.cases.size(), 2U + kRest);
  for (const CaseComparison& one : comparison.cases) {
    EXPECT_EQ(one.latency_verdict, Verdict::kCannotTell);
    EXPECT_EQ(one.answers_verdict, Verdict::kUnchanged);
    ASSERT_EQ(one.latency.size(), 3U);
    for (const LatencyFinding& finding : one.latency) {
      EXPECT_EQ(finding.code, LatencyReason::kRunNotValid);
      EXPECT_THAT(finding.reason, HasSubstr("client_cpu_share 62 % (limit 50 %)"));
      EXPECT_TRUE(finding.p.has_value());  // the numbers stay
    }
  }
  for (const SuiteFinding& suite : comparison.suite) {
    EXPECT_EQ(suite.verdict, SuiteVerdict::kNotJudged);
    EXPECT_THAT(suite.reason, HasSubstr("client_cpu_share 62 % (limit 50 %)"));
  }
  EXPECT_EQ(comparison.suite.size(), 3U);
  EXPECT_EQ(ToString(LatencyReason::kRunNotValid), "run_not_valid");
}

TEST_F(ComparedFlags, OneThatIsOnlyReportedDecidesNothing) {
  const Comparison comparison = Judged(Head().Flag(Raised("machine_busy", 0.9, 0.1)));
  EXPECT_EQ(comparison.exit_code, 1);
  ASSERT_EQ(comparison.flags.size(), 1U);
  EXPECT_FALSE(comparison.flags[0].Spoils());
}

TEST_F(ComparedFlags, OneThatIsNotRaisedDecidesNothing) {
  run::Flag held = Raised("client_cpu_share", 0.1, 0.5);
  held.raised = false;
  EXPECT_EQ(Judged(Head().Flag(held)).exit_code, 1);
}

TEST_F(ComparedFlags, OneOfACaseIsAboutThatCase) {
  const std::string code = RunBuilder::CaseIdOf("code");
  const Comparison other = Judged(Head().Flag(Raised("overloaded", 0.4, 0.15, code)));
  EXPECT_EQ(other.exit_code, 1);  // capital is still slower
  EXPECT_EQ(other.cases[0].latency_verdict, Verdict::kRegressed);
  EXPECT_EQ(other.cases[1].latency_verdict, Verdict::kCannotTell);
  const Comparison same = Judged(Head().Flag(Raised("overloaded", 0.4, 0.15, RunBuilder::CaseIdOf("capital"))));
  EXPECT_EQ(same.exit_code, 3);
  EXPECT_EQ(same.cases[1].latency_verdict, Verdict::kUnchanged);
}

TEST_F(ComparedFlags, ThePolicyDecidesWhatARaisedFlagDoes) {
  policy_.validity.rules["client_cpu_share"].effect = FlagEffect::kReport;
  EXPECT_EQ(Judged(Head().Flag(Raised("client_cpu_share", 0.62, 0.5))).exit_code, 1);
  policy_.validity.rules["machine_busy"] = FlagRule{FlagEffect::kCannotTell, 0.2};
  EXPECT_EQ(Judged(Head().Flag(Raised("machine_busy", 0.9, 0.1))).exit_code, 3);
  EXPECT_EQ(Judged(Head().Flag(Raised("machine_busy", 0.15, 0.1))).exit_code, 1);
}

TEST_F(ComparedFlags, AnswersAreJudgedAllTheSame) {
  SampleSpec lyon;
  lyon.text = "Lyon.";
  const Comparison comparison = Judged(Head(lyon).Flag(Raised("client_cpu_share", 0.62, 0.5)));
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_EQ(comparison.cases[1].answers->verdict, AnswerVerdict::kChanged);
}

TEST_F(ComparedFlags, AFailedCaseStaysAFailure) {
  RunBuilder head;
  head.StartedAt("2026-03-02T12:00:00Z").Repetitions(10);
  head.Case("capital").Failure("refused").Case("code").AddRamp(10, 200.25, 1);
  const Comparison comparison = Judged(AddRest(head).Flag(Raised("client_cpu_share", 0.62, 0.5)));
  EXPECT_EQ(comparison.exit_code, 1);
  EXPECT_EQ(comparison.cases[0].verdict, Verdict::kRegressed);
}

// What nobody accepted is reported as before: a bad run does not make the gate stricter than a good one.
TEST_F(ComparedFlags, AMissingBaselineKeepsItsOwnReason) {
  policy_.latency_no_baseline = NoBaseline::kReport;
  policy_.determinism_no_baseline = NoBaseline::kReport;
  RunBuilder head;
  head.StartedAt("2026-03-02T12:00:00Z").Repetitions(10).Cpu("another").Case("capital").AddRamp(10, 150.25, 1);
  head.Flag(Raised("client_cpu_share", 0.62, 0.5));
  policy_.validity.rules["client_cpu_share"].effect = FlagEffect::kCannotTell;
  const Comparison comparison = Judged(head);
  EXPECT_EQ(comparison.cases[0].latency[0].code, LatencyReason::kNoBaseline);
  EXPECT_FALSE(comparison.cases[0].latency_decides);
}

TEST_F(ComparedFlags, TheFlagOfOneRunSaysNothingOfAnother) {
  RunBuilder first;
  first.StartedAt("2026-03-02T12:00:00Z").Repetitions(10).Case("capital").AddRamp(10, 100.25, 1);
  RunBuilder second;
  second.StartedAt("2026-03-02T13:00:00Z").Repetitions(10).Case("code").AddRamp(10, 200.25, 1);
  AddRest(first);
  second.Flag(Raised("power_changed", 1, 0));
  const Comparison comparison = Judged({first.Build("first"), second.Build("second")});
  EXPECT_EQ(comparison.cases.front().latency_verdict, Verdict::kUnchanged);
  EXPECT_EQ(comparison.cases.back().prompt, "code");
  EXPECT_EQ(comparison.cases.back().latency_verdict, Verdict::kCannotTell);
}

// The statistics see every case, so a spoiled one does not change what is said of the others.
TEST_F(ComparedFlags, TheFamilyStaysAsItIs) {
  const Comparison comparison = Judged(Head().Flag(Raised("overloaded", 0.4, 0.15, RunBuilder::CaseIdOf("code"))));
  EXPECT_EQ(comparison.cases[0].latency[0].family, 2U + kRest);
}

}  // namespace
}  // namespace assay::compare

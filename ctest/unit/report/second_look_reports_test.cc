// SPDX-License-Identifier: MIT
// What people and programs are told of a second look: the commands it takes, and what came of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ctest/unit/report/golden.h"
#include "ctest/unit/report/made_comparisons.h"

namespace assay::report {
namespace {

using namespace made;
using assay::testing::ExpectGolden;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SecondLookReports, ASecondLookThatIsWorthTakingEndsWithItsCommands) {
  ExpectGolden("second_look_planned.txt",
               Terminal(SecondLookPlanned(),
                        {{"--run", "build/run", "--baselines", "my baselines", "--json", "v.json"}, "v.json"}));
}

TEST(SecondLookReports, WithoutAVerdictFileTheCommandThatWritesItComesFirst) {
  const std::string text = Terminal(SecondLookPlanned(), {{"--run=build/run", "--baselines", "b"}, ""});
  EXPECT_THAT(text,
              HasSubstr("judge both looks together:\n"
                        "  assay compare --run=build/run --baselines b --json verdict.json\n"
                        "  assay-bench --service=embedded --models=ember-mini-generic-cpu:1 --confirm=verdict.json "
                        "--run=build/run-again\n"
                        "  assay compare --run=build/run --baselines b --confirm build/run-again\n"));
  // Nobody said how it was asked: by what the comparison knows.
  EXPECT_THAT(Terminal(SecondLookPlanned()),
              HasSubstr("  assay compare --run build/run --baselines baselines --confirm "));
}

TEST(SecondLookReports, ASecondLookThatWasTaken) {
  const std::string text = Terminal(SecondLookTaken());
  ExpectGolden("second_look_taken.txt", text);
  EXPECT_THAT(text,
              HasSubstr(" over both looks: first look +17.0 %, second +13.0 %; median of the first look 20.0 -> "));
  EXPECT_THAT(text, HasSubstr(" and 40 of the second look, "));
}

TEST(SecondLookReports, ASuspectThatTheSecondLookAcquitsSaysWhatEachSaw) {
  Comparison comparison = SecondLookTaken();
  comparison.cases[0] = Case("capital", Verdict::kUnchanged, 0.06);
  LatencyFinding& finding = comparison.cases[0].latency[1];
  finding.n_second = 40;
  finding.first_change = 0.3;
  finding.second_change = 0;
  EXPECT_THAT(Terminal(comparison),
              HasSubstr("unchanged +6.0 % (95 % interval +3.0 % to +9.0 %) over both looks: first look +30.0 %, second "
                        "+0.0 %: not confirmed; median of the first look"));
}

TEST(SecondLookReports, ASecondLookRepeatsTheFlagsOfTheFirst) {
  Comparison comparison = SecondLookPlanned();
  comparison.runs[0].provenance.arguments = {"--service=embedded", "--prompts", "my prompts.json"};
  const AskedFor asked = {{"--run", "build/run", "--json", "v.json"}, "v.json"};
  std::string text = Terminal(comparison, asked);
  EXPECT_THAT(text, HasSubstr("\n  assay-bench --service=embedded --prompts 'my prompts.json' --confirm=v.json "
                              "--run=build/run-again\n"));
  EXPECT_THAT(text, Not(HasSubstr("other flags of the first look")));

  comparison = Pair();
  comparison.second_look = compare::SecondLookPlan{{comparison.cases[0].id}, {}, 40};
  comparison.runs[0].provenance.arguments = {"--models=m", "--pair", "device=cpu", "device=gpu"};
  comparison.runs.push_back(comparison.runs[0]);
  text = Terminal(comparison, {{"--run", "p", "--json", "v.json"}, "v.json"});
  EXPECT_THAT(text, HasSubstr("\n  assay-bench --models=m --pair device=cpu device=gpu --confirm=v.json --run=p-again\n"
                              "  assay compare --run p --json v.json --confirm p-again\n"));
}

// What was measured in rounds is looked at again in rounds, judged by the same baselines and policy.
TEST(SecondLookReports, ASecondLookAtARunInRoundsHasRounds) {
  Comparison comparison = SecondLookPlanned();
  comparison.runs[0].provenance.arguments = {"--models=a"};
  comparison.baselines = {"baselines", "more"};
  comparison.second_look->in_rounds = true;
  const AskedFor asked = {{"--run", "build/run", "--json", "v.json"}, "v.json"};
  comparison.policy_source = compare::DefaultPolicy().source;
  EXPECT_THAT(Terminal(comparison, asked),
              HasSubstr("\n  assay-bench --models=a --confirm=v.json --run=build/run-again --repetitions=auto "
                        "--baselines=baselines --baselines=more\n"));
  comparison.policy_source = "policy.json";
  EXPECT_THAT(Terminal(comparison, asked), HasSubstr("--baselines=more --policy=policy.json\n"));
}

// Each run of several is looked at again by its own flags, and only where it has a suspect or a control.
TEST(SecondLookReports, ASecondLookAtSeveralRunsIsOneOfEach) {
  Comparison comparison = SecondLookPlanned();
  compare::ComparedRun other = comparison.runs[0];
  run::ModelInfo model;
  model.variant = RunBuilder::kModel;
  comparison.runs[0].models = {model};
  comparison.runs[0].provenance.arguments = {"--models=a"};
  other.directory = "build/other/";
  other.provenance.arguments = {"--models=b"};
  model.variant = "other-generic-cpu:1";
  other.models = {model};
  comparison.runs.push_back(other);
  const AskedFor asked = {{"--run", "build/run", "--run", "build/other/", "--json", "v.json"}, "v.json"};
  EXPECT_THAT(Terminal(comparison, asked), Not(HasSubstr("--models=b")));
  comparison.second_look->controls = {RunBuilder::CaseIdOf("story", "other-generic-cpu:1")};
  EXPECT_THAT(Terminal(comparison, asked),
              HasSubstr("\n  assay-bench --models=a --confirm=v.json --run=build/run-again\n"
                        "  assay-bench --models=b --confirm=v.json --run=build/other-again\n"
                        "  assay compare --run build/run --run build/other/ --json v.json --confirm build/run-again "
                        "--confirm build/other-again\n"));
}

TEST(SecondLookReports, ASecondLookAtAPairIsAPair) {
  Comparison comparison = Pair();
  comparison.second_look = compare::SecondLookPlan{{comparison.cases[0].id}, {}, 40};
  const std::string text = Terminal(comparison, {{"--run", "p/", "--json", "v.json"}, "v.json"});
  EXPECT_THAT(text, HasSubstr("measure it again, 40 requests each"));
  EXPECT_THAT(text, HasSubstr("\n  assay-bench --pair device=cpu device=gpu --confirm=v.json --run=p-again\n"
                              "  assay compare --run p/ --json v.json --confirm p-again\n"));
}

TEST(SecondLookReports, AProgramReadsTheSecondLook) {
  const run::Json json = Verdicts(SecondLookPlanned());
  const run::Json* look = json.Find("second_look");
  ASSERT_NE(look, nullptr);
  EXPECT_EQ(*look->Find("suspects"), run::Json(run::JsonArray{RunBuilder::CaseIdOf("capital")}));
  EXPECT_EQ(*look->Find("controls"), run::Json(run::JsonArray{RunBuilder::CaseIdOf("story")}));
  EXPECT_EQ(*look->Find("repetitions")->as_integer(), 40);
  EXPECT_EQ(*look->Find("first_started_at"), run::Json(run::JsonArray{"2026-03-02T12:00:00Z"}));
  EXPECT_TRUE(Verdicts(Unchanged()).Find("second_look")->is_null());
  const run::Json taken = Verdicts(SecondLookTaken());
  EXPECT_TRUE(taken.Find("second_look")->is_null());
  EXPECT_EQ(*taken.Find("second_looks"), run::Json(run::JsonArray{"build/run-again"}));
  const run::Json& metric =
      taken.Find("cases")->as_array()->front().Find("latency")->Find("metrics")->as_array()->at(1);
  EXPECT_EQ(*metric.Find("n_second")->as_integer(), 40);
  EXPECT_EQ(metric.Find("first_change")->as_number(), 0.17);
}

}  // namespace
}  // namespace assay::report

// SPDX-License-Identifier: MIT
// Rows of metrics.md b6 about what is made of the numbers: exit codes, stale and doubled results, directions,
// baselines, reports, thresholds, and keys nobody knows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "benchmarks/suite/options.h"
#include "ctest/support/run_builder.h"
#include "ctest/unit/compare/rest_cases.h"
#include "fixtures/base/files.h"
#include "fixtures/catalogue/models.h"
#include "fixtures/catalogue/prompts.h"
#include "fixtures/run/run_directory.h"
#include "tools/cli/cli.h"
#include "tools/compare/accept.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"

namespace assay::pitfalls {
namespace {

namespace fs = std::filesystem;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using compare::Verdict;
using ::testing::HasSubstr;

// A folder with baselines, and what is judged against them.
class Bench {
 public:
  fs::path Path(const std::string& name) const { return folder_.path() / name; }

  void Accept(const RunBuilder& builder, const std::string& at = "2026-03-01T13:00:00Z") const {
    const compare::AcceptRequest request{Path("baselines"), "because", at, true, true, {}, compare::DefaultPolicy()};
    const auto summary = compare::Accept(*compare::RunSet::Create({builder.Build()}), request);
    ASSERT_TRUE(summary.ok()) << summary.error().Message();
  }
  compare::Comparison Judge(const RunBuilder& builder) const {
    const std::vector<fs::path> baselines = {Path("baselines")};
    const compare::RunSet runs = *compare::RunSet::Create({builder.Build()});
    const compare::Policy policy = compare::DefaultPolicy();
    base::Result<compare::Comparison> comparison =
        compare::Compare({&runs, nullptr, baselines, &policy, {}, "2026-03-02"}, compare::GateRule());
    EXPECT_TRUE(comparison.ok()) << (comparison.ok() ? "" : comparison.error().Message());
    return std::move(comparison).value();
  }
  // The program `assay` on a run that was written to disk.
  int Program(const RunBuilder& builder, std::string* out = nullptr) const {
    EXPECT_TRUE(builder.Write(Path("run")).ok());
    std::ostringstream output;
    std::ostringstream errors;
    const int code = cli::Run(
        {"compare", "--run", Path("run").string(), "--baselines", Path("baselines").string()},
        [](const std::string&) { return std::optional<std::string>(); }, output, errors);
    if (out != nullptr) *out = output.str() + errors.str();
    return code;
  }

 private:
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("pitfalls").value();
};

// Ten requests each, from `first_ms` on in steps of 1 ms: their median is first_ms + 4.5.
RunBuilder RunOf(const std::vector<std::string>& prompts, double first_ms) {
  RunBuilder builder;
  builder.Repetitions(10).StartedAt("2026-03-02T12:00:00Z");
  for (const std::string& prompt : prompts) builder.Case(prompt).AddRamp(10, first_ms, 1);
  return builder;
}

// One case among others that stay where they are.
RunBuilder WithRest(double first_ms, double rest_more_ms = 0) {
  RunBuilder builder = RunOf({"capital"}, first_ms);
  return assay::testing::AddRest(builder, rest_more_ms);
}

TEST(Pitfalls, Row24_ARunWhoseRequestsAllFailedEndsWith1) {
  const Bench bench;
  bench.Accept(RunOf({"capital"}, 100));
  SampleSpec failed;
  failed.outcome = run::Outcome::kTimeout;
  failed.error = "no answer in 60 s";
  RunBuilder builder;
  builder.Repetitions(10).Case("capital");
  for (int i = 0; i < 10; ++i) builder.Add(failed);
  std::string out;
  EXPECT_EQ(bench.Program(builder, &out), 1);
  EXPECT_THAT(out, HasSubstr("timeout"));
  // The same against no baseline at all: still a failure and not "nothing to compare".
  const Bench empty;
  ASSERT_TRUE(base::CreateDirectories(empty.Path("baselines")).ok());
  EXPECT_EQ(empty.Program(builder), 1);
}

TEST(Pitfalls, Row25_AnOlderRunIsNotReadAsTheOneThatWasInterrupted) {
  const Bench bench;
  ASSERT_TRUE(RunOf({"old"}, 100).Write(bench.Path("run")).ok());
  {
    const base::Result<run::RunWriter> interrupted = run::RunWriter::Create(bench.Path("run"));
    ASSERT_TRUE(interrupted.ok());
  }
  const base::Result<run::Run> read = run::ReadRun(bench.Path("run"));
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().Message(), HasSubstr("a newer run into this folder was interrupted"));
}

TEST(Pitfalls, Row25_ANewRunLeavesNothingOfTheOlderOne) {
  const Bench bench;
  ASSERT_TRUE(RunOf({"old", "older"}, 100).Write(bench.Path("run")).ok());
  ASSERT_TRUE(RunOf({"new"}, 200).Write(bench.Path("run")).ok());
  const base::Result<run::Run> read = run::ReadRun(bench.Path("run"));
  ASSERT_TRUE(read.ok()) << read.error().Message();
  ASSERT_EQ(read->cases.size(), 1U);
  EXPECT_EQ(read->cases[0].plan.prompt, "new");
  ASSERT_EQ(read->cases[0].samples.size(), 10U);
  EXPECT_EQ(run::E2eMs(read->cases[0].samples[0]), 200.0);
}

std::vector<double> FiveFrom(double first) { return {first, first + 1, first + 2, first + 3, first + 4}; }

TEST(Pitfalls, Row27_WhatIsBetterStandsInTheRegistry) {
  // Twice as much of each: 202 against 102, among four that stayed where they were in two sessions.
  const auto doubled = [](const char* metric) {
    std::vector<compare::LatencySeries> family;
    for (int i = 0; i < 5; ++i) {
      compare::LatencySeries series;
      series.case_id = "case " + std::to_string(i);
      series.metric = run::FindMetric(metric);
      series.min_effect = 0.05;
      series.head = FiveFrom(i == 0 ? 200 : 100);
      series.base = {{"session 1", FiveFrom(100)}, {"session 2", FiveFrom(101)}};
      family.push_back(series);
    }
    return compare::GateRule().JudgeFamily(family, {}, {0.05, {}}).pairs.at(0).verdict;
  };
  for (const char* lower_is_better : {"ttft_ms", "e2e_ms", "tpot_ms"}) {
    EXPECT_EQ(doubled(lower_is_better), Verdict::kRegressed) << lower_is_better;
  }
  for (const char* higher_is_better : {"decode_tokens_per_s", "prefill_tokens_per_s"}) {
    EXPECT_EQ(doubled(higher_is_better), Verdict::kImproved) << higher_is_better;
  }
}

TEST(Pitfalls, Row27_DoubledSamplesAreRefusedNotAveraged) {
  const Bench bench;
  ASSERT_TRUE(RunOf({"capital"}, 100).Write(bench.Path("run")).ok());
  const fs::path samples = bench.Path("run") / "samples.jsonl";
  const std::string text = base::ReadFile(samples).value();
  ASSERT_TRUE(base::WriteFileAtomically(samples, text + text.substr(0, text.find('\n') + 1)).ok());
  const base::Result<run::Run> read = run::ReadRun(bench.Path("run"));
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().Message(), HasSubstr("is there twice"));
}

TEST(Pitfalls, Row27_AMissingCaseIsNamedNotADash) {
  const Bench bench;
  bench.Accept(RunOf({"capital", "code"}, 100));
  const compare::Comparison comparison = bench.Judge(RunOf({"capital"}, 100.25));
  ASSERT_EQ(comparison.cases.size(), 2U);
  EXPECT_EQ(comparison.cases[1].prompt, "code");
  EXPECT_EQ(comparison.cases[1].status, compare::CaseStatus::kMissing);
  EXPECT_NE(comparison.exit_code, 0);
}

TEST(Pitfalls, Row28_ABaselineIsTakenByItsExactKeyOrNotAtAll) {
  const Bench bench;
  RunBuilder other_machine = RunOf({"capital"}, 100);
  bench.Accept(other_machine.Cpu("Test CPU 2"));
  // Twice as slow, on a machine whose name is the beginning of the other's.
  const compare::Comparison comparison = bench.Judge(RunOf({"capital"}, 200));
  EXPECT_FALSE(comparison.latency_baseline);
  EXPECT_EQ(comparison.cases.at(0).latency_verdict, Verdict::kCannotTell);
  for (const compare::LatencyFinding& finding : comparison.cases[0].latency) {
    EXPECT_EQ(finding.code, compare::LatencyReason::kNoBaseline);
    EXPECT_EQ(finding.n_base, 0U);
  }
  // The answers of a model are those of any machine, but of no other model.
  EXPECT_EQ(comparison.cases[0].answers_verdict, Verdict::kUnchanged);
  RunBuilder other_model;
  other_model.Repetitions(10).Case("capital", "ember-mini-generic-cpu:10").AddRamp(10, 100, 1);
  EXPECT_EQ(bench.Judge(other_model).cases.at(0).answers_verdict, Verdict::kCannotTell);
}

TEST(Pitfalls, Row29_TheReportNamesEveryRegression) {
  std::vector<std::string> prompts;
  for (int i = 0; i < 60; ++i) prompts.push_back("prompt-" + std::to_string(i) + "-end");
  const Bench bench;
  const auto with_rest = [&](double first_ms, double rest_ms) {
    RunBuilder builder = RunOf(prompts, first_ms);
    for (int i = 0; i < 80; ++i) builder.Case("rest-" + std::to_string(i)).AddRamp(10, rest_ms, 1);
    return builder;
  };
  bench.Accept(with_rest(100, 100).StartedAt("2026-03-01T12:00:00Z"));
  bench.Accept(with_rest(100.5, 100.5).StartedAt("2026-03-01T14:00:00Z"), "2026-03-01T15:00:00Z");
  const compare::Comparison comparison = bench.Judge(with_rest(200.25, 100.25));
  std::ostringstream terminal;
  std::ostringstream markdown;
  report::WriteComparisonTerminal(comparison, terminal);
  report::WriteComparisonMarkdown(comparison, markdown);
  EXPECT_THAT(terminal.str(), HasSubstr("60 regressed"));
  for (const std::string& prompt : prompts) {
    EXPECT_THAT(terminal.str(), HasSubstr("prompt " + prompt + ": regressed"));
    EXPECT_THAT(markdown.str(), HasSubstr(prompt));
  }
}

TEST(Pitfalls, Row30_SmallStepsDoNotCarryTheThresholdAlong) {
  const Bench bench;
  bench.Accept(WithRest(100));  // a median of 104.5
  // Each step is less than 5 % behind the one before; judged is against what was accepted.
  const auto verdict_at = [&](double first_ms) { return bench.Judge(WithRest(first_ms, 0.25)).verdict; };
  EXPECT_EQ(verdict_at(104), Verdict::kUnchanged);  // 108.5: +3.8 %
  EXPECT_EQ(verdict_at(108), Verdict::kRegressed);  // 112.5: +7.7 %, though +3.7 % on the step before
  EXPECT_EQ(verdict_at(112), Verdict::kRegressed);  // and nothing that was judged became the baseline
}

TEST(Pitfalls, Row30_AThresholdIsAShareNotANumberOfMilliseconds) {
  for (const double scale : {1.0, 100.0}) {
    const Bench bench;
    RunBuilder before;
    RunBuilder after;
    before.Repetitions(10).Case("capital").AddRamp(10, 100 * scale, scale);
    after.Repetitions(10).Case("capital").AddRamp(10, 108 * scale, scale);
    assay::testing::AddRest(before, 0);
    assay::testing::AddRest(after);
    bench.Accept(before);
    EXPECT_EQ(bench.Judge(after).verdict, Verdict::kRegressed) << scale;
  }
  const auto policy = compare::ParsePolicy(
      run::ParseJson(R"({"schema_version":1,"max_e2e_ms":100})", "policy.json").value(), "policy.json");
  EXPECT_FALSE(policy.ok());
}

template <typename T>
void ExpectRefused(const base::Result<T>& read, const std::string& key) {
  ASSERT_FALSE(read.ok()) << key;
  EXPECT_THAT(read.error().Message(), HasSubstr(key));
}

run::Json Parsed(std::string_view text) { return run::ParseJson(text, "file.json").value(); }

TEST(Pitfalls, Row31_AKeyNobodyKnowsIsAnError) {
  ExpectRefused(compare::ParsePolicy(Parsed(R"({"schema_version":1,"min_efect":0.1})"), "policy.json"), "min_efect");
  ExpectRefused(
      catalogue::ParsePrompts(Parsed(R"({"schema_version":1,"prompts":[{"id":"a","max_tokens":4,"temprature":1,
                               "messages":[{"role":"user","content":"Hi"}]}]})"),
                              "prompts.json"),
      "temprature");
  ExpectRefused(
      catalogue::ParseModels(Parsed(R"({"schema_version":1,"models":[{"alias":"a","devise":"cpu"}]})"), "models.json"),
      "devise");
  const auto no_variables = [](const std::string&) { return std::optional<std::string>(); };
  ExpectRefused(suite::ParseOptions({"--repetition=3"}, no_variables), "repetition");
}

}  // namespace
}  // namespace assay::pitfalls

// SPDX-License-Identifier: MIT
// Comparisons as people and programs see them: approved outputs, and a hostile answer in every one
// of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "ctest/support/run_builder.h"
#include "ctest/unit/report/golden.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "tools/compare/accept.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/comparison_text.h"
#include "tools/report/ctest_measurements.h"
#include "tools/report/suite_text.h"
#include "tools/report/verdict_json.h"

namespace assay::report {
namespace {

using assay::testing::ExpectGolden;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;

using Renderer = void (*)(const compare::Comparison&, std::ostream&);

std::string Rendered(Renderer render, const compare::Comparison& comparison) {
  std::ostringstream out;
  render(comparison, out);
  return out.str();
}

// The baselines folder is temporary, so its path is replaced by a name; nothing else is normalised.
compare::Comparison Judge(std::vector<RunBuilder> sessions, const RunBuilder& head,
                          const compare::Selection& selection = {}, bool latency = true) {
  const base::TemporaryDirectory temporary = *base::TemporaryDirectory::Create("assay-report");
  for (std::size_t k = 0; k < sessions.size(); ++k) {
    const std::string at = "2026-03-01T13:0" + std::to_string(k) + ":00Z";
    const compare::AcceptRequest request{temporary.path(),           "first baseline",        at, true, latency,
                                         std::vector<std::string>{}, compare::DefaultPolicy()};
    const auto accepted = compare::Accept(*compare::RunSet::Create({sessions[k].StartedAt(at).Build()}), request);
    EXPECT_TRUE(accepted.ok()) << accepted.error().Message();
  }
  const std::vector<std::filesystem::path> folders = {temporary.path()};
  const compare::RunSet runs = *compare::RunSet::Create({head.Build("build/run")});
  const compare::Policy policy = compare::DefaultPolicy();
  auto comparison = compare::Compare({&runs, nullptr, folders, &policy, selection, "2026-04-02"}, compare::GateRule());
  EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
  const std::string path = temporary.path().string();
  for (std::string& folder : comparison->baselines) folder = "baselines";
  for (compare::CaseComparison& one : comparison->cases) {
    const std::size_t at = one.reason.find(path);
    if (at != std::string::npos) one.reason.replace(at, path.size(), "baselines");
  }
  return std::move(comparison).value();
}

// Three sessions that do not differ: enough to judge three cases.
compare::Comparison Judge(const RunBuilder& base, const RunBuilder& head, const compare::Selection& selection = {},
                          bool latency = true) {
  return Judge(std::vector<RunBuilder>{base, base, base}, head, selection, latency);
}

constexpr const char* kOther = "qwen2.5-0.5b-instruct-generic-cpu:4";

RunBuilder Session(double factor) {
  RunBuilder builder;
  const auto add = [&](double first_ms, double step_ms) { builder.AddRamp(10, first_ms * factor, step_ms * factor); };
  builder.Repetitions(10).Case("capital");
  add(100, 1);
  builder.Case("code");
  add(200, 1);
  builder.Case("retired");
  add(100, 1);
  builder.Case("story");
  add(1500, 10);
  builder.Case("capital", kOther);
  add(20000, 10);
  builder.Case("code", kOther);
  add(100, 1);
  builder.Case("flip", kOther);
  add(100, 1);
  return builder;
}
std::vector<RunBuilder> Base() { return {Session(1), Session(1.02), Session(0.99)}; }

// One of each: slower, changed answer, missing, failed, new, request changed, faster,
// nondeterministic.
RunBuilder Head() {
  RunBuilder builder;
  SampleSpec lyon;
  lyon.text = "Paris is the capital of all of France.";
  SampleSpec timeout;
  timeout.outcome = run::Outcome::kTimeout;
  timeout.error = "no answer in 60 s";
  builder.StartedAt("2026-03-02T12:00:00Z")
      .Repetitions(10)
      .Warn("warmup_not_settled", "", "the warm-up did not settle");
  builder.Case("capital").AddRamp(10, 152.25, 1).Case("code").AddRamp(10, 200.25, 1, lyon);
  builder.Case("story").Fingerprint("another").AddRamp(10, 1500.5, 10).Case("poem").AddRamp(10, 100, 1);
  builder.Case("capital", kOther).AddRamp(10, 10000.5, 10);
  builder.Case("code", kOther).Add(timeout).Failure("no answer in 60 s");
  builder.Case("flip", kOther).AddRamp(7, 100.25, 1).AddRamp(3, 107.25, 1, lyon);
  return builder;
}

TEST(ComparisonReport, Terminal) {
  const std::string text = Rendered(WriteComparisonTerminal, Judge(Base(), Head()));
  ExpectGolden("comparison.txt", text);
}

// Beside the variant, where there is room, and only when it matters to the reader of the answers.
TEST(ComparisonReport, TheTerminalSaysWhichModelsDoNotRepeatThemselves) {
  RunBuilder base;
  RunBuilder head;
  run::ModelInfo good;
  good.variant = RunBuilder::kModel;
  good.sampling = "deterministic";
  run::ModelInfo bad;
  bad.variant = kOther;
  bad.sampling = "nondeterministic";
  base.Case("a").AddRamp(10, 100, 1).Case("a", kOther).AddRamp(10, 100, 1);
  head.Case("a").AddRamp(10, 100.5, 1).Case("a", kOther).AddRamp(10, 100.5, 1).Model(good).Model(bad);
  const std::string text = Rendered(WriteComparisonTerminal, Judge(base, head));
  EXPECT_THAT(text, HasSubstr("\nember-mini-generic-cpu:1\n"));
  EXPECT_THAT(text, HasSubstr("\nqwen2.5-0.5b-instruct-generic-cpu:4  (sampling: nondeterministic)\n"));
}

TEST(ComparisonReport, TheTableFitsInto120Columns) {
  const compare::Comparison comparison = Judge(Base(), Head());
  const std::string text = Rendered(WriteComparisonTerminal, comparison);
  std::size_t rows = 0;
  for (const std::string& line : base::Split(text, '\n')) {
    if (line.find("->") == std::string::npos || line.find("median") != std::string::npos) continue;
    ++rows;
    EXPECT_LE(line.size(), 120U) << line;
  }
  EXPECT_GE(rows, 3U);
}

TEST(ComparisonReport, Markdown) {
  ExpectGolden("comparison.md", Rendered(WriteComparisonMarkdown, Judge(Base(), Head())));
}

TEST(ComparisonReport, Json) {
  const std::string text = Rendered(WriteVerdictJson, Judge(Base(), Head()));
  ExpectGolden("comparison.json", text);
  EXPECT_TRUE(run::ParseJson(text, "verdict.json").ok());
}

TEST(ComparisonReport, CtestMeasurements) {
  compare::Selection one;
  one.models = {RunBuilder::kModel};
  one.prompts = {"capital"};
  const std::string text = Rendered(WriteCtestMeasurements, Judge(Base(), Head(), one));
  ExpectGolden("measurements_one.txt", text);
  // Median of 152.25 .. 161.25 by ones.
  EXPECT_THAT(text, HasSubstr("<CTestMeasurement type=\"numeric/double\" "
                              "name=\"e2e_ms.median\">156.75</CTestMeasurement>\n"));
  one.models.clear();
  EXPECT_THAT(Rendered(WriteCtestMeasurements, Judge(Base(), Head(), one)),
              HasSubstr("name=\"chat/ember-mini-generic-cpu:1/capital/stream:on/max_tokens:64/e2e_ms.median\""));
}

TEST(ComparisonReport, SummaryCountsBothQuestions) {
  RunBuilder base;
  RunBuilder head;
  base.Case("a").AddRamp(10, 100, 1).Case("b").AddRamp(10, 100, 1).Case("c").AddRamp(10, 100, 1);
  head.Case("a").AddRamp(10, 100.5, 1).Case("b").AddRamp(10, 150.5, 1).Case("c").AddRamp(10, 100.5, 1);
  EXPECT_EQ(SummaryLine(Judge(base, head)), "3 cases: 2 unchanged, 1 regressed (latency), answers: 3 unchanged");
  compare::Selection only;
  only.question = compare::Question::kDeterminism;
  EXPECT_EQ(SummaryLine(Judge(base, head, only)), "3 cases, answers: 3 unchanged");
  only.question = compare::Question::kLatency;
  EXPECT_EQ(SummaryLine(Judge(base, head, only)), "3 cases: 2 unchanged, 1 regressed (latency)");
}

TEST(ComparisonReport, AMissingLatencyBaselineIsOneLineWithTheCommand) {
  RunBuilder base;
  RunBuilder head;
  base.Case("a").AddRamp(10, 100, 1);
  head.Case("a").AddRamp(10, 100.5, 1);
  const compare::Comparison comparison = Judge(base, head, {}, false);
  const std::string text = Rendered(WriteComparisonTerminal, comparison);
  EXPECT_THAT(text, HasSubstr("no latency baseline for environment linux-x86_64-test-cpu-2c: latency was not "
                              "gated; accept this "
                              "run with: assay accept --run build/run --baselines baselines --reason TEXT\n"));
  EXPECT_THAT(text, HasSubstr("1 case: latency not gated, answers: 1 unchanged\n"));
  EXPECT_THAT(Rendered(WriteVerdictJson, comparison), HasSubstr("\"latency_baseline\": false"));
}

// Cases of one prompt are told apart, in the table and in the details, and what is not compared says why.
TEST(ComparisonReport, ScenariosStandBesideThePrompt) {
  run::Scenario load;
  load.concurrency = 4;
  run::Scenario unique;
  unique.cache = run::PromptCache::kUnique;
  SampleSpec lyon;
  lyon.text = "Lyon.";
  RunBuilder base;
  RunBuilder head;
  base.Case("a").AddRamp(10, 100, 1).Case("a").Scenario(load).AddRamp(10, 100, 1);
  base.Case("a").Scenario(unique).AddRamp(5, 100, 1).AddRamp(5, 105, 1, lyon);
  head.Case("a").AddRamp(10, 100.5, 1).Case("a").Scenario(load).AddRamp(10, 150.5, 1);
  head.Case("a").Scenario(unique).AddRamp(5, 100.5, 1).AddRamp(5, 105.5, 1, lyon);
  const compare::Comparison comparison = Judge(base, head);
  const std::string text = Rendered(WriteComparisonTerminal, comparison);
  EXPECT_THAT(text, HasSubstr("\n  a, concurrency:4 "));
  EXPECT_THAT(text, HasSubstr(", prompt a, concurrency:4: regressed\n"));
  EXPECT_THAT(text, HasSubstr(", prompt a, cache:unique: unchanged\n"
                              "  answers not_compared: every repetition asks another text (not gated)\n"));
  EXPECT_THAT(text, HasSubstr("answers: 2 unchanged, 1 not_compared\n"));
  EXPECT_THAT(Rendered(WriteComparisonMarkdown, comparison), HasSubstr("| a, concurrency:4 |"));
  EXPECT_THAT(Rendered(WriteVerdictJson, comparison), HasSubstr("\"verdict\": \"not_compared\""));
  const std::string measurements = Rendered(WriteCtestMeasurements, comparison);
  EXPECT_THAT(measurements, HasSubstr("/concurrency:4/distinct_answers"));
  EXPECT_THAT(measurements, ::testing::Not(HasSubstr("/cache:unique/distinct_answers")));
}

// Twelve cases, ten requests each; each of the baseline's sessions is `apart` from the last.
compare::Comparison Twelve(double step_ms, double apart, double head_factor, double first_factor) {
  const auto run = [&](double factor, double first) {
    RunBuilder builder;
    for (int c = 0; c < 12; ++c) {
      const double all = factor * (c == 0 ? first : 1);
      builder.Case("p" + std::to_string(c)).AddRamp(10, 100 * (c + 1) * all, step_ms * (c + 1) * all);
    }
    return builder;
  };
  return Judge({run(1, 1), run(1 + apart, 1), run(1 - apart, 1)}, run(head_factor, first_factor));
}

TEST(ComparisonReport, AShiftOfTheSuiteNamesItsEvidenceAndAnchors) {
  const compare::Comparison comparison = Twelve(1, 0.01, 1.2, 1);
  EXPECT_EQ(comparison.exit_code, 3);
  const std::vector<std::string> lines = SuiteLines(comparison);
  ASSERT_EQ(lines.size(), 3U);
  // +20 % on the mean of three sessions that are 1 % apart: ln 1.2, se 0.01 sqrt(4/3), t_2 = 4.303.
  EXPECT_THAT(lines[0],
              ::testing::StartsWith("all 12 cases together, ttft (time to first token): +20.0 % (95 % interval "
                                    "+14.2 % to +26.1 %), p 0.0020, 3 sessions, could have seen +"));
  EXPECT_THAT(lines[0],
              ::testing::EndsWith(": suite_shift, slower; whether the machine or the service changed cannot be "
                                  "told: no anchors in the run (--anchors=off, or measured before there were "
                                  "any)"));
  EXPECT_THAT(lines[2], ::testing::EndsWith("(shown, decides nothing)"));
  EXPECT_THAT(Rendered(WriteComparisonTerminal, comparison),
              HasSubstr("\n" + lines[0] + "\n" + lines[1] + "\n" + lines[2] +
                        "\nan unchanged case would have shown a slowdown of: ttft "));
  EXPECT_THAT(Rendered(WriteComparisonTerminal, comparison),
              HasSubstr("\ndecided by: suite_shift of ttft, suite_shift of decode\n12 cases: 12 unchanged"));
  EXPECT_THAT(Rendered(WriteComparisonMarkdown, comparison),
              HasSubstr("\nAll cases together:\n\n- all 12 cases together, ttft"));
  const run::Json json = *run::ParseJson(Rendered(WriteVerdictJson, comparison), "verdict.json");
  const run::JsonArray& suite = *json.Find("suite")->as_array();
  ASSERT_EQ(suite.size(), 3U);
  EXPECT_EQ(*suite[0].Find("family_name")->as_string(), "ttft");
  EXPECT_EQ(*suite[0].Find("verdict")->as_string(), "suite_shift");
  EXPECT_NEAR(*suite[0].Find("change")->as_number(), 0.2, 0.001);
  EXPECT_TRUE(*suite[0].Find("decides")->as_bool());
  EXPECT_FALSE(*suite[2].Find("decides")->as_bool());
}

TEST(ComparisonReport, AnUnchangedCaseThatSaysLittleSaysSo) {
  // Ten requests spread over a third to both sides: an effect of 20 % could not have been seen.
  const compare::Comparison coarse = Twelve(10, 0.01, 1, 1);
  EXPECT_EQ(coarse.exit_code, 0);
  const std::string text = Rendered(WriteComparisonTerminal, coarse);
  EXPECT_THAT(text, HasSubstr(", prompt p0: unchanged\n  ttft_ms (time to first token) unchanged "));
  EXPECT_THAT(text,
              ::testing::ContainsRegex(", n 10 against 30 in 3 sessions, could only have seen [+][0-9]+[.][0-9] %\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("e2e_ms (end-to-end latency)")));  // the time per token decides
  EXPECT_THAT(Rendered(WriteComparisonTerminal, Twelve(1, 0.01, 1, 1)), ::testing::Not(HasSubstr("could only")));
}

TEST(ComparisonReport, WhatOnlyStandsBesideSaysWhoDecides) {
  const std::string text = Rendered(WriteComparisonTerminal, Twelve(1, 0.01, 1, 1.5));
  EXPECT_THAT(text, ::testing::ContainsRegex("tpot_ms [^\n]*regressed [+]50[.]0 % [(]95 % interval [+]4[0-9]"));
  EXPECT_THAT(text, ::testing::ContainsRegex("e2e_ms [^\n]*regressed [^\n]*[(]shown; the time per token decides[)]\n"));
}

TEST(ComparisonReport, TooSmallABaselineShowsTheNumbersAndWhatIsMissing) {
  RunBuilder base;
  RunBuilder head;
  for (const char* prompt : {"a", "b", "c"}) {
    base.Case(prompt).AddRamp(10, 100, 1);
    head.Case(prompt).AddRamp(10, 120, 1);
  }
  const compare::Comparison comparison = Judge(std::vector<RunBuilder>{base}, head);
  const std::string text = Rendered(WriteComparisonTerminal, comparison);
  EXPECT_THAT(text, HasSubstr("tpot_ms (time per output token) cannot_tell +0.0 %: median 20.9 -> 24.9 ms/token, n 10 "
                              "against 10 in 1 session: needs a second accepted session, or 8 cases\n"));
  // The mean of ln((120 + i) / (100 + i)) over i = 2..7, what trimming leaves of ten, is ln 1.19143.
  EXPECT_THAT(text, HasSubstr(": +19.1 %: not judged: needs 3 accepted sessions, found 1\n"));
  RunBuilder one;
  one.Case("a").AddRamp(10, 100, 1);
  EXPECT_THAT(Rendered(WriteComparisonTerminal, Judge(one, one)),
              HasSubstr("  a       104->104  20.9->20.9  20.9->20.9  -  unchanged  cannot_tell\n"));
}

// Everything a model might write to be read by somebody else: terminal escapes, a CI command, HTML,
// a table, NUL, reordering.
const std::string kHostile = std::string("\x1B[2J::error::gone\r\n<script>alert(1)</script> | ![x](http://e) `a` ") +
                             '\0' + "\xE2\x80\xAE @everyone ]]> ##[error]";

void ExpectHarmless(const std::string& text) {
  for (const char* control : {"\x1B", "\r", "\xE2\x80\xAE"}) EXPECT_EQ(text.find(control), std::string::npos) << text;
  EXPECT_EQ(text.find('\0'), std::string::npos);
  for (const std::string& line : base::Split(text, '\n')) EXPECT_FALSE(base::Trim(line).starts_with("::")) << line;
  EXPECT_EQ(text.find("##["), std::string::npos);
}

TEST(ComparisonReport, AHostileAnswerIsShownHarmlessly) {
  RunBuilder base;
  base.Case("a").AddRamp(10, 100, 1);
  RunBuilder head;
  SampleSpec hostile;
  hostile.text = kHostile;
  hostile.finish_reason = kHostile;
  head.Case("a").AddRamp(9, 100.5, 1, hostile).AddRamp(1, 109.5, 1);
  head.Case("b").Failure(kHostile).Warn(kHostile, "", kHostile);
  const compare::Comparison comparison = Judge(base, head);
  const std::string terminal = Rendered(WriteComparisonTerminal, comparison);
  ExpectHarmless(terminal);
  EXPECT_THAT(terminal, HasSubstr("\\x1B[2J::error"));
  const std::string markdown = Rendered(WriteComparisonMarkdown, comparison);
  ExpectHarmless(markdown);
  EXPECT_EQ(markdown.find("<script"), std::string::npos);
  EXPECT_EQ(markdown.find("![x]"), std::string::npos);
  EXPECT_EQ(markdown.find("@everyone"), std::string::npos);
  ExpectHarmless(Rendered(WriteCtestMeasurements, comparison));
  // A file for programs keeps every character, escaped as JSON wants it.
  const auto json = run::ParseJson(Rendered(WriteVerdictJson, comparison), "verdict.json");
  ASSERT_TRUE(json.ok()) << json.error().Message();
  const run::Json& one = json->Find("cases")->as_array()->front();
  EXPECT_EQ(*one.Find("determinism")->Find("answers")->Find("shares")->as_array()->front().Find("text")->as_string(),
            kHostile);
}

}  // namespace
}  // namespace assay::report

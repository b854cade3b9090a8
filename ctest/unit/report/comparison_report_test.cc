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
#include "tools/compare/mann_whitney_rule.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/comparison_text.h"
#include "tools/report/ctest_measurements.h"
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
compare::Comparison Judge(const RunBuilder& base, const RunBuilder& head, const compare::Selection& selection = {},
                          bool latency = true) {
  const base::TemporaryDirectory temporary = *base::TemporaryDirectory::Create("assay-report");
  const compare::AcceptRequest request{temporary.path(), "first baseline",           "2026-03-01T13:00:00Z",  true,
                                       latency,          std::vector<std::string>{}, compare::DefaultPolicy()};
  const auto accepted = compare::Accept(*compare::RunSet::Create({base.Build()}), request);
  EXPECT_TRUE(accepted.ok()) << accepted.error().Message();
  const std::vector<std::filesystem::path> folders = {temporary.path()};
  auto comparison = compare::Compare(*compare::RunSet::Create({head.Build("build/run")}), folders,
                                     compare::DefaultPolicy(), selection, compare::MannWhitneyRule());
  EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
  const std::string path = temporary.path().string();
  for (std::string& folder : comparison->baselines) folder = "baselines";
  for (compare::CaseComparison& one : comparison->cases) {
    const std::size_t at = one.reason.find(path);
    if (at != std::string::npos) one.reason.replace(at, path.size(), "baselines");
  }
  return std::move(comparison).value();
}

constexpr const char* kOther = "qwen2.5-0.5b-instruct-generic-cpu:4";

RunBuilder Base() {
  RunBuilder builder;
  builder.Repetitions(10).Case("capital").AddRamp(10, 100, 1).Case("code").AddRamp(10, 200, 1);
  builder.Case("retired").AddRamp(10, 100, 1).Case("story").AddRamp(10, 1500, 10);
  builder.Case("capital", kOther).AddRamp(10, 20000, 10).Case("code", kOther).AddRamp(10, 100, 1);
  builder.Case("flip", kOther).AddRamp(10, 100, 1);
  return builder;
}

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
  base.Case("a").AddRamp(10, 100, 1).Case("b").AddRamp(10, 100, 1);
  head.Case("a").AddRamp(10, 100.5, 1).Case("b").AddRamp(10, 150.5, 1);
  EXPECT_EQ(SummaryLine(Judge(base, head)), "2 cases: 1 unchanged, 1 regressed (latency), answers: 2 unchanged");
  compare::Selection only;
  only.question = compare::Question::kDeterminism;
  EXPECT_EQ(SummaryLine(Judge(base, head, only)), "2 cases, answers: 2 unchanged");
  only.question = compare::Question::kLatency;
  EXPECT_EQ(SummaryLine(Judge(base, head, only)), "2 cases: 1 unchanged, 1 regressed (latency)");
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

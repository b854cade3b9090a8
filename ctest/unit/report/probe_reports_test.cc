// SPDX-License-Identifier: MIT
// A probe has a line in every report, and no number.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "ctest/support/run_builder.h"
#include "tools/compare/probe_rule.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/probe_text.h"
#include "tools/report/run_csv.h"
#include "tools/report/run_markdown.h"
#include "tools/report/run_workshop.h"
#include "tools/report/verdict_json.h"

namespace assay::report {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using run::ProbeKind;
using run::ProbeResult;
using ::testing::HasSubstr;
using ::testing::Not;

run::ProbeFinding Limits(ProbeResult max_tokens) {
  run::ProbeFinding finding;
  finding.probe = ProbeKind::kLimits;
  finding.result = ProbeResult::kIgnored;
  finding.parts = {{"max_tokens", max_tokens}, {"stop", ProbeResult::kIgnored}};
  finding.n = 4;
  finding.evidence = {"max_tokens 4: 4 tokens came", "stop at character 20 of 41: the answer goes on behind it"};
  return finding;
}

run::ProbeFinding Cache() {
  run::ProbeFinding finding;
  finding.probe = ProbeKind::kCache;
  finding.result = ProbeResult::kSame;
  finding.n = 6;
  finding.evidence = {"after long other prompts: 2 of 2 answers the same as before"};
  return finding;
}

RunBuilder Example() {
  RunBuilder builder;
  builder.Repetitions(2).Case("capital").AddRamp(2, 100, 1);
  SampleSpec slow;
  slow.e2e_ms = 7777;
  builder.Case("capital").Probe(Limits(ProbeResult::kObeyed)).Add(slow).Add(slow).Add(slow).Add(slow);
  builder.Case("capital").Probe(Cache());
  for (int i = 0; i < 6; ++i) builder.Add(slow);
  return builder;
}

compare::RunSet Runs() { return *compare::RunSet::Create({Example().Build()}); }

const char* const kLine =
    "ember-mini-generic-cpu:1, prompt capital, probe:limits: ignored (max_tokens obeyed, stop ignored): max_tokens 4: "
    "4 "
    "tokens came; stop at character 20 of 41: the answer goes on behind it";

TEST(ProbeReports, ReportsOfARunHaveALinePerProbe) {
  const std::vector<std::string> lines = ProbeLines(Runs());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], kLine);
  std::ostringstream markdown;
  WriteRunMarkdown(Runs(), compare::DefaultPolicy(), markdown);
  EXPECT_THAT(markdown.str(),
              HasSubstr("\nProbes:\n\n- ember-mini-generic-cpu:1, prompt capital, probe:limits: ignored"));
  EXPECT_THAT(markdown.str(), Not(HasSubstr("7777")));
  std::ostringstream workshop;
  WriteRunWorkshop(Runs(), workshop);
  EXPECT_THAT(workshop.str(), HasSubstr("probe:cache: same: "));
  EXPECT_THAT(workshop.str(), HasSubstr(": n = 2\n"));
  EXPECT_THAT(workshop.str(), Not(HasSubstr("So are the cases from cold")));
  std::ostringstream csv;
  WriteRunCsv(Runs(), compare::DefaultPolicy(), csv);
  EXPECT_THAT(csv.str(),
              HasSubstr("/probe:limits,ember-mini-generic-cpu:1,ember-mini,capital,ignored,0,probe,result,4,"));
  EXPECT_THAT(csv.str(), Not(HasSubstr("7777")));
  std::istringstream rows(csv.str());
  std::string header;
  std::getline(rows, header);
  for (std::string row; std::getline(rows, row);) {
    EXPECT_EQ(std::count(row.begin(), row.end(), ','), std::count(header.begin(), header.end(), ',')) << row;
  }
}

TEST(ProbeReports, AProbeThatWasNotAskedSaysWhy) {
  RunBuilder builder;
  run::Scenario scenario;
  scenario.probe = ProbeKind::kRestart;
  builder.Repetitions(1).Case("capital").Add({}).Case("other").Scenario(scenario).Failure("scenario_not_possible: no");
  const auto lines = ProbeLines(*compare::RunSet::Create({builder.Build()}));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("probe:restart: failed: scenario_not_possible: no"));
}

compare::CaseComparison Judged(const run::ProbeFinding& now, const std::optional<compare::AcceptedProbe>& accepted) {
  RunBuilder builder;
  builder.Case("capital").Probe(now);
  const run::Run run = builder.Build();
  compare::AcceptedAnswer answer;
  answer.fingerprint = run.cases.front().plan.fingerprint;
  answer.accepted = {"2026-02-01T00:00:00Z", "first", "0.1.0", std::nullopt};
  answer.probe = accepted;
  compare::CaseComparison one;
  one.id = run.cases.front().plan.id;
  one.model = RunBuilder::kModel;
  one.prompt = "capital";
  one.probe = now.probe;
  one.answers = compare::JudgeProbe(run.cases.front(), &run.info.probes.front(), accepted ? &answer : nullptr);
  one.answers_verdict = one.verdict = compare::AsVerdict(one.answers->verdict);
  one.decides = one.answers_decide = true;
  return one;
}

std::string Text(const compare::CaseComparison& one) {
  std::string text;
  for (const DetailLine& line : ProbeDetails(one))
    text += std::string(static_cast<std::size_t>(line.level), ' ') + line.text + "\n";
  return text;
}

TEST(ProbeReports, AComparisonShowsEveryProbeAndTheEvidenceOfWhatIsBad) {
  EXPECT_EQ(Text(Judged(Cache(), compare::AcceptedProbe{ProbeResult::kSame, {}})), "probe cache: same, as accepted\n");
  const compare::AcceptedProbe accepted{ProbeResult::kIgnored,
                                        {{"max_tokens", ProbeResult::kObeyed}, {"stop", ProbeResult::kIgnored}}};
  EXPECT_EQ(Text(Judged(Limits(ProbeResult::kObeyed), accepted)),
            "probe limits: ignored (max_tokens obeyed, stop ignored), as accepted\n"
            " max_tokens 4: 4 tokens came\n"
            " stop at character 20 of 41: the answer goes on behind it\n");
  EXPECT_EQ(Text(Judged(Limits(ProbeResult::kIgnored), accepted)),
            "probe limits: ignored (max_tokens ignored, stop ignored); accepted: ignored (max_tokens obeyed, stop "
            "ignored)\n"
            " max_tokens 4: 4 tokens came\n"
            " stop at character 20 of 41: the answer goes on behind it\n"
            "answers changed: max_tokens obeyed -> ignored\n"
            " accepted 2026-02-01T00:00:00Z: first\n");
  EXPECT_THAT(
      Text(Judged(Cache(), std::nullopt)),
      HasSubstr("probe cache: same\n after long other prompts: 2 of 2 answers the same as before\nanswers new: no "
                "result of this probe was accepted yet\n"));
}

TEST(ProbeReports, EveryRendererOfAComparisonHasIt) {
  compare::Comparison comparison;
  comparison.baselines = {"baselines"};
  comparison.cases = {Judged(Limits(ProbeResult::kIgnored), std::nullopt)};
  std::ostringstream terminal;
  WriteComparisonTerminal(comparison, terminal);
  EXPECT_THAT(terminal.str(), HasSubstr("  probe limits: ignored (max_tokens ignored, stop ignored)\n"));
  std::ostringstream markdown;
  WriteComparisonMarkdown(comparison, markdown);
  EXPECT_THAT(markdown.str(), HasSubstr("- probe limits: ignored"));
  std::ostringstream json;
  WriteVerdictJson(comparison, json);
  const auto verdict = run::ParseJson(json.str(), "verdict.json");
  ASSERT_TRUE(verdict.ok()) << verdict.error().Message();
  const run::Json& one = verdict->Find("cases")->as_array()->front();
  const run::Json* const probe = one.Find("determinism")->Find("answers")->Find("probe");
  ASSERT_NE(probe, nullptr);
  EXPECT_EQ(*probe->Find("result"), run::Json("ignored"));
  EXPECT_EQ(*probe->Find("parts")->Find("stop"), run::Json("ignored"));
}

}  // namespace
}  // namespace assay::report

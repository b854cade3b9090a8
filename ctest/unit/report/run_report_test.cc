// SPDX-License-Identifier: MIT
// Runs without a baseline: approved outputs and numbers counted by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "ctest/support/run_builder.h"
#include "ctest/unit/report/golden.h"
#include "fixtures/base/text.h"
#include "tools/report/run_csv.h"
#include "tools/report/run_markdown.h"
#include "tools/report/run_summary.h"
#include "tools/report/run_workshop.h"

namespace assay::report {
namespace {

using assay::testing::ExpectGolden;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;

using Renderer = void (*)(const compare::RunSet&, const compare::Policy&, std::ostream&);

std::string Rendered(Renderer render, const RunBuilder& builder) {
  std::ostringstream out;
  render(*compare::RunSet::Create({builder.Build("build/run")}), compare::DefaultPolicy(), out);
  return out.str();
}

void WriteWorkshop(const compare::RunSet& runs, const compare::Policy& /*policy*/, std::ostream& out) {
  WriteRunWorkshop(runs, out);
}

// One as the catalogue has it, one behind a server of its own that states nothing.
std::vector<run::ModelInfo> ExampleModels() {
  run::ModelInfo mini;
  mini.variant = RunBuilder::kModel;
  mini.alias = "ember-mini";
  mini.device = "cpu";
  mini.execution_provider = "CPUExecutionProvider";
  mini.size_mib = 12;
  mini.license = "MIT";
  mini.generation = "g3";
  mini.endpoint = "http://127.0.0.1:1";
  mini.sampling = "deterministic";
  mini.findings = {"temperature 0, three times: one answer"};
  run::ModelInfo own;
  own.variant = "qwen2.5-0.5b-instruct-generic-cpu:4";
  own.alias = "my qwen";
  own.generation = "plain";
  own.endpoint = "https://models.example:8443";
  own.sampling = "nondeterministic";
  own.findings = {"temperature 0, three times: two answers", "usage | <b>reported</b>"};
  return {mini, own};
}

// Ten good requests, one failed, one disturbed, a warm-up, and a second variant.
RunBuilder Example() {
  SampleSpec warmup;
  warmup.warmup = true;
  warmup.e2e_ms = 9000;
  SampleSpec reset;
  reset.outcome = run::Outcome::kReset;
  reset.error = "connection reset | by <peer>";
  SampleSpec moved = reset;
  moved.disturbed = "service_moved";
  RunBuilder builder;
  builder.Repetitions(10).Warn("battery", "", "the machine runs on battery");
  for (run::ModelInfo& model : ExampleModels()) builder.Model(std::move(model));
  builder.Case("capital").Add(warmup).Add(moved).AddRamp(10, 1000, 100).Add(reset);
  builder.Case("code").Add(reset).Failure("connection reset | by <peer>");
  builder.Case("capital", "qwen2.5-0.5b-instruct-generic-cpu:4").AddRamp(4, 2000, 10);
  return builder;
}

TEST(RunReport, Markdown) { ExpectGolden("run.md", Rendered(WriteRunMarkdown, Example())); }
TEST(RunReport, Csv) { ExpectGolden("run.csv", Rendered(WriteRunCsv, Example())); }
TEST(RunReport, Workshop) { ExpectGolden("workshop.md", Rendered(WriteWorkshop, Example())); }

TEST(RunReport, ARunOfBeforeHasNoTableOfModels) {
  RunBuilder builder;
  builder.Case("capital").AddRamp(2, 100, 1);
  EXPECT_THAT(Rendered(WriteRunMarkdown, builder), ::testing::Not(HasSubstr("| sampling |")));
  // Its service is known all the same.
  EXPECT_THAT(Rendered(WriteRunCsv, builder), HasSubstr(",,,,,g3,http://127.0.0.1:1,,,,,\n"));
}

TEST(RunReport, WorkshopNumbers) {
  // 1.0, 1.1 .. 1.9 s: mean 1.45; type 7: (10 - 1) * 0.95 = 8.55 -> 1.8 + 0.55 * 0.1 = 1.855.
  // Decode takes 4/5 of each: 4 gaps in 0.8 * e2e, so 10 * 4 tokens in 0.8 * 14.5 s = 3.448
  // tokens/s.
  const auto summaries = SummarizeVariants(*compare::RunSet::Create({Example().Build()}));
  ASSERT_EQ(summaries.size(), 2U);
  EXPECT_EQ(summaries[0].n, 10U);
  EXPECT_EQ(summaries[0].failed, 2U);
  EXPECT_NEAR(*summaries[0].mean_e2e_s, 1.45, 1e-9);
  EXPECT_NEAR(*summaries[0].p95_e2e_s, 1.855, 1e-9);
  EXPECT_NEAR(*summaries[0].tokens_per_s, 40.0 / 11.6, 1e-6);
  const std::string text = Rendered(WriteWorkshop, Example());
  EXPECT_THAT(text, ::testing::StartsWith("|Model|Avg Latency|p95|TPS|\n|---|---|---|---|\n"
                                          "|ember-mini-generic-cpu:1|1.450|1.855|3.4|\n"));
}

TEST(RunReport, AVariantWithoutASampleHasDashes) {
  RunBuilder builder;
  builder.Case("capital").Failure("connect");
  EXPECT_THAT(Rendered(WriteWorkshop, builder), HasSubstr("|ember-mini-generic-cpu:1|-|-|-|\n"));
}

TEST(RunReport, HostileTextIsHarmlessInTablesAndSheets) {
  RunBuilder builder;
  builder.Case("=cmd|' /C calc'!A0").AddRamp(2, 100, 1);
  builder.Case("b").Failure("\x1B[31m<img src=x>::error::|\n");
  const std::string markdown = Rendered(WriteRunMarkdown, builder);
  EXPECT_EQ(markdown.find('\x1B'), std::string::npos);
  EXPECT_EQ(markdown.find("<img"), std::string::npos);
  for (const std::string& line : base::Split(markdown, '\n')) EXPECT_FALSE(base::Trim(line).starts_with("::")) << line;
  EXPECT_THAT(Rendered(WriteRunCsv, builder), HasSubstr(",'=cmd|' /C calc'!A0,"));
}

}  // namespace
}  // namespace assay::report

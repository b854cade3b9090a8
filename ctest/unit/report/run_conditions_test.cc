// SPDX-License-Identifier: MIT
// The footer of every report: what our own client costs, which conditions did not hold, and the machine.
#include "tools/report/run_conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "tools/compare/gate_rule.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/run_markdown.h"
#include "tools/report/verdict_json.h"

namespace assay::report {
namespace {

using assay::testing::RunBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

run::Overhead Measured() {
  run::Overhead overhead;
  overhead.requests = 200;
  overhead.events = 3200;
  overhead.request_us_p50 = 210;
  overhead.request_us_p99 = 480;
  overhead.event_us_p50 = 35;
  return overhead;
}

TEST(RunConditions, OverheadIsOneSentence) {
  EXPECT_EQ(OverheadLine(std::nullopt), "");
  EXPECT_EQ(OverheadLine(Measured()),
            "Measured with an overhead of 210 us per request (p99 480 us) and 35.0 us per event; 200 requests");
  run::Overhead with_cpu = Measured();
  with_cpu.cpu_us_per_request = 95;
  EXPECT_THAT(OverheadLine(with_cpu), ::testing::EndsWith("; 200 requests, 95.0 us of our CPU time each"));
}

TEST(RunConditions, OverheadThatWasNotMeasuredSaysWhy) {
  run::Overhead absent;
  absent.absent = "foundry-embedded is not beside assay-bench";
  EXPECT_EQ(OverheadLine(absent), "Our own overhead was not measured: foundry-embedded is not beside assay-bench");
  EXPECT_EQ(OverheadLine(run::Overhead{}), "Our own overhead was not measured: the run does not say why");
}

TEST(RunConditions, TheMachineIsOneLineAndWhatChangedHasAnArrow) {
  EXPECT_EQ(MachineLine(std::nullopt), "");
  EXPECT_EQ(MachineLine(run::MachineInfo{}), "");
  run::MachineInfo machine;
  machine.before.power_source = "ac";
  machine.after.power_source = "battery";
  machine.after.battery_percent = 79.6;
  machine.before.governor = machine.after.governor = "performance";
  machine.before.frequency_khz = 2'100'000;
  machine.after.frequency_khz = 3'400'000;
  machine.before.memory_available_bytes = 3LL * 1024 * 1024 * 1024;
  machine.before.service_resident_bytes = 64LL * 1024 * 1024;
  machine.before.gpus = {"Example A", "Example B"};
  machine.stated_watts = 35;
  machine.sampling_cpu_share = 0.0021;
  machine.absent = {{"cpu_celsius", "no sensor"}, {"package_energy", "no permission"}};
  EXPECT_EQ(
      MachineLine(machine),
      "Machine: power ac -> battery, battery 80 %, governor performance, CPU at 2.10 GHz -> 3.40 GHz, free memory "
      "3.00 GiB, service 64.0 MiB, GPU Example A + Example B, energy is an estimate: 35.0 W as stated, times "
      "seconds, looking at it cost 0.21 % of a core, not readable: cpu_celsius package_energy");
}

RunBuilder Flagged() {
  RunBuilder builder;
  builder.Repetitions(2).Case("capital").AddRamp(2, 100, 1).Overhead(Measured());
  builder.Flag(run::Flag{"client_cpu_share", "", 0.62, "share", 0.5, true, "our client used 62 % of a core"});
  builder.Flag(run::Flag{"drift", "", 0.01, "ratio", 0.1, false, "the last third was 1 % slower"});
  builder.Flag(run::Flag{"cpu_stolen", "", std::nullopt, "share", 0.05, false, "the system does not say"});
  builder.Flag(run::Flag{"overloaded", RunBuilder::CaseIdOf("capital"), 0.4, "share", 0.15, true, "40 % fell short"});
  run::MachineInfo machine;
  machine.before.power_source = "ac";
  return builder.Machine(machine);
}

TEST(RunConditions, AReportShowsTheRaisedFlagsWithTheirFigures) {
  const Conditions conditions = ConditionsOf(*compare::RunSet::Create({Flagged().Build()}), compare::DefaultValidity());
  EXPECT_THAT(conditions.flags,
              ElementsAre("client_cpu_share 62 % (limit 50 %): our client used 62 % of a core",
                          "overloaded 40 % (limit 15 %): " + RunBuilder::CaseIdOf("capital") + ": 40 % fell short"));
  EXPECT_THAT(conditions.footer, ElementsAre("Machine: power ac", HasSubstr("Measured with an overhead")));
}

TEST(RunConditions, TheLimitOfThePolicyCounts) {
  compare::ValidityPolicy policy = compare::DefaultValidity();
  policy.rules["client_cpu_share"].limit = 0.7;
  policy.rules["drift"].limit = 0.0;
  const Conditions conditions = ConditionsOf(*compare::RunSet::Create({Flagged().Build()}), policy);
  EXPECT_THAT(conditions.flags, ElementsAre(HasSubstr("drift 0.01 (limit 0)"), HasSubstr("overloaded")));
}

TEST(RunConditions, OfSeveralRunsEachLineSaysWhoseItIs) {
  RunBuilder other;
  other.Case("code").AddRamp(2, 100, 1).Overhead(Measured());
  const Conditions conditions = ConditionsOf(
      *compare::RunSet::Create({Flagged().Build("first"), other.Build("second")}), compare::DefaultValidity());
  EXPECT_THAT(conditions.flags, ::testing::Each(::testing::StartsWith("first: ")));
  EXPECT_THAT(conditions.footer, ElementsAre(::testing::StartsWith("first: Machine"), HasSubstr("first: Measured"),
                                             ::testing::StartsWith("second: Measured")));
}

TEST(RunConditions, HowARunCameToAskAsOftenAsItDid) {
  EXPECT_EQ(AnchorsLine(std::nullopt), "");
  EXPECT_EQ(SecondLookLine(std::nullopt), "");
  EXPECT_EQ(RoundsLine(std::nullopt), "");
  run::Anchors anchors;
  anchors.yardstick = "ember 1, weights 1f2e";
  anchors.cases = {{"short", {{"ttft_ms", {1, 2, 3}}, {"tpot_ms", {1, 2}}}}, {"long", {{"ttft_ms", {1, 2, 3}}}}};
  // Three requests of each: a burst has no time per token.
  EXPECT_EQ(AnchorsLine(anchors), "Anchors: 2 cases, 6 requests that count, yardstick ember 1, weights 1f2e");
  anchors = {};
  anchors.absent = "foundry-embedded is not beside assay-bench";
  EXPECT_EQ(AnchorsLine(anchors), "Anchors: none, foundry-embedded is not beside assay-bench");
  EXPECT_EQ(SecondLookLine(run::SecondLook{{"2026-03-02T12:00:00Z"}, {"a", "b"}, {"c"}}),
            "Second look at 2 suspects, with 1 control, of what was measured at 2026-03-02T12:00:00Z");
  run::Rounds rounds;
  rounds.looks = {5, 8, 12, 20};
  rounds.planned_requests = 1000;
  rounds.asked_requests = 412;
  rounds.stops = {{"a", 5, "cannot_regress"}, {"b", 8, "regressed"}};
  // 588 of 1000 were not asked.
  EXPECT_EQ(
      RoundsLine(rounds),
      "Rounds: asked 412 of 1000 requests (59 % saved), looked after 5 8 12 20 per case, 2 cases settled early (1 "
      "regressed)");
}

TEST(RunConditions, AFileOfBeforeHasNoLine) {
  RunBuilder builder;
  builder.Case("capital").AddRamp(2, 100, 1);
  const Conditions conditions = ConditionsOf(*compare::RunSet::Create({builder.Build()}), compare::DefaultValidity());
  EXPECT_THAT(conditions.flags, IsEmpty());
  EXPECT_THAT(conditions.footer, IsEmpty());
}

compare::Comparison Compared(const RunBuilder& builder) {
  const base::TemporaryDirectory temporary = *base::TemporaryDirectory::Create("assay-conditions");
  const std::vector<std::filesystem::path> folders = {temporary.path()};
  const compare::RunSet runs = *compare::RunSet::Create({builder.Build("build/run")});
  const compare::Policy policy = compare::DefaultPolicy();
  auto comparison = compare::Compare({&runs, nullptr, folders, &policy, {}, "2026-04-02"}, compare::GateRule());
  EXPECT_TRUE(comparison.ok()) << comparison.error().Message();
  return std::move(comparison).value();
}

using Renderer = void (*)(const compare::Comparison&, std::ostream&);
std::string Rendered(Renderer render, const RunBuilder& builder) {
  std::ostringstream out;
  render(Compared(builder), out);
  return out.str();
}

TEST(RunConditions, StandInEveryFormOfAComparison) {
  const std::string terminal = Rendered(WriteComparisonTerminal, Flagged());
  EXPECT_THAT(terminal,
              HasSubstr("\nflag: client_cpu_share 62 % (limit 50 %), latency cannot_tell: our client used "
                        "62 % of a core\nflag: overloaded 40 % (limit 15 %), latency of the case cannot_tell: "));
  EXPECT_THAT(terminal, HasSubstr("\nMachine: power ac\nMeasured with an overhead of 210 us per request (p99 480 us)"));
  EXPECT_THAT(terminal, Not(HasSubstr("drift")));
  const std::string markdown = Rendered(WriteComparisonMarkdown, Flagged());
  EXPECT_THAT(markdown, HasSubstr("\nFlags:\n\n- client\\_cpu\\_share 62 % (limit 50 %), latency cannot\\_tell: "));
  EXPECT_THAT(markdown, ::testing::EndsWith("\n\nMachine: power ac\n\nMeasured with an overhead of 210 us per request "
                                            "(p99 480 us) and 35.0 us per event; 200 requests\n"));
}

TEST(RunConditions, AProgramGetsEveryFlagAndTheOverhead) {
  const auto json = run::ParseJson(Rendered(WriteVerdictJson, Flagged()), "verdict.json");
  ASSERT_TRUE(json.ok()) << json.error().Message();
  const run::JsonArray& flags = *json->Find("flags")->as_array();
  ASSERT_EQ(flags.size(), 4U);
  EXPECT_EQ(*flags[0].Find("name")->as_string(), "client_cpu_share");
  EXPECT_EQ(*flags[0].Find("run")->as_string(), "build/run");
  EXPECT_EQ(flags[0].Find("figure")->as_number(), 0.62);
  EXPECT_EQ(flags[0].Find("limit")->as_number(), 0.5);
  EXPECT_TRUE(*flags[0].Find("raised")->as_bool());
  EXPECT_EQ(*flags[0].Find("effect")->as_string(), "cannot_tell");
  EXPECT_TRUE(flags[0].Find("case")->is_null());
  EXPECT_FALSE(*flags[1].Find("raised")->as_bool());
  EXPECT_EQ(*flags[1].Find("effect")->as_string(), "report");
  EXPECT_TRUE(flags[2].Find("figure")->is_null());
  EXPECT_EQ(*flags[3].Find("case")->as_string(), RunBuilder::CaseIdOf("capital"));
  const run::Json& run = json->Find("runs")->as_array()->front();
  EXPECT_EQ(run.Find("overhead")->Find("request_us_p50")->as_number(), 210);
  EXPECT_TRUE(run.Find("overhead")->Find("event_us_p99")->is_null());
  EXPECT_EQ(*run.Find("machine")->as_string(), "Machine: power ac");
}

// Every text of a run file may have been written by somebody else.
TEST(RunConditions, HostileTextIsShownHarmlessly) {
  const std::string hostile = "\x1B[2J::error::<script>alert(1)</script> | `a` \xE2\x80\xAE @everyone\r\n::error::x";
  RunBuilder builder;
  run::Overhead overhead;
  overhead.absent = hostile;
  run::MachineInfo machine;
  machine.before.governor = hostile;
  machine.before.gpus = {hostile};
  machine.absent[hostile] = hostile;
  builder.Case("capital").AddRamp(2, 100, 1).Overhead(overhead).Machine(machine);
  builder.Flag(run::Flag{hostile, "", 1, hostile, 0, true, hostile});
  std::ostringstream report;
  WriteRunMarkdown(*compare::RunSet::Create({builder.Build()}), compare::DefaultPolicy(), report);
  const std::string markdown = Rendered(WriteComparisonMarkdown, builder);
  for (const std::string& text : {report.str(), markdown, Rendered(WriteComparisonTerminal, builder)}) {
    EXPECT_THAT(text, HasSubstr("\\x1B"));  // it is there
    for (const char* control : {"\x1B", "\r", "\xE2\x80\xAE"}) EXPECT_EQ(text.find(control), std::string::npos);
    for (const std::string& line : base::Split(text, '\n')) EXPECT_FALSE(base::Trim(line).starts_with("::")) << line;
  }
  for (const std::string& text : {report.str(), markdown}) {
    EXPECT_EQ(text.find("<script"), std::string::npos);
    EXPECT_EQ(text.find("@everyone"), std::string::npos);
  }
}

}  // namespace
}  // namespace assay::report

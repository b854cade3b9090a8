// SPDX-License-Identifier: MIT
// Reports of cases under load, from cold and within limits, and of what a request took of the machine: numbers counted
// by hand. The summaries a run brings along are never looked at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "ctest/support/run_builder.h"
#include "ctest/unit/report/golden.h"
#include "fixtures/base/text.h"
#include "tools/report/case_label.h"
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
using ::testing::Not;

constexpr std::int64_t kMib = 1024 * 1024;

run::Scenario Concurrency(std::int64_t n) {
  run::Scenario scenario;
  scenario.concurrency = n;
  return scenario;
}

SampleSpec At(double start_ms, double e2e_ms = 100) {
  SampleSpec sample;
  sample.start_ms = start_ms;
  sample.e2e_ms = e2e_ms;
  return sample;
}

run::MachineUse Use() {
  run::MachineUse use;
  use.span = base::Nanoseconds(101'000'000);
  use.service_resident_bytes = 64 * kMib;
  use.service_peak_resident_bytes = 80 * kMib;
  use.service_cpu = base::Nanoseconds(90'000'000);
  use.stated_watts = 35;
  return use;
}

RunBuilder Example() {
  RunBuilder builder;
  builder.Repetitions(3);
  // One after the other, with the machine looked at.
  SampleSpec warm = At(0);
  warm.machine = Use();
  builder.Case("capital").Add(warm).Add(warm).Add(warm);
  // Two at once: four of 100 ms in a window of 200 ms, 5 tokens each. 20 tokens / 0.2 s, 4 / 0.2 s, 400 / 200 ms.
  builder.Case("capital").Scenario(Concurrency(2)).CaseRepetitions(4);
  builder.Add(At(0)).Add(At(0)).Add(At(100)).Add(At(100));
  // On a schedule: sent 1, 3 and 0 ms late, so done 101, 103 and 100 ms after they should have begun; one lost.
  run::Scenario rate;
  rate.rate_per_s = 10;
  builder.Case("capital").Scenario(rate).CaseRepetitions(4);
  int slot = 0;
  for (const double late : {1.0, 3.0, 0.0, 0.0}) {
    SampleSpec sample = At(100.0 * slot + late);
    sample.scheduled_ms = 100.0 * slot;
    if (slot == 3) {
      sample.outcome = run::Outcome::kReset;
      sample.error = "connection reset";
    }
    builder.Add(sample);
    ++slot;
  }
  // From cold: the first token takes 50 ms, of the warm model 20.
  run::Scenario cold;
  cold.start = run::Start::kCold;
  SampleSpec first = At(0);
  first.ttft_ms = 50;
  first.warm_ttft_ms = 20;
  first.load_ms = 800;
  builder.Case("capital").Scenario(cold).Add(first).Add(first).Add(first);
  return builder;
}

run::Overhead ExampleOverhead() {
  run::Overhead overhead;
  overhead.requests = 200;
  overhead.events = 3200;
  overhead.request_us_p50 = 210;
  overhead.request_us_p99 = 480;
  overhead.event_us_p50 = 35;
  overhead.event_us_p99 = 90;
  return overhead;
}

run::MachineInfo ExampleMachine() {
  run::MachineInfo machine;
  machine.before.power_source = machine.after.power_source = "ac";
  machine.before.governor = "powersave";
  machine.after.governor = "performance";
  machine.before.load_average_1m = 0.25;
  machine.after.load_average_1m = 1.5;
  machine.stated_watts = 35;
  machine.absent["package_energy"] = "no permission";
  return machine;
}

compare::Policy Goodput() {
  compare::Policy policy = compare::DefaultPolicy();
  // The two slower ones of the schedule have 101 and 103 ms, and the lost one has nothing.
  policy.goodput = {{run::FindMetric("latency_from_schedule_ms"), 102}};
  return policy;
}

template <typename Renderer>
std::string Rendered(Renderer render, const RunBuilder& builder,
                     const compare::Policy& policy = compare::DefaultPolicy()) {
  std::ostringstream out;
  render(*compare::RunSet::Create({builder.Build("build/run")}), policy, out);
  return out.str();
}

TEST(CaseLabel, NamesWhatIsSpecial) {
  EXPECT_EQ(CaseLabel("capital", "chat/m/capital/stream:on/max_tokens:8"), "capital");
  EXPECT_EQ(CaseLabel("capital", "chat/m/capital/stream:off/max_tokens:8/cold"), "capital, nonstream, cold");
  EXPECT_EQ(CaseLabel("capital", "chat/m/capital/stream:on/max_tokens:8/concurrency:4"), "capital, concurrency:4");
  EXPECT_EQ(CaseLabel("capital", "no case id"), "capital");
}

TEST(ScenarioReport, Markdown) {
  RunBuilder builder = Example();
  builder.Machine(ExampleMachine()).Overhead(ExampleOverhead());
  builder.Flag(run::Flag{"machine_busy", "", 0.23, "share", 0.1, true, "others used 23 % of all processors"});
  builder.Flag(run::Flag{"drift", "", 0.01, "ratio", 0.1, false, "the last third was 1 % slower"});
  const std::string text = Rendered(WriteRunMarkdown, builder, Goodput());
  ExpectGolden("run_scenarios.md", text);
  EXPECT_THAT(text, HasSubstr("| capital, concurrency:2 |"));
  EXPECT_THAT(text, HasSubstr("Goodput counts requests with latency\\_from\\_schedule\\_ms at most 102"));
  EXPECT_THAT(text, Not(HasSubstr("drift")));
}

// Rows by hand; columns as in csv_format.md.
TEST(ScenarioReport, CsvHasOneValueOfACase) {
  const std::string text = Rendered(WriteRunCsv, Example(), Goodput());
  const auto expect = [&](const std::string& scenario, const std::string& from_metric) {
    const std::string id = "chat/ember-mini-generic-cpu:1/capital/stream:on/max_tokens:64" + scenario;
    EXPECT_THAT(text, HasSubstr("\n" + id + ",ember-mini-generic-cpu:1,ember-mini,capital," + from_metric + "\n"));
  };
  const std::string facts = ",,,,g3,http://127.0.0.1:1,";
  expect("/concurrency:2", "ok,0,output_tokens_per_s,tokens/s,4,,,,,," + facts + ",,,,100.0");
  expect("/concurrency:2", "ok,0,requests_per_s,requests/s,4,,,,,," + facts + ",,,,20.0");
  expect("/concurrency:2", "ok,0,concurrency_achieved,requests,4,,,,,," + facts + ",,,,2.0");
  expect("/concurrency:2", "ok,0,error_rate,share,4,,,,,," + facts + ",,,,0.0");
  const std::string rate = "incomplete (3 of 4),1,";
  expect("/rate:10", rate + "error_rate,share,4,,,,,," + facts + ",,,,0.25");
  // Of four attempted, 101 and 100 ms are within 102.
  expect("/rate:10", rate + "goodput_share,share,4,,,,,," + facts + ",,,,0.5");
  expect("/rate:10", rate + "latency_from_schedule_ms,ms,3,101.0,100.5,102.0,100.0,103.0," + facts + ",,,,");
  expect("/cold", "ok,0,load_ms,ms,3,800.0,800.0,800.0,800.0,800.0," + facts + ",,,,");
  expect("/cold", "ok,0,first_request_penalty_ms,ms,3,30.0,30.0,30.0,30.0,30.0," + facts + ",,,,");
  // What the case does not have but another one does.
  expect("", "ok,0,load_ms,ms,0,,,,,," + facts + ",,,,");
  // 35 W x 0.1 s.
  expect("", "ok,0,energy_estimate_j,J,3,3.5,3.5,3.5,3.5,3.5," + facts + ",,,,");
  EXPECT_THAT(text, Not(HasSubstr(",gpu_power_w,")));  // nobody has it
  // Every row has as many fields as the header.
  const std::vector<std::string> lines = base::Split(text, '\n');
  const auto commas = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    EXPECT_EQ(commas(line), commas(lines.front())) << line;
  }
}

TEST(ScenarioReport, WithoutAPolicyNothingIsSaidOfGoodput) {
  EXPECT_THAT(Rendered(WriteRunMarkdown, Example()), Not(HasSubstr("oodput")));
  EXPECT_THAT(Rendered(WriteRunCsv, Example()), Not(HasSubstr("goodput")));
}

TEST(ScenarioReport, APlainRunHasNoTableOfScenariosOrMachine) {
  RunBuilder builder;
  builder.Case("capital").AddRamp(3, 100, 1);
  const std::string text = Rendered(WriteRunMarkdown, builder);
  for (const char* absent : {"Under load", "of the machine", "p90 |", "Flags", "Machine:", "overhead"}) {
    EXPECT_THAT(text, Not(HasSubstr(absent)));
  }
}

// 1, 2 .. 64 ms: (64 - 1) * 0.9 = 56.7 -> 57 + 0.7 = 57.7. A p99 needs 662 requests, and 63 have no p90.
TEST(ScenarioReport, FarQuantilesAreStatedFromTheirFloorOn) {
  RunBuilder enough;
  enough.Case("capital").AddRamp(64, 1, 1);
  const std::string text = Rendered(WriteRunMarkdown, enough);
  EXPECT_THAT(text, HasSubstr("| TTFT ms | e2e p90 | TTFT p90 | TPOT ms |"));
  EXPECT_THAT(text, HasSubstr(" | 57.7 | 11.5 | "));
  EXPECT_THAT(text, Not(HasSubstr("p99 |")));
  EXPECT_THAT(Rendered(WriteRunCsv, enough), HasSubstr(",57.7,,,\n"));
  RunBuilder few;
  few.Case("capital").AddRamp(63, 1, 1);
  EXPECT_THAT(Rendered(WriteRunMarkdown, few), Not(HasSubstr("p90 |")));
  // Beside a case that has one, a dash.
  enough.Case("code").AddRamp(63, 1, 1);
  EXPECT_THAT(Rendered(WriteRunMarkdown, enough), HasSubstr(" | - | - | "));
}

TEST(ScenarioReport, SummariesInTheFileAreNotBelieved) {
  run::Run run = Example().Build("build/run");
  run::CaseSummary wrong;
  wrong.case_id = run.cases.front().plan.id;
  wrong.attempted = 9999;
  wrong.request_metrics["e2e_ms"] = run::Distribution{9999, 9999, 9999, 9999, 9999, 9999, 9999};
  run.info.summaries.push_back(wrong);
  std::ostringstream out;
  const compare::RunSet runs = *compare::RunSet::Create({run});
  WriteRunMarkdown(runs, compare::DefaultPolicy(), out);
  WriteRunCsv(runs, compare::DefaultPolicy(), out);
  EXPECT_THAT(out.str(), Not(HasSubstr("9999")));
}

// Cold starts and loads are cases of their own and must not enter the mean of the others.
TEST(ScenarioReport, TheWorkshopTableIsOfWarmRequestsOneByOne) {
  const auto summaries = SummarizeVariants(*compare::RunSet::Create({Example().Build()}));
  ASSERT_EQ(summaries.size(), 1U);
  EXPECT_EQ(summaries[0].n, 3U);
  EXPECT_EQ(summaries[0].failed, 0U);
  std::ostringstream out;
  WriteRunWorkshop(*compare::RunSet::Create({Example().Build()}), out);
  EXPECT_THAT(out.str(), HasSubstr("So are the cases from cold, after a restart and under load."));
}

// The service may send several tokens at first: they are not made in the decode interval.
TEST(ScenarioReport, TheRateOfTheWorkshopFollowsTheTimePerToken) {
  run::Run run = Example().Build();
  run.cases.resize(1);
  for (run::Sample& sample : run.cases.front().samples) sample.first_chunk_tokens = 3;
  // 2 tokens in the 80 ms between first and last: 25 tokens/s.
  const auto summaries = SummarizeVariants(*compare::RunSet::Create({run}));
  EXPECT_NEAR(*summaries[0].tokens_per_s, 25.0, 1e-9);
}

}  // namespace
}  // namespace assay::report

// SPDX-License-Identifier: MIT
// assay-bench in every scenario on the embedded service: what the files say, held against the service's own record and
// the operating system.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "ctest/integration/suite/programs.h"
#include "fixtures/base/text.h"
#include "fixtures/overhead/embedded_child.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class ScenarioRun : public ProgramTest {
 protected:
  static constexpr const char* kModel = "ember-mini-int8-cpu:1";

  run::Run ReadMeasured() {
    base::Result<run::Run> run = run::ReadRun(Path("run"));
    if (!run.ok()) {
      ADD_FAILURE() << run.error().Message();
      return {};
    }
    return std::move(run).value();
  }

  static const run::RunCase* Find(const run::Run& run, const std::string& end) {
    for (const run::RunCase& one : run.cases) {
      if (one.plan.id.ends_with(end)) return &one;
    }
    ADD_FAILURE() << "no case ends in " << end;
    return nullptr;
  }

  static std::vector<run::Flag> Flags(const run::Run& run, const std::string& name) {
    std::vector<run::Flag> flags;
    for (const run::Flag& flag : run.info.validity.flags) {
      if (flag.name == name) flags.push_back(flag);
    }
    return flags;
  }

  // The requests of the one case in the order of the file: w = warm-up, m = measured.
  static std::string Course(const run::Run& run) {
    std::string course;
    for (const run::Sample& sample : run.cases.at(0).samples) course += sample.counts() ? 'm' : 'w';
    return course;
  }

  // Nanoseconds of each load that the service logged.
  static std::vector<std::int64_t> LoadsIn(const std::string& log) {
    std::vector<std::int64_t> loads;
    for (const std::string& line : base::Split(log, '\n')) {
      if (line.empty()) continue;
      const base::Result<run::Json> record = run::ParseJson(line, "log");
      if (!record.ok()) {
        ADD_FAILURE() << record.error().Message();
        continue;
      }
      const run::Json* load = record->Find("load");
      if (load != nullptr) loads.push_back(*load->Find("end_ns")->as_integer() - *load->Find("start_ns")->as_integer());
    }
    return loads;
  }

  process::Completed BenchAt(const overhead::EmbeddedChild& service, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--service=none", "--endpoint=" + service.url(), "--self-measurement=off",
                                       "--run=" + Path("run")});
    return Bench(std::move(arguments));
  }

  // A service of our own that goes on after assay-bench, with `model` loaded.
  overhead::EmbeddedChild Serve(const std::string& scenario) {
    base::Result<overhead::EmbeddedChild> child =
        overhead::EmbeddedChild::Start(Program("foundry-embedded"), kModel, scenario);
    ASSAY_CHECK(child.ok(), child.error().Message());
    return std::move(child).value();
  }
};

TEST_F(ScenarioRun, EveryScenarioIsACaseOfItsOwn) {
  const process::Completed done = Bench({"--scenarios=warm,cold,nonstream,concurrency:4,rate:40", "--max-tokens=8",
                                         "--repetitions=3", "--run=" + Path("run"), "--stated-watts=30"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const run::Run run = ReadMeasured();
  ASSERT_EQ(run.cases.size(), 5U);
  const std::map<std::string, std::int64_t> requests = {{"stream:on/max_tokens:8", 3},
                                                        {"/cold", 3},
                                                        {"stream:off/max_tokens:8", 3},
                                                        {"/concurrency:4", 16},
                                                        {"/rate:40", 20}};
  for (const auto& [end, count] : requests) {
    const run::RunCase* one = Find(run, end);
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->plan.failure, "");
    EXPECT_EQ(std::ranges::count_if(one->samples, &run::Sample::counts), count) << one->plan.id;
    for (const run::Sample& sample : one->samples) {
      if (!sample.counts()) continue;
      EXPECT_EQ(sample.machine.has_value(), !one->plan.scenario.loaded()) << one->plan.id;
      EXPECT_EQ(sample.timeline.scheduled_ns.has_value(), one->plan.scenario.rate_per_s.has_value());
      EXPECT_EQ(sample.load.has_value(), one->plan.scenario.start == run::Start::kCold);
      EXPECT_EQ(sample.warm_ttft.has_value(), one->plan.scenario.start == run::Start::kCold);
    }
  }
  // All of the warm case lies before all of the others that disturb.
  const auto last_start = [](const run::RunCase& one) { return one.samples.back().timeline.start_ns; };
  const auto first_start = [](const run::RunCase& one) { return one.samples.front().timeline.start_ns; };
  EXPECT_LT(last_start(*Find(run, "stream:on/max_tokens:8")), first_start(*Find(run, "/concurrency:4")));
  EXPECT_LT(last_start(*Find(run, "/rate:40")), first_start(*Find(run, "/cold")));

  ASSERT_EQ(run.info.summaries.size(), 5U);
  for (const run::CaseSummary& summary : run.info.summaries) {
    const bool loaded = summary.case_id.find("/rate:") != std::string::npos ||
                        summary.case_id.find("/concurrency:") != std::string::npos;
    EXPECT_EQ(summary.case_metrics.contains("concurrency_achieved"), loaded) << summary.case_id;
    EXPECT_EQ(summary.request_metrics.contains("energy_estimate_j"), !loaded) << summary.case_id;
  }
  for (const char* line : {"load: ", "our own overhead: "}) EXPECT_THAT(done.standard_output, HasSubstr(line));

  const base::Result<run::Json> json = run::ReadJsonFile(Path("run/run.json"));
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(json->Find("benchmarks")->as_array()->size(), 3U + 3U + 3U + 16U + 20U);
  for (const auto& entry : std::filesystem::directory_iterator(Path("run"))) {
    EXPECT_NE(entry.path().extension(), ".partial") << entry.path();
  }
}

TEST_F(ScenarioRun, TheRunSaysWhatWeCostAndHowTheMachineWas) {
  ASSERT_EQ(Bench({"--max-tokens=8", "--repetitions=2", "--run=" + Path("run")}).exit_code, 0);
  const run::Run run = ReadMeasured();
  ASSERT_TRUE(run.info.overhead.has_value());
  EXPECT_EQ(run.info.overhead->absent, "");
  EXPECT_EQ(run.info.overhead->requests, 200);
  ASSERT_TRUE(run.info.machine.has_value());
  EXPECT_GT(run.info.machine->snapshots, 0);
  for (const char* name :
       {"warmup_not_settled", "client_cpu_share", "schedule_lag", "lost_samples", "disturbed_samples", "machine_busy",
        "cpu_stolen", "throttled", "power_changed", "drift", "overloaded"}) {
    ASSERT_EQ(Flags(run, name).size(), 1U) << name;
    EXPECT_NE(Flags(run, name)[0].message, "") << name;
  }

  const process::Completed done =
      Bench({"--max-tokens=8", "--repetitions=1", "--self-measurement=off", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.standard_output, HasSubstr("our own overhead: not measured"));
  EXPECT_NE(ReadMeasured().info.overhead->absent, "");
}

// 150 requests at 1000 per second: far more than the model answers. Nothing hangs.
TEST_F(ScenarioRun, ARateThatTheServiceCannotHoldIsOverload) {
  const process::Completed done = Bench({"--scenarios=rate:1000", "--max-tokens=48", "--repetitions=150",
                                         "--self-measurement=off", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  EXPECT_THAT(done.standard_output, HasSubstr("flag: overloaded: "));
  const run::Run run = ReadMeasured();
  ASSERT_EQ(Flags(run, "overloaded").size(), 1U);
  EXPECT_TRUE(Flags(run, "overloaded")[0].raised) << Flags(run, "overloaded")[0].message;
  EXPECT_EQ(run.info.validity.failed_requests, 0);
  // Latency from schedule grows.
  std::vector<double> latencies;
  for (const run::Sample& sample : run.cases[0].samples) {
    if (sample.counts()) latencies.push_back(run::LatencyFromScheduleMs(sample).value_or(0));
  }
  ASSERT_EQ(latencies.size(), 150U);
  std::optional<double> alone;
  for (const run::Sample& sample : run.cases[0].samples) {
    if (sample.warmup) alone = run::E2eMs(sample);
  }
  EXPECT_GT(latencies.back(), 2 * alone.value_or(1e9));
}

TEST_F(ScenarioRun, ALoadThatIsHeldIsNoOverload) {
  const process::Completed done = Bench({"--scenarios=rate:10", "--scenario=ttft_ms=20,token_ms=2", "--max-tokens=8",
                                         "--repetitions=20", "--self-measurement=off", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const run::Run run = ReadMeasured();
  EXPECT_FALSE(Flags(run, "overloaded")[0].raised) << Flags(run, "overloaded")[0].message;
  EXPECT_TRUE(Flags(run, "overloaded")[0].figure.has_value());
}

// Issue 4: within 5 % of the service's own log. A load of 300 ms, so that a busy machine is not what is measured.
TEST_F(ScenarioRun, AColdLoadTakesWhatTheServiceSaysItTook) {
  overhead::EmbeddedChild service = Serve("slow_load=300");
  const process::Completed done = BenchAt(service, {"--scenarios=cold", "--max-tokens=4", "--repetitions=3"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const base::Result<std::string> log = service.Stop();
  ASSERT_TRUE(log.ok()) << log.error().Message();
  const std::vector<std::int64_t> loads = LoadsIn(*log);
  const run::Run run = ReadMeasured();
  std::vector<const run::Sample*> cold;
  for (const run::Sample& sample : run.cases[0].samples) {
    if (sample.load) cold.push_back(&sample);
  }
  ASSERT_EQ(cold.size(), 4U) << "one to warm the disk, three measured";
  ASSERT_GE(loads.size(), cold.size());
  for (std::size_t i = 0; i < cold.size(); ++i) {  // the last ones are ours
    const auto said = static_cast<double>(loads[loads.size() - cold.size() + i]);
    const auto measured = static_cast<double>(cold[i]->load->count());
    EXPECT_GE(said, 300e6);
    EXPECT_NEAR(measured, said, 0.05 * said);
    EXPECT_LT(*run::TtftMs(*cold[i]), 300) << "loading is no part of the first token";
  }
}

#ifdef __linux__
// Issue 4: within 2 % of /proc, right after the run.
TEST_F(ScenarioRun, TheServicesMemoryIsWhatTheSystemSays) {
  overhead::EmbeddedChild service = Serve("ttft_ms=1");
  const process::Completed done = BenchAt(service, {"--max-tokens=24", "--repetitions=3"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const run::Run run = ReadMeasured();
  ASSERT_TRUE(run.info.service.pid.has_value());
  const std::string status = Read("/proc/" + std::to_string(*run.info.service.pid) + "/status");
  const std::size_t at = status.find("VmRSS:");
  ASSERT_NE(at, std::string::npos);
  const double resident = std::stod(status.substr(at + 6)) * 1024;
  // Where looking is dear, not every request has a look behind it.
  const run::MachineUse* last = nullptr;
  for (const run::Sample& sample : run.cases[0].samples) {
    if (sample.machine && sample.machine->service_resident_bytes) last = &*sample.machine;
  }
  ASSERT_NE(last, nullptr);
  EXPECT_NEAR(static_cast<double>(*last->service_resident_bytes), resident, 0.02 * resident);
  EXPECT_GE(last->service_peak_resident_bytes, last->service_resident_bytes);
  if (last->service_cpu) {
    EXPECT_GT(*last->service_cpu, base::Nanoseconds(0));
  }
}
#endif

TEST_F(ScenarioRun, PromptsAreFilledAndAnswersLimited) {
  const process::Completed done = Bench({"--scenarios=input_tokens:64|128+output_tokens:8", "--repetitions=2",
                                         "--self-measurement=off", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const run::Run run = ReadMeasured();
  ASSERT_EQ(run.cases.size(), 2U);
  for (const run::RunCase& one : run.cases) {
    for (const run::Sample& sample : one.samples) EXPECT_EQ(sample.prompt_tokens, one.plan.scenario.input_tokens);
  }
}

TEST_F(ScenarioRun, WhatTheServiceCannotDoFailsItsCaseOnly) {
  overhead::EmbeddedChild service = Serve("ttft_ms=1");
  const process::Completed done =
      BenchAt(service, {"--scenarios=warm,after_restart", "--max-tokens=4", "--repetitions=2"});
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  EXPECT_THAT(done.standard_output, HasSubstr("scenario_not_possible: "));
  const run::Run run = ReadMeasured();
  EXPECT_EQ(Find(run, "max_tokens:4")->plan.failure, "");
  EXPECT_TRUE(Find(run, "/after_restart")->samples.empty());
}

TEST_F(ScenarioRun, AServiceOfOursIsStartedAnew) {
  const process::Completed done = Bench({"--scenarios=after_restart", "--max-tokens=4", "--repetitions=2",
                                         "--self-measurement=off", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const run::Run run = ReadMeasured();
  for (const run::Sample& sample : run.cases[0].samples) {
    if (!sample.counts()) continue;
    EXPECT_TRUE(sample.restart.has_value());
    EXPECT_TRUE(sample.load.has_value());
  }
}

// --restarts=N without --pair: N blocks, and before each but the first a start of its own.
TEST_F(ScenarioRun, BlocksAreOfServicesStartedAnew) {
  const process::Completed done =
      Bench({"--restarts=2", "--max-tokens=4", "--repetitions=4", "--self-measurement=off", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  EXPECT_THAT(done.standard_output, HasSubstr("started anew 1 time between the requests"));
  const run::Run run = ReadMeasured();
  EXPECT_EQ(run.info.validity.renewals, 1);
  EXPECT_THAT(Course(run), MatchesRegex("w+mmw+mm"));
}

TEST_F(ScenarioRun, BlocksOnAServiceThatIsNotOursAreOfLoadsOfTheirOwn) {
  overhead::EmbeddedChild service = Serve("ttft_ms=1");
  const process::Completed done = BenchAt(service, {"--restarts=3", "--max-tokens=4", "--repetitions=3"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const run::Run run = ReadMeasured();
  EXPECT_EQ(run.info.validity.renewals, 2);
  EXPECT_THAT(Course(run), MatchesRegex("w+mw+mw+m"));
  const base::Result<std::string> log = service.Stop();
  ASSERT_TRUE(log.ok()) << log.error().Message();
  EXPECT_EQ(LoadsIn(*log).size(), 3U) << "one of its start, two of the run";
}

// What was measured before stays in the files; the case is no measured one.
TEST_F(ScenarioRun, ABlockThatIsNotStartedAnewFailsItsCases) {
  overhead::EmbeddedChild service = Serve("load_fails");
  const process::Completed done = BenchAt(service, {"--restarts=2", "--max-tokens=4", "--repetitions=4"});
  EXPECT_EQ(done.exit_code, 1) << done.standard_error << done.standard_output;
  const run::Run run = ReadMeasured();
  EXPECT_EQ(run.info.validity.renewals, 0);
  EXPECT_THAT(Course(run), MatchesRegex("w+mm"));
  EXPECT_THAT(run.cases[0].plan.failure,
              HasSubstr("not started anew after 2 repetitions: the model ember-mini-int8-cpu:1 could not be loaded"));
}

}  // namespace
}  // namespace assay::integration

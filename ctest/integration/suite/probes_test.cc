// SPDX-License-Identifier: MIT
// Every probe against the embedded service: one that does as it is asked, and one with a fault that the probe is there
// to find. What was found is a fact of the run, a line in what is printed, and held by a baseline.
#include <gmock/gmock.h>

#include <algorithm>

#include "ctest/integration/suite/programs.h"
#include "fixtures/overhead/embedded_child.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {
namespace {

using run::ProbeKind;
using run::ProbeResult;
using ::testing::HasSubstr;
using ::testing::Not;

class Probes : public ProgramTest {
 protected:
  process::Completed Ask(const std::string& scenarios, const std::string& faults = "",
                         const std::string& name = "run") {
    std::vector<std::string> arguments = {"--scenarios=" + scenarios, "--repetitions=2", "--warmup-limit=2",
                                          "--self-measurement=off", "--run=" + Path(name)};
    if (!faults.empty()) arguments.push_back("--scenario=" + faults);
    return Bench(std::move(arguments));
  }
  run::Run Measured(const std::string& name = "run") {
    base::Result<run::Run> run = run::ReadRun(Path(name));
    if (!run.ok()) {
      ADD_FAILURE() << run.error().Message();
      return {};
    }
    return std::move(run).value();
  }
  static run::ProbeFinding Found(const run::Run& run, ProbeKind kind) {
    for (const run::ProbeFinding& finding : run.info.probes) {
      if (finding.probe == kind) return finding;
    }
    ADD_FAILURE() << "nothing of the probe " << ToString(kind);
    return {};
  }
  // Of one probe, with these faults of the service.
  run::ProbeFinding Find(ProbeKind kind, const std::string& faults) {
    const process::Completed done = Ask("probe:" + std::string(ToString(kind)), faults);
    EXPECT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
    return Found(Measured(), kind);
  }
  static std::string Evidence(const run::ProbeFinding& finding) { return ::testing::PrintToString(finding.evidence); }
};

// Generation G3 does not know stop texts (foundry-facts 2.5): that is what its probe says.
TEST_F(Probes, AServiceThatDoesAsItIsAsked) {
  const process::Completed done = Ask("warm,probe:temperature|seed|limits|stream|concurrency|reload|restart|cache");
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const run::Run run = Measured();
  ASSERT_EQ(run.info.probes.size(), std::size(run::kProbeKinds));
  for (const ProbeKind kind : {ProbeKind::kTemperature, ProbeKind::kSeed}) {
    EXPECT_EQ(Found(run, kind).result, ProbeResult::kObeyed) << ToString(kind) << Evidence(Found(run, kind));
  }
  for (const ProbeKind kind :
       {ProbeKind::kStream, ProbeKind::kConcurrency, ProbeKind::kReload, ProbeKind::kRestart, ProbeKind::kCache}) {
    EXPECT_EQ(Found(run, kind).result, ProbeResult::kSame) << ToString(kind) << Evidence(Found(run, kind));
  }
  const run::ProbeFinding limits = Found(run, ProbeKind::kLimits);
  EXPECT_EQ(limits.result, ProbeResult::kIgnored);
  EXPECT_EQ(limits.parts.at("max_tokens"), ProbeResult::kObeyed) << Evidence(limits);
  EXPECT_EQ(limits.parts.at("stop"), ProbeResult::kIgnored) << Evidence(limits);
  // Reload and restart come last.
  EXPECT_EQ(run.info.probes[6].probe, ProbeKind::kReload);
  EXPECT_EQ(run.info.probes[7].probe, ProbeKind::kRestart);

  for (const run::ProbeFinding& finding : run.info.probes) {
    const auto one = std::ranges::find(run.cases, finding.case_id, [](const run::RunCase& c) { return c.plan.id; });
    ASSERT_NE(one, run.cases.end());
    const auto steps = run::StepsOf(finding.probe);
    EXPECT_EQ(std::ranges::count_if(one->samples, &run::Sample::counts), std::ssize(steps)) << finding.case_id;
    for (const run::Sample& sample : one->samples) {
      EXPECT_EQ(sample.step, steps[static_cast<std::size_t>(sample.repetition)]) << finding.case_id;
      EXPECT_FALSE(sample.machine.has_value());
    }
    EXPECT_THAT(done.standard_output,
                HasSubstr("probe: " + finding.case_id + ": " + std::string(ToString(finding.result))));
  }
  ASSERT_EQ(run.info.summaries.size(), 1U) << "probes are not measured";
  EXPECT_EQ(run.info.validity.measured_requests, 2);
  const base::Result<run::Json> json = run::ReadJsonFile(Path("run/run.json"));
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->Find("benchmarks")->as_array()->size(), 2U);
}

TEST_F(Probes, ATemperatureThatIsIgnored) {
  const run::ProbeFinding finding = Find(ProbeKind::kTemperature, "ignore_temperature");
  EXPECT_EQ(finding.result, ProbeResult::kIgnored) << Evidence(finding);
  EXPECT_EQ(finding.parts.at("sampling"), ProbeResult::kIgnored);
}

TEST_F(Probes, ASeedThatIsIgnored) {
  const run::ProbeFinding finding = Find(ProbeKind::kSeed, "ignore_seed");
  EXPECT_EQ(finding.result, ProbeResult::kIgnored) << Evidence(finding);
  EXPECT_EQ(finding.parts.at("repeats"), ProbeResult::kIgnored);
  EXPECT_EQ(Find(ProbeKind::kSeed, "ignore_temperature").parts.at("varies"), ProbeResult::kIgnored);
}

TEST_F(Probes, ALimitThatIsIgnored) {
  const run::ProbeFinding finding = Find(ProbeKind::kLimits, "ignore_max_tokens");
  EXPECT_EQ(finding.parts.at("max_tokens"), ProbeResult::kIgnored) << Evidence(finding);
}

// The first two answers are as they were, everything after them is not: what came in between is found whatever it is.
TEST_F(Probes, AnswersThatAreNotTheSame) {
  for (const ProbeKind kind : {ProbeKind::kStream, ProbeKind::kConcurrency, ProbeKind::kReload, ProbeKind::kCache}) {
    const run::ProbeFinding finding = Find(kind, "flip_token=1,prompt_contains=privacy,after=2");
    EXPECT_EQ(finding.result, ProbeResult::kDiffers) << ToString(kind) << Evidence(finding);
  }
}

// A service that answers its first three requests in another way: a restart shows it.
TEST_F(Probes, AnAnswerThatARestartChanges) {
  const process::Completed done = Ask("warm,probe:restart", "flip_token=1,prompt_contains=privacy,times=3");
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const run::ProbeFinding finding = Found(Measured(), ProbeKind::kRestart);
  EXPECT_EQ(finding.result, ProbeResult::kDiffers) << Evidence(finding);
}

TEST_F(Probes, AnAnswerThatDoesNotRepeatProvesNothing) {
  const run::ProbeFinding finding = Find(ProbeKind::kStream, "flip_token=1,prompt_contains=privacy,after=1");
  EXPECT_EQ(finding.result, ProbeResult::kCannotTell) << Evidence(finding);
}

TEST_F(Probes, AServiceOfSomebodyElseIsNotRestarted) {
  base::Result<overhead::EmbeddedChild> service =
      overhead::EmbeddedChild::Start(Program("foundry-embedded"), "ember-mini-int8-cpu:1", "ttft_ms=1");
  ASSERT_TRUE(service.ok()) << service.error().Message();
  const process::Completed done =
      Bench({"--service=none", "--endpoint=" + service->url(), "--scenarios=warm,probe:restart|stream",
             "--repetitions=2", "--self-measurement=off", "--run=" + Path("run")});
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  EXPECT_THAT(done.standard_output, HasSubstr("scenario_not_possible: "));
  EXPECT_THAT(done.standard_output, HasSubstr("probe:restart stops and starts the service"));
  const run::Run run = Measured();
  ASSERT_EQ(run.info.probes.size(), 1U);
  EXPECT_EQ(run.info.probes[0].result, ProbeResult::kSame);
}

TEST_F(Probes, AResultThatGotWorseIsARegressionOfTheAnswers) {
  const std::string scenarios = "warm,probe:temperature|seed|cache";
  ASSERT_EQ(Ask(scenarios).exit_code, 0);
  Write("baselines/keep", "");
  const process::Completed first =
      Assay({"compare", "--run", Path("run"), "--baselines", Path("baselines"), "--question", "determinism"});
  EXPECT_EQ(first.exit_code, 3) << first.standard_output;
  EXPECT_THAT(first.standard_output, HasSubstr("probe seed: obeyed"));
  EXPECT_THAT(first.standard_output, HasSubstr("no result of this probe was accepted yet"));
  const process::Completed accepted = Assay(
      {"accept", "--run", Path("run"), "--baselines", Path("baselines"), "--only", "outputs", "--reason", "the first"});
  ASSERT_EQ(accepted.exit_code, 0) << accepted.standard_error;
  const process::Completed same =
      Assay({"compare", "--run", Path("run"), "--baselines", Path("baselines"), "--question", "determinism"});
  EXPECT_EQ(same.exit_code, 0) << same.standard_output;
  EXPECT_THAT(same.standard_output,
              HasSubstr("probe temperature: obeyed (greedy obeyed, sampling obeyed), as accepted"));

  ASSERT_EQ(Ask(scenarios, "ignore_seed", "worse").exit_code, 0);
  const process::Completed worse = Assay({"compare", "--run", Path("worse"), "--baselines", Path("baselines"),
                                          "--question", "determinism", "--markdown", Path("worse.md")});
  EXPECT_EQ(worse.exit_code, 1) << worse.standard_output;
  EXPECT_THAT(worse.standard_output, HasSubstr("answers changed: repeats obeyed -> ignored"));
  EXPECT_THAT(worse.standard_output, HasSubstr("probe cache: same, as accepted"));
  EXPECT_THAT(Read(Path("worse.md")), HasSubstr("repeats obeyed -&gt; ignored"));
  const process::Completed report = Assay({"report", "--run", Path("worse"), "--format=markdown"});
  EXPECT_THAT(report.standard_output, HasSubstr("probe:seed: ignored (repeats ignored, varies obeyed)"));
}

TEST_F(Probes, APairLeavesThemOut) {
  const process::Completed done = Bench({"--pair", "temperature=0", "seed=3", "--scenarios=warm,probe:stream",
                                         "--repetitions=2", "--self-measurement=off", "--run=" + Path("pair")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  EXPECT_THAT(done.standard_error, HasSubstr("1 cases are probes, which a pair does not ask: left out"));
  const process::Completed none = Bench({"--pair", "temperature=0", "seed=3", "--scenarios=probe:stream",
                                         "--repetitions=2", "--self-measurement=off", "--run=" + Path("none")});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.standard_error, HasSubstr("every case is a probe"));
}

}  // namespace
}  // namespace assay::integration

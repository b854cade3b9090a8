// SPDX-License-Identifier: MIT
// The program as a user meets it: exit codes, messages and files, on run directories written by the
// real writer.
#include "tools/cli/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <streambuf>

#include "ctest/support/run_builder.h"
#include "ctest/unit/cli/cli_fixture.h"
#include "fixtures/base/files.h"
#include "fixtures/run/json.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(CliTest, TheSameAgainEndsWith0) {
  EXPECT_EQ(AcceptRun(Measure("base", 100)), 0) << err_.str();
  EXPECT_THAT(out_.str(),
              HasSubstr("accepted 9 cases: answers 9 new, 0 changed, 0 unchanged; latency sessions 1 added"));
  EXPECT_EQ(CompareRun(Measure("head", 100.25)), 0) << out_.str() << err_.str();
  EXPECT_THAT(out_.str(),
              HasSubstr("9 cases: 9 unchanged (latency), answers: 9 unchanged\nverdict: unchanged (exit code 0)"));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(CliTest, ASlowRunEndsWith1AndNamesWhatAndHowMuch) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  EXPECT_EQ(CompareRun(Measure("head", 150.25)), 1);
  EXPECT_THAT(out_.str(), HasSubstr("ember-mini-generic-cpu:1, prompt capital: regressed"));
  // First tokens come after a fifth of the whole: medians 20.9 and 30.95 ms. The mean of ln((150.25 + i) / (100 + i))
  // over i = 2..7, what trimming leaves of ten, is ln 1.48094.
  EXPECT_THAT(out_.str(), HasSubstr("ttft_ms (time to first token) regressed +48.1 % (95 % interval +"));
  EXPECT_THAT(out_.str(), HasSubstr("): median 20.9 -> 31.0 ms, adjusted p <0.0001 among 9 pairs, n 10 against 10 in 1 "
                                    "session, smallest effect that counts 5 %, could have seen +"));
  // What has to be typed next, as it was typed.
  EXPECT_THAT(out_.str(), HasSubstr("  assay compare --run " + Path("head") + " --baselines " + Path("baselines") +
                                    " --confirm " + Path("head-again") + "\n"));
  EXPECT_THAT(out_.str(), HasSubstr(" --confirm=verdict.json --run=" + Path("head-again") + "\n"));
}

// All nine by a tenth, and what three sessions say of that.
TEST_F(CliTest, ASuiteThatIsSlowerAllTogetherEndsWith3) {
  const auto measure = [&](const std::string& name, double factor) {
    RunBuilder builder;
    builder.Repetitions(10).StartedAt(name);
    for (int i = 0; i < 9; ++i) builder.Case("p" + std::to_string(i)).AddRamp(10, (100 + 10 * i) * factor, factor);
    EXPECT_TRUE(builder.Write(Path(name)).ok());
    return Path(name);
  };
  for (const double factor : {1.0, 1.005, 0.995}) {
    ASSERT_EQ(AcceptRun(measure("base " + std::to_string(factor), factor)), 0) << err_.str();
  }
  const std::string head = measure("head", 1.1);
  EXPECT_EQ(CompareRun(head, {"--json", Path("v.json")}), 3);
  EXPECT_THAT(out_.str(), HasSubstr("all 9 cases together, decode (time per token): +10.0 % (95 % interval +7."));
  EXPECT_THAT(out_.str(),
              HasSubstr(": suite_shift, slower; whether the machine or the service changed cannot be told"));
  EXPECT_THAT(out_.str(), HasSubstr("9 cases: 9 unchanged (latency), answers: 9 unchanged\n"
                                    "verdict: cannot_tell (exit code 3)\n"));
  const auto json = run::ReadJsonFile(Path("v.json"));
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(*json->Find("suite")->as_array()->at(1).Find("verdict")->as_string(), "suite_shift");
  EXPECT_EQ(CompareRun(head, {"--question", "determinism"}), 0);
}

TEST_F(CliTest, AnotherAnswerEndsWith1AndShowsBoth) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  EXPECT_EQ(CompareRun(Measure("head", 100.25, "Parma.")), 1);
  EXPECT_THAT(out_.str(), HasSubstr("old: Par>>is.<<"));
  EXPECT_THAT(out_.str(), HasSubstr("new: Par>>ma.<<"));
}

TEST_F(CliTest, NoBaselineEndsWith3) {
  ASSERT_TRUE(base::CreateDirectories(Path("baselines")).ok());
  EXPECT_EQ(CompareRun(Measure("head", 100)), 3);
  EXPECT_THAT(out_.str(), HasSubstr("no latency baseline for environment linux-x86_64-test-cpu-2c"));
  EXPECT_THAT(out_.str(), HasSubstr("answers: 9 new"));
}

TEST_F(CliTest, ThePolicyTurnsNoBaselineInto0) {
  ASSERT_TRUE(base::WriteFileAtomically(Path("policy.json"),
                                        R"({"schema_version": 1, "latency": {"no_baseline": "report"},
                                        "determinism": {"no_baseline": "report"}})")
                  .ok());
  ASSERT_TRUE(base::CreateDirectories(Path("baselines")).ok());
  EXPECT_EQ(CompareRun(Measure("head", 100), {"--policy", Path("policy.json")}), 0);
}

TEST_F(CliTest, FilesAreWrittenAlsoOnARegression) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  EXPECT_EQ(CompareRun(Measure("head", 150.25), {"--json", Path("out/v.json"), "--markdown", Path("out/v.md")}), 1);
  const auto json = run::ReadJsonFile(Path("out/v.json"));
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(*json->Find("exit_code")->as_integer(), 1);
  EXPECT_EQ(*json->Find("verdict")->as_string(), "regressed");
  EXPECT_EQ(*json->Find("latency_baseline")->as_bool(), true);
  EXPECT_THAT(*base::ReadFile(Path("out/v.md")), StartsWith("### Assay: regressed\n"));
}

TEST_F(CliTest, CtestPrintsMeasurements) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  EXPECT_EQ(CompareRun(Measure("head", 100.25), {"--ctest", "--prompt", "capital", "--question=latency"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("<CTestMeasurement type=\"numeric/double\" "
                                    "name=\"e2e_ms.median\">104.75</CTestMeasurement>"));
}

TEST_F(CliTest, ReportsComeInThreeFormats) {
  const std::string run = Measure("run", 100);
  EXPECT_EQ(Call({"report", "--run", run, "--format=workshop"}), 0);
  EXPECT_THAT(out_.str(), StartsWith("|Model|Avg Latency|p95|TPS|\n|---|---|---|---|\n"));
  EXPECT_EQ(Call({"report", "--run", run, "--format=csv", "--output", Path("run.csv")}), 0);
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(*base::ReadFile(Path("run.csv")), StartsWith("case,model,"));
  EXPECT_EQ(Call({"report", "--run", run, "--format=markdown"}), 0);
  EXPECT_EQ(Call({"report", "--run", run, "--format=html"}), 2);
  ExpectError("--format should be one of markdown, csv, workshop, found 'html'");
}

TEST_F(CliTest, AReportCountsGoodputByThePolicy) {
  const std::string run = Measure("run", 100);
  // 100 .. 109 ms: five of ten within 104.
  ASSERT_TRUE(
      base::WriteFileAtomically(Path("policy.json"), R"({"schema_version": 1, "goodput": {"e2e_ms": 104}})").ok());
  EXPECT_EQ(Call({"report", "--run", run, "--format=markdown", "--policy", Path("policy.json")}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("| 0 % | 50 % |"));
  EXPECT_THAT(out_.str(), HasSubstr("e2e\\_ms at most 104"));
  EXPECT_EQ(Call({"report", "--run", run, "--format=csv", "--policy", Path("policy.json")}), 0);
  EXPECT_THAT(out_.str(), HasSubstr(",goodput_share,share,10,"));
  EXPECT_EQ(Call({"report", "--run", run, "--format=csv"}), 0);
  EXPECT_THAT(out_.str(), ::testing::Not(HasSubstr("goodput")));
  ASSERT_TRUE(base::WriteFileAtomically(Path("policy.json"), R"({"schema_version": 1, "goodput": {"e2e": 104}})").ok());
  EXPECT_EQ(Call({"report", "--run", run, "--format=csv", "--policy", Path("policy.json")}), 2);
  ExpectError("$.goodput.e2e: there is no such metric");
}

// The whole way: a flag in a run's file, and a policy that says what it does.
TEST_F(CliTest, ARunThatIsNotValidCannotTell) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  RunBuilder builder = RunOf("busy", 150.25);
  builder.Flag(run::Flag{"machine_busy", "", 0.5, "share", 0.1, true, "others used half of all processors"});
  ASSERT_TRUE(builder.Write(Path("busy")).ok());
  EXPECT_EQ(CompareRun(Path("busy")), 1);
  EXPECT_THAT(out_.str(), HasSubstr("flag: machine_busy 50 % (limit 10 %): others used half of all processors\n"));
  ASSERT_TRUE(base::WriteFileAtomically(Path("policy.json"),
                                        R"({"schema_version": 1, "validity": {"machine_busy": "cannot_tell"}})")
                  .ok());
  EXPECT_EQ(CompareRun(Path("busy"), {"--policy", Path("policy.json")}), 3);
  EXPECT_THAT(out_.str(), HasSubstr("latency cannot_tell: the run is not valid for this: machine_busy 50 %"));
}

TEST_F(CliTest, UnreadableInputEndsWith2) {
  ASSERT_EQ(AcceptRun(Measure("base", 100)), 0);
  const std::string head = Measure("head", 100.25);
  EXPECT_EQ(CompareRun(Path("nowhere")), 2);
  ExpectError("there is no run directory here");

  ASSERT_TRUE(base::WriteFileAtomically(Path("policy.json"), R"({"schema_version": 1, "latancy": {}})").ok());
  EXPECT_EQ(CompareRun(head, {"--policy", Path("policy.json")}), 2);
  ExpectError("unknown key 'latancy'");
  ExpectError("policy.json");

  EXPECT_EQ(CompareRun(head, {"--prompt", "weather"}), 2);
  ExpectError("the prompt 'weather' was planned nowhere; prompts here: capital");

  const fs::path samples = fs::path(head) / "samples.jsonl";
  const std::string text = *base::ReadFile(samples);
  ASSERT_TRUE(base::WriteFileAtomically(samples, text.substr(0, text.size() - 20)).ok());
  EXPECT_EQ(CompareRun(head), 2);
  ExpectError("samples.jsonl:90");

  const std::string other = Measure("other", 100.25);
  const fs::path outputs = fs::path(Path("baselines")) / "outputs" / "ember-mini-generic-cpu-1.json";
  ASSERT_TRUE(base::WriteFileAtomically(outputs, "{").ok());
  EXPECT_EQ(CompareRun(other, {"--json", Path("never.json")}), 2);
  ExpectError("ember-mini-generic-cpu-1.json:1:");
  EXPECT_FALSE(fs::exists(Path("never.json")));
}

TEST_F(CliTest, WrongUsageEndsWith2) {
  EXPECT_EQ(Call({}), 2);
  ExpectError("a command is needed");
  EXPECT_EQ(Call({"comparre"}), 2);
  ExpectError("did you mean 'compare'?");
  EXPECT_EQ(Call({"history"}), 2);
  ExpectError("there is no command 'history'; see assay --help");
  EXPECT_EQ(Call({"compare"}), 2);
  ExpectError("assay compare: --run is needed");
  EXPECT_EQ(Call({"compare", "--run", "a", "--baselines", "b", "--polcy", "c"}), 2);
  ExpectError("--polcy");
  EXPECT_EQ(Call({"compare", "--run", "a", "stray"}), 2);
  ExpectError("'stray' stands alone");
  EXPECT_EQ(Call({"accept", "--run", "a", "--baselines", "b", "--baselines", "c", "--reason", "r"}), 2);
  ExpectError("--baselines was given more than once");
  EXPECT_EQ(Call({"compare", "--run", "a", "--baselines", "b", "--question", "speed"}), 2);
  ExpectError("--question should be one of latency, determinism");
}

TEST_F(CliTest, AFailedCaseIsNotAccepted) {
  RunBuilder builder;
  builder.Case("capital").Failure("connect: refused");
  ASSERT_TRUE(builder.Write(Path("bad")).ok());
  EXPECT_EQ(AcceptRun(Path("bad")), 2);
  ExpectError("nothing was written");
  EXPECT_FALSE(fs::exists(Path("baselines")));
}

TEST_F(CliTest, HelpShowsExamples) {
  EXPECT_EQ(Call({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Exit codes:"));
  for (const char* command : {"compare", "accept", "review", "check", "report", "plan", "settle"}) {
    EXPECT_EQ(Call({command, "--help"}), 0);
    EXPECT_THAT(out_.str(), HasSubstr("Examples:\n  assay " + std::string(command)));
  }
}

TEST_F(CliTest, TheHelpOfCheckSaysWhatIsCheckedAndStartsNothing) {
  EXPECT_EQ(Call({"check", "--service=embedded", "--help"}), 0);
  for (const char* word : {"temperature", "--service=", "--endpoint=", "--models=", "--device=", "--variant=", "--json",
                           "0 ready", "1 not ready", "2 wrong usage"}) {
    EXPECT_THAT(out_.str(), HasSubstr(word));
  }
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(Call({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("\n  check     "));
}

// Beside the program of this test lies no assay-bench.
TEST_F(CliTest, CheckWithoutTheProgramThatMeasuresSaysHowToGetIt) {
  EXPECT_EQ(Call({"check", "--service=embedded"}), 2);
  ExpectError("--target assay-bench");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CliTest, VersionIsTheProjects) {
  EXPECT_EQ(Call({"--version"}), 0);
  EXPECT_THAT(out_.str(), ::testing::MatchesRegex("assay [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(CliTest, AnExceptionIsAnInternalErrorAndEndsWith4) {
  struct Throwing : std::streambuf {
    int overflow(int) override { throw std::runtime_error("disk on fire"); }
  } buffer;
  std::ostream out(&buffer);
  out.exceptions(std::ios::badbit);
  EXPECT_EQ(cli::Run({"--help"}, ProcessEnvironment, out, err_), 4);
  EXPECT_THAT(err_.str(), HasSubstr("internal error: disk on fire"));
}

TEST_F(CliTest, ABrokenStandardOutputIsNoSuccess) {
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(Call({"report", "--run", Measure("run", 10), "--format", "csv"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("standard output"));
}

}  // namespace
}  // namespace assay::cli

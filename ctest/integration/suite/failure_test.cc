// SPDX-License-Identifier: MIT
// What assay-bench says when something is wrong: exit code, one message, nothing half-written.
#include <filesystem>

#include "ctest/integration/suite/programs.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {
namespace {

using BenchFailure = ProgramTest;

void ExpectOneMessage(const process::Completed& done, int exit_code, const std::string& part) {
  EXPECT_EQ(done.exit_code, exit_code) << done.standard_error;
  EXPECT_TRUE(done.standard_error.starts_with("assay-bench: ")) << done.standard_error;
  EXPECT_NE(done.standard_error.find(part), std::string::npos) << done.standard_error;
  EXPECT_EQ(std::count(done.standard_error.begin(), done.standard_error.end(), '\n'), 1) << done.standard_error;
}

TEST_F(BenchFailure, UnknownModelNamesWhatThereIs) {
  const process::Completed done = Bench({"--models=no-such-model", "--run=" + Path("run")});
  ExpectOneMessage(done, 3, "no model 'no-such-model'");
  EXPECT_NE(done.standard_error.find("ember-mini-generic-cpu:1"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(BenchFailure, UnknownKeyInModelsIsNamedWithFileAndPath) {
  const std::string models =
      Write("models.json", R"({"schema_version":1,"models":[{"alias":"ember-mini","sise_mb":3}]})");
  const process::Completed done = Bench({"--models=" + models, "--run=" + Path("run")});
  ExpectOneMessage(done, 2, "unknown key 'sise_mb'");
  EXPECT_NE(done.standard_error.find("models.json"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(BenchFailure, UnknownKeyInPromptsIsNamed) {
  const std::string prompts =
      Write("prompts.json", R"({"schema_version":1,"prompts":[{"id":"a","max_token":3,"messages":[]}]})");
  ExpectOneMessage(Bench({"--prompts=" + prompts, "--run=" + Path("run")}), 2, "max_token");
}

TEST_F(BenchFailure, AKeyInAFileIsRefusedAndNotRepeated) {
  const std::string models = Write("models.json", R"({"schema_version":1,"models":[
    {"alias":"mine","endpoint":"http://127.0.0.1:1","api_key_env":"sk-live-1234"}]})");
  const process::Completed done = Bench({"--models=" + models, "--run=" + Path("run")});
  ExpectOneMessage(done, 2, "$.models[0].api_key_env");
  EXPECT_EQ(done.standard_error.find("sk-live-1234"), std::string::npos);
}

TEST_F(BenchFailure, AServerOfItsOwnThatIsNotThere) {
  // Port 1 is privileged and nothing of ours listens there. No other service is looked for, and none is started.
  const std::string models = Write("models.json", R"({"schema_version":1,"models":[
    {"alias":"mine","endpoint":"http://127.0.0.1:1/v1"}]})");
  const process::Completed done = Run("assay-bench", {"--models=" + models, "--prompt=Hi", "--run=" + Path("run")});
  ExpectOneMessage(done, 3, "http://127.0.0.1:1");
  EXPECT_NE(done.standard_error.find("'mine'"), std::string::npos) << done.standard_error;
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(BenchFailure, ModelsThatCannotBeLoadedAreNamed) {
  const process::Completed done = Bench({"--models=ember-mini-int8-cpu:1,ember-mini-generic-cpu:1", "--repetitions=2",
                                         "--scenario=load_fails,match=ember-mini-generic*", "--run=" + Path("run")});
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_EQ(run->cases[0].plan.failure, "");
  EXPECT_NE(run->cases[1].plan.failure.find("model_not_loaded: "), std::string::npos) << run->cases[1].plan.failure;
  // It is described all the same, and was not probed.
  ASSERT_EQ(run->info.models.size(), 2U);
  EXPECT_EQ(run->info.models[1].variant, "ember-mini-generic-cpu:1");
  EXPECT_EQ(run->info.models[1].sampling, std::nullopt);
}

TEST_F(BenchFailure, FilterThatMatchesNothing) {
  ExpectOneMessage(Bench({"--benchmark_filter=nothing-like-this", "--run=" + Path("run")}), 2,
                   "matches none of the 1 cases");
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(BenchFailure, UnknownFlag) { ExpectOneMessage(Bench({"--repetition=3"}), 2, "--repetition"); }

TEST_F(BenchFailure, NoServiceAtTheEndpoint) {
  // Port 1 is privileged and nothing of ours listens there.
  const std::vector<std::string> arguments = {"--service=none", "--endpoint=http://127.0.0.1:1",
                                              "--run=" + Path("run")};
  ExpectOneMessage(Bench(arguments), 3, "no service at the endpoint http://127.0.0.1:1");
  std::vector<std::string> skipping = arguments;
  skipping.push_back("--skip-without-service");
  ExpectOneMessage(Bench(skipping), 77, "skipped");
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(BenchFailure, ScenarioTheServiceRefuses) {
  ExpectOneMessage(Bench({"--scenario=slow_dekode=2", "--run=" + Path("run")}), 2, "slow_dekode");
}

TEST_F(BenchFailure, AFailedCaseIsNamedAndTheOthersGoOn) {
  // More output than the model's context holds: the service refuses the request.
  const std::string prompts = Write("prompts.json", R"({"schema_version":1,"prompts":[
    {"id":"good","max_tokens":4,"messages":[{"role":"user","content":"Hello"}]},
    {"id":"bad","max_tokens":900000,"messages":[{"role":"user","content":"Hello"}]}]})");
  const std::vector<std::string> arguments = {"--service=embedded",   "--models=ember-mini-int8-cpu:1",
                                              "--prompts=" + prompts, "--repetitions=2",
                                              "--anchors=off",        "--run=" + Path("run")};
  const process::Completed done = Run("assay-bench", arguments);
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  EXPECT_NE(done.standard_output.find("failed: chat/ember-mini-int8-cpu:1/bad/"), std::string::npos)
      << done.standard_output;
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_EQ(run->cases[0].plan.failure, "");
  EXPECT_NE(run->cases[1].plan.failure.find("maximum context length"), std::string::npos) << run->cases[1].plan.failure;

  std::vector<std::string> allowing = arguments;
  allowing.push_back("--allow-failed-cases");
  EXPECT_EQ(Run("assay-bench", allowing).exit_code, 0);
}

TEST_F(BenchFailure, AnOlderRunSurvivesAFailedOne) {
  ASSERT_EQ(Bench({"--repetitions=1", "--run=" + Path("run")}).exit_code, 0);
  const std::string before = Read(Path("run/run.json"));
  EXPECT_EQ(Bench({"--models=no-such-model", "--run=" + Path("run")}).exit_code, 3);
  EXPECT_EQ(Read(Path("run/run.json")), before);
}

}  // namespace
}  // namespace assay::integration

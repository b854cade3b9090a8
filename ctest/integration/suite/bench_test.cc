// SPDX-License-Identifier: MIT
// assay-bench on the embedded service: what a run directory holds.
#include <algorithm>
#include <filesystem>

#include "ctest/integration/suite/programs.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {
namespace {

class BenchRun : public ProgramTest {};

TEST_F(BenchRun, RecordsEveryRequestOfEveryCase) {
  const process::Completed done =
      Bench({"--models=ember-mini", "--prompts=" + Write("prompts.json", R"({"schema_version":1,"prompts":[
        {"id":"a","max_tokens":6,"messages":[{"role":"user","content":"What is a model?"}]},
        {"id":"b","max_tokens":9,"messages":[{"role":"user","content":"What is a gate?"}]}]})"),
             "--max-tokens=12", "--repetitions=3", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error << done.standard_output;
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  ASSERT_EQ(run->cases.size(), 2U);
  for (const run::RunCase& one : run->cases) {
    EXPECT_EQ(one.plan.alias, "ember-mini");
    EXPECT_EQ(one.plan.model, "ember-mini-generic-cpu:1");
    EXPECT_EQ(one.plan.device, "cpu");
    EXPECT_EQ(std::ranges::count_if(one.samples, &run::Sample::counts), 3);
    EXPECT_GE(std::ranges::count_if(one.samples, &run::Sample::warmup), 2);
    EXPECT_EQ(one.answers.size(), 1U) << "temperature 0 repeats";
    for (const run::Sample& sample : one.samples) {
      EXPECT_EQ(sample.token_source, run::TokenSource::kServerUsage);
      EXPECT_TRUE(run::TtftMs(sample).has_value());
      EXPECT_LE(*run::TtftMs(sample), *run::E2eMs(sample));
      EXPECT_TRUE(sample.response_id.has_value());
    }
  }
  EXPECT_FALSE(std::filesystem::exists(Path("run/samples.jsonl.partial")));
  EXPECT_LT(run->info.validity.idle_share, 0.5);
  EXPECT_TRUE(run->info.service.started_here);
}

TEST_F(BenchRun, WritesGoogleBenchmarkJsonWithOneEntryPerRepetition) {
  ASSERT_EQ(Bench({"--repetitions=4", "--run=" + Path("run")}).exit_code, 0);
  const base::Result<run::Json> json = run::ReadJsonFile(Path("run/run.json"));
  ASSERT_TRUE(json.ok()) << json.error().Message();
  ASSERT_NE(json->Find("context"), nullptr);
  const run::JsonArray& entries = *json->Find("benchmarks")->as_array();
  ASSERT_EQ(entries.size(), 4U);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(*entries[i].Find("name")->as_string(), "chat/ember-mini-int8-cpu:1/prompt/stream:on/max_tokens:16");
    EXPECT_EQ(*entries[i].Find("run_type")->as_string(), "iteration");
    EXPECT_EQ(*entries[i].Find("repetitions")->as_integer(), 4);
    EXPECT_EQ(*entries[i].Find("repetition_index")->as_integer(), static_cast<std::int64_t>(i));
    EXPECT_EQ(*entries[i].Find("time_unit")->as_string(), "ms");
    EXPECT_GT(*entries[i].Find("real_time")->as_number(), 0);
    EXPECT_GT(*entries[i].Find("ttft_ms")->as_number(), 0);
    EXPECT_LE(*entries[i].Find("completion_tokens")->as_number(), 16);
  }
}

TEST_F(BenchRun, ShowsNoProgressInAPipe) {
  const process::Completed done = Bench({"--repetitions=1", "--run=" + Path("run")});
  EXPECT_EQ(done.standard_error, "");
  EXPECT_EQ(done.standard_output.find('\r'), std::string::npos);
  EXPECT_NE(done.standard_output.find("1 cases, 1 measured requests"), std::string::npos) << done.standard_output;
}

TEST_F(BenchRun, ListsCasesWithoutMeasuring) {
  const process::Completed done =
      Bench({"--models=ember-mini-int8-cpu:1", "--benchmark_list_tests", "--run=" + Path("run")});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.standard_output, "chat/ember-mini-int8-cpu:1/prompt/stream:on/max_tokens:16\n");
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(BenchRun, SmallAndQuantisedVariantsAnswerDifferently) {
  ASSERT_EQ(Bench({"--models=ember-mini-generic-cpu:1,ember-mini-int8-cpu:1", "--max-tokens=48", "--repetitions=1",
                   "--run=" + Path("run")})
                .exit_code,
            0);
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  ASSERT_EQ(run->cases.size(), 2U);
  EXPECT_NE(run->cases[0].answers.begin()->second.text, run->cases[1].answers.begin()->second.text);
}

TEST_F(BenchRun, RecordsWhatAnsweredAndWhatProbingFound) {
  ASSERT_EQ(Bench({"--models=ember-mini", "--repetitions=1", "--probe=on", "--run=" + Path("run")}).exit_code, 0);
  base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  ASSERT_EQ(run->info.models.size(), 1U);
  const run::ModelInfo& model = run->info.models[0];
  EXPECT_EQ(model.variant, "ember-mini-generic-cpu:1");
  EXPECT_EQ(model.alias, "ember-mini");
  EXPECT_EQ(model.device, "cpu");
  EXPECT_EQ(model.license, "MIT");
  EXPECT_EQ(model.generation, "g3");
  EXPECT_EQ(model.endpoint, run->info.service.endpoint);
  EXPECT_EQ(model.sampling, "deterministic");
  EXPECT_GE(model.findings.size(), 5U);
  // Probes are not part of the run: two warm-ups at least, one measured.
  EXPECT_EQ(std::ranges::count_if(run->cases[0].samples, [](const run::Sample& one) { return !one.warmup; }), 1);

  ASSERT_EQ(Bench({"--models=ember-mini", "--repetitions=1", "--probe=off", "--run=" + Path("run")}).exit_code, 0);
  run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_EQ(run->info.models[0].sampling, std::nullopt);
  EXPECT_TRUE(run->info.models[0].findings.empty());
}

TEST_F(BenchRun, SamplingThatIsIgnoredIsALineOfTheSummary) {
  const process::Completed done =
      Bench({"--scenario=ignore_temperature", "--repetitions=1", "--probe=on", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_NE(done.standard_output.find("note: sampling: ember-mini-int8-cpu:1: sampling_ignored: "), std::string::npos)
      << done.standard_output;
}

TEST_F(BenchRun, DeviceAndVariantChooseAmongAllModels) {
  const process::Completed listed =
      Run("assay-bench", {"--service=embedded", "--prompt=Hi", "--max-tokens=4", "--device=cpu",
                          "--variant=*-int8-*,ember-base-generic-cpu", "--dry-run"});
  EXPECT_EQ(listed.exit_code, 0) << listed.standard_error;
  EXPECT_EQ(listed.standard_output,
            "chat/ember-mini-int8-cpu:1/prompt/stream:on/max_tokens:4\n"
            "chat/ember-base-generic-cpu:1/prompt/stream:on/max_tokens:4\n"
            "chat/ember-base-int8-cpu:1/prompt/stream:on/max_tokens:4\n");
}

// Google Benchmark runs once per group; its table must not show it.
TEST_F(BenchRun, ModelsThatDoNotFitTogetherAreOneTableAndOneRun) {
  const process::Completed done =
      Bench({"--models=ember-mini-int8-cpu:1,ember-mini-generic-cpu:1", "--scenario=load_out_of_memory=1",
             "--repetitions=2", "--probe=on", "--benchmark_format=csv", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  const std::string& table = done.standard_output;
  EXPECT_TRUE(table.starts_with("name,iterations,")) << table;
  EXPECT_EQ(table.find("name,iterations,", 1), std::string::npos) << table;
  EXPECT_EQ(std::ranges::count(table, '\n'), 1 + 2 * 2) << table;
  const base::Result<run::Json> json = run::ReadJsonFile(Path("run/run.json"));
  ASSERT_TRUE(json.ok()) << json.error().Message();
  EXPECT_EQ(json->Find("benchmarks")->as_array()->size(), 4U);
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_EQ(run->info.models.size(), 2U);
  // A busy machine adds warnings of its own.
  const std::vector<run::Warning>& warnings = run->info.validity.warnings;
  ASSERT_EQ(std::ranges::count(warnings, "models_do_not_fit", &run::Warning::code), 1);
  const std::string& message = std::ranges::find(warnings, "models_do_not_fit", &run::Warning::code)->message;
  EXPECT_NE(message.find("ember-mini-int8-cpu:1, then ember-mini-generic-cpu:1"), std::string::npos) << message;
}

TEST_F(BenchRun, MeasuresAnswersThatAreNotStreamed) {
  ASSERT_EQ(Bench({"--stream=off", "--repetitions=2", "--run=" + Path("run")}).exit_code, 0);
  const base::Result<run::Run> run = run::ReadRun(Path("run"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  const run::Sample& sample = run->cases[0].samples.back();
  EXPECT_TRUE(run::E2eMs(sample).has_value());
  EXPECT_FALSE(run::TpotMs(sample).has_value()) << "one event has no gap";
}

}  // namespace
}  // namespace assay::integration

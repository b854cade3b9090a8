// SPDX-License-Identifier: MIT
// Reading a run directory: the kept example of schema 1, and every way in which it may be broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"
#include "fixtures/run/metrics.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;

// Numbers were written into ctest/golden/run/v1 by hand.
TEST(ReadRun, ReadsTheExampleOfVersion1) {
  const base::Result<run::Run> run = ReadRun(ExampleDirectory());
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_EQ(run->info.environment.Key(), "linux-x86_64-example-cpu-2.60ghz-2c");
  EXPECT_EQ(run->info.service.pid, 4711);
  EXPECT_EQ(run->info.provenance.repetitions, 2);
  EXPECT_EQ(run->info.validity.idle_share, 0.25);
  EXPECT_EQ(run->info.validity.warnings.size(), 2U);

  ASSERT_EQ(run->cases.size(), 2U);
  const RunCase& text = run->cases[0];
  EXPECT_EQ(text.plan.id, "chat/ember-mini-generic-cpu:1/short/stream:on/max_tokens:8");
  EXPECT_EQ(text.plan.failure, "");
  ASSERT_EQ(text.samples.size(), 4U);  // two warm-ups, two measured
  EXPECT_TRUE(text.samples[0].warmup);
  EXPECT_FALSE(text.samples[0].counts());
  const Sample& measured = text.samples[2];
  EXPECT_TRUE(measured.counts());
  EXPECT_EQ(TtftMs(measured), 50.0);
  EXPECT_EQ(E2eMs(measured), 70.0);
  EXPECT_EQ(TpotMs(measured), 10.0);
  EXPECT_EQ(text.answers.size(), 1U);
  EXPECT_EQ(text.answers.at(*measured.answer_sha256).text, "Yes é🙂");

  const RunCase& tool = run->cases[1];
  EXPECT_THAT(tool.plan.failure, HasSubstr("out of memory"));
  ASSERT_EQ(tool.samples.size(), 2U);
  EXPECT_EQ(TtftMs(tool.samples[0]), 40.0);
  EXPECT_EQ(TpotMs(tool.samples[0]), 15.0);  // 70 - 40 for 3 - 1
  EXPECT_EQ(tool.answers.at(*tool.samples[0].answer_sha256).reasoning, "Oslo it is");
  EXPECT_EQ(tool.samples[1].outcome, Outcome::kInBandError);
  EXPECT_FALSE(tool.samples[1].counts());
}

// The keys that came later: a second model behind a server of its own, a disturbed request, tokens the service counted.
TEST(ReadRun, ReadsTheExampleWithModels) {
  const base::Result<run::Run> run = ReadRun(ExampleDirectory("v1_models"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  ASSERT_EQ(run->info.models.size(), 2U);
  EXPECT_EQ(run->info.models[0].sampling, "deterministic");
  EXPECT_EQ(run->info.models[0].findings.size(), 2U);
  EXPECT_EQ(run->info.models[1].variant, "support-desk");
  EXPECT_EQ(run->info.models[1].generation, "plain");
  EXPECT_EQ(run->info.models[1].endpoint, "https://models.example:8443");
  EXPECT_EQ(run->info.models[1].sampling, std::nullopt);
  EXPECT_EQ(run->info.validity.upkeep_s, 1.5);
  EXPECT_EQ(run->info.validity.measured_requests, 3);
  EXPECT_EQ(run->info.validity.disturbed_requests, 1);

  const RunCase& text = run->cases[0];
  ASSERT_EQ(text.samples.size(), 5U);  // two warm-ups, one measured, one disturbed, the one that stands
  EXPECT_EQ(text.samples[3].disturbed, "service_moved");
  EXPECT_EQ(text.samples[3].repetition, 1);
  EXPECT_FALSE(text.samples[3].counts());
  EXPECT_EQ(text.samples[4].repetition, 1);
  EXPECT_TRUE(text.samples[4].counts());
  EXPECT_EQ(run->cases[1].samples[0].token_source, TokenSource::kTokenizerCount);
}

// The keys of scenarios: a restart, a new connection, a closed and an open loop; the machine, our overhead, flags.
TEST(ReadRun, ReadsTheExampleWithScenarios) {
  const base::Result<run::Run> run = ReadRun(ExampleDirectory("v1_scenarios"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  ASSERT_EQ(run->cases.size(), 4U);
  const auto value = [&](const char* metric, std::size_t which, std::size_t sample) {
    return FindMetric(metric)->value(run->cases[which].samples.at(sample));
  };

  EXPECT_EQ(run->cases[0].plan.scenario.start, Start::kAfterRestart);
  EXPECT_EQ(run->cases[0].plan.repetitions, std::nullopt);
  ASSERT_EQ(run->cases[0].samples.size(), 3U);  // a cycle as warm-up, the measured one, its reference
  EXPECT_TRUE(run->cases[0].samples[1].counts());
  EXPECT_EQ(value("ttft_ms", 0, 1), 100.0);  // 110 - 10 of connecting
  EXPECT_EQ(value("e2e_ms", 0, 1), 120.0);
  EXPECT_EQ(value("connect_ms", 0, 1), 10.0);
  EXPECT_EQ(value("load_ms", 0, 1), 800.0);
  EXPECT_EQ(value("restart_ms", 0, 1), 1200.0);
  EXPECT_EQ(value("first_request_penalty_ms", 0, 1), 50.0);
  EXPECT_EQ(value("service_resident_mib", 0, 1), 48.0);
  EXPECT_EQ(value("energy_j", 0, 1), 1.5);
  EXPECT_EQ(run->cases[0].samples[1].timeline.reads, 5);

  EXPECT_TRUE(run->cases[1].plan.scenario.new_connection);
  EXPECT_EQ(run->cases[1].plan.scenario.cache, PromptCache::kReuse);
  EXPECT_EQ(value("ttft_ms", 1, 0), 50.0);  // connecting included
  EXPECT_EQ(value("tpot_ms", 1, 0), 10.0);  // 20 / (12 - 1 - 9)
  EXPECT_EQ(value("tokens_per_chunk", 1, 0), 1.0);
  EXPECT_EQ(value("energy_estimate_j", 1, 0), 3.5);  // 50 W x 0.070 s
  EXPECT_EQ(value("gpu_power_w", 1, 0), 30.5);

  EXPECT_EQ(run->cases[2].plan.repetitions, 3);
  CaseSummariser block(run->cases[2].plan.id, run->cases[2].plan.scenario);
  for (const Sample& sample : run->cases[2].samples) block.Add(sample);
  const CaseSummary& stored = run->info.summaries.at(0);
  EXPECT_EQ(block.Summary().case_metrics, stored.case_metrics);
  for (const auto& [name, values] : stored.request_metrics) {
    EXPECT_EQ(block.Summary().request_metrics.at(name), values) << name;
  }

  EXPECT_EQ(run->cases[3].plan.scenario.rate_per_s, 2.5);
  EXPECT_EQ(value("schedule_lag_ms", 3, 0), 2.0);
  EXPECT_EQ(value("latency_from_schedule_ms", 3, 0), 72.0);
  EXPECT_EQ(run->cases[3].samples[0].token_source, TokenSource::kContinuousUsage);
  EXPECT_EQ(run->cases[3].samples[1].outcome, Outcome::kTimeout);

  EXPECT_EQ(run->info.machine->before.highest_frequency_khz, 3'400'000);
  EXPECT_EQ(run->info.machine->after.governor, std::nullopt);
  EXPECT_EQ(run->info.machine->absent.at("battery_percent"), "there is no battery");
  EXPECT_EQ(run->info.overhead->request_us_p99, 480.0);
  ASSERT_EQ(run->info.validity.flags.size(), 4U);
  EXPECT_EQ(run->info.validity.flags[1].name, "lost_samples");
  EXPECT_TRUE(run->info.validity.flags[1].raised);
  EXPECT_EQ(run->info.validity.flags[3].figure, std::nullopt);
}

base::Error Refusal(const ExampleRun& run) {
  const base::Result<Run> read = ReadRun(run.path());
  EXPECT_FALSE(read.ok());
  return read.ok() ? base::Error{} : read.error();
}

TEST(ReadRun, RefusesAFolderThatIsNotThere) {
  const ExampleRun example;
  const base::Error error = ReadRun(example.path() / "nope").error();
  EXPECT_EQ(error.code, base::ErrorCode::kNotFound);
  EXPECT_THAT(error.what, HasSubstr("assay-bench --run=DIR"));
  EXPECT_EQ(ReadRun(example.path() / "run.json").error().code, base::ErrorCode::kNotFound);  // a file
}

TEST(ReadRun, RefusesAnEmptyFolder) {
  const ExampleRun example;
  for (const char* file : {"run.json", "samples.jsonl", "answers.jsonl"}) example.Remove(file);
  EXPECT_EQ(Refusal(example).code, base::ErrorCode::kNotFound);
}

TEST(ReadRun, SaysThatARunWasInterrupted) {
  const ExampleRun example;
  for (const char* file : {"run.json", "samples.jsonl", "answers.jsonl"}) example.Remove(file);
  example.Write("samples.jsonl.partial", "");
  const base::Error error = Refusal(example);
  EXPECT_EQ(error.code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(error.what, HasSubstr("interrupted"));
}

TEST(ReadRun, RefusesMissingFiles) {
  for (const char* file : {"samples.jsonl", "answers.jsonl"}) {
    const ExampleRun example;
    example.Remove(file);
    EXPECT_THAT(Refusal(example).where, HasSubstr(file));
  }
}

// metrics.md b6 #25: nothing but a complete file is a result.
TEST(ReadRun, RefusesACutLastLineWhereverItIsCut) {
  for (const char* file : {"samples.jsonl", "answers.jsonl"}) {
    const ExampleRun example;
    const std::string whole = example.Read(file);
    const std::size_t last_line = whole.rfind('\n', whole.size() - 2) + 1;
    for (std::size_t length = last_line + 1; length < whole.size(); ++length) {
      example.Write(file, whole.substr(0, length));
      const base::Error error = Refusal(example);
      ASSERT_EQ(error.code, base::ErrorCode::kInvalidInput);
      ASSERT_THAT(error.what, HasSubstr("cut short"));
      ASSERT_THAT(error.where, HasSubstr(std::string(file) + ":" + (file[0] == 's' ? "6" : "2")));
    }
  }
}

TEST(ReadRun, RefusesACaseThatIsNotPlanned) {
  for (const char* file : {"samples.jsonl", "answers.jsonl"}) {
    const ExampleRun example;
    example.Replace(file, "max_tokens:8\"", "max_tokens:9\"");
    EXPECT_THAT(Refusal(example).what, HasSubstr("is not planned"));
    EXPECT_THAT(Refusal(example).where, HasSubstr(std::string(file) + ":1"));
  }
}

TEST(ReadRun, RefusesASampleOfAnotherModelOrPrompt) {
  const ExampleRun other_model;
  other_model.Replace("samples.jsonl", R"("model":"ember-mini-generic-cpu:1")", R"("model":"ember-mini-int8-cpu:1")");
  EXPECT_THAT(Refusal(other_model).what, HasSubstr("not those of the case"));
  const ExampleRun other_prompt;
  other_prompt.Replace("samples.jsonl", R"("prompt":"short")", R"("prompt":"code")");
  EXPECT_THAT(Refusal(other_prompt).what, HasSubstr("not those of the case"));
}

TEST(ReadRun, RefusesADuplicateRepetition) {
  const ExampleRun example;
  example.RepeatLine("samples.jsonl", 2);
  const base::Error error = Refusal(example);
  EXPECT_THAT(error.what, HasSubstr("repetition 0"));
  EXPECT_THAT(error.where, HasSubstr("samples.jsonl:4"));
}

// Line 4 is the disturbed request, line 5 the one that stands in its place.
TEST(ReadRun, OnlyDisturbedRequestsShareARepetition) {
  const ExampleRun twice_disturbed("v1_models");
  twice_disturbed.RepeatLine("samples.jsonl", 4);
  EXPECT_TRUE(ReadRun(twice_disturbed.path()).ok());
  const ExampleRun twice_standing("v1_models");
  twice_standing.RepeatLine("samples.jsonl", 5);
  EXPECT_THAT(Refusal(twice_standing).what, HasSubstr("repetition 1"));
  const ExampleRun not_disturbed("v1_models");
  not_disturbed.Replace("samples.jsonl", R"("disturbed":"service_moved",)", "");
  EXPECT_THAT(Refusal(not_disturbed).what, HasSubstr("repetition 1"));
}

// However well it ended: the service was not itself.
TEST(ReadRun, ADisturbedAnswerNeverCounts) {
  const ExampleRun example;
  example.Replace("samples.jsonl", R"("response_id":"chatcmpl-0",)",
                  R"("response_id":"chatcmpl-0","disturbed":"model_evicted",)");
  const base::Result<run::Run> run = ReadRun(example.path());
  ASSERT_TRUE(run.ok()) << run.error().Message();
  const Sample& disturbed = run->cases[0].samples[2];
  EXPECT_EQ(disturbed.disturbed, "model_evicted");
  EXPECT_EQ(disturbed.outcome, Outcome::kOk);
  EXPECT_FALSE(disturbed.warmup);
  EXPECT_FALSE(disturbed.counts());
}

// Line 0 is warm-up 0, line 2 is repetition 0 of the same case: they count apart, and a case may be
// warmed more than once.
TEST(ReadRun, WarmUpsHaveACountOfTheirOwn) {
  const ExampleRun example;
  example.RepeatLine("samples.jsonl", 0);
  EXPECT_TRUE(ReadRun(example.path()).ok());
}

TEST(ReadRun, RefusesATamperedAnswer) {
  const ExampleRun example;
  example.Replace("answers.jsonl", "Yes", "No");
  EXPECT_THAT(Refusal(example).what, HasSubstr("changed after the run"));
  EXPECT_THAT(Refusal(example).where, HasSubstr("answers.jsonl:1"));
}

TEST(ReadRun, RefusesAMissingAnswer) {
  const ExampleRun example;
  example.RemoveLine("answers.jsonl", 0);
  EXPECT_THAT(Refusal(example).what, HasSubstr("is missing"));
  EXPECT_THAT(Refusal(example).what, HasSubstr("/short/"));
}

TEST(ReadRun, RefusesASuccessWithoutAnswer) {
  const ExampleRun example;
  example.Replace("samples.jsonl",
                  R"({"answer_sha256":"d8456ee367d800ad1583b53cc5ea15f34c817751680e3eeb39cf420b68f94b41")",
                  R"({"answer_sha256":null)");
  EXPECT_THAT(Refusal(example).what, HasSubstr("the answer of repetition 0"));
}

// An answer belongs to a case: the same text under another case does not help.
TEST(ReadRun, RefusesAnAnswerOfAnotherCase) {
  const ExampleRun example;
  example.Replace("answers.jsonl", "/short/stream:on/max_tokens:8", "/tool/stream:on/max_tokens:16");
  EXPECT_THAT(Refusal(example).what, HasSubstr("is missing"));
}

TEST(ReadRun, RefusesAnUnknownSchemaMajor) {
  const ExampleRun example;
  example.Replace("run.json", "\"schema_version\": 1", "\"schema_version\": 2");
  EXPECT_THAT(Refusal(example).what, HasSubstr("reads version 1, found 2"));
  EXPECT_THAT(Refusal(example).where, HasSubstr("run.json"));
}

TEST(ReadRun, RefusesPlainGoogleBenchmarkJson) {
  const ExampleRun example;
  example.Write("run.json", R"({"context":{},"benchmarks":[]})");
  EXPECT_THAT(Refusal(example).what, HasSubstr("'assay' is missing"));
  example.Write("run.json", "[]");
  EXPECT_THAT(Refusal(example).what, HasSubstr("'assay' is missing"));
  example.Write("run.json", "{");
  EXPECT_EQ(Refusal(example).code, base::ErrorCode::kInvalidInput);
}

TEST(ReadRun, RefusesACasePlannedTwice) {
  const ExampleRun example;
  base::Result<Json> file = ReadJsonFile(example.path() / "run.json");
  ASSERT_TRUE(file.ok());
  JsonArray& cases = *(*(*file->as_object())["assay"].as_object())["cases"].as_array();
  cases.push_back(Json(cases[0]));
  example.Write("run.json", WriteJson(*file, JsonStyle::kPretty));
  EXPECT_THAT(Refusal(example).what, HasSubstr("planned twice"));
}

TEST(ReadRun, RefusesLinesThatAreNoJson) {
  const ExampleRun example;
  example.Replace("samples.jsonl", "\n", "\n\n");  // an empty line
  EXPECT_THAT(Refusal(example).where, HasSubstr("samples.jsonl:2"));
  const ExampleRun other;
  other.Replace("answers.jsonl", "{", "[");
  EXPECT_THAT(Refusal(other).where, HasSubstr("answers.jsonl:1"));
}

TEST(ReadRun, ACaseWithoutSamplesIsThereAndEmpty) {
  const ExampleRun example;
  for (int i = 0; i < 2; ++i) example.RemoveLine("samples.jsonl", 3);  // both of the tool case
  const base::Result<run::Run> run = ReadRun(example.path());
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_TRUE(run->cases[1].samples.empty());
}

}  // namespace
}  // namespace assay::run

// SPDX-License-Identifier: MIT
// One suite, one policy, four generations, through the foundry command and through a bare address: the same variants,
// the same answers, the same metrics.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "ctest/integration/services/services.h"
#include "fixtures/run/metrics.h"

namespace assay::integration {
namespace {

using ::testing::HasSubstr;

const std::string kModels = "--models=ember-mini,ember-base-int8-cpu:1";

struct Way {
  const char* generation;
  bool command;  // through `foundry` on PATH, which starts the service; else a bare address
};
void PrintTo(const Way& way, std::ostream* out) { *out << way.generation << (way.command ? " command" : " endpoint"); }

class EveryWay : public ServicesTest, public ::testing::WithParamInterface<Way> {
 protected:
  process::Completed MeasureThisWay(std::vector<std::string> arguments) {
    if (GetParam().command) return Measure(std::move(arguments), Machine(GetParam().generation));
    return MeasureAt(Serve(GetParam().generation), std::move(arguments));
  }
};

TEST_P(EveryWay, TheSuiteGivesTheAcceptedAnswers) {
  const std::string suite = std::string(ASSAY_SOURCE_DIR) + "/benchmarks/suite/prompts.json";
  // The suite's own budgets of tokens: that is what the accepted answers belong to.
  std::vector<std::string> arguments = {kModels, "--prompts=" + suite, "--repetitions=2", "--probe=on",
                                        "--anchors=off"};
  if (GetParam().command) {
    arguments.push_back("--service=auto");
  } else {
    arguments.push_back("--endpoint=" + Serve(GetParam().generation));
  }
  arguments.insert(arguments.end(), {"--warmup-limit=2", "--run=" + Path("run")});
  std::map<std::string, std::string> environment = Machine(GetParam().generation);
  const process::Completed done = Run("assay-bench", arguments, environment);
  ASSERT_EQ(done.exit_code, 0) << done.standard_output << done.standard_error;

  const std::string baselines = std::string(ASSAY_SOURCE_DIR) + "/baselines";
  const process::Completed judged =
      Assay({"compare", "--run", Path("run"), "--baselines", baselines, "--question", "determinism"});
  EXPECT_EQ(judged.exit_code, 0) << judged.standard_output << judged.standard_error;
  EXPECT_THAT(judged.standard_output, HasSubstr("22 unchanged"));

  const run::Run run = ReadMeasured();
  EXPECT_EQ(run.info.service.generation, GetParam().generation);
  EXPECT_EQ(run.info.service.kind, GetParam().command ? "foundry" : "endpoint");
  EXPECT_EQ(run.info.service.started_here, GetParam().command);
  ASSERT_EQ(run.info.models.size(), 2U);
  for (const run::ModelInfo& model : run.info.models) {
    EXPECT_EQ(model.sampling, "deterministic") << ::testing::PrintToString(model.findings);
    EXPECT_EQ(model.generation, GetParam().generation);
  }
  EXPECT_EQ(run.info.models[0].variant, "ember-mini-generic-cpu:1");
}

TEST_P(EveryWay, TheMetricsAreThere) {
  const process::Completed done = MeasureThisWay({"--repetitions=6", "--models=ember-mini"});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  const run::RunCase measured = ReadMeasured().cases.at(0);
  const run::Sample& sample = measured.samples.back();
  // Counted by the service itself, by its tokenizer, never guessed: twelve were asked for and given.
  EXPECT_EQ(sample.completion_tokens, 12) << ToString(sample.token_source);
  const bool tells = std::string(GetParam().generation) != "g1";
  EXPECT_EQ(sample.token_source, tells ? run::TokenSource::kServerUsage : run::TokenSource::kTokenizerCount);
  EXPECT_GT(sample.prompt_tokens.value_or(0), 5);
  // Eleven gaps: too few for their p90. Nothing was loaded, scheduled or connected for this request. Of some request:
  // one that came in a single read, on a busy machine, has no time per token.
  for (const char* name : {"e2e_ms", "ttft_ms", "ttfo_ms", "first_event_ms", "tpot_ms", "ntpot_ms", "icl_p50_ms",
                           "icl_max_ms", "chunks", "tokens_per_chunk", "stream_tail_ms", "decode_tokens_per_s",
                           "prefill_tokens_per_s", "prompt_tokens", "completion_tokens"}) {
    const run::Metric* metric = run::FindMetric(name);
    ASSERT_NE(metric, nullptr) << name;
    EXPECT_TRUE(std::ranges::any_of(measured.samples, [&](const auto& one) { return metric->value(one).has_value(); }))
        << name;
  }
}

TEST_P(EveryWay, NothingIsLeftBehind) {
  if (!GetParam().command) {
    // The service is not ours: it still answers, and what was loaded here is unloaded.
    const std::string endpoint = Serve(GetParam().generation);
    ASSERT_EQ(MeasureAt(endpoint).exit_code, 0);
    const process::Completed again = MeasureAt(endpoint, {"--unmanaged", "--run=" + Path("again")});
    const bool unloads = std::string(GetParam().generation) != "plain";
    EXPECT_EQ(again.exit_code, unloads ? 3 : 0) << again.standard_error;
    if (unloads) {
      EXPECT_THAT(again.standard_error, HasSubstr("not loaded"));
    }
    return;
  }
  ASSERT_EQ(Measure({}, Machine(GetParam().generation)).exit_code, 0);
  EXPECT_FALSE(FoundryRuns(GetParam().generation));
  EXPECT_TRUE(std::filesystem::is_empty(Path("state"))) << "the start is not remembered any more";
}

TEST_P(EveryWay, TheCatalogueIsRecordedWhereThereIsOne) {
  ASSERT_EQ(MeasureThisWay({"--models=ember-base"}).exit_code, 0);
  const run::ModelInfo model = ReadMeasured().info.models.at(0);
  EXPECT_EQ(model.variant, "ember-base-generic-cpu:1");
  EXPECT_EQ(model.alias, "ember-base");
  const bool catalogue = GetParam().command || std::string(GetParam().generation) == "g1";
  EXPECT_EQ(model.device.value_or("none"), catalogue ? "cpu" : "none");
  EXPECT_EQ(model.license.has_value(), catalogue);
  EXPECT_EQ(model.size_mib.has_value(), catalogue);
}

INSTANTIATE_TEST_SUITE_P(On, EveryWay,
                         ::testing::Values(Way{"g1", true}, Way{"g2", true}, Way{"g3", true}, Way{"g1", false},
                                           Way{"g2", false}, Way{"g3", false}, Way{"plain", false}),
                         [](const auto& tested) {
                           return std::string(tested.param.generation) +
                                  (tested.param.command ? "_command" : "_endpoint");
                         });

class Generations : public ServicesTest {};

TEST_F(Generations, AnAddressWithV1AndASlashIsTheSameService) {
  const std::string endpoint = Serve("g3");
  EXPECT_EQ(MeasureAt(endpoint + "/v1/", {"--repetitions=1"}).exit_code, 0);
  EXPECT_EQ(Measure({"--repetitions=1"}, {{"FOUNDRY_LOCAL_ENDPOINT", endpoint + "/v1"}}).exit_code, 0);
}

TEST_F(Generations, AKeyIsSentAndNeverWritten) {
  const std::string endpoint = Serve("plain");
  ASSERT_EQ(Measure({"--endpoint=" + endpoint, "--repetitions=1"}, {{"API_KEY", "sk-very-secret"}}).exit_code, 0);
  for (const char* file : {"run.json", "samples.jsonl", "answers.jsonl"}) {
    EXPECT_EQ(Read(Path(std::string("run/") + file)).find("sk-very-secret"), std::string::npos) << file;
  }
}

// Of the four only the plain server ends an answer at a stop text.
TEST_F(ServicesTest, OnlyAPlainServerObeysAStop) {
  for (const char* generation : {"g1", "g2", "g3", "plain"}) {
    const process::Completed done = MeasureAt(Serve(generation), {"--scenarios=probe:limits"});
    ASSERT_EQ(done.exit_code, 0) << done.standard_output << done.standard_error;
    const run::Run run = ReadMeasured();
    ASSERT_EQ(run.info.probes.size(), 1U) << generation;
    const run::ProbeFinding& finding = run.info.probes[0];
    EXPECT_EQ(finding.parts.at("max_tokens"), run::ProbeResult::kObeyed)
        << generation << ::testing::PrintToString(finding.evidence);
    EXPECT_EQ(finding.parts.at("stop"),
              std::string(generation) == "plain" ? run::ProbeResult::kObeyed : run::ProbeResult::kIgnored)
        << generation << ::testing::PrintToString(finding.evidence);
  }
}

}  // namespace
}  // namespace assay::integration

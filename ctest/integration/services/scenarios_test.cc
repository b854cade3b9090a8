// SPDX-License-Identifier: MIT
// Every scenario of an answer by name, on every generation: what is odd and well-formed is measured, what is broken is
// a failed sample with its own outcome, and a service that hangs ends a case, not the suite.
#include <gmock/gmock.h>

#include <ostream>
#include <set>

#include "ctest/integration/services/services.h"
#include "fixtures/run/metrics.h"

namespace assay::integration {
namespace {

using ::testing::HasSubstr;

constexpr const char* kGenerations[] = {"g1", "g2", "g3", "plain"};

// The model's greedy answer is the same bits on every machine; it has a character of three bytes in it.
constexpr const char* kPrompt = "--prompt=A story please";
constexpr const char* kAnswer = "Some best music calls gold-coloured year under \xE8\xAA\x9E. My rough";

struct Scenario {
  const char* name;
  const char* text;
  const char* outcome;    // of every request
  const char* says = "";  // part of the error
  const char* only = "";  // the one generation it can happen to; empty = all
  const char* answer = kAnswer;
};
void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

// clang-format off
const Scenario kScenarios[] = {
    // Odd and well-formed.
    {"slow_first_byte", "slow_first_byte=40", "ok"},
    {"no_usage", "no_usage", "ok"},
    {"null_usage", "null_usage", "ok"},
    {"usage_in_last_chunk", "usage_in_last_chunk", "ok"},
    {"usage_always", "usage_always", "ok"},
    {"empty_choices", "empty_choices", "ok"},
    {"error_null", "error_null", "ok"},
    {"split_events", "split_events", "ok"},
    {"merged_events", "merged_events=3", "ok"},
    {"crlf", "crlf", "ok"},
    {"no_space", "no_space", "ok"},
    {"comments", "comments", "ok"},
    {"split_characters", "split_characters", "ok"},
    {"no_role", "no_role", "ok"},
    {"no_finish_reason", "no_finish_reason", "ok"},
    {"finish_length", "finish_length", "ok"},
    {"duplicate_headers", "duplicate_headers", "ok"},
    {"close_connections", "close_connections", "ok"},
    {"wrong_content_type", "wrong_content_type", "ok"},
    {"all_oddities", "crlf,no_space,comments,split_events,split_characters,no_role,error_null,empty_choices", "ok"},
    // Sixteen times its one token, whatever was asked.
    {"instant", "instant", "ok", "", "", "oooooooooooooooo"},
    // Broken.
    {"empty_500", "empty_500", "http_status", "HTTP 500: no message"},
    {"text_error", "text_error=503", "http_status", "HTTP 503"},
    {"busy", "busy=1", "http_status", "Infer Request is busy"},
    {"too_many_requests", "too_many_requests", "http_status", "HTTP 429"},
    {"empty_answer", "empty_answer", "empty_answer", "no content"},
    {"no_done", "no_done", "truncated_stream", "without [DONE]"},
    {"cut", "cut=3", "truncated_stream"},
    {"stall", "stall=3", "stalled"},
    {"reset", "reset=3", "reset"},
    {"in_band_error", "in_band_error=3", "in_band_error"},
    {"invalid_utf8", "invalid_utf8", "invalid_utf8"},
    {"long_line", "long_line", "malformed_sse"},
    {"deep_json", "deep_json", "malformed_json"},
    {"first_token_timeout", "slow_first_byte=600000", "timeout"},
};
// clang-format on

class EveryScenario : public ServicesTest, public ::testing::WithParamInterface<std::tuple<const char*, Scenario>> {};

TEST_P(EveryScenario, IsMeasuredOrFailsByName) {
  const auto& [generation, scenario] = GetParam();
  const std::string endpoint = Serve(generation, scenario.text);
  // Short where the silence is the scenario; elsewhere a busy machine must not look like one.
  const std::string outcome = scenario.outcome;
  std::vector<std::string> arguments = {kPrompt, "--repetitions=3", "--drain-timeout=3s"};
  if (outcome == "stalled") arguments.push_back("--token-timeout=400ms");
  if (outcome == "timeout") arguments.push_back("--first-token-timeout=700ms");
  const process::Completed done = MeasureAt(endpoint, arguments);
  const bool good = outcome == "ok";
  EXPECT_EQ(done.exit_code, good ? 0 : 1) << done.standard_output << done.standard_error;

  const run::Run run = ReadMeasured();
  ASSERT_EQ(run.cases.size(), 1U);
  const run::RunCase& measured = run.cases[0];
  ASSERT_FALSE(measured.samples.empty());
  for (const run::Sample& sample : measured.samples) {
    EXPECT_EQ(ToString(sample.outcome), scenario.outcome) << sample.error;
    if (good) continue;
    EXPECT_THAT(sample.error, HasSubstr(scenario.says));
    EXPECT_FALSE(sample.counts());
    for (const run::Metric& metric : run::RequestMetrics())
      EXPECT_EQ(metric.value(sample), std::nullopt) << metric.name;
  }
  if (!good) {
    EXPECT_THAT(measured.plan.failure, HasSubstr(scenario.outcome));
    EXPECT_THAT(done.standard_output, HasSubstr("failed: " + measured.plan.id));
    return;
  }
  EXPECT_EQ(run.info.validity.failed_requests, 0);
  EXPECT_EQ(run.info.validity.measured_requests, 3);
  // What is odd about the bytes changes nothing about the answer.
  ASSERT_EQ(measured.answers.size(), 1U);
  EXPECT_EQ(measured.answers.begin()->second.text, scenario.answer);
}

INSTANTIATE_TEST_SUITE_P(On, EveryScenario,
                         ::testing::Combine(::testing::ValuesIn(kGenerations), ::testing::ValuesIn(kScenarios)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param)) + "_" + std::get<1>(tested.param).name;
                         });

class OnEachGeneration : public ServicesTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(OnEachGeneration, AFaultInTheMiddleFailsOneSampleAndTheCase) {
  const std::string endpoint = Serve(GetParam(), "reset=2,after=4,times=1");
  const process::Completed done = MeasureAt(endpoint);
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  std::multiset<std::string> outcomes;
  for (const run::Sample& sample : ReadMeasured().cases.at(0).samples) {
    if (!sample.warmup) outcomes.emplace(ToString(sample.outcome));
  }
  EXPECT_EQ(outcomes, (std::multiset<std::string>{"ok", "ok", "ok", "reset"}));
}

TEST_P(OnEachGeneration, ReasoningIsOutputAndNotText) {
  ASSERT_EQ(MeasureAt(Serve(GetParam(), "reasoning")).exit_code, 0);
  const run::RunCase measured = ReadMeasured().cases.at(0);
  ASSERT_EQ(measured.answers.size(), 1U);
  const run::Answer& answer = measured.answers.begin()->second;
  EXPECT_NE(answer.reasoning, "");
  EXPECT_NE(answer.text, "");
  for (const run::Sample& sample : measured.samples) {
    if (!sample.counts()) continue;
    // Where the client gets the processor late, both are in what it reads at once.
    EXPECT_LE(*run::TtftMs(sample), *run::TtfoMs(sample));
  }
}

TEST_P(OnEachGeneration, ASlowFirstByteIsInTheTimeToFirstToken) {
  ASSERT_EQ(MeasureAt(Serve(GetParam(), "slow_first_byte=80")).exit_code, 0);
  for (const run::Sample& sample : ReadMeasured().cases.at(0).samples) EXPECT_GE(*run::TtftMs(sample), 80);
}

TEST_P(OnEachGeneration, AHungServiceEndsTheCaseAndTheOthersAreMeasured) {
  const std::string prompts = Write("prompts.json", R"({"schema_version":1,"prompts":[
    {"id":"hangs","max_tokens":6,"messages":[{"role":"user","content":"Please hang now"}]},
    {"id":"works","max_tokens":6,"messages":[{"role":"user","content":"Hello"}]}]})");
  const std::string endpoint = Serve(GetParam(), "stall=1,prompt_contains=hang");
  const process::Completed done =
      MeasureAt(endpoint, {"--prompts=" + prompts, "--token-timeout=300ms", "--drain-timeout=3s"});
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  const run::Run run = ReadMeasured();
  EXPECT_THAT(run.cases.at(0).plan.failure, HasSubstr("stalled"));
  EXPECT_EQ(run.cases.at(1).plan.failure, "");
  EXPECT_EQ(std::ranges::count_if(run.cases.at(1).samples, &run::Sample::counts), 4);
}

INSTANTIATE_TEST_SUITE_P(On, OnEachGeneration, ::testing::ValuesIn(kGenerations),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace assay::integration

// SPDX-License-Identifier: MIT
// A service that moves to another port, or loses its model, in the middle of a run: the sample it happened to is kept,
// marked and never counted, and the run goes on.
#include <gmock/gmock.h>

#include "ctest/integration/services/services.h"
#include "fixtures/base/text.h"
#include "fixtures/run/json.h"

namespace assay::integration {
namespace {

using ::testing::HasSubstr;

class Moved : public ServicesTest, public ::testing::WithParamInterface<const char*> {
 protected:
  struct Seen {
    int counted = 0;
    std::vector<run::Sample> disturbed;
  };
  Seen Look(const run::Run& run) {
    Seen seen;
    for (const run::Sample& sample : run.cases.at(0).samples) {
      if (!sample.disturbed.empty()) seen.disturbed.push_back(sample);
      if (sample.counts()) ++seen.counted;
    }
    return seen;
  }
  // Nanoseconds of the steady clock: when each answer of the log began and ended.
  static std::vector<std::pair<std::int64_t, std::int64_t>> AnsweredBetween(const std::string& log) {
    std::vector<std::pair<std::int64_t, std::int64_t>> answers;
    for (const std::string& line : base::Split(Read(log), '\n')) {
      const base::Result<run::Json> record = run::ParseJson(line, log);
      if (!record.ok() || record->Find("load") != nullptr) continue;
      const run::JsonArray& events = *record->Find("events")->as_array();
      answers.emplace_back(*record->Find("received_ns")->as_integer(), *events.back().as_array()->front().as_integer());
    }
    return answers;
  }
};

TEST_P(Moved, APortThatChangesIsFoundAgain) {
  const process::Completed done = Measure({}, Machine(GetParam(), "move_port,after=3,times=1"));
  ASSERT_EQ(done.exit_code, 0) << done.standard_output << done.standard_error;
  const run::Run run = ReadMeasured();
  const Seen seen = Look(run);
  EXPECT_EQ(seen.counted, 4);
  ASSERT_EQ(seen.disturbed.size(), 1U);
  EXPECT_EQ(seen.disturbed[0].disturbed, "service_moved");
  EXPECT_NE(seen.disturbed[0].outcome, run::Outcome::kOk);
  EXPECT_EQ(run.info.validity.disturbed_requests, 1);
  EXPECT_EQ(run.info.validity.failed_requests, 0);
  EXPECT_THAT(done.standard_output, HasSubstr("service_moved"));
  // Stopped where it is now, not where it was.
  EXPECT_FALSE(FoundryRuns(GetParam()));
}

TEST_P(Moved, AtABareAddressNobodySaysWhereTheServiceWent) {
  const process::Completed done = MeasureAt(Serve(GetParam(), "move_port,after=3,times=1"));
  EXPECT_EQ(done.exit_code, 1) << done.standard_output;
  EXPECT_THAT(ReadMeasured().cases.at(0).plan.failure, ::testing::AnyOf(HasSubstr("connect"), HasSubstr("reset")));
}

TEST_P(Moved, AnEvictedModelIsLoadedAgain) {
  const process::Completed done = MeasureAt(Serve(GetParam(), "evict_after,after=3,times=1"));
  ASSERT_EQ(done.exit_code, 0) << done.standard_output << done.standard_error;
  const run::Run run = ReadMeasured();
  const Seen seen = Look(run);
  EXPECT_EQ(seen.counted, 4);
  if (std::string(GetParam()) == "g1") {
    // G1 would load it silently inside the timed request: it is looked after before.
    EXPECT_TRUE(seen.disturbed.empty());
    EXPECT_THAT(done.standard_output, HasSubstr("model_reloaded"));
    return;
  }
  ASSERT_EQ(seen.disturbed.size(), 1U);
  EXPECT_EQ(seen.disturbed[0].disturbed, "model_evicted");
  EXPECT_THAT(seen.disturbed[0].error, HasSubstr("loaded"));
}

TEST_P(Moved, AnAnswerThatWasGivenUpOnHasEndedBeforeTheNextRequest) {
  // Sixty tokens of 50 ms are three seconds; the request may take one.
  const std::string log = Path("requests.jsonl");
  const std::string endpoint = Serve(GetParam(), "token_ms=50,prompt_contains=slow", {"--request-log=" + log});
  const std::string prompts = Write("prompts.json", R"({"schema_version":1,"prompts":[
    {"id":"slow","max_tokens":60,"messages":[{"role":"user","content":"Be slow"}]},
    {"id":"fast","max_tokens":4,"messages":[{"role":"user","content":"Hello"}]}]})");
  const process::Completed done = MeasureAt(
      endpoint, {"--prompts=" + prompts, "--request-timeout=600ms", "--drain-timeout=20s", "--max-tokens=60"});
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  const run::Run run = ReadMeasured();
  EXPECT_THAT(run.cases.at(0).plan.failure, HasSubstr("timeout"));
  EXPECT_EQ(run.cases.at(1).plan.failure, "");
  for (const run::Warning& warning : run.info.validity.warnings) EXPECT_NE(warning.code, "not_drained");

  // By the service's own log (the same clock): no request began while another was being answered.
  const std::vector<std::pair<std::int64_t, std::int64_t>> answered = AnsweredBetween(log);
  EXPECT_GT(answered.size(), 4U);
  for (const run::RunCase& measured : run.cases) {
    for (const run::Sample& sample : measured.samples) {
      for (const auto& [from, to] : answered) {
        EXPECT_FALSE(from < sample.timeline.start_ns && sample.timeline.start_ns < to)
            << sample.case_id << " began " << (to - sample.timeline.start_ns) / 1'000'000 << " ms too early";
      }
    }
  }
}

// The block it happens in is asked once more; the blocks behind it do not know.
TEST_P(Moved, UnderLoadTheWholeBlockIsAskedOnceMore) {
  const char* const kEviction = "evict,after=12,times=1";
  const char* const kMove = "move_port,after=12,times=1";
  for (const std::string scenario : {kEviction, kMove}) {
    SCOPED_TRACE(scenario);
    const bool moves = scenario == kMove;
    // G1 loads a model silently when it is asked.
    if (!moves && std::string(GetParam()) == "g1") continue;
    const std::string name = moves ? "moved" : "evicted";
    const process::Completed done =
        Measure({"--service=embedded", "--scenario=" + scenario, "--repetitions=20",
                 "--scenarios=concurrency:4,rate:50,concurrency:2", "--self-measurement=off", "--run=" + Path(name)},
                {{"FOUNDRY_EMBEDDED_GENERATION", GetParam()}});
    ASSERT_EQ(done.exit_code, 0) << done.standard_output << done.standard_error;
    const run::Run run = ReadMeasured(name);
    ASSERT_EQ(run.cases.size(), 3U);
    int disturbed = 0;
    for (const run::RunCase& measured : run.cases) {
      EXPECT_EQ(measured.plan.failure, "");
      int counted = 0;
      for (const run::Sample& sample : measured.samples) {
        if (sample.counts()) ++counted;
        if (sample.warmup || sample.disturbed.empty()) continue;
        EXPECT_EQ(sample.disturbed, moves ? "service_moved" : "model_evicted");
        ++disturbed;
      }
      EXPECT_EQ(counted, 20) << measured.plan.id;
    }
    EXPECT_EQ(disturbed, 20);  // one block, its good answers included
    EXPECT_EQ(run.info.validity.failed_requests, 0);
    EXPECT_THAT(done.standard_output, HasSubstr(moves ? "service_moved" : "model_reloaded"));
  }
}

INSTANTIATE_TEST_SUITE_P(On, Moved, ::testing::Values("g1", "g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace assay::integration

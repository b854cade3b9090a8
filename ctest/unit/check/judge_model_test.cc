// SPDX-License-Identifier: MIT
// What a model does with its sampling parameters, as findings: every answer a probe can give, also "could not be told".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fixtures/check/judge.h"

namespace assay::check {
namespace {

using session::SamplingFindings;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

ModelFacts Model() {
  ModelFacts facts;
  facts.model.asked = "phi";
  facts.model.variant = "phi-cpu:1";
  facts.model.endpoint = "http://127.0.0.1:52364";
  facts.generation = "g2";
  return facts;
}

SamplingFindings Healthy() {
  SamplingFindings sampling;
  sampling.zero_repeats = true;
  sampling.same_seed_repeats = true;
  sampling.seeds_differ = true;
  sampling.max_tokens_obeyed = true;
  sampling.usage_reported = true;
  sampling.stream_well_formed = true;
  return sampling;
}

// By id, after a look at what every finding must have.
std::map<std::string, Finding> Judged(const SamplingFindings& sampling, const ModelFacts& facts = Model()) {
  std::map<std::string, Finding> by_id;
  for (const Finding& finding : JudgeSampling(facts, sampling)) {
    EXPECT_EQ(finding.subject, "phi-cpu:1");
    EXPECT_NE(finding.text, "") << finding.id;
    EXPECT_EQ(finding.next.empty(), finding.level == Level::kOk) << finding.id << ": " << finding.next;
    EXPECT_TRUE(by_id.emplace(finding.id, finding).second) << finding.id << " comes twice";
  }
  return by_id;
}

// All others stay ok: one reason, one finding.
void ExpectOnly(const std::map<std::string, Finding>& judged, const std::string& id, Level level) {
  for (const auto& [name, finding] : judged) EXPECT_EQ(finding.level, name == id ? level : Level::kOk) << name;
}

TEST(JudgeSampling, AHealthyModelIsOkInOrder) {
  std::vector<std::string> ids;
  for (const Finding& finding : JudgeSampling(Model(), Healthy())) ids.push_back(finding.id);
  EXPECT_THAT(ids, ElementsAre("chat", "temperature", "seed", "max_tokens", "usage", "stream"));
  for (const auto& [id, finding] : Judged(Healthy())) EXPECT_EQ(finding.level, Level::kOk) << id;
}

TEST(JudgeSampling, NoAnswerIsOneFailureInTheServicesWords) {
  SamplingFindings sampling;
  sampling.failure = "500 Infer Request is busy";
  const auto judged = Judged(sampling);
  ASSERT_EQ(judged.size(), 1U);
  EXPECT_EQ(judged.at("chat").level, Level::kFailure);
  EXPECT_THAT(judged.at("chat").text, HasSubstr("500 Infer Request is busy"));
}

TEST(JudgeSampling, TemperatureZeroThatDoesNotRepeatIsAWarningAboutGating) {
  SamplingFindings sampling = Healthy();
  sampling.zero_repeats = false;
  const auto judged = Judged(sampling);
  ExpectOnly(judged, "temperature", Level::kWarning);
  EXPECT_THAT(judged.at("temperature").text, HasSubstr("answers cannot be gated exactly"));
}

TEST(JudgeSampling, ASeedThatDoesNotRepeatIsIgnored) {
  SamplingFindings sampling = Healthy();
  sampling.same_seed_repeats = false;
  const auto judged = Judged(sampling);
  ExpectOnly(judged, "seed", Level::kWarning);
  EXPECT_THAT(judged.at("seed").text, HasSubstr("the seed is ignored"));
}

TEST(JudgeSampling, ASeedIsNotBlamedWhereNothingRepeats) {
  SamplingFindings sampling = Healthy();
  sampling.zero_repeats = false;
  sampling.same_seed_repeats = false;
  const auto judged = Judged(sampling);
  EXPECT_EQ(judged.at("temperature").level, Level::kWarning);
  EXPECT_EQ(judged.at("seed").level, Level::kWarning);
  EXPECT_THAT(judged.at("seed").text, HasSubstr("cannot be told"));
}

TEST(JudgeSampling, OneAnswerForEverySeedLeavesOpenWhichIsIgnored) {
  SamplingFindings sampling = Healthy();
  sampling.seeds_differ = false;
  const auto judged = Judged(sampling);
  ExpectOnly(judged, "seed", Level::kWarning);
  EXPECT_THAT(judged.at("seed").text, HasSubstr("temperature or seed is ignored"));
}

TEST(JudgeSampling, MaxTokensThatIsIgnoredIsAFailure) {
  SamplingFindings sampling = Healthy();
  sampling.max_tokens_obeyed = false;
  ExpectOnly(Judged(sampling), "max_tokens", Level::kFailure);
}

TEST(JudgeSampling, UsageThatIsMissingSaysWhoCountsInstead) {
  SamplingFindings sampling = Healthy();
  sampling.usage_reported = false;
  const auto by_events = Judged(sampling);
  ExpectOnly(by_events, "usage", Level::kWarning);
  EXPECT_THAT(by_events.at("usage").text, HasSubstr("counted by stream events"));
  ModelFacts facts = Model();
  facts.counts_tokens = true;
  const auto by_tokenizer = Judged(sampling, facts);
  ExpectOnly(by_tokenizer, "usage", Level::kWarning);
  EXPECT_THAT(by_tokenizer.at("usage").text, HasSubstr("counted by the service's tokenizer"));
}

TEST(JudgeSampling, AMalformedStreamIsAFailure) {
  SamplingFindings sampling = Healthy();
  sampling.stream_well_formed = false;
  ExpectOnly(Judged(sampling), "stream", Level::kFailure);
}

TEST(JudgeSampling, QuotesTheEvidenceOfItsOwnQuestion) {
  SamplingFindings sampling = Healthy();
  sampling.zero_repeats = false;
  sampling.max_tokens_obeyed = false;
  sampling.lines = {"temperature 0: 2 different answers in 3", "temperature 1, seeds 1 and 2: different answers",
                    "max_tokens 4: 16 tokens came"};
  const auto judged = Judged(sampling);
  EXPECT_THAT(judged.at("temperature").text, EndsWith(" (temperature 0: 2 different answers in 3)"));
  EXPECT_THAT(judged.at("max_tokens").text, EndsWith(" (max_tokens 4: 16 tokens came)"));
  EXPECT_EQ(judged.at("seed").text, "at temperature 1 the same seed repeats and other seeds differ");
}

// Nothing that was not seen passes, and nothing that was not seen fails.
TEST(JudgeSampling, WhatCouldNotBeToldIsAWarning) {
  const auto judged = Judged(SamplingFindings{});
  ASSERT_EQ(judged.size(), 6U);
  for (const auto& [id, finding] : judged) {
    EXPECT_EQ(finding.level, id == "chat" ? Level::kOk : Level::kWarning) << id;
    if (id == "chat") continue;
    EXPECT_THAT(finding.text, HasSubstr("could not be told")) << id;
  }
}

TEST(JudgeSampling, ASeedIsNotOkOnHalfTheEvidence) {
  for (const bool same_is_known : {true, false}) {
    SamplingFindings sampling = Healthy();
    (same_is_known ? sampling.seeds_differ : sampling.same_seed_repeats).reset();
    ExpectOnly(Judged(sampling), "seed", Level::kWarning);
  }
}

TEST(JudgeSampling, PointsToTheLogOfTheGenerationAtHand) {
  SamplingFindings sampling;
  sampling.failure = "no answer";
  ModelFacts facts = Model();
  EXPECT_THAT(Judged(sampling, facts).at("chat").next, HasSubstr("`foundry server logs`"));
  facts.generation = "g1";
  EXPECT_THAT(Judged(sampling, facts).at("chat").next, HasSubstr("`foundry service diag`"));
  facts.generation = "plain";
  EXPECT_THAT(Judged(sampling, facts).at("chat").next, HasSubstr("http://127.0.0.1:52364"));
  facts.embedded = true;
  EXPECT_THAT(Judged(sampling, facts).at("chat").next, HasSubstr("foundry-embedded"));
}

TEST(JudgeSampling, PointsToTheCpuOnlyFromAnotherDevice) {
  SamplingFindings sampling = Healthy();
  sampling.zero_repeats = false;
  ModelFacts facts = Model();
  facts.model.device = "gpu";
  EXPECT_THAT(Judged(sampling, facts).at("temperature").next, HasSubstr("--device=cpu"));
  facts.model.device = "cpu";
  EXPECT_THAT(Judged(sampling, facts).at("temperature").next, Not(HasSubstr("--device=cpu")));
}

TEST(JudgeCached, OnlyACertainNoIsAFailure) {
  ModelFacts facts = Model();
  EXPECT_EQ(JudgeCached(facts).level, Level::kOk);
  facts.model.cached = true;
  EXPECT_EQ(JudgeCached(facts).level, Level::kOk);
  facts.model.cached = false;
  const Finding missing = JudgeCached(facts);
  EXPECT_EQ(missing.level, Level::kFailure);
  EXPECT_THAT(missing.next, HasSubstr("assay-bench --download --models=phi-cpu:1"));
  EXPECT_THAT(missing.next, HasSubstr("foundry model download phi-cpu:1"));
}

TEST(JudgeLoaded, NamesTimeDeviceAndProvider) {
  ModelFacts facts = Model();
  facts.model.device = "cpu";
  facts.model.execution_provider = "CPUExecutionProvider";
  EXPECT_EQ(JudgeLoaded(facts, std::chrono::milliseconds(1250)).text,
            "the model is loaded after 1.25 s, for the cpu (CPUExecutionProvider)");
  facts.loads = false;
  EXPECT_THAT(JudgeLoaded(facts, {}).text, HasSubstr("left to the service"));
}

TEST(JudgeNotLoaded, TellsNoMemoryFromAnythingElse) {
  const Finding memory = JudgeNotLoaded(Model(), {session::LoadOutcome::kDoesNotFit, "bad allocation"});
  EXPECT_EQ(memory.level, Level::kFailure);
  EXPECT_THAT(memory.text, HasSubstr("does not fit into memory, also alone: bad allocation"));
  EXPECT_NE(memory.next, "");
  // A first model has nothing to be unloaded before it, so the session calls it failed; the words are ONNX Runtime's.
  const Finding alone = JudgeNotLoaded(
      Model(), {session::LoadOutcome::kFailed, "Failed to allocate memory for requested buffer of size 2147483648"});
  EXPECT_THAT(alone.text, HasSubstr("does not fit into memory"));
  const Finding other = JudgeNotLoaded(Model(), {session::LoadOutcome::kFailed, "genai_config.json is missing"});
  EXPECT_EQ(other.level, Level::kFailure);
  EXPECT_THAT(other.text, HasSubstr("the model does not load: genai_config.json is missing"));
  EXPECT_NE(other.next, "");
}

TEST(JudgeNotLoaded, SaysHowToDownloadWhereOnlyTheLoadTellsThatItIsMissing) {
  const Finding finding = JudgeNotLoaded(Model(), {session::LoadOutcome::kFailed, "Model not cached: phi-cpu:1"});
  EXPECT_EQ(finding.level, Level::kFailure);
  EXPECT_THAT(finding.next, HasSubstr("assay-bench --download --models=phi-cpu:1"));
}

}  // namespace
}  // namespace assay::check

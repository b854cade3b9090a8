// SPDX-License-Identifier: MIT
// The names of probes, their steps and results, and what stands in a run of them.
#include "fixtures/run/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fixtures/run/case_id.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;

ProbeFinding Example() {
  ProbeFinding finding;
  finding.probe = ProbeKind::kLimits;
  CaseId id{"m:1", "p", true, 8, {}};
  id.scenario.probe = finding.probe;
  finding.case_id = BuildCaseId(id);
  finding.result = ProbeResult::kIgnored;
  finding.parts = {{"max_tokens", ProbeResult::kObeyed}, {"stop", ProbeResult::kIgnored}};
  finding.n = 4;
  finding.evidence = {"max_tokens 4: 4 tokens came", "stop at character 20 of 41: the answer goes on behind it"};
  return finding;
}

TEST(Probe, NamesRoundTripAndAreListed) {
  std::string list;
  for (const ProbeKind kind : kProbeKinds) {
    EXPECT_EQ(ParseProbeKind(ToString(kind)), kind);
    list += (list.empty() ? "" : ", ") + std::string(ToString(kind));
  }
  EXPECT_EQ(KnownProbes(), list);
  EXPECT_EQ(list, "temperature, seed, limits, stream, concurrency, reload, restart, cache");
  EXPECT_FALSE(ParseProbeKind("Seed").has_value());
  EXPECT_FALSE(ParseProbeKind("").has_value());
  for (const ProbeResult result : {ProbeResult::kObeyed, ProbeResult::kIgnored, ProbeResult::kSame,
                                   ProbeResult::kDiffers, ProbeResult::kCannotTell}) {
    EXPECT_EQ(ParseProbeResult(ToString(result)), result);
  }
  EXPECT_FALSE(ParseProbeResult("fine").has_value());
}

// What is to be the same is held against the first two; a step asked beside others is one of two rounds of four.
TEST(Probe, EveryProbeBeginsWithTwoOfOneKind) {
  for (const ProbeKind kind : kProbeKinds) {
    const auto steps = StepsOf(kind);
    ASSERT_GE(steps.size(), 4U) << ToString(kind);
    EXPECT_EQ(steps[0], steps[1]) << ToString(kind);
  }
  EXPECT_EQ(std::ranges::count(StepsOf(ProbeKind::kConcurrency), kTogether), 2 * kProbeConcurrency);
}

TEST(Probe, TheWorstResultIsBadThenUnknown) {
  using R = ProbeResult;
  const auto worst = [](std::initializer_list<R> results) {
    return WorstOf(std::span(results.begin(), results.size()));
  };
  EXPECT_EQ(worst({R::kObeyed, R::kObeyed}), R::kObeyed);
  EXPECT_EQ(worst({R::kObeyed, R::kCannotTell}), R::kCannotTell);
  EXPECT_EQ(worst({R::kCannotTell, R::kIgnored, R::kObeyed}), R::kIgnored);
  EXPECT_EQ(worst({}), R::kCannotTell);
}

TEST(Probe, AFindingRoundTrips) {
  const base::Result<ProbeFinding> read = ProbeFindingFromJson(ToJson(Example()), "run.json", "assay.probes[0]");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, Example());
  ProbeFinding plain = Example();
  plain.parts.clear();
  EXPECT_EQ(ToJson(plain).Find("parts"), nullptr);
  EXPECT_EQ(*ProbeFindingFromJson(ToJson(plain), "run.json", "p"), plain);
}

TEST(Probe, AFindingThatCannotBeIsRefused) {
  const auto refused = [](const std::string& key, const Json& value) {
    Json json = ToJson(Example());
    json.as_object()->insert_or_assign(key, value);
    const base::Result<ProbeFinding> read = ProbeFindingFromJson(json, "run.json", "assay.probes[0]");
    return read.ok() ? "" : read.error().Message();
  };
  EXPECT_THAT(refused("probe", "speed"), HasSubstr("'speed' is none of temperature, seed"));
  EXPECT_THAT(refused("probe", "seed"), HasSubstr("is no case of the probe seed"));
  EXPECT_THAT(refused("result", "fast"), HasSubstr("'fast' is none of obeyed, ignored, same"));
  EXPECT_THAT(refused("result", "differs"), HasSubstr("is no result of the probe limits"));
  EXPECT_THAT(refused("parts", JsonObject{{"stop", "same"}}), HasSubstr("is no result of the probe limits"));
  EXPECT_THAT(refused("parts", JsonObject{{"stop", 1}}), HasSubstr("parts.stop"));
  EXPECT_THAT(refused("n", -1), HasSubstr("is negative"));
  EXPECT_THAT(refused("case", "chat/m:1/p/stream:on/max_tokens:8"), HasSubstr("is no case of the probe limits"));
  EXPECT_THAT(refused("case", "somewhere"), HasSubstr("is no case id"));
  EXPECT_THAT(refused("note", "x"), HasSubstr("note"));
}

}  // namespace
}  // namespace assay::run

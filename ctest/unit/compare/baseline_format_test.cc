// SPDX-License-Identifier: MIT
#include "tools/compare/baseline_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kVariant = "ember-mini-generic-cpu:1";
constexpr const char* kKey = "linux-x86_64-test-cpu-2c";

std::string Example(const std::string& name) {
  const base::Result<std::string> text = base::ReadFile(std::string(ASSAY_TEST_DATA_DIR) + "/golden/compare/" + name);
  EXPECT_TRUE(text.ok()) << text.error().Message();
  return text.ok() ? *text : "";
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(BaselineFormat, KeptOutputsOfVersion1AreReadAndWrittenAlike) {
  const std::string text = Example("outputs_v1.json");
  const base::Result<OutputsBaseline> baseline = ParseOutputs(text, "outputs.json", kVariant);
  ASSERT_TRUE(baseline.ok()) << baseline.error().Message();
  ASSERT_EQ(baseline->cases.size(), 2U);
  const AcceptedAnswer& answer = baseline->cases.at("chat/ember-mini-generic-cpu:1/capital/stream:on/max_tokens:64");
  EXPECT_EQ(answer.text, "Paris.");
  EXPECT_EQ(answer.finish_reason, "stop");
  EXPECT_EQ(answer.prompt_tokens, 7);
  EXPECT_EQ(answer.accepted.reason, "first baseline");
  EXPECT_EQ(WriteOutputs(*baseline), text);
}

TEST(BaselineFormat, KeptLatencyOfVersion1IsReadAndWrittenAlike) {
  const std::string text = Example("latency_v1.json");
  const base::Result<LatencyBaseline> baseline = ParseLatency(text, "latency.json", kVariant, kKey);
  ASSERT_TRUE(baseline.ok()) << baseline.error().Message();
  ASSERT_EQ(baseline->sessions.size(), 2U);
  const SessionCase& one =
      baseline->sessions[0].cases.at("chat/ember-mini-generic-cpu:1/capital/stream:on/max_tokens:64");
  EXPECT_THAT(one.metrics.Of("e2e_ms"), ElementsAre(100, 101.5, 102.125));
  EXPECT_FALSE(baseline->sessions[0].anchors);
  EXPECT_EQ(one.token_source, run::TokenSource::kServerUsage);
  EXPECT_EQ(baseline->sessions[1].service_version, "0.1.0");
  EXPECT_EQ(WriteLatency(*baseline), text);
}

TEST(BaselineFormat, KeptLatencyWithAnchorsIsReadAndWrittenAlike) {
  const std::string text = Example("latency_v1_anchors.json");
  const base::Result<LatencyBaseline> baseline = ParseLatency(text, "latency.json", kVariant, kKey);
  ASSERT_TRUE(baseline.ok()) << baseline.error().Message();
  ASSERT_EQ(baseline->sessions.size(), 1U);
  const BaselineSession& session = baseline->sessions[0];
  ASSERT_TRUE(session.anchors);
  EXPECT_EQ(session.anchors->yardstick, "embedded 0.1.0 ember-mini 3");
  ASSERT_EQ(session.anchors->cases.size(), 2U);
  EXPECT_THAT(session.anchors->cases[1].metrics.at("tpot_ms"), ElementsAre(0.9, 0.91));
  const SessionCase& load =
      session.cases.at("chat/ember-mini-generic-cpu:1/capital/stream:on/max_tokens:64/concurrency:4");
  EXPECT_THAT(load.metrics.Of("output_tokens_per_s"), ElementsAre(1777.25));
  EXPECT_THAT(load.metrics.Of("requests_per_s"), ElementsAre(71.125));
  EXPECT_THAT(load.metrics.Of("e2e_ms"), ElementsAre(100, 101.5));
  EXPECT_THAT(load.metrics.Of("load_ms"), IsEmpty());
  const SessionCase& cold = session.cases.at("chat/ember-mini-generic-cpu:1/capital/stream:on/max_tokens:64/cold");
  EXPECT_THAT(cold.metrics.Of("load_ms"), ElementsAre(30.5, 31));
  EXPECT_EQ(WriteLatency(*baseline), text);
}

// What the fast reader does not take is read by the slow one, and both see the same.
TEST(BaselineFormat, BothReadersSeeTheSame) {
  const std::string text = Example("latency_v1_anchors.json");
  // A key with an escape is not for the fast one.
  const auto slow = ParseLatency(Replaced(text, "\"fingerprint\"", "\"finger\\u0070rint\""), "f", kVariant, kKey);
  const auto fast = ParseLatency(text, "f", kVariant, kKey);
  ASSERT_TRUE(slow.ok()) << slow.error().Message();
  ASSERT_TRUE(fast.ok());
  EXPECT_EQ(slow->sessions[0].cases, fast->sessions[0].cases);
  EXPECT_EQ(slow->sessions[0].anchors, fast->sessions[0].anchors);
}

TEST(BaselineFormat, LatencyIsRoundedToMicrosecondsAndHasOneLinePerCase) {
  LatencyBaseline baseline;
  baseline.variant = kVariant;
  baseline.environment.host = "secret-host";
  SessionCase one;
  one.fingerprint = "f";
  one.metrics.Set("e2e_ms", {1.23456, 2});
  BaselineSession session;
  session.cases["chat/ember-mini-generic-cpu:1/a/stream:on/max_tokens:1"] = one;
  baseline.sessions.push_back(session);
  const std::string text = WriteLatency(baseline);
  EXPECT_THAT(text, HasSubstr("\"e2e_ms\":[1.235,2.0]"));
  EXPECT_EQ(text.find("secret-host"), std::string::npos);
  for (const std::string& line : base::Split(text, '\n')) {
    if (line.find("/a/stream:on") != std::string::npos) {
      EXPECT_THAT(line, HasSubstr("\"fingerprint\":\"f\""));
    }
  }
}

struct Refused {
  const char* name;
  const char* from;
  const char* to;
  const char* message;
};

class OutputsRefused : public ::testing::TestWithParam<Refused> {};
TEST_P(OutputsRefused, NamingFileAndPlace) {
  const auto baseline =
      ParseOutputs(Replaced(Example("outputs_v1.json"), GetParam().from, GetParam().to), "outputs.json", kVariant);
  ASSERT_FALSE(baseline.ok());
  EXPECT_THAT(baseline.error().Message(), HasSubstr(GetParam().message));
  EXPECT_THAT(baseline.error().where, HasSubstr("outputs.json"));
}
INSTANTIATE_TEST_SUITE_P(
    , OutputsRefused,
    ::testing::Values(Refused{"UnknownMajor", "\"schema_version\": 1", "\"schema_version\": 2", "found 2"},
                      Refused{"UnknownKey", "\"finish_reason\"", "\"finnish_reason\"", "unknown key 'finnish_reason'"},
                      Refused{"OtherVariant", "\"variant\": \"ember-mini-generic-cpu:1\"",
                              "\"variant\": \"ember-mini-generic-cpu-1\"",
                              "this file is of 'ember-mini-generic-cpu-1'"},
                      Refused{"EditedText", "Paris.", "Rome.", "do not edit answers"},
                      Refused{"CaseOfAnotherVariant", "chat/ember-mini-generic-cpu:1/capital",
                              "chat/ember-mini-generic-cpu:2/capital", "does not belong to the variant"},
                      Refused{"NoCaseId", "chat/ember-mini-generic-cpu:1/capital/stream:on", "chit/capital/stream:on",
                              "is no case id"},
                      Refused{"Truncated", "\"variant\"", "", "outputs.json:"}),
    [](const auto& tested) { return std::string(tested.param.name); });

class LatencyRefused : public ::testing::TestWithParam<Refused> {};
TEST_P(LatencyRefused, NamingFileAndPlace) {
  const auto baseline = ParseLatency(Replaced(Example("latency_v1.json"), GetParam().from, GetParam().to),
                                     "latency.json", kVariant, kKey);
  ASSERT_FALSE(baseline.ok());
  EXPECT_THAT(baseline.error().Message(), HasSubstr(GetParam().message));
  EXPECT_THAT(baseline.error().where, HasSubstr("latency.json"));
}
INSTANTIATE_TEST_SUITE_P(
    , LatencyRefused,
    ::testing::Values(Refused{"UnknownMajor", "\"schema_version\": 1", "\"schema_version\": 7", "found 7"},
                      Refused{"UnknownKey", "\"ttft_ms\"", "\"ttft_us\"", "unknown key 'ttft_us'"},
                      Refused{"NaNText", "101.5", "NaN", "latency.json:"},
                      Refused{"NumberAsText", "101.5", "\"101.5\"", "a string"},
                      Refused{"Negative", "101.5", "-101.5", "0 or more"},
                      Refused{"OtherMachine", "\"cpu\": \"Test CPU\"", "\"cpu\": \"Other CPU\"", "does not belong"},
                      Refused{"UnknownTokenSource", "\"server_usage\"", "\"guess\"", "no source of token counts"},
                      Refused{"SameRunTwice", "2026-03-02T12:00:00Z", "2026-03-01T12:00:00Z",
                              "the same run is there twice"}),
    [](const auto& tested) { return std::string(tested.param.name); });

class AnchorsRefused : public ::testing::TestWithParam<Refused> {};
TEST_P(AnchorsRefused, NamingFileAndPlace) {
  const auto baseline = ParseLatency(Replaced(Example("latency_v1_anchors.json"), GetParam().from, GetParam().to),
                                     "latency.json", kVariant, kKey);
  ASSERT_FALSE(baseline.ok());
  EXPECT_THAT(baseline.error().Message(), HasSubstr(GetParam().message));
  EXPECT_THAT(baseline.error().where, HasSubstr("latency.json"));
}
INSTANTIATE_TEST_SUITE_P(
    , AnchorsRefused,
    ::testing::Values(Refused{"ZeroAnchor", "\"tpot_ms\":[0.9,", "\"tpot_ms\":[0,", "$.sessions[0].anchors"},
                      Refused{"AnchorTwice", "\"name\":\"short\"", "\"name\":\"long\"", "is there twice"},
                      Refused{"ThroughputAsArray", "71.125", "[71.125]", "requests_per_s: should be in requests/s"},
                      Refused{"ThroughputNegative", "71.125", "-71.125", "0 or more, found -71.125"},
                      Refused{"LoadTimeAsNumber", "[30.5,31.0]", "30.5", "load_ms: should be an array"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(BaselineFormat, EveryTruncationIsRefused) {
  const std::string outputs = Example("outputs_v1.json");
  for (std::size_t length = 0; length + 2 < outputs.size(); ++length) {
    ASSERT_FALSE(ParseOutputs(outputs.substr(0, length), "f", kVariant).ok()) << length;
  }
  const std::string latency = Example("latency_v1_anchors.json");
  for (std::size_t length = 0; length + 2 < latency.size(); ++length) {
    ASSERT_FALSE(ParseLatency(latency.substr(0, length), "f", kVariant, kKey).ok()) << length;
  }
}

TEST(BaselineFormat, AFileInTheFolderOfAnotherMachineIsRefused) {
  const auto baseline = ParseLatency(Example("latency_v1.json"), "latency.json", kVariant, "linux-arm64-other-8c");
  ASSERT_FALSE(baseline.ok());
  EXPECT_THAT(baseline.error().Message(), HasSubstr("lies in the folder of 'linux-arm64-other-8c'"));
}

}  // namespace
}  // namespace assay::compare

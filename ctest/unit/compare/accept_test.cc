// SPDX-License-Identifier: MIT
#include "tools/compare/accept.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "tools/compare/baseline_store.h"

namespace assay::compare {
namespace {

namespace fs = std::filesystem;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;

class AcceptTest : public ::testing::Test {
 protected:
  AcceptTest() : temporary_(*base::TemporaryDirectory::Create("assay-accept")) {
    request_.baselines = temporary_.path() / "baselines";
    request_.reason = "first baseline";
    request_.at = "2026-03-01T13:00:00Z";
    request_.policy = DefaultPolicy();
  }

  static RunSet Runs(const RunBuilder& builder) { return *RunSet::Create({builder.Build()}); }
  static RunBuilder Good(const std::string& started_at = "2026-03-01T12:00:00Z") {
    RunBuilder builder;
    builder.StartedAt(started_at).Repetitions(5).Case("capital").AddRamp(5, 100, 1).Case("code").AddRamp(5, 200, 1);
    return builder;
  }
  std::string Text(const fs::path& path) const { return *base::ReadFile(path); }
  fs::path Outputs() const { return OutputsPath(request_.baselines, RunBuilder::kModel); }
  fs::path Latency() const {
    return LatencyPath(request_.baselines, Good().Build().info.environment.Key(), RunBuilder::kModel);
  }
  LatencyBaseline ReadBack() const {
    return **ReadLatency(Latency(), RunBuilder::kModel, Good().Build().info.environment.Key());
  }
  void ExpectRefused(const RunBuilder& builder, const std::string& message) {
    const auto summary = Accept(Runs(builder), request_);
    ASSERT_FALSE(summary.ok());
    EXPECT_THAT(summary.error().Message(), HasSubstr(message));
    EXPECT_THAT(summary.error().Message(), HasSubstr("nothing was written"));
    EXPECT_FALSE(fs::exists(request_.baselines));
  }

  base::TemporaryDirectory temporary_;
  AcceptRequest request_;
};

TEST_F(AcceptTest, FirstRunWritesBothFiles) {
  const auto summary = Accept(Runs(Good()), request_);
  ASSERT_TRUE(summary.ok()) << summary.error().Message();
  EXPECT_EQ(summary->written, (std::vector<fs::path>{Outputs(), Latency()}));
  EXPECT_EQ(summary->answers_new, 2U);
  EXPECT_EQ(summary->sessions_added, 1U);
  EXPECT_THAT(Text(Outputs()), HasSubstr("\"reason\": \"first baseline\""));
  const LatencyBaseline baseline = ReadBack();
  ASSERT_EQ(baseline.sessions.size(), 1U);
  const SessionCase& one = baseline.sessions[0].cases.at(RunBuilder::CaseIdOf("capital"));
  EXPECT_EQ(one.metrics.at("e2e_ms"), (std::vector<double>{100, 101, 102, 103, 104}));
  // (100 - 20) / (5 - 1) = 20 ms per token.
  EXPECT_DOUBLE_EQ(one.metrics.at("tpot_ms")[0], 20.0);
  EXPECT_EQ(one.completion_tokens, 5);
}

TEST_F(AcceptTest, UnchangedAnswersKeepTheirDates) {
  ASSERT_TRUE(Accept(Runs(Good()), request_).ok());
  const std::string before = Text(Outputs());
  request_.at = "2026-04-01T13:00:00Z";
  request_.reason = "again";
  const auto summary = Accept(Runs(Good("2026-04-01T12:00:00Z")), request_);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(Text(Outputs()), before);
  EXPECT_EQ(summary->answers_unchanged, 2U);
  EXPECT_EQ(summary->written, (std::vector<fs::path>{Latency()}));
  EXPECT_EQ(ReadBack().sessions.size(), 2U);
}

TEST_F(AcceptTest, OnlyTheChangedAnswerGetsANewDate) {
  ASSERT_TRUE(Accept(Runs(Good()), request_).ok());
  RunBuilder changed;
  SampleSpec lyon;
  lyon.text = "Lyon.";
  changed.Case("capital").AddRamp(5, 100, 1, lyon).Case("code").AddRamp(5, 200, 1);
  request_.reason = "new model";
  request_.latency = false;
  const auto summary = Accept(Runs(changed), request_);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->answers_changed, 1U);
  const OutputsBaseline baseline = **ReadOutputs(Outputs(), RunBuilder::kModel);
  EXPECT_EQ(baseline.cases.at(RunBuilder::CaseIdOf("capital")).accepted.reason, "new model");
  EXPECT_EQ(baseline.cases.at(RunBuilder::CaseIdOf("code")).accepted.reason, "first baseline");
}

TEST_F(AcceptTest, TheSameRunTwiceIsOneSession) {
  ASSERT_TRUE(Accept(Runs(Good()), request_).ok());
  const auto summary = Accept(Runs(Good()), request_);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->sessions_replaced, 1U);
  EXPECT_EQ(ReadBack().sessions.size(), 1U);
}

TEST_F(AcceptTest, TheLastFiveSessionsAreKept) {
  for (int i = 1; i <= 7; ++i) {
    ASSERT_TRUE(Accept(Runs(Good("2026-03-0" + std::to_string(i) + "T12:00:00Z")), request_).ok());
  }
  const LatencyBaseline baseline = ReadBack();
  ASSERT_EQ(baseline.sessions.size(), 5U);
  EXPECT_EQ(baseline.sessions.front().started_at, "2026-03-03T12:00:00Z");
  EXPECT_EQ(baseline.sessions.back().started_at, "2026-03-07T12:00:00Z");
}

TEST_F(AcceptTest, AcceptingOneCaseOftenDoesNotCostTheOthersTheirSessions) {
  ASSERT_TRUE(Accept(Runs(Good("2026-03-01T12:00:00Z")), request_).ok());
  request_.cases = {"*/code/*"};
  for (int i = 2; i <= 8; ++i) {
    ASSERT_TRUE(Accept(Runs(Good("2026-03-0" + std::to_string(i) + "T12:00:00Z")), request_).ok());
  }
  std::size_t capital = 0;
  std::size_t code = 0;
  for (const BaselineSession& session : ReadBack().sessions) {
    capital += session.cases.count(RunBuilder::CaseIdOf("capital"));
    code += session.cases.count(RunBuilder::CaseIdOf("code"));
  }
  EXPECT_EQ(capital, 1U);
  EXPECT_EQ(code, 5U);
}

TEST_F(AcceptTest, RefusesAFailedCase) {
  RunBuilder builder = Good();
  SampleSpec timeout;
  timeout.outcome = run::Outcome::kTimeout;
  timeout.error = "no answer in 60 s";
  builder.Case("slow").Add(timeout).Failure("no answer in 60 s");
  ExpectRefused(builder, "1 of 3 cases must not become a baseline");
  ExpectRefused(builder, "failed (timeout): no answer in 60 s");
}

TEST_F(AcceptTest, RefusesAMissingCase) { ExpectRefused(Good().Case("never"), "missing"); }

TEST_F(AcceptTest, RefusesAnIncompleteCase) {
  ExpectRefused(Good().Case("short").AddRamp(3, 100, 1), "only 3 of 5 repetitions");
}

TEST_F(AcceptTest, RefusesAnInterruptedRun) { ExpectRefused(Good().Interrupted(), "interrupted"); }

TEST_F(AcceptTest, RefusesANondeterministicCase) {
  SampleSpec other;
  other.text = "Lyon.";
  ExpectRefused(Good().Repetitions(5).Case("flip").AddRamp(4, 100, 1).Add(other),
                "nondeterministic: 2 different answers");
}

TEST_F(AcceptTest, ACaseWhoseAnswersAreNotGatedIsAcceptedForItsLatency) {
  SampleSpec other;
  other.text = "Lyon.";
  request_.policy.cases.push_back(CaseRule{"*/flip/*", {}, {}, DeterminismLevel::kOff});
  const auto summary = Accept(Runs(Good().Case("flip").AddRamp(4, 100, 1).Add(other)), request_);
  ASSERT_TRUE(summary.ok()) << summary.error().Message();
  EXPECT_EQ(summary->answers_new, 2U);
  EXPECT_TRUE(ReadBack().sessions[0].cases.contains(RunBuilder::CaseIdOf("flip")));
}

TEST_F(AcceptTest, AnUnreadableBaselineStopsBeforeAnythingIsWritten) {
  ASSERT_TRUE(base::WriteFileAtomically(Latency(), "{\n  \"schema_version\": ").ok());
  const auto summary = Accept(Runs(Good()), request_);
  ASSERT_FALSE(summary.ok());
  EXPECT_THAT(summary.error().Message(), HasSubstr("-1.json:2:"));
  EXPECT_FALSE(fs::exists(Outputs()));
}

TEST_F(AcceptTest, NeedsAReasonAndAMatchingGlob) {
  request_.cases = {"nothing*"};
  EXPECT_EQ(Accept(Runs(Good()), request_).error().code, base::ErrorCode::kUsage);
  request_.cases.clear();
  request_.reason = " ";
  EXPECT_THAT(Accept(Runs(Good()), request_).error().Message(), HasSubstr("--reason"));
}

}  // namespace
}  // namespace assay::compare

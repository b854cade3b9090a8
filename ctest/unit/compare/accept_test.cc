// SPDX-License-Identifier: MIT
#include "tools/compare/accept.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "fixtures/base/files.h"
#include "fixtures/run/pair.h"
#include "tools/compare/baseline_store.h"

namespace assay::compare {
namespace {

namespace fs = std::filesystem;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AcceptTest : public ::testing::Test {
 protected:
  AcceptTest() : temporary_(*base::TemporaryDirectory::Create("assay-accept")) {
    request_.baselines = temporary_.path() / "baselines";
    request_.reason = "first baseline";
    request_.at = "2026-03-01T13:00:00Z";
    request_.policy = DefaultPolicy();
  }

  static RunSet Runs(const RunBuilder& builder) { return *RunSet::Create({builder.Build()}); }
  static run::Flag Raised(const std::string& name, const std::string& case_id = "") {
    return run::Flag{name, case_id, 0.62, "share", 0.5, true, "a sentence"};
  }
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
  EXPECT_THAT(one.metrics.Of("e2e_ms"), ElementsAre(100, 101, 102, 103, 104));
  // (100 - 20) / (5 - 1) = 20 ms per token.
  EXPECT_DOUBLE_EQ(one.metrics.Of("tpot_ms")[0], 20.0);
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

// What befell a service befell all of its cases: a reason stands once, after those that share it.
TEST_F(AcceptTest, AReasonThatSeveralCasesShareIsSaidOnce) {
  RunBuilder builder = Good();
  for (int i = 0; i < 7; ++i) builder.Case("p" + std::to_string(i)).Failure("not restarted: the port is taken");
  builder.Case("other").Failure("no answer in 60 s");
  const auto summary = Accept(Runs(builder), request_);
  ASSERT_FALSE(summary.ok());
  const std::string& what = summary.error().what;
  EXPECT_THAT(what, HasSubstr("8 of 10 cases must not become a baseline"));
  EXPECT_THAT(what, HasSubstr(RunBuilder::CaseIdOf("p4") + ", and 2 more failed: not restarted: the port is taken; " +
                              RunBuilder::CaseIdOf("other") + " failed: no answer in 60 s"));
  EXPECT_EQ(what.find("the port is taken"), what.rfind("the port is taken"));
}

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
  request_.policy.cases.push_back(CaseRule{"*/flip/*", nullptr, {}, {}, {}, DeterminismLevel::kOff});
  const auto summary = Accept(Runs(Good().Case("flip").AddRamp(4, 100, 1).Add(other)), request_);
  ASSERT_TRUE(summary.ok()) << summary.error().Message();
  EXPECT_EQ(summary->answers_new, 2U);
  EXPECT_TRUE(ReadBack().sessions[0].cases.contains(RunBuilder::CaseIdOf("flip")));
}

TEST_F(AcceptTest, AnchorsAreKeptInTheSessionOfEveryVariant) {
  RunBuilder builder = Good();
  builder.Case("capital", "other-generic-cpu:2").AddRamp(5, 300, 1);
  run::Run one = builder.Build();
  one.info.anchors = run::Anchors{"ember 3", {{"a", {{"ttft_ms", {1.23456, 2}}, {"tpot_ms", {0.0001}}}}}, ""};
  ASSERT_TRUE(Accept(*RunSet::Create({one}), request_).ok());
  const std::string key = one.info.environment.Key();
  for (const std::string& variant : {std::string(RunBuilder::kModel), std::string("other-generic-cpu:2")}) {
    const auto read = ReadLatency(LatencyPath(request_.baselines, key, variant), variant, key);
    ASSERT_TRUE(read.ok()) << read.error().Message();
    const auto& anchors = (*read)->sessions.at(0).anchors;
    ASSERT_TRUE(anchors) << variant;
    EXPECT_EQ(anchors->yardstick, "ember 3");
    // Rounded like the cases, but never to 0, which no anchor has.
    EXPECT_THAT(anchors->cases.at(0).metrics.at("ttft_ms"), ElementsAre(1.235, 2));
    EXPECT_THAT(anchors->cases.at(0).metrics.at("tpot_ms"), ElementsAre(0.0001));
  }
  EXPECT_THAT(Text(Latency()), HasSubstr("\n        \"cases\": [\n          {\"metrics\":{\"tpot_ms\":[0.0001],"));
}

TEST_F(AcceptTest, ThatThereAreNoAnchorsIsNotWritten) {
  run::Run one = Good().Build();
  one.info.anchors = run::Anchors{"", {}, "--anchors=off"};
  ASSERT_TRUE(Accept(*RunSet::Create({one}), request_).ok());
  EXPECT_THAT(Text(Latency()), Not(HasSubstr("anchors")));
}

TEST_F(AcceptTest, TheSameRunAcceptedAgainHasTheAnchorsItHasNow) {
  run::Run one = Good().Build();
  one.info.anchors = run::Anchors{"ember 3", {{"a", {{"ttft_ms", {1, 2}}}}}, ""};
  ASSERT_TRUE(Accept(*RunSet::Create({one}), request_).ok());
  one.info.anchors.reset();
  ASSERT_TRUE(Accept(*RunSet::Create({one}), request_).ok());
  EXPECT_FALSE(ReadBack().sessions.at(0).anchors);
}

TEST_F(AcceptTest, ALoadKeepsItsThroughputAndAColdStartItsLoadTime) {
  RunBuilder builder;
  run::Scenario load;
  load.concurrency = 2;
  SampleSpec first;  // ends at 100 ms
  SampleSpec second;
  second.start_ms = 100;  // ends at 200 ms
  run::Scenario cold;
  cold.start = run::Start::kCold;
  SampleSpec loading;
  loading.load_ms = 30.5;
  builder.Repetitions(2).Case("busy").Scenario(load).Add(first).Add(second);
  const std::string busy = builder.Build().cases.back().plan.id;
  builder.Case("cold").Scenario(cold).Add(loading).Add(loading);
  const std::string cold_id = builder.Build().cases.back().plan.id;
  ASSERT_TRUE(Accept(Runs(builder), request_).ok());
  const BaselineSession session = ReadBack().sessions.at(0);
  // 2 requests and 2 * 5 tokens in 0.2 s.
  EXPECT_THAT(session.cases.at(busy).metrics.Of("requests_per_s"), ElementsAre(10));
  EXPECT_THAT(session.cases.at(busy).metrics.Of("output_tokens_per_s"), ElementsAre(50));
  EXPECT_THAT(session.cases.at(busy).metrics.Of("load_ms"), IsEmpty());
  EXPECT_THAT(session.cases.at(cold_id).metrics.Of("load_ms"), ElementsAre(30.5, 30.5));
  EXPECT_THAT(session.cases.at(cold_id).metrics.Of("requests_per_s"), IsEmpty());
  EXPECT_THAT(Text(Latency()), HasSubstr("\"output_tokens_per_s\":50.0,\"requests_per_s\":10.0"));
}

TEST_F(AcceptTest, ASessionSaysWhenAnUnoptimisedProgramMeasuredIt) {
  run::Run one = Good().Build();
  one.info.provenance.build_type = "Debug";
  ASSERT_TRUE(Accept(*RunSet::Create({one}), request_).ok());
  EXPECT_EQ(ReadBack().sessions.at(0).build_type, "Debug");
  one.info.provenance.build_type = "Release";
  ASSERT_TRUE(Accept(*RunSet::Create({one}), request_).ok());
  EXPECT_THAT(Text(Latency()), Not(HasSubstr("build_type")));
}

TEST_F(AcceptTest, RefusesTheLatencyOfARunThatIsNotValid) {
  RunBuilder builder = Good();
  builder.Flag(Raised("client_cpu_share"));
  ExpectRefused(builder, "latencies must not become a baseline");
  ExpectRefused(builder, "client_cpu_share 62 % (limit 50 %)");
  ExpectRefused(builder, "--only outputs");
  // Its answers are none the worse for it.
  request_.latency = false;
  EXPECT_TRUE(Accept(Runs(builder), request_).ok());
  EXPECT_TRUE(fs::exists(Outputs()));
}

TEST_F(AcceptTest, WhichFlagsSpoilARunIsThePolicys) {
  RunBuilder builder = Good();
  builder.Flag(Raised("machine_busy"));
  EXPECT_TRUE(Accept(Runs(builder), request_).ok());
  fs::remove_all(request_.baselines);
  request_.policy.validity.rules["machine_busy"].effect = FlagEffect::kCannotTell;
  ExpectRefused(builder, "machine_busy 62 %");
}

TEST_F(AcceptTest, ACaseThatIsNotValidIsLeftOutAndNamed) {
  RunBuilder builder = Good();
  builder.Flag(Raised("overloaded", RunBuilder::CaseIdOf("code")));
  const auto summary = Accept(Runs(builder), request_);
  ASSERT_TRUE(summary.ok()) << summary.error().Message();
  ASSERT_EQ(summary->latency_left_out.size(), 1U);
  EXPECT_EQ(summary->latency_left_out[0].case_id, RunBuilder::CaseIdOf("code"));
  EXPECT_THAT(summary->latency_left_out[0].reason, HasSubstr("overloaded 62 % (limit 50 %)"));
  const LatencyBaseline baseline = ReadBack();
  EXPECT_TRUE(baseline.sessions.at(0).cases.contains(RunBuilder::CaseIdOf("capital")));
  EXPECT_FALSE(baseline.sessions.at(0).cases.contains(RunBuilder::CaseIdOf("code")));
  EXPECT_EQ(summary->answers_new, 2U);
}

TEST_F(AcceptTest, RefusesWhenNoCaseIsValid) {
  RunBuilder builder = Good();
  builder.Flag(Raised("overloaded", RunBuilder::CaseIdOf("code")));
  request_.cases = {"*/code/*"};
  ExpectRefused(builder, "the latency of none of the 1 cases may become a baseline");
}

TEST_F(AcceptTest, RefusesASecondLook) {
  run::Run one = Good().Build();
  one.info.second_look = run::SecondLook{{"2026-03-01T11:00:00Z"}, {RunBuilder::CaseIdOf("capital")}, {}};
  const auto summary = Accept(*RunSet::Create({one}), request_);
  ASSERT_FALSE(summary.ok());
  EXPECT_THAT(summary.error().Message(), HasSubstr("a second look must not become a baseline"));
  EXPECT_FALSE(fs::exists(request_.baselines));
}

TEST_F(AcceptTest, ARunInRoundsIsAcceptedWithAsManyRequestsAsEachCaseHad) {
  RunBuilder builder;
  builder.Repetitions(20).Case("capital").CaseRepetitions(5).AddRamp(5, 100, 1);
  builder.Case("code").CaseRepetitions(8).AddRamp(8, 200, 1);
  run::Run one = builder.Build();
  one.info.rounds = run::Rounds{{5, 8, 20}, 0.2, 40, 13, {}};
  const auto summary = Accept(*RunSet::Create({one}), request_);
  ASSERT_TRUE(summary.ok()) << summary.error().Message();
  const BaselineSession session = ReadBack().sessions.at(0);
  EXPECT_EQ(session.cases.at(RunBuilder::CaseIdOf("capital")).metrics.Of("e2e_ms").size(), 5U);
  EXPECT_EQ(session.cases.at(RunBuilder::CaseIdOf("code")).metrics.Of("e2e_ms").size(), 8U);
}

TEST_F(AcceptTest, OfAPairOneSideIsNamedAndAccepted) {
  const fs::path pair = temporary_.path() / "pair";
  ASSERT_TRUE(Good().Write(pair / "base").ok());
  ASSERT_TRUE(Good().Write(pair / "head").ok());
  run::PairInfo info;
  info.base = {"embedded", "base"};
  info.head = {"embedded", "head"};
  info.cases = {{RunBuilder::CaseIdOf("capital"), RunBuilder::CaseIdOf("capital")}};
  info.blocks = {5};
  ASSERT_TRUE(run::WritePair(pair, info).ok());
  const auto both = RunSet::Read(std::vector<fs::path>{pair});
  ASSERT_FALSE(both.ok());
  EXPECT_EQ(both.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(both.error().Message(), HasSubstr((pair / "base").string() + " or " + (pair / "head").string()));
  const auto side = RunSet::Read(std::vector<fs::path>{pair / "base"});
  ASSERT_TRUE(side.ok()) << side.error().Message();
  EXPECT_TRUE(Accept(*side, request_).ok());
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

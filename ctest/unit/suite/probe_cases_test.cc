// SPDX-License-Identifier: MIT
// Asking probes of a scripted service: the order of the steps, what is recorded, when it is given up, and that nothing
// of it is measured.
#include "benchmarks/suite/probe_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/suite/measure_test.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using assay::testing::Content;
using assay::testing::Delta;
using assay::testing::EventStream;
using assay::testing::FakeAsker;
using assay::testing::JsonAnswer;
using assay::testing::kDone;
using assay::testing::ScriptedExchange;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ScriptedExchange Says(const std::string& text) {
  return EventStream(
      {{10ms, Content(text)}, {20ms, Delta("{}", R"("stop")")}, {21ms, assay::testing::Usage(8, 16)}, {21ms, kDone}});
}
ScriptedExchange SaysWhole(const std::string& text) {
  return JsonAnswer(R"({"choices":[{"message":{"role":"assistant","content":")" + text +
                    R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":16}})");
}
bool Streams(const http::Request& request) { return request.body.find("\"stream\":true") != std::string::npos; }

class ProbeCases : public MeasureTest {
 protected:
  AskedProbe Ask(const std::string& probe, const assay::testing::FakeTransport::Handler& service,
                 std::function<bool()> stopped = {}) {
    Plan({"a:1"}, {"p"}, "probe:" + probe);
    FakeAsker asker(service);
    asker.disturbances = disturbances_;
    recorded_.clear();
    begun_.clear();
    AskedProbe asked = AskProbe(asker, cases_[0],
                                {[this](const chat::Completion& completion) { recorded_.push_back(completion.sample); },
                                 [this](std::int64_t step) { begun_.push_back(step); }, std::move(stopped)});
    asked_ = asker.asked;
    shapes_ = asker.shapes;
    return asked;
  }

  std::vector<run::Sample> recorded_;
  std::vector<std::int64_t> begun_;
};

TEST_F(ProbeCases, EveryStepIsASampleThatSaysWhichItIs) {
  const AskedProbe asked = Ask("cache", [](const http::Request&) { return Says("Yes"); });
  ASSERT_TRUE(asked.finding.has_value());
  EXPECT_EQ(asked.finding->result, run::ProbeResult::kSame);
  EXPECT_EQ(asked.failure, "");
  EXPECT_EQ(asked.requests, 6);
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < recorded_.size(); ++i) {
    EXPECT_EQ(recorded_[i].repetition, static_cast<std::int64_t>(i));
    EXPECT_EQ(recorded_[i].case_id, cases_[0].id);
    EXPECT_FALSE(recorded_[i].warmup);
    steps.push_back(recorded_[i].step);
  }
  EXPECT_THAT(steps, ElementsAre("before", "before", "other", "after", "other_alike", "after"));
  EXPECT_THAT(begun_, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(ProbeCases, WhatIsAskedTogetherIsOneLoad) {
  const AskedProbe asked = Ask("concurrency", [](const http::Request&) { return Says("Yes"); });
  EXPECT_EQ(asked.finding->result, run::ProbeResult::kSame);
  ASSERT_EQ(shapes_.size(), 1U);
  EXPECT_EQ(shapes_[0].requests, 8);
  EXPECT_EQ(shapes_[0].in_flight, 4);
  EXPECT_EQ(recorded_.size(), 11U);
  EXPECT_EQ(recorded_[2].step, "together");
  EXPECT_EQ(recorded_[10].step, "alone_again");
  EXPECT_EQ(recorded_[10].repetition, 10);
  EXPECT_THAT(begun_, ElementsAre(0, 1, 2, 10));
}

TEST_F(ProbeCases, AServiceThatDoesNotStreamTheSameIsFound) {
  const AskedProbe asked =
      Ask("stream", [](const http::Request& request) { return Streams(request) ? Says("Yes") : SaysWhole("No"); });
  EXPECT_EQ(asked.finding->result, run::ProbeResult::kDiffers);
  EXPECT_EQ(
      Ask("stream", [](const http::Request& request) { return Streams(request) ? Says("Yes") : SaysWhole("Yes"); })
          .finding->result,
      run::ProbeResult::kSame);
}

// The reference of a cold start is a warm-up of its step and proves nothing.
TEST_F(ProbeCases, AReloadHasItsReferenceAsAWarmup) {
  const AskedProbe asked = Ask("reload", [](const http::Request&) { return Says("Yes"); });
  EXPECT_EQ(asked.finding->result, run::ProbeResult::kSame);
  EXPECT_EQ(asked.finding->n, 4);
  std::vector<bool> warmups;
  for (const run::Sample& sample : recorded_) warmups.push_back(sample.warmup);
  EXPECT_THAT(warmups, ElementsAre(false, false, false, true, false, true));
  EXPECT_EQ(recorded_[3].step, "after");
  EXPECT_GE(asked.upkeep, 200ms);
}

TEST_F(ProbeCases, DisturbedRequestsAreRecordedAndDoNotCount) {
  disturbances_ = [](const run::PlannedCase&) { return 1; };
  for (const char* probe : {"seed", "concurrency"}) {
    const AskedProbe asked = Ask(probe, [](const http::Request&) { return Says("Yes"); });
    EXPECT_EQ(asked.requests, asked.finding->n);
    EXPECT_EQ(std::ranges::count_if(recorded_, [](const run::Sample& one) { return !one.disturbed.empty(); }),
              asked.requests);
  }
}

TEST_F(ProbeCases, TwoRequestsWithoutAnAnswerAreEnough) {
  const AskedProbe asked = Ask("seed", [](const http::Request&) { return JsonAnswer("{}", 503); });
  EXPECT_EQ(recorded_.size(), 2U);
  EXPECT_THAT(asked.failure, StartsWith("http_status"));
  EXPECT_EQ(asked.finding->result, run::ProbeResult::kCannotTell);
  EXPECT_THAT(asked.finding->evidence, ::testing::Contains("not answered: same_seed: http_status 503"));
}

TEST_F(ProbeCases, AConfidentialPromptIsInNoWordOfAProbe) {
  Plan({"a:1"}, {"p"}, "probe:cache");
  cases_[0].store_hash = true;
  FakeAsker asker([](const http::Request&) { return JsonAnswer(R"({"error":{"message":"secret"}})", 400); });
  const AskedProbe asked = AskProbe(asker, cases_[0], {});
  EXPECT_EQ(asked.failure, "http_status");
  EXPECT_THAT(asked.finding->evidence, Each(::testing::Not(HasSubstr("secret"))));
}

TEST_F(ProbeCases, AStopThatIsRefusedLeavesTheOtherPart) {
  const AskedProbe asked = Ask("limits", [](const http::Request& request) {
    const bool few = request.body.find("\"max_tokens\":4") != std::string::npos;
    if (request.body.find("\"stop\"") != std::string::npos) return JsonAnswer("{}", 400);
    return few ? EventStream({{10ms, Content("One")},
                              {21ms, Delta("{}", R"("length")")},
                              {21ms, assay::testing::Usage(8, 4)},
                              {21ms, kDone}})
               : Says("One two three");
  });
  EXPECT_EQ(asked.failure, "");
  EXPECT_EQ(asked.finding->result, run::ProbeResult::kCannotTell);
  EXPECT_EQ(asked.finding->parts.at("max_tokens"), run::ProbeResult::kObeyed);
}

TEST_F(ProbeCases, WhatIsStoppedProvesNothing) {
  const AskedProbe asked = Ask(
      "temperature", [](const http::Request&) { return Says("Yes"); }, [this] { return recorded_.size() >= 3; });
  EXPECT_FALSE(asked.finding.has_value());
  EXPECT_EQ(recorded_.size(), 3U);
}

TEST_F(ProbeCases, NothingOfAProbeIsMeasured) {
  Plan({"a:1"}, {"p"}, "probe:restart,probe:reload,warm,probe:seed");
  options_.repetitions = 2;
  options_.warmup = {1, 1, 0.1};
  Measure([](const http::Request&) { return Says("Yes"); });
  const auto times = [](const std::string& id, int count) {
    return std::vector<std::string>(static_cast<std::size_t>(count), id);
  };
  std::vector<std::string> ids;
  for (const std::string& asked : asked_) ids.push_back(asked.substr(0, asked.find(' ')));
  std::vector<std::string> wanted = times(cases_[2].id, 3);  // one warm-up
  for (const auto& [index, count] : {std::pair{3, 6}, std::pair{1, 4}, std::pair{0, 4}}) {
    for (std::string& id : times(cases_[static_cast<std::size_t>(index)].id, count)) wanted.push_back(id);
  }
  EXPECT_EQ(ids, wanted) << "measured first, then probes: reload and restart last";
  EXPECT_EQ(Rows().size(), 2U);
  ASSERT_EQ(run_.info.summaries.size(), 1U);
  EXPECT_EQ(run_.info.summaries[0].case_id, cases_[2].id);
  EXPECT_EQ(measured_.validity.measured_requests, 2);
  EXPECT_EQ(measured_.planned_requests, 2);
  EXPECT_EQ(measured_.probes.size(), 3U);
  EXPECT_EQ(run_.cases[3].samples.size(), 6U);
  EXPECT_EQ(run_.cases[3].answers.size(), 1U);
}

TEST_F(ProbeCases, AProbeWithoutAnyAnswerFailsItsCaseOnly) {
  Plan({"a:1"}, {"p"}, "warm,probe:seed,probe:stream");
  options_.repetitions = 2;
  options_.warmup = {1, 1, 0.1};
  Measure([](const http::Request& request) {
    return request.body.find("about the sea") != std::string::npos ? JsonAnswer("{}", 500) : Says("Yes");
  });
  EXPECT_EQ(cases_[0].failure, "");
  EXPECT_THAT(cases_[1].failure, StartsWith("http_status"));
  EXPECT_EQ(measured_.validity.failed_requests, 0) << "probes are not measured";
  ASSERT_EQ(measured_.probes.size(), 2U);
  EXPECT_EQ(measured_.probes[0].result, run::ProbeResult::kCannotTell);
}

}  // namespace
}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// Measuring on a scripted service: the rows of good, failed and unasked requests, and what the run says about itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctest/unit/suite/measure_test.h"
#include "fixtures/run/metrics.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using assay::testing::Content;
using assay::testing::Delta;
using assay::testing::EventStream;
using assay::testing::FakeAsker;
using assay::testing::FakeTransport;
using assay::testing::JsonAnswer;
using assay::testing::kDone;
using assay::testing::ScriptedExchange;
using assay::testing::Usage;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(MeasureTest, WritesOneRowPerRequestSortedByCaseAndRepetition) {
  Plan({"a:1", "b:1"});
  Measure([](const http::Request&) { return Good(); });
  ASSERT_EQ(Rows().size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    const run::Json& row = Rows()[i];
    EXPECT_EQ(Name(row), cases_[i / 3].id);  // and nothing behind it
    EXPECT_EQ(*row.Find("run_name")->as_string(), cases_[i / 3].id);
    EXPECT_EQ(*row.Find("run_type")->as_string(), "iteration");
    EXPECT_EQ(Number(row, "repetitions"), 3);
    EXPECT_EQ(Number(row, "repetition_index"), static_cast<double>(i % 3));
    EXPECT_EQ(Number(row, "iterations"), 1);
    EXPECT_EQ(*row.Find("time_unit")->as_string(), "ms");
    // The fake's times: last text at 50 ms, first at 20 ms, 4 tokens, 8 prompt tokens.
    EXPECT_NEAR(*Number(row, "real_time"), 50.0, 1e-9);
    EXPECT_EQ(Number(row, "ttft_ms"), 20.0);
    EXPECT_EQ(Number(row, "ttfo_ms"), 20.0);
    EXPECT_EQ(Number(row, "tpot_ms"), 10.0);
    EXPECT_EQ(Number(row, "decode_tokens_per_s"), 100.0);
    EXPECT_EQ(Number(row, "prefill_tokens_per_s"), 400.0);
    EXPECT_EQ(Number(row, "prompt_tokens"), 8.0);
    EXPECT_EQ(Number(row, "completion_tokens"), 4.0);
    EXPECT_EQ(row.Find("error_occurred"), nullptr);
  }
  EXPECT_EQ(measured_.validity.measured_requests, 6);
  EXPECT_EQ(measured_.validity.failed_requests, 0);
  EXPECT_FALSE(measured_.validity.interrupted);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(MeasureTest, WarmsEveryCaseFirstAndKeepsWarmUpsApart) {
  Plan({"a:1"}, {"p", "q"});
  Measure([](const http::Request&) { return Good(); });
  ASSERT_EQ(run_.cases.size(), 2U);
  for (const run::RunCase& one : run_.cases) {
    ASSERT_EQ(one.samples.size(), 5U);  // settles after 2
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(one.samples[i].warmup, i < 2);
    EXPECT_EQ(one.answers.size(), 1U);
    EXPECT_EQ(one.plan.failure, "");
  }
  EXPECT_EQ(requests_.size(), 10U);
  EXPECT_TRUE(measured_.validity.warnings.empty());
}

TEST_F(MeasureTest, InterleavesRepetitionsInTheSeededOrder) {
  Plan({"a:1", "b:1", "c:1"});
  options_.seed = 5;
  std::vector<std::string> order;
  Measure([&](const http::Request& request) {
    order.push_back(ModelOf(request));
    return Good();
  });
  ASSERT_EQ(order.size(), 6U + 9U);
  for (std::size_t round = 0; round < 3; ++round) {  // each round has each case
    const auto begin = order.begin() + 6 + static_cast<std::ptrdiff_t>(round * 3);
    EXPECT_THAT(std::vector<std::string>(begin, begin + 3), ::testing::UnorderedElementsAre("a:1", "b:1", "c:1"));
  }
}

// A service's words end up in Google Benchmark's JSON, which escapes quotes and line ends only.
TEST_F(MeasureTest, AFailedRequestIsARowWithItsReason) {
  Plan({"a:1", "b:1"});
  int asked = 0;
  Measure([&](const http::Request& request) {
    if (ModelOf(request) == "b:1" && ++asked == 4) {  // the second measured one
      return JsonAnswer("{\"error\":{\"message\":\"KV \\\"cache\\\" \\u001b[31m full \\u0001 é\\u2028\"}}", 500);
    }
    return Good();
  });
  ASSERT_EQ(Rows().size(), 6U);
  int failed = 0;
  for (const run::Json& row : Rows()) {
    if (row.Find("error_occurred") == nullptr) continue;
    ++failed;
    EXPECT_EQ(Name(row), cases_[1].id);
    EXPECT_EQ(Number(row, "repetition_index"), 1);
    const std::string& message = *row.Find("error_message")->as_string();
    EXPECT_THAT(message, HasSubstr("http_status: HTTP 500: KV \"cache\" \\x1B[31m full \\x01 é"));
    for (const run::Metric& metric : run::RequestMetrics())
      EXPECT_EQ(row.Find(std::string(metric.name)), nullptr) << metric.name;
  }
  EXPECT_EQ(failed, 1);
  EXPECT_THAT(text_, Not(HasSubstr("NaN")));
  EXPECT_THAT(text_, Not(HasSubstr("inf,")));
  EXPECT_EQ(measured_.validity.measured_requests, 6);
  EXPECT_EQ(measured_.validity.failed_requests, 1);
  EXPECT_EQ(cases_[0].failure, "");
  EXPECT_THAT(cases_[1].failure, HasSubstr("HTTP 500"));
  // The failed one is recorded, and the one after it was asked.
  ASSERT_EQ(run_.cases[1].samples.size(), 5U);
  EXPECT_EQ(run_.cases[1].samples[3].outcome, run::Outcome::kHttpStatus);
  EXPECT_TRUE(run_.cases[1].samples[4].counts());
}

TEST_F(MeasureTest, ACaseThatCannotBeWarmedIsNotMeasuredAndTheOthersGoOn) {
  Plan({"a:1", "b:1"});
  Measure([](const http::Request& request) {
    return ModelOf(request) == "a:1" ? JsonAnswer(R"({"error":{"message":"not loaded"}})", 400) : Good();
  });
  EXPECT_THAT(cases_[0].failure, HasSubstr("not loaded"));
  EXPECT_EQ(cases_[1].failure, "");
  ASSERT_EQ(Rows().size(), 3U);
  EXPECT_EQ(Name(Rows()[0]), cases_[1].id);
  EXPECT_EQ(requests_.size(), 2U + 2U + 3U);
}

TEST_F(MeasureTest, ACaseThatFailedBeforeIsNotAsked) {
  Plan({"a:1", "b:1"});
  cases_[0].failure = "model_not_loaded: no memory";
  Measure([](const http::Request& request) {
    EXPECT_EQ(ModelOf(request), "b:1");
    return Good();
  });
  EXPECT_EQ(cases_[0].failure, "model_not_loaded: no memory");
  EXPECT_EQ(Rows().size(), 3U);
}

TEST_F(MeasureTest, ADeadModelIsNotAskedForEver) {
  Plan({"a:1", "b:1"});
  options_.repetitions = 8;
  int warmed = 0;
  Measure([&](const http::Request& request) {
    return ModelOf(request) == "a:1" && ++warmed > 2 ? JsonAnswer("", 500) : Good();
  });
  ASSERT_EQ(run_.cases[0].samples.size(), 2U + 3U);  // three in a row are enough
  EXPECT_EQ(run_.cases[1].samples.size(), 2U + 8U);
  EXPECT_EQ(Rows().size(), 3U + 8U);  // what was never sent has no row
  EXPECT_EQ(measured_.validity.measured_requests, 11);
  EXPECT_EQ(measured_.validity.failed_requests, 3);
}

TEST_F(MeasureTest, WhenEverythingFailsTheJsonIsStillJson) {
  Plan({"a:1"});
  Measure([](const http::Request&) { return JsonAnswer("", 500); });
  EXPECT_TRUE(Rows().empty());
  EXPECT_NE(json_.Find("context"), nullptr);
  EXPECT_EQ(measured_.validity.measured_requests, 0);
  EXPECT_EQ(measured_.validity.idle_share, 0.0);
  EXPECT_EQ(measured_.measuring_time, 0ns);
}

// metrics.md b6 #15: an empty answer is a failure, not a fast request.
TEST_F(MeasureTest, AnEmptyAnswerIsAFailedRow) {
  Plan({"a:1"});
  int asked = 0;
  Measure([&](const http::Request&) {
    return ++asked == 3 ? EventStream({{10ms, Delta("{}", R"("stop")")}, {10ms, Usage(8, 0)}, {10ms, kDone}}) : Good();
  });
  ASSERT_EQ(Rows().size(), 3U);
  EXPECT_THAT(*Rows()[0].Find("error_message")->as_string(), HasSubstr("empty_answer"));
  EXPECT_THAT(cases_[0].failure, HasSubstr("empty_answer"));
}

TEST_F(MeasureTest, AMetricThatIsNotDefinedHasNoCounter) {
  Plan({"a:1"});
  Measure([](const http::Request&) {
    return EventStream({{20ms, Content("Hi")}, {21ms, Delta("{}", R"("stop")")}, {21ms, Usage(8, 1)}, {21ms, kDone}});
  });
  ASSERT_EQ(Rows().size(), 3U);
  EXPECT_EQ(Rows()[0].Find("tpot_ms"), nullptr);
  EXPECT_EQ(Rows()[0].Find("decode_tokens_per_s"), nullptr);
  EXPECT_EQ(Number(Rows()[0], "ttft_ms"), 20.0);
}

TEST_F(MeasureTest, WarmUpThatDoesNotSettleIsAWarning) {
  Plan({"a:1"});
  options_.warmup = {2, 3, 0.10};
  int asked = 0;
  Measure([&](const http::Request&) {
    return EventStream({{20ms, Content("answer ")},
                        {30ms, Content(std::to_string(++asked))},
                        {31ms, Delta("{}", R"("stop")")},
                        {31ms, Usage(8, 4)},
                        {31ms, kDone}});
  });
  ASSERT_EQ(run_.info.validity.warnings.size(), 1U);
  EXPECT_EQ(run_.info.validity.warnings[0].code, "warmup_not_settled");
  EXPECT_EQ(run_.info.validity.warnings[0].case_id, cases_[0].id);
  EXPECT_EQ(run_.cases[0].answers.size(), 6U);  // each request answered differently
}

// Once per case, not once per request.
TEST_F(MeasureTest, AnAnswerInOneBurstIsDoubted) {
  Plan({"a:1"});
  Measure([](const http::Request&) {
    return EventStream({{50ms, Content("Hello")},
                        {50ms, Content(" you")},
                        {50ms, Delta("{}", R"("stop")")},
                        {50ms, Usage(8, 4)},
                        {50ms, kDone}});
  });
  ASSERT_EQ(run_.info.validity.warnings.size(), 1U);
  EXPECT_EQ(run_.info.validity.warnings[0].code, "not_streamed");
  EXPECT_EQ(Rows()[0].Find("tpot_ms"), nullptr);
}

TEST_F(MeasureTest, TokensNobodyCountedAreDoubted) {
  Plan({"a:1"});
  Measure([](const http::Request&) {
    return EventStream(
        {{20ms, Content("Hello")}, {50ms, Content(" you")}, {51ms, Delta("{}", R"("stop")")}, {51ms, kDone}});
  });
  ASSERT_EQ(run_.info.validity.warnings.size(), 1U);
  EXPECT_EQ(run_.info.validity.warnings[0].code, "tokens_not_counted");
  EXPECT_THAT(run_.info.validity.warnings[0].message, HasSubstr("counted as events"));
}

// The service counted the finished answer: another source than its usage, but a count.
TEST_F(MeasureTest, TokensTheServiceCountedAfterwardsAreNotDoubted) {
  Plan({"a:1"});
  FakeAsker asker([](const http::Request&) {
    return EventStream(
        {{20ms, Content("Hello")}, {50ms, Content(" you")}, {51ms, Delta("{}", R"("stop")")}, {51ms, kDone}});
  });
  class Counting final : public session::Asker {
   public:
    explicit Counting(session::Asker& asker) : asker_(asker) {}
    session::Asked Ask(const run::PlannedCase& plan, const session::Turn& turn) override {
      session::Asked asked = asker_.Ask(plan, turn);
      asked.completion.sample.token_source = run::TokenSource::kTokenizerCount;
      return asked;
    }
    session::AskedLoad AskUnderLoad(const run::PlannedCase&, const session::LoadShape&,
                                    const std::function<void(std::int64_t, chat::Completion)>&) override {
      ADD_FAILURE() << "no case is a load";
      return {};
    }

   private:
    session::Asker& asker_;
  } counting(asker);
  options_.clock = &asker;
  base::Result<run::RunWriter> writer = run::RunWriter::Create(folder_->path() / "run");
  ASSERT_TRUE(writer.ok());
  std::ostringstream terminal;
  Progress progress(terminal, false);
  Measurement measurement(options_, counting, cases_, *writer, progress, out_);
  ASSERT_TRUE(measurement.MeasureGroup({"a:1"}).ok());
  const Measured measured = measurement.Finish();
  EXPECT_EQ(measured.validity.measured_requests, 3);
  EXPECT_TRUE(measured.validity.warnings.empty());
}

TEST_F(MeasureTest, InterruptedKeepsWhatWasMeasured) {
  Plan({"a:1"});
  options_.repetitions = 5;
  int asked = 0;
  options_.cancelled = [&] { return asked >= 4; };
  Measure([&](const http::Request&) {
    ++asked;
    return Good();
  });
  EXPECT_TRUE(measured_.validity.interrupted);
  EXPECT_EQ(measured_.validity.measured_requests, 2);
  EXPECT_EQ(Rows().size(), 2U);
  EXPECT_EQ(requests_.size(), 4U);
}

TEST_F(MeasureTest, TheTableOfGoogleBenchmarkIsShownWhenAskedFor) {
  Plan({"a:1"});
  options_.benchmark_format = "console";
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(Rows().size(), 3U);
  EXPECT_THAT(out_.str(), HasSubstr(cases_[0].id));
}

}  // namespace
}  // namespace assay::suite

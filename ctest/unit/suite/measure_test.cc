// SPDX-License-Identifier: MIT
// Measuring on a scripted service, through Google Benchmark, into a run directory and back: the
// JSON of good, failed and unasked requests, and what the run says about itself.
#include "benchmarks/suite/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "ctest/support/fake_asker.h"
#include "fixtures/base/files.h"
#include "fixtures/catalogue/cases.h"
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

// First text at 20 ms, last at 50 ms, 4 tokens; closed at 52 ms.
ScriptedExchange Good() {
  return EventStream({{10ms, Delta(R"({"role":"assistant"})")},
                      {20ms, Content("Hello")},
                      {50ms, Content(" you")},
                      {51ms, Delta("{}", R"("stop")")},
                      {51ms, Usage(8, 4)},
                      {51ms, kDone}});
}

class MeasureTest : public ::testing::Test {
 protected:
  MeasureTest() { options_.repetitions = 3; }

  void Plan(const std::vector<std::string>& models, const std::vector<std::string>& prompts = {"p"}) {
    std::vector<catalogue::ResolvedModel> resolved;
    for (const std::string& model : models) {
      resolved.emplace_back().asked = model;
      resolved.back().variant = model;
    }
    groups_ = {models};
    std::vector<catalogue::Prompt> asked;
    for (const std::string& prompt : prompts) asked.push_back(catalogue::PromptFromText(prompt, "Hi", 8));
    cases_ = catalogue::BuildCases(resolved, asked, {}).value();
  }

  // Measures, finishes the run and reads it back.
  void Measure(const FakeTransport::Handler& service) {
    FakeAsker asker(service);
    asker.disturbances = disturbances_;
    asker.upkeep = upkeep_;
    options_.clock = &asker;
    base::Result<run::RunWriter> writer = run::RunWriter::Create(folder_->path() / "run");
    ASSERT_TRUE(writer.ok());
    std::ostringstream terminal;
    Progress progress(terminal, false);
    Measurement measurement(options_, asker, cases_, *writer, progress, out_);
    for (const std::vector<std::string>& group : groups_) {
      const base::Status status = measurement.MeasureGroup(group);
      ASSERT_TRUE(status.ok()) << status.error().Message();
    }
    measured_ = measurement.Finish();
    requests_ = asker.transport.requests;

    run::RunInfo info;
    info.environment = run::DetectEnvironment();
    info.provenance.repetitions = options_.repetitions;
    info.cases = cases_;
    info.validity = measured_.validity;
    const base::Status finished = writer->Finish(measured_.google_benchmark_json, info);
    ASSERT_TRUE(finished.ok()) << finished.error().Message() << "\n" << measured_.google_benchmark_json;
    base::Result<run::Run> run = run::ReadRun(folder_->path() / "run");
    ASSERT_TRUE(run.ok()) << run.error().Message();
    run_ = std::move(run).value();
    base::Result<run::Json> json = run::ParseJson(measured_.google_benchmark_json, "run.json");
    ASSERT_TRUE(json.ok());
    json_ = std::move(json).value();
  }

  const run::JsonArray& Rows() const { return *json_.Find("benchmarks")->as_array(); }
  static std::string Name(const run::Json& row) { return *row.Find("name")->as_string(); }
  static std::optional<double> Number(const run::Json& row, const std::string& key) {
    const run::Json* value = row.Find(key);
    return value == nullptr ? std::nullopt : value->as_number();
  }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-measure");
  MeasureOptions options_;
  std::vector<run::PlannedCase> cases_;
  std::vector<std::vector<std::string>> groups_;  // of models; one with all of them, unless a test says otherwise
  std::function<int(const run::PlannedCase&)> disturbances_;
  base::Nanoseconds upkeep_{0};
  std::vector<http::Request> requests_;
  std::ostringstream out_;
  Measured measured_;
  run::Run run_;
  run::Json json_;
};

std::string ModelOf(const http::Request& request) {
  return *run::ParseJson(request.body, "")->Find("model")->as_string();
}

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
    for (const run::Metric& metric : run::AllMetrics())
      EXPECT_EQ(row.Find(std::string(metric.name)), nullptr) << metric.name;
  }
  EXPECT_EQ(failed, 1);
  EXPECT_THAT(measured_.google_benchmark_json, Not(HasSubstr("NaN")));
  EXPECT_THAT(measured_.google_benchmark_json, Not(HasSubstr("inf,")));
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

// 52 ms in each request, 1 ms before it: 3 requests take 159 ms, 3 of them idle.
TEST_F(MeasureTest, IdleTimeIsWhatIsNoRequest) {
  Plan({"a:1"});
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(measured_.measuring_time, 159ms);
  EXPECT_NEAR(measured_.validity.idle_share, 3.0 / 159.0, 1e-12);
  EXPECT_EQ(measured_.validity.upkeep_s, 0.0);
}

// With 47 ms of upkeep after each, 3 requests take 300 ms; still 3 of them idle. Two warm-ups needed upkeep as well.
TEST_F(MeasureTest, UpkeepIsNotIdleTime) {
  Plan({"a:1"});
  upkeep_ = 47ms;
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(measured_.measuring_time, 300ms);
  EXPECT_NEAR(measured_.validity.idle_share, 0.01, 1e-12);
  EXPECT_NEAR(measured_.validity.upkeep_s, 5 * 0.047, 1e-12);
}

// The second measured request of three: its first two tries are recorded beside it, and nothing else knows of them.
TEST_F(MeasureTest, ADisturbedRequestIsRecordedAndNeverJudged) {
  Plan({"a:1"});
  int asked = 0;
  disturbances_ = [&](const run::PlannedCase&) { return ++asked == 4 ? 2 : 0; };
  int sent = 0;
  Measure([&](const http::Request&) {
    ++sent;
    if (sent != 4 && sent != 5) return Good();
    ScriptedExchange broken = JsonAnswer("", 500);
    if (sent == 5) broken = Good();  // however well it ended
    return broken;
  });
  EXPECT_EQ(requests_.size(), 2U + 3U + 2U);
  ASSERT_EQ(Rows().size(), 3U);
  for (const run::Json& row : Rows()) EXPECT_EQ(row.Find("error_occurred"), nullptr);
  EXPECT_EQ(cases_[0].failure, "");
  EXPECT_EQ(measured_.validity.measured_requests, 3);
  EXPECT_EQ(measured_.validity.failed_requests, 0);
  EXPECT_EQ(measured_.validity.disturbed_requests, 2);
  const std::vector<run::Sample>& samples = run_.cases[0].samples;
  ASSERT_EQ(samples.size(), 2U + 3U + 2U);
  for (const std::size_t i : {3U, 4U}) {
    EXPECT_EQ(samples[i].disturbed, "service_moved");
    EXPECT_EQ(samples[i].repetition, 1);
    EXPECT_FALSE(samples[i].warmup);
    EXPECT_FALSE(samples[i].counts());
  }
  EXPECT_EQ(samples[3].outcome, run::Outcome::kHttpStatus);
  EXPECT_EQ(samples[4].outcome, run::Outcome::kOk);
  EXPECT_EQ(samples[5].repetition, 1);
  EXPECT_TRUE(samples[5].counts());
}

TEST_F(MeasureTest, ADisturbedWarmUpIsOneToo) {
  Plan({"a:1"});
  int asked = 0;
  disturbances_ = [&](const run::PlannedCase&) { return ++asked == 1 ? 1 : 0; };
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(measured_.validity.disturbed_requests, 1);
  EXPECT_TRUE(run_.cases[0].samples[0].warmup);
  EXPECT_EQ(run_.cases[0].samples[0].disturbed, "service_moved");
  EXPECT_EQ(Rows().size(), 3U);
}

// A request that ends like this after `after`, with or without a first byte of an answer.
ScriptedExchange GivenUp(base::Nanoseconds after, bool began) {
  ScriptedExchange exchange;
  if (began) exchange = EventStream({{10ms, Content("Hello")}});
  exchange.failure = base::Error{base::ErrorCode::kTimeout, "no byte for long", ""};
  exchange.closed = after;
  return exchange;
}

// Issue 3: a hung service ends the case, not the suite, and does not cost its time-out again and again.
TEST_F(MeasureTest, ACaseThatHangsIsNotAskedAgain) {
  for (const bool began : {false, true}) {
    Plan({"a:1", "b:1"});
    options_.repetitions = 8;
    int asked = 0;
    Measure([&](const http::Request& request) {
      return ModelOf(request) == "a:1" && ++asked > 3 ? GivenUp(300s, began) : Good();
    });
    EXPECT_EQ(run_.cases[0].samples.size(), 2U + 1U + 1U);  // warm-ups, a good one, the one that hung
    EXPECT_EQ(run_.cases[1].samples.size(), 2U + 8U);
    EXPECT_EQ(measured_.validity.failed_requests, 1);
    EXPECT_THAT(cases_[0].failure, HasSubstr(began ? "stalled: " : "timeout: "));
    EXPECT_THAT(cases_[0].failure, HasSubstr("not asked again, one such request took 300 s"));
    EXPECT_EQ(cases_[1].failure, "");
  }
}

// Seconds, not minutes: the limit of three in a row is cheap enough.
TEST_F(MeasureTest, AShortTimeOutMayHappenThreeTimes) {
  Plan({"a:1"});
  options_.repetitions = 8;
  int asked = 0;
  Measure([&](const http::Request&) { return ++asked > 3 ? GivenUp(10s, false) : Good(); });
  EXPECT_EQ(run_.cases[0].samples.size(), 2U + 1U + 3U);
  EXPECT_THAT(cases_[0].failure, Not(HasSubstr("not asked again")));
}

TEST_F(MeasureTest, ACaseThatHangsInItsWarmUpIsNotAskedAgain) {
  for (const int good : {0, 1}) {
    Plan({"a:1", "b:1"});
    int asked = 0;
    Measure([&](const http::Request& request) {
      return ModelOf(request) == "a:1" && ++asked > good ? GivenUp(301s, false) : Good();
    });
    EXPECT_EQ(run_.cases[0].samples.size(), static_cast<std::size_t>(good) + 1U);
    EXPECT_THAT(cases_[0].failure, HasSubstr("timeout: "));
    EXPECT_THAT(cases_[0].failure, HasSubstr("not asked again, one such request took 301 s"));
    EXPECT_EQ(Rows().size(), 3U);  // of b
  }
}

// Models that do not fit into memory together: nothing of one group is asked while another is measured.
TEST_F(MeasureTest, GroupsAreMeasuredOneAfterTheOtherIntoOneRun) {
  Plan({"a:1", "b:1", "c:1"}, {"p", "q"});
  groups_ = {{"a:1", "c:1"}, {"b:1"}};
  std::vector<std::string> order;
  Measure([&](const http::Request& request) {
    order.push_back(ModelOf(request));
    return Good();
  });
  // 4 cases of 2 + 3 requests, then 2 of them.
  ASSERT_EQ(order.size(), 30U);
  EXPECT_EQ(std::count(order.begin(), order.begin() + 20, "b:1"), 0);
  EXPECT_EQ(std::count(order.begin() + 20, order.end(), "b:1"), 10);
  ASSERT_EQ(Rows().size(), 18U);
  for (std::size_t i = 0; i < 18; ++i) {
    EXPECT_EQ(Name(Rows()[i]), cases_[i / 3].id);
    EXPECT_EQ(Number(Rows()[i], "repetition_index"), static_cast<double>(i % 3));
    EXPECT_EQ(Number(Rows()[i], "family_index"), static_cast<double>(i / 3));
  }
  EXPECT_EQ(measured_.validity.measured_requests, 18);
  // What passed between the groups, warm-ups included, is neither measuring nor idle time: 18 times 53 ms.
  EXPECT_EQ(measured_.measuring_time, 954ms);
  EXPECT_NEAR(measured_.validity.idle_share, 1.0 / 53.0, 1e-12);
}

TEST_F(MeasureTest, AGroupThatFailsDoesNotStopTheNext) {
  Plan({"a:1", "b:1"});
  groups_ = {{"a:1"}, {"b:1"}};
  Measure([](const http::Request& request) { return ModelOf(request) == "a:1" ? JsonAnswer("", 500) : Good(); });
  EXPECT_THAT(cases_[0].failure, HasSubstr("HTTP 500"));
  ASSERT_EQ(Rows().size(), 3U);
  EXPECT_EQ(Name(Rows()[0]), cases_[1].id);
}

// One table of Google Benchmark, not one per group.
TEST_F(MeasureTest, ATableOfSeveralGroupsHasOneHead) {
  Plan({"a:1", "b-with-a-longer-name:1"});
  groups_ = {{"a:1"}, {"b-with-a-longer-name:1"}};
  options_.benchmark_format = "console";
  Measure([](const http::Request&) { return Good(); });
  const std::string table = out_.str();
  for (const run::PlannedCase& plan : cases_) EXPECT_THAT(table, HasSubstr(plan.id));
  const std::size_t first = table.find("Benchmark ");
  EXPECT_NE(first, std::string::npos) << table;
  EXPECT_EQ(table.find("Benchmark ", first + 1), std::string::npos) << table;
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
    session::Asked Ask(const run::PlannedCase& plan) override {
      session::Asked asked = asker_.Ask(plan);
      asked.completion.sample.token_source = run::TokenSource::kTokenizerCount;
      return asked;
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

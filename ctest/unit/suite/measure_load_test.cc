// SPDX-License-Identifier: MIT
// Phases of a measurement, cases that are a block of requests, and more requests than one batch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "benchmarks/suite/schedule.h"
#include "ctest/unit/suite/fake_machine.h"
#include "ctest/unit/suite/measure_test.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using assay::testing::JsonAnswer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Each phase warms its own cases and measures them before the next begins.
TEST_F(MeasureTest, PhasesFollowEachOther) {
  Plan({"a:1"}, {"p"}, "after_restart,cold,concurrency:2,warm");
  options_.repetitions = 2;
  options_.warmup = {1, 1, 0.1};
  cases_[2].repetitions = 4;
  Measure([](const http::Request&) { return Good(); });
  const std::string& restart = cases_[0].id;
  const std::string& cold = cases_[1].id;
  const std::string& load = cases_[2].id;
  const std::string& warm = cases_[3].id;
  EXPECT_THAT(asked_, ElementsAre(warm + " w0", warm + " 0", warm + " 1",  //
                                  load + " w0", load + " load 4",          //
                                  cold + " w0", cold + " 0", cold + " 1",  //
                                  restart + " w0", restart + " 0", restart + " 1"));
  EXPECT_EQ(Rows().size(), 2U + 2U + 4U + 2U);
}

// The reference of a cold request is recorded as a warm-up, and no row of the table. Its time is upkeep: with 1 ms
// before each, two requests of 52 ms, 100 ms of loading and 52 ms of reference, 2 of 410 ms are idle.
TEST_F(MeasureTest, AColdRequestHasItsReferenceBesideIt) {
  Plan({"a:1"}, {"p"}, "cold");
  options_.repetitions = 2;
  options_.warmup = {1, 1, 0.1};
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(Rows().size(), 2U);
  const std::vector<run::Sample>& samples = run_.cases[0].samples;
  std::vector<bool> warmups;
  for (const run::Sample& sample : samples) warmups.push_back(sample.warmup);
  EXPECT_THAT(warmups, ElementsAre(true, true, false, true, false, true));
  EXPECT_EQ(samples[2].load, 100ms);
  EXPECT_EQ(measured_.validity.measured_requests, 2);
  EXPECT_EQ(measured_.measuring_time, 410ms);
  EXPECT_NEAR(measured_.validity.idle_share, 2.0 / 410.0, 1e-12);
}

// Three in flight, 52 ms each, in 4 rounds of 3: a window of 208 ms, 1 ms before it and 20 ms of decoding after it,
// which are a pause and not idle.
TEST_F(MeasureTest, ABlockIsOneLoadAndOneRowPerRequest) {
  Plan({"a:1"}, {"p"}, "concurrency:3");
  cases_[0].repetitions = 12;
  after_load_ = 20ms;
  Measure([](const http::Request&) { return Good(); });
  ASSERT_EQ(Rows().size(), 12U);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(Name(Rows()[i]), cases_[0].id);
    EXPECT_EQ(Number(Rows()[i], "repetition_index"), static_cast<double>(i));
    EXPECT_EQ(Number(Rows()[i], "repetitions"), 12);
    EXPECT_EQ(Number(Rows()[i], "ttft_ms"), 20.0);
    EXPECT_NEAR(*Number(Rows()[i], "real_time"), 50.0, 1e-9);
  }
  ASSERT_EQ(shapes_.size(), 1U);
  EXPECT_EQ(shapes_[0].requests, 12);
  EXPECT_EQ(shapes_[0].in_flight, 3);
  EXPECT_THAT(shapes_[0].schedule, IsEmpty());
  EXPECT_EQ(measured_.validity.measured_requests, 12);
  EXPECT_EQ(measured_.measuring_time, 229ms);
  EXPECT_DOUBLE_EQ(measured_.validity.load_pause_s, 0.02);
  EXPECT_NEAR(measured_.validity.idle_share, 1.0 / 229.0, 1e-12);
  // From the first start to the last output: 3 * 52 + 50 ms for 12 answers of 4 tokens.
  ASSERT_EQ(measured_.summaries.size(), 1U);
  EXPECT_NEAR(measured_.summaries[0].case_metrics.at("output_tokens_per_s"), 48 / 0.206, 1e-6);
  EXPECT_NEAR(measured_.summaries[0].case_metrics.at("concurrency_achieved"), 12 * 50 / 206.0, 1e-6);
  // Recorded in the order of the block, behind two warm-ups.
  ASSERT_EQ(run_.cases[0].samples.size(), 2U + 12U);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(run_.cases[0].samples[2 + i].repetition, static_cast<std::int64_t>(i));
    EXPECT_FALSE(run_.cases[0].samples[2 + i].machine.has_value());
  }
}

TEST_F(MeasureTest, ALoadWithoutANumberOfItsOwnHasTheCataloguesNumber) {
  Plan({"a:1"}, {"p"}, "concurrency:5");
  options_.repetitions = 3;
  cases_[0].repetitions.reset();
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(Rows().size(), 20U);  // four rounds
}

// What lies between the requests of an open loop is the schedule's, not idle.
TEST_F(MeasureTest, AnOpenLoopHasItsSchedule) {
  Plan({"a:1"}, {"p"}, "rate:2");
  cases_[0].repetitions = 20;
  options_.seed = 3;
  Measure([](const http::Request&) { return Good(); });
  ASSERT_EQ(shapes_.size(), 1U);
  EXPECT_EQ(shapes_[0].in_flight, 0);
  EXPECT_EQ(shapes_[0].schedule, PoissonArrivals(2, 20, 3, cases_[0].id));
  const base::Nanoseconds block = shapes_[0].schedule.back() + 52ms;
  EXPECT_EQ(measured_.measuring_time, block + 1ms);
  EXPECT_NEAR(measured_.validity.idle_share, 1e6 / static_cast<double>((block + 1ms).count()), 1e-12);
  ASSERT_EQ(Flags("schedule_lag").size(), 1U);
  EXPECT_EQ(Flags("schedule_lag")[0].case_id, cases_[0].id);
  EXPECT_EQ(Flags("schedule_lag")[0].figure, 0.0);
  EXPECT_EQ(Flags("overloaded")[0].figure, 0.0);
  EXPECT_FALSE(Flags("overloaded")[0].raised);
}

// Two warm-ups, then the third and the fifth of the block.
TEST_F(MeasureTest, FailedRequestsOfABlockAreFailedRows) {
  Plan({"a:1", "b:1"}, {"p"}, "concurrency:2");
  int asked = 0;
  Measure([&](const http::Request& request) {
    if (ModelOf(request) == "b:1") return Good();
    ++asked;
    return asked == 5 || asked == 7 ? JsonAnswer(R"({"error":{"message":"busy"}})", 503) : Good();
  });
  ASSERT_EQ(Rows().size(), 8U + 8U);  // four rounds of two
  for (std::size_t i = 0; i < 16; ++i) {
    const bool failed = i == 2 || i == 4;
    EXPECT_EQ(Rows()[i].Find("error_occurred") != nullptr, failed) << i;
    EXPECT_EQ(Rows()[i].Find("ttft_ms") == nullptr, failed) << i;
  }
  EXPECT_THAT(*Rows()[2].Find("error_message")->as_string(), HasSubstr("HTTP 503: busy"));
  EXPECT_EQ(measured_.validity.failed_requests, 2);
  EXPECT_THAT(cases_[0].failure, HasSubstr("HTTP 503"));
  EXPECT_EQ(cases_[1].failure, "");
  EXPECT_TRUE(Flags("lost_samples")[0].raised);
}

TEST_F(MeasureTest, ABlockOfWhichEveryRequestFailedFailsItsCase) {
  Plan({"a:1"}, {"p"}, "rate:5");
  cases_[0].repetitions = 20;
  options_.warmup = {1, 1, 0.1};
  int asked = 0;
  Measure(
      [&](const http::Request&) { return ++asked > 1 ? JsonAnswer(R"({"error":{"message":"busy"}})", 429) : Good(); });
  EXPECT_EQ(Rows().size(), 20U);
  EXPECT_EQ(measured_.validity.failed_requests, 20);
  EXPECT_THAT(cases_[0].failure, HasSubstr("HTTP 429"));
  EXPECT_TRUE(Flags("overloaded")[0].raised);
  EXPECT_EQ(Flags("overloaded")[0].figure, 1.0);
}

// Each is given up on after 12 s: that long it took at least.
TEST_F(MeasureTest, RequestsOfAnOpenLoopThatTimedOutCountAsLong) {
  Plan({"a:1"}, {"p"}, "rate:5");
  cases_[0].repetitions = 20;
  options_.warmup = {1, 1, 0.1};
  int asked = 0;
  Measure([&](const http::Request&) {
    if (++asked <= 12) return Good();  // the warm-up and 11 of 20: less than half fail
    assay::testing::ScriptedExchange silence;
    silence.failure = base::Error{base::ErrorCode::kTimeout, "nothing in 12 s", ""};
    silence.closed = 12s;
    return silence;
  });
  EXPECT_EQ(measured_.validity.failed_requests, 9);
  const run::Flag flag = Flags("overloaded")[0];
  EXPECT_TRUE(flag.raised);
  EXPECT_DOUBLE_EQ(*flag.figure, 0.45);                          // those that succeeded were in time
  EXPECT_THAT(flag.message, HasSubstr("grew to 240.00 times"));  // 12 s of 50 ms
}

// Two warm-ups, two that are good, one that fails; the other three of the block were not sent.
TEST_F(MeasureTest, ALoadThatWasGivenUpOnFailsItsCase) {
  Plan({"a:1", "b:1"}, {"p"}, "concurrency:2");
  sent_at_most_ = 3;
  gives_up_ = true;
  int asked = 0;
  Measure([&](const http::Request& request) {
    if (ModelOf(request) == "b:1") return Good();
    return ++asked > 4 ? JsonAnswer(R"({"error":{"message":"busy"}})", 503) : Good();
  });
  EXPECT_EQ(Rows().size(), 3U + 3U);
  EXPECT_THAT(cases_[0].failure, HasSubstr("HTTP 503: busy; nothing answered for 10 s, the rest was not sent"));
  EXPECT_EQ(cases_[1].failure, "nothing answered for 10 s, the rest was not sent");
  EXPECT_EQ(measured_.validity.measured_requests, 6);
}

// The first time 8 requests in 4 rounds of 52 ms, 7 ms of pause and 5 ms of upkeep, then the same again: with the 1 ms
// before it that is 441 ms.
TEST_F(MeasureTest, ABlockThatWasDisturbedIsRecordedTwiceAndCountedOnce) {
  Plan({"a:1"}, {"p"}, "concurrency:2");
  options_.warmup = {1, 1, 0.1};
  int times = 0;
  disturbances_ = [&](const run::PlannedCase&) { return ++times == 2 ? 1 : 0; };  // the warm-up is the first
  after_load_ = 7ms;
  upkeep_ = 5ms;
  int asked = 0;
  Measure([&](const http::Request&) {  // one of the first time fails: nobody judges it
    return ++asked == 4 ? JsonAnswer("", 503) : Good();
  });
  EXPECT_EQ(cases_[0].failure, "");
  EXPECT_EQ(Rows().size(), 8U);
  for (const run::Json& row : Rows()) EXPECT_EQ(row.Find("error_occurred"), nullptr);
  ASSERT_EQ(run_.cases[0].samples.size(), 1U + 8U + 8U);
  for (std::size_t i = 0; i < 16; ++i) {
    const run::Sample& sample = run_.cases[0].samples[1 + i];
    EXPECT_EQ(sample.disturbed, i < 8 ? "service_moved" : "") << i;
    EXPECT_EQ(sample.repetition, static_cast<std::int64_t>(i % 8)) << i;
    EXPECT_FALSE(sample.warmup) << i;
  }
  EXPECT_EQ(measured_.validity.disturbed_requests, 8);
  EXPECT_EQ(measured_.validity.measured_requests, 8);
  EXPECT_EQ(measured_.validity.failed_requests, 0);
  EXPECT_EQ(measured_.summaries[0].attempted, 8);
  EXPECT_EQ(measured_.measuring_time, 441ms);
  EXPECT_DOUBLE_EQ(measured_.validity.load_pause_s, 0.014);
  EXPECT_NEAR(measured_.validity.idle_share, 1.0 / 441.0, 1e-12);
}

// One answer, then the user interrupts: what was on its way ends as cancelled and is not called measured.
TEST_F(MeasureTest, CancelledRequestsAreNotMeasured) {
  Plan({"a:1"}, {"p"}, "concurrency:4");
  options_.warmup = {1, 1, 0.1};
  int asked = 0;
  options_.cancelled = [&] { return asked > 2; };
  Measure([&](const http::Request&) {
    if (++asked <= 2) return Good();
    assay::testing::ScriptedExchange cut;
    cut.failure = base::Error{base::ErrorCode::kCancelled, "interrupted", ""};
    return cut;
  });
  EXPECT_TRUE(measured_.validity.interrupted);
  EXPECT_EQ(requests_.size(), 1U + 16U);
  EXPECT_EQ(measured_.validity.measured_requests, 1);
  EXPECT_EQ(measured_.validity.failed_requests, 0);
  EXPECT_EQ(cases_[0].failure, "");
}

TEST_F(MeasureTest, ABlockThatCannotBeWarmedIsNotRun) {
  Plan({"a:1", "b:1"}, {"p"}, "concurrency:2");
  Measure([](const http::Request& request) { return ModelOf(request) == "a:1" ? JsonAnswer("", 500) : Good(); });
  EXPECT_EQ(shapes_.size(), 1U);
  EXPECT_EQ(Rows().size(), 8U);
  EXPECT_THAT(cases_[0].failure, HasSubstr("HTTP 500"));
}

// Interrupted in the middle of a block: what was sent is there, what was not is no failure.
TEST_F(MeasureTest, RequestsOfABlockThatWereNotSentHaveNoRow) {
  Plan({"a:1"}, {"p"}, "concurrency:2");
  sent_at_most_ = 3;
  Measure([](const http::Request&) { return Good(); });
  EXPECT_EQ(Rows().size(), 3U);
  EXPECT_EQ(measured_.validity.measured_requests, 3);
  EXPECT_EQ(measured_.validity.failed_requests, 0);
}

// Google Benchmark is run several times; one table and one JSON come out. A block lies across two batches.
TEST_F(MeasureTest, MoreRequestsThanABatch) {
  Plan({"a:1", "b:1"}, {"p"}, "warm,concurrency:2");
  options_.repetitions = 400;
  options_.benchmark_format = "console";
  for (run::PlannedCase& plan : cases_) plan.repetitions = 400;
  Measure([](const http::Request&) { return Good(); });
  ASSERT_EQ(Rows().size(), 1600U);
  for (std::size_t i = 0; i < 1600; ++i) {
    EXPECT_EQ(Name(Rows()[i]), cases_[i / 400].id);
    EXPECT_EQ(Number(Rows()[i], "repetition_index"), static_cast<double>(i % 400));
  }
  EXPECT_EQ(measured_.validity.measured_requests, 1600);
  EXPECT_EQ(shapes_.size(), 2U);
  const std::string table = out_.str();
  EXPECT_EQ(table.find("Benchmark ", table.find("Benchmark ") + 1), std::string::npos);
  EXPECT_EQ(std::ranges::count(table, '\n'), 3 + 1600);
}

TEST_F(MeasureTest, LeavesNoFileOfItsOwn) {
  Plan({"a:1"});
  Measure([](const http::Request&) { return Good(); });
  measured_ = {};
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_->path() / "run")) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("run.json", "samples.jsonl", "answers.jsonl"));
}

TEST_F(MeasureTest, SummariesAreOfCasesThatWereAsked) {
  Plan({"a:1", "b:1"});
  cases_[0].failure = "model_not_loaded: no memory";
  Measure([](const http::Request&) { return Good(); });
  ASSERT_EQ(measured_.summaries.size(), 1U);
  EXPECT_EQ(measured_.summaries[0].case_id, cases_[1].id);
  EXPECT_EQ(measured_.summaries[0].attempted, 3);
  EXPECT_EQ(measured_.summaries[0].request_metrics.at("ttft_ms").median, 20.0);
}

TEST_F(MeasureTest, NobodyLookedAtTheMachineIsSaid) {
  Plan({"a:1"});
  Measure([](const http::Request&) { return Good(); });
  EXPECT_THAT(Flags("machine_busy")[0].message, HasSubstr("nobody looked"));
  EXPECT_FALSE(run_.cases[0].samples.back().machine.has_value());
}

TEST_F(MeasureTest, TheMachineIsLookedAtAroundRequestsAndBlocks) {
  Plan({"a:1"}, {"p"}, "warm,cold,concurrency:2");
  options_.repetitions = 3;
  FakeMachine machine;
  MachineWatch watch(machine, machine, [](const std::string&) { return session::Session::Worker{7, false, ""}; }, {});
  options_.watch = &watch;
  Measure([&](const http::Request&) {
    machine.Pass(52ms, 40ms, 26ms);
    return Good();
  });
  options_.watch = nullptr;
  for (const run::RunCase& one : run_.cases) {
    for (const run::Sample& sample : one.samples) {
      EXPECT_EQ(sample.machine.has_value(), !sample.warmup && !one.plan.scenario.loaded()) << one.plan.id;
      if (!sample.machine) continue;
      const bool warm = one.plan.scenario.start == run::Start::kWarm;
      EXPECT_EQ(sample.machine->service_resident_bytes, 1000) << one.plan.id;
      // A cold one has its reference between the two moments.
      EXPECT_EQ(sample.machine->service_cpu.has_value(), warm) << one.plan.id;
      if (warm) {
        EXPECT_EQ(sample.machine->client_cpu, 26ms);
      }
    }
  }
  const run::Flag share = Flags("client_cpu_share")[0];
  ASSERT_TRUE(share.figure.has_value()) << share.message;
  EXPECT_NEAR(*share.figure, 0.5, 1e-9);
}

}  // namespace
}  // namespace assay::suite

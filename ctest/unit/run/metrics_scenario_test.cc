// SPDX-License-Identifier: MIT
// What a scenario adds to a request: where its latencies count from, chunks and tokens, a cold start, the machine.
// Counted by hand; numbers in brackets are rows of metrics.md b6.
#include <gtest/gtest.h>

#include "fixtures/run/metrics.h"

namespace assay::run {
namespace {

using namespace std::chrono_literals;

std::optional<double> Value(const char* name, const Sample& sample) { return FindMetric(name)->value(sample); }

// Text at 50 and 80 ms, 4 tokens of 25; handed over at 5 s.
Sample Plain() {
  Sample sample;
  sample.timeline.start_ns = 5'000'000'000;
  sample.timeline.events = {
      {40ms, EventKind::kRole}, {50ms, EventKind::kContent}, {80ms, EventKind::kContent}, {81ms, EventKind::kDone}};
  sample.timeline.closed = 84ms;
  sample.completion_tokens = 4;
  sample.prompt_tokens = 25;
  return sample;
}

// `count` output events `gap` apart from 100 ms on.
Sample Stream(int count, base::Nanoseconds gap, std::optional<std::int64_t> tokens) {
  Sample sample;
  for (int i = 0; i < count; ++i) sample.timeline.events.push_back({100ms + i * gap, EventKind::kContent});
  sample.completion_tokens = tokens;
  return sample;
}

// [21]: a connection that had to be made is no part of the answer's latency.
TEST(LatencyOrigin, IsWhenTheConnectionStood) {
  Sample sample = Plain();
  EXPECT_EQ(LatencyOriginNs(sample), 5'000'000'000);
  EXPECT_EQ(ConnectMs(sample), std::nullopt);
  sample.timeline.connected = 10ms;
  EXPECT_EQ(LatencyOriginNs(sample), 5'010'000'000);
  EXPECT_EQ(ConnectMs(sample), 10.0);
  EXPECT_EQ(FirstEventMs(sample), 30.0);  // 40 - 10
  EXPECT_EQ(TtftMs(sample), 40.0);        // 50 - 10
  EXPECT_EQ(TtfoMs(sample), 40.0);
  EXPECT_EQ(E2eMs(sample), 70.0);                    // 80 - 10
  EXPECT_EQ(NtpotMs(sample), 17.5);                  // 70 / 4
  EXPECT_EQ(TpotMs(sample), 10.0);                   // (80 - 50) / 3: no part of it
  EXPECT_EQ(PrefillTokensPerSecond(sample), 625.0);  // 25 / 0.040
  EXPECT_EQ(StreamTailMs(sample), 4.0);
}

TEST(LatencyOrigin, OfANewConnectionOnPurposeIsTheHandingOver) {
  Sample sample = Plain();
  sample.timeline.connected = 10ms;
  sample.new_connection = true;
  EXPECT_EQ(LatencyOriginNs(sample), 5'000'000'000);
  EXPECT_EQ(ConnectMs(sample), 10.0);
  EXPECT_EQ(TtftMs(sample), 50.0);
  EXPECT_EQ(E2eMs(sample), 80.0);
}

// Nothing arrives on a connection that is not there: no negative latency, whatever a file says.
TEST(LatencyOrigin, BehindAnEventLeavesNoLatency) {
  Sample sample = Plain();
  sample.timeline.connected = 60ms;
  EXPECT_EQ(FirstEventMs(sample), std::nullopt);
  EXPECT_EQ(TtftMs(sample), std::nullopt);
  EXPECT_EQ(PrefillTokensPerSecond(sample), std::nullopt);
  EXPECT_EQ(E2eMs(sample), 20.0);
}

// [22]: counted from the moment the load was due, connecting and waiting of ours included.
TEST(Schedule, LagAndLatencyCountFromIt) {
  Sample sample = Plain();
  EXPECT_EQ(ScheduleLagMs(sample), std::nullopt);
  EXPECT_EQ(LatencyFromScheduleMs(sample), std::nullopt);
  sample.timeline.scheduled_ns = 4'993'000'000;
  sample.timeline.connected = 10ms;
  EXPECT_EQ(ScheduleLagMs(sample), 7.0);           // 5000 - 4993
  EXPECT_EQ(LatencyFromScheduleMs(sample), 87.0);  // 5000 + 80 - 4993
  EXPECT_EQ(E2eMs(sample), 70.0);
}

// [4]: tokens of the first event, and of what was hidden before it, are not in the interval.
TEST(Tpot, LeavesOutWhatTheFirstEventBrought) {
  Sample sample = Stream(4, 10ms, 16);  // 100 ... 130 ms
  EXPECT_EQ(TpotMs(sample), 2.0);       // 30 / (16 - 1)
  sample.first_chunk_tokens = 4;
  EXPECT_EQ(TpotMs(sample), 2.5);  // 30 / (16 - 4)
  sample.first_chunk_tokens = 15;
  EXPECT_EQ(TpotMs(sample), 30.0);
  sample.first_chunk_tokens = 16;
  EXPECT_EQ(TpotMs(sample), std::nullopt);
  sample.first_chunk_tokens = 17;
  EXPECT_EQ(TpotMs(sample), std::nullopt);
}

TEST(Tpot, LeavesOutHiddenReasoning) {
  Sample sample = Stream(4, 10ms, 16);
  sample.reasoning_tokens = 9;
  EXPECT_EQ(TpotMs(sample), 2.0) << "reasoning that was sent is in the interval";
  sample.hidden_output = true;
  EXPECT_EQ(TpotMs(sample), 5.0);                   // 30 / (16 - 1 - 9)
  EXPECT_EQ(DecodeTokensPerSecond(sample), 200.0);  // 1000 / 5
  EXPECT_EQ(NtpotMs(sample), 8.125);                // 130 / 16: all tokens
  sample.reasoning_tokens.reset();
  EXPECT_EQ(TpotMs(sample), std::nullopt) << "nobody knows how many";
  EXPECT_EQ(NtpotMs(sample), 8.125);
}

// [10]: a count that comes with the first event has the hidden tokens in it already, when it is above theirs.
TEST(Tpot, CountsHiddenTokensOnce) {
  Sample sample = Stream(4, 10ms, 16);
  sample.hidden_output = true;
  sample.reasoning_tokens = 9;
  sample.first_chunk_tokens = 10;
  EXPECT_EQ(TpotMs(sample), 5.0);   // 30 / (16 - 10)
  sample.first_chunk_tokens = 4;    // only what was sent
  EXPECT_EQ(TpotMs(sample), 10.0);  // 30 / (16 - 4 - 9)
}

// Gaps 10, 20, 30 and 0 ms: the zero is two events of one read.
TEST(InterChunkLatency, IsOfOutputEventsOnly) {
  Sample sample = Stream(0, 0ms, 8);
  sample.timeline.events = {{50ms, EventKind::kRole},     {100ms, EventKind::kReasoning}, {110ms, EventKind::kContent},
                            {130ms, EventKind::kContent}, {145ms, EventKind::kRole},      {160ms, EventKind::kTool},
                            {160ms, EventKind::kTool},    {200ms, EventKind::kFinish},    {201ms, EventKind::kDone}};
  EXPECT_EQ(Value("icl_p50_ms", sample), 15.0);  // of 0, 10, 20, 30
  EXPECT_EQ(Value("icl_max_ms", sample), 30.0);
  EXPECT_EQ(Value("icl_p90_ms", sample), std::nullopt);
  EXPECT_EQ(Value("chunks", sample), 5.0);
  EXPECT_EQ(Value("tokens_per_chunk", sample), 1.6);  // 8 / 5
}

TEST(InterChunkLatency, OfOneEventIsAbsent) {
  const Sample sample = Stream(1, 0ms, 8);
  for (const char* name : {"icl_p50_ms", "icl_p90_ms", "icl_max_ms"}) EXPECT_EQ(Value(name, sample), std::nullopt);
  EXPECT_EQ(Value("chunks", sample), 1.0);
  EXPECT_EQ(Value("chunks", Stream(0, 0ms, 0)), std::nullopt);
  EXPECT_EQ(Value("tokens_per_chunk", Stream(0, 0ms, 8)), std::nullopt);
}

// metrics.md b3: 64 values for a p90. Gaps of 1, 2, 3, ... ms: 63 * 0.9 = 56.7 of 0-based ranks is 57.7 ms.
TEST(InterChunkLatency, HasAP90FromSixtyFourGapsOn) {
  Sample sample = Stream(1, 0ms, 100);
  for (int gap = 1; gap <= 63; ++gap) {
    sample.timeline.events.push_back({sample.timeline.events.back().at + gap * 1ms, EventKind::kContent});
  }
  EXPECT_EQ(Value("icl_p90_ms", sample), std::nullopt);
  sample.timeline.events.push_back({sample.timeline.events.back().at + 64ms, EventKind::kContent});
  EXPECT_DOUBLE_EQ(*Value("icl_p90_ms", sample), 57.7);
  EXPECT_EQ(Value("icl_p50_ms", sample), 32.5);
  EXPECT_EQ(Value("icl_max_ms", sample), 64.0);
}

// [5]: 64 tokens in 16 events 10 ms apart: TPOT from tokens, inter-chunk latency from events.
TEST(InterChunkLatency, IsNoTimePerToken) {
  const Sample sample = Stream(16, 10ms, 64);
  EXPECT_DOUBLE_EQ(*TpotMs(sample), 2.380952380952381);  // 150 / 63
  EXPECT_EQ(Value("icl_p50_ms", sample), 10.0);
  EXPECT_EQ(Value("tokens_per_chunk", sample), 4.0);
}

TEST(TokensPerChunk, CountsWhatWasSent) {
  Sample sample = Stream(4, 10ms, 16);
  sample.hidden_output = true;
  EXPECT_EQ(Value("tokens_per_chunk", sample), std::nullopt);
  sample.reasoning_tokens = 8;
  EXPECT_EQ(Value("tokens_per_chunk", sample), 2.0);  // (16 - 8) / 4
  EXPECT_EQ(Value("reasoning_tokens", sample), 8.0);
  sample.reasoning_tokens = 16;
  EXPECT_EQ(Value("tokens_per_chunk", sample), std::nullopt);
  EXPECT_EQ(Value("tokens_per_chunk", Stream(4, 10ms, std::nullopt)), std::nullopt);
}

TEST(ColdStart, PenaltyIsWhatTheSameRequestTakesLess) {
  Sample sample = Plain();
  for (const char* name : {"load_ms", "restart_ms", "first_request_penalty_ms"}) {
    EXPECT_EQ(Value(name, sample), std::nullopt) << name;
  }
  sample.load = 1500ms;
  sample.restart = 2s;
  sample.warm_ttft = 20ms;
  EXPECT_EQ(Value("load_ms", sample), 1500.0);
  EXPECT_EQ(Value("restart_ms", sample), 2000.0);
  EXPECT_EQ(Value("first_request_penalty_ms", sample), 30.0);  // 50 - 20
  EXPECT_EQ(TtftMs(sample), 50.0) << "the load is not in it";
}

TEST(MachineMetrics, AreInTheUnitsOfTheirNames) {
  Sample sample = Plain();
  MachineUse use;
  use.service_resident_bytes = 3 * 1024 * 1024 / 2;
  use.service_peak_resident_bytes = 2 * 1024 * 1024;
  use.service_cpu = 30ms;
  use.client_cpu = 1500us;
  use.others_cpu_share = 0.25;
  use.package_microjoules = 1'500'000;
  use.gpu_memory_bytes = 1024 * 1024 * 1024;
  use.gpu_utilisation = 0.5;
  use.gpu_milliwatts = 30'500;
  use.gpu_celsius = 61;
  use.gpu_millijoules = 2'500;
  use.stated_watts = 65;
  sample.machine = use;
  const std::pair<const char*, double> expected[] = {{"service_resident_mib", 1.5}, {"service_peak_resident_mib", 2},
                                                     {"service_cpu_ms", 30},        {"client_cpu_ms", 1.5},
                                                     {"others_cpu_share", 0.25},    {"energy_j", 1.5},
                                                     {"energy_estimate_j", 5.2},  // 65 W * 0.080 s
                                                     {"gpu_memory_mib", 1024},      {"gpu_utilisation", 0.5},
                                                     {"gpu_power_w", 30.5},         {"gpu_celsius", 61},
                                                     {"gpu_energy_j", 2.5}};
  for (const auto& [name, value] : expected) EXPECT_EQ(Value(name, sample), value) << name;
  sample.outcome = Outcome::kReset;
  for (const auto& [name, value] : expected) EXPECT_EQ(Value(name, sample), std::nullopt) << name;
  sample.outcome = Outcome::kOk;
  sample.machine = MachineUse{};
  for (const auto& [name, value] : expected) EXPECT_EQ(Value(name, sample), std::nullopt) << name;
  sample.machine.reset();
  for (const auto& [name, value] : expected) EXPECT_EQ(Value(name, sample), std::nullopt) << name;
}

}  // namespace
}  // namespace assay::run

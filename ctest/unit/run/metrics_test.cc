// SPDX-License-Identifier: MIT
// Metrics of timelines counted by hand. Numbers in brackets are rows of metrics.md b6; those that
// concern reading a stream are in ctest/unit/chat.
#include "fixtures/run/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace assay::run {
namespace {

using namespace std::chrono_literals;

Sample Ok(std::vector<Event> events, std::optional<std::int64_t> tokens,
          std::optional<std::int64_t> prompt_tokens = std::nullopt) {
  Sample sample;
  sample.timeline.start_ns = 5'000'000'000;
  sample.timeline.events = std::move(events);
  sample.completion_tokens = tokens;
  sample.prompt_tokens = prompt_tokens;
  return sample;
}

// Role at 20, text at 50, 60, 70, 80 ms, finish at 81, done at 82, closed at 84; 4 tokens of 25.
Sample FourTokens() {
  Sample sample = Ok({{20ms, EventKind::kRole},
                      {50ms, EventKind::kContent},
                      {60ms, EventKind::kContent},
                      {70ms, EventKind::kContent},
                      {80ms, EventKind::kContent},
                      {81ms, EventKind::kFinish},
                      {81ms, EventKind::kUsage},
                      {82ms, EventKind::kDone}},
                     4, 25);
  sample.timeline.closed = 84ms;
  return sample;
}

TEST(Metrics, OfAPlainStream) {
  const Sample sample = FourTokens();
  EXPECT_EQ(FirstEventMs(sample), 20.0);
  EXPECT_EQ(TtftMs(sample), 50.0);
  EXPECT_EQ(TtfoMs(sample), 50.0);
  EXPECT_EQ(E2eMs(sample), 80.0);                    // neither [DONE] nor the close
  EXPECT_EQ(TpotMs(sample), 10.0);                   // (80 - 50) / (4 - 1)
  EXPECT_EQ(DecodeTokensPerSecond(sample), 100.0);   // 1000 / 10
  EXPECT_EQ(NtpotMs(sample), 20.0);                  // 80 / 4
  EXPECT_EQ(StreamTailMs(sample), 4.0);              // 84 - 80
  EXPECT_EQ(PrefillTokensPerSecond(sample), 500.0);  // 25 / 0.050
}

// [19]: nanoseconds in, milliseconds and tokens per second out.
TEST(Metrics, UnitsAreThoseOfTheirNames) {
  const Sample sample = Ok({{1'500'000ns, EventKind::kContent}, {3'500'000ns, EventKind::kContent}}, 2, 3);
  EXPECT_EQ(TtftMs(sample), 1.5);
  EXPECT_EQ(E2eMs(sample), 3.5);
  EXPECT_EQ(TpotMs(sample), 2.0);
  EXPECT_EQ(DecodeTokensPerSecond(sample), 500.0);
  EXPECT_EQ(PrefillTokensPerSecond(sample), 2000.0);
}

// [1] [2] [17]
TEST(Metrics, RoleIsNoToken) {
  const Sample sample = Ok({{5ms, EventKind::kRole}, {900ms, EventKind::kRole}, {1300ms, EventKind::kContent}}, 1);
  EXPECT_EQ(TtftMs(sample), 1300.0);
  EXPECT_EQ(FirstEventMs(sample), 5.0);
}

// [3]
TEST(Metrics, EveryChannelIsOutputOnlyTextIsVisible) {
  const Sample reasoning = Ok({{10ms, EventKind::kReasoning}, {40ms, EventKind::kContent}}, 4);
  EXPECT_EQ(TtftMs(reasoning), 10.0);
  EXPECT_EQ(TtfoMs(reasoning), 40.0);
  EXPECT_EQ(TpotMs(reasoning), 10.0);  // 30 / 3
  const Sample tool = Ok({{10ms, EventKind::kTool}, {30ms, EventKind::kTool}, {31ms, EventKind::kFinish}}, 5);
  EXPECT_EQ(TtftMs(tool), 10.0);
  EXPECT_EQ(E2eMs(tool), 30.0);
  EXPECT_EQ(TpotMs(tool), 5.0);  // 20 / 4
  EXPECT_EQ(TtfoMs(tool), std::nullopt);
  const Sample ends_with_reasoning = Ok({{10ms, EventKind::kContent}, {50ms, EventKind::kReasoning}}, 2);
  EXPECT_EQ(E2eMs(ends_with_reasoning), 50.0);
}

// [5]: 64 tokens in 16 events 10 ms apart, 100 ... 250 ms: 150 ms for 63 gaps, not for 15.
TEST(Metrics, SixtyFourTokensInSixteenEvents) {
  std::vector<Event> events;
  for (int i = 0; i < 16; ++i) events.push_back({100ms + i * 10ms, EventKind::kContent});
  const Sample sample = Ok(events, 64);
  EXPECT_DOUBLE_EQ(*TpotMs(sample), 2.380952380952381);     // 150 / 63
  EXPECT_DOUBLE_EQ(*DecodeTokensPerSecond(sample), 420.0);  // 63 / 0.150
  EXPECT_DOUBLE_EQ(*NtpotMs(sample), 3.90625);              // 250 / 64
}

// [4]: hidden reasoning: many tokens before the first event. NTPOT does not care where they were.
TEST(Metrics, LatencyPerTokenSpansTheWholeAnswer) {
  const Sample sample = Ok({{2000ms, EventKind::kContent}, {2010ms, EventKind::kContent}}, 201);
  EXPECT_EQ(NtpotMs(sample), 10.0);  // 2010 / 201
}

// [16]
TEST(Metrics, OneTokenHasNoGap) {
  for (const std::int64_t tokens : {0, 1}) {
    const Sample sample = Ok({{50ms, EventKind::kContent}, {60ms, EventKind::kContent}}, tokens);
    EXPECT_EQ(TpotMs(sample), std::nullopt);
    EXPECT_EQ(DecodeTokensPerSecond(sample), std::nullopt);
  }
  EXPECT_EQ(NtpotMs(Ok({{50ms, EventKind::kContent}}, 1)), 50.0);
  EXPECT_EQ(NtpotMs(Ok({{50ms, EventKind::kContent}}, 0)), std::nullopt);
}

// [12]: all events of one read share a stamp. No time passed between them that anybody saw.
TEST(Metrics, OneReadHasNoDecodeRate) {
  const Sample sample = Ok({{50ms, EventKind::kContent}, {50ms, EventKind::kContent}}, 8, 10);
  EXPECT_EQ(TtftMs(sample), 50.0);
  EXPECT_EQ(E2eMs(sample), 50.0);
  EXPECT_EQ(TpotMs(sample), std::nullopt);
  EXPECT_EQ(DecodeTokensPerSecond(sample), std::nullopt);
  EXPECT_EQ(NtpotMs(sample), 6.25);
}

// Two reads of one burst, 15 us apart: 2 tokens are 0.015 ms per token, 4 would be 200,000 tokens/s.
TEST(Metrics, OneBurstHasNoDecodeRateEither) {
  const auto burst = [](std::int64_t tokens) {
    return Ok({{50ms, EventKind::kContent}, {50015us, EventKind::kContent}}, tokens);
  };
  EXPECT_NEAR(*TpotMs(burst(2)), 0.015, 1e-9);
  EXPECT_EQ(TpotMs(burst(4)), std::nullopt);
  EXPECT_EQ(DecodeTokensPerSecond(burst(4)), std::nullopt);
  EXPECT_EQ(E2eMs(burst(4)), 50.015);
}

// [9]: tokens nobody stated are not guessed.
TEST(Metrics, WithoutTokensThereIsNoRate) {
  const Sample sample = Ok({{50ms, EventKind::kContent}, {60ms, EventKind::kContent}}, std::nullopt);
  EXPECT_EQ(E2eMs(sample), 60.0);
  EXPECT_EQ(TpotMs(sample), std::nullopt);
  EXPECT_EQ(NtpotMs(sample), std::nullopt);
  EXPECT_EQ(DecodeTokensPerSecond(sample), std::nullopt);
  EXPECT_EQ(PrefillTokensPerSecond(sample), std::nullopt);
  EXPECT_EQ(FindMetric("completion_tokens")->value(sample), std::nullopt);
}

// [15] [17]: absent, never 0.
TEST(Metrics, NoOutputHasNoTimes) {
  Sample sample = Ok({{20ms, EventKind::kRole}, {30ms, EventKind::kFinish}, {31ms, EventKind::kDone}}, 0, 9);
  sample.timeline.closed = 32ms;
  EXPECT_EQ(FirstEventMs(sample), 20.0);
  EXPECT_EQ(TtftMs(sample), std::nullopt);
  EXPECT_EQ(TtfoMs(sample), std::nullopt);
  EXPECT_EQ(E2eMs(sample), std::nullopt);
  EXPECT_EQ(StreamTailMs(sample), std::nullopt);
  EXPECT_EQ(PrefillTokensPerSecond(sample), std::nullopt);
  EXPECT_EQ(FirstEventMs(Ok({}, 0)), std::nullopt);
}

TEST(Metrics, TailNeedsTheEndOfTheTransfer) {
  Sample sample = FourTokens();
  sample.timeline.closed.reset();
  EXPECT_EQ(StreamTailMs(sample), std::nullopt);
}

TEST(Metrics, InstantAnswerHasNoInfiniteRate) {
  const Sample sample = Ok({{0ns, EventKind::kContent}}, 1, 9);
  EXPECT_EQ(TtftMs(sample), 0.0);
  EXPECT_EQ(PrefillTokensPerSecond(sample), std::nullopt);
}

// [14] [24]: a failed request has a timeline for people and no metric for statistics.
TEST(Metrics, FailedSamplesHaveNone) {
  for (int i = 1; i <= static_cast<int>(Outcome::kCancelled); ++i) {
    Sample sample = FourTokens();
    sample.outcome = static_cast<Outcome>(i);
    for (const Metric& metric : RequestMetrics()) {
      EXPECT_EQ(metric.value(sample), std::nullopt) << metric.name << " of " << ToString(sample.outcome);
    }
  }
}

TEST(Metrics, WarmUpsDoNotCount) {
  Sample sample = FourTokens();
  EXPECT_TRUE(sample.counts());
  sample.warmup = true;
  EXPECT_FALSE(sample.counts());
  sample.warmup = false;
  sample.outcome = Outcome::kStalled;
  EXPECT_FALSE(sample.counts());
}

TEST(Metrics, ValuesAreFinite) {
  const Sample samples[] = {FourTokens(), Ok({{0ns, EventKind::kContent}}, 0, 0),
                            Ok({{0ns, EventKind::kContent}, {1ns, EventKind::kContent}}, 1'000'000'000, 1'000'000'000)};
  for (const Sample& sample : samples) {
    for (const Metric& metric : RequestMetrics()) {
      EXPECT_TRUE(std::isfinite(metric.value(sample).value_or(0))) << metric.name;
    }
  }
}

}  // namespace
}  // namespace assay::run

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/doubts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

run::PlannedCase Plan(bool stream = true) {
  run::PlannedCase plan;
  plan.id = "case";
  plan.request = run::JsonObject{{"stream", stream}};
  return plan;
}

run::Sample Sample(const std::vector<base::Nanoseconds>& content, std::int64_t tokens) {
  run::Sample sample;
  sample.timeline.events.push_back({1ms, run::EventKind::kRole});
  for (const base::Nanoseconds at : content) sample.timeline.events.push_back({at, run::EventKind::kContent});
  const base::Nanoseconds last = content.back();
  sample.timeline.events.push_back({last, run::EventKind::kFinish});
  sample.timeline.events.push_back({last, run::EventKind::kUsage});
  sample.timeline.events.push_back({last, run::EventKind::kDone});
  sample.completion_tokens = tokens;
  sample.token_source = run::TokenSource::kServerUsage;
  return sample;
}

std::vector<std::string> Codes(const std::vector<run::Warning>& doubts) {
  std::vector<std::string> codes;
  for (const run::Warning& doubt : doubts) {
    EXPECT_EQ(doubt.case_id, "case");
    codes.push_back(doubt.code);
  }
  return codes;
}

// The events behind the last token always come with it: that is no merging.
TEST(Doubts, AGoodStreamHasNone) {
  EXPECT_THAT(Doubts(Plan(), Sample({10ms, 20ms, 30ms}, 3)), IsEmpty());
  EXPECT_THAT(Doubts(Plan(), Sample({10ms}, 1)), IsEmpty()) << "one token has nothing to divide";
}

TEST(Doubts, ABurstIsNoStream) {
  EXPECT_THAT(Codes(Doubts(Plan(), Sample({10ms, 10ms, 10ms}, 3))), ElementsAre("not_streamed"));
  EXPECT_THAT(Codes(Doubts(Plan(), Sample({10ms}, 3))), ElementsAre("not_streamed"));
  EXPECT_THAT(Doubts(Plan(false), Sample({10ms}, 3)), IsEmpty()) << "nobody asked for a stream";
}

// 10 | 20 20 20 | 30 30: three of six came with the one before.
TEST(Doubts, MergedEventsAreCounted) {
  const std::vector<run::Warning> doubts = Doubts(Plan(), Sample({10ms, 20ms, 20ms, 20ms, 30ms, 30ms}, 6));
  ASSERT_THAT(Codes(doubts), ElementsAre("events_merged"));
  EXPECT_THAT(doubts[0].message, HasSubstr("3 of 6 events"));
}

TEST(Doubts, HiddenReasoning) {
  run::Sample sample = Sample({10ms, 20ms, 30ms}, 13);
  sample.hidden_output = true;
  std::vector<run::Warning> doubts = Doubts(Plan(), sample);
  ASSERT_THAT(Codes(doubts), ElementsAre("hidden_reasoning"));
  EXPECT_THAT(doubts[0].message, HasSubstr("no time per output token"));
  sample.reasoning_tokens = 10;
  doubts = Doubts(Plan(), sample);
  ASSERT_THAT(Codes(doubts), ElementsAre("hidden_reasoning"));
  EXPECT_THAT(doubts[0].message, HasSubstr("of what it shows only"));
}

TEST(Doubts, TokensNobodyCounted) {
  run::Sample sample = Sample({10ms, 20ms}, 2);
  sample.token_source = run::TokenSource::kChunks;
  std::vector<run::Warning> doubts = Doubts(Plan(), sample);
  ASSERT_THAT(Codes(doubts), ElementsAre("tokens_not_counted"));
  EXPECT_THAT(doubts[0].message, HasSubstr("counted as events"));
  sample.token_source = run::TokenSource::kNone;
  EXPECT_THAT(Doubts(Plan(), sample)[0].message, HasSubstr("unknown"));
  for (const run::TokenSource source : {run::TokenSource::kContinuousUsage, run::TokenSource::kTokenizerCount}) {
    sample.token_source = source;
    EXPECT_THAT(Doubts(Plan(), sample), IsEmpty());
  }
}

TEST(Doubts, AnAnswerShorterThanAskedFor) {
  run::PlannedCase plan = Plan();
  plan.scenario.output_tokens = 4;
  const std::vector<run::Warning> doubts = Doubts(plan, Sample({10ms, 20ms, 30ms}, 3));
  ASSERT_THAT(Codes(doubts), ElementsAre("output_tokens_not_reached"));
  EXPECT_THAT(doubts[0].message, HasSubstr("3 of 4 tokens"));
  EXPECT_THAT(Doubts(plan, Sample({10ms, 20ms, 30ms}, 4)), IsEmpty());
}

}  // namespace
}  // namespace assay::suite

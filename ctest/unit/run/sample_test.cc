// SPDX-License-Identifier: MIT
// Lines of samples.jsonl and answers.jsonl, both ways.
#include "fixtures/run/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

base::Result<Sample> Reread(const Sample& sample) {
  const base::Result<Json> json = ParseJson(WriteJson(ToJson(sample), JsonStyle::kCompact), "line");
  if (!json.ok()) return json.error();
  return SampleFromJson(*json, "samples.jsonl:4");
}

TEST(SampleLine, RoundTripsEveryField) {
  const base::Result<Sample> read = Reread(FullSample());
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, FullSample());
}

TEST(SampleLine, RoundTripsAbsence) {
  Sample sample;
  sample.case_id = "c";
  sample.model = "m";
  sample.prompt = "p";
  const base::Result<Sample> read = Reread(sample);
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, sample);
}

// Most requests are not: the key would only make files longer.
TEST(SampleLine, OnlyADisturbedRequestHasTheKey) {
  Sample sample = FullSample();
  EXPECT_EQ(*ToJson(sample).Find("disturbed")->as_string(), "service_moved");
  sample.disturbed.clear();
  EXPECT_EQ(ToJson(sample).Find("disturbed"), nullptr);
  EXPECT_EQ(*Reread(sample), sample);
}

TEST(SampleLine, RoundTripsEveryName) {
  for (int i = 0; i <= static_cast<int>(Outcome::kCancelled); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    EXPECT_EQ(ParseOutcome(ToString(outcome)), outcome);
  }
  for (int i = 0; i <= static_cast<int>(EventKind::kError); ++i) {
    const auto kind = static_cast<EventKind>(i);
    EXPECT_EQ(ParseEventKind(ToString(kind)), kind);
  }
  for (int i = 0; i <= static_cast<int>(TokenSource::kNone); ++i) {
    const auto source = static_cast<TokenSource>(i);
    EXPECT_EQ(ParseTokenSource(ToString(source)), source);
  }
  EXPECT_EQ(ParseOutcome("OK"), std::nullopt);
  EXPECT_EQ(ParseEventKind(""), std::nullopt);
  EXPECT_EQ(ParseTokenSource("tokenizer "), std::nullopt);
}

// Written by hand from run_format.md.
TEST(SampleLine, IsWrittenAsDocumented) {
  Sample sample;
  sample.case_id = "chat/m/p/stream:on/max_tokens:8";
  sample.model = "m";
  sample.prompt = "p";
  sample.repetition = 1;
  sample.timeline.start_ns = 5000;
  sample.timeline.sent = 10ns;
  sample.timeline.events = {
      {20ns, EventKind::kRole}, {30ns, EventKind::kContent}, {40ns, EventKind::kContent}, {41ns, EventKind::kDone}};
  sample.completion_tokens = 2;
  sample.token_source = TokenSource::kChunks;
  sample.http_status = 200;
  sample.answer_sha256 = "ab";
  EXPECT_EQ(WriteJson(ToJson(sample), JsonStyle::kCompact),
            R"({"answer_sha256":"ab","case":"chat/m/p/stream:on/max_tokens:8","closed_ns":null,)"
            R"("completion_tokens":2,"connected_ns":null,"e2e_ns":40,"error":null,)"
            R"("events":[[20,"role"],[30,"content"],[40,"content"],[41,"done"]],"finish_reason":null,)"
            R"("first_byte_ns":null,"http_status":200,"model":"m","outcome":"ok","prompt":"p",)"
            R"("prompt_tokens":null,"repetition":1,"sent_ns":10,"t_start_ns":5000,"token_source":"chunks",)"
            R"("ttft_ns":30,"warmup":false})");
}

TEST(SampleLine, FailedSamplesHaveNoDerivedTimes) {
  const Json json = ToJson(FullSample());
  EXPECT_TRUE(json.Find("ttft_ns")->is_null());
  EXPECT_TRUE(json.Find("e2e_ns")->is_null());
}

TEST(SampleLine, RefusesMalformedNeighbours) {
  const std::pair<const char*, const char*> bad[] = {{"case", "null"},
                                                     {"model", "7"},
                                                     {"prompt", "[]"},
                                                     {"repetition", "-1"},
                                                     {"repetition", "1.5"},
                                                     {"repetition", "null"},
                                                     {"warmup", "1"},
                                                     {"outcome", R"("fine")"},
                                                     {"outcome", "null"},
                                                     {"t_start_ns", R"("1")"},
                                                     {"t_start_ns", "null"},
                                                     {"connected_ns", "-1"},
                                                     {"sent_ns", "1.0"},
                                                     {"first_byte_ns", "true"},
                                                     {"closed_ns", "-5"},
                                                     {"closed_ns", "19999999"},  // before the last event, at 20 ms
                                                     {"events", "null"},
                                                     {"events", "{}"},
                                                     {"events", "[1]"},
                                                     {"events", "[[1]]"},
                                                     {"events", R"([[1,"content",2]])"},
                                                     {"events", R"([["content",1]])"},
                                                     {"events", R"([[1,"token"]])"},
                                                     {"events", R"([[1.5,"content"]])"},
                                                     {"events", R"([[-1,"content"]])"},
                                                     {"events", R"([[2,"content"],[1,"content"]])"},
                                                     {"prompt_tokens", "-1"},
                                                     {"completion_tokens", "-1"},
                                                     {"completion_tokens", R"("4")"},
                                                     {"token_source", R"("guess")"},
                                                     {"http_status", "99"},
                                                     {"http_status", "1000"},
                                                     {"http_status", R"("200")"},
                                                     {"answer_sha256", "1"},
                                                     {"response_id", "1"},
                                                     {"finish_reason", "0"},
                                                     {"disturbed", "true"},
                                                     {"t_sched_ns", "1.5"},
                                                     {"reads", "-1"},
                                                     {"reads", R"("2")"},
                                                     {"merged_events", R"("2")"},
                                                     {"reasoning_tokens", "-1"},
                                                     {"first_chunk_tokens", "-1"},
                                                     {"first_chunk_tokens", "0.5"},
                                                     {"hidden_output", "1"},
                                                     {"new_connection", R"("yes")"},
                                                     {"restart_ns", "-1"},
                                                     {"load_ns", "-1"},
                                                     {"warm_ttft_ns", "1.0"},
                                                     {"machine", "7"},
                                                     {"error", "false"},
                                                     {"extra", "1"}};
  for (const auto& [key, value] : bad) {
    Json json = ToJson(FullSample());
    (*json.as_object())[key] = *ParseJson(value, "");
    const base::Result<Sample> read = SampleFromJson(json, "samples.jsonl:4");
    ASSERT_FALSE(read.ok()) << key << " = " << value;
    EXPECT_THAT(read.error().what, HasSubstr(key)) << value;
    EXPECT_EQ(read.error().where, "samples.jsonl:4");
  }
}

TEST(SampleLine, RefusesMalformedMachines) {
  const std::pair<const char*, const char*> bad[] = {{"span_ns", "-1"},
                                                     {"span_ns", "null"},
                                                     {"service_resident_bytes", "-1"},
                                                     {"service_peak_resident_bytes", "1.5"},
                                                     {"service_cpu_ns", "-1"},
                                                     {"client_cpu_ns", R"("1")"},
                                                     {"others_cpu_share", "-0.1"},
                                                     {"package_microjoules", "-1"},
                                                     {"gpu_memory_bytes", "-1"},
                                                     {"gpu_utilisation", "-1"},
                                                     {"gpu_milliwatts", "-1"},
                                                     {"gpu_celsius", "1.5"},
                                                     {"gpu_millijoules", "-1"},
                                                     {"stated_watts", "-1"},
                                                     {"extra", "1"}};
  for (const auto& [key, value] : bad) {
    Json json = ToJson(FullSample());
    (*(*json.as_object())["machine"].as_object())[key] = *ParseJson(value, "");
    const base::Result<Sample> read = SampleFromJson(json, "samples.jsonl:4");
    ASSERT_FALSE(read.ok()) << key << " = " << value;
    EXPECT_THAT(read.error().what, HasSubstr("sample.machine")) << key;
    EXPECT_THAT(read.error().what, HasSubstr(key)) << value;
  }
  Json json = ToJson(FullSample());
  (*json.as_object())["machine"].as_object()->erase("span_ns");
  EXPECT_THAT(SampleFromJson(json, "f").error().what, HasSubstr("'span_ns' is missing"));
}

// A run without scenarios has lines like those of before.
TEST(SampleLine, LaterKeysAreThereOnlyWhenThereIsSomethingToSay) {
  const char* later[] = {"t_sched_ns",    "reads",          "merged_events", "reasoning_tokens", "first_chunk_tokens",
                         "hidden_output", "new_connection", "restart_ns",    "load_ns",          "warm_ttft_ns",
                         "machine"};
  const Json empty = ToJson(Sample{});
  const Json full = ToJson(FullSample());
  for (const char* key : later) {
    EXPECT_EQ(empty.Find(key), nullptr) << key;
    EXPECT_NE(full.Find(key), nullptr) << key;
  }
}

// 20, 20, 30, 30, 30 ms: three events came with the read of the one before them.
TEST(SampleLine, SaysHowManyEventsShareAStamp) {
  Sample sample;
  sample.timeline.events = {{20ms, EventKind::kRole},
                            {20ms, EventKind::kContent},
                            {30ms, EventKind::kContent},
                            {30ms, EventKind::kUsage},
                            {30ms, EventKind::kDone}};
  EXPECT_EQ(*ToJson(sample).Find("merged_events")->as_integer(), 3);
  sample.timeline.events.resize(1);
  EXPECT_EQ(ToJson(sample).Find("merged_events"), nullptr);
}

// What stands in the file is what the metrics say.
TEST(SampleLine, DerivedTimesCountFromTheOrigin) {
  Sample sample;
  sample.timeline.connected = 4ns;
  sample.timeline.events = {{20ns, EventKind::kRole}, {30ns, EventKind::kContent}, {40ns, EventKind::kContent}};
  EXPECT_EQ(*ToJson(sample).Find("ttft_ns")->as_integer(), 26);
  EXPECT_EQ(*ToJson(sample).Find("e2e_ns")->as_integer(), 36);
  sample.new_connection = true;
  EXPECT_EQ(*ToJson(sample).Find("ttft_ns")->as_integer(), 30);
  EXPECT_EQ(*ToJson(sample).Find("e2e_ns")->as_integer(), 40);
}

TEST(SampleLine, RefusesMissingKeys) {
  for (const char* key : {"case", "model", "prompt", "repetition", "outcome", "t_start_ns", "events", "token_source"}) {
    Json json = ToJson(FullSample());
    json.as_object()->erase(key);
    EXPECT_THAT(SampleFromJson(json, "f").error().what, HasSubstr(std::string("'") + key + "' is missing"));
  }
}

TEST(SampleLine, EventsOfOneReadMayShareATime) {
  Sample sample = FullSample();
  sample.timeline.events = {{0ns, EventKind::kRole}, {0ns, EventKind::kContent}};
  EXPECT_TRUE(Reread(sample).ok());
}

TEST(AnswerLine, RoundTrips) {
  const base::Result<Json> json = ParseJson(WriteJson(ToJson(FullAnswer()), JsonStyle::kCompact), "line");
  ASSERT_TRUE(json.ok());
  const base::Result<Answer> read = AnswerFromJson(*json, "f");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, FullAnswer());
}

TEST(AnswerLine, RefusesATextThatWasChanged) {
  for (const char* key : {"text", "reasoning", "tool_calls"}) {
    Json json = ToJson(FullAnswer());
    (*json.as_object())[key] = "tampered";
    const base::Result<Answer> read = AnswerFromJson(json, "answers.jsonl:1");
    ASSERT_FALSE(read.ok()) << key;
    EXPECT_THAT(read.error().what, HasSubstr("changed after the run"));
  }
}

TEST(AnswerLine, RefusesMissingAndUnknownKeys) {
  for (const char* key : {"sha256", "case", "text"}) {
    Json json = ToJson(FullAnswer());
    json.as_object()->erase(key);
    EXPECT_FALSE(AnswerFromJson(json, "f").ok()) << key;
    (*json.as_object())[key] = nullptr;
    EXPECT_FALSE(AnswerFromJson(json, "f").ok()) << key;
  }
  Json json = ToJson(FullAnswer());
  (*json.as_object())["note"] = "x";
  EXPECT_THAT(AnswerFromJson(json, "f").error().what, HasSubstr("unknown key 'note'"));
}

// From sha256sum: `printf 'Hi'` and `printf 'Hi\036Hm\036'`.
TEST(HashAnswer, IsTheHashOfTheTextAndOfWhatFollowsIt) {
  EXPECT_EQ(HashAnswer("Hi", "", ""), "3639efcd08abb273b1619e82e78c29a7df02c1051b1820e99fc395dcaa3326b8");
  EXPECT_EQ(HashAnswer("Hi", "Hm", ""), "4ba0b9fbf7f56d501fb13596d83aa2b3ace656f6fb9a678cf289757a4915ae52");
}

TEST(HashAnswer, TellsTheChannelsApart) {
  EXPECT_NE(HashAnswer("a", "b", ""), HashAnswer("a", "", "b"));
  EXPECT_NE(HashAnswer("ab", "", ""), HashAnswer("a", "b", ""));
  EXPECT_NE(HashAnswer("", "a", ""), HashAnswer("a", "", ""));
}

}  // namespace
}  // namespace assay::run

// SPDX-License-Identifier: MIT
// The fast way to write a line says the same as the readable one, byte for byte.
#include "fixtures/run/sample_line.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "ctest/unit/run/test_run.h"
#include "fixtures/base/text.h"

namespace assay::run {
namespace {

std::string Line(const Sample& sample) {
  std::string line;
  AppendSampleLine(sample, line);
  return line;
}

std::string Written(const Sample& sample) { return WriteJson(ToJson(sample), JsonStyle::kCompact); }

TEST(SampleLineWriter, WritesWhatTheTreeWrites) {
  Sample empty;
  EXPECT_EQ(Line(empty), Written(empty));
  EXPECT_EQ(Line(FullSample()), Written(FullSample()));
  Sample ok = FullSample();
  ok.outcome = Outcome::kOk;
  ok.error.clear();
  EXPECT_EQ(Line(ok), Written(ok));
  EXPECT_NE(Line(ok), Line(FullSample()));
}

TEST(SampleLineWriter, AppendsToWhatIsThere) {
  std::string line = "before";
  AppendSampleLine(FullSample(), line);
  EXPECT_EQ(line, "before" + Written(FullSample()));
}

// Every byte, also those that are no UTF-8: the service's words come through here.
TEST(SampleLineWriter, EscapesWhatTheTreeEscapes) {
  for (int byte = 0; byte < 256; ++byte) {
    Sample sample;
    sample.error = std::string("a") + static_cast<char>(byte);
    sample.error += static_cast<char>(byte);
    sample.finish_reason = std::string(1, static_cast<char>(byte));
    ASSERT_EQ(Line(sample), Written(sample)) << byte;
  }
}

// Each of the optional fields there or not, at random; numbers from all over their range.
TEST(SampleLineWriter, AgreesOnAnyCombination) {
  std::mt19937_64 random(20260301);
  const auto coin = [&] { return random() % 2 == 0; };
  const auto number = [&] { return static_cast<std::int64_t>(random() >> (random() % 64)); };
  const auto duration = [&] { return base::Nanoseconds(number() / 2); };
  const auto amount = [&] { return static_cast<double>(number()) / 1024 / 1024; };
  for (int i = 0; i < 2000; ++i) {
    Sample sample = coin() ? FullSample() : Sample{};
    sample.outcome = static_cast<Outcome>(random() % 14);
    sample.token_source = static_cast<TokenSource>(random() % 5);
    sample.timeline.start_ns = number();
    if (coin()) sample.timeline.connected = duration();
    if (coin()) sample.timeline.sent = duration();
    if (coin()) sample.timeline.scheduled_ns = -number();
    if (coin()) sample.timeline.reads = number();
    sample.timeline.events.clear();
    for (std::uint64_t event = random() % 6; event > 0; --event) {
      sample.timeline.events.push_back({base::Nanoseconds(random() % 4), static_cast<EventKind>(random() % 8)});
    }
    if (coin()) sample.prompt_tokens = number();
    if (coin()) sample.completion_tokens.reset();
    if (coin()) sample.reasoning_tokens = number();
    if (coin()) sample.first_chunk_tokens = number();
    sample.hidden_output = coin();
    sample.new_connection = coin();
    if (coin()) sample.response_id.reset();
    if (coin()) sample.disturbed.clear();
    if (coin()) sample.restart = duration();
    if (coin()) sample.load.reset();
    if (coin()) sample.warm_ttft.reset();
    if (coin()) sample.machine = MachineUse{};
    if (sample.machine && coin()) {
      sample.machine->span = duration();
      sample.machine->others_cpu_share = amount();
      sample.machine->stated_watts = amount();
      sample.machine->gpu_celsius = -number();
      if (coin()) sample.machine->gpu_utilisation = 1.0;
      if (coin()) sample.machine->service_cpu = duration();
    }
    ASSERT_EQ(Line(sample), Written(sample)) << i;
  }
}

// Lines that were not written by this program.
TEST(SampleLineWriter, WritesTheKeptExampleAgain) {
  const base::Result<std::string> file = base::ReadFile(ExampleDirectory("v1_scenarios") / "samples.jsonl");
  ASSERT_TRUE(file.ok()) << file.error().Message();
  std::string again;
  for (const std::string& line : base::Split(std::string(base::Trim(*file)), '\n')) {
    const base::Result<Sample> sample = SampleFromJson(*ParseJson(line, "line"), "line");
    ASSERT_TRUE(sample.ok()) << sample.error().Message();
    AppendSampleLine(*sample, again);
    again += "\n";
  }
  EXPECT_EQ(again, *file);
}

TEST(SampleLineWriterDeathTest, AnInfiniteNumberIsABugOfTheCaller) {
  Sample sample = FullSample();
  sample.machine->stated_watts = std::numeric_limits<double>::infinity();
  EXPECT_DEATH(Line(sample), "non-finite");
}

}  // namespace
}  // namespace assay::run

// SPDX-License-Identifier: MIT
// Issue 4: a run of 100,000 requests of 256 events needs less than 200 MB, flat per request. A program of its own: its
// peak is that of this one test.
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/write_run.h"
#include "fixtures/base/files.h"
#include "fixtures/machine/processes.h"

namespace assay::integration {
namespace {

constexpr std::int64_t kRequests = 100'000;
constexpr int kEvents = 256;
constexpr std::int64_t kMostBytes = 200'000'000;

// Answers at once, from memory.
class InstantAsker final : public session::Asker {
 public:
  session::Asked Ask(const run::PlannedCase&, const session::Turn&) override {
    session::Asked asked;
    asked.completion = Answer();
    return asked;
  }
  session::AskedLoad AskUnderLoad(const run::PlannedCase&, const session::LoadShape& shape,
                                  const std::function<void(std::int64_t, chat::Completion)>& done) override {
    for (std::int64_t i = 0; i < shape.requests; ++i) done(i, Answer());
    return {};
  }

 private:
  chat::Completion Answer() {
    chat::Completion completion;
    run::Sample& sample = completion.sample;
    sample.timeline.start_ns = now_ns_;
    now_ns_ += 300'000'000;
    for (int i = 0; i < kEvents; ++i) {
      sample.timeline.events.push_back(
          {std::chrono::microseconds(20'000 + 1000 * i + now_ns_ % 97), run::EventKind::kContent});
    }
    sample.timeline.closed = std::chrono::milliseconds(290);
    sample.prompt_tokens = 64;
    sample.completion_tokens = kEvents;
    sample.token_source = run::TokenSource::kServerUsage;
    sample.finish_reason = "length";
    sample.http_status = 200;
    sample.response_id = "chatcmpl-" + std::to_string(now_ns_);
    run::Answer answer;
    answer.text = "The same every time.";
    answer.sha256 = run::HashAnswer(answer.text, "", "");
    sample.answer_sha256 = answer.sha256;
    completion.answer = answer;
    return completion;
  }
  std::int64_t now_ns_ = 1'000'000'000;
};

std::int64_t PeakBytes() {
  const machine::Reading<machine::TreeUse> use =
      machine::ProcessTree(machine::OwnPid(), machine::SystemProcesses()).Read();
  return use && use->peak_resident_bytes ? *use->peak_resident_bytes : -1;
}

// `in_blocks`: the same number of requests as loads.
void Measure(bool in_blocks) {
  base::Result<base::TemporaryDirectory> folder = base::TemporaryDirectory::Create("assay-memory");
  ASSERT_TRUE(folder.ok());
  std::vector<run::PlannedCase> cases(10);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    cases[i].id =
        "chat/model:1/prompt" + std::to_string(i) + "/stream:on/max_tokens:256" + (in_blocks ? "/concurrency:8" : "");
    cases[i].model = cases[i].alias = "model:1";
    cases[i].prompt = "prompt" + std::to_string(i);
    cases[i].request = run::JsonObject{{"stream", true}};
    cases[i].repetitions = kRequests / 10;
    if (in_blocks) cases[i].scenario.concurrency = 8;
  }
  suite::MeasureOptions options;
  std::ostringstream terminal;
  suite::Progress progress(terminal, false);
  base::Result<run::RunWriter> writer = run::RunWriter::Create(folder->path() / "run");
  ASSERT_TRUE(writer.ok());
  InstantAsker asker;
  const auto begun = std::chrono::steady_clock::now();
  suite::Measurement measurement(options, asker, cases, *writer, progress, terminal);
  ASSERT_TRUE(measurement.MeasureGroup({"model:1"}).ok());
  const suite::Measured measured = measurement.Finish();
  EXPECT_EQ(measured.validity.measured_requests, kRequests);
  run::RunInfo info;
  info.cases = cases;
  info.validity = measured.validity;
  info.summaries = measured.summaries;
  ASSERT_TRUE(writer->Finish(measured.google_benchmark, info).ok());
  ASSERT_TRUE(suite::WritePieces(folder->path() / "out.json", measured.google_benchmark).ok());
  EXPECT_GT(std::filesystem::file_size(folder->path() / "run" / "run.json"), 10'000'000U);
  EXPECT_GT(std::filesystem::file_size(folder->path() / "run" / "samples.jsonl"), 100'000'000U);
  const std::int64_t peak = PeakBytes();
  ASSERT_GT(peak, 0) << "this system does not state the peak";
  EXPECT_LT(peak, kMostBytes);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << "peak " << static_cast<double>(peak) / 1e6 << " MB after " << took.count() << " s\n";
}

TEST(Memory, AHundredThousandRequestsOneByOne) { Measure(false); }
TEST(Memory, AHundredThousandRequestsInBlocks) { Measure(true); }

}  // namespace
}  // namespace assay::integration

// SPDX-License-Identifier: MIT
#include "ctest/unit/run/test_run.h"

#include <gtest/gtest.h>

#include "fixtures/base/text.h"
#include "fixtures/run/case_id.h"

namespace assay::run {
namespace {

constexpr const char* kFiles[] = {"run.json", "samples.jsonl", "answers.jsonl"};

base::TemporaryDirectory MakeFolder() {
  base::Result<base::TemporaryDirectory> folder = base::TemporaryDirectory::Create("assay-run");
  EXPECT_TRUE(folder.ok());
  return std::move(folder).value();
}

std::string FullCaseId() {
  CaseId id{"m/x:1", "p é", false, 8};
  id.scenario.output_tokens = 8;
  id.scenario.cache = PromptCache::kUnique;
  id.scenario.concurrency = 4;
  return BuildCaseId(id);
}

MachineInfo FullMachine() {
  MachineState before;
  before.power_source = "ac";
  before.battery_percent = 87.5;
  before.governor = "performance";
  before.frequency_khz = 2'600'000;
  before.highest_frequency_khz = 3'400'000;
  before.cpu_celsius = 51.5;
  before.load_average_1m = 0.25;
  before.available_cpus = 1.5;
  before.memory_available_bytes = 4'000'000'000;
  before.service_resident_bytes = 50'000'000;
  before.service_peak_resident_bytes = 60'000'000;
  before.service_processes = 2;
  before.gpus = {"Example GPU", "Another"};
  return {before, {}, 40, 81.5, 0.002, 65.0, {{"energy", "the counter of the processor is for root only"}}};
}

CaseSummary FullSummary() {
  return {FullCaseId(),
          70,
          {{"reset", 3}},
          {{"ttft_ms", {67, 10, 12, 15, std::nullopt, std::nullopt, 20.5}}},
          {{"requests_per_s", 12.5}, {"error_rate", 0.03125}}};
}

MachineUse FullMachineUse() {
  using namespace std::chrono_literals;
  MachineUse use;
  use.span = 40ms;
  use.service_resident_bytes = 50'000'000;
  use.service_peak_resident_bytes = 60'000'000;
  use.service_cpu = 31ms;
  use.client_cpu = 2ms;
  use.others_cpu_share = 0.125;
  use.package_microjoules = 750'000;
  use.gpu_memory_bytes = 1'000'000'000;
  use.gpu_utilisation = 0.5;
  use.gpu_milliwatts = 30'000;
  use.gpu_celsius = -3;
  use.gpu_millijoules = 1'200;
  use.stated_watts = 65.5;
  return use;
}

}  // namespace

std::filesystem::path ExampleDirectory(const std::string& name) {
  return std::filesystem::path(ASSAY_TEST_DATA_DIR) / "golden" / "run" / name;
}

ExampleRun::ExampleRun(const std::string& name) : folder_(MakeFolder()) {
  for (const char* file : kFiles) {
    const base::Result<std::string> content = base::ReadFile(ExampleDirectory(name) / file);
    EXPECT_TRUE(content.ok()) << file;
    if (content.ok()) Write(file, *content);
  }
}

std::string ExampleRun::Read(const std::string& file) const {
  const base::Result<std::string> content = base::ReadFile(path() / file);
  EXPECT_TRUE(content.ok()) << file;
  return content.ok() ? *content : "";
}

void ExampleRun::Write(const std::string& file, const std::string& content) const {
  EXPECT_TRUE(base::WriteFileAtomically(path() / file, content).ok());
}

void ExampleRun::Remove(const std::string& file) const { EXPECT_TRUE(std::filesystem::remove(path() / file)); }

void ExampleRun::Replace(const std::string& file, const std::string& from, const std::string& to) const {
  std::string content = Read(file);
  const std::size_t at = content.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  Write(file, content.replace(at, from.size(), to));
}

void ExampleRun::RemoveLine(const std::string& file, std::size_t index) const {
  std::vector<std::string> lines = base::Split(Read(file), '\n');
  ASSERT_LT(index + 1, lines.size());
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(index));
  Write(file, base::Join(lines, "\n"));
}

void ExampleRun::RepeatLine(const std::string& file, std::size_t index) const {
  std::vector<std::string> lines = base::Split(Read(file), '\n');
  ASSERT_LT(index + 1, lines.size());
  const std::string line = lines[index];
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(index), line);
  Write(file, base::Join(lines, "\n"));
}

RunInfo FullInfo() {
  RunInfo info;
  info.environment = {"linux", "6.1.0", "x86_64", "Example CPU", 2, 8192, "Example GPU", "ac", "host"};
  info.service = {"embedded", "g3", "http://127.0.0.1:1", "0.1.0", 4711, true};
  info.provenance = {"0.1.0", "2026-03-01T12:30:05Z", "0123abcd", true, -7, 10, "release"};
  info.provenance.arguments = {"--service=embedded", "--models=a"};
  PlannedCase plan;
  plan.id = FullCaseId();
  plan.repetitions = 16;
  plan.model = "m/x:1";
  plan.alias = "m";
  plan.prompt = "p é";
  plan.fingerprint = "f1";
  plan.request = JsonObject{{"temperature", 0.5}, {"seed", 7}};
  plan.device = "cpu";
  plan.execution_provider = "CPUExecutionProvider";
  plan.size_mib = 12;
  plan.license = "MIT";
  plan.failure = "reset: gone";
  plan.scrub = {"dates", "uuids"};
  plan.expect_sha256 = "e1";
  info.cases = {plan};
  info.models = {{"m/x:1",
                  "m",
                  "cpu",
                  "CPUExecutionProvider",
                  12,
                  "MIT",
                  "g3",
                  "http://127.0.0.1:1",
                  "sampling_ignored",
                  {"temperature 1, three seeds: one answer"}}};
  info.validity = {0.125,
                   2.5,
                   2,
                   0.25,
                   4,
                   1,
                   3,
                   true,
                   {{"warmup_not_settled", plan.id, "still moving"}, {"busy", "", "load 3"}},
                   {{"schedule_lag", plan.id, 12.5, "ms", 5, true, "sent 12.5 ms late at worst"},
                    {"machine_busy", "", std::nullopt, "share", 0.1, false, "too short to tell: 3 ms"}}};
  info.cases[0].scenario = ParseCaseId(plan.id)->scenario;
  info.machine = FullMachine();
  info.overhead = Overhead{200, 3200, 210, 480.5, 35, 60, 150, 9.5, "not all of it"};
  info.summaries = {FullSummary()};
  info.anchors = Anchors{"embedded 0.1.0, ember-mini 1",
                         {{"short", {{"ttft_ms", {2.5, 2.75}}, {"tpot_ms", {1.5}}}}, {"long", {{"ttft_ms", {5}}}}},
                         "the last round was cut off"};
  info.second_look = SecondLook{{"2026-03-01T12:00:00Z"}, {FullCaseId()}, {"chat/m/control"}};
  info.rounds = Rounds{{5, 10, 20}, 0.25, 1000, 430, {{FullCaseId(), 5, "cannot_regress"}}};
  return info;
}

RunInfo InfoWithProbe() {
  RunInfo info = FullInfo();
  PlannedCase probe = info.cases[0];
  probe.scenario = {};
  probe.scenario.probe = ProbeKind::kLimits;
  probe.id = BuildCaseId({probe.model, probe.prompt, false, 8, probe.scenario});
  info.cases.push_back(probe);
  info.probes = {{probe.id,
                  ProbeKind::kLimits,
                  ProbeResult::kIgnored,
                  {{"max_tokens", ProbeResult::kObeyed}, {"stop", ProbeResult::kIgnored}},
                  4,
                  {"max_tokens 4: 4 tokens came", "stop at character 20 of 41: the answer goes on behind it"}}};
  return info;
}

PairInfo FullPair() {
  PairInfo pair;
  pair.order = PairOrder::kBlocks;
  pair.seed = -7;
  pair.base = {"variant:a-cpu:1", "base"};
  pair.head = {"variant:a-gpu:1", "head"};
  pair.cases = {{"chat/a-cpu:1/p/stream:on/max_tokens:8", "chat/a-gpu:1/p/stream:on/max_tokens:8"}};
  pair.blocks = {5, 10};
  pair.restarted = true;
  pair.renewal = PairRenewal::kModels;
  pair.notes = {"the endpoint is not ours to restart"};
  return pair;
}

Sample FullSample() {
  using namespace std::chrono_literals;
  Sample sample;
  sample.case_id = FullCaseId();
  sample.model = "m/x:1";
  sample.prompt = "p é";
  sample.repetition = 3;
  sample.step = "max_tokens";
  sample.warmup = true;
  sample.outcome = Outcome::kReset;
  sample.timeline = {123456789012345,
                     1us,
                     2us,
                     3us,
                     {{10ms, EventKind::kRole}, {20ms, EventKind::kContent}, {20ms, EventKind::kError}},
                     30ms,
                     123456789000000,
                     2};
  sample.prompt_tokens = 9;
  sample.completion_tokens = 2;
  sample.token_source = TokenSource::kServerUsage;
  sample.finish_reason = "stop";
  sample.http_status = 200;
  sample.answer_sha256 = FullAnswer().sha256;
  sample.response_id = "chatcmpl-1";
  sample.disturbed = "service_moved";
  sample.reasoning_tokens = 1;
  sample.first_chunk_tokens = 2;
  sample.hidden_output = true;
  sample.new_connection = true;
  sample.restart = 2s;
  sample.load = 1s;
  sample.warm_ttft = 9ms;
  sample.machine = FullMachineUse();
  sample.score = 0.75;
  sample.error = "the connection was reset\n\x1b[2J \"é\"";
  return sample;
}

Answer FullAnswer() {
  Answer answer{"", FullCaseId(), "Text\n\x01 é", "Because", "[{}]"};
  answer.sha256 = HashAnswer(answer.text, answer.reasoning, answer.tool_calls);
  answer.compared_sha256 = answer.sha256;
  answer.facts = AnswerFacts{0.5, {{"contains[0]", 1, ""}, {"max_words", 0, "3 words"}}, true, "en", 8, 2};
  return answer;
}

GoogleBenchmarkText Whole(std::string text) {
  return [text = std::move(text)](const TakeText& take) { return take(text); };
}

}  // namespace assay::run

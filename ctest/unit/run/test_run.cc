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
  PlannedCase plan;
  plan.id = BuildCaseId({"m/x:1", "p é", false, 8});
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
  info.validity = {
      0.125, 2.5, 4, 1, 3, true, {{"warmup_not_settled", plan.id, "still moving"}, {"busy", "", "load 3"}}};
  return info;
}

Sample FullSample() {
  using namespace std::chrono_literals;
  Sample sample;
  sample.case_id = BuildCaseId({"m/x:1", "p é", false, 8});
  sample.model = "m/x:1";
  sample.prompt = "p é";
  sample.repetition = 3;
  sample.warmup = true;
  sample.outcome = Outcome::kReset;
  sample.timeline = {123456789012345,
                     1us,
                     2us,
                     3us,
                     {{10ms, EventKind::kRole}, {20ms, EventKind::kContent}, {20ms, EventKind::kError}},
                     30ms};
  sample.prompt_tokens = 9;
  sample.completion_tokens = 2;
  sample.token_source = TokenSource::kServerUsage;
  sample.finish_reason = "stop";
  sample.http_status = 200;
  sample.answer_sha256 = FullAnswer().sha256;
  sample.response_id = "chatcmpl-1";
  sample.disturbed = "service_moved";
  sample.error = "the connection was reset\n\x1b[2J \"é\"";
  return sample;
}

Answer FullAnswer() {
  Answer answer{"", BuildCaseId({"m/x:1", "p é", false, 8}), "Text\n\x01 é", "Because", "[{}]"};
  answer.sha256 = HashAnswer(answer.text, answer.reasoning, answer.tool_calls);
  return answer;
}

}  // namespace assay::run

// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"
#include "fixtures/base/text.h"

namespace assay::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr const char* kBenchmarkJson = R"({"context":{"date":"now"},"benchmarks":[]})";

class RunWriterTest : public ::testing::Test {
 protected:
  RunWriter Create() {
    base::Result<RunWriter> writer = RunWriter::Create(path());
    EXPECT_TRUE(writer.ok());
    return std::move(writer).value();
  }
  std::filesystem::path path() const { return folder_->path() / "a" / "run"; }
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      files.push_back(entry.path().filename().string());
    }
    return files;
  }
  // Of the three files of a finished run.
  std::string Bytes() const {
    std::string bytes;
    for (const char* file : {"run.json", "samples.jsonl", "answers.jsonl"}) {
      const base::Result<std::string> content = base::ReadFile(path() / file);
      EXPECT_TRUE(content.ok()) << file;
      bytes += content.ok() ? *content : "";
    }
    return bytes;
  }
  std::vector<std::string> Lines(const std::string& file) const {
    const base::Result<std::string> content = base::ReadFile(path() / file);
    EXPECT_TRUE(content.ok()) << file;
    std::vector<std::string> lines = base::Split(content.ok() ? *content : "", '\n');
    EXPECT_EQ(lines.back(), "");  // every line ends
    lines.pop_back();
    return lines;
  }
  static Sample Good(std::int64_t repetition) {
    Sample sample = FullSample();
    sample.outcome = Outcome::kOk;
    sample.error.clear();
    sample.warmup = false;
    sample.repetition = repetition;
    return sample;
  }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-writer");
};

TEST_F(RunWriterTest, CreatesTheFolderAndWritesPartialFilesOnly) {
  RunWriter writer = Create();
  const Answer answer = FullAnswer();
  ASSERT_TRUE(writer.Append(Good(0), &answer).ok());
  EXPECT_THAT(Files(), UnorderedElementsAre("samples.jsonl.partial", "answers.jsonl.partial"));
  // Flushed: readable while the writer is open.
  EXPECT_EQ(Lines("samples.jsonl.partial").size(), 1U);
  EXPECT_EQ(Lines("answers.jsonl.partial").size(), 1U);
}

TEST_F(RunWriterTest, WhatWasWrittenCanBeRead) {
  RunWriter writer = Create();
  const Answer answer = FullAnswer();
  ASSERT_TRUE(writer.Append(FullSample(), &answer).ok());  // a failed warm-up
  ASSERT_TRUE(writer.Append(Good(1), &answer).ok());
  ASSERT_TRUE(writer.Append(Good(0), &answer).ok());
  ASSERT_TRUE(writer.Finish(Whole(kBenchmarkJson), FullInfo()).ok());
  EXPECT_THAT(Files(), UnorderedElementsAre("run.json", "samples.jsonl", "answers.jsonl"));
  const base::Result<run::Run> run = ReadRun(path());
  ASSERT_TRUE(run.ok()) << run.error().Message();
  ASSERT_EQ(run->cases.size(), 1U);
  EXPECT_THAT(run->cases[0].samples, ElementsAre(FullSample(), Good(1), Good(0)));
  EXPECT_EQ(run->cases[0].answers.at(answer.sha256), answer);
}

TEST_F(RunWriterTest, StoresAnAnswerOncePerCaseAndText) {
  RunWriter writer = Create();
  Answer answer = FullAnswer();
  ASSERT_TRUE(writer.Append(Good(0), &answer).ok());
  ASSERT_TRUE(writer.Append(Good(1), &answer).ok());
  ASSERT_TRUE(writer.Append(Good(2), nullptr).ok());
  answer.case_id = "another case";
  ASSERT_TRUE(writer.Append(Good(3), &answer).ok());
  answer.text = "another text";
  answer.sha256 = HashAnswer(answer.text, answer.reasoning, answer.tool_calls);
  ASSERT_TRUE(writer.Append(Good(4), &answer).ok());
  EXPECT_EQ(Lines("answers.jsonl.partial").size(), 3U);
  EXPECT_EQ(Lines("samples.jsonl.partial").size(), 5U);
}

TEST_F(RunWriterTest, AddsAssayToTheBenchmarkJson) {
  RunWriter writer = Create();
  ASSERT_TRUE(writer.Finish(Whole(kBenchmarkJson), FullInfo()).ok());
  const base::Result<Json> file = ReadJsonFile(path() / "run.json");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*file->Find("context")->Find("date")->as_string(), "now");
  EXPECT_NE(file->Find("benchmarks"), nullptr);
  EXPECT_EQ(*file->Find("assay")->Find("schema_version")->as_integer(), 1);
}

TEST_F(RunWriterTest, AnOlderRunStaysUntilTheNewOneIsComplete) {
  {
    RunWriter writer = Create();
    const Answer answer = FullAnswer();
    ASSERT_TRUE(writer.Append(Good(0), &answer).ok());
    ASSERT_TRUE(writer.Finish(Whole(kBenchmarkJson), FullInfo()).ok());
  }
  const std::string older = Bytes();
  RunWriter writer = Create();
  const Answer answer = FullAnswer();
  ASSERT_TRUE(writer.Append(Good(0), &answer).ok());
  ASSERT_TRUE(writer.Append(Good(1), &answer).ok());
  EXPECT_EQ(Bytes(), older);
  ASSERT_TRUE(writer.Finish(Whole(kBenchmarkJson), FullInfo()).ok());
  const base::Result<run::Run> run = ReadRun(path());
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_EQ(run->cases[0].samples.size(), 2U);
}

// Google Benchmark writes NaN bare: the older run survives that.
TEST_F(RunWriterTest, UnreadableBenchmarkJsonLosesNoOlderRun) {
  {
    RunWriter writer = Create();
    ASSERT_TRUE(writer.Finish(Whole(kBenchmarkJson), FullInfo()).ok());
  }
  const std::string older = Bytes();
  const char* texts[] = {R"({"benchmarks":[{"real_time":NaN}]})",
                         "",
                         "   \n",
                         "[]",
                         "}",
                         "{",
                         R"([{"benchmarks":[]})",
                         R"({"benchmarks":[]})"
                         "}",
                         R"({"benchmarks":[)",
                         R"({"benchmarks":[],})",
                         R"({"benchmarks":[],"benchmarks":[]})",
                         R"({"assay":{}})",
                         "{\"a\":\"\xff\"}",
                         R"("a string with a }")"};
  for (const char* bad : texts) {
    RunWriter writer = Create();
    const base::Status status = writer.Finish(Whole(bad), FullInfo());
    ASSERT_FALSE(status.ok()) << bad;
    EXPECT_EQ(status.error().code, base::ErrorCode::kInternal);
    EXPECT_THAT(status.error().what, HasSubstr("cannot be read back")) << bad;
    EXPECT_EQ(Bytes(), older);
    EXPECT_THAT(Files(), UnorderedElementsAre("run.json", "samples.jsonl", "answers.jsonl", "samples.jsonl.partial",
                                              "answers.jsonl.partial"));
  }
}

// A piece may be one byte, and end anywhere: also between the last brace and the space around it.
TEST_F(RunWriterTest, TakesTheTextInPiecesOfAnySize) {
  const std::string text = "{ \"context\": {\"date\": \"}\"},\n  \"benchmarks\": [{}, {\"a\": 1.5}]\n}\n \t";
  std::string whole;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    RunWriter writer = Create();
    const base::Status finished = writer.Finish(
        [&](const TakeText& take) -> base::Status {
          for (std::size_t at = 0; at < text.size(); at += size) {
            ASSAY_RETURN_IF_ERROR(take(std::string_view(text).substr(at, size)));
          }
          return take("");
        },
        FullInfo());
    ASSERT_TRUE(finished.ok()) << size << ": " << finished.error().Message();
    if (whole.empty()) whole = Bytes();
    ASSERT_EQ(Bytes(), whole) << size;
  }
  const base::Result<Json> file = ReadJsonFile(path() / "run.json");
  ASSERT_TRUE(file.ok()) << file.error().Message();
  EXPECT_EQ(file->as_object()->size(), 3U);
  EXPECT_EQ(file->Find("benchmarks")->as_array()->size(), 2U);
  EXPECT_TRUE(
      whole.starts_with("{ \"context\": {\"date\": \"}\"},\n  \"benchmarks\": [{}, {\"a\": 1.5}],\n  \"assay\": {\n"))
      << whole.substr(0, 120);
}

TEST_F(RunWriterTest, AnObjectWithoutMembersIsOneToo) {
  RunWriter writer = Create();
  ASSERT_TRUE(writer.Finish(Whole(" { } "), FullInfo()).ok());
  const base::Result<Json> file = ReadJsonFile(path() / "run.json");
  ASSERT_TRUE(file.ok()) << file.error().Message();
  EXPECT_EQ(file->as_object()->size(), 1U);
}

// Whoever hands over the text may fail in the middle of it.
TEST_F(RunWriterTest, ATextThatCannotBeReadLosesNoOlderRun) {
  {
    RunWriter writer = Create();
    ASSERT_TRUE(writer.Finish(Whole(kBenchmarkJson), FullInfo()).ok());
  }
  const std::string older = Bytes();
  RunWriter writer = Create();
  const base::Status status = writer.Finish(
      [](const TakeText& take) -> base::Status {
        ASSAY_RETURN_IF_ERROR(take("{\"context\":{},"));
        return base::Error{base::ErrorCode::kIo, "the disk is gone", "somewhere"};
      },
      FullInfo());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kIo);
  EXPECT_EQ(status.error().what, "the disk is gone");
  EXPECT_EQ(Bytes(), older);
  EXPECT_FALSE(std::filesystem::exists(path() / "run.json.partial"));
}

// Whoever reads now would judge the older run and believe it the new one (metrics.md b6 #25).
TEST_F(RunWriterTest, AnOlderRunBesideANewerUnfinishedOneIsNotJudged) {
  {
    RunWriter writer = Create();
    ASSERT_TRUE(writer.Finish(Whole(kBenchmarkJson), FullInfo()).ok());
  }
  ASSERT_TRUE(ReadRun(path()).ok());
  RunWriter writer = Create();
  const base::Result<run::Run> run = ReadRun(path());
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(run.error().what, HasSubstr("a newer run into this folder"));
}

TEST_F(RunWriterTest, StartsAnInterruptedRunAnew) {
  {
    RunWriter writer = Create();
    const Answer answer = FullAnswer();
    ASSERT_TRUE(writer.Append(Good(0), &answer).ok());
  }
  RunWriter writer = Create();
  EXPECT_EQ(Lines("samples.jsonl.partial").size(), 0U);
}

TEST_F(RunWriterTest, AFolderThatCannotBeMadeIsAnError) {
  ASSERT_TRUE(base::WriteFileAtomically(folder_->path() / "a", "a file, not a folder").ok());
  const base::Result<RunWriter> writer = RunWriter::Create(path());
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.error().code, base::ErrorCode::kIo);
}

}  // namespace
}  // namespace assay::run

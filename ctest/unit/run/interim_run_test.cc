// SPDX-License-Identifier: MIT
// A run that is still being written, as a judge between two rounds reads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"
#include "fixtures/run/outputs.h"

namespace assay::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class InterimRun : public ::testing::Test {
 protected:
  const std::filesystem::path& path() const { return folder_->path(); }
  bool Exists(const char* file) const { return std::filesystem::exists(path() / file); }
  RunWriter Create() const {
    base::Result<RunWriter> writer = RunWriter::Create(path());
    EXPECT_TRUE(writer.ok());
    return std::move(writer).value();
  }
  static Sample Good(std::int64_t repetition) {
    Sample sample = FullSample();
    sample.outcome = Outcome::kOk;
    sample.error.clear();
    sample.disturbed.clear();
    sample.warmup = false;
    sample.repetition = repetition;
    return sample;
  }
  static void Append(RunWriter& writer, std::int64_t repetition) {
    const Answer answer = FullAnswer();
    ASSERT_TRUE(writer.Append(Good(repetition), &answer).ok());
  }
  void AppendText(const char* file, std::string_view text) const {
    base::Result<std::string> content = base::ReadFile(path() / file);
    ASSERT_TRUE(content.ok());
    ASSERT_TRUE(base::WriteFileAtomically(path() / file, *content + std::string(text)).ok());
  }
  base::Error Refusal() const {
    const base::Result<run::Run> run = ReadInterimRun(path());
    EXPECT_FALSE(run.ok());
    return run.ok() ? base::Error{} : run.error();
  }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-interim");
};

TEST_F(InterimRun, IsWhatWasMeasuredSoFar) {
  RunWriter writer = Create();
  Append(writer, 0);
  ASSERT_TRUE(writer.WriteInterim(FullInfo()).ok());
  base::Result<run::Run> run = ReadInterimRun(path());
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_EQ(WriteJson(ToJson(run->info), JsonStyle::kCompact), WriteJson(ToJson(FullInfo()), JsonStyle::kCompact));
  ASSERT_EQ(run->cases.size(), 1U);
  EXPECT_THAT(run->cases[0].samples, ElementsAre(Good(0)));
  EXPECT_EQ(run->cases[0].answers.size(), 1U);
  EXPECT_EQ(run->directory, path());

  // The next round: the word may be new as well.
  Append(writer, 1);
  RunInfo info = FullInfo();
  info.provenance.repetitions = 77;
  ASSERT_TRUE(writer.WriteInterim(info).ok());
  run = ReadInterimRun(path());
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_THAT(run->cases[0].samples, ElementsAre(Good(0), Good(1)));
  EXPECT_EQ(run->info.provenance.repetitions, 77);
}

// Also written by hand from run_format.md.
TEST_F(InterimRun, StandsInItsFileAsDocumented) {
  RunWriter writer = Create();
  ASSERT_TRUE(writer.WriteInterim(FullInfo()).ok());
  const base::Result<Json> file = ReadJsonFile(path() / "interim.json");
  ASSERT_TRUE(file.ok()) << file.error().Message();
  EXPECT_EQ(*file, Json(JsonObject{{"schema_version", 1}, {"assay", ToJson(FullInfo())}}));
  EXPECT_FALSE(Exists("interim.json.partial"));
}

TEST_F(InterimRun, CanBeReadThin) {
  RunWriter writer = Create();
  Append(writer, 0);
  ASSERT_TRUE(writer.WriteInterim(FullInfo()).ok());
  const base::Result<run::Run> run = ReadInterimRun(path(), [](Sample& sample) { sample.timeline.events.clear(); });
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_TRUE(run->cases[0].samples[0].timeline.events.empty());
}

// The writer goes on while the judge reads: what is only half there is of the next round.
TEST_F(InterimRun, LeavesOutWhatIsHalfWritten) {
  RunWriter writer = Create();
  Append(writer, 0);
  ASSERT_TRUE(writer.WriteInterim(FullInfo()).ok());
  AppendText("samples.jsonl.partial", R"({"answer_sha256":"d8)");
  AppendText("answers.jsonl.partial", "{");
  const base::Result<run::Run> run = ReadInterimRun(path());
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_THAT(run->cases[0].samples, ElementsAre(Good(0)));
}

TEST_F(InterimRun, RefusesABrokenLineThatIsWhole) {
  RunWriter writer = Create();
  Append(writer, 0);
  ASSERT_TRUE(writer.WriteInterim(FullInfo()).ok());
  AppendText("samples.jsonl.partial", "{\n");
  EXPECT_THAT(Refusal().where, HasSubstr("samples.jsonl.partial:2"));
}

TEST_F(InterimRun, RefusesASampleOfACaseThatIsNotPlanned) {
  RunWriter writer = Create();
  Append(writer, 0);
  RunInfo info = FullInfo();
  info.cases.clear();
  ASSERT_TRUE(writer.WriteInterim(info).ok());
  EXPECT_THAT(Refusal().what, HasSubstr("is not planned in interim.json"));
}

TEST_F(InterimRun, FinishTakesItAway) {
  RunWriter writer = Create();
  Append(writer, 0);
  ASSERT_TRUE(writer.WriteInterim(FullInfo()).ok());
  EXPECT_TRUE(Exists("interim.json"));
  // Nobody but the judge between two rounds takes it for a run.
  EXPECT_THAT(ReadRun(path()).error().what, HasSubstr("the run was interrupted before its end"));
  ASSERT_TRUE(writer.Finish(Whole(R"({"benchmarks":[]})"), FullInfo()).ok());
  EXPECT_FALSE(Exists("interim.json"));
  EXPECT_TRUE(ReadRun(path()).ok());
  const base::Error error = Refusal();
  EXPECT_EQ(error.code, base::ErrorCode::kNotFound);
  EXPECT_THAT(error.what, HasSubstr("--repetitions=auto"));
}

// The word of a run that was interrupted is not that of the next one.
TEST_F(InterimRun, ANewRunTakesAnOldOneAway) {
  {
    RunWriter writer = Create();
    ASSERT_TRUE(writer.WriteInterim(FullInfo()).ok());
  }
  EXPECT_TRUE(Exists("interim.json"));
  RunWriter writer = Create();
  EXPECT_FALSE(Exists("interim.json"));
}

TEST_F(InterimRun, RefusesWhatItDoesNotUnderstand) {
  RunWriter writer = Create();
  const std::string assay = WriteJson(ToJson(FullInfo()), JsonStyle::kCompact);
  const std::pair<std::string, const char*> bad[] = {
      {R"({"schema_version":2,"assay":)" + assay + "}", "reads version 1, found 2"},
      {R"({"assay":)" + assay + "}", "'schema_version' is missing"},
      {R"({"schema_version":1})", "'assay' is missing"},
      {R"({"schema_version":1,"assay":7})", "assay should be an object"},
      {R"({"schema_version":1,"extra":1,"assay":)" + assay + "}", "unknown key 'extra'"},
      {"[]", "should be an object"},
      {"{", "not the JSON"}};
  for (const auto& [text, what] : bad) {
    ASSERT_TRUE(base::WriteFileAtomically(path() / "interim.json", text).ok());
    const base::Error error = Refusal();
    EXPECT_EQ(error.code, base::ErrorCode::kInvalidInput);
    EXPECT_THAT(error.what, HasSubstr(what));
    EXPECT_THAT(error.where, HasSubstr("interim.json"));
  }
}

TEST_F(InterimRun, WithoutItsSamplesIsNotFound) {
  {
    RunWriter writer = Create();
    ASSERT_TRUE(writer.WriteInterim(FullInfo()).ok());
  }
  ASSERT_TRUE(std::filesystem::remove(path() / "samples.jsonl.partial"));
  EXPECT_EQ(Refusal().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace assay::run

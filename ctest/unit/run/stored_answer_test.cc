// SPDX-License-Identifier: MIT
// Answers in a run: what is kept of them, and what is left in the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StoredAnswerTest : public ::testing::Test {
 protected:
  // A run of one case with these answers, one each.
  base::Result<run::Run> Reread(const std::vector<Answer>& answers, bool store_hash = false) {
    RunInfo info = FullInfo();
    info.cases[0].store_hash = store_hash;
    info.cases[0].request = JsonObject{{"messages", JsonArray{JsonObject{{"content", "Secret?"}}}}, {"seed", 7}};
    ASSAY_TRY(RunWriter writer, RunWriter::Create(path()));
    for (std::size_t i = 0; i < answers.size(); ++i) {
      Sample sample = FullSample();
      sample.outcome = Outcome::kOk;
      sample.error.clear();
      sample.warmup = false;
      sample.disturbed.clear();
      sample.repetition = static_cast<std::int64_t>(i);
      sample.answer_sha256 = answers[i].sha256;
      ASSAY_RETURN_IF_ERROR(writer.Append(sample, &answers[i]));
    }
    ASSAY_RETURN_IF_ERROR(writer.Finish(Whole(R"({"context":{},"benchmarks":[]})"), info));
    return ReadRun(path());
  }
  static Answer Saying(std::string text) {
    Answer answer{"", FullAnswer().case_id, std::move(text), "", ""};
    answer.sha256 = answer.compared_sha256 = HashAnswer(answer.text, "", "");
    return answer;
  }
  std::filesystem::path path() const { return folder_->path() / "run"; }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-answers");
};

TEST_F(StoredAnswerTest, HashesAloneAreReadBackAsSuch) {
  Answer answer = Saying("");
  answer.sha256 = "aaaa";
  answer.compared_sha256 = "bbbb";
  answer.kept = false;
  answer.facts = AnswerFacts{1, {{"contains[0]", 1, ""}}, false, "de", 40, 7};
  const auto run = Reread({answer}, true);
  ASSERT_TRUE(run.ok()) << run.error().Message();
  EXPECT_EQ(run->cases[0].answers.at("aaaa"), answer);
  EXPECT_TRUE(run->cases[0].plan.store_hash);
  const auto file = base::ReadFile(path() / "answers.jsonl");
  EXPECT_THAT(*file, Not(HasSubstr("\"text\"")));
  const auto json = base::ReadFile(path() / "run.json");
  EXPECT_THAT(*json, Not(HasSubstr("Secret")));
  EXPECT_THAT(*json, HasSubstr("messages_sha256"));
}

TEST_F(StoredAnswerTest, TheReaderComputesWhatIsComparedAnew) {
  Answer answer = Saying("On 2026-11-21.");  // FullInfo's case scrubs dates
  answer.compared_sha256 = "of another version";
  const auto run = Reread({answer});
  ASSERT_TRUE(run.ok()) << run.error().Message();
  // SHA-256 of "On <date>.", by sha256sum.
  EXPECT_EQ(run->cases[0].answers.at(answer.sha256).compared_sha256, HashAnswer("On <date>.", "", ""));
}

TEST_F(StoredAnswerTest, TextsThatAreTooManyAreLeftInTheFileAndReadAgain) {
  constexpr std::size_t kMegabyte = std::size_t{1} << 20;
  std::vector<Answer> answers;
  for (char c = 'a'; c < 'a' + 3; ++c) {
    for (char d = 'a'; d < 'a' + 25; ++d) answers.push_back(Saying(std::string(kMegabyte, c) + d));
  }
  const auto run = Reread(answers);
  ASSERT_TRUE(run.ok()) << run.error().Message();
  std::size_t held = 0;
  for (const auto& [sha256, answer] : run->cases[0].answers) held += answer.text.size();
  EXPECT_LE(held, 64 * kMegabyte);
  EXPECT_GT(held, 60 * kMegabyte);
  for (const Answer& answer : answers) {
    const auto text = TextOf(run->cases[0], answer.sha256);
    ASSERT_TRUE(text.ok()) << text.error().Message();
    EXPECT_EQ(text->text, answer.text);
    EXPECT_EQ(text->compared_sha256, answer.sha256);
  }
}

TEST_F(StoredAnswerTest, AnAnswerThatIsNotThereIsNotFound) {
  const auto run = Reread({Saying("a")});
  ASSERT_TRUE(run.ok());
  const auto text = TextOf(run->cases[0], "bbbb");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace assay::run

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/answer_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::suite {
namespace {

using ::testing::HasSubstr;

class AnswerKeeperTest : public ::testing::Test {
 protected:
  AnswerKeeperTest() {
    catalogue::Prompt prompt = catalogue::PromptFromText("p", "Hi", 8);
    const base::Result<run::Json> expect = run::ParseJson(R"({"contains":["Paris","Seine"]})", "");
    prompt.expect = *expect;
    base::Result<ExpectedAnswers> read =
        ReadExpectations({prompt, catalogue::PromptFromText("free", "Hi", 8)}, "prompts.json");
    expected_ = *std::move(read);
    plan_.id = "case";
    plan_.prompt = "p";
  }

  static chat::Completion Saying(const std::string& text) {
    chat::Completion completion;
    completion.answer = run::Answer{run::HashAnswer(text, "", ""), "case", text, "", ""};
    completion.sample.answer_sha256 = completion.answer->sha256;
    completion.sample.finish_reason = "stop";
    completion.sample.response_id = "r1";
    return completion;
  }

  ExpectedAnswers expected_;
  run::PlannedCase plan_;
};

TEST_F(AnswerKeeperTest, FillsInFactsScoreAndWhatIsCompared) {
  AnswerKeeper keeper(&expected_);
  chat::Completion completion = Saying("Paris, 2024-05-01");
  plan_.scrub = {"dates"};
  keeper.Keep(plan_, completion);
  EXPECT_EQ(completion.sample.score, 0.5);
  ASSERT_TRUE(completion.answer->facts.has_value());
  EXPECT_EQ(completion.answer->facts->checks.size(), 2U);
  EXPECT_NE(completion.answer->compared_sha256, completion.answer->sha256) << "the date was replaced";
  EXPECT_EQ(completion.answer->text, "Paris, 2024-05-01") << "what is stored is what was said";
  EXPECT_EQ(completion.sample.response_id, "r1");
}

TEST_F(AnswerKeeperTest, APromptThatExpectsNothingHasNoScore) {
  AnswerKeeper keeper(&expected_);
  plan_.prompt = "free";
  chat::Completion completion = Saying("Paris");
  keeper.Keep(plan_, completion);
  EXPECT_EQ(completion.sample.score, std::nullopt);
  EXPECT_TRUE(completion.answer->facts.has_value());
}

TEST_F(AnswerKeeperTest, OfHashesNothingOfTheWordsIsLeft) {
  AnswerKeeper keeper(&expected_);
  plan_.store_hash = true;
  for (int i = 0; i < 2; ++i) {  // known answers as well
    chat::Completion completion = Saying("Paris is secret");
    completion.answer->reasoning = "secret";
    completion.answer->tool_calls = "[\"secret\"]";
    completion.sample.error = "the service said: secret";
    completion.sample.finish_reason = "secret";
    completion.sample.response_id = "secret";
    const std::string sha256 = completion.answer->sha256;
    keeper.Keep(plan_, completion);
    EXPECT_FALSE(completion.answer->kept);
    EXPECT_EQ(completion.answer->sha256, sha256);
    EXPECT_EQ(completion.sample.score, 0.5) << "the score is no text";
    const std::string written = run::WriteJson(run::ToJson(*completion.answer), run::JsonStyle::kCompact) +
                                run::WriteJson(run::ToJson(completion.sample), run::JsonStyle::kCompact);
    EXPECT_EQ(written.find("secret"), std::string::npos) << written;
    EXPECT_EQ(written.find("Seine"), std::string::npos) << "a detail says what was expected";
    EXPECT_EQ(completion.sample.finish_reason, "other");
  }
}

TEST_F(AnswerKeeperTest, MistakesInExpectationsNameTheFileAndThePath) {
  catalogue::Prompt prompt = catalogue::PromptFromText("p", "Hi", 8);
  prompt.expect = run::JsonObject{{"contain", "x"}};
  const base::Result<ExpectedAnswers> read =
      ReadExpectations({catalogue::PromptFromText("free", "Hi", 8), prompt}, "my/prompts.json");
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().Message(), HasSubstr("$.prompts[1].expect"));
  EXPECT_THAT(read.error().Message(), HasSubstr("my/prompts.json"));
}

}  // namespace
}  // namespace assay::suite

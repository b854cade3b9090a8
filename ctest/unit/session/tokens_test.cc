// SPDX-License-Identifier: MIT
#include "fixtures/session/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::session {
namespace {

// A tokenizer whose tokens are characters and whose template adds 10 per list and 3 per message.
class TokenCounterTest : public ::testing::Test {
 protected:
  base::Result<std::int64_t> Count(const run::Json& messages) {
    ++calls_;
    if (fails_) return base::Error{base::ErrorCode::kHttpStatus, "HTTP 404", ""};
    std::int64_t tokens = 10;
    for (const run::Json& message : *messages.as_array()) {
      tokens += 3 + static_cast<std::int64_t>(message.Find("content")->as_string()->size());
    }
    return tokens;
  }
  base::Status Fill(chat::Completion& completion) {
    return counter_.Fill(
        "m", messages_, [this](const run::Json& asked) { return Count(asked); }, completion);
  }
  static chat::Completion Answered(const std::string& text) {
    chat::Completion completion;
    completion.sample.token_source = run::TokenSource::kChunks;
    completion.sample.completion_tokens = 1;
    completion.answer.emplace();
    completion.answer->text = text;
    return completion;
  }

  const run::Json messages_ = run::JsonArray{run::JsonObject{{"role", "user"}, {"content", "hello"}}};
  TokenCounter counter_;
  int calls_ = 0;
  bool fails_ = false;
};

// prompt: 10 + 3 + 5 = 18. answer: (10 + 3 + 7) - (10 + 3 + 1) + 1 = 7.
TEST_F(TokenCounterTest, TheTemplateIsTakenOutOfTheAnswer) {
  chat::Completion completion = Answered("goodbye");
  ASSERT_TRUE(Fill(completion).ok());
  EXPECT_EQ(completion.sample.prompt_tokens, 18);
  EXPECT_EQ(completion.sample.completion_tokens, 7);
  EXPECT_EQ(completion.sample.token_source, run::TokenSource::kTokenizerCount);
}

TEST_F(TokenCounterTest, ReasoningIsPartOfTheAnswer) {
  chat::Completion completion = Answered("goodbye");
  completion.answer->reasoning = "hm ";
  ASSERT_TRUE(Fill(completion).ok());
  EXPECT_EQ(completion.sample.completion_tokens, 10);
}

TEST_F(TokenCounterTest, EqualAnswersAreCountedOnce) {
  for (int i = 0; i < 3; ++i) {
    chat::Completion completion = Answered("goodbye");
    ASSERT_TRUE(Fill(completion).ok());
    EXPECT_EQ(completion.sample.completion_tokens, 7);
  }
  EXPECT_EQ(calls_, 3);  // prompt, "a", answer
  chat::Completion other = Answered("see you");
  ASSERT_TRUE(Fill(other).ok());
  EXPECT_EQ(calls_, 4);
}

TEST_F(TokenCounterTest, WhatTheServerReportsAndWhatFailedIsLeftAlone) {
  for (const run::TokenSource stated : {run::TokenSource::kServerUsage, run::TokenSource::kContinuousUsage}) {
    chat::Completion reported = Answered("goodbye");
    reported.sample.token_source = stated;
    ASSERT_TRUE(Fill(reported).ok());
    EXPECT_EQ(reported.sample.completion_tokens, 1);
    EXPECT_EQ(reported.sample.token_source, stated);
  }
  chat::Completion failed = Answered("goodbye");
  failed.sample.outcome = run::Outcome::kReset;
  ASSERT_TRUE(Fill(failed).ok());
  EXPECT_EQ(failed.sample.token_source, run::TokenSource::kChunks);
  EXPECT_EQ(calls_, 0);
}

TEST_F(TokenCounterTest, AFailureIsSaidOnceAndEndsTheCounting) {
  fails_ = true;
  chat::Completion completion = Answered("goodbye");
  EXPECT_FALSE(Fill(completion).ok());
  EXPECT_EQ(completion.sample.token_source, run::TokenSource::kChunks);
  EXPECT_EQ(completion.sample.completion_tokens, 1);
  EXPECT_TRUE(counter_.given_up());
  EXPECT_TRUE(Fill(completion).ok());
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace assay::session

// SPDX-License-Identifier: MIT
// A tiny transformer of its own keeps these quick; times are compared with deadlines only where they are lower bounds.
#include "fixtures/embedded/generation.h"

#include <gtest/gtest.h>

#include "fixtures/base/text.h"

namespace assay::embedded {
namespace {

class GenerationTest : public testing::Test {
 protected:
  GenerationTest() {
    TransformerShape shape;
    shape.layers = 2;
    shape.width = 32;
    shape.hidden_width = 64;
    shape.seed = 5;
    model_ = std::make_shared<const Transformer>(shape, Precision::kFp32, EmberVocabulary());
    request_.prompt = {Vocabulary::kBegin, Vocabulary::kUser, 'h', 'i', Vocabulary::kEndOfTurn, Vocabulary::kAssistant};
    request_.max_tokens = 40;
    request_.sampling.greedy = true;
    request_.received = std::chrono::steady_clock::now();
  }

  GenerationResult Run() {
    text_.clear();
    times_.clear();
    GenerationEvents events;
    events.prompt_read = [&] {
      prompt_read_ = true;
      return true;
    };
    events.piece = [&](std::string_view piece) {
      EXPECT_FALSE(piece.empty());
      EXPECT_TRUE(base::IsValidUtf8(piece));
      text_ += piece;
      times_.push_back(std::chrono::steady_clock::now());
      if (stop_after_ != 0 && times_.size() == stop_after_) stop_ = true;
      return times_.size() != give_up_after_;
    };
    return Generate(model_, EmberVocabulary(), request_, stop_, events);
  }

  std::shared_ptr<const Transformer> model_;
  GenerationRequest request_;
  std::atomic<bool> stop_{false};
  std::size_t stop_after_ = 0;
  std::size_t give_up_after_ = 0;
  std::string text_;
  std::vector<base::Moment> times_;
  bool prompt_read_ = false;
};

TEST_F(GenerationTest, GreedyAnswersRepeat) {
  const GenerationResult first = Run();
  const std::string text = text_;
  EXPECT_TRUE(prompt_read_);
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(Run().tokens, first.tokens);
  EXPECT_EQ(text_, text);
}

TEST_F(GenerationTest, EndsWithTheBudgetOrTheEndOfTurn) {
  bool cut = false;
  bool ended = false;
  for (int prompt = 'a'; prompt <= 'z'; ++prompt) {
    request_.prompt[2] = prompt;
    const GenerationResult result = Run();
    if (result.end == GenerationEnd::kMaxTokens) {
      cut = true;
      EXPECT_EQ(result.tokens.size(), 40U);
    } else {
      ended = true;
      EXPECT_EQ(result.end, GenerationEnd::kEndOfTurn);
      EXPECT_LT(result.tokens.size(), 41U);
    }
  }
  EXPECT_TRUE(cut);
  EXPECT_TRUE(ended);
}

TEST_F(GenerationTest, FlipsExactlyTheChosenToken) {
  const std::vector<TokenId> plain = Run().tokens;
  ASSERT_GT(plain.size(), 4U);
  request_.script.flip_at = 3;
  const std::vector<TokenId> flipped = Run().tokens;
  ASSERT_GT(flipped.size(), 3U);
  EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 3, flipped.begin()));
  EXPECT_NE(plain[3], flipped[3]);
}

TEST_F(GenerationTest, FlipChangesAnAnswerThatEndsBeforeTheChosenToken) {
  for (int prompt = 'a'; prompt <= 'z'; ++prompt) {
    request_.prompt[2] = prompt;
    request_.script.flip_at.reset();
    const GenerationResult plain = Run();
    if (plain.end != GenerationEnd::kEndOfTurn) continue;
    request_.script.flip_at = 39;
    const GenerationResult flipped = Run();
    EXPECT_GT(flipped.tokens.size(), plain.tokens.size());
    return;
  }
  FAIL() << "no answer ended by itself";
}

TEST_F(GenerationTest, BatchedPromptGivesTheSameScoresAsOneTokenAtATime) {
  std::vector<TokenId> prompt;
  for (int i = 0; i < 21; ++i) prompt.push_back(300 + i);
  Decoder batched(model_, prompt.size());
  const std::vector<float> wanted = batched.Append(prompt);
  Decoder single(model_, prompt.size());
  for (std::size_t i = 0; i + 1 < prompt.size(); ++i) single.Read(std::span(&prompt[i], 1));
  EXPECT_EQ(single.Append(std::span(&prompt.back(), 1)), wanted);
}

TEST_F(GenerationTest, AnInstantAnswerNeedsNoModelAndNoTime) {
  model_ = nullptr;
  request_.max_tokens = 2;
  request_.script.per_token = std::chrono::hours(1);
  request_.script.faults = {{FaultKind::kInstant, 7}};
  const GenerationResult result = Run();
  EXPECT_TRUE(prompt_read_);
  EXPECT_EQ(result.tokens.size(), 7U);
  EXPECT_EQ(result.end, GenerationEnd::kMaxTokens);
  EXPECT_EQ(text_, "ooooooo");
  give_up_after_ = 3;
  EXPECT_EQ(Run().end, GenerationEnd::kStopped);
  EXPECT_EQ(text_, "ooo");
}

TEST_F(GenerationTest, PacingKeepsAbsoluteDeadlines) {
  request_.max_tokens = 10;
  request_.script.time_to_first_token = std::chrono::milliseconds(20);
  request_.script.per_token = std::chrono::milliseconds(2);
  request_.received = std::chrono::steady_clock::now();
  Run();
  ASSERT_GE(times_.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_GE(times_[i] - request_.received, std::chrono::milliseconds(20 + 2 * i)) << i;
  }
}

TEST_F(GenerationTest, SlowDecodeStretchesScriptedIntervals) {
  request_.max_tokens = 6;
  request_.script.time_to_first_token = std::chrono::milliseconds(0);
  request_.script.per_token = std::chrono::milliseconds(2);
  request_.script.slow_decode = 2.0;
  request_.received = std::chrono::steady_clock::now();
  Run();
  ASSERT_EQ(times_.size(), 6U);
  EXPECT_GE(times_[5] - request_.received, std::chrono::milliseconds(20));
}

TEST_F(GenerationTest, SlowDecodeLeavesTheAnswerAsItIs) {
  const std::vector<TokenId> plain = Run().tokens;
  request_.script.slow_decode = 3.0;
  EXPECT_EQ(Run().tokens, plain);
}

TEST_F(GenerationTest, StopsWithinATokenWhenTold) {
  request_.script.per_token = std::chrono::hours(1);
  stop_after_ = 1;
  const GenerationResult result = Run();
  EXPECT_EQ(result.end, GenerationEnd::kStopped);
  EXPECT_EQ(times_.size(), 1U);
}

TEST_F(GenerationTest, EndsWhereAListenerGivesUp) {
  give_up_after_ = 3;
  EXPECT_EQ(Run().end, GenerationEnd::kStopped);
  EXPECT_EQ(times_.size(), 3U);
}

}  // namespace
}  // namespace assay::embedded

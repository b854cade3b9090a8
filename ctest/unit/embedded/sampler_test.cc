// SPDX-License-Identifier: MIT
#include "fixtures/embedded/sampler.h"

#include <gtest/gtest.h>

#include <map>

namespace assay::embedded {
namespace {

// Scores of 0 for everything but the given tokens; 0 is far below the given ones.
std::vector<float> Scores(const std::map<TokenId, float>& given) {
  std::vector<float> scores(EmberVocabulary().size(), -100.0F);
  for (const auto& [token, score] : given) scores[static_cast<std::size_t>(token)] = score;
  return scores;
}

TEST(Sampler, GreedyTakesTheBestAndNamesTheRunnerUp) {
  SamplingOptions options;
  options.greedy = true;
  Sampler sampler(options, EmberVocabulary(), {});
  const auto choice = sampler.Choose(Scores({{300, 5.0F}, {301, 7.0F}, {302, 6.0F}}));
  EXPECT_EQ(choice.token, 301);
  EXPECT_EQ(choice.runner_up, 302);
}

TEST(Sampler, RunnerUpIsNeverTheEndOfTurn) {
  SamplingOptions options;
  options.greedy = true;
  Sampler sampler(options, EmberVocabulary(), {});
  const auto choice = sampler.Choose(Scores({{300, 5.0F}, {301, 7.0F}, {Vocabulary::kEndOfTurn, 6.0F}}));
  EXPECT_EQ(choice.runner_up, 300);
}

TEST(Sampler, SameSeedSameTokensOtherSeedOthers) {
  const auto scores = Scores({{300, 1.0F}, {301, 1.0F}, {302, 1.0F}, {303, 1.0F}});
  const auto draw = [&](std::uint64_t seed) {
    SamplingOptions options;
    options.seed = seed;
    Sampler sampler(options, EmberVocabulary(), {});
    std::vector<TokenId> tokens;
    for (int i = 0; i < 20; ++i) tokens.push_back(sampler.Choose(scores).token);
    return tokens;
  };
  EXPECT_EQ(draw(7), draw(7));
  EXPECT_NE(draw(7), draw(8));
}

TEST(Sampler, FollowsTheSoftmax) {
  SamplingOptions options;
  options.temperature = 2.0F;
  Sampler sampler(options, EmberVocabulary(), {});
  const auto scores = Scores({{300, 2.0F}, {301, 0.0F}});
  int first = 0;
  for (int i = 0; i < 4000; ++i) first += sampler.Choose(scores).token == 300 ? 1 : 0;
  // e / (e + 1) = 0.731; four standard errors of 0.007.
  EXPECT_NEAR(first / 4000.0, 0.731, 0.028);
}

TEST(Sampler, TopPAndTopKNarrowTheChoice) {
  const auto scores = Scores({{300, 2.0F}, {301, 1.0F}, {302, 0.5F}});
  SamplingOptions top_p;
  top_p.top_p = 0.1F;
  SamplingOptions top_k;
  top_k.top_k = 1;
  for (const SamplingOptions& options : {top_p, top_k}) {
    Sampler sampler(options, EmberVocabulary(), {});
    for (int i = 0; i < 50; ++i) EXPECT_EQ(sampler.Choose(scores).token, 300);
  }
}

TEST(Sampler, RepetitionPenaltyOfZeroRepeatsWhatWasSeen) {
  SamplingOptions options;
  options.greedy = true;
  options.repetition_penalty = 0.0F;
  Sampler sampler(options, EmberVocabulary(), {300});
  EXPECT_EQ(sampler.Choose(Scores({{300, 1.0F}, {301, 7.0F}})).token, 300);
}

TEST(Sampler, RepetitionPenaltyAboveOneAvoidsWhatWasSeen) {
  SamplingOptions options;
  options.greedy = true;
  options.repetition_penalty = 2.0F;
  Sampler sampler(options, EmberVocabulary(), {});
  sampler.Accept(300);
  EXPECT_EQ(sampler.Choose(Scores({{300, 7.0F}, {301, 4.0F}})).token, 301);
}

}  // namespace
}  // namespace assay::embedded

// SPDX-License-Identifier: MIT
// The probe against models that obey, or do not, in one way each.
#include "fixtures/session/sampling_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::session {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SamplingProbeTest : public ::testing::Test {
 protected:
  struct Asked {
    std::int64_t temperature, seed, max_tokens;
  };
  // A model that obeys; tests replace what it does.
  std::string Answer(const Asked& asked) {
    return asked.temperature == 0 ? "greedy" : "seed " + std::to_string(asked.seed);
  }

  chat::Completion Send(const run::Json& request) {
    requests_.push_back(request);
    const auto number = [&](const char* key) {
      const run::Json* value = request.Find(key);
      return value == nullptr ? std::int64_t{-1} : *value->as_integer();
    };
    const Asked asked{number("temperature"), number("seed"), number(limit_)};
    chat::Completion completion;
    run::Sample& sample = completion.sample;
    if (outcome_ && outcome_(asked) != run::Outcome::kOk) {
      sample.outcome = outcome_(asked);
      sample.error = "it said no";
      return completion;
    }
    const std::string text = answer_ ? answer_(asked) : Answer(asked);
    sample.answer_sha256 = run::HashAnswer(text, "", "");
    const std::int64_t tokens = obeys_max_tokens_ ? asked.max_tokens : 4 * asked.max_tokens;
    if (usage_) {
      sample.completion_tokens = tokens;
      sample.token_source = source_;
    }
    for (std::int64_t i = 0; i < (pieces_ > 0 ? pieces_ : tokens); ++i) {
      sample.timeline.events.push_back({base::Nanoseconds(i), run::EventKind::kContent});
    }
    if (done_) sample.timeline.events.push_back({base::Nanoseconds(99), run::EventKind::kDone});
    return completion;
  }
  SamplingFindings Probe() {
    return ProbeSampling([this](const run::Json& request) { return Send(request); }, extra_,
                         [this] { return cancelled_ && cancelled_(); });
  }

  std::vector<run::Json> requests_;
  std::function<std::string(const Asked&)> answer_;
  std::function<run::Outcome(const Asked&)> outcome_;
  std::function<bool()> cancelled_;
  run::Json extra_;
  const char* limit_ = "max_tokens";
  bool obeys_max_tokens_ = true;
  bool usage_ = true;
  run::TokenSource source_ = run::TokenSource::kServerUsage;
  bool done_ = true;
  std::int64_t pieces_ = 0;
};

TEST_F(SamplingProbeTest, AModelThatObeysIsDeterministic) {
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.verdict(), "deterministic");
  EXPECT_EQ(found.zero_repeats, true);
  EXPECT_EQ(found.same_seed_repeats, true);
  EXPECT_EQ(found.seeds_differ, true);
  EXPECT_EQ(found.max_tokens_obeyed, true);
  EXPECT_EQ(found.usage_reported, true);
  EXPECT_EQ(found.stream_well_formed, true);
  EXPECT_EQ(found.failure, "");
  EXPECT_THAT(found.lines, Contains("temperature 0: 3 of 3 answers equal"));
  EXPECT_EQ(requests_.size(), 7U);  // 3 greedy, 2 of one seed, the first other seed differs, 1 of few tokens
}

TEST_F(SamplingProbeTest, EveryRequestIsSmallStreamedAndAsksForUsage) {
  Probe();
  for (const run::Json& request : requests_) {
    EXPECT_LE(*request.Find("max_tokens")->as_integer(), 16);
    EXPECT_TRUE(*request.Find("stream")->as_bool());
    EXPECT_TRUE(*request.Find("stream_options")->Find("include_usage")->as_bool());
    EXPECT_EQ(*request.Find("messages"), *requests_[0].Find("messages"));
  }
}

TEST_F(SamplingProbeTest, GreedyAnswersThatDifferAreNondeterministic) {
  answer_ = [n = 0](const Asked&) mutable { return std::to_string(n++); };
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.verdict(), "nondeterministic");
  EXPECT_EQ(found.zero_repeats, false);
  EXPECT_THAT(found.lines, Contains("temperature 0: 3 different answers in 3"));
}

// #636: temperature ignored, one answer whatever is asked.
TEST_F(SamplingProbeTest, OneAnswerWhateverIsAskedIgnoresSampling) {
  answer_ = [](const Asked&) { return "always"; };
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.verdict(), "sampling_ignored");
  EXPECT_EQ(found.seeds_differ, false);
  EXPECT_EQ(requests_.size(), 9U);  // the most there are
}

TEST_F(SamplingProbeTest, ASeedThatDoesNotRepeatIsIgnored) {
  answer_ = [n = 0](const Asked& asked) mutable { return asked.temperature == 0 ? "greedy" : std::to_string(n++); };
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.verdict(), "sampling_ignored");
  EXPECT_EQ(found.zero_repeats, true);
  EXPECT_EQ(found.same_seed_repeats, false);
}

TEST_F(SamplingProbeTest, OneEqualPairOfSeedsMayBeChance) {
  answer_ = [](const Asked& asked) {
    return asked.temperature == 0 ? "greedy" : asked.seed <= 2 ? "the same" : "another";
  };
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.seeds_differ, true);
  EXPECT_EQ(found.verdict(), "deterministic");
}

// Nine pieces of four tokens: what the service states with every chunk counts, as what it states at the end does.
TEST_F(SamplingProbeTest, CountsThatAreStatedWithEveryChunkAreReported) {
  source_ = run::TokenSource::kContinuousUsage;
  pieces_ = 9;
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.usage_reported, true);
  EXPECT_EQ(found.max_tokens_obeyed, true);
}

TEST_F(SamplingProbeTest, MoreTokensThanAskedForAreNotObeyed) {
  obeys_max_tokens_ = false;
  EXPECT_EQ(Probe().max_tokens_obeyed, false);
  usage_ = false;  // then what came is counted
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.max_tokens_obeyed, false);
  EXPECT_EQ(found.usage_reported, false);
  EXPECT_THAT(found.lines, Contains("max_tokens 4: 16 pieces of text came"));
}

TEST_F(SamplingProbeTest, AnAnswerInOnePieceIsNoStream) {
  pieces_ = 1;
  EXPECT_EQ(Probe().stream_well_formed, false);
}

TEST_F(SamplingProbeTest, AnEndThatIsNotAnnouncedIsNotWellFormed) {
  done_ = false;
  EXPECT_EQ(Probe().stream_well_formed, false);
}

TEST_F(SamplingProbeTest, AModelThatIsDownIsAskedTwiceAndNothingIsKnown) {
  outcome_ = [](const Asked&) { return run::Outcome::kHttpStatus; };
  const SamplingFindings found = Probe();
  EXPECT_EQ(requests_.size(), 2U);
  EXPECT_EQ(found.verdict(), std::nullopt);
  EXPECT_EQ(found.failure, "http_status: it said no");
  EXPECT_EQ(found.zero_repeats, std::nullopt);
  EXPECT_EQ(found.stream_well_formed, std::nullopt);
  EXPECT_EQ(found.usage_reported, std::nullopt);
}

TEST_F(SamplingProbeTest, AStreamWithoutItsEndIsEvidenceToo) {
  outcome_ = [](const Asked&) { return run::Outcome::kTruncatedStream; };
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.stream_well_formed, false);
  EXPECT_NE(found.failure, "");
}

// Some samplers fail above temperature 0 (foundry-facts 4): greedy is known, sampling is not.
TEST_F(SamplingProbeTest, SamplingThatFailsGivesNoVerdict) {
  outcome_ = [](const Asked& asked) { return asked.temperature == 0 ? run::Outcome::kOk : run::Outcome::kHttpStatus; };
  const SamplingFindings found = Probe();
  EXPECT_EQ(found.zero_repeats, true);
  EXPECT_EQ(found.seeds_differ, std::nullopt);
  EXPECT_EQ(found.same_seed_repeats, std::nullopt);
  EXPECT_EQ(found.verdict(), std::nullopt);
  EXPECT_EQ(found.failure, "");
}

TEST_F(SamplingProbeTest, TheModelsOwnFieldsAreSentAndDoNotReplaceWhatIsVaried) {
  extra_ = run::JsonObject{{"top_p", 0.9},
                           {"temperature", 5},
                           {"seed", 5},
                           {"metadata", run::JsonObject{{"random_seed", "5"}, {"top_k", "40"}}}};
  EXPECT_EQ(Probe().verdict(), "deterministic");
  for (const run::Json& request : requests_) {
    EXPECT_EQ(request.Find("top_p")->as_number(), 0.9);
    EXPECT_EQ(request.Find("metadata")->Find("random_seed"), nullptr);
    EXPECT_NE(request.Find("metadata")->Find("top_k"), nullptr);
  }
}

TEST_F(SamplingProbeTest, ALimitUnderItsOtherNameIsTheOneThatIsVaried) {
  extra_ = run::JsonObject{{"max_completion_tokens", 500}};
  limit_ = "max_completion_tokens";
  EXPECT_EQ(Probe().max_tokens_obeyed, true);
  for (const run::Json& request : requests_) EXPECT_EQ(request.Find("max_tokens"), nullptr);
}

TEST_F(SamplingProbeTest, CancelledAsksNoMore) {
  cancelled_ = [] { return true; };
  SamplingFindings found = Probe();
  EXPECT_THAT(requests_, IsEmpty());
  EXPECT_EQ(found.failure, "cancelled");
  cancelled_ = [this] { return requests_.size() == 4; };
  found = Probe();
  EXPECT_EQ(requests_.size(), 4U);
  EXPECT_EQ(found.zero_repeats, true);
  EXPECT_EQ(found.verdict(), std::nullopt);
}

}  // namespace
}  // namespace assay::session

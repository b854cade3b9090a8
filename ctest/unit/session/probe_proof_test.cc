// SPDX-License-Identifier: MIT
// What replies prove, by hand-made replies.
#include "fixtures/session/probe_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::session {
namespace {

using run::ProbeFinding;
using run::ProbeKind;
using run::ProbeResult;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

run::PlannedCase Probe(ProbeKind kind) {
  run::PlannedCase probe;
  probe.id = "chat/a:1/p/stream:on/max_tokens:24/probe:" + std::string(ToString(kind));
  probe.scenario.probe = kind;
  probe.request = run::JsonObject{{"max_tokens", 24}};
  return probe;
}

// "-" = the request timed out.
ProbeReply Reply(std::string_view step, const std::string& text, std::int64_t tokens = 16) {
  ProbeReply reply;
  reply.step = step;
  if (text == "-") {
    reply.sample.outcome = run::Outcome::kTimeout;
    reply.sample.error = "a word of the answer";
    return reply;
  }
  reply.answer = run::Answer{run::HashAnswer(text, "", ""), "", text, "", ""};
  reply.sample.answer_sha256 = reply.answer->sha256;
  reply.sample.completion_tokens = tokens;
  reply.sample.token_source = run::TokenSource::kServerUsage;
  return reply;
}

// One text per step.
ProbeFinding Prove(ProbeKind kind, const std::vector<std::string>& texts, const run::Json& own = {}) {
  run::PlannedCase probe = Probe(kind);
  if (const run::JsonObject* fields = own.as_object()) {
    for (const auto& [key, value] : *fields) probe.request.as_object()->insert_or_assign(key, value);
  }
  std::vector<ProbeReply> replies;
  const auto steps = run::StepsOf(kind);
  for (std::size_t i = 0; i < texts.size(); ++i) replies.push_back(Reply(steps[i], texts[i]));
  ProbeFinding finding = session::Prove(probe, replies);
  EXPECT_EQ(finding.case_id, probe.id);
  EXPECT_EQ(finding.probe, kind);
  EXPECT_FALSE(finding.evidence.empty());
  return finding;
}

std::vector<ProbeResult> Parts(const ProbeFinding& finding) {
  std::vector<ProbeResult> parts;
  for (const auto& [name, result] : finding.parts) parts.push_back(result);
  return parts;
}

TEST(ProbeProof, ATemperatureThatIsObeyedRepeatsAtZeroAndVariesAtOne) {
  const ProbeFinding finding = Prove(ProbeKind::kTemperature, {"g", "g", "g", "a", "b", "a", "c"});
  EXPECT_EQ(finding.result, ProbeResult::kObeyed);
  EXPECT_EQ(finding.n, 7);
  EXPECT_THAT(finding.evidence, ElementsAre("temperature 0, seeds 1 to 3: 3 of 3 answers equal",
                                            "temperature 1, seeds 1 to 4: 3 different answers in 4"));
}

// #636: one answer whatever is asked.
TEST(ProbeProof, OneAnswerAtEveryTemperatureIsIgnored) {
  const ProbeFinding finding = Prove(ProbeKind::kTemperature, {"g", "g", "g", "g", "g", "g", "g"});
  EXPECT_EQ(finding.result, ProbeResult::kIgnored);
  EXPECT_EQ(finding.parts.at("greedy"), ProbeResult::kObeyed);
  EXPECT_EQ(finding.parts.at("sampling"), ProbeResult::kIgnored);
}

// A service that samples whatever it is asked, and obeys the seed: at 0 every seed has another answer.
TEST(ProbeProof, SamplingAtZeroIsIgnored) {
  const ProbeFinding finding = Prove(ProbeKind::kTemperature, {"a", "b", "c", "a", "b", "c", "d"});
  EXPECT_EQ(finding.result, ProbeResult::kIgnored);
  EXPECT_EQ(finding.parts.at("greedy"), ProbeResult::kIgnored);
}

TEST(ProbeProof, TooFewAnswersProveNoAgreement) {
  const ProbeFinding finding = Prove(ProbeKind::kTemperature, {"g", "g", "-", "a", "a", "a", "-"});
  EXPECT_EQ(finding.result, ProbeResult::kCannotTell);
  EXPECT_THAT(Parts(finding), ::testing::Each(ProbeResult::kCannotTell));
  EXPECT_THAT(finding.evidence, Contains("not answered: greedy: timeout"));
  EXPECT_THAT(finding.evidence, ::testing::Each(Not(HasSubstr("a word of the answer"))));
  // What differs already differs, however few there are.
  EXPECT_EQ(Prove(ProbeKind::kTemperature, {"g", "h", "-"}).result, ProbeResult::kIgnored);
}

TEST(ProbeProof, WhatTheModelItselfPinsIsNoFaultOfTheService) {
  const std::vector<std::string> one(7, "g");
  for (const run::Json& own : {run::Json(run::JsonObject{{"top_k", 1}}), run::Json(run::JsonObject{{"top_p", 0}})}) {
    const ProbeFinding finding = Prove(ProbeKind::kTemperature, one, own);
    EXPECT_EQ(finding.result, ProbeResult::kCannotTell);
    EXPECT_THAT(finding.evidence, Contains(HasSubstr("the model's own request has top_")));
  }
  EXPECT_EQ(Prove(ProbeKind::kTemperature, one, run::JsonObject{{"top_k", 2}}).result, ProbeResult::kIgnored);
}

TEST(ProbeProof, ASeedThatIsObeyedRepeatsAndOthersDiffer) {
  EXPECT_EQ(Prove(ProbeKind::kSeed, {"a", "a", "a", "b", "a", "c"}).result, ProbeResult::kObeyed);
  const ProbeFinding drawn = Prove(ProbeKind::kSeed, {"a", "b", "c", "d", "e", "f"});
  EXPECT_EQ(drawn.result, ProbeResult::kIgnored);
  EXPECT_EQ(drawn.parts.at("repeats"), ProbeResult::kIgnored);
  const ProbeFinding fixed = Prove(ProbeKind::kSeed, {"a", "a", "a", "a", "a", "a"});
  EXPECT_EQ(fixed.result, ProbeResult::kIgnored);
  EXPECT_EQ(fixed.parts.at("repeats"), ProbeResult::kObeyed);
  EXPECT_EQ(fixed.parts.at("varies"), ProbeResult::kIgnored);
}

class LimitsProof : public ::testing::Test {
 protected:
  ProbeFinding Prove(std::int64_t free_tokens, std::int64_t limited_tokens, const std::string& stopped) {
    const std::string free = "The sea is deep and blue.";  // to be stopped before "deep", at character 11 of 25
    return session::Prove(
        Probe(ProbeKind::kLimits),
        std::vector<ProbeReply>{Reply("free", free, free_tokens), Reply("free", free, free_tokens),
                                Reply("max_tokens", "The sea is", limited_tokens), Reply("stop", stopped)});
  }
};

TEST_F(LimitsProof, BothAreObeyed) {
  for (const char* stopped : {"The sea is", "The sea is ", "The sea is deep"}) {
    const ProbeFinding finding = Prove(16, 4, stopped);
    EXPECT_EQ(finding.result, ProbeResult::kObeyed) << stopped;
  }
  EXPECT_THAT(Prove(16, 4, "The sea is").evidence,
              ElementsAre("max_tokens 4: 4 tokens came", "stop at character 11 of 25: the answer ends there"));
  EXPECT_THAT(Prove(16, 4, "The sea is deep").evidence[1], HasSubstr("the stop text itself is still in it"));
}

TEST_F(LimitsProof, EachMayBeIgnoredAlone) {
  const ProbeFinding stop = Prove(16, 4, "The sea is deep and blue.");
  EXPECT_EQ(stop.result, ProbeResult::kIgnored);
  EXPECT_THAT(Parts(stop), ElementsAre(ProbeResult::kObeyed, ProbeResult::kIgnored));
  const ProbeFinding tokens = Prove(64, 16, "The sea is");
  EXPECT_EQ(tokens.result, ProbeResult::kIgnored);
  EXPECT_THAT(Parts(tokens), ElementsAre(ProbeResult::kIgnored, ProbeResult::kObeyed));
}

TEST_F(LimitsProof, AnAnswerThatIsShortOrAnotherOneProvesNothing) {
  EXPECT_EQ(Prove(4, 4, "The sea is").parts.at("max_tokens"), ProbeResult::kCannotTell);
  EXPECT_EQ(Prove(16, 4, "A lake").parts.at("stop"), ProbeResult::kCannotTell);
  EXPECT_EQ(Prove(16, 4, "The").parts.at("stop"), ProbeResult::kCannotTell);
  const ProbeFinding refused = Prove(16, 4, "-");
  EXPECT_EQ(refused.parts.at("stop"), ProbeResult::kCannotTell);
  EXPECT_EQ(refused.result, ProbeResult::kCannotTell);
}

TEST(ProbeProof, NoLimitsWithoutAnAnswer) {
  EXPECT_EQ(Prove(ProbeKind::kLimits, {"-", "-"}).result, ProbeResult::kCannotTell);
  // Nothing to stop: the step was not asked.
  const ProbeFinding finding = Prove(ProbeKind::kLimits, {"x", "x", "x"});
  EXPECT_EQ(finding.parts.at("stop"), ProbeResult::kCannotTell);
  EXPECT_THAT(finding.evidence, Contains(HasSubstr("no answer to stop in its middle")));
}

struct SameCase {
  ProbeKind kind;
  std::string words;  // of what is held against the first two
};
class SameProof : public ::testing::TestWithParam<SameCase> {
 protected:
  std::vector<std::string> Texts() const { return std::vector<std::string>(run::StepsOf(GetParam().kind).size(), "a"); }
};

TEST_P(SameProof, EqualAnswersAreTheSame) {
  const ProbeFinding finding = Prove(GetParam().kind, Texts());
  EXPECT_EQ(finding.result, ProbeResult::kSame);
  EXPECT_TRUE(finding.parts.empty());
  EXPECT_EQ(finding.n, std::ssize(Texts()));
  EXPECT_THAT(finding.evidence, Contains(HasSubstr(GetParam().words)));
}

TEST_P(SameProof, OneOtherAnswerDiffers) {
  const auto steps = run::StepsOf(GetParam().kind);
  for (std::size_t i = 2; i < steps.size(); ++i) {
    std::vector<std::string> texts = Texts();
    texts[i] = "b";
    const bool in_the_way = steps[i].starts_with("other");
    EXPECT_EQ(Prove(GetParam().kind, texts).result, in_the_way ? ProbeResult::kSame : ProbeResult::kDiffers)
        << steps[i];
  }
}

TEST_P(SameProof, AnAnswerThatDoesNotRepeatByItselfProvesNothing) {
  std::vector<std::string> texts = Texts();
  texts[1] = "b";
  const ProbeFinding finding = Prove(GetParam().kind, texts);
  EXPECT_EQ(finding.result, ProbeResult::kCannotTell);
  EXPECT_THAT(finding.evidence, Contains("the answer does not repeat by itself: nothing can be told"));
}

TEST_P(SameProof, AMissingAnswerProvesNoSameness) {
  for (std::size_t i = 0; i < Texts().size(); ++i) {
    std::vector<std::string> texts = Texts();
    texts[i] = "-";
    EXPECT_EQ(Prove(GetParam().kind, texts).result, ProbeResult::kCannotTell) << i;
    texts.resize(i);
    if (i > 0) {
      EXPECT_EQ(Prove(GetParam().kind, texts).result, ProbeResult::kCannotTell) << "cut at " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryProbe, SameProof,
                         ::testing::Values(SameCase{ProbeKind::kStream, "in one piece: 2 of 2 answers the same"},
                                           SameCase{ProbeKind::kConcurrency, "with 4 in flight: 8 of 8 answers"},
                                           SameCase{ProbeKind::kReload, "after the model was loaded anew: 2 of 2"},
                                           SameCase{ProbeKind::kRestart, "after a restart of the service: 2 of 2"},
                                           SameCase{ProbeKind::kCache, "after long other prompts: 2 of 2"}),
                         [](const auto& tested) { return std::string(ToString(tested.param.kind)); });

// What the case asks to be left out of a comparison does not make an answer another one.
TEST(ProbeProof, WhatIsScrubbedMakesNoDifference) {
  run::PlannedCase probe = Probe(ProbeKind::kStream);
  const auto steps = run::StepsOf(ProbeKind::kStream);
  std::vector<ProbeReply> replies;
  for (std::size_t i = 0; i < steps.size(); ++i) replies.push_back(Reply(steps[i], i < 2 ? "Yes." : "Yes.  "));
  EXPECT_EQ(session::Prove(probe, replies).result, ProbeResult::kDiffers);
  probe.scrub = {"trailing_white_space"};
  EXPECT_EQ(session::Prove(probe, replies).result, ProbeResult::kSame);
}

TEST(ProbeProof, PiecesAreCountedWhereNobodyCountsTokens) {
  run::Sample sample;
  sample.timeline.events = {{base::Nanoseconds(1), run::EventKind::kRole},
                            {base::Nanoseconds(2), run::EventKind::kContent},
                            {base::Nanoseconds(3), run::EventKind::kReasoning},
                            {base::Nanoseconds(4), run::EventKind::kDone}};
  EXPECT_EQ(TokensOf(sample).InWords(), "2 pieces of text");
  sample.completion_tokens = 5;
  sample.token_source = run::TokenSource::kChunks;
  EXPECT_EQ(TokensOf(sample).InWords(), "2 pieces of text");
  sample.token_source = run::TokenSource::kTokenizerCount;
  EXPECT_EQ(TokensOf(sample).InWords(), "5 tokens");
}

}  // namespace
}  // namespace assay::session

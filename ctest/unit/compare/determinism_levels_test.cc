// SPDX-License-Identifier: MIT
// What each level takes for the same answer, at level rate with all cases together, and what is said of a change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/support/run_builder.h"
#include "fixtures/run/compared.h"
#include "tools/compare/answer_causes.h"
#include "tools/compare/answer_judgement.h"
#include "tools/compare/answer_rate.h"
#include "tools/compare/determinism_rule.h"

namespace assay::compare {
namespace {

using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DeterminismLevel Level(std::string_view text) { return *ParseDeterminismLevel(text); }

run::Run RunOf(const std::vector<std::string>& answers) {
  RunBuilder builder;
  builder.Case("capital");
  for (const std::string& answer : answers) {
    SampleSpec sample;
    sample.text = answer;
    builder.Add(sample);
  }
  return builder.Build();
}
run::RunCase CaseOf(const std::vector<std::string>& answers) { return RunOf(answers).cases.front(); }

std::vector<std::string> Times(std::size_t count, const std::string& text, std::size_t others = 0) {
  std::vector<std::string> answers(count, text);
  for (std::size_t i = 0; i < others; ++i) answers.push_back("another");
  return answers;
}

AnswerVerdict Verdict1(const std::vector<std::string>& accepted, const std::vector<std::string>& now,
                       std::string_view level) {
  const AcceptedAnswer answer = ModalAnswer(CaseOf(accepted));
  return JudgeAnswers(CaseOf(now), &answer, static_cast<std::int64_t>(now.size()), Level(level)).verdict;
}

TEST(DeterminismLevel, IsWrittenAsItIsRead) {
  for (const char* text : {"exact", "prefix:40", "rate", "similar:0.9", "facts", "off"}) {
    const auto level = ParseDeterminismLevel(text);
    ASSERT_TRUE(level.ok()) << text;
    EXPECT_EQ(ToString(*level), text);
  }
  for (const char* text : {"", "Exact", "prefix", "prefix:", "prefix:0", "prefix:-1", "prefix:x", "similar:0",
                           "similar:1.1", "similar:nan", "rate:0.1", "on"}) {
    const auto level = ParseDeterminismLevel(text);
    ASSERT_FALSE(level.ok()) << text;
    EXPECT_THAT(level.error().what, HasSubstr("prefix:N"));
  }
}

TEST(PrefixLevel, OnlyTheFirstCharactersCount) {
  EXPECT_EQ(Verdict1({"Paris, of course"}, {"Paris, on the Seine"}, "prefix:7"), AnswerVerdict::kUnchanged);
  EXPECT_EQ(Verdict1({"Paris, of course"}, {"Paris, on the Seine"}, "prefix:9"), AnswerVerdict::kChanged);
  // Characters, not bytes: é has two.
  EXPECT_EQ(Verdict1({"éa"}, {"éb"}, "prefix:1"), AnswerVerdict::kUnchanged);
  EXPECT_EQ(Verdict1({"éa"}, {"éb"}, "prefix:2"), AnswerVerdict::kChanged);
  // An answer that is shorter is another one.
  EXPECT_EQ(Verdict1({"Paris"}, {"Par"}, "prefix:5"), AnswerVerdict::kChanged);
}

TEST(PrefixLevel, RepetitionsThatAgreeThatFarAgree) {
  EXPECT_EQ(Verdict1({"Paris!"}, {"Paris.", "Paris!", "Paris?"}, "prefix:5"), AnswerVerdict::kUnchanged);
  EXPECT_EQ(Verdict1({"Paris!"}, {"Paris.", "Lyon"}, "prefix:5"), AnswerVerdict::kNondeterministic);
}

TEST(SimilarLevel, HoldsTextsAgainstTheThreshold) {
  // 2 * 3 / 14 = 0.43 (similarity_test.cc).
  EXPECT_EQ(Verdict1({"night"}, {"nacht"}, "similar:0.4"), AnswerVerdict::kUnchanged);
  EXPECT_EQ(Verdict1({"night"}, {"nacht"}, "similar:0.5"), AnswerVerdict::kChanged);
  const AcceptedAnswer accepted = ModalAnswer(CaseOf({"night"}));
  const DeterminismFinding finding = JudgeAnswers(CaseOf({"nacht"}), &accepted, 1, Level("similar:0.5"));
  EXPECT_NEAR(*finding.similarity, 6.0 / 14, 1e-12);
  EXPECT_THAT(finding.reason, HasSubstr("similarity 0.429"));
}

TEST(FactsLevel, WordsAreFreeAndFactsAreNot) {
  run::RunCase one = CaseOf({"Paris."});
  run::AnswerFacts facts{1, {{"contains[0]", 1, ""}, {"facets", 0.5, ""}}, false, "en", 6, 1};
  one.answers.begin()->second.facts = facts;
  const AcceptedAnswer accepted = ModalAnswer(one);
  run::RunCase other = CaseOf({"It is Paris, on the Seine."});
  run::AnswerFacts& now = other.answers.begin()->second.facts.emplace(facts);
  const auto judge = [&] { return JudgeAnswers(other, &accepted, 1, DeterminismLevel::kFacts); };
  EXPECT_EQ(judge().verdict, AnswerVerdict::kUnchanged);
  now.checks[1].score = 1;  // better
  EXPECT_EQ(judge().verdict, AnswerVerdict::kUnchanged);
  now.checks[1].score = 0;
  EXPECT_EQ(judge().verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(judge().facts, ElementsAre(FactChange{"facets", "0.5", "not met"}));
  now = facts;
  now.refusal = true;
  EXPECT_THAT(judge().facts, ElementsAre(FactChange{"refusal", "no", "yes"}));
}

TEST(FactsLevel, ALanguageThePromptDeclaresIsCompared) {
  run::RunCase one = CaseOf({"Bonjour"});
  run::AnswerFacts facts{1, {{"language", 1, ""}}, false, "fr", 7, 1};
  one.answers.begin()->second.facts = facts;
  const AcceptedAnswer accepted = ModalAnswer(one);
  run::RunCase other = CaseOf({"Hello"});
  other.answers.begin()->second.facts = run::AnswerFacts{0, {{"language", 0, ""}}, false, "en", 5, 1};
  const DeterminismFinding finding = JudgeAnswers(other, &accepted, 1, DeterminismLevel::kFacts);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kChanged);
  EXPECT_THAT(finding.facts, ElementsAre(FactChange{"language", "fr", "en"}));
}

TEST(FactsLevel, WithoutFactsNothingCanBeSaid) {
  EXPECT_EQ(Verdict1({"a"}, {"b"}, "facts"), AnswerVerdict::kNotCompared);
  EXPECT_EQ(Verdict1({"a"}, {"a"}, "facts"), AnswerVerdict::kUnchanged);  // the very same answer
}

// Level rate, values of Fisher's test from R: fisher.test(matrix(c(h, n-h, b, m-b), 2), alternative = "greater").
DeterminismFinding Rate(std::size_t accepted_others, std::size_t accepted_n, std::size_t others, std::size_t n) {
  const AcceptedAnswer accepted = ModalAnswer(CaseOf(Times(accepted_n - accepted_others, "Paris", accepted_others)));
  DeterminismFinding finding = JudgeAnswers(CaseOf(Times(n - others, "Paris", others)), &accepted,
                                            static_cast<std::int64_t>(n), DeterminismLevel::kRate);
  DeterminismFinding* const all[] = {&finding};
  JudgeRates(all, 0.05);
  return finding;
}

TEST(RateLevel, OthersNowAndThenAreNoNews) {
  const DeterminismFinding finding = Rate(2, 100, 1, 20);  // 1 - C(100,3) / C(120,3)
  EXPECT_EQ(finding.verdict, AnswerVerdict::kUnchanged);
  EXPECT_NEAR(*finding.rate->p, 0.42423, 1e-5);
  EXPECT_EQ(finding.rate->others, 1);
  EXPECT_EQ(finding.rate->accepted_n, 100);
  ASSERT_EQ(finding.notes.size(), 1U);
  EXPECT_THAT(finding.notes[0], HasSubstr("1 of 20 answers are not the accepted one, against 2 of 100"));
}

TEST(RateLevel, MoreOftenThanTheyDidIsNondeterministic) {
  const DeterminismFinding finding = Rate(0, 100, 2, 20);  // p = 0.02661, gating.md b2: 20 against 100 needs 2
  EXPECT_EQ(finding.verdict, AnswerVerdict::kNondeterministic);
  EXPECT_NEAR(*finding.rate->p, 0.02661, 1e-5);
  EXPECT_EQ(Rate(0, 100, 1, 20).verdict, AnswerVerdict::kUnchanged);
}

TEST(RateLevel, AnAnswerThatIsAlwaysAnotherOneHasChanged) {
  EXPECT_EQ(Rate(0, 20, 20, 20).verdict, AnswerVerdict::kChanged);
}

TEST(RateLevel, TooFewAnswersCannotTell) {
  const DeterminismFinding finding = Rate(0, 2, 0, 2);  // all others: p = 1/6
  EXPECT_EQ(finding.verdict, AnswerVerdict::kIncomplete);
  EXPECT_THAT(finding.reason, HasSubstr("not even 2 of 2"));
}

TEST(RateLevel, HolmRunsOverTheCases) {
  const AcceptedAnswer accepted = ModalAnswer(CaseOf(Times(100, "Paris")));
  std::vector<DeterminismFinding> findings;
  for (const std::size_t others : {std::size_t{2}, std::size_t{0}, std::size_t{0}}) {
    findings.push_back(
        JudgeAnswers(CaseOf(Times(20 - others, "Paris", others)), &accepted, 20, DeterminismLevel::kRate));
  }
  DeterminismFinding* const all[] = {&findings[0], &findings[1], &findings[2]};
  JudgeRates(all, 0.05);
  EXPECT_EQ(findings[0].verdict, AnswerVerdict::kUnchanged);  // 3 * 0.02661
  EXPECT_NEAR(*findings[0].rate->p_adjusted, 3 * 0.02661, 1e-4);
}

TEST(RateLevel, NobodyCountedIsNotCompared) {
  AcceptedAnswer accepted = ModalAnswer(CaseOf({"Paris"}));
  accepted.seen.reset();
  EXPECT_EQ(JudgeAnswers(CaseOf({"Paris"}), &accepted, 1, DeterminismLevel::kRate).verdict,
            AnswerVerdict::kNotCompared);
}

TEST(HashesOnly, VerdictAndSharesWithoutText) {
  const AcceptedAnswer accepted = [] {
    AcceptedAnswer answer = ModalAnswer(CaseOf({"Paris."}));
    answer.text.reset();
    return answer;
  }();
  run::RunCase one = CaseOf({"Paris.", "Paris."});
  run::RunCase other = CaseOf({"Lyon.", "Paris."});
  for (run::RunCase* const each : {&one, &other}) {
    for (auto& [sha256, answer] : each->answers) {
      answer.compared_sha256 = sha256;
      answer.kept = false;
      answer.text.clear();
    }
  }
  EXPECT_EQ(JudgeAnswers(one, &accepted, 2).verdict, AnswerVerdict::kUnchanged);
  const DeterminismFinding finding = JudgeAnswers(other, &accepted, 2);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kNondeterministic);
  EXPECT_EQ(finding.shares.size(), 2U);
  EXPECT_FALSE(finding.shares[0].has_text);
  EXPECT_FALSE(finding.difference.has_value());
  EXPECT_THAT(finding.differing, ElementsAre(0));
  for (const char* level : {"prefix:3", "similar:0.5"}) {
    EXPECT_EQ(JudgeAnswers(one, &accepted, 2, Level(level)).verdict, AnswerVerdict::kUnchanged);
    EXPECT_EQ(JudgeAnswers(other, &accepted, 2, Level(level)).verdict, AnswerVerdict::kNotCompared);
  }
}

TEST(Scrubbed, OnlyTheDateDiffersIsUnchangedAndSaid) {
  const auto dated = [](const std::string& date) {
    run::RunCase one = CaseOf({"Today is " + date + "."});
    one.plan.scrub = {"dates"};
    return one;
  };
  const AcceptedAnswer accepted = ModalAnswer(dated("2026-11-20"));
  EXPECT_EQ(*accepted.text, "Today is 2026-11-20.");  // kept as it came
  const DeterminismFinding finding = JudgeAnswers(dated("2026-11-21"), &accepted, 1);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kUnchanged);
  ASSERT_EQ(finding.scrubbed.size(), 1U);
  EXPECT_EQ(finding.scrubbed[0].places, 1U);
  // A case that does not ask for it.
  run::RunCase plain = dated("2026-11-21");
  plain.plan.scrub.clear();
  EXPECT_EQ(JudgeAnswers(plain, &accepted, 1).verdict, AnswerVerdict::kChanged);
}

run::RunCase WithOneThat(void (*differs)(run::Sample&)) {
  run::RunCase one = CaseOf({"Paris.", "Paris.", "Paris."});
  differs(one.samples.back());
  return one;
}

TEST(Wavering, OfWhatTheServiceSaysBesideOneAnswerIsNondeterministic) {
  const AcceptedAnswer accepted = ModalAnswer(CaseOf({"Paris."}));
  const auto finish = [](run::Sample& sample) { sample.finish_reason = "length"; };
  const auto prompt = [](run::Sample& sample) { sample.prompt_tokens = 23; };
  for (void (*const differs)(run::Sample&) : {+finish, +prompt}) {
    for (const char* level : {"exact", "rate", "prefix:3", "similar:0.5", "facts"}) {
      const DeterminismFinding finding = JudgeAnswers(WithOneThat(differs), &accepted, 3, Level(level));
      EXPECT_EQ(finding.verdict, AnswerVerdict::kNondeterministic) << level;
      EXPECT_THAT(finding.reason, HasSubstr("varies within the run")) << level;
    }
    EXPECT_FALSE(JudgeAnswers(WithOneThat(differs), &accepted, 3, DeterminismLevel::kOff).gates);
  }
}

TEST(Wavering, OfTheLengthOfAnswersWhoseWordsAreFreeIsNone) {
  const AcceptedAnswer accepted = ModalAnswer(CaseOf({"Paris."}));
  const auto longer = [](run::Sample& sample) { sample.completion_tokens = 9; };
  EXPECT_EQ(JudgeAnswers(WithOneThat(longer), &accepted, 3, Level("prefix:3")).verdict, AnswerVerdict::kUnchanged);
  EXPECT_EQ(JudgeAnswers(WithOneThat(longer), &accepted, 3).verdict, AnswerVerdict::kNondeterministic);
}

TEST(FactsLevel, ChecksOfOtherExpectationsAreNotCompared) {
  run::RunCase one = CaseOf({"Paris."});
  one.plan.expect_sha256 = "before";
  one.answers.begin()->second.facts = run::AnswerFacts{1, {{"contains[0]", 1, ""}}, false, "en", 6, 1};
  const AcceptedAnswer accepted = ModalAnswer(one);
  EXPECT_EQ(accepted.expect_sha256, "before");
  run::RunCase now = CaseOf({"Paris!"});
  now.answers.begin()->second.facts = run::AnswerFacts{0, {{"contains[0]", 0, ""}}, false, "en", 6, 1};
  now.plan.expect_sha256 = "after";
  EXPECT_EQ(JudgeAnswers(now, &accepted, 1, DeterminismLevel::kFacts).verdict, AnswerVerdict::kUnchanged);
  now.plan.expect_sha256 = "before";
  EXPECT_EQ(JudgeAnswers(now, &accepted, 1, DeterminismLevel::kFacts).verdict, AnswerVerdict::kChanged);
}

TEST(FactsLevel, SaysWhichFactDiffersWithinTheRun) {
  run::RunCase one = CaseOf({"Paris.", "I cannot help with that."});
  for (auto& [sha256, answer] : one.answers) {
    answer.facts = run::AnswerFacts{{}, {}, answer.text != "Paris.", {}, 1, 1};
  }
  const DeterminismFinding finding = JudgeAnswers(one, nullptr, 2, DeterminismLevel::kFacts);
  EXPECT_EQ(finding.verdict, AnswerVerdict::kNondeterministic);
  EXPECT_THAT(finding.notes, ElementsAre(HasSubstr("within the run refusal is ")));
}

TEST(Shares, AreOfAnswersAsTheyAreCompared) {
  run::RunCase one = CaseOf({"On 2026-11-20.", "On 2026-11-21.", "Never."});
  one.plan.scrub = {"dates"};
  const DeterminismFinding finding = JudgeAnswers(one, nullptr, 3);
  ASSERT_EQ(finding.shares.size(), 2U);
  EXPECT_EQ(finding.shares[0].count, 2U);
  EXPECT_THAT(finding.differing, ElementsAre(2));
}

TEST(Causes, NameWhatElseChanged) {
  RunBuilder before;
  before.Case("capital").Add({});
  const run::Run old_run = before.Build();
  Acceptance accepted;
  DescribeMeasured(old_run, old_run.cases[0].plan, accepted);
  run::Run now = old_run;
  const std::string model = now.cases[0].plan.model;
  EXPECT_THAT(LikelyCauses(accepted, model, now, now.cases[0].plan), IsEmpty());
  now.info.service.version = "9.9";
  now.cases[0].plan.execution_provider = "CUDAExecutionProvider";
  accepted.execution_provider = "CPUExecutionProvider";
  const auto causes = LikelyCauses(accepted, "ember-mini-generic-cpu:0", now, now.cases[0].plan);
  ASSERT_EQ(causes.size(), 3U);
  EXPECT_EQ(causes[0], "the model's version: ember-mini-generic-cpu:0 -> " + model);
  EXPECT_THAT(causes[1], HasSubstr("the service: "));
  EXPECT_THAT(causes[1], HasSubstr("9.9"));
  EXPECT_EQ(causes[2], "the execution provider: CPUExecutionProvider -> CUDAExecutionProvider");
}

TEST(Causes, SayWhatOfTheRequestChanged) {
  run::PlannedCase plan = CaseOf({"a"}).plan;
  plan.request = run::JsonObject{{"messages", run::JsonArray{"Hi"}}, {"temperature", 0}, {"seed", 7}};
  AcceptedAnswer accepted;
  EXPECT_EQ(RequestChanges(accepted, plan), "");  // of before: not kept
  accepted.request = run::WithoutMessages(plan.request);
  plan.request = run::JsonObject{{"messages", run::JsonArray{"Ho"}}, {"temperature", 0.7}};
  EXPECT_EQ(RequestChanges(accepted, plan), ": the messages, seed 7 -> not sent, temperature 0 -> 0.7");
}

TEST(Versions, StandBehindTheColon) {
  EXPECT_EQ(VersionOf("phi-4-mini:3").name, "phi-4-mini");
  EXPECT_EQ(VersionOf("phi-4-mini:3").version, 3);
  for (const char* variant : {"phi-4-mini", "phi:latest", "phi:", "phi:-1"}) {
    EXPECT_EQ(VersionOf(variant).version, -1) << variant;
    EXPECT_EQ(VersionOf(variant).name, variant);
  }
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
// `assay review` as a conversation: what is typed, what is said, what is on the disk afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "ctest/unit/cli/cli_fixture.h"
#include "fixtures/run/json.h"
#include "fixtures/run/scores.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;
using assay::testing::RunBuilder;
using assay::testing::SampleSpec;
using ::testing::HasSubstr;
using ::testing::Not;

class ReviewTest : public CliTest {
 protected:
  // Three cases that are accepted, and what they answer later: capital changed, code disagrees with itself, story as
  // before, poem is new.
  void SetUp() override {
    RunBuilder base;
    base.Repetitions(2).StartedAt("base");
    for (const char* prompt : {"capital", "code", "story"}) base.Case(prompt).AddRamp(2, 100, 1);
    ASSERT_TRUE(base.Write(Path("base")).ok());
    ASSERT_EQ(AcceptRun(Path("base")), 0) << err_.str();
    Head("Lyon is the capital of France.");
  }
  void Head(const std::string& capital) {
    SampleSpec changed;
    changed.text = capital;
    RunBuilder head;
    head.Repetitions(2).StartedAt("head");
    head.Case("capital").AddRamp(2, 100, 1, changed);
    head.Case("code").AddRamp(1, 100, 1).AddRamp(1, 101, 1, changed);
    head.Case("story").AddRamp(2, 100, 1);
    head.Case("poem").AddRamp(2, 100, 1);
    ASSERT_TRUE(head.Write(Path("head")).ok());
  }
  int Review(const std::string& typed, const std::vector<std::string>& more = {}) {
    input_ = typed;
    std::vector<std::string> args = {"review", "--run", Path("head"), "--baselines", Path("baselines")};
    args.insert(args.end(), more.begin(), more.end());
    return Call(args);
  }
  run::Json Baseline() const {
    return *run::ReadJsonFile(fs::path(Path("baselines")) / "outputs" / "ember-mini-generic-cpu-1.json");
  }
  const run::Json* Accepted(const run::Json& baseline, const std::string& prompt) const {
    return baseline.Find("cases")->Find(RunBuilder::CaseIdOf(prompt));
  }
};

TEST_F(ReviewTest, WalksWhatDiffersWithItsDiffAndWritesWhatIsAccepted) {
  EXPECT_EQ(Review("a\nthe model was wrong before\nr\na\n"), 1);
  EXPECT_EQ(err_.str(), "");
  EXPECT_THAT(out_.str(), HasSubstr("[1/3] ember-mini-generic-cpu:1, prompt capital: changed\n"));
  EXPECT_THAT(out_.str(), HasSubstr("words: [-Paris-]{+Lyon+} is the capital"));
  EXPECT_THAT(out_.str(), HasSubstr("[2/3] ember-mini-generic-cpu:1, prompt code: nondeterministic\n"));
  EXPECT_THAT(out_.str(), HasSubstr("[3/3] ember-mini-generic-cpu:1, prompt poem: new\n"));
  EXPECT_THAT(out_.str(), HasSubstr("    answer: Paris is the capital of France.\n"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("story")));
  EXPECT_THAT(out_.str(), HasSubstr("accepted 2, rejected 1, undecided 0\n"));

  const run::Json baseline = Baseline();
  EXPECT_EQ(*Accepted(baseline, "capital")->Find("text")->as_string(), "Lyon is the capital of France.");
  // Asked once, kept with both.
  for (const char* prompt : {"capital", "poem"}) {
    EXPECT_EQ(*Accepted(baseline, prompt)->Find("accepted")->Find("reason")->as_string(), "the model was wrong before");
  }
  EXPECT_EQ(*Accepted(baseline, "story")->Find("accepted")->Find("reason")->as_string(), "first baseline");
  EXPECT_EQ(*Accepted(baseline, "code")->Find("text")->as_string(), "Paris is the capital of France.");
  EXPECT_FALSE(fs::exists(fs::path(Path("baselines")) / "latency" / "head"));
}

TEST_F(ReviewTest, EndsWith0WhenNothingIsLeft) {
  EXPECT_EQ(Review("a\na\n", {"--reason", "r", "--case", "*/capital/*", "--case", "*/poem/*"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("accepted 2, rejected 0, undecided 0; nothing is left\n"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("reason, kept")));
  EXPECT_EQ(Review("", {"--case", "*/capital/*"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("[a/r/s/q]")));
}

TEST_F(ReviewTest, ARejectedAnswerIsNotAskedAboutAgain) {
  EXPECT_EQ(Review("r\nq\n"), 1);
  EXPECT_THAT(out_.str(), HasSubstr("accepted 0, rejected 1, undecided 2\n"));
  const run::Json kept = *run::ReadJsonFile(fs::path(Path("head")) / "review.json");
  ASSERT_EQ(kept.Find("rejected")->as_array()->size(), 1U);
  EXPECT_EQ(*kept.Find("rejected")->as_array()->at(0).Find("case")->as_string(), RunBuilder::CaseIdOf("capital"));

  EXPECT_EQ(Review("q\n"), 1);
  EXPECT_THAT(out_.str(), HasSubstr("[1/2] ember-mini-generic-cpu:1, prompt code"));
  EXPECT_THAT(out_.str(), HasSubstr("undecided 2; rejected before 1 (--again asks about them again)\n"));

  // Asked again it may be accepted, and the rejection goes.
  EXPECT_EQ(Review("a\nq\n", {"--again", "--reason", "after all"}), 1);
  EXPECT_THAT(out_.str(), HasSubstr("[1/3] ember-mini-generic-cpu:1, prompt capital"));
  EXPECT_TRUE(run::ReadJsonFile(fs::path(Path("head")) / "review.json")->Find("rejected")->as_array()->empty());
}

TEST_F(ReviewTest, AnotherAnswerOfARejectedCaseIsAskedAbout) {
  EXPECT_EQ(Review("r\nq\n", {"--case", "*/capital/*"}), 1);
  Head("Nice is the capital of France.");
  ASSERT_TRUE(fs::exists(fs::path(Path("head")) / "review.json"));
  EXPECT_EQ(Review("q\n", {"--case", "*/capital/*"}), 1);
  EXPECT_THAT(out_.str(), HasSubstr("{+Nice+}"));
}

TEST_F(ReviewTest, WhatDisagreesWithItselfCannotBeAccepted) {
  EXPECT_EQ(Review("a\ns\n", {"--reason", "r", "--case", "*/code/*"}), 1);
  EXPECT_THAT(out_.str(), HasSubstr("nondeterministic: 2 different answers in 2 repetitions"));
  EXPECT_THAT(out_.str(), HasSubstr("accepted 0, rejected 0, undecided 1\n"));
}

TEST_F(ReviewTest, OtherWordsAreAskedAboutAgainAndTheEndOfTheInputQuits) {
  EXPECT_EQ(Review("yes\n\x1B[2J\nAccept\n  \n", {"--case", "*/capital/*"}), 1);
  EXPECT_THAT(out_.str(), HasSubstr("'yes' is none of them\n"));
  EXPECT_THAT(out_.str(), HasSubstr("'\\x1B[2J' is none of them\n"));
  EXPECT_THAT(out_.str(), HasSubstr("accepted 0, rejected 0, undecided 1\n"));
  EXPECT_EQ(*Accepted(Baseline(), "capital")->Find("accepted")->Find("reason")->as_string(), "first baseline");
}

TEST_F(ReviewTest, AHostileAnswerIsShownHarmlesslyAndAcceptedExactly) {
  const std::string hostile = std::string("::error::x\x1B[2J<script>]]>\n## \xE2\x80\xAE") + '\0' + "end";
  Head(hostile);
  EXPECT_EQ(Review("a\n", {"--reason", "r", "--case", "*/capital/*"}), 0);
  for (const char* raw : {"\x1B", "\xE2\x80\xAE", "\n::error"}) EXPECT_THAT(out_.str(), Not(HasSubstr(raw)));
  EXPECT_EQ(out_.str().find('\0'), std::string::npos);
  EXPECT_EQ(*Accepted(Baseline(), "capital")->Find("text")->as_string(), hostile);
}

TEST_F(ReviewTest, ABrokenReviewFileIsSaid) {
  ASSERT_TRUE(base::WriteFileAtomically(fs::path(Path("head")) / "review.json", R"({"schema_version": 2})").ok());
  EXPECT_EQ(Review("q\n"), 2);
  ExpectError("review.json");
  EXPECT_EQ(Call({"review", "--run", Path("head")}), 2);
  ExpectError("--baselines is needed");
}

// Two probes: one that was obeyed and is ignored, one that nobody accepted yet.
class ReviewProbesTest : public ReviewTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Probed("base", run::ProbeResult::kObeyed, false).Write(Path("base")).ok());
    ASSERT_EQ(AcceptRun(Path("base")), 0) << err_.str();
    ASSERT_TRUE(Probed("head", run::ProbeResult::kIgnored, true).Write(Path("head")).ok());
  }
  static RunBuilder Probed(const std::string& name, run::ProbeResult seed, bool both) {
    RunBuilder builder;
    builder.Repetitions(2).StartedAt(name).Case("capital").AddRamp(2, 100, 1);
    run::ProbeFinding finding;
    finding.n = 2;
    finding.probe = run::ProbeKind::kSeed;
    finding.result = seed;
    finding.evidence = {"2 of 2 answers differ"};
    builder.Case("capital").Probe(finding).AddRamp(2, 100, 1);
    if (!both) return builder;
    finding.probe = run::ProbeKind::kCache;
    finding.result = run::ProbeResult::kSame;
    return builder.Case("capital").Probe(finding).AddRamp(2, 100, 1);
  }
  int CompareAnswers() { return CompareRun(Path("head"), {"--question", "determinism"}); }
};

TEST_F(ReviewProbesTest, AreWalkedAndAccepted) {
  EXPECT_EQ(CompareAnswers(), 1);
  EXPECT_THAT(out_.str(), HasSubstr("answers: 1 new, 1 probe with a worse result; walk them"));
  EXPECT_EQ(Review("a\na\n", {"--reason", "the service has no seeds"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("[1/2] ember-mini-generic-cpu:1, prompt capital, probe:seed: changed\n"));
  EXPECT_THAT(out_.str(), HasSubstr("  probe seed: ignored; accepted: obeyed\n    2 of 2 answers differ\n"));
  EXPECT_THAT(out_.str(), HasSubstr("[2/2] ember-mini-generic-cpu:1, prompt capital, probe:cache: new\n"));
  EXPECT_THAT(out_.str(), HasSubstr("accepted 2, rejected 0, undecided 0; nothing is left\n"));
  EXPECT_EQ(CompareAnswers(), 0) << out_.str();
}

TEST_F(ReviewProbesTest, ARejectedResultIsAskedAboutAgainOnlyWhereItIsAnotherOne) {
  EXPECT_EQ(Review("r\nr\n"), 1);
  const run::Json kept = *run::ReadJsonFile(fs::path(Path("head")) / "review.json");
  ASSERT_EQ(kept.Find("rejected")->as_array()->size(), 2U);
  EXPECT_EQ(*kept.Find("rejected")->as_array()->at(0).Find("probe")->as_string(), "ignored");
  EXPECT_EQ(kept.Find("rejected")->as_array()->at(0).Find("answer_sha256"), nullptr);
  EXPECT_EQ(Review("q\n"), 1);
  EXPECT_THAT(out_.str(), HasSubstr("undecided 0; rejected before 2 (--again asks about them again)\n"));

  ASSERT_TRUE(Probed("head", run::ProbeResult::kObeyed, true).Write(Path("head")).ok());
  EXPECT_EQ(Review("q\n"), 1);
  EXPECT_THAT(out_.str(), HasSubstr("undecided 0; rejected before 1 "));
}

class ReviewScoresTest : public ReviewTest {
 protected:
  // One answer, which a person gave five marks of and now one.
  void SetUp() override {
    for (const char* name : {"base", "head"}) {
      RunBuilder builder;
      builder.Repetitions(2).StartedAt(name).Case("capital").AddRamp(2, 100, 1);
      ASSERT_TRUE(builder.Write(Path(name)).ok());
      const run::Run read = *run::ReadRun(Path(name));
      Mark(name, read.cases[0], name == std::string("base") ? 5 : 1);
    }
    ASSERT_EQ(AcceptRun(Path("base")), 0) << err_.str();
  }
  void Mark(const char* name, const run::RunCase& one, std::int64_t mark) {
    run::Scores scores;
    run::ReplaceMarks(scores, {"ann", std::nullopt},
                      {{one.plan.id, one.answers.begin()->first, "", {{"brevity", mark}}, ""}});
    ASSERT_TRUE(run::WriteScores(Path(name), scores).ok());
  }
};

TEST_F(ReviewScoresTest, AreWalkedAndAccepted) {
  EXPECT_EQ(CompareRun(Path("head"), {"--question", "determinism"}), 1) << out_.str();
  EXPECT_THAT(out_.str(), HasSubstr("answers: 1 with worse scores; walk them"));
  EXPECT_EQ(Review("a\n", {"--reason", "r"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("[1/1] ember-mini-generic-cpu:1, prompt capital: unchanged, quality fell\n"));
  EXPECT_THAT(out_.str(), HasSubstr("  quality regressed, people: brevity: the mean score fell from 1.000 to 0.000"));
  EXPECT_THAT(out_.str(), HasSubstr("    answer: Paris is the capital of France.\n"));
  EXPECT_EQ(CompareRun(Path("head"), {"--question", "determinism"}), 0) << out_.str();
}

TEST_F(ReviewScoresTest, OtherMarksOfARejectedCaseAreAskedAbout) {
  EXPECT_EQ(Review("r\n"), 1);
  EXPECT_EQ(Review(""), 1);
  EXPECT_THAT(out_.str(), HasSubstr("undecided 0; rejected before 1 "));
  Mark("head", run::ReadRun(Path("head"))->cases[0], 2);
  EXPECT_EQ(Review("q\n"), 1);
  EXPECT_THAT(out_.str(), HasSubstr("undecided 1\n"));
}

TEST_F(ReviewTest, ABackslashAndNIsNoLineBreak) {
  Head("Paris\\nis");
  EXPECT_EQ(Review("q\n", {"--case", "*/capital/*"}), 1);
  EXPECT_THAT(out_.str(), HasSubstr("{+\\\\nis+}"));
}

TEST_F(ReviewTest, ThePolicyLeavesCasesOut) {
  ASSERT_TRUE(
      base::WriteFileAtomically(Path("policy.json"),
                                R"({"schema_version": 1, "cases": [{"match": "*/code/*", "determinism": "off"}]})")
          .ok());
  EXPECT_EQ(Review("q\n", {"--policy", Path("policy.json")}), 1);
  EXPECT_THAT(out_.str(), HasSubstr("[1/2] "));
  EXPECT_THAT(out_.str(), Not(HasSubstr("prompt code")));
}

}  // namespace
}  // namespace assay::cli

// SPDX-License-Identifier: MIT
// `assay score`: its files and its exit codes. A judge that is really asked: ctest/integration/suite.
#include "ctest/unit/cli/cli_fixture.h"
#include "fixtures/run/scores.h"

namespace assay::cli {
namespace {

using ::testing::HasSubstr;

class ScoreCli : public CliTest {
 protected:
  // What a person does to the annotation file: signs it and gives every mark.
  std::string FilledIn(const std::string& file, const std::string& rater, int mark) {
    std::string text = *base::ReadFile(file);
    const std::string to = ": " + std::to_string(mark);
    for (std::size_t at = text.find(": null"); at != std::string::npos; at = text.find(": null"))
      text.replace(at, 6, to);
    const std::string unsigned_file = "\"rater\": \"\"";
    text.replace(text.find(unsigned_file), unsigned_file.size(), "\"rater\": \"" + rater + "\"");
    const std::string path = Path(rater + ".json");
    EXPECT_TRUE(base::WriteFileAtomically(path, text).ok());
    return path;
  }
};

TEST_F(ScoreCli, FromTemplateToScores) {
  const std::string run = Measure("run", 100);
  EXPECT_EQ(Call({"score", run}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("no scores yet"));
  ASSERT_EQ(Call({"score", "--template", run, "--output", Path("empty.json")}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("9 answers to mark"));
  EXPECT_EQ(Call({"score", run, "--merge", Path("empty.json")}), 2);
  ExpectError("rater");
  ASSERT_EQ(Call({"score", run, "--merge", FilledIn(Path("empty.json"), "ann", 5)}), 0) << err_.str();
  ASSERT_EQ(Call({"score", "--run", run, "--merge=" + FilledIn(Path("empty.json"), "bob", 2)}), 0) << err_.str();
  EXPECT_EQ(Call({"score", run}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("  people: coherence  3.50 of 5 over 10 requests"));
  EXPECT_EQ(run::ReadScores(run)->raters.size(), 2U);
  ASSERT_EQ(Call({"score", run, "--merge", FilledIn(Path("empty.json"), "bob", 5)}), 0) << "the same rater again";
  EXPECT_EQ(Call({"score", run}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("  people: coherence  5.00 of 5 over 10 requests"));
}

TEST_F(ScoreCli, WhatIsToBeTypedIsQuoted) {
  const std::string run = Measure("a run", 100);
  ASSERT_EQ(Call({"score", run}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("`assay score --template '" + run + "'`"));
  ASSERT_EQ(Call({"score", "--template", run, "--output", Path("it's.json")}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("\n  assay score '" + run + "' --merge '" + Path("it") + "'\\''s.json'\n"));
}

TEST_F(ScoreCli, OwnDimensionsReplaceTheUsualOnes) {
  const std::string run = Measure("run", 100);
  ASSERT_EQ(Call({"score", "--template", run, "--dimension", "tone=is it polite?", "--dimension", "brevity"}), 0);
  const std::string text = *base::ReadFile(Path("run/annotations.json"));
  EXPECT_THAT(text, HasSubstr("\"tone\": \"is it polite?\""));
  EXPECT_THAT(text, HasSubstr("\"brevity\": \"no longer than the question needs\""));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("coherence")));
}

TEST_F(ScoreCli, AgreementIsShownWhereBothMarked) {
  const std::string run = Measure("run", 100);
  ASSERT_EQ(Call({"score", "--template", run}), 0);
  ASSERT_EQ(Call({"score", run, "--merge", FilledIn(Path("run/annotations.json"), "ann", 4)}), 0);
  run::Scores scores = *run::ReadScores(run);
  std::vector<run::Marked> judged = scores.marks;
  for (run::Marked& marked : judged) marked.marks = {{"brevity", 3}};
  run::ReplaceMarks(scores, {"judge m", run::JudgeInfo{"m", 1}}, judged);
  ASSERT_TRUE(run::WriteScores(run, scores).ok());
  EXPECT_EQ(Call({"score", run}), 0);
  // All 4 against all 3: never equal, always within one, and observed disagreement is what chance expects.
  EXPECT_THAT(out_.str(),
              HasSubstr("judge m against people, brevity: equal 0.00, within one 1.00, weighted kappa 0.00, "
                        "over 9 answers"));
  EXPECT_EQ(Call({"score", run, "--merge", FilledIn(Path("run/annotations.json"), "judge m", 4)}), 2);
  ExpectError("is a judging model");
}

TEST_F(ScoreCli, WrongUsageIsTwo) {
  const std::string run = Measure("run", 100);
  EXPECT_EQ(Call({"score"}), 2);
  EXPECT_EQ(Call({"score", Path("nowhere")}), 2);
  EXPECT_EQ(Call({"score", run, "--merge", "a", "--judge", "b"}), 2);
  ExpectError("one at a time");
  EXPECT_EQ(Call({"score", run, "--template", run}), 2);
  EXPECT_EQ(Call({"score", run, "--merge", Path("nowhere.json")}), 2);
  EXPECT_EQ(Call({"score", "--template", run, "--dimension", "Not One"}), 2);
  EXPECT_EQ(Call({"score", run, "--judge", "a,b"}), 2);
  ExpectError("takes one model");
  EXPECT_EQ(Call({"score", run, "--judge", "m", "--bench=--prompts=x"}), 2);
  ExpectError("is no flag a judge can be asked with");
  EXPECT_EQ(Call({"score", "--help"}), 0);
  for (const char* flag : {"--template", "--merge", "--judge", "--dimension", "--bench"}) {
    EXPECT_THAT(out_.str(), HasSubstr(flag));
  }
}

}  // namespace
}  // namespace assay::cli

// SPDX-License-Identifier: MIT
#include "fixtures/run/scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fixtures/base/files.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;

// The example of scores_format.md, with a person and a judge.
Scores Example() {
  Scores scores;
  ReplaceMarks(scores, {"judge m", JudgeInfo{"m-cpu:1", 1}}, {{"case", "x", "", {{"brevity", 1}}, ""}});
  ReplaceMarks(scores, {"ann", std::nullopt},
               {{"case", "y", "", {{"brevity", 3}}, ""}, {"case", "x", "", {{"brevity", 5}, {"tone", 2}}, "terse"}});
  return scores;
}

TEST(Scores, AreReadBackAsWritten) {
  const base::Result<base::TemporaryDirectory> folder = base::TemporaryDirectory::Create("scores");
  ASSERT_TRUE(folder.ok());
  base::Result<Scores> none = ReadScores(folder->path());
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, Scores());
  ASSERT_TRUE(WriteScores(folder->path(), Example()).ok());
  const base::Result<Scores> read = ReadScores(folder->path());
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, Example());
  EXPECT_EQ(read->raters[0].name, "ann") << "sorted, so that files diff well";
  EXPECT_EQ(read->marks[0].rater, "ann");
}

TEST(Scores, MarksOfARaterAreReplacedAsAWhole) {
  Scores scores = Example();
  ReplaceMarks(scores, {"ann", std::nullopt}, {{"case", "y", "", {{"brevity", 1}}, ""}});
  ASSERT_EQ(scores.raters.size(), 2U);
  ASSERT_EQ(scores.marks.size(), 2U);
  EXPECT_EQ(scores.marks[1].marks.at("brevity"), 1);
}

Sample Request(const char* answer, std::optional<double> score, bool warmup = false) {
  Sample sample;
  sample.answer_sha256 = answer;
  sample.score = score;
  sample.warmup = warmup;
  return sample;
}

// By hand: 5 of 1..5 is 1, 3 is 0.5, 1 is 0; answer x twice, y once, z not marked.
TEST(Scores, OfACaseArePerRequestAndSource) {
  Scores scores = Example();
  ReplaceMarks(scores, {"bob", std::nullopt}, {{"case", "x", "", {{"brevity", 3}}, ""}});  // mean with ann: 0.75
  RunCase one;
  one.plan.id = "case";
  one.samples = {Request("x", 0.25), Request("x", 0.25), Request("y", 1.0), Request("z", std::nullopt),
                 Request("x", 1.0, true)};
  const std::vector<ScoreSeries> series = ScoresOf(one, scores);
  ASSERT_EQ(series.size(), 4U);
  EXPECT_EQ(series[0].source, ScoreSource::kAutomatic);
  EXPECT_EQ(series[0].values, (std::vector<double>{0.25, 0.25, 1.0}));
  EXPECT_DOUBLE_EQ(series[0].mean(), 0.5);
  EXPECT_EQ(series[1].source, ScoreSource::kHuman);
  EXPECT_EQ(series[1].dimension, "brevity");
  EXPECT_EQ(series[1].values, (std::vector<double>{0.75, 0.75, 0.5}));
  EXPECT_EQ(series[2].dimension, "tone");
  EXPECT_EQ(series[2].values, (std::vector<double>{0.25, 0.25}));
  EXPECT_EQ(series[3].source, ScoreSource::kJudge);
  EXPECT_EQ(series[3].judge, (JudgeInfo{"m-cpu:1", 1}));
  EXPECT_EQ(series[3].values, (std::vector<double>{0, 0}));
  one.plan.id = "another";
  EXPECT_EQ(ScoresOf(one, scores).size(), 1U) << "marks are of one case";
}

TEST(Scores, ExampleOfThePageIsOne) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_SCORES_PAGE);
  ASSERT_TRUE(page.ok());
  const std::size_t begin = page->find("```json\n") + 8;
  const base::Result<Json> json = ParseJson(page->substr(begin, page->find("```", begin) - begin), "scores_format.md");
  ASSERT_TRUE(json.ok()) << json.error().Message();
  const base::Result<Scores> read = ScoresFromJson(*json, "scores_format.md");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->raters.size(), 2U);
  EXPECT_EQ(read->marks[0].note, "a list was asked for");
}

TEST(Scores, FilesThatDoNotFollowTheFormatAreRefused) {
  const auto refusal = [](const std::string& text) {
    const base::Result<Json> json = ParseJson(text, "scores.json");
    if (!json.ok()) return json.error().Message();
    const base::Result<Scores> read = ScoresFromJson(*json, "scores.json");
    return read.ok() ? std::string() : read.error().Message();
  };
  const std::string rater = R"({"name":"a","kind":"human"})";
  const auto file = [](const std::string& raters, const std::string& marks) {
    return R"({"schema_version":1,"raters":[)" + raters + R"(],"marks":[)" + marks + "]}";
  };
  const auto mark = [](const std::string& marks) {
    return R"({"case":"c","answer_sha256":"x","rater":"a","marks":)" + marks + "}";
  };
  EXPECT_EQ(refusal(file(rater, mark(R"({"tone":3})"))), "");
  EXPECT_THAT(refusal(R"({"schema_version":2,"raters":[],"marks":[]})"), HasSubstr("schema_version"));
  EXPECT_THAT(refusal(file("", mark(R"({"tone":3})"))), HasSubstr("none of the raters"));
  EXPECT_THAT(refusal(file(rater + "," + rater, "")), HasSubstr("twice"));
  EXPECT_THAT(refusal(file(rater, mark(R"({"tone":3})") + "," + mark(R"({"tone":4})"))), HasSubstr("twice"));
  for (const char* marks : {"{}", "[]", R"({"tone":0})", R"({"tone":6})", R"({"tone":2.5})", R"({"Tone":3})"}) {
    EXPECT_NE(refusal(file(rater, mark(marks))), "") << marks;
  }
  for (const char* bad : {R"({"name":"","kind":"human"})", R"({"name":"a","kind":"cat"})",
                          R"({"name":"a","kind":"judge"})", R"({"name":"a","kind":"human","model":"m"})"}) {
    EXPECT_NE(refusal(file(bad, "")), "") << bad;
  }
}

}  // namespace
}  // namespace assay::run

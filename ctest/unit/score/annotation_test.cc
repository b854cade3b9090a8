// SPDX-License-Identifier: MIT
#include "tools/score/annotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ctest/support/run_builder.h"

namespace assay::score {
namespace {

using ::testing::HasSubstr;

const std::string kHostile =
    std::string("</script> ::error:: ]]> \x1b[31m \"quoted\" \\ \xE2\x80\xAE", 44) + std::string("\0nul", 4);

assay::testing::SampleSpec Saying(const std::string& text) {
  assay::testing::SampleSpec sample;
  sample.text = text;
  return sample;
}

run::Run TwoAnswers() {
  assay::testing::RunBuilder builder;
  builder.Case("capital").Add(Saying(kHostile)).Add(Saying("Paris.")).Add(Saying("Paris."));
  return builder.Build();
}

run::Json TemplateOf(const run::Run& run) {
  const base::Result<Subjects> subjects = SubjectsOf(run);
  EXPECT_TRUE(subjects.ok());
  return Template(*subjects, UsualDimensions());
}

// What a person does to it.
run::Json FilledIn(run::Json file, const std::string& rater, std::int64_t mark) {
  file.as_object()->at("rater") = rater;
  run::JsonArray& answers = *file.as_object()->at("answers").as_array();
  for (auto& [name, value] : *answers[0].as_object()->at("marks").as_object()) value = mark;
  return file;
}

TEST(Annotation, TemplateHasEveryDistinctAnswerOnce) {
  const run::Json file = TemplateOf(TwoAnswers());
  const run::JsonArray& answers = *file.Find("answers")->as_array();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(*answers[0].Find("text")->as_string(), kHostile);
  EXPECT_EQ(*answers[0].Find("requests")->as_integer(), 1);
  EXPECT_EQ(*answers[1].Find("requests")->as_integer(), 2);
  EXPECT_TRUE(answers[1].Find("marks")->Find("coherence")->is_null());
  EXPECT_EQ(file.Find("dimensions")->as_object()->size(), 3U);
}

TEST(Annotation, HostileTextSurvivesTheFile) {
  const std::string text = run::WriteJson(TemplateOf(TwoAnswers()), run::JsonStyle::kPretty);
  EXPECT_EQ(text.find('\0'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  const base::Result<run::Json> read = run::ParseJson(text, "annotations.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*(*read->Find("answers")->as_array())[0].Find("text")->as_string(), kHostile);
}

TEST(Annotation, ReadsBackWhatWasFilledIn) {
  const run::Run run = TwoAnswers();
  const base::Result<Annotations> read = ReadAnnotations(FilledIn(TemplateOf(run), " ann ", 4), "a.json", run);
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->rater, "ann");
  EXPECT_EQ(read->unmarked, 1);
  ASSERT_EQ(read->marks.size(), 1U);
  EXPECT_EQ(read->marks[0].marks,
            (std::map<std::string, std::int64_t>{{"brevity", 4}, {"coherence", 4}, {"factuality", 4}}));
}

TEST(Annotation, MistakesSayWhatToDo) {
  const run::Run run = TwoAnswers();
  const run::Json good = FilledIn(TemplateOf(run), "ann", 4);
  const auto refusal = [&](const run::Json& file) {
    const base::Result<Annotations> read = ReadAnnotations(file, "a.json", run);
    return read.ok() ? std::string() : read.error().Message();
  };
  EXPECT_EQ(refusal(good), "");
  EXPECT_THAT(refusal(TemplateOf(run)), HasSubstr("rater"));
  EXPECT_THAT(refusal(FilledIn(TemplateOf(run), "ann", 6)), HasSubstr("from 1 to 5"));
  EXPECT_THAT(refusal(FilledIn(TemplateOf(run), "ann", 0)), HasSubstr("$.answers[0].marks"));
  run::Json unmarked = TemplateOf(run);
  unmarked.as_object()->at("rater") = "ann";
  EXPECT_THAT(refusal(unmarked), HasSubstr("nothing is marked yet"));
  run::Json twice = good;
  run::JsonArray& answers = *twice.as_object()->at("answers").as_array();
  answers.push_back(answers[0]);
  EXPECT_THAT(refusal(twice), HasSubstr("twice"));
  run::Json strange = good;
  (*strange.as_object()->at("answers").as_array())[0].as_object()->at("answer_sha256") = std::string(64, '0');
  EXPECT_THAT(refusal(strange), HasSubstr("write a new template"));
  run::Json typo = good;
  (*typo.as_object()->at("answers").as_array())[0].as_object()->emplace("mark", 3);
  EXPECT_THAT(refusal(typo), HasSubstr("mark"));
}

TEST(Annotation, AnswersKeptAsHashesAreLeftOut) {
  run::Run run = TwoAnswers();
  for (auto& [sha256, answer] : run.cases[0].answers) {
    answer.kept = false;
    answer.text.clear();
  }
  const base::Result<Subjects> subjects = SubjectsOf(run);
  ASSERT_TRUE(subjects.ok());
  EXPECT_TRUE(subjects->answers.empty());
  EXPECT_EQ(subjects->hashed, 2);
}

TEST(Annotation, DimensionsOfOnesOwn) {
  Dimensions dimensions;
  EXPECT_TRUE(AddDimension("tone=is it polite?", dimensions).ok());
  EXPECT_EQ(dimensions.at("tone"), "is it polite?");
  EXPECT_TRUE(AddDimension("style", dimensions).ok());
  for (const char* bad : {"", "=x", "Tone", "a b", "1st", "tone\n"})
    EXPECT_FALSE(AddDimension(bad, dimensions).ok()) << bad;
}

}  // namespace
}  // namespace assay::score

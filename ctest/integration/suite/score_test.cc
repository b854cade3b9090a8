// SPDX-License-Identifier: MIT
// Expectations, confidential prompts and marks, through the built programs.
#include <gmock/gmock.h>

#include <filesystem>

#include "ctest/integration/suite/programs.h"
#include "fixtures/run/run_directory.h"
#include "fixtures/run/scores.h"

namespace assay::integration {
namespace {

using testing::HasSubstr;

class ScoredRun : public ProgramTest {
 protected:
  // Every regular file below `folder`, as one text with the names of the files in it.
  static std::string Everything(const std::string& folder, std::size_t& files) {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      ++files;
      all += entry.path().string() + "\n" + Read(entry.path().string()) + "\n";
    }
    return all;
  }

  run::Run ReadBack(const std::string& name) {
    base::Result<run::Run> run = run::ReadRun(Path(name));
    EXPECT_TRUE(run.ok()) << (run.ok() ? "" : run.error().Message());
    return run.ok() ? *std::move(run) : run::Run();
  }

  std::string Prompts(const std::string& rest) {
    return Write("prompts.json", R"({"schema_version":1,"prompts":[{"id":"p","max_tokens":12,)" + rest +
                                     R"("messages":[{"role":"user","content":"Zanzibar marmalade procedure"}]}]})");
  }
};

TEST_F(ScoredRun, ExpectationsAreScoredWhileMeasuring) {
  const process::Completed done = Bench({"--prompts=" + Prompts(R"("expect":{"max_words":1000,"contains":"\u0001"},)"),
                                         "--repetitions=3", "--run=" + Path("run")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  const run::Run run = ReadBack("run");
  ASSERT_EQ(run.cases.size(), 1U);
  EXPECT_EQ(run.cases[0].plan.expect_sha256.size(), 64U);
  int scored = 0;
  for (const run::Sample& sample : run.cases[0].samples) {
    if (!sample.counts()) continue;
    EXPECT_EQ(sample.score, 0.5);
    ++scored;
  }
  EXPECT_EQ(scored, 3);
  const run::Answer& answer = run.cases[0].answers.begin()->second;
  ASSERT_TRUE(answer.facts.has_value());
  EXPECT_EQ(answer.facts->checks.size(), 2U);
  EXPECT_THAT(Read(Path("run/run.json")), HasSubstr("\"quality_score\""));
  const process::Completed shown = Assay({"score", Path("run")});
  EXPECT_EQ(shown.exit_code, 0) << shown.standard_error;
  EXPECT_THAT(shown.standard_output, HasSubstr("expectations met  0.50 of 1 over 3 requests"));
}

TEST_F(ScoredRun, ExpectationsThatMakeNoSenseStopItBeforeAnythingIsStarted) {
  const process::Completed done =
      Bench({"--prompts=" + Prompts(R"("expect":{"matches":"(a"},)"), "--run=" + Path("run")});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.standard_error, HasSubstr("$.prompts[0].expect"));
  EXPECT_THAT(done.standard_error, HasSubstr("'(a' cannot be read: missing )"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

// What a model answers to the prompt, and with it what must be nowhere.
TEST_F(ScoredRun, HashesLeaveNothingOfPromptAndAnswerInAnyFile) {
  const std::string expect = R"("expect":{"contains":"Honolulu","max_words":1},)";
  const std::string scenarios = R"("scenarios":["warm","nonstream","concurrency:2","cold","input_tokens:64"],)";
  ASSERT_EQ(Bench({"--prompts=" + Prompts(expect + scenarios), "--repetitions=4", "--run=" + Path("open")}).exit_code,
            0);
  const process::Completed done = Bench({"--prompts=" + Prompts(expect + scenarios + R"("store":"hash",)"),
                                         "--repetitions=4", "--run=" + Path("closed")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;

  // Four words in a row of every answer, and of the prompt: enough to be its text and nothing else's.
  const run::Run open = ReadBack("open");
  std::vector<std::string> texts = {"Zanzibar", "marmalade", "procedure", "Honolulu"};
  std::size_t answers = 0;
  for (const run::RunCase& one : open.cases) {
    for (const auto& [sha256, answer] : one.answers) {
      ASSERT_GT(answer.text.size(), 12U);
      texts.push_back(answer.text.substr(0, 12));
      texts.push_back(answer.text.substr(answer.text.size() - 12));
      ++answers;
    }
  }
  ASSERT_GE(answers, 2U);
  std::size_t files = 0;
  const std::string left = Everything(Path("closed"), files) + done.standard_output + done.standard_error;
  EXPECT_GE(files, 3U);
  std::size_t open_files = 0;
  const std::string shown = Everything(Path("open"), open_files);
  for (const std::string& text : texts) {
    const std::string escaped = run::WriteJson(text, run::JsonStyle::kCompact);
    const std::string inside = escaped.substr(1, escaped.size() - 2);
    EXPECT_NE(shown.find(inside), std::string::npos) << "this test would find it: " << inside;
    EXPECT_EQ(left.find(text), std::string::npos) << text;
    EXPECT_EQ(left.find(inside), std::string::npos) << text;
  }

  // Nor is it in what is made of the run.
  const process::Completed accepted = Run(
      "assay",
      {"accept", "--run", Path("closed"), "--baselines", Path("made/baselines"), "--only", "outputs", "--reason", "x"},
      {{"ASSAY_CI", "off"}});
  ASSERT_EQ(accepted.exit_code, 0) << accepted.standard_error;
  const process::Completed compared = Assay({"compare", "--run", Path("closed"), "--baselines", Path("made/baselines"),
                                             "--question", "determinism", "--json", Path("made/verdict.json")});
  EXPECT_EQ(compared.exit_code, 0) << compared.standard_error << compared.standard_output;
  std::size_t made = 0;
  const std::string derived = Everything(Path("made"), made) + accepted.standard_output + compared.standard_output;
  EXPECT_EQ(made, 2U);
  for (const std::string& text : texts) EXPECT_EQ(derived.find(text), std::string::npos) << text;

  const run::Run closed = ReadBack("closed");
  ASSERT_EQ(closed.cases.size(), open.cases.size());
  for (std::size_t i = 0; i < open.cases.size(); ++i) {
    const run::RunCase& one = closed.cases[i];
    EXPECT_TRUE(one.plan.store_hash);
    ASSERT_EQ(one.answers.size(), open.cases[i].answers.size());
    const run::Answer& answer = one.answers.begin()->second;
    EXPECT_EQ(answer.sha256, open.cases[i].answers.begin()->first) << "hashes still tell answers apart";
    EXPECT_FALSE(answer.kept);
    EXPECT_EQ(answer.facts->words, open.cases[i].answers.begin()->second.facts->words);
    EXPECT_EQ(one.samples.back().score, open.cases[i].samples.back().score);
  }

  for (const std::vector<std::string>& how :
       {std::vector<std::string>{"score", "--template", Path("closed")},
        std::vector<std::string>{"score", Path("closed"), "--judge=ember-mini", "--bench=--service=embedded"}}) {
    const process::Completed refused = Assay(how);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.standard_error, HasSubstr("kept as hashes only"));
  }
  EXPECT_THAT(Assay({"score", Path("closed")}).standard_output, HasSubstr("cannot be marked"));
}

// A service that repeats the prompt in what it says of an error.
TEST_F(ScoredRun, HashesLeaveNothingOfWhatAFailingServiceSays) {
  for (const char* fault : {"in_band_error", "text_error", "cut"}) {
    const std::string scenario =
        Write("scenario.json", std::string(R"({"schema_version":1,"faults":[{"fault":")") + fault + R"("}]})");
    const process::Completed done = Bench({"--prompts=" + Prompts(R"("store":"hash",)"), "--repetitions=2",
                                           "--scenario=" + scenario, "--allow-failed-cases", "--run=" + Path("run")});
    ASSERT_EQ(done.exit_code, 0) << done.standard_error;
    std::size_t files = 0;
    const std::string left = Everything(Path("run"), files) + done.standard_output + done.standard_error;
    EXPECT_EQ(left.find("Zanzibar"), std::string::npos) << fault;
    EXPECT_THAT(left, HasSubstr("what was said is not kept")) << fault;
  }
}

TEST_F(ScoredRun, PeopleAndAJudgeMarkAnswers) {
  ASSERT_EQ(Bench({"--prompts=" + Prompts(""), "--repetitions=2", "--run=" + Path("run")}).exit_code, 0);
  const process::Completed made = Assay({"score", "--template", Path("run")});
  ASSERT_EQ(made.exit_code, 0) << made.standard_error;
  EXPECT_EQ(Assay({"score", "--template", Path("run")}).exit_code, 2) << "somebody's marks are not overwritten";
  const std::string file = Path("run/annotations.json");
  EXPECT_EQ(Assay({"score", Path("run"), "--merge", file}).exit_code, 2) << "nobody signed it";
  std::string text = Read(file);
  for (std::size_t at = text.find(": null"); at != std::string::npos; at = text.find(": null"))
    text.replace(at, 6, ": 4");
  text.replace(text.find("\"rater\": \"\""), 11, "\"rater\": \"ann\"");
  const process::Completed merged = Assay({"score", Path("run"), "--merge", Write("filled.json", text)});
  ASSERT_EQ(merged.exit_code, 0) << merged.standard_error;
  EXPECT_THAT(Assay({"score", Path("run")}).standard_output, HasSubstr("people: coherence  4.00 of 5 over 2 requests"));

  const process::Completed judged =
      Assay({"score", Path("run"), "--judge", "ember-mini-generic-cpu:1", "--bench=--service=embedded"});
  ASSERT_EQ(judged.exit_code, 0) << judged.standard_error;
  EXPECT_THAT(judged.standard_output, HasSubstr("asking ember-mini-generic-cpu:1 about 1 answer"));
  const run::Run judge = ReadBack("run/judge");
  ASSERT_EQ(judge.cases.size(), 1U);
  EXPECT_EQ(judge.cases[0].plan.prompt, "a0");
  EXPECT_EQ(*judge.cases[0].plan.request.Find("temperature")->as_integer(), 0);
  ASSERT_EQ(judge.cases[0].answers.size(), 1U) << "its raw words are kept";
  const base::Result<run::Scores> scores = run::ReadScores(Path("run"));
  ASSERT_TRUE(scores.ok()) << scores.error().Message();
  ASSERT_EQ(scores->raters.size(), 2U);
  EXPECT_EQ(scores->raters[1].judge->model, "ember-mini-generic-cpu:1");
}

TEST_F(ScoredRun, AJudgeNobodyHasIsAnErrorThatSaysSo) {
  ASSERT_EQ(Bench({"--prompts=" + Prompts(""), "--repetitions=1", "--run=" + Path("run")}).exit_code, 0);
  const process::Completed done = Assay({"score", Path("run"), "--judge=no-such-model", "--bench=--service=embedded"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.standard_error, HasSubstr("no-such-model"));
  const process::Completed flag = Assay({"score", Path("run"), "--judge=ember-mini", "--bench=--temperature=1"});
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_THAT(flag.standard_error, HasSubstr("is no flag a judge can be asked with"));
}

}  // namespace
}  // namespace assay::integration

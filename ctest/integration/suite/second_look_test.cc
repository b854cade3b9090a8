// SPDX-License-Identifier: MIT
// assay-bench --confirm: only what a verdict is not sure of is measured again, into a folder of its own.
#include <filesystem>

#include "ctest/integration/suite/programs.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {
namespace {

constexpr const char* kSuspect = "chat/ember-mini-int8-cpu:1/a/stream:on/max_tokens:4";
constexpr const char* kControl = "chat/ember-mini-int8-cpu:1/c/stream:on/max_tokens:4";

class SecondLook : public ProgramTest {
 protected:
  std::vector<std::string> Arguments(std::vector<std::string> more) const {
    more.push_back("--prompts=" + Write("prompts.json", R"({"schema_version":1,"prompts":[
        {"id":"a","max_tokens":4,"messages":[{"role":"user","content":"What is a model?"}]},
        {"id":"b","max_tokens":4,"messages":[{"role":"user","content":"What is a gate?"}]},
        {"id":"c","max_tokens":4,"messages":[{"role":"user","content":"What is a river?"}]}]})"));
    more.push_back("--max-tokens=4");
    return more;
  }
  std::string Verdict(const std::string& suspect, const std::string& started_at = "then") const {
    return Write("verdict.json", R"({"schema_version":1,"verdict":"cannot_tell","second_look":{"suspects":[")" +
                                     suspect + R"("],"controls":[")" + kControl +
                                     R"("],"repetitions":3,"first_started_at":[")" + started_at + R"("]}})");
  }
  // Without the repetitions that Bench() adds.
  process::Completed Confirm(std::vector<std::string> more) {
    more.insert(more.end(), {"--service=embedded", "--models=ember-mini-int8-cpu:1", "--probe=off", "--anchors=off"});
    return Run("assay-bench", Arguments(std::move(more)));
  }
};

TEST_F(SecondLook, MeasuresSuspectsAndControlsAsOftenAsItSays) {
  const process::Completed done = Confirm({"--confirm=" + Verdict(kSuspect), "--run=" + Path("again")});
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  const base::Result<run::Run> run = run::ReadRun(Path("again"));
  ASSERT_TRUE(run.ok()) << run.error().Message();
  ASSERT_EQ(run->cases.size(), 2U);
  EXPECT_EQ(run->info.provenance.repetitions, 3);
  EXPECT_EQ(run->info.validity.measured_requests, 6);
  ASSERT_TRUE(run->info.second_look);
  EXPECT_EQ(run->info.second_look->suspects, std::vector<std::string>{kSuspect});
  EXPECT_EQ(run->info.second_look->controls, std::vector<std::string>{kControl});
  EXPECT_EQ(run->info.second_look->first_started_at, std::vector<std::string>{"then"});
  for (const run::Warning& warning : run->info.validity.warnings) {
    EXPECT_NE(warning.code, "second_look_same_process") << "the service was started for it";
  }
}

TEST_F(SecondLook, NothingToConfirmIsNoRunAndNoFailure) {
  const std::string none = Write("none.json", R"({"schema_version":1,"verdict":"unchanged","second_look":null})");
  process::Completed done = Confirm({"--confirm=" + none, "--run=" + Path("again")});
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_NE(done.standard_output.find("nothing to confirm"), std::string::npos) << done.standard_output;
  done = Confirm({"--confirm=" + Verdict("chat/other:1/a/stream:on/max_tokens:4"), "--run=" + Path("again")});
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_NE(done.standard_output.find("no suspect of these models"), std::string::npos) << done.standard_output;
  EXPECT_FALSE(std::filesystem::exists(Path("again")));
}

TEST_F(SecondLook, AnotherPlanIsRefused) {
  const process::Completed done = Confirm(
      {"--confirm=" + Verdict("chat/ember-mini-int8-cpu:1/z/stream:on/max_tokens:4"), "--run=" + Path("again")});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.standard_error.find("repeat --models"), std::string::npos) << done.standard_error;
  EXPECT_FALSE(std::filesystem::exists(Path("again")));
}

TEST_F(SecondLook, TheFirstRunIsNotOverwritten) {
  ASSERT_EQ(Bench(Arguments({"--repetitions=1", "--anchors=off", "--run=" + Path("first")})).exit_code, 0);
  const base::Result<run::Run> first = run::ReadRun(Path("first"));
  ASSERT_TRUE(first.ok()) << first.error().Message();
  const process::Completed done =
      Confirm({"--confirm=" + Verdict(kSuspect, first->info.provenance.started_at), "--run=" + Path("first")});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.standard_error.find("a folder of its own"), std::string::npos) << done.standard_error;
}

// A service that was there before is the process that the first look may have met.
TEST_F(SecondLook, AServiceThatWasRunningIsNamed) {
  const process::Command serve{Program("foundry-embedded"),
                               {"serve", "--exit-with-stdin", "--generation=g3", "--preload=ember-mini-int8-cpu:1"},
                               CleanEnvironment({})};
  base::Result<std::unique_ptr<process::Child>> child = process::Spawn(serve, {});
  ASSERT_TRUE(child.ok()) << child.error().Message();
  base::Result<std::string> line = (*child)->ReadLine(std::chrono::seconds(60));
  ASSERT_TRUE(line.ok()) << line.error().Message();
  const process::Completed done =
      Run("assay-bench",
          Arguments({"--endpoint=" + line->substr(std::string("listening ").size()), "--models=ember-mini-int8-cpu:1",
                     "--probe=off", "--anchors=off", "--confirm=" + Verdict(kSuspect), "--run=" + Path("again")}));
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_NE(done.standard_output.find("second_look_same_process"), std::string::npos) << done.standard_output;
}

}  // namespace
}  // namespace assay::integration

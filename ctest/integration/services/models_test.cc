// SPDX-License-Identifier: MIT
// Which models are measured: pinned variants, several of one alias, downloads, models that do not fit into memory
// together, and models behind servers of their own.
#include <gmock/gmock.h>

#include <set>

#include "ctest/integration/services/services.h"

namespace assay::integration {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Models : public ServicesTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static std::set<std::string> Variants(const run::Run& run) {
    std::set<std::string> variants;
    for (const run::RunCase& one : run.cases) variants.insert(one.plan.model);
    return variants;
  }
  static int Counted(const run::RunCase& one) {
    return static_cast<int>(std::ranges::count_if(one.samples, &run::Sample::counts));
  }
  static bool Warned(const run::Run& run, const std::string& code) {
    return std::ranges::any_of(run.info.validity.warnings,
                               [&](const run::Warning& warning) { return warning.code == code; });
  }
};

TEST_P(Models, SeveralVariantsOfOneAliasAreSeveralModels) {
  const std::string models = Write("models.json", R"({"schema_version":1,"models":[
    {"alias":"ember-mini","variant":"ember-mini-generic-cpu:1"},{"alias":"ember-mini","variant":"ember-mini-int8-cpu:1"}]})");
  ASSERT_EQ(Measure({"--models=" + models, "--prompt=A story please"}, Machine(GetParam())).exit_code, 0);
  const run::Run run = ReadMeasured();
  EXPECT_EQ(Variants(run), (std::set<std::string>{"ember-mini-generic-cpu:1", "ember-mini-int8-cpu:1"}));
  for (const run::RunCase& one : run.cases) EXPECT_EQ(one.plan.alias, "ember-mini");
  // Another quantisation, another answer.
  EXPECT_NE(run.cases[0].answers.begin()->first, run.cases[1].answers.begin()->first);
}

TEST_P(Models, AGlobPinsVariantsAndADeviceThatIsNotThereIsNamed) {
  ASSERT_EQ(Measure({"--models=ember-mini", "--variant=*int8*"}, Machine(GetParam())).exit_code, 0);
  EXPECT_EQ(Variants(ReadMeasured()), (std::set<std::string>{"ember-mini-int8-cpu:1"}));
  const process::Completed none = Measure({"--models=ember-mini", "--device=gpu"}, Machine(GetParam()));
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.standard_error, AllOf(HasSubstr("gpu"), HasSubstr("ember-mini-generic-cpu:1")));
}

TEST_P(Models, WhatIsNotCachedIsNamedAndDownloadedWhenAsked) {
  const std::string scenario = "not_cached,match=ember-mini-int8*";
  const process::Completed without = Measure({}, Machine(GetParam(), scenario));
  EXPECT_EQ(without.exit_code, 3);
  EXPECT_THAT(without.standard_error, AllOf(HasSubstr("not_cached"), HasSubstr("--download")));
  const process::Completed with = Measure({"--download"}, Machine(GetParam(), scenario));
  EXPECT_EQ(with.exit_code, 0) << with.standard_error;
  EXPECT_THAT(with.standard_error, AllOf(HasSubstr("ember-mini-int8-cpu:1"), HasSubstr("%")));
}

TEST_P(Models, ADownloadThatBreaksIsTakenUpAgain) {
  const process::Completed done =
      Measure({"--download"}, Machine(GetParam(), "not_cached,cli_download_fails=1,match=ember-mini-int8*"));
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_THAT(done.standard_error, HasSubstr("op_handler_failed"));
}

TEST_P(Models, ModelsThatDoNotFitTogetherAreMeasuredOneAfterTheOther) {
  const process::Completed done =
      Measure({"--models=ember-mini-int8-cpu:1,ember-mini-generic-cpu:1"}, Machine(GetParam(), "load_out_of_memory=1"));
  ASSERT_EQ(done.exit_code, 0) << done.standard_output << done.standard_error;
  const run::Run run = ReadMeasured();
  ASSERT_EQ(run.cases.size(), 2U);
  for (const run::RunCase& one : run.cases) EXPECT_EQ(Counted(one), 4) << one.plan.id;
  EXPECT_TRUE(Warned(run, "models_do_not_fit"));
}

TEST_P(Models, AModelThatNeverFitsFailsInTheServicesWordsAndTheOthersGoOn) {
  const process::Completed done = Measure({"--models=ember-mini-int8-cpu:1,ember-base-generic-cpu:1"},
                                          Machine(GetParam(), "load_out_of_memory=0,match=ember-base*"));
  EXPECT_EQ(done.exit_code, 1) << done.standard_output << done.standard_error;
  const run::Run run = ReadMeasured();
  ASSERT_EQ(run.cases.size(), 2U);
  EXPECT_EQ(Counted(run.cases[0]), 4);
  EXPECT_THAT(run.cases[1].plan.failure, HasSubstr("Failed to allocate memory"));
}

TEST_P(Models, AModelBehindAServerOfItsOwnIsMeasuredBesideTheOthers) {
  const std::string other = Serve("plain");
  const std::string models = Write("models.json", R"({"schema_version":1,"models":[
    {"alias":"ember-mini","variant":"ember-mini-int8-cpu:1"},
    {"alias":"tuned","variant":"ember-base-int8-cpu:1","endpoint":")" +
                                                      other + R"(/v1","api_key_env":"TUNED_KEY",
     "headers":{"X-Team":"edge","X-Token":{"env":"TUNED_TOKEN"}},"request":{"top_p":0.9}}]})");
  std::map<std::string, std::string> environment = Machine(GetParam());
  const process::Completed unset = Measure({"--models=" + models}, environment);
  EXPECT_EQ(unset.exit_code, 2) << unset.standard_error;
  EXPECT_THAT(unset.standard_error, HasSubstr("TUNED_KEY"));

  environment["TUNED_KEY"] = "sk-tuned";
  environment["TUNED_TOKEN"] = "token-tuned";
  const process::Completed done = Measure({"--models=" + models}, environment);
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  const run::Run run = ReadMeasured();
  ASSERT_EQ(run.cases.size(), 2U);
  for (const run::RunCase& one : run.cases) EXPECT_EQ(Counted(one), 4) << one.plan.id;
  EXPECT_EQ(run.info.models.at(0).generation, GetParam());
  EXPECT_EQ(run.info.models.at(1).generation, "plain");
  EXPECT_EQ(run.info.models.at(1).endpoint, other);
  EXPECT_NE(run.cases[1].plan.request.Find("top_p"), nullptr);
  for (const char* file : {"run.json", "samples.jsonl", "answers.jsonl"}) {
    EXPECT_THAT(Read(Path(std::string("run/") + file)),
                AllOf(Not(HasSubstr("sk-tuned")), Not(HasSubstr("token-tuned"))));
  }
}

TEST_P(Models, AServerOfItsOwnThatIsDownFailsItsModelOnly) {
  // Port 1 is privileged and nothing of ours listens there.
  const std::string models = Write("models.json", R"({"schema_version":1,"models":[
    {"alias":"tuned","endpoint":"http://127.0.0.1:1/v1"},{"alias":"ember-mini","variant":"ember-mini-int8-cpu:1"}]})");
  const process::Completed done = Measure({"--models=" + models}, Machine(GetParam()));
  EXPECT_EQ(done.exit_code, 1) << done.standard_error;
  EXPECT_THAT(done.standard_output, HasSubstr("no service at the endpoint of the model 'tuned'"));
  const run::Run run = ReadMeasured();
  ASSERT_EQ(run.cases.size(), 2U);
  EXPECT_EQ(Counted(run.cases[0]), 0);
  EXPECT_EQ(Counted(run.cases[1]), 4);
}

TEST_P(Models, AModelsOwnServerNeedsNoOther) {
  const std::string models = Write("models.json", R"({"schema_version":1,"models":[
    {"alias":"ember-mini","variant":"ember-mini-int8-cpu:1","endpoint":")" +
                                                      Serve(GetParam()) + R"("}]})");
  EXPECT_EQ(Measure({"--models=" + models, "--service=none"}, {}).exit_code, 0);
  EXPECT_EQ(ReadMeasured().info.service.generation, GetParam());
}

INSTANTIATE_TEST_SUITE_P(On, Models, ::testing::Values("g1", "g2", "g3"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace assay::integration

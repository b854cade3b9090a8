// SPDX-License-Identifier: MIT
// Which cases a second look measures, and what is refused before anything is asked.
#include "benchmarks/suite/second_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fixtures/base/files.h"

namespace assay::suite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Id(const std::string& model, const std::string& prompt) {
  return "chat/" + model + "/" + prompt + "/stream:on/max_tokens:8";
}

class SecondLookTest : public ::testing::Test {
 protected:
  std::filesystem::path Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_->path() / name;
    EXPECT_TRUE(base::CreateDirectories(path.parent_path()).ok());
    EXPECT_TRUE(base::WriteFileAtomically(path, text).ok());
    return path;
  }
  std::filesystem::path Verdict(const std::string& look) const {
    return Write(
        "verdict.json",
        R"({"schema_version":1,"verdict":"cannot_tell","runs":[{"directory":"build/a"},{"directory":"b"}],"second_look":)" +
            look + "}");
  }
  std::string Refused(const std::string& look) const {
    const auto asked = ReadAskedLook(Verdict(look));
    if (asked.ok()) return "accepted";
    EXPECT_EQ(asked.error().code, base::ErrorCode::kUsage);
    return asked.error().Message();
  }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-look");
};

TEST_F(SecondLookTest, ReadsWhatTheJudgeAsksFor) {
  const auto asked = ReadAskedLook(Verdict(R"({"suspects":[")" + Id("a:1", "p") + R"("],"controls":[")" +
                                           Id("a:1", "q") + R"("],"repetitions":20,"first_started_at":["T"]})"));
  ASSERT_TRUE(asked.ok()) << asked.error().Message();
  ASSERT_TRUE(asked->has_value());
  EXPECT_THAT((*asked)->look.suspects, ElementsAre(Id("a:1", "p")));
  EXPECT_THAT((*asked)->look.controls, ElementsAre(Id("a:1", "q")));
  EXPECT_THAT((*asked)->look.first_started_at, ElementsAre("T"));
  EXPECT_EQ((*asked)->repetitions, 20);
  EXPECT_THAT((*asked)->first_runs, ElementsAre("build/a", "b"));
}

TEST_F(SecondLookTest, AVerdictWithoutSuspectsHasNothingToConfirm) {
  for (const char* look : {"null", R"({"suspects":[],"controls":[],"repetitions":20,"first_started_at":[]})"}) {
    const auto asked = ReadAskedLook(Verdict(look));
    ASSERT_TRUE(asked.ok()) << asked.error().Message();
    EXPECT_FALSE(asked->has_value()) << look;
  }
  const auto asked = ReadAskedLook(Write("old.json", R"({"schema_version":1,"verdict":"unchanged"})"));
  ASSERT_TRUE(asked.ok()) << asked.error().Message();
  EXPECT_FALSE(asked->has_value());
}

TEST_F(SecondLookTest, APairIsConfirmedByAPairAndARunByARun) {
  const std::string look = R"("second_look":{"suspects":[")" + Id("a:1", "p") +
                           R"("],"controls":[],"repetitions":20,"first_started_at":["T"]}})";
  const auto file = [&](const std::string& pair) {
    return Write("verdict.json", R"({"schema_version":1,"verdict":"regressed","pair":)" + pair + "," + look);
  };
  const std::filesystem::path of_pair = file(R"({"base":{"stated":"device=cpu"},"head":{"stated":"device=gpu"}})");
  auto asked = ReadAskedLook(of_pair);
  ASSERT_TRUE(asked.ok() && asked->has_value());
  EXPECT_TRUE(CheckKind(**asked, true, of_pair).ok());
  base::Status refused = CheckKind(**asked, false, of_pair);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(refused.error().Message(), HasSubstr("add --pair device=cpu device=gpu"));

  const std::filesystem::path of_run = file("null");
  asked = ReadAskedLook(of_run);
  ASSERT_TRUE(asked.ok() && asked->has_value());
  EXPECT_TRUE(CheckKind(**asked, false, of_run).ok());
  refused = CheckKind(**asked, true, of_run);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(refused.error().Message(), HasSubstr("leave --pair out"));
}

TEST_F(SecondLookTest, WhatIsNoVerdictSaysWhatIsWanted) {
  for (const char* text : {"{}", "[]", "7", R"({"second_look":{}})"}) {
    const auto asked = ReadAskedLook(Write("x.json", text));
    ASSERT_FALSE(asked.ok()) << text;
    EXPECT_THAT(asked.error().Message(), HasSubstr("assay compare --json FILE"));
  }
  EXPECT_FALSE(ReadAskedLook(Write("x.json", "{\"verdict\":")).ok());
  const auto missing = ReadAskedLook(folder_->path() / "none.json");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().Message(), HasSubstr("assay compare --json FILE"));
}

TEST_F(SecondLookTest, AMistakeInItIsNamed) {
  const std::string id = '"' + Id("a:1", "p") + '"';
  EXPECT_THAT(Refused("7"), HasSubstr("second_look"));
  EXPECT_THAT(Refused(R"({"suspects":[)" + id + "]}"), HasSubstr("repetitions"));
  EXPECT_THAT(Refused(R"({"suspects":[)" + id + R"(],"repetitions":0})"), HasSubstr("between 1 and"));
  EXPECT_THAT(Refused(R"({"suspects":[)" + id + R"(],"repetitions":1e300})"), HasSubstr("repetitions"));
  EXPECT_THAT(Refused(R"({"suspects":[)" + id + "," + id + R"(],"repetitions":2})"), HasSubstr("there twice"));
  EXPECT_THAT(Refused(R"({"suspects":["\u001b[31m"],"repetitions":2})"), Not(HasSubstr("\x1b")));
}

TEST_F(SecondLookTest, TheFirstRunIsNotReplaced) {
  run::SecondLook look;
  look.first_started_at = {"2026-01-01T00:00:00Z"};
  Write("first/run.json", R"({"assay":{"provenance":{"started_at":"2026-01-01T00:00:00Z"}}})");
  Write("other/run.json", R"({"assay":{"provenance":{"started_at":"2026-01-02T00:00:00Z"}}})");
  Write("odd/run.json", R"({"assay":[]})");
  const base::Status status = NotAFirstLook(folder_->path() / "first", look);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(status.error().Message(), HasSubstr("first-again"));
  for (const char* name : {"other", "odd", "none"}) {
    EXPECT_TRUE(NotAFirstLook(folder_->path() / name, look).ok()) << name;
  }
  EXPECT_TRUE(NotAFirstLook({}, look).ok());
}

std::vector<run::PlannedCase> Plan(const std::vector<std::string>& ids) {
  std::vector<run::PlannedCase> cases;
  for (const std::string& id : ids) cases.emplace_back().id = id;
  return cases;
}
std::vector<catalogue::ResolvedModel> Models(const std::vector<std::string>& variants) {
  std::vector<catalogue::ResolvedModel> models;
  for (const std::string& variant : variants) models.emplace_back().variant = variant;
  return models;
}
std::vector<std::string> Ids(const base::Result<std::vector<run::PlannedCase>>& cases) {
  std::vector<std::string> ids;
  EXPECT_TRUE(cases.ok()) << cases.error().Message();
  if (cases.ok()) {
    for (const run::PlannedCase& plan : *cases) ids.push_back(plan.id);
  }
  return ids;
}

TEST(CasesOfLook, KeepsSuspectsAndControlsInTheOrderOfThePlan) {
  run::SecondLook look;
  look.suspects = {Id("a:1", "r")};
  look.controls = {Id("a:1", "p")};
  EXPECT_THAT(Ids(CasesOfLook(Plan({Id("a:1", "p"), Id("a:1", "q"), Id("a:1", "r")}), Models({"a:1"}), look)),
              ElementsAre(Id("a:1", "p"), Id("a:1", "r")));
}

TEST(CasesOfLook, LeavesOutWhatIsOfOtherModels) {
  run::SecondLook look;
  look.suspects = {Id("a:1", "p"), Id("b:1", "p")};
  look.controls = {Id("b:1", "q")};
  EXPECT_THAT(Ids(CasesOfLook(Plan({Id("a:1", "p"), Id("a:1", "q")}), Models({"a:1"}), look)),
              ElementsAre(Id("a:1", "p")));
  EXPECT_THAT(look.suspects, ElementsAre(Id("a:1", "p")));
  EXPECT_THAT(look.controls, IsEmpty());
}

TEST(CasesOfLook, ControlsAloneAreNothingToLookAt) {
  run::SecondLook look;
  look.suspects = {Id("b:1", "p")};
  look.controls = {Id("a:1", "q")};
  EXPECT_THAT(Ids(CasesOfLook(Plan({Id("a:1", "q")}), Models({"a:1"}), look)), IsEmpty());
}

TEST(CasesOfLook, AnotherPlanOfTheSameModelIsAMistake) {
  run::SecondLook look;
  look.suspects = {Id("a:1", "p"), Id("a:1", "z")};
  const auto cases = CasesOfLook(Plan({Id("a:1", "p")}), Models({"a:1"}), look);
  ASSERT_FALSE(cases.ok());
  EXPECT_EQ(cases.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(cases.error().Message(), HasSubstr("1 cases that this command line does not have"));
  EXPECT_THAT(cases.error().Message(), HasSubstr(Id("a:1", "z")));
  EXPECT_THAT(cases.error().Message(), HasSubstr("--prompts"));
}

}  // namespace
}  // namespace assay::suite

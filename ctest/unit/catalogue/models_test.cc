// SPDX-License-Identifier: MIT
#include "fixtures/catalogue/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

base::Result<std::vector<ModelRequest>> Parse(std::string_view text) {
  const base::Result<run::Json> json = run::ParseJson(text, "models.json");
  if (!json.ok()) return json.error();
  return ParseModels(*json, "models.json");
}

std::string File(const std::string& entries) { return R"({"schema_version":1,"models":[)" + entries + "]}"; }

TEST(Models, ReadsEveryField) {
  const auto models =
      Parse(File(R"({"alias":"phi-4-mini","variant":"Phi-4-mini-instruct-cuda-gpu:4","capabilities":["chat","code"],)"
                 R"("size_mb":3686,"license":"MIT","devices":["gpu","cpu","npu"]},{"alias":"qwen2.5-0.5b"})"));
  ASSERT_TRUE(models.ok()) << models.error().Message();
  ASSERT_EQ(models->size(), 2U);
  const ModelRequest& full = (*models)[0];
  EXPECT_EQ(full.alias, "phi-4-mini");
  EXPECT_EQ(full.variant, "Phi-4-mini-instruct-cuda-gpu:4");
  EXPECT_EQ(full.wanted(), "Phi-4-mini-instruct-cuda-gpu:4");
  EXPECT_THAT(full.capabilities, ElementsAre("chat", "code"));
  EXPECT_EQ(full.size_mb, 3686);
  EXPECT_EQ(full.license, "MIT");
  EXPECT_THAT(full.devices, ElementsAre("gpu", "cpu", "npu"));
  const ModelRequest& bare = (*models)[1];
  EXPECT_EQ(bare.wanted(), "qwen2.5-0.5b");
  EXPECT_EQ(bare.variant, std::nullopt);
  EXPECT_EQ(bare.size_mb, std::nullopt);
  EXPECT_THAT(bare.devices, IsEmpty());
}

TEST(Models, ReadsTheSuitesOwnFile) {
  const auto models = ReadModels(std::filesystem::path(ASSAY_SUITE_DIR) / "models.json");
  ASSERT_TRUE(models.ok()) << models.error().Message();
  EXPECT_GE(models->size(), 4U);  // two sizes, each as fp32 and int8
}

TEST(Models, SeveralVariantsOfOneAliasAreSeparateModels) {
  const auto models =
      Parse(File(R"({"alias":"m","variant":"m-cpu:1"},{"alias":"m","variant":"m-gpu:1"},{"alias":"m"})"));
  ASSERT_TRUE(models.ok()) << models.error().Message();
  EXPECT_EQ(models->size(), 3U);
}

struct Bad {
  std::string text;
  const char* path;
  const char* words;
};

TEST(Models, RefusesMalformedNeighboursWithPathAndKey) {
  const Bad bad[] = {
      {"[]", "$", "should be an object"},
      {"{}", "$", "'schema_version' is missing"},
      {R"({"schema_version":2,"models":[]})", "$.schema_version", "reads version 1, found 2"},
      {R"({"schema_version":1})", "$", "'models' is missing"},
      {R"({"schema_version":1,"models":{}})", "$.models", "should be an array"},
      {R"({"schema_version":1,"models":[{"alias":"a"}],"model":[]})", "$",
       "unknown key 'model'; known here: models, schema_version"},
      {File(""), "$.models", "is empty"},
      {File(R"("a")"), "$.models[0]", "should be an object, found a string"},
      {File(R"({"alias":"a"},{})"), "$.models[1]", "'alias' is missing"},
      {File(R"({"alias":""})"), "$.models[0].alias", "is empty"},
      {File(R"({"alias":null})"), "$.models[0].alias", "should be a string, found null"},
      {File(R"({"alias":7})"), "$.models[0].alias", "should be a string, found a number"},
      {File(R"({"alias":"a","variant":""})"), "$.models[0].variant", "is empty"},
      {File(R"({"alias":"a","variant":1})"), "$.models[0].variant", "should be a string"},
      {File(R"({"alias":"a","capabilities":"chat"})"), "$.models[0].capabilities", "an array of strings"},
      {File(R"({"alias":"a","size_mb":1.5})"), "$.models[0].size_mb", "a whole number"},
      {File(R"({"alias":"a","size_mb":"1"})"), "$.models[0].size_mb", "found a string"},
      {File(R"({"alias":"a","size_mb":-1})"), "$.models[0].size_mb", "is negative"},
      {File(R"({"alias":"a","license":[]})"), "$.models[0].license", "should be a string"},
      {File(R"({"alias":"a","devices":["GPU"]})"), "$.models[0].devices", "'GPU' is none of cpu, gpu, npu"},
      {File(R"({"alias":"a","devices":[1]})"), "$.models[0].devices", "strings only"},
      {File(R"({"alias":"a","size_gb":1})"), "$.models[0]",
       "unknown key 'size_gb'; known here: alias, capabilities, devices, license, size_mb, variant"},
      {File(R"({"alias":"a"},{"alias":"A"})"), "$.models[1]", "'A' is listed twice"},
      {File(R"({"alias":"x:1"},{"alias":"a","variant":"X:1"})"), "$.models[1]", "'X:1' is listed twice"},
      {R"({"schema_version":1,"models":[],"models":[]})", "", "appears twice"}};
  for (const Bad& one : bad) {
    const auto models = Parse(one.text);
    ASSERT_FALSE(models.ok()) << one.text;
    EXPECT_EQ(models.error().code, base::ErrorCode::kInvalidInput) << one.text;
    EXPECT_THAT(models.error().what, HasSubstr(one.path)) << one.text;
    EXPECT_THAT(models.error().what, HasSubstr(one.words)) << one.text;
    EXPECT_THAT(models.error().where, HasSubstr("models.json")) << one.text;
  }
}

TEST(Models, MissingFileNamesItself) {
  const auto models = ReadModels("no-such-folder/models.json");
  ASSERT_FALSE(models.ok());
  EXPECT_EQ(models.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(models.error().Message(), HasSubstr("models.json"));
}

TEST(ModelsFromList, TakesAliasesAndVariants) {
  const auto models = ModelsFromList("qwen2.5-0.5b, Phi-4-mini-instruct-cuda-gpu:4 ");
  ASSERT_TRUE(models.ok()) << models.error().Message();
  ASSERT_EQ(models->size(), 2U);
  EXPECT_EQ((*models)[0].wanted(), "qwen2.5-0.5b");
  EXPECT_EQ((*models)[1].alias, "Phi-4-mini-instruct-cuda-gpu:4");
  EXPECT_EQ((*models)[1].variant, std::nullopt);
}

TEST(ModelsFromList, RefusesEmptyAndDoubledNames) {
  for (const char* list : {"", ",", "a,", ",a", "a,,b", "  "}) {
    const auto models = ModelsFromList(list);
    ASSERT_FALSE(models.ok()) << list;
    EXPECT_EQ(models.error().code, base::ErrorCode::kUsage);
    EXPECT_THAT(models.error().what, HasSubstr("empty name"));
  }
  EXPECT_THAT(ModelsFromList("a,b,A").error().what, HasSubstr("'A' is named twice"));
}

}  // namespace
}  // namespace assay::catalogue

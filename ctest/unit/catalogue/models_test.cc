// SPDX-License-Identifier: MIT
#include "fixtures/catalogue/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"

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

TEST(Models, DevicesAndEndpointsTellEntriesOfOneAliasApart) {
  const auto models = Parse(File(R"({"alias":"m","device":"cpu"},{"alias":"m","device":"gpu"},{"alias":"m"},)"
                                 R"({"alias":"m","endpoint":"http://127.0.0.1:1"},)"
                                 R"({"alias":"m","endpoint":"http://127.0.0.1:2"})"));
  ASSERT_TRUE(models.ok()) << models.error().Message();
  ASSERT_EQ(models->size(), 5U);
  EXPECT_EQ((*models)[0].device, "cpu");
  EXPECT_EQ((*models)[1].device, "gpu");
  EXPECT_EQ((*models)[2].device, std::nullopt);
  EXPECT_EQ((*models)[3].endpoint, "http://127.0.0.1:1");
}

TEST(Models, ReadsAModelBehindAServerOfItsOwn) {
  const auto models = Parse(File(
      R"({"alias":"mine","endpoint":"https://[::1]:8443/v1/","api_key_env":"MY_KEY_2","headers":{"X-Tenant":"a b",)"
      R"("x_trace":{"env":"_TRACE"}},"request":{"top_k":1,"temperature":0.5,"seed":-3,"max_tokens":64,)"
      R"("options":{"num_ctx":[1,null]}}})"));
  ASSERT_TRUE(models.ok()) << models.error().Message();
  const ModelRequest& model = models->front();
  EXPECT_EQ(model.endpoint, "https://[::1]:8443/v1/");
  EXPECT_EQ(model.api_key_env, "MY_KEY_2");
  EXPECT_EQ(model.headers, (std::map<std::string, std::string>{{"X-Tenant", "a b"}}));
  EXPECT_EQ(model.headers_env, (std::map<std::string, std::string>{{"x_trace", "_TRACE"}}));
  EXPECT_EQ(run::WriteJson(model.request, run::JsonStyle::kCompact),
            R"({"max_tokens":64,"options":{"num_ctx":[1,null]},"seed":-3,"temperature":0.5,"top_k":1})");
}

TEST(Models, AnEntryWithoutThemHasNeitherEndpointNorFields) {
  const auto models = Parse(File(R"({"alias":"m","endpoint":null,"headers":null,"request":null,"device":null})"));
  ASSERT_TRUE(models.ok()) << models.error().Message();
  EXPECT_EQ(models->front().endpoint, std::nullopt);
  EXPECT_TRUE(models->front().request.is_null());
  EXPECT_TRUE(models->front().headers.empty());
}

// The example of catalogue_format.md, word for word.
TEST(Models, ReadsTheExampleOfTheFormatPage) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_CATALOGUE_PAGE);
  ASSERT_TRUE(page.ok()) << page.error().Message();
  const std::size_t begin = page->find("```json\n") + 8;
  const auto models = Parse(page->substr(begin, page->find("```", begin) - begin));
  ASSERT_TRUE(models.ok()) << models.error().Message();
  ASSERT_EQ(models->size(), 3U);
  EXPECT_EQ((*models)[1].device, "gpu");
  EXPECT_EQ((*models)[2].api_key_env, "SUPPORT_DESK_KEY");
  EXPECT_EQ((*models)[2].headers.at("X-Tenant"), "benchmarks");
  EXPECT_EQ((*models)[2].headers_env.at("X-Trace"), "SUPPORT_DESK_TRACE");
  EXPECT_NE((*models)[2].request.Find("chat_template_kwargs"), nullptr);
}

TEST(Models, TheFormatPageNamesEveryKey) {
  const base::Result<std::string> page = base::ReadFile(ASSAY_CATALOGUE_PAGE);
  ASSERT_TRUE(page.ok()) << page.error().Message();
  // The reader's own list of what it knows.
  const std::string known = Parse(File(R"({"alias":"a","no_such_key":1})")).error().what;
  const std::size_t at = known.find("known here: ");
  ASSERT_NE(at, std::string::npos);
  const std::vector<std::string> keys = base::Split(known.substr(at + 12), ',');
  EXPECT_EQ(keys.size(), 11U);
  for (const std::string& key : keys) {
    EXPECT_THAT(*page, HasSubstr("`models[]." + std::string(base::Trim(key)) + "`"));
  }
}

struct Bad {
  std::string text;
  const char* path;
  const char* words;
};

// A model with an endpoint of its own and one more member.
std::string Own(const std::string& member) {
  return File(R"({"alias":"a","endpoint":"http://127.0.0.1:1",)" + member + "}");
}

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
       "unknown key 'size_gb'; known here: alias, api_key_env, capabilities, device, devices, endpoint, headers, "
       "license, request, size_mb, "
       "variant"},
      {File(R"({"alias":"a"},{"alias":"A"})"), "$.models[1]", "'A' is listed twice"},
      {File(R"({"alias":"x:1"},{"alias":"a","variant":"X:1"})"), "$.models[1]", "'X:1' is listed twice"},
      {File(R"({"alias":"a","device":"cpu"},{"alias":"a","device":"cpu"})"), "$.models[1]", "'a' is listed twice"},
      {File(R"({"alias":"a","endpoint":"http://h:1/v1"},{"alias":"a","endpoint":"HTTP://H:1/"})"), "$.models[1]",
       "'a' is listed twice"},
      {File(R"({"alias":"a","device":"tpu"})"), "$.models[0].device", "'tpu' is none of cpu, gpu, npu"},
      {File(R"({"alias":"a","device":["cpu"]})"), "$.models[0].device", "should be a string"},
      {File(R"({"alias":"a","endpoint":"127.0.0.1:8080"})"), "$.models[0].endpoint", "begin with http:// or https://"},
      {File(R"({"alias":"a","endpoint":"ftp://h"})"), "$.models[0].endpoint", "begin with http:// or https://"},
      {File(R"({"alias":"a","endpoint":"http://"})"), "$.models[0].endpoint", "names no host"},
      {File(R"({"alias":"a","endpoint":"http://:80/"})"), "$.models[0].endpoint", "names no host"},
      {File(R"({"alias":"a","endpoint":"http://h/?key=1"})"), "$.models[0].endpoint", "from ? or # on"},
      {File(R"({"alias":"a","endpoint":"http://h/a b"})"), "$.models[0].endpoint", "blank or control character"},
      {File(R"({"alias":"a","endpoint":"http://h\r\nX: y"})"), "$.models[0].endpoint", "blank or control character"},
      {File(R"({"alias":"a","api_key_env":"KEY"})"), "$.models[0].endpoint", "is missing"},
      {File(R"({"alias":"a","headers":{"X-A":"b"}})"), "$.models[0].endpoint", "is missing"},
      {Own(R"("api_key_env":"")"), "$.models[0].api_key_env", "name of an environment variable"},
      {Own(R"("api_key_env":"2KEY")"), "$.models[0].api_key_env", "name of an environment variable"},
      {Own(R"("headers":["X-A"])"), "$.models[0].headers", "an object of names and values, found an array"},
      {Own(R"("headers":{"X A":"b"})"), "$.models[0].headers.X A", "is no name of a header"},
      {Own(R"("headers":{"":"b"})"), "$.models[0].headers.", "is no name of a header"},
      {Own(R"("headers":{"X:":"b"})"), "$.models[0].headers.X:", "is no name of a header"},
      {Own(R"("headers":{"authorization":"Bearer x"})"), "$.models[0].headers.authorization", "api_key_env"},
      {Own(R"("headers":{"Content-Type":"text/plain"})"), "$.models[0].headers.Content-Type", "not to be set"},
      {Own(R"("headers":{"HOST":"h"})"), "$.models[0].headers.HOST", "not to be set"},
      {Own(R"("headers":{"Content-length":"1"})"), "$.models[0].headers.Content-length", "not to be set"},
      {Own(R"("headers":{"X-A":"1","x-a":"2"})"), "$.models[0].headers.x-a", "is there twice"},
      {Own(R"("headers":{"X-A":"1\r\nX-B: 2"})"), "$.models[0].headers.X-A", "control character"},
      {Own(R"("headers":{"X-A":1})"), "$.models[0].headers.X-A", "should be a string, or"},
      {Own(R"("headers":{"X-A":{"var":"B"}})"), "$.models[0].headers.X-A", "should be a string, or"},
      {Own(R"("headers":{"X-A":{"env":"B","or":"c"}})"), "$.models[0].headers.X-A", "should be a string, or"},
      {Own(R"("headers":{"X-A":{"env":"B C"}})"), "$.models[0].headers.X-A.env", "name of an environment variable"},
      {Own(R"("request":[1])"), "$.models[0].request", "an object of fields to add, found an array"},
      {Own(R"("request":"top_k=1")"), "$.models[0].request", "found a string"},
      {Own(R"("request":{"model":"b"})"), "$.models[0].request.model", "set alias or variant instead"},
      {Own(R"("request":{"messages":[]})"), "$.models[0].request.messages", "comes from prompts.json"},
      {Own(R"("request":{"stream":false})"), "$.models[0].request.stream", "--stream=on|off"},
      {Own(R"("request":{"stream_options":{}})"), "$.models[0].request.stream_options", "--stream=on|off"},
      {Own(R"("request":{"max_tokens":0})"), "$.models[0].request.max_tokens", "between 1 and 1000000"},
      {Own(R"("request":{"max_tokens":null})"), "$.models[0].request.max_tokens", "between 1 and 1000000"},
      {Own(R"("request":{"max_completion_tokens":1000001})"), "$.models[0].request.max_completion_tokens",
       "between 1 and 1000000"},
      {Own(R"("request":{"max_tokens":1,"max_completion_tokens":1})"), "$.models[0].request", "set one"},
      {Own(R"("request":{"temperature":2.5})"), "$.models[0].request.temperature", "between 0 and 2"},
      {Own(R"("request":{"seed":"7"})"), "$.models[0].request.seed", "a whole number"},
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

// Both mistakes mean that a secret stands in a file; repeating it in a log would make it worse.
TEST(Models, AMessageAboutAKeyDoesNotRepeatIt) {
  for (const char* entry : {R"("api_key_env":"sk-secret")", R"("headers":{"X-A":{"env":"sk-secret"}})",
                            R"("endpoint":"http://user:sk-secret@h:1/v1")"}) {
    const std::string text =
        std::string(entry).starts_with("\"endpoint") ? File(R"({"alias":"a",)" + std::string(entry) + "}") : Own(entry);
    const auto models = Parse(text);
    ASSERT_FALSE(models.ok()) << entry;
    EXPECT_THAT(models.error().Message(), ::testing::Not(HasSubstr("sk-secret")));
    EXPECT_THAT(models.error().Message(), ::testing::AnyOf(HasSubstr("variable"), HasSubstr("api_key_env")));
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

// SPDX-License-Identifier: MIT
#include "fixtures/quality/schema.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace assay::quality {
namespace {

base::Result<Schema> Read(const std::string& text) {
  const base::Result<run::Json> json = run::ParseJson(text, "schema");
  EXPECT_TRUE(json.ok()) << (json.ok() ? "" : json.error().Message());
  return Schema::Parse(json.ok() ? *json : run::Json());
}

std::string Check(const std::string& schema, const std::string& answer) {
  const base::Result<Schema> read = Read(schema);
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().what);
  return read.ok() ? read->Check(answer) : "refused";
}

constexpr const char* kPerson =
    R"({"type":"object","required":["name","age"],"additionalProperties":false,
        "properties":{"name":{"type":"string","pattern":"^[A-Z][a-z]+$"},"age":{"type":"integer","minimum":0}}})";

TEST(Schema, TellsAnswersApart) {
  EXPECT_EQ(Check(kPerson, R"({"name":"Ada","age":36})"), "");
  EXPECT_EQ(Check(kPerson, " \n{\"name\":\"Ada\",\"age\":36}\n"), "");
  EXPECT_NE(Check(kPerson, R"({"name":"Ada"})").find("'required'"), std::string::npos);
  EXPECT_NE(Check(kPerson, R"({"name":"ada","age":36})").find("'pattern'"), std::string::npos);
  EXPECT_NE(Check(kPerson, R"({"name":"Ada","age":-1})").find("'minimum'"), std::string::npos);
  EXPECT_NE(Check(kPerson, R"({"name":"Ada","age":36,"x":1})").find("'additionalProperties'"), std::string::npos);
  EXPECT_NE(Check(kPerson, R"({"name":"Ada","age":"36"})").find("'type'"), std::string::npos);
}

TEST(Schema, TakesOneCodeBlock) {
  EXPECT_EQ(Check(kPerson, "```json\n{\"name\":\"Ada\",\"age\":36}\n```"), "");
  EXPECT_EQ(WithoutFence("```\nx\n```"), "x");
  EXPECT_EQ(WithoutFence("``` ```"), "``` ```");
  EXPECT_EQ(WithoutFence("```"), "```");
  EXPECT_NE(Check(kPerson, "Here you are:\n```json\n{}\n```"), "");
}

TEST(Schema, SaysWhatIsNoJsonWithoutRepeatingIt) {
  const std::string why = Check(kPerson, "<b>secret</b>");
  EXPECT_NE(why.find("is no JSON"), std::string::npos);
  EXPECT_EQ(why.find("secret"), std::string::npos);
  EXPECT_NE(Check("{}", ""), "");
  EXPECT_NE(Check("{}", R"({"a":1,"a":2})"), "");
  EXPECT_NE(Check("{}", std::string("\"a\0\"", 4)), "");
}

TEST(Schema, DeepAndLongAnswersAreBounded) {
  const auto begun = std::chrono::steady_clock::now();
  const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');
  EXPECT_NE(Check("{}", deep).find("is no JSON"), std::string::npos);
  std::string many = "[0";
  for (int i = 1; i < 150'000; ++i) many += "," + std::to_string(i);
  many += "]";
  EXPECT_EQ(Check(R"({"items":{"type":"integer"}})", many), "");
  EXPECT_NE(Check(R"({"uniqueItems":true})", many).find("could not be evaluated"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(60));
}

TEST(Schema, FollowsReferences) {
  const char* const kList =
      R"({"definitions":{"item":{"type":"integer"}},"type":"array","items":{"$ref":"#/definitions/item"}})";
  EXPECT_EQ(Check(kList, "[1,2]"), "");
  EXPECT_NE(Check(kList, "[1,\"2\"]"), "");
}

TEST(Schema, RefusesWhatTheValidatorWouldPassOver) {
  for (const char* schema : {
           R"({"const":1})",                                                             // draft 6
           R"({"typo":1})",                                                              //
           R"({"exclusiveMinimum":3})",                                                  // draft 6
           R"({"type":"text"})",                                                         //
           R"({"required":true})",                                                       // draft 3
           R"({"pattern":"\\d+"})",                                                      // not in its engine
           R"({"pattern":"(a"})",                                                        //
           R"j({"patternProperties":{"(?=x)":{}}})j",                                    //
           R"({"$ref":"http://example.org/schema"})",                                    // remote
           R"({"$ref":"#/definitions/none"})",                                           // nowhere
           R"({"$ref":"#"})",                                                            // a circle
           R"({"anyOf":[{"$ref":"#"}]})",                                                //
           R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},
               "$ref":"#/definitions/a"})",                                              //
           R"({"properties":{"a":{"$ref":"#/properties/a"}}})",                          //
           R"({"items":"integer"})", R"({"allOf":[]})", R"({"minLength":-1})", R"([])",  //
       }) {
    EXPECT_FALSE(Read(schema).ok()) << schema;
  }
  const base::Result<Schema> typo = Read(R"({"properties":{"a":{"typo":1}}})");
  ASSERT_FALSE(typo.ok());
  EXPECT_NE(typo.error().what.find("/properties/a"), std::string::npos) << typo.error().what;
}

// Each level refers to the next twice: 2^20 schemas.
TEST(Schema, RefusesReferencesThatMultiply) {
  std::string text = R"({"definitions":{"d20":{})";
  for (int i = 0; i < 20; ++i) {
    const std::string next = R"({"$ref":"#/definitions/d)" + std::to_string(i + 1) + R"("})";
    text += ",\"d" + std::to_string(i) + "\":{\"anyOf\":[" + next + "," + next + "]}";
  }
  EXPECT_FALSE(Read(text + R"(},"$ref":"#/definitions/d0"})").ok());
}

}  // namespace
}  // namespace assay::quality

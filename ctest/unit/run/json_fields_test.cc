// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/run/json.h"

namespace assay::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json Parse(std::string_view text) { return *ParseJson(text, "f"); }

// Every test reads this shape from `text`.
base::Status ReadAll(std::string_view text) {
  const Json value = Parse(text);
  JsonFields fields(value, "models.json", "$.models[2]");
  fields.RequiredString("name");
  fields.OptionalString("note");
  fields.RequiredInteger("size");
  fields.OptionalNumber("ratio");
  fields.OptionalBool("on");
  fields.OptionalStrings("tags");
  fields.RequiredArray("list");
  return fields.Finish();
}

TEST(JsonFields, ReadsWhatIsThere) {
  const Json value = Parse(R"({"name":"n","size":3,"ratio":2,"on":false,"tags":["a","b"],"list":[1]})");
  JsonFields fields(value, "f", "$");
  EXPECT_EQ(fields.RequiredString("name"), "n");
  EXPECT_EQ(fields.OptionalString("note"), std::nullopt);
  EXPECT_EQ(fields.RequiredInteger("size"), 3);
  EXPECT_EQ(fields.OptionalNumber("ratio"), 2.0);  // an integer is a number
  EXPECT_EQ(fields.OptionalBool("on"), false);
  EXPECT_THAT(fields.OptionalStrings("tags"), ElementsAre("a", "b"));
  EXPECT_THAT(fields.OptionalStrings("other"), IsEmpty());
  EXPECT_EQ(fields.RequiredArray("list").size(), 1U);
  EXPECT_TRUE(fields.Finish().ok());
}

TEST(JsonFields, NullIsAbsentForWhatIsOptional) {
  EXPECT_TRUE(ReadAll(R"({"name":"n","size":3,"list":[],"note":null,"ratio":null,"on":null})").ok());
}

struct Bad {
  const char* text;
  const char* key;  // "" = the object
  const char* words;
};

TEST(JsonFields, MessagesNameFilePathAndKey) {
  const Bad bad[] = {
      {R"({"size":3,"list":[]})", "", "'name' is missing"},
      {R"({"name":7,"size":3,"list":[]})", ".name", "should be a string, found a number"},
      {R"({"name":null,"size":3,"list":[]})", ".name", "should be a string, found null"},
      {R"({"name":"n","list":[]})", "", "'size' is missing"},
      {R"({"name":"n","size":3.5,"list":[]})", ".size", "should be a whole number"},
      {R"({"name":"n","size":3.0,"list":[]})", ".size", "should be a whole number"},
      {R"({"name":"n","size":"3","list":[]})", ".size", "found a string"},
      {R"({"name":"n","size":null,"list":[]})", ".size", "found null"},
      {R"({"name":"n","size":99999999999999999999,"list":[]})", ".size", "should be a whole number"},
      {R"({"name":"n","size":3,"list":{}})", ".list", "should be an array, found an object"},
      {R"({"name":"n","size":3,"list":null})", ".list", "should be an array, found null"},
      {R"({"name":"n","size":3})", "", "'list' is missing"},
      {R"({"name":"n","size":3,"list":[],"note":[]})", ".note", "should be a string, found an array"},
      {R"({"name":"n","size":3,"list":[],"ratio":true})", ".ratio", "should be a number, found a boolean"},
      {R"({"name":"n","size":3,"list":[],"on":0})", ".on", "should be true or false, found a number"},
      {R"({"name":"n","size":3,"list":[],"tags":"a"})", ".tags", "should be an array of strings"},
      {R"({"name":"n","size":3,"list":[],"tags":["a",1]})", ".tags", "should hold strings only, found a number"},
      {"[]", "", "should be an object, found an array"},
      {"null", "", "should be an object, found null"}};
  for (const Bad& one : bad) {
    const base::Status status = ReadAll(one.text);
    ASSERT_FALSE(status.ok()) << one.text;
    EXPECT_EQ(status.error().code, base::ErrorCode::kInvalidInput);
    EXPECT_THAT(status.error().what, HasSubstr(std::string("$.models[2]") + one.key)) << one.text;
    EXPECT_THAT(status.error().what, HasSubstr(one.words)) << one.text;
    EXPECT_EQ(status.error().where, "models.json");
  }
}

TEST(JsonFields, AnUnknownKeyIsRefusedAndTheKnownOnesListed) {
  const base::Status status = ReadAll(R"({"name":"n","size":3,"list":[],"Size":4})");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().what, HasSubstr("unknown key 'Size'"));
  EXPECT_THAT(status.error().what, HasSubstr("list, name, note, on, ratio, size, tags"));
}

TEST(JsonFields, AKeyWithControlCharactersIsShownHarmless) {
  EXPECT_THAT(ReadAll(R"({"name":"n","size":3,"list":[],"\u001b[2J":4})").error().what,
              HasSubstr("unknown key '\\x1B[2J'"));
}

TEST(JsonFields, TheFirstErrorIsKept) {
  EXPECT_THAT(ReadAll(R"({"name":1,"size":"x","other":1})").error().what, HasSubstr(".name"));
}

TEST(JsonFields, SchemaVersionMustBeTheOneKnown) {
  const auto read = [](std::string_view text) {
    const Json value = Parse(text);
    JsonFields fields(value, "f", "$");
    fields.RequireSchemaVersion(1);
    return fields.Finish();
  };
  EXPECT_TRUE(read(R"({"schema_version":1})").ok());
  EXPECT_THAT(read(R"({"schema_version":2})").error().what, HasSubstr("reads version 1, found 2"));
  EXPECT_THAT(read(R"({"schema_version":0})").error().what, HasSubstr("found 0"));
  EXPECT_FALSE(read(R"({"schema_version":"1"})").ok());
  EXPECT_FALSE(read(R"({"schema_version":1.0})").ok());
  EXPECT_THAT(read("{}").error().what, HasSubstr("'schema_version' is missing"));
  // Before a key that only a newer version knows.
  EXPECT_THAT(read(R"({"schema_version":2,"new":1})").error().what, HasSubstr("found 2"));
}

}  // namespace
}  // namespace assay::run

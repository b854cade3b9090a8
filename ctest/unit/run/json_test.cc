// SPDX-License-Identifier: MIT
#include "fixtures/run/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "fixtures/base/files.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;

Json Parse(std::string_view text) {
  base::Result<Json> json = ParseJson(text, "file.json");
  EXPECT_TRUE(json.ok()) << text << ": " << (json.ok() ? "" : json.error().Message());
  return json.ok() ? *json : Json();
}

base::Error Refused(std::string_view text) {
  const base::Result<Json> json = ParseJson(text, "file.json");
  EXPECT_FALSE(json.ok()) << text;
  if (json.ok()) return {};
  EXPECT_EQ(json.error().code, base::ErrorCode::kInvalidInput);
  return json.error();
}

TEST(Json, WritesSortedKeysWithoutBlanks) {
  EXPECT_EQ(WriteJson(Parse(R"( { "b" : [ 1 , -2.5 , true ] , "a" : null , "B" : "x" } )"), JsonStyle::kCompact),
            R"({"B":"x","a":null,"b":[1,-2.5,true]})");
}

TEST(Json, WritesPrettyWithTwoSpacesAndANewline) {
  EXPECT_EQ(WriteJson(Json(JsonObject{{"b", 1}, {"a", JsonArray{true}}}), JsonStyle::kPretty),
            "{\n  \"a\": [\n    true\n  ],\n  \"b\": 1\n}\n");
}

TEST(Json, KeepsIntegersAndDoublesApart) {
  EXPECT_NE(Parse("1").as_integer(), nullptr);
  EXPECT_EQ(Parse("1.0").as_integer(), nullptr);
  EXPECT_EQ(Parse("1e2").as_integer(), nullptr);
  EXPECT_EQ(Parse("1").as_number(), 1.0);
  EXPECT_EQ(Parse("1.0").as_number(), 1.0);
  EXPECT_EQ(WriteJson(Json(1.0), JsonStyle::kCompact), "1.0");
  EXPECT_EQ(WriteJson(Json(1), JsonStyle::kCompact), "1");
}

TEST(Json, HoldsEveryInt64AndRefusesNone) {
  EXPECT_EQ(*Parse("9223372036854775807").as_integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(*Parse("-9223372036854775808").as_integer(), std::numeric_limits<std::int64_t>::min());
  // One more is a number, but no integer of ours.
  EXPECT_EQ(Parse("9223372036854775808").as_integer(), nullptr);
  EXPECT_EQ(Parse("9223372036854775808").as_number(), 9223372036854775808.0);
}

// The shortest text that is the same double again (IEEE 754).
TEST(Json, NumbersRoundTrip) {
  for (const double number : {0.1, 1.0 / 3.0, 1e-7, 123456.789, 1.7976931348623157e308, 5e-324}) {
    EXPECT_EQ(Parse(WriteJson(Json(number), JsonStyle::kCompact)).as_number(), number);
  }
  EXPECT_EQ(WriteJson(Json(0.1), JsonStyle::kCompact), "0.1");
}

TEST(Json, KeepsUtf8AndEscapesControls) {
  EXPECT_EQ(WriteJson(Json("日本 é 🙂"), JsonStyle::kCompact), "\"日本 é 🙂\"");
  EXPECT_EQ(WriteJson(Json("\n\"\\\x01\x1b"), JsonStyle::kCompact), R"("\n\"\\\u0001\u001B")");
  EXPECT_EQ(*Parse(R"("\u00e9\ud83d\ude42\u0000")").as_string(), std::string("é🙂\0", 7));
}

TEST(Json, SkipsAByteOrderMark) { EXPECT_TRUE(Parse("\xEF\xBB\xBF{}").as_object()); }

// A duplicate would be read as the first by one program and as the last by another.
TEST(Json, RefusesDuplicateKeysWithTheirPlace) {
  const base::Error error = Refused("{\n  \"a\": 1,\n  \"a\": 2\n}");
  EXPECT_THAT(error.what, HasSubstr("'a' appears twice"));
  EXPECT_THAT(error.where, HasSubstr("file.json:3:"));
  EXPECT_THAT(Refused(R"({"x":{"a":1,"b":{},"a":{}}})").what, HasSubstr("'a' appears twice"));
  Parse(R"({"a":{"a":1},"b":{"a":1}})");  // in different objects
  EXPECT_THAT(Refused(R"({"a":1,"\u0061":2})").what, HasSubstr("'a' appears twice"));
}

TEST(Json, SaysWhereItWentWrong) {
  EXPECT_EQ(Refused("[1,\n 2\n,x]").where, "file.json:3:2");
  EXPECT_EQ(Refused("").where, "file.json:1:1");
  EXPECT_EQ(Refused("{} x").where, "file.json:1:4");
}

TEST(Json, RefusesWhatIsNotJson) {
  const char* bad[] = {"",      " ",     "{",         "[1,]",    "{\"a\":}",  "{\"a\"}", "{a:1}",  "'a'",
                       "NaN",   "inf",   "-",         "01",      "1.",        ".5",      "+1",     "1e",
                       "1e400", "tru",   "\"",        "\"\\x\"", "\"\n\"",    "// c\n1", "[1] []", "{} {}",
                       "nul",   "[1 2]", "{\"a\" 1}", "]",       "\"\\u12\"", "0x10",    "True",   "1_0"};
  for (const char* text : bad) Refused(text);
}

TEST(Json, RefusesInvalidUtf8) {
  const char* bad[] = {"\"\xFF\"",     "\"\xC3\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"",
                       "{\"\x80\":1}", "\xFF"};
  for (const char* text : bad) Refused(text);
}

TEST(Json, RefusesHalfASurrogatePair) {
  for (const char* text : {R"("\ud83d")", R"("\ude42")", R"("\ude42\ud83d")", R"("\ud83dx")", R"({"\udc00":1})"}) {
    Refused(text);
  }
}

TEST(Json, RefusesANulBehindTheValue) {
  Refused(std::string_view("{}\0", 3));
  Refused(std::string_view("{}\0{}", 5));
  Refused(std::string_view("1\0 2", 4));
}

TEST(Json, TakesADepthOf128AndNoMore) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  Parse(nested(128));
  EXPECT_THAT(Refused(nested(129)).what, HasSubstr("128 deep"));
  EXPECT_THAT(Refused(std::string(1'000'000, '[')).what, HasSubstr("128 deep"));
  std::string objects;
  for (int i = 0; i < 200000; ++i) objects += "{\"a\":";
  EXPECT_THAT(Refused(objects).what, HasSubstr("128 deep"));
}

TEST(Json, NamesItsKind) {
  EXPECT_EQ(Json().KindName(), "null");
  EXPECT_EQ(Json(true).KindName(), "a boolean");
  EXPECT_EQ(Json(1).KindName(), "a number");
  EXPECT_EQ(Json(1.5).KindName(), "a number");
  EXPECT_EQ(Json("x").KindName(), "a string");
  EXPECT_EQ(Json(JsonArray{}).KindName(), "an array");
  EXPECT_EQ(Json(JsonObject{}).KindName(), "an object");
}

TEST(Json, FindsMembersOfObjectsOnly) {
  EXPECT_EQ(*Parse(R"({"a":{"b":2}})").Find("a")->Find("b")->as_integer(), 2);
  EXPECT_EQ(Parse(R"({"a":1})").Find("b"), nullptr);
  EXPECT_EQ(Parse("[1]").Find("a"), nullptr);
}

TEST(Json, AbsentOptionalIsNull) {
  EXPECT_TRUE(Json(std::optional<std::int64_t>()).is_null());
  EXPECT_EQ(*Json(std::optional<std::int64_t>(3)).as_integer(), 3);
}

TEST(JsonDeathTest, NonFiniteNumbersAreNeverWritten) {
  EXPECT_DEATH(WriteJson(Json(std::numeric_limits<double>::quiet_NaN()), JsonStyle::kCompact), "non-finite");
  EXPECT_DEATH(WriteJson(Json(std::numeric_limits<double>::infinity()), JsonStyle::kPretty), "non-finite");
}

TEST(Json, FileErrorsNameTheFile) {
  base::Result<base::TemporaryDirectory> folder = base::TemporaryDirectory::Create("assay-json");
  ASSERT_TRUE(folder.ok());
  const std::filesystem::path path = folder->path() / "models.json";
  EXPECT_EQ(ReadJsonFile(path).error().code, base::ErrorCode::kNotFound);
  ASSERT_TRUE(base::WriteFileAtomically(path, "{\n\"a\": }").ok());
  EXPECT_EQ(ReadJsonFile(path).error().where, path.string() + ":2:6");
}

// What ParseJson takes and refuses, without the text in memory.
TEST(CheckJsonFile, AgreesWithParseJson) {
  const base::Result<base::TemporaryDirectory> folder = base::TemporaryDirectory::Create("assay-json");
  ASSERT_TRUE(folder.ok());
  const std::filesystem::path path = folder->path() / "file.json";
  const std::string deepest = std::string(128, '[') + std::string(128, ']');
  const std::string texts[] = {"{}",
                               " [1, 2.5, \"\\u00e9\", null, true] ",
                               R"({"a":{"a":1},"b":{"a":1}})",
                               deepest,
                               "[" + deepest + "]",
                               "",
                               " ",
                               "{",
                               "{}}",
                               "{} x",
                               "[1,]",
                               R"({"a":1,"a":2})",
                               R"({"b":[{"a":1,"a":2}]})",
                               "[NaN]",
                               "[1e999]",
                               "[\"\xff\"]",
                               "[\"\\udc00\"]",
                               "{\"\\udc00\":1}",
                               std::string("{}\0", 3),
                               std::string("[\"a\0b\"]", 7),
                               "[\"" + std::string(200'000, 'x') + "\"]",
                               "[\"" + std::string(200'000, 'x') + "\"",
                               std::string(65535, ' ') + "{}" + std::string(65535, '\n'),
                               std::string(65536, ' ') + "{}}"};
  int good = 0;
  for (const std::string& text : texts) {
    ASSERT_TRUE(base::WriteFileAtomically(path, text).ok());
    const base::Status checked = CheckJsonFile(path);
    EXPECT_EQ(checked.ok(), ParseJson(text, "").ok()) << text.substr(0, 40);
    if (!checked.ok()) {
      EXPECT_EQ(checked.error().code, base::ErrorCode::kInvalidInput);
    }
    if (checked.ok()) ++good;
  }
  EXPECT_EQ(good, 6);
}

TEST(CheckJsonFile, SaysWhatAndWhere) {
  const base::Result<base::TemporaryDirectory> folder = base::TemporaryDirectory::Create("assay-json");
  ASSERT_TRUE(folder.ok());
  const std::filesystem::path path = folder->path() / "file.json";
  ASSERT_TRUE(base::WriteFileAtomically(path, R"({"key":1,"key":2})").ok());
  EXPECT_THAT(CheckJsonFile(path).error().what, HasSubstr("the key 'key' appears twice (byte "));
  EXPECT_THAT(CheckJsonFile(path).error().where, HasSubstr("file.json"));
  EXPECT_EQ(CheckJsonFile(folder->path() / "none").error().code, base::ErrorCode::kIo);
}

TEST(EscapeUnseen, KeepsTheValuesAndShowsWhatIsHidden) {
  const std::string hidden = "a\u202e\u0085\u200e\ufeff\u2028\x7f b\u00e9\u200d\U0001F642";
  const std::string json = WriteJson(JsonObject{{"text", hidden}}, JsonStyle::kCompact);
  const std::string seen = EscapeUnseen(json);
  EXPECT_EQ(seen, R"({"text":"a\u202e\u0085\u200e\ufeff\u2028\u007f b)"
                  "\u00e9\u200d\U0001F642\"}");
  EXPECT_EQ(*ParseJson(seen, "seen"), *ParseJson(json, "json"));
  EXPECT_EQ(EscapeUnseen(R"({"plain":"text"})"), R"({"plain":"text"})");
}

}  // namespace
}  // namespace assay::run

// SPDX-License-Identifier: MIT
// pair.json: both ways, on disk, and what is refused.
#include "fixtures/run/pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PairTest : public ::testing::Test {
 protected:
  const std::filesystem::path& path() const { return folder_->path(); }
  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-pair");
};

// FullPair with `key` of the object `in` ("" = the pair itself) set to `value`; "" removes it.
base::Error Refusal(const std::string& in, const std::string& key, const std::string& value) {
  Json json = ToJson(FullPair());
  JsonObject& object = in.empty() ? *json.as_object() : *json.as_object()->at(in).as_object();
  if (value.empty()) {
    EXPECT_EQ(object.erase(key), 1U) << key;
  } else {
    object[key] = *ParseJson(value, "");
  }
  const base::Result<PairInfo> read = PairFromJson(json, "pair.json");
  EXPECT_FALSE(read.ok()) << key << " = " << value;
  return read.ok() ? base::Error{} : read.error();
}

TEST_F(PairTest, IsWrittenAsDocumented) {
  EXPECT_EQ(
      WriteJson(ToJson(FullPair()), JsonStyle::kCompact),
      R"({"base":{"directory":"base","stated":"variant:a-cpu:1"},"blocks":[5,10],)"
      R"("cases":[{"base":"chat/a-cpu:1/p/stream:on/max_tokens:8","head":"chat/a-gpu:1/p/stream:on/max_tokens:8"}],)"
      R"("head":{"directory":"head","stated":"variant:a-gpu:1"},"notes":["the endpoint is not ours to restart"],)"
      R"("order":"blocks","renewal":"models","restarted":true,"schema_version":1,"seed":-7})");
}

TEST_F(PairTest, RoundTripsOnDisk) {
  EXPECT_FALSE(IsPair(path()));
  PairInfo plain;
  plain.base = {"http://127.0.0.1:1", "base"};
  plain.head = {"http://127.0.0.1:2", "head"};
  plain.blocks = {20};
  for (const PairInfo& pair : {FullPair(), plain}) {
    ASSERT_TRUE(WritePair(path(), pair).ok());
    EXPECT_TRUE(IsPair(path()));
    const base::Result<PairInfo> read = ReadPair(path());
    ASSERT_TRUE(read.ok()) << read.error().Message();
    EXPECT_EQ(*read, pair);
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path())) ++files;
  EXPECT_EQ(files, 1U);  // nothing half written is left
}

TEST_F(PairTest, KnowsItsSides) {
  ASSERT_TRUE(WritePair(path(), FullPair()).ok());
  EXPECT_TRUE(IsSideOfPair(path() / "base"));
  EXPECT_TRUE(IsSideOfPair(path() / "head" / ""));
  EXPECT_TRUE(IsSideOfPair(path() / "other" / ".." / "head"));
  EXPECT_FALSE(IsSideOfPair(path() / "other"));
  EXPECT_FALSE(IsSideOfPair(path()));
}

TEST_F(PairTest, WhatIsNotThereIsNotFound) {
  for (const std::filesystem::path& folder : {path(), path() / "nope"}) {
    EXPECT_FALSE(IsPair(folder));
    const base::Result<PairInfo> read = ReadPair(folder);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, base::ErrorCode::kNotFound);
    EXPECT_THAT(read.error().what, HasSubstr("assay-bench --pair"));
    EXPECT_EQ(read.error().where, folder.string());
  }
}

TEST_F(PairTest, RefusesWhatIsNoJson) {
  ASSERT_TRUE(base::WriteFileAtomically(path() / "pair.json", R"({"schema_version":1,)").ok());
  const base::Result<PairInfo> read = ReadPair(path());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(read.error().where, HasSubstr("pair.json:1"));
}

TEST_F(PairTest, RefusesMalformedNeighbours) {
  const std::tuple<const char*, const char*, const char*, const char*> bad[] = {
      {"", "schema_version", "2", "reads version 1, found 2"},
      {"", "schema_version", "", "'schema_version' is missing"},
      {"", "order", "", "'order' is missing"},
      {"", "order", R"("ab\u001bba")", "is none of interleaved, blocks"},
      {"", "seed", "", "'seed' is missing"},
      {"", "seed", "1.5", "$.seed: should be a whole number"},
      {"", "base", "", "'base' is missing"},
      {"", "head", R"("head")", "$.head should be an object"},
      {"", "cases", "{}", "$.cases: should be an array"},
      {"", "cases", "", "'cases' is missing"},
      {"", "cases", "[7]", "$.cases[0] should be an object"},
      {"", "cases", R"([{"base":"a"}])", "'head' is missing"},
      {"", "cases", R"([{"base":"a","head":"b","p":1}])", "unknown key 'p'"},
      {"", "cases", R"([{"base":"a","head":"b"},{"base":"a","head":"c"}])",
       "$.cases[1].base: 'a' has a partner already"},
      {"", "cases", R"([{"base":"a","head":"b"},{"base":"c","head":"b"}])",
       "$.cases[1].head: 'b' has a partner already"},
      {"", "blocks", "", "'blocks' is missing"},
      {"", "blocks", "[]", "$.blocks: is empty"},
      {"", "blocks", "[5,0]", "$.blocks: should hold whole numbers above 0"},
      {"", "blocks", "[-5]", "$.blocks: should hold whole numbers above 0"},
      {"", "blocks", R"(["NaN"])", "$.blocks: should hold whole numbers above 0"},
      {"", "restarted", "", "'restarted' is missing"},
      {"", "restarted", "null", "$.restarted: should be true or false"},
      {"", "restarted", "1", "$.restarted: should be true or false"},
      {"", "notes", R"("one")", "$.notes: should be an array"},
      {"", "renewal", R"("both")", "'both' is none of services, models"},
      {"", "renewal", "1", "$.renewal: should be"},
      {"", "extra", "1", "unknown key 'extra'"},
      {"base", "stated", "", "'stated' is missing"},
      {"head", "directory", R"("base")", "$.head.directory: 'base' is the base's as well"},
      {"base", "directory", R"("")", "is not the name of a folder"},
      {"base", "directory", R"(".")", "is not the name of a folder"},
      {"base", "directory", R"("..")", "is not the name of a folder"},
      {"base", "directory", R"("../other")", "is not the name of a folder"},
      {"head", "directory", R"("/etc")", "is not the name of a folder"},
      {"head", "directory", R"("a\\b")", "is not the name of a folder"},
      {"head", "directory", R"("c:")", "is not the name of a folder"},
      {"head", "directory", R"("a\u0000b")", "is not the name of a folder"},
      {"head", "directory", R"("\u001b[2J/")", "is not the name of a folder"},
      {"head", "extra", "1", "unknown key 'extra'"},
  };
  for (const auto& [in, key, value, what] : bad) {
    const base::Error error = Refusal(in, key, value);
    EXPECT_EQ(error.code, base::ErrorCode::kInvalidInput) << key << " = " << value;
    EXPECT_THAT(error.what, HasSubstr(what)) << key << " = " << value;
    EXPECT_THAT(error.what, Not(HasSubstr("\x1b"))) << key << " = " << value;
    EXPECT_EQ(error.where, "pair.json");
  }
}

// Whoever wants one run gets no half of two.
TEST_F(PairTest, IsNoRunAndSaysWhereItsSidesAre) {
  ASSERT_TRUE(WritePair(path(), FullPair()).ok());
  const base::Result<run::Run> run = ReadRun(path());
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(run.error().what, HasSubstr("a paired run with the sides base and head"));
  EXPECT_THAT(run.error().what, HasSubstr((path() / "head").string()));
  EXPECT_EQ(run.error().where, path().string());
}

TEST_F(PairTest, ABrokenPairIsNoRunEither) {
  ASSERT_TRUE(base::WriteFileAtomically(path() / "pair.json", "{}").ok());
  const base::Result<run::Run> run = ReadRun(path());
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(run.error().where, HasSubstr("pair.json"));
}

TEST_F(PairTest, ASideIsAnOrdinaryRun) {
  ASSERT_TRUE(WritePair(path(), FullPair()).ok());
  std::filesystem::copy(ExampleDirectory(), path() / "base");
  EXPECT_TRUE(ReadRun(path() / ReadPair(path())->base.directory).ok());
}

}  // namespace
}  // namespace assay::run

// SPDX-License-Identifier: MIT
// What came with judging in rounds, second looks, anchors and pairs: both ways, and refused when it makes no sense.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "ctest/unit/run/test_run.h"
#include "fixtures/run/pair.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Text(const Json& json) { return WriteJson(json, JsonStyle::kCompact); }

struct Malformed {
  const char* json;
  const char* what;  // that the message has to name
};

template <typename Read>
void ExpectRefused(const Malformed& bad, const Read& read) {
  const base::Result<Json> json = ParseJson(bad.json, "");
  ASSERT_TRUE(json.ok()) << bad.json;
  const auto result = read(*json);
  ASSERT_FALSE(result.ok()) << bad.json;
  EXPECT_EQ(result.error().code, base::ErrorCode::kInvalidInput) << bad.json;
  EXPECT_EQ(result.error().where, "file") << bad.json;
  EXPECT_THAT(result.error().what, HasSubstr(bad.what)) << bad.json;
  EXPECT_THAT(result.error().what, Not(HasSubstr("\x1b"))) << bad.json;
}

base::Result<Anchors> ReadAnchors(const Json& json) { return AnchorsFromJson(json, "file", "assay.anchors"); }

TEST(AnchorsJson, AreWrittenAsDocumented) {
  Anchors anchors{"embedded-1 weights-2", {{"a", {{"ttft_ms", {1.5, 2}}, {"tpot_ms", {}}}}, {"b", {}}}, ""};
  EXPECT_EQ(Text(ToJson(anchors)),
            R"({"cases":[{"metrics":{"tpot_ms":[],"ttft_ms":[1.5,2.0]},"name":"a"},{"metrics":{},"name":"b"}],)"
            R"("yardstick":"embedded-1 weights-2"})");
  base::Result<Anchors> read = ReadAnchors(ToJson(anchors));
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, anchors);
  anchors.in_step = true;
  EXPECT_NE(Text(ToJson(anchors)).find(R"("in_step":true)"), std::string::npos);
  read = ReadAnchors(ToJson(anchors));
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, anchors);
}

TEST(AnchorsJson, SayWhyThereAreNone) {
  const Anchors anchors{"", {}, "foundry-embedded was not found"};
  EXPECT_EQ(Text(ToJson(anchors)), R"({"absent":"foundry-embedded was not found","cases":[],"yardstick":""})");
  const base::Result<Anchors> read = ReadAnchors(ToJson(anchors));
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, anchors);
}

TEST(AnchorsJson, RefuseMalformedNeighbours) {
  const Malformed bad[] = {
      {"[]", "assay.anchors should be an object"},
      {R"({"cases":[]})", "'yardstick' is missing"},
      {R"({"cases":[],"yardstick":null})", "yardstick"},
      {R"({"yardstick":"y"})", "'cases' is missing"},
      {R"({"cases":{},"yardstick":"y"})", "assay.anchors.cases: should be an array"},
      {R"({"cases":[],"yardstick":"y","extra":1})", "unknown key 'extra'"},
      {R"({"cases":[],"yardstick":"y","absent":7})", "absent"},
      {R"({"cases":[{"name":"a","metrics":{}}],"yardstick":""})", "assay.anchors.yardstick: is empty"},
      {R"({"cases":[7],"yardstick":"y"})", "assay.anchors.cases[0] should be an object"},
      {R"({"cases":[{"metrics":{}}],"yardstick":"y"})", "'name' is missing"},
      {R"({"cases":[{"name":"","metrics":{}}],"yardstick":"y"})", "name: is empty"},
      {R"({"cases":[{"name":"a"}],"yardstick":"y"})", "'metrics' is missing"},
      {R"({"cases":[{"name":"a","metrics":[]}],"yardstick":"y"})", "metrics: should be an object"},
      {R"({"cases":[{"name":"a","metrics":{},"n":1}],"yardstick":"y"})", "unknown key 'n'"},
      {R"({"cases":[{"name":"a","metrics":{"ttft_s":[1]}}],"yardstick":"y"})", "ttft_s: is no metric"},
      {R"({"cases":[{"name":"a","metrics":{"\u001b[2J":[1]}}],"yardstick":"y"})", "is no metric"},
      {R"({"cases":[{"name":"a","metrics":{"error_rate":[1]}}],"yardstick":"y"})",
       "error_rate: is no metric of a request"},
      {R"({"cases":[{"name":"a","metrics":{"ttft_ms":1}}],"yardstick":"y"})", "metrics.ttft_ms: should be an array"},
      {R"({"cases":[{"name":"a","metrics":{"ttft_ms":["NaN"]}}],"yardstick":"y"})", "numbers only, found a string"},
      {R"({"cases":[{"name":"a","metrics":{"ttft_ms":[null]}}],"yardstick":"y"})", "numbers only, found null"},
      {R"({"cases":[{"name":"a","metrics":{"ttft_ms":[0]}}],"yardstick":"y"})", "above 0"},
      {R"({"cases":[{"name":"a","metrics":{"ttft_ms":[1,-2.5]}}],"yardstick":"y"})", "found -2.5"},
      {R"({"cases":[{"name":"a","metrics":{}},{"name":"a","metrics":{}}],"yardstick":"y"})",
       "cases[1].name: the anchor 'a' is there twice"},
      {R"({"cases":[{"name":"\u001b[2J","metrics":{}},{"name":"\u001b[2J","metrics":{}}],"yardstick":"y"})",
       "is there twice"},
  };
  for (const Malformed& one : bad) ExpectRefused(one, ReadAnchors);
}

// No file can hold it, a tree can.
TEST(AnchorsJson, RefuseANumberThatIsNone) {
  for (const double number : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const Json json = JsonObject{
        {"yardstick", "y"},
        {"cases", JsonArray{JsonObject{{"name", "a"}, {"metrics", JsonObject{{"ttft_ms", JsonArray{number}}}}}}}};
    const base::Result<Anchors> read = ReadAnchors(json);
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(read.error().what, HasSubstr("finite"));
  }
}

base::Result<SecondLook> ReadLook(const Json& json) { return SecondLookFromJson(json, "file", "assay.second_look"); }

TEST(SecondLookJson, IsWrittenAsDocumented) {
  const SecondLook look{{"2026-03-01T12:30:05Z"}, {"chat/m/a"}, {"chat/m/b", "chat/m/c"}};
  EXPECT_EQ(Text(ToJson(look)), R"({"controls":["chat/m/b","chat/m/c"],"first_started_at":["2026-03-01T12:30:05Z"],)"
                                R"("suspects":["chat/m/a"]})");
  const base::Result<SecondLook> read = ReadLook(ToJson(look));
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, look);
  const base::Result<SecondLook> empty = ReadLook(ToJson(SecondLook{}));
  ASSERT_TRUE(empty.ok()) << empty.error().Message();
  EXPECT_EQ(*empty, SecondLook{});
}

TEST(SecondLookJson, RefusesMalformedNeighbours) {
  const Malformed bad[] = {
      {"7", "assay.second_look should be an object"},
      {R"({"controls":[],"suspects":[]})", "'first_started_at' is missing"},
      {R"({"controls":[],"first_started_at":[]})", "'suspects' is missing"},
      {R"({"suspects":[],"first_started_at":[]})", "'controls' is missing"},
      {R"({"controls":[],"first_started_at":null,"suspects":[]})", "first_started_at: should be an array"},
      {R"({"controls":[],"first_started_at":[],"suspects":[7]})", "suspects: should hold strings only"},
      {R"({"controls":[],"first_started_at":[],"suspects":["a","a"]})", "suspects: the case 'a' is there twice"},
      {R"({"controls":["a"],"first_started_at":[],"suspects":["a"]})", "controls: the case 'a' is there twice"},
      {R"({"controls":["\u001b"],"first_started_at":[],"suspects":["\u001b"]})", "is there twice"},
      {R"({"controls":[],"first_started_at":[],"suspects":[],"repetitions":4})", "unknown key 'repetitions'"},
  };
  for (const Malformed& one : bad) ExpectRefused(one, ReadLook);
}

base::Result<Rounds> ReadRounds(const Json& json) { return RoundsFromJson(json, "file", "assay.rounds"); }

TEST(RoundsJson, AreWrittenAsDocumented) {
  const Rounds rounds{{5, 10, 20}, 0.25, 1000, 430, {{"chat/m/a", 5, "cannot_regress"}, {"chat/m/b", 10, "regressed"}}};
  EXPECT_EQ(Text(ToJson(rounds)),
            R"({"asked_requests":430,"early_alpha_share":0.25,"looks":[5,10,20],"planned_requests":1000,)"
            R"("stops":[{"case":"chat/m/a","repetitions":5,"why":"cannot_regress"},)"
            R"({"case":"chat/m/b","repetitions":10,"why":"regressed"}]})");
  const base::Result<Rounds> read = ReadRounds(ToJson(rounds));
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(*read, rounds);
}

TEST(RoundsJson, RefuseMalformedNeighbours) {
  const auto with = [](const std::string& key, const std::string& value) {
    Json json = ToJson(Rounds{{5, 10}, 0.25, 20, 15, {{"a", 5, "regressed"}}});
    JsonObject& object = *json.as_object();
    if (value.empty()) {
      EXPECT_EQ(object.erase(key), 1U) << key;
    } else {
      object[key] = *ParseJson(value, "");
    }
    return Text(json);
  };
  const std::tuple<const char*, const char*, const char*> bad[] = {
      {"looks", "", "'looks' is missing"},
      {"looks", "[]", "assay.rounds.looks: is empty"},
      {"looks", "[0]", "assay.rounds.looks: should be whole numbers above 0"},
      {"looks", "[-5,5]", "looks: should be whole numbers"},
      {"looks", "[5,5]", "each larger than the one before"},
      {"looks", "[5,4]", "each larger than the one before"},
      {"looks", "[5.5]", "looks: should be whole numbers"},
      {"looks", R"(["5"])", "looks: should be whole numbers"},
      {"early_alpha_share", "", "'early_alpha_share' is missing"},
      {"early_alpha_share", "-0.01", "early_alpha_share: should be from 0 to 1"},
      {"early_alpha_share", "1.01", "early_alpha_share: should be from 0 to 1"},
      {"early_alpha_share", R"("NaN")", "early_alpha_share: should be a number"},
      {"early_alpha_share", "null", "early_alpha_share"},
      {"planned_requests", "-1", "planned_requests: is negative"},
      {"planned_requests", "", "'planned_requests' is missing"},
      {"asked_requests", "-1", "asked_requests: is negative"},
      {"asked_requests", "1.5", "asked_requests"},
      {"stops", "", "'stops' is missing"},
      {"stops", "{}", "stops: should be an array"},
      {"stops", "[7]", "assay.rounds.stops[0] should be an object"},
      {"stops", R"([{"repetitions":5,"why":"regressed"}])", "'case' is missing"},
      {"stops", R"([{"case":"a","repetitions":0,"why":"regressed"}])", "repetitions: is no positive number"},
      {"stops", R"([{"case":"a","repetitions":5,"why":"bored\u001b"}])", "is none of cannot_regress, regressed"},
      {"stops", R"([{"case":"a","repetitions":5,"why":"regressed","extra":1}])", "unknown key 'extra'"},
      {"stops", R"([{"case":"a","repetitions":5,"why":"regressed"},{"case":"a","repetitions":5,"why":"regressed"}])",
       "stops[1].case: 'a' is there twice"},
      {"extra", "1", "unknown key 'extra'"},
  };
  for (const auto& [key, value, what] : bad) {
    const std::string json = with(key, value);
    ExpectRefused({json.c_str(), what}, ReadRounds);
  }
}

TEST(RoundsJson, RefuseAShareThatIsNoNumber) {
  Json json = ToJson(Rounds{{5}, 0, 5, 5, {}});
  (*json.as_object())["early_alpha_share"] = std::numeric_limits<double>::quiet_NaN();
  const base::Result<Rounds> read = ReadRounds(json);
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().what, HasSubstr("from 0 to 1"));
}

TEST(RunInfoNewParts, RoundTrip) {
  const base::Result<RunInfo> read = RunInfoFromJson(*ParseJson(Text(ToJson(FullInfo())), ""), "run.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->anchors, FullInfo().anchors);
  EXPECT_EQ(read->second_look, FullInfo().second_look);
  EXPECT_EQ(read->rounds, FullInfo().rounds);
}

TEST(RunInfoNewParts, FilesOfBeforeHaveNone) {
  RunInfo info = FullInfo();
  info.anchors.reset();
  info.second_look.reset();
  info.rounds.reset();
  const Json json = ToJson(info);
  for (const char* key : {"anchors", "second_look", "rounds"}) EXPECT_EQ(json.Find(key), nullptr) << key;
  const base::Result<RunInfo> read = RunInfoFromJson(json, "run.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  for (const RunInfo& one :
       {*read, ReadRun(ExampleDirectory())->info, ReadRun(ExampleDirectory("v1_scenarios"))->info}) {
    EXPECT_EQ(one.anchors, std::nullopt);
    EXPECT_EQ(one.second_look, std::nullopt);
    EXPECT_EQ(one.rounds, std::nullopt);
  }
}

TEST(RunInfoNewParts, AreNamedWithTheirPath) {
  for (const char* key : {"anchors", "second_look", "rounds"}) {
    for (const char* value : {"7", "null", "[]"}) {
      Json json = ToJson(FullInfo());
      (*json.as_object())[key] = *ParseJson(value, "");
      const base::Result<RunInfo> read = RunInfoFromJson(json, "run.json");
      ASSERT_FALSE(read.ok()) << key;
      EXPECT_THAT(read.error().what, HasSubstr("assay." + std::string(key) + " should be an object"));
      EXPECT_EQ(read.error().where, "run.json");
    }
  }
}

}  // namespace
}  // namespace assay::run

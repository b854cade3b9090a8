// SPDX-License-Identifier: MIT
// What run.json says of the machine, of our own overhead, of each case together, and of validity: both ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"
#include "fixtures/base/quantile.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;

base::Result<RunInfo> Reread(const RunInfo& info) {
  return RunInfoFromJson(*ParseJson(WriteJson(ToJson(info), JsonStyle::kPretty), ""), "run.json");
}

Json& At(Json& json, const std::vector<std::string>& path) {
  Json* at = &json;
  for (const std::string& key : path) {
    at = key == "0" ? &at->as_array()->at(0) : &at->as_object()->at(key);
  }
  return *at;
}

// The object at `path` with `key` set to `value`; "" removes the key.
base::Error Refusal(const std::vector<std::string>& path, const std::string& key, std::string_view value) {
  Json json = ToJson(FullInfo());
  JsonObject& object = *At(json, path).as_object();
  if (value.empty()) {
    EXPECT_EQ(object.erase(key), 1U) << key;
  } else {
    object[key] = *ParseJson(value, "");
  }
  const base::Result<RunInfo> read = RunInfoFromJson(json, "run.json");
  EXPECT_FALSE(read.ok()) << key << " = " << value;
  return read.ok() ? base::Error{} : read.error();
}

TEST(RunInfoParts, RoundTrip) {
  const base::Result<RunInfo> read = Reread(FullInfo());
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->machine, FullInfo().machine);
  EXPECT_EQ(read->overhead, FullInfo().overhead);
  EXPECT_EQ(read->summaries, FullInfo().summaries);
  EXPECT_EQ(read->validity.flags, FullInfo().validity.flags);
  EXPECT_EQ(read->cases[0].repetitions, 16);
}

TEST(RunInfoParts, RoundTripAbsence) {
  RunInfo info = FullInfo();
  info.machine = MachineInfo{};
  info.overhead = Overhead{};
  info.summaries = {CaseSummary{info.cases[0].id, 0, {}, {}, {}}};
  info.validity.flags = {Flag{}};
  info.cases[0].repetitions.reset();
  const base::Result<RunInfo> read = Reread(info);
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->machine, info.machine);
  EXPECT_EQ(read->overhead, info.overhead);
  EXPECT_EQ(read->summaries, info.summaries);
  EXPECT_EQ(read->validity.flags, info.validity.flags);
  EXPECT_EQ(read->cases[0].repetitions, std::nullopt);
  EXPECT_EQ(WriteJson(ToJson(info), JsonStyle::kCompact).find("\"repetitions\":16"), std::string::npos);
}

TEST(RunInfoParts, FilesOfBeforeHaveNone) {
  RunInfo info = FullInfo();
  info.machine.reset();
  info.overhead.reset();
  info.summaries.clear();
  Json json = ToJson(info);
  for (const char* key : {"machine", "overhead", "summaries"}) EXPECT_EQ(json.Find(key), nullptr) << key;
  At(json, {"validity"}).as_object()->erase("flags");
  const base::Result<RunInfo> read = RunInfoFromJson(json, "run.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->machine, std::nullopt);
  EXPECT_EQ(read->overhead, std::nullopt);
  EXPECT_TRUE(read->summaries.empty());
  EXPECT_TRUE(read->validity.flags.empty());
}

// The method of the quantiles and their floors stand in the file (metrics.md b3).
TEST(RunInfoParts, SummariesNameTheirMethod) {
  Json json = ToJson(FullInfo());
  EXPECT_EQ(WriteJson(At(json, {"summaries", "floors"}), JsonStyle::kCompact), R"({"p90":64,"p95":130,"p99":662})");
  EXPECT_EQ(*At(json, {"summaries", "quantiles"}).as_string(), "hyndman_fan_7");
  EXPECT_EQ(WriteJson(At(json, {"summaries", "cases", "0", "metrics"}), JsonStyle::kCompact),
            R"({"ttft_ms":{"max":20.5,"min":10.0,"n":67,"p50":12.0,"p90":15.0}})");
  EXPECT_EQ(WriteJson(At(json, {"summaries", "cases", "0", "case_metrics"}), JsonStyle::kCompact),
            R"({"error_rate":0.03125,"requests_per_s":12.5})");
  EXPECT_THAT(Refusal({"summaries"}, "quantiles", R"("nearest")").what, HasSubstr("'nearest' is not hyndman_fan_7"));
}

// Also written by hand from run_format.md.
TEST(RunInfoParts, FlagsAreWrittenAsDocumented) {
  Json json = ToJson(FullInfo());
  const JsonArray& flags = *At(json, {"validity", "flags"}).as_array();
  EXPECT_EQ(WriteJson(flags.at(0), JsonStyle::kCompact),
            R"({"case":")" + FullInfo().cases[0].id +
                R"(","figure":12.5,"limit":5.0,"message":"sent 12.5 ms late at worst","name":"schedule_lag",)"
                R"("raised":true,"unit":"ms"})");
  EXPECT_EQ(WriteJson(flags.at(1), JsonStyle::kCompact),
            R"({"case":null,"figure":null,"limit":0.1,"message":"too short to tell: 3 ms","name":"machine_busy",)"
            R"("raised":false,"unit":"share"})");
}

TEST(RunInfoParts, AScenarioIsReadFromTheId) {
  const base::Result<RunInfo> read = Reread(FullInfo());
  ASSERT_TRUE(read.ok()) << read.error().Message();
  Scenario expected;
  expected.output_tokens = 8;
  expected.cache = PromptCache::kUnique;
  expected.concurrency = 4;
  EXPECT_EQ(read->cases[0].scenario, expected);
  EXPECT_EQ(ToJson(FullInfo()).Find("cases")->as_array()->at(0).Find("scenario"), nullptr);
  EXPECT_THAT(Refusal({"cases", "0"}, "id", R"("chat/m%2Fx:1/p%20%C3%A9/stream:off/max_tokens:8/rate:2.0")").what,
              HasSubstr("canonical"));
}

TEST(RunInfoParts, RefuseMalformedNeighbours) {
  const std::tuple<std::vector<std::string>, const char*, const char*> bad[] = {
      {{"cases", "0"}, "repetitions", "0"},
      {{"cases", "0"}, "repetitions", "1.5"},
      {{"machine"}, "before", ""},
      {{"machine"}, "after", "[]"},
      {{"machine"}, "snapshots", "-1"},
      {{"machine"}, "snapshot_us", "null"},
      {{"machine"}, "snapshot_us", ""},
      {{"machine"}, "sampling_cpu_share", "-0.5"},
      {{"machine"}, "stated_watts", R"("65")"},
      {{"machine"}, "absent", "[]"},
      {{"machine", "absent"}, "energy", "7"},
      {{"machine", "before"}, "load_average_1m", "-1"},
      {{"machine", "before"}, "service_processes", "-2"},
      {{"machine", "before"}, "frequency_khz", "1.5"},
      {{"machine", "before"}, "gpus", R"("one")"},
      {{"machine", "before"}, "extra", "1"},
      {{"machine"}, "extra", "1"},
      {{"overhead"}, "requests", "-1"},
      {{"overhead"}, "events", ""},
      {{"overhead"}, "request_us_p50", R"("fast")"},
      {{"overhead"}, "absent", "1"},
      {{"overhead"}, "extra", "1"},
      {{"summaries"}, "quantiles", ""},
      {{"summaries"}, "floors", "[]"},
      {{"summaries", "floors"}, "p90", "-1"},
      {{"summaries"}, "cases", "{}"},
      {{"summaries"}, "extra", "1"},
      {{"summaries", "cases", "0"}, "case", ""},
      {{"summaries", "cases", "0"}, "attempted", "-1"},
      {{"summaries", "cases", "0"}, "errors", "[]"},
      {{"summaries", "cases", "0", "errors"}, "reset", "-3"},
      {{"summaries", "cases", "0", "metrics"}, "ttft_ms", "7"},
      {{"summaries", "cases", "0", "metrics", "ttft_ms"}, "n", ""},
      {{"summaries", "cases", "0", "metrics", "ttft_ms"}, "p50", "null"},
      {{"summaries", "cases", "0", "metrics", "ttft_ms"}, "mean", "7"},
      {{"summaries", "cases", "0", "case_metrics"}, "error_rate", R"("none")"},
      {{"validity"}, "flags", "{}"},
      {{"validity", "flags", "0"}, "name", ""},
      {{"validity", "flags", "0"}, "unit", "null"},
      {{"validity", "flags", "0"}, "limit", "null"},
      {{"validity", "flags", "0"}, "raised", "null"},
      {{"validity", "flags", "0"}, "raised", ""},
      {{"validity", "flags", "0"}, "figure", R"("much")"},
      {{"validity", "flags", "0"}, "message", ""},
      {{"validity", "flags", "0"}, "extra", "1"}};
  for (const auto& [path, key, value] : bad) {
    const base::Error error = Refusal(path, key, value);
    EXPECT_EQ(error.code, base::ErrorCode::kInvalidInput) << key << " = " << value;
    EXPECT_THAT(error.what, HasSubstr(key)) << value;
    EXPECT_THAT(error.what, HasSubstr("assay." + path.front())) << key << " = " << value;
  }
}

}  // namespace
}  // namespace assay::run

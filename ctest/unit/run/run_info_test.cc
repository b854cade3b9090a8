// SPDX-License-Identifier: MIT
// The "assay" part of run.json, both ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/run/test_run.h"

namespace assay::run {
namespace {

using ::testing::HasSubstr;

std::string Text(const RunInfo& info) { return WriteJson(ToJson(info), JsonStyle::kCompact); }

TEST(RunInfo, RoundTripsEveryField) {
  const base::Result<RunInfo> read = RunInfoFromJson(*ParseJson(Text(FullInfo()), ""), "run.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(Text(*read), Text(FullInfo()));
  EXPECT_EQ(read->cases[0].request, FullInfo().cases[0].request);
  EXPECT_EQ(read->cases[0].failure, "reset: gone");
  EXPECT_EQ(read->provenance.seed, -7);
  EXPECT_EQ(read->provenance.git_dirty, true);
  EXPECT_EQ(read->validity.warnings[0].case_id, FullInfo().cases[0].id);
  EXPECT_EQ(read->validity.warnings[1].case_id, "");
  EXPECT_EQ(read->validity.idle_share, 0.125);
  EXPECT_TRUE(read->service.started_here);
  EXPECT_EQ(read->validity.upkeep_s, 2.5);
  EXPECT_EQ(read->validity.measured_requests, 4);
  EXPECT_EQ(read->validity.failed_requests, 1);
  EXPECT_EQ(read->validity.disturbed_requests, 3);
  ASSERT_EQ(read->models.size(), 1U);
  EXPECT_EQ(read->models[0].variant, "m/x:1");
  EXPECT_EQ(read->models[0].size_mib, 12);
  EXPECT_EQ(read->models[0].sampling, "sampling_ignored");
  EXPECT_EQ(read->models[0].findings, FullInfo().models[0].findings);
}

TEST(RunInfo, ProbesRoundTripAndBelongToAPlannedCase) {
  const RunInfo info = InfoWithProbe();
  const base::Result<RunInfo> read = RunInfoFromJson(*ParseJson(Text(info), ""), "run.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->probes, info.probes);
  EXPECT_EQ(FindProbe(*read, info.cases[1].id)->result, ProbeResult::kIgnored);
  EXPECT_EQ(FindProbe(*read, info.cases[0].id), nullptr);
  EXPECT_EQ(ToJson(FullInfo()).Find("probes"), nullptr);
  RunInfo twice = info;
  twice.probes.push_back(twice.probes.front());
  EXPECT_THAT(RunInfoFromJson(ToJson(twice), "run.json").error().what, HasSubstr("assay.probes[1].case: "));
  RunInfo unplanned = info;
  unplanned.cases.pop_back();
  EXPECT_THAT(RunInfoFromJson(ToJson(unplanned), "run.json").error().what, HasSubstr("is not planned in this run"));
}

// What was written before there were models, upkeep and disturbed requests.
TEST(RunInfo, ReadsFilesOfBefore) {
  Json json = ToJson(FullInfo());
  json.as_object()->erase("models");
  JsonObject& validity = *(*json.as_object())["validity"].as_object();
  EXPECT_EQ(validity.erase("upkeep_s") + validity.erase("disturbed_requests"), 2U);
  const base::Result<RunInfo> read = RunInfoFromJson(json, "run.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_TRUE(read->models.empty());
  EXPECT_EQ(read->validity.upkeep_s, 0);
  EXPECT_EQ(read->validity.disturbed_requests, 0);
}

TEST(RunInfo, AModelThatWasNotProbedHasNoVerdict) {
  RunInfo info = FullInfo();
  info.models[0].sampling.reset();
  info.models[0].findings.clear();
  const base::Result<RunInfo> read = RunInfoFromJson(ToJson(info), "run.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(read->models[0].sampling, std::nullopt);
  EXPECT_EQ(Text(*read), Text(info));
}

TEST(RunInfo, RoundTripsAbsence) {
  RunInfo info = FullInfo();
  info.environment.gpu.reset();
  info.environment.memory_mib.reset();
  info.environment.power_source.reset();
  info.service.version.reset();
  info.service.pid.reset();
  info.provenance.git_revision.reset();
  info.provenance.git_dirty.reset();
  info.cases[0].device.reset();
  info.cases[0].failure.clear();
  const Json json = ToJson(info);
  EXPECT_TRUE(json.Find("service")->Find("pid")->is_null());
  const base::Result<RunInfo> read = RunInfoFromJson(json, "run.json");
  ASSERT_TRUE(read.ok()) << read.error().Message();
  EXPECT_EQ(Text(*read), Text(info));
  EXPECT_EQ(read->cases[0].failure, "");
  EXPECT_EQ(read->provenance.git_dirty, std::nullopt);
}

// Replaces what stands at `path` ("service/pid", "cases/0/id") by `value`; "" removes it.
base::Error Refusal(const std::vector<std::string>& path, std::string_view value) {
  Json json = ToJson(FullInfo());
  Json* target = &json;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    target = path[i] == "0" ? &target->as_array()->front() : &(*target->as_object())[path[i]];
  }
  if (value.empty()) {
    target->as_object()->erase(path.back());
  } else {
    (*target->as_object())[path.back()] = *ParseJson(value, "");
  }
  const base::Result<RunInfo> read = RunInfoFromJson(json, "run.json");
  EXPECT_FALSE(read.ok()) << path.back() << " = " << value;
  return read.ok() ? base::Error{} : read.error();
}

TEST(RunInfo, RefusesAnotherSchemaMajor) {
  EXPECT_THAT(Refusal({"schema_version"}, "2").what, HasSubstr("reads version 1, found 2"));
  EXPECT_THAT(Refusal({"schema_version"}, "").what, HasSubstr("'schema_version' is missing"));
}

TEST(RunInfo, RefusesWhatIsMissing) {
  for (const char* key : {"environment", "service", "provenance", "cases", "validity"}) {
    EXPECT_THAT(Refusal({key}, "").what, HasSubstr(key));
    EXPECT_THAT(Refusal({key}, "7").code == base::ErrorCode::kInvalidInput, true);
  }
  EXPECT_THAT(Refusal({"service", "endpoint"}, "").what, HasSubstr("assay.service"));
  EXPECT_THAT(Refusal({"provenance", "seed"}, "null").what, HasSubstr("assay.provenance.seed"));
  EXPECT_THAT(Refusal({"cases", "0", "request"}, "").what, HasSubstr("assay.cases[0]"));
  EXPECT_THAT(Refusal({"cases", "0", "alias"}, "null").what, HasSubstr("assay.cases[0].alias"));
  EXPECT_THAT(Refusal({"validity", "warnings"}, "").what, HasSubstr("warnings"));
  EXPECT_THAT(Refusal({"validity", "warnings", "0", "code"}, "").what, HasSubstr("code"));
}

TEST(RunInfo, RefusesUnknownKeysEverywhere) {
  for (const std::vector<std::string>& path : {std::vector<std::string>{"extra"},
                                               {"environment", "extra"},
                                               {"service", "extra"},
                                               {"provenance", "extra"},
                                               {"models", "0", "extra"},
                                               {"cases", "0", "extra"},
                                               {"validity", "extra"},
                                               {"validity", "warnings", "0", "extra"}}) {
    EXPECT_THAT(Refusal(path, "1").what, HasSubstr("unknown key 'extra'"));
  }
}

TEST(RunInfo, RefusesAnIdThatIsNotTheCases) {
  EXPECT_THAT(Refusal({"cases", "0", "id"}, R"("chat/m")").what, HasSubstr("is no case id"));
  EXPECT_THAT(Refusal({"cases", "0", "model"}, R"("other:1")").what, HasSubstr("does not name the case's model"));
  EXPECT_THAT(Refusal({"cases", "0", "prompt"}, R"("other")").what, HasSubstr("does not name the case's model"));
}

TEST(RunInfo, RefusesBrokenModels) {
  EXPECT_THAT(Refusal({"models"}, "{}").what, HasSubstr("assay.models: should be an array, found an object"));
  EXPECT_THAT(Refusal({"models", "0", "variant"}, "").what, HasSubstr("assay.models[0]"));
  EXPECT_THAT(Refusal({"models", "0", "endpoint"}, "7").what, HasSubstr("assay.models[0].endpoint"));
  EXPECT_THAT(Refusal({"models", "0", "findings"}, R"("one")").what, HasSubstr("assay.models[0].findings"));
  EXPECT_THAT(Refusal({"models", "0", "sampling"}, R"("perhaps")").what,
              HasSubstr("'perhaps' is none of deterministic, sampling_ignored, nondeterministic"));
  EXPECT_THAT(Refusal({"validity", "disturbed_requests"}, R"("3")").what, HasSubstr("disturbed_requests"));
}

TEST(RunInfo, RefusesAKeyOfAnotherMachine) {
  EXPECT_THAT(Refusal({"environment", "key"}, R"("linux-x86_64-other-2c")").what, HasSubstr("does not belong"));
  EXPECT_THAT(Refusal({"environment", "cores"}, "4").what, HasSubstr("does not belong"));
}

}  // namespace
}  // namespace assay::run

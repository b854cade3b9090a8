// SPDX-License-Identifier: MIT
// What the foundry command prints (foundry-facts 1.5), as it was observed and in malformed forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/foundry/cli.h"

namespace assay::foundry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ServerStatus Status(std::string_view output) {
  const base::Result<ServerStatus> status = ParseServerStatus(output);
  EXPECT_TRUE(status.ok()) << status.error().Message();
  return status.ok() ? *status : ServerStatus{};
}

TEST(ServerStatus, ReadsARunningServer) {
  const ServerStatus status =
      Status(R"({"running":true,"state":"ready","pid":2828,"webUrls":["http://127.0.0.1:58082"],"new":{}})");
  EXPECT_TRUE(status.running);
  EXPECT_THAT(status.urls, ElementsAre("http://127.0.0.1:58082"));
}

TEST(ServerStatus, ReadsAStoppedServer) {
  const ServerStatus status = Status(R"({"running":false,"state":"initializing"})");
  EXPECT_FALSE(status.running);
  EXPECT_THAT(status.urls, IsEmpty());
}

// It was seen to say so while it served: the URL is kept for whoever probes it.
TEST(ServerStatus, KeepsTheUrlOfAServerThatSaysItIsNotRunning) {
  const ServerStatus status = Status(R"({"running":false,"webUrls":["http://127.0.0.1:5273"]})");
  EXPECT_FALSE(status.running);
  EXPECT_THAT(status.urls, ElementsAre("http://127.0.0.1:5273"));
}

TEST(ServerStatus, SkipsLogLinesBeforeTheJson) {
  const char* noise[] = {"info: starting\n", "\xF0\x9F\x9F\xA2 Foundry Local\r\n\r\n", "{not json} warning\n",
                         "[2026-07-27] {\"a\":1}\nstate {\n", "{\n"};
  for (const std::string before : noise) {
    EXPECT_THAT(Status(before + R"({"running":true,"webUrls":["http://h:1"]})" + "\n").urls, ElementsAre("http://h:1"))
        << before;
  }
}

TEST(ServerStatus, ReadsPrettyJson) {
  EXPECT_THAT(Status("log\n{\n  \"running\": true,\n  \"webUrls\": [\n    \"http://h:1\"\n  ]\n}\n").urls,
              ElementsAre("http://h:1"));
}

TEST(ServerStatus, TakesOddKindsForAbsent) {
  const ServerStatus status = Status(R"({"running":"yes","webUrls":[1,null,"http://h:1"]})");
  EXPECT_FALSE(status.running);
  EXPECT_THAT(status.urls, ElementsAre("http://h:1"));
  EXPECT_THAT(Status(R"({"webUrls":"http://h:1"})").urls, IsEmpty());
  EXPECT_THAT(Status(R"({"webUrls":null})").urls, IsEmpty());
}

TEST(ServerStatus, WithoutJsonSaysWhatWasPrinted) {
  for (const char* output : {"", "State    Ready\nWeb URLs http://127.0.0.1:52364\n", "{\"running\":true", "[]"}) {
    const base::Result<ServerStatus> status = ParseServerStatus(output);
    ASSERT_FALSE(status.ok()) << output;
    EXPECT_EQ(status.error().code, base::ErrorCode::kProtocol);
  }
  EXPECT_THAT(ParseServerStatus("\x1b[31merror: Unknown command: 'server'").error().what,
              HasSubstr("\\x1B[31merror: Unknown command"));
}

std::vector<Variant> List(std::string_view output) {
  const base::Result<std::vector<Variant>> variants = ParseModelList(output);
  EXPECT_TRUE(variants.ok()) << variants.error().Message();
  return variants.ok() ? *variants : std::vector<Variant>{};
}

// The row of foundry-facts 1.5, with one line of a log before it.
TEST(ModelList, ReadsAnObservedRow) {
  const std::vector<Variant> variants = List(
      "Using cached catalog\n"
      R"({"models":[{"alias":"phi-4-mini","id":"Phi-4-mini-instruct-generic-gpu:5",)"
      R"("displayName":"Phi-4-mini-instruct-generic-gpu","type":"Chat","device":"Gpu","fileSizeMb":3809,)"
      R"("cached":false,"license":"MIT","supportsToolCalling":true}]})");
  ASSERT_EQ(variants.size(), 1U);
  EXPECT_EQ(variants[0].id, "Phi-4-mini-instruct-generic-gpu:5");
  EXPECT_EQ(variants[0].alias, "phi-4-mini");
  EXPECT_EQ(variants[0].device, "gpu");
  EXPECT_EQ(variants[0].size_mib, 3809);
  EXPECT_EQ(variants[0].license, "MIT");
  EXPECT_EQ(variants[0].cached, false);
  EXPECT_EQ(variants[0].execution_provider, std::nullopt);  // not stated: absent
}

TEST(ModelList, ReadsVariantsWhereTheyAreListed) {
  const std::vector<Variant> variants = List(
      R"({"variants":[{"id":"a-cpu:1","executionProvider":"CPUExecutionProvider","cached":true},{"id":"b-npu:2","device":"Npu"}]})");
  ASSERT_EQ(variants.size(), 2U);
  EXPECT_EQ(variants[0].execution_provider, "CPUExecutionProvider");
  EXPECT_EQ(variants[0].cached, true);
  EXPECT_EQ(variants[0].alias, std::nullopt);
  EXPECT_EQ(variants[1].device, "npu");
}

TEST(ModelList, AnEmptyListIsAnAnswer) { EXPECT_THAT(List(R"({"models":[]})"), IsEmpty()); }

TEST(ModelList, TakesOddKindsForAbsent) {
  const std::vector<Variant> variants =
      List(R"({"models":[{"id":"a","alias":null,"device":7,"fileSizeMb":"12","cached":"yes","license":""},)"
           R"({"id":"b","fileSizeMb":12.75},{"id":"c","fileSizeMb":1e300},{"id":"d","fileSizeMb":-1}]})");
  ASSERT_EQ(variants.size(), 4U);
  EXPECT_EQ(variants[0].alias, std::nullopt);
  EXPECT_EQ(variants[0].device, std::nullopt);
  EXPECT_EQ(variants[0].size_mib, std::nullopt);
  EXPECT_EQ(variants[0].cached, std::nullopt);
  EXPECT_EQ(variants[0].license, std::nullopt);
  EXPECT_EQ(variants[1].size_mib, 12);
  EXPECT_EQ(variants[2].size_mib, std::nullopt);
  EXPECT_EQ(variants[3].size_mib, std::nullopt);
}

TEST(ModelList, RefusesWhatIsNoList) {
  for (const char* output : {"", "{}", R"({"models":{}})", R"({"models":[{"alias":"a"}]})", R"({"models":["a"]})",
                             R"({"variants":[{"id":""}]})", R"({"models":[null]})"}) {
    const base::Result<std::vector<Variant>> variants = ParseModelList(output);
    ASSERT_FALSE(variants.ok()) << output;
    EXPECT_EQ(variants.error().code, base::ErrorCode::kProtocol);
  }
}

}  // namespace
}  // namespace assay::foundry

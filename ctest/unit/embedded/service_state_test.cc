// SPDX-License-Identifier: MIT
#include "fixtures/embedded/service_state.h"

#include <gtest/gtest.h>

#include "fixtures/base/files.h"

namespace assay::embedded {
namespace {

class ServiceStateTest : public testing::Test {
 protected:
  void Write(const char* file, std::string_view text) {
    ASSERT_TRUE(base::WriteFileAtomically(folder_.path() / file, text).ok());
  }
  base::TemporaryDirectory folder_ = std::move(*base::TemporaryDirectory::Create("service-state"));
};

TEST_F(ServiceStateTest, ComesBackAsItWasWritten) {
  const ServiceState written{2828, "http://127.0.0.1:58082", 1772368205, Dialect::kG1, 1772368206123};
  ASSERT_TRUE(WriteState(folder_.path(), written).ok());
  const auto read = ReadState(folder_.path());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->pid, 2828);
  EXPECT_EQ(read->url, "http://127.0.0.1:58082");
  EXPECT_EQ(read->started_unix_s, 1772368205);
  EXPECT_EQ(read->dialect, Dialect::kG1);
  EXPECT_EQ(read->silent_until_unix_ms, 1772368206123);
}

TEST_F(ServiceStateTest, ReadsAFileFromBeforeThereWereGenerations) {
  Write("service.json", R"({"pid":1,"schema_version":1,"started_unix_s":5,"url":"http://127.0.0.1:9"})");
  const auto read = ReadState(folder_.path());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->dialect, Dialect::kG3);
  EXPECT_EQ(read->silent_until_unix_ms, 0);
}

TEST_F(ServiceStateTest, RefusesWhatDoesNotFollowTheFormat) {
  EXPECT_EQ(ReadState(folder_.path()).error().code, base::ErrorCode::kNotFound);
  for (const char* text : {"", "[]", R"({"pid":1,"schema_version":2,"started_unix_s":5,"url":"u"})",
                           R"({"pid":"1","schema_version":1,"started_unix_s":5,"url":"u"})",
                           R"({"generation":"g9","pid":1,"schema_version":1,"started_unix_s":5,"url":"u"})",
                           R"({"generation":3,"pid":1,"schema_version":1,"started_unix_s":5,"url":"u"})",
                           R"({"pid":1,"schema_version":1,"silent_until_unix_ms":"x","started_unix_s":5,"url":"u"})"}) {
    Write("service.json", text);
    const auto read = ReadState(folder_.path());
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, base::ErrorCode::kInvalidInput) << text;
  }
}

TEST_F(ServiceStateTest, TakesTheLastWholeLineOfTheLogThatNamesAnAddress) {
  EXPECT_EQ(LastAnnounced(folder_.path()), std::nullopt);
  Write("service.log", "listening http://127.0.0.1:1");
  EXPECT_EQ(LastAnnounced(folder_.path()), std::nullopt) << "half a line may be half an address";
  Write("service.log", "listening http://127.0.0.1:1\r\nnot listening http://127.0.0.1:3\n");
  EXPECT_EQ(LastAnnounced(folder_.path()), "http://127.0.0.1:1");
  Write("service.log", "listening http://127.0.0.1:1\nlistening http://127.0.0.1:2\nlistening http://127.0");
  EXPECT_EQ(LastAnnounced(folder_.path()), "http://127.0.0.1:2");
}

}  // namespace
}  // namespace assay::embedded

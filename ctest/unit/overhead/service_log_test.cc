// SPDX-License-Identifier: MIT
#include "fixtures/overhead/service_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay::overhead {
namespace {

using testing::HasSubstr;

constexpr const char* kLog =
    R"({"load":{"end_ns":300,"model":"m","start_ns":200},"schema_version":1})"
    "\n"
    R"({"completion_tokens":2,"events":[[1000,"role"],[5000,"content"]],"id":"a","model":"m","prompt_read_ns":900,)"
    R"("prompt_tokens":1,"received_ns":400,"schema_version":1})"
    "\n"
    R"({"load":{"end_ns":30000,"model":"n","start_ns":20000},"schema_version":1})"
    "\n"
    R"({"completion_tokens":1,"events":[[70000,"answer"]],"id":"b","model":"m","prompt_read_ns":1,"prompt_tokens":1,)"
    R"("received_ns":60000,"schema_version":1})"
    "\n";

TEST(ServiceLog, HasTheRequestsAndPassesLoadsOver) {
  const base::Result<ServiceLog> log = ParseServiceLog(kLog);
  ASSERT_TRUE(log.ok()) << log.error().Message();
  ASSERT_EQ(log->size(), 2U);
  const SentAnswer& answer = log->at("a");
  EXPECT_EQ(answer.received_ns, 400);
  ASSERT_EQ(answer.events.size(), 2U);
  EXPECT_EQ(answer.events[1].at_ns, 5000);
  EXPECT_EQ(answer.events[1].kind, "content");
  EXPECT_EQ(log->at("b").events[0].kind, "answer");
}

TEST(ServiceLog, RefusesWhatIsNone) {
  for (const char* line : {"not JSON", "[]", R"({"id":"a","received_ns":1})", R"({"id":1,"received_ns":1,"events":[]})",
                           R"({"id":"a","received_ns":"1","events":[]})", R"({"id":"a","received_ns":1,"events":[1]})",
                           R"({"id":"a","received_ns":1,"events":[["role",1]]})"}) {
    const auto log = ParseServiceLog(std::string(kLog) + line);
    ASSERT_FALSE(log.ok()) << line;
    EXPECT_EQ(log.error().code, base::ErrorCode::kInvalidInput) << line;
    EXPECT_THAT(log.error().Message(), HasSubstr("request log:5")) << line;
  }
}

}  // namespace
}  // namespace assay::overhead

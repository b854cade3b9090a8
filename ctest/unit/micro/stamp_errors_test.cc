// SPDX-License-Identifier: MIT
// Pairing of what was sent with what was noted, and the quantiles; every expected number is counted by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "benchmarks/micro/service_log.h"

namespace assay::micro {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kLog =
    R"({"completion_tokens":2,"events":[[1000,"role"],[5000,"content"],[9000,"content"],[9100,"finish"]],"id":"a",)"
    R"("model":"m","prompt_read_ns":900,"prompt_tokens":1,"received_ns":400,"schema_version":1})"
    "\n"
    R"({"completion_tokens":1,"events":[[70000,"answer"]],"id":"b","model":"m","prompt_read_ns":1,"prompt_tokens":1,)"
    R"("received_ns":60000,"schema_version":1})"
    "\n";

ServiceLog Log() { return ParseServiceLog(kLog).value(); }

TEST(ServiceLog, ReadsWhatTheServiceWrote) {
  const ServiceLog log = Log();
  ASSERT_EQ(log.size(), 2U);
  const SentAnswer& answer = log.at("a");
  EXPECT_EQ(answer.received_ns, 400);
  ASSERT_EQ(answer.events.size(), 4U);
  EXPECT_EQ(answer.events[1].at_ns, 5000);
  EXPECT_EQ(answer.events[1].kind, "content");
  EXPECT_EQ(log.at("b").events[0].kind, "answer");
}

TEST(ServiceLog, RefusesWhatIsNone) {
  for (const char* line : {"not JSON", "[]", R"({"id":"a","received_ns":1})", R"({"id":1,"received_ns":1,"events":[]})",
                           R"({"id":"a","received_ns":"1","events":[]})", R"({"id":"a","received_ns":1,"events":[1]})",
                           R"({"id":"a","received_ns":1,"events":[["role",1]]})"}) {
    const auto log = ParseServiceLog(std::string(kLog) + line);
    ASSERT_FALSE(log.ok()) << line;
    EXPECT_EQ(log.error().code, base::ErrorCode::kInvalidInput) << line;
    EXPECT_THAT(log.error().Message(), HasSubstr("request log:3")) << line;
  }
}

TEST(Pair, CountsFromWhatWasSent) {
  // Noted 20 ns after role, 30 and 2050 after the contents, 10 after the finish; started 100 ns before it was received.
  const StampErrors errors = Pair({{"a", 300, {1020, 5030, 11050, 9110}}}, Log());
  EXPECT_THAT(errors.arrival_us, ElementsAre(0.03, 2.05));
  // (5030 - 300) - (5000 - 400) = 130 ns
  EXPECT_THAT(errors.first_token_us, ElementsAre(0.13));
  EXPECT_THAT(errors.first_arrival_us, ElementsAre(0.03));
  EXPECT_EQ(errors.unpaired, 0U);
}

TEST(Pair, AnswersWithoutAContentEventHaveNoError) {
  const StampErrors errors = Pair({{"b", 59000, {70500}}}, Log());
  EXPECT_THAT(errors.arrival_us, IsEmpty());
  EXPECT_THAT(errors.first_token_us, IsEmpty());
  EXPECT_EQ(errors.unpaired, 0U);
}

TEST(Pair, CountsAnswersThatAreNotInTheLogAsTheyWereSeen) {
  const StampErrors errors = Pair({{"c", 0, {1}}, {"", 0, {}}, {"a", 0, {1, 2, 3}}}, Log());
  EXPECT_EQ(errors.unpaired, 3U);
  EXPECT_THAT(errors.arrival_us, IsEmpty());
}

// 0, 1, 2, ... count - 1, backwards.
std::vector<double> Ramp(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.rbegin(), values.rend(), 0.0);
  return values;
}

TEST(Quantile, IsOfTypeSeven) {
  EXPECT_DOUBLE_EQ(Quantile(Ramp(11), 0.5).value(), 5);
  EXPECT_DOUBLE_EQ(Quantile(Ramp(12), 0.5).value(), 5.5);
  EXPECT_DOUBLE_EQ(Quantile(Ramp(64), 0.9).value(), 56.7);      // 0.9 * 63
  EXPECT_DOUBLE_EQ(Quantile(Ramp(130), 0.95).value(), 122.55);  // 0.95 * 129
  EXPECT_DOUBLE_EQ(Quantile(Ramp(662), 0.99).value(), 654.39);  // 0.99 * 661
}

TEST(Quantile, IsAbsentBelowItsFloor) {
  EXPECT_FALSE(Quantile(Ramp(10), 0.5).has_value());
  EXPECT_FALSE(Quantile(Ramp(63), 0.9).has_value());
  EXPECT_FALSE(Quantile(Ramp(129), 0.95).has_value());
  EXPECT_FALSE(Quantile(Ramp(661), 0.99).has_value());
  EXPECT_FALSE(Quantile({}, 0.5).has_value());
}

}  // namespace
}  // namespace assay::micro

// SPDX-License-Identifier: MIT
// Pairing of what was sent with what was noted; every expected number is counted by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "benchmarks/micro/stamp_errors.h"

namespace assay::micro {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kLog =
    R"({"completion_tokens":2,"events":[[1000,"role"],[5000,"content"],[9000,"content"],[9100,"finish"]],"id":"a",)"
    R"("model":"m","prompt_read_ns":900,"prompt_tokens":1,"received_ns":400,"schema_version":1})"
    "\n"
    R"({"completion_tokens":1,"events":[[70000,"answer"]],"id":"b","model":"m","prompt_read_ns":1,"prompt_tokens":1,)"
    R"("received_ns":60000,"schema_version":1})"
    "\n";

overhead::ServiceLog Log() { return overhead::ParseServiceLog(kLog).value(); }

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

}  // namespace
}  // namespace assay::micro

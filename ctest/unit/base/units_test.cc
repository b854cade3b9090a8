// SPDX-License-Identifier: MIT
#include "fixtures/base/units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace assay::base {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, TakesANumberAndAUnit) {
  EXPECT_EQ(ParseDuration("250us").value(), 250us);
  EXPECT_EQ(ParseDuration("250ms").value(), 250ms);
  EXPECT_EQ(ParseDuration("1.5s").value(), 1500ms);
  EXPECT_EQ(ParseDuration("2m").value(), 2min);
  EXPECT_EQ(ParseDuration("1h").value(), 1h);
  EXPECT_EQ(ParseDuration("0s").value(), 0s);
}

TEST(ParseDuration, RefusesTheRestAndSaysWhatToWrite) {
  for (const char* bad : {"", "5", "s", "-1s", "5 s", "5sec", "5S", "1e3s", "1..5s", "9999999999h"}) {
    const auto duration = ParseDuration(bad);
    ASSERT_FALSE(duration.ok()) << bad;
    EXPECT_EQ(duration.error().code, ErrorCode::kUsage) << bad;
    EXPECT_THAT(duration.error().what, testing::HasSubstr("500ms")) << bad;
  }
}

TEST(FormatDuration, ShowsThreeDigits) {
  EXPECT_EQ(FormatDuration(1250ms), "1.25 s");
  EXPECT_EQ(FormatDuration(38'200us), "38.2 ms");
  EXPECT_EQ(FormatDuration(410us), "410 us");
  EXPECT_EQ(FormatDuration(90s), "90.0 s");
  EXPECT_EQ(FormatDuration(0ns), "0.00 us");
  EXPECT_EQ(FormatDuration(-1500ms), "-1.50 s");
}

TEST(Units, ConvertToMillisecondsAndSeconds) {
  EXPECT_DOUBLE_EQ(ToMilliseconds(1'500'000ns), 1.5);
  EXPECT_DOUBLE_EQ(ToSeconds(250ms), 0.25);
}

// 1772368205 = 2026-03-01T12:30:05Z by `date -u -d @1772368205`.
TEST(UtcTimestamp, IsIso8601) {
  const std::chrono::system_clock::time_point epoch{};
  EXPECT_EQ(UtcTimestamp(epoch), "1970-01-01T00:00:00Z");
  EXPECT_EQ(UtcTimestamp(epoch + 1'772'368'205s + 999ms), "2026-03-01T12:30:05Z");
  EXPECT_EQ(UtcTimestamp(epoch - 1s), "1969-12-31T23:59:59Z");
  EXPECT_EQ(UtcTimestampWithMilliseconds(epoch), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(UtcTimestampWithMilliseconds(epoch + 1'772'368'205s + 45ms + 999us), "2026-03-01T12:30:05.045Z");
  EXPECT_EQ(UtcTimestampWithMilliseconds(epoch - 1ms), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace assay::base

// SPDX-License-Identifier: MIT
#include "tools/compare/quarantine.h"

#include <gtest/gtest.h>

namespace assay::compare {
namespace {

Policy With(std::vector<QuarantineEntry> entries) {
  Policy policy = DefaultPolicy();
  policy.quarantine = std::move(entries);
  return policy;
}

TEST(Quarantine, HoldsUpToAndIncludingItsDay) {
  const Policy policy = With({{"chat/*/riddle/*", "2026-03-31", "issue 17"}});
  const auto on = [&](const char* day) { return FindQuarantine(policy, "chat/m/riddle/x", day); };
  ASSERT_TRUE(on("2026-03-31"));
  EXPECT_EQ(on("2026-03-31")->until, "2026-03-31");
  EXPECT_EQ(on("2026-03-31")->reason, "issue 17");
  EXPECT_FALSE(on("2025-12-31")->expired);
  EXPECT_FALSE(on("2026-03-31")->expired);
  EXPECT_TRUE(on("2026-04-01")->expired);
  EXPECT_TRUE(on("2027-01-01")->expired);
}

TEST(Quarantine, OtherCasesAreFree) {
  const Policy policy = With({{"chat/*/riddle/*", "2026-03-31", "issue 17"}});
  EXPECT_FALSE(FindQuarantine(policy, "chat/m/capital/x", "2026-03-01"));
  EXPECT_FALSE(FindQuarantine(DefaultPolicy(), "chat/m/riddle/x", "2026-03-01"));
}

TEST(Quarantine, TheLastEntryThatMatchesIsTheCases) {
  const Policy policy =
      With({{"*", "2027-01-01", "all"}, {"*riddle*", "2026-01-01", "one"}, {"no", "2028-01-01", "no"}});
  const auto found = FindQuarantine(policy, "chat/m/riddle/x", "2026-06-01");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reason, "one");
  EXPECT_TRUE(found->expired);
}

TEST(Quarantine, ADayIsOneOfTheCalendar) {
  for (const char* good : {"2026-01-01", "2028-02-29", "2026-12-31", "0001-01-01"}) EXPECT_TRUE(IsDay(good)) << good;
  for (const char* bad : {"", "2026-1-1", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31",
                          "2026/01/01", "26-01-01", "2026-01-01 ", "2026-01-1x", "tomorrow!!"}) {
    EXPECT_FALSE(IsDay(bad)) << bad;
  }
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/session_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::compare {
namespace {

using ::testing::ElementsAre;

BaselineSession Session(const std::string& accepted_at, const std::vector<std::string>& cases) {
  BaselineSession session;
  session.accepted_at = accepted_at;
  session.started_at = "start " + accepted_at + cases.front();
  for (const std::string& id : cases) session.cases[id];
  return session;
}

TEST(SessionNames, ATimeOfAcceptanceIsASession) {
  const LatencyBaseline a{"a", {}, {Session("monday", {"x", "y"}), Session("tuesday", {"x", "y"})}};
  const LatencyBaseline b{"b", {}, {Session("monday", {"z"}), Session("tuesday", {"z"})}};
  EXPECT_THAT(SessionNames(a), ElementsAre("monday#0", "tuesday#0"));
  EXPECT_EQ(SessionNames(a), SessionNames(b));
}

// Two runs of one variant, accepted together because they have no case in common.
TEST(SessionNames, RunsOfDifferentCasesAcceptedTogetherAreOneSession) {
  const LatencyBaseline a{"a", {}, {Session("monday", {"x"}), Session("monday", {"y"})}};
  EXPECT_THAT(SessionNames(a), ElementsAre("monday#0", "monday#0"));
}

// A script accepts several runs within a second.
TEST(SessionNames, ACaseIsInASessionOnce) {
  const LatencyBaseline a{"a", {}, {Session("now", {"x", "y"}), Session("now", {"x"}), Session("now", {"x", "y"})}};
  EXPECT_THAT(SessionNames(a), ElementsAre("now#0", "now#1", "now#2"));
}

TEST(SessionNames, OfNoSessionsNoNames) { EXPECT_TRUE(SessionNames(LatencyBaseline{}).empty()); }

}  // namespace
}  // namespace assay::compare

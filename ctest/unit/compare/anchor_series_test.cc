// SPDX-License-Identifier: MIT
// The anchors of runs and sessions as a rule gets them: which belong together, and which are in step with the cases.
#include "tools/compare/anchor_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::compare {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

run::Anchors Some(double value, bool in_step) {
  return {"ember 3", {{"a", {{"ttft_ms", {value, value + 1}}}}}, "", in_step};
}

run::Run RunWith(const run::Anchors& anchors) {
  run::Run run;
  run.info.anchors = anchors;
  return run;
}

BaselineSession SessionWith(const run::Anchors& anchors, const std::string& started_at) {
  BaselineSession session;
  session.started_at = session.accepted_at = started_at;
  session.anchors = anchors;
  return session;
}

TEST(AnchorsOf, AreInStepWhereOneRunWas) {
  const run::Run head = RunWith(Some(5, true));
  const BaselineSession one = SessionWith(Some(1, true), "T1");
  const BaselineSession two = SessionWith(Some(2, false), "T2");
  const BaselineSession three = SessionWith(Some(3, true), "T3");
  const BaselineSession more = SessionWith(Some(4, true), "T4");
  const std::vector<const run::Run*> runs = {&head};
  // The third session stems from two runs: nobody knows which value belongs to which.
  const std::vector<NamedSession> sessions = {{&one, "s1"}, {&two, "s2"}, {&three, "s3"}, {&more, "s3"}};
  AnchorEvidence evidence = AnchorsOf(runs, sessions, "ttft_ms");
  ASSERT_EQ(evidence.series.size(), 1U) << evidence.why_none;
  AnchorSeries& series = evidence.series.front();
  EXPECT_TRUE(series.head_in_step);
  EXPECT_THAT(series.sessions_in_step, ElementsAre("s1"));
  EXPECT_EQ(series.base.size(), 3U);

  EXPECT_FALSE(series.second_in_step);
  AddSecondLook(runs, "ember 3", "ttft_ms", evidence.series);
  EXPECT_TRUE(evidence.series.front().second_in_step);
  EXPECT_THAT(evidence.series.front().second, ElementsAre(5, 6));
}

TEST(AnchorsOf, SeveralRunsAreNotInStep) {
  const run::Run one = RunWith(Some(5, true));
  const run::Run other = RunWith(Some(6, true));
  const BaselineSession session = SessionWith(Some(1, false), "T1");
  const std::vector<const run::Run*> runs = {&one, &other};
  const std::vector<NamedSession> sessions = {{&session, "s1"}};
  AnchorEvidence evidence = AnchorsOf(runs, sessions, "ttft_ms");
  ASSERT_EQ(evidence.series.size(), 1U) << evidence.why_none;
  EXPECT_FALSE(evidence.series.front().head_in_step);
  EXPECT_THAT(evidence.series.front().sessions_in_step, IsEmpty());
  AddSecondLook(runs, "ember 3", "ttft_ms", evidence.series);
  EXPECT_FALSE(evidence.series.front().second_in_step);
}

}  // namespace
}  // namespace assay::compare

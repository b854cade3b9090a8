// SPDX-License-Identifier: MIT
#include "tools/stats/prediction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay::stats {
namespace {

// Mean 0.2, variance 0.01: se = sqrt(0.01 * 4/3), t = 0.6 / se = 5.196152 with 2 df (a family of one borrows from
// nobody). SciPy 1.10: t.sf(5.196152, 2) = 0.01754936, t.ppf(0.975, 2) = 4.30265273.
TEST(JudgeSessions, CountedByHand) {
  const auto judged = JudgeSessions(std::vector<SessionNumbers>{{{0.1, 0.2, 0.3}, 0.8, {}, {}}}, {});
  ASSERT_TRUE(judged.has_value());
  const CaseEstimate& one = judged->cases[0].value();
  EXPECT_NEAR(one.shift, 0.6, 1e-12);
  EXPECT_NEAR(one.se, 0.11547005383792515, 1e-12);
  EXPECT_NEAR(one.df, 2, 1e-12);
  EXPECT_NEAR(one.p, 0.017549359322992324, 1e-10);
  EXPECT_NEAR(one.upper, 0.6 + 4.302652729911275 * 0.11547005383792515, 1e-9);
  EXPECT_TRUE(one.flagged);
  EXPECT_FALSE(one.suspect);
}

TEST(JudgeSessions, SeesBothDirectionsAndCorrectsForTheFamily) {
  std::vector<SessionNumbers> cases(4, SessionNumbers{{0.10, 0.12, 0.11, 0.09}, 0.11, {}, {}});
  cases[1].head = 0.5;
  cases[2].head = -0.5;
  const auto judged = JudgeSessions(cases, {});
  ASSERT_TRUE(judged.has_value());
  EXPECT_TRUE(judged->cases[1]->flagged);
  EXPECT_NEAR(judged->cases[1]->p_holm, 4 * judged->cases[1]->p, 1e-12);
  EXPECT_FALSE(judged->cases[2]->flagged);
  EXPECT_LT(judged->cases[2]->p_faster_holm, 0.05);
  EXPECT_FALSE(judged->cases[0]->flagged);
}

TEST(JudgeSessions, LeavesOutWhatCannotBeJudged) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<SessionNumbers> cases = {{{0.1, 0.2}, 0.1, {}, {}},
                                             {{0.1, 0.2, 0.3}, {}, {}, {}},
                                             {{0.1, nan, 0.3}, 0.1, {}, {}},
                                             {{0.1, 0.2, 0.3}, 0.1, {}, {}}};
  const auto judged = JudgeSessions(cases, {});
  ASSERT_TRUE(judged.has_value());
  EXPECT_EQ(judged->family, 1U);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_FALSE(judged->cases[c].has_value()) << c;
  EXPECT_TRUE(judged->cases[3].has_value());
  EXPECT_FALSE(JudgeSessions(std::span(cases).first(3), {}).has_value());
  EXPECT_FALSE(JudgeSessions({}, {}).has_value());
}

TEST(JudgeSessions, EqualSessionsGiveNumbers) {
  const auto judged = JudgeSessions(std::vector<SessionNumbers>(3, SessionNumbers{{1, 1, 1}, 1, {}, {}}), {});
  ASSERT_TRUE(judged.has_value());
  EXPECT_NEAR(judged->cases[0]->p, 0.5, 1e-12);
}

}  // namespace
}  // namespace assay::stats

// SPDX-License-Identifier: MIT
#include "tools/stats/sequential.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ctest/unit/stats/made_suites.h"

namespace assay::stats {
namespace {

std::vector<StoredCase> FirstLook(std::uint64_t seed) {
  Shape shape;
  shape.cases = 30;
  shape.n = 20;
  auto cases = MakeSuite(seed, shape);
  for (StoredCase& one : cases) one.head.resize(8);
  return cases;
}

TEST(EarlyAlpha, SumsUpToAlpha) {
  SequentialOptions sequential;
  sequential.looks = 4;
  sequential.early_share = 0.2;
  // 0.05 * 0.2 / 3 for each of three early looks, 0.04 for the last.
  EXPECT_NEAR(EarlyAlpha(0.05, sequential), 0.01 / 3, 1e-15);
  EXPECT_NEAR(3 * EarlyAlpha(0.05, sequential) + FinalAlpha(0.05, 0.2), 0.05, 1e-15);
  sequential.looks = 1;
  EXPECT_EQ(EarlyAlpha(0.05, sequential), 0);
}

TEST(RecommendedLooks, EndAtTheLargestNumber) {
  EXPECT_EQ(RecommendedLooks(20), (std::vector<std::size_t>{8, 12, 20}));
  EXPECT_EQ(RecommendedLooks(50), (std::vector<std::size_t>{20, 30, 50}));
  EXPECT_EQ(RecommendedLooks(10), (std::vector<std::size_t>{8, 10}));
  EXPECT_EQ(RecommendedLooks(5), (std::vector<std::size_t>{5}));
  EXPECT_EQ(RecommendedSecondLooks(40), (std::vector<std::size_t>{8, 12, 20, 40}));
  EXPECT_EQ(RecommendedSecondLooks(100), (std::vector<std::size_t>{20, 30, 50, 100}));
  EXPECT_EQ(RecommendedSecondLooks(20), (std::vector<std::size_t>{8, 12, 20}));
}

TEST(SettleStored, SettlesWhatIsSureAndKeepsWhatIsNot) {
  auto cases = FirstLook(51);
  SlowDown(cases[4].head, 1.5);
  SlowDown(cases[9].head, 1.04);
  SlowDown(cases[12].head, 0.8);
  const auto settled = SettleStored(cases, {}, {});
  EXPECT_EQ(settled[4], Settlement::kRegressed);
  EXPECT_EQ(settled[9], Settlement::kOpen);
  EXPECT_EQ(settled[12], Settlement::kCannotRegress);
  EXPECT_GT(std::count(settled.begin(), settled.end(), Settlement::kCannotRegress), 5);
  EXPECT_GE(std::count(settled.begin(), settled.end(), Settlement::kOpen), 9) << "case 9 and eight controls";
}

TEST(SettleStored, NeedsNoControlsWhenNothingElseIsOpen) {
  std::vector<StoredCase> cases = FirstLook(52);
  Noise noise(53);
  for (std::size_t c = 0; c < cases.size(); ++c) {  // nearly without noise: nothing can become a suspect
    for (Values& session : cases[c].sessions) session = noise.Sample(20, 3, 0.001);
    cases[c].head = noise.Sample(8, 3, 0.001);
  }
  const auto settled = SettleStored(cases, {}, {});
  EXPECT_EQ(std::count(settled.begin(), settled.end(), Settlement::kCannotRegress), 30);
}

TEST(SettleStored, LeavesAllOpenWhereNothingCanBeSettled) {
  const auto all_open = [](const std::vector<Settlement>& settled) {
    return std::count(settled.begin(), settled.end(), Settlement::kOpen) == static_cast<std::ptrdiff_t>(settled.size());
  };
  auto cases = FirstLook(54);
  SlowDown(cases[4].head, 1.5);
  SequentialOptions last;
  last.look = last.looks;
  EXPECT_TRUE(all_open(SettleStored(cases, {}, last)));
  for (StoredCase& one : cases) one.sessions.resize(1);
  EXPECT_TRUE(all_open(SettleStored(cases, {}, {}))) << "blind";
  cases[2].head.clear();
  EXPECT_EQ(SettleStored(cases, {}, {}).size(), 30U);
}

// What cases share is the noise of a value, not the error of a mean: a case that was asked on is as well known as it
// would be had all been asked on.
TEST(GateStored, ErrorsFollowHowOftenEachCaseWasAsked) {
  Shape shape;
  shape.cases = 30;
  shape.n = 20;
  const auto whole = MakeSuite(57, shape);
  auto cut = whole;
  for (std::size_t c = 1; c < cut.size(); ++c) cut[c].head.resize(8);
  GateOptions options;
  options.guard = false;
  const auto noise = [](const GateResult& gate, std::size_t c) {
    const CaseEstimate& one = *gate.cases[c];
    return one.se * one.se * (1 - one.base_share) - gate.session_variance;
  };
  const auto of_whole = GateStored(whole, options);
  const auto of_cut = GateStored(cut, options);
  ASSERT_TRUE(of_whole && of_cut);
  EXPECT_NEAR(noise(*of_cut, 0) / noise(*of_whole, 0), 1, 0.3);
  EXPECT_GT(noise(*of_cut, 1), 2 * noise(*of_cut, 0)) << "eight values of the same noise instead of twenty";
}

// Cases 4 and 9 were suspects, of which the second look finds 4 slower again, and 9 as it always was.
class SettleConfirmedTest : public ::testing::Test {
 protected:
  SettleConfirmedTest() {
    Shape shape;
    shape.cases = 30;
    shape.n = 20;
    cases_ = MakeSuite(58, shape);
    SlowDown(cases_[4].head, 1.2);
    SlowDown(cases_[9].head, 1.06);
    const auto first = GateStored(cases_, options_);
    suspects_ = Suspects(first.value());
    controls_ = Controls(first.value(), 8);
    Shape fresh = shape;
    fresh.n = 8;
    second_.resize(cases_.size());
    auto again = MakeSuite(58, fresh);
    SlowDown(again[4].head, 1.2);
    for (const std::size_t c : suspects_) second_[c] = again[c].head;
    for (const std::size_t c : controls_) second_[c] = again[c].head;
    sequential_.looks = 4;
    sequential_.most_requests = 40;
    sequential_.early_share = 0;
  }
  std::vector<Settlement> Settled() const { return SettleConfirmed(cases_, second_, options_, sequential_); }

  GateOptions options_;
  std::vector<StoredCase> cases_;
  std::vector<std::size_t> suspects_;
  std::vector<std::size_t> controls_;
  std::vector<Values> second_;
  SequentialOptions sequential_;
};

TEST_F(SettleConfirmedTest, ASuspectThatWillHardlyBeFlaggedIsAskedNoMore) {
  ASSERT_EQ(suspects_, (std::vector<std::size_t>{4, 9}));
  const auto settled = Settled();
  EXPECT_EQ(settled[4], Settlement::kOpen) << "nothing is sure before the end";
  EXPECT_EQ(settled[9], Settlement::kCannotRegress);
  for (const std::size_t c : controls_) EXPECT_EQ(settled[c], Settlement::kOpen) << c;
  EXPECT_EQ(std::count(settled.begin(), settled.end(), Settlement::kOpen), 9) << "who is no control is not needed";
  EXPECT_EQ(std::count(settled.begin(), settled.end(), Settlement::kRegressed), 0);
}

TEST_F(SettleConfirmedTest, ControlsWaitForNobodyWhenNoSuspectIsLeft) {
  for (double& value : second_[4]) value -= std::log(1.5);
  const auto settled = Settled();
  EXPECT_EQ(std::count(settled.begin(), settled.end(), Settlement::kCannotRegress), 30);
}

// The more there is of it the surer it is: 10 % of a chance that is there with 8 requests is gone with 20.
TEST_F(SettleConfirmedTest, WhatIsLeftToAskDecides) {
  for (double& value : second_[9]) value += std::log(1.055);
  EXPECT_EQ(Settled()[9], Settlement::kOpen);
  sequential_.most_requests = 9;
  EXPECT_EQ(Settled()[9], Settlement::kOpen) << "it is flagged";
  for (double& value : second_[9]) value -= std::log(1.025);
  EXPECT_EQ(Settled()[9], Settlement::kCannotRegress);
  sequential_.most_requests = 400;
  EXPECT_EQ(Settled()[9], Settlement::kOpen);
}

TEST_F(SettleConfirmedTest, LeavesAllOpenWhereNothingCanBeSettled) {
  const auto none_settled = [&] {
    const auto settled = Settled();
    return settled.size() == 30 && std::count(settled.begin(), settled.end(), Settlement::kOpen) == 30;
  };
  sequential_.look = sequential_.looks;
  EXPECT_TRUE(none_settled());
  sequential_.look = 1;
  EXPECT_FALSE(none_settled());
  for (StoredCase& one : cases_) one.sessions.resize(1);
  EXPECT_TRUE(none_settled()) << "blind";
}

// Two sides without any difference but noise, and one case slower.
TEST(SettlePaired, SettlesWhatIsSure) {
  auto pairs = MakePairs(55, 30, 2, 0);
  for (Values& block : pairs[3].blocks) SlowDown(block, 1.4);
  SequentialOptions sequential;
  sequential.most_requests = 40;
  const auto settled = SettlePaired(pairs, {}, sequential);
  EXPECT_EQ(settled[3], Settlement::kRegressed);
  EXPECT_GT(std::count(settled.begin(), settled.end(), Settlement::kCannotRegress), 10);
  for (PairedCase& one : pairs) one.blocks.resize(1);
  EXPECT_EQ(SettlePaired(pairs, {}, sequential)[3], Settlement::kOpen) << "blind";
}

// All heads drift up by 10 % after their eighth value; what was settled then has only the first eight.
TEST(FirstLook, DriftOfTheSessionIsNoChangeOfACase) {
  Shape shape;
  shape.cases = 30;
  shape.n = 20;
  auto cases = MakeSuite(56, shape);
  const auto controls = [&] {
    auto then = cases;
    for (StoredCase& one : then) one.head.resize(8);
    return Controls(GateStored(then, {}).value(), 8);
  }();
  std::size_t asked_on = 0;
  while (std::count(controls.begin(), controls.end(), asked_on) != 0) ++asked_on;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    for (std::size_t i = 8; i < 20; ++i) cases[c].head[i] += 0.1;
    if (c != asked_on && std::count(controls.begin(), controls.end(), c) == 0) cases[c].head.resize(8);
  }
  GateOptions options;
  const double naive = GateStored(cases, options)->cases[asked_on]->shift;
  options.first_look = 8;
  const double corrected = GateStored(cases, options)->cases[asked_on]->shift;
  EXPECT_GT(naive, 0.04);
  EXPECT_NEAR(corrected, 0, 0.03);
}

}  // namespace
}  // namespace assay::stats

// SPDX-License-Identifier: MIT
// Between two rounds: which cases are asked no more, and which may never be let go.
#include "tools/compare/settle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ctest/unit/compare/made_pairs.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"

namespace assay::compare {
namespace {

using made::PairMaker;
using made::PairSpec;
using ::testing::HasSubstr;

constexpr int kCases = 12;

// The head of a made pair as a run of its own.
run::Run OneRun(int n, double first, unsigned seed, const std::string& started_at, double all = 1) {
  PairSpec spec;
  spec.cases = kCases;
  spec.blocks = {n};
  spec.first = first;
  spec.all = all;
  spec.seed = seed;
  spec.head_started_at = started_at;
  spec.speed = 0.05;
  return PairMaker(spec).head.Build("run");
}

class SettleTest : public ::testing::Test {
 protected:
  SettleTest() : temporary_(*base::TemporaryDirectory::Create("assay-settle")) {
    const double drift[] = {1.0, 1.01, 0.99, 1.005, 0.995};
    for (int k = 0; k < 5; ++k) {
      const std::string day = "2026-02-0" + std::to_string(k + 1);
      const AcceptRequest request{temporary_.path(), "because", day + "T13:00:00Z", true, true, {}, DefaultPolicy()};
      const auto accepted = Accept(
          *RunSet::Create({OneRun(20, 1, static_cast<unsigned>(100 + k), day + "T12:00:00Z", drift[k])}), request);
      EXPECT_TRUE(accepted.ok()) << accepted.error().Message();
    }
    options_.look = 2;
    options_.looks = 4;
    options_.early_alpha_share = 0.2;
    options_.n_max = 20;
  }
  std::vector<SettledCase> Settled(run::Run run) {
    auto settled = Settle(*RunSet::Create({std::move(run)}), {temporary_.path()}, policy_, options_);
    EXPECT_TRUE(settled.ok()) << settled.error().Message();
    return std::move(settled).value();
  }
  static std::optional<Settlement> Of(const std::vector<SettledCase>& settled, int c) {
    for (const SettledCase& one : settled) {
      if (one.id == PairMaker::Id(c)) return one.why;
    }
    return std::nullopt;
  }
  // Ten requests, the first case a half slower.
  static run::Run Slow() { return OneRun(10, 1.5, 3, "2026-03-01T12:00:00Z"); }

  base::TemporaryDirectory temporary_;
  Policy policy_ = DefaultPolicy();
  SettleOptions options_;
};

TEST_F(SettleTest, WhatIsSureIsAskedNoMore) {
  const std::vector<SettledCase> settled = Settled(Slow());
  EXPECT_EQ(Of(settled, 0), Settlement::kRegressed);
  const auto cannot = std::count_if(settled.begin(), settled.end(),
                                    [](const SettledCase& one) { return one.why == Settlement::kCannotRegress; });
  EXPECT_GE(cannot, kCases / 2);
  EXPECT_EQ(ToString(Settlement::kRegressed), "regressed");
  EXPECT_EQ(ToString(Settlement::kCannotRegress), "cannot_regress");
}

TEST_F(SettleTest, AFamilyThatIsOpenKeepsTheCase) {
  // Only the first token got a little slower: as likely a suspect as not, which the first look leaves open.
  options_.look = 1;
  run::Run run = OneRun(10, 1, 3, "2026-03-01T12:00:00Z");
  for (run::Sample& sample : run.cases[1].samples) {
    for (run::Event& event : sample.timeline.events) event.at += base::Nanoseconds(2'000'000);  // 5 % of 40 ms
  }
  EXPECT_EQ(Of(Settled(std::move(run)), 1), std::nullopt);
}

TEST_F(SettleTest, NothingIsSettledAtTheLastLook) {
  options_.look = 4;
  EXPECT_TRUE(Settled(Slow()).empty());
}

TEST_F(SettleTest, ACaseWithoutABaselineIsNeverSettled) {
  run::Run run = Slow();
  run.cases[0].plan.fingerprint = "another request";
  run.cases[1].plan.id = PairMaker::Id(99);
  for (run::Sample& sample : run.cases[1].samples) sample.case_id = PairMaker::Id(99);
  const std::vector<SettledCase> settled = Settled(std::move(run));
  EXPECT_EQ(Of(settled, 0), std::nullopt);
  EXPECT_EQ(Of(settled, 99), std::nullopt);
  EXPECT_FALSE(settled.empty());
}

TEST_F(SettleTest, ACaseWithAFailedRequestIsNeverSettled) {
  run::Run run = Slow();
  ASSERT_EQ(Of(Settled(run), 0), Settlement::kRegressed);
  run.cases[0].samples[9].outcome = run::Outcome::kReset;
  EXPECT_EQ(Of(Settled(std::move(run)), 0), std::nullopt);
}

TEST_F(SettleTest, ABudgetThatNeedsMoreRequestsKeepsTheCase) {
  // p90 of ten values is not stated.
  policy_.budgets.push_back(Budget{PairMaker::Id(0), run::FindMetric("ttft_ms"), 0.95, 1000, true});
  EXPECT_EQ(Of(Settled(Slow()), 0), std::nullopt);
  policy_.budgets[0].gate = false;
  EXPECT_EQ(Of(Settled(Slow()), 0), Settlement::kRegressed);
}

TEST_F(SettleTest, WhatDoesNotGateIsNotSettled) {
  for (MetricPolicy& metric : policy_.metrics) metric.gate = false;
  EXPECT_TRUE(Settled(Slow()).empty());
}

TEST_F(SettleTest, NumbersOutOfRangeAreUsageErrors) {
  const RunSet runs = *RunSet::Create({Slow()});
  const auto refused = [&](SettleOptions options, std::vector<std::filesystem::path> folders) {
    const auto settled = Settle(runs, folders, policy_, options);
    EXPECT_FALSE(settled.ok());
    if (settled.ok()) return std::string();
    EXPECT_EQ(settled.error().code, base::ErrorCode::kUsage);
    return settled.error().what;
  };
  SettleOptions wrong = options_;
  wrong.look = 5;
  EXPECT_THAT(refused(wrong, {temporary_.path()}), HasSubstr("found look 5 of 4"));
  wrong = options_;
  wrong.early_alpha_share = 1;
  EXPECT_THAT(refused(wrong, {temporary_.path()}), HasSubstr("early alpha share"));
  wrong = options_;
  wrong.n_max = 0;
  EXPECT_THAT(refused(wrong, {temporary_.path()}), HasSubstr("1 or more"));
  EXPECT_THAT(refused(options_, {}), HasSubstr("--baselines"));
}

// The first case was found slower, the second one looked it.
class SettleSecondLookTest : public SettleTest {
 protected:
  SettleSecondLookTest() : first_(*RunSet::Create({First()})) {
    options_.look = 1;
    options_.early_alpha_share = 0;
    options_.n_max = 40;
  }
  static run::Run First() {
    run::Run run = OneRun(20, 1.3, 3, kFirst);
    for (run::Sample& sample : run.cases[1].samples) Slower(sample, 1.07);
    return run;
  }
  static void Slower(run::Sample& sample, double factor) {
    for (run::Event& event : sample.timeline.events) {
      event.at = base::Nanoseconds(std::llround(static_cast<double>(event.at.count()) * factor));
    }
  }
  // Eight requests so far of a second look at the first `suspects` cases and the other ones.
  static run::Run Second(double first, int suspects = 2) {
    run::Run run = OneRun(8, first, 4, "2026-03-01T13:00:00Z");
    run.info.second_look.emplace();
    run.info.second_look->first_started_at = {kFirst};
    for (int c = 0; c < kCases; ++c) {
      (c < suspects ? run.info.second_look->suspects : run.info.second_look->controls).push_back(PairMaker::Id(c));
    }
    return run;
  }
  std::vector<SettledCase> SettledOf(run::Run second) {
    auto settled =
        SettleSecondLook(first_, *RunSet::Create({std::move(second)}), {temporary_.path()}, policy_, options_);
    EXPECT_TRUE(settled.ok()) << settled.error().Message();
    return std::move(settled).value();
  }

  static constexpr const char* kFirst = "2026-03-01T12:00:00Z";
  RunSet first_;
};

TEST_F(SettleSecondLookTest, WhoWillHardlyBeConfirmedIsAskedNoMore) {
  const std::vector<SettledCase> settled = SettledOf(Second(1.3));
  EXPECT_EQ(Of(settled, 0), std::nullopt) << "as slow again";
  EXPECT_EQ(Of(settled, 1), Settlement::kCannotRegress);
  EXPECT_LT(settled.size(), 5U) << "the controls wait for the first";
}

TEST_F(SettleSecondLookTest, WithoutASuspectNothingIsAsked) {
  EXPECT_EQ(SettledOf(Second(0.7)).size(), static_cast<std::size_t>(kCases));
}

TEST_F(SettleSecondLookTest, WhatIsMissingOfACaseKeepsIt) {
  run::Run second = Second(1);
  second.cases[1].samples[3].outcome = run::Outcome::kReset;
  EXPECT_EQ(Of(SettledOf(std::move(second)), 1), std::nullopt);
  EXPECT_EQ(Of(SettledOf(Second(1, 3)), 2), std::nullopt) << "no family suspects it, and somebody asked for it";
}

// The verdict of all together needs them all.
TEST_F(SettleSecondLookTest, NothingIsSettledAtTheEnd) {
  options_.look = options_.looks;
  EXPECT_TRUE(SettledOf(Second(1)).empty());
}

TEST_F(SettleSecondLookTest, AnotherRunsSecondLookIsAMistake) {
  run::Run second = Second(1);
  second.info.second_look->first_started_at = {"2026-03-01T11:00:00Z"};
  const auto settled =
      SettleSecondLook(first_, *RunSet::Create({std::move(second)}), {temporary_.path()}, policy_, options_);
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(settled.error().what, HasSubstr("2026-03-01T11:00:00Z"));
  EXPECT_FALSE(SettleSecondLook(first_, *RunSet::Create({Second(1)}), {}, policy_, options_).ok());
}

TEST(SettlePair, WhatIsSureIsAskedNoMore) {
  PairSpec spec;
  spec.blocks = {5, 5};
  spec.first = 1.5;
  SettleOptions options;
  options.look = 2;
  options.looks = 4;
  options.early_alpha_share = 0.2;
  options.n_max = 20;
  const auto settled = SettlePair(PairMaker(spec).Build(), DefaultPolicy(), options);
  ASSERT_TRUE(settled.ok()) << settled.error().Message();
  ASSERT_FALSE(settled->empty());
  EXPECT_EQ(settled->front().id, PairMaker::Id(0));
  EXPECT_EQ(settled->front().why, Settlement::kRegressed);
  EXPECT_GE(settled->size(), 6U);
  options.look = 4;
  EXPECT_TRUE(SettlePair(PairMaker(spec).Build(), DefaultPolicy(), options)->empty());
}

}  // namespace
}  // namespace assay::compare

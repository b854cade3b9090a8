// SPDX-License-Identifier: MIT
#include "tools/compare/request_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ctest/unit/compare/made_pairs.h"
#include "fixtures/base/files.h"
#include "tools/compare/accept.h"
#include "tools/compare/baseline_format.h"

namespace assay::compare {
namespace {

using made::PairMaker;
using made::PairSpec;
using ::testing::Contains;
using ::testing::HasSubstr;

run::Run OneRun(double noise, int n = 20, unsigned seed = 5, const std::string& started_at = "2026-03-01T12:00:00Z") {
  PairSpec spec;
  spec.blocks = {n};
  spec.noise = noise;
  spec.seed = seed;
  spec.speed = 0;  // no drift
  spec.head_started_at = started_at;
  return PairMaker(spec).head.Build("run");
}

RunSet Set(run::Run run) { return *RunSet::Create({std::move(run)}); }

RequestPlan Planned(const RunSet& runs, const PlanOptions& options, const Policy& policy = DefaultPolicy(),
                    const std::vector<std::filesystem::path>& baselines = {}) {
  auto plan = PlanRequests(runs, baselines, policy, options);
  if (plan.ok()) return std::move(plan).value();
  ADD_FAILURE() << plan.error().Message();
  RequestPlan none;
  none.families.resize(2);  // so that the test goes on
  return none;
}

TEST(RequestPlan, NoisierRunsNeedMoreRequests) {
  const PlanOptions options{0.10, 0.8};
  const RequestPlan quiet = Planned(Set(OneRun(0.03)), options);
  const RequestPlan noisy = Planned(Set(OneRun(0.12)), options);
  ASSERT_EQ(quiet.families.size(), 2U);
  EXPECT_EQ(quiet.families[0].kind, FamilyKind::kTtft);
  EXPECT_EQ(quiet.families[0].cases, 12U);
  // The standard deviation of one request, as the trimmed mean sees it: a little above the 3 % of the noise.
  EXPECT_NEAR(quiet.families[0].median_noise, 0.034, 0.012);
  ASSERT_TRUE(quiet.families[0].needs.stored.requests.has_value());
  ASSERT_TRUE(noisy.families[0].needs.stored.requests.has_value());
  EXPECT_GT(*noisy.families[0].needs.stored.requests, 4 * *quiet.families[0].needs.stored.requests);
}

TEST(RequestPlan, SmallerEffectsNeedMoreAndASecondLookLess) {
  const RunSet runs = Set(OneRun(0.06));
  const RequestPlan large = Planned(runs, PlanOptions{0.20, 0.8});
  const RequestPlan small = Planned(runs, PlanOptions{0.10, 0.8});
  for (std::size_t f = 0; f < large.families.size(); ++f) {
    const NeedsByMode& easy = large.families[f].needs;
    const NeedsByMode& hard = small.families[f].needs;
    EXPECT_LT(easy.stored.requests.value(), hard.stored.requests.value());
    EXPECT_LT(easy.paired.requests.value(), hard.paired.requests.value());
    EXPECT_LT(hard.stored_second.requests.value(), hard.stored.requests.value());
    EXPECT_LT(hard.paired_second.requests.value(), hard.paired.requests.value());
  }
}

TEST(RequestPlan, TheNoisiestCasesComeFirst) {
  run::Run run = OneRun(0.02);
  // One case four times as noisy: every second request a tenth slower.
  for (std::size_t i = 0; i < run.cases[7].samples.size(); i += 2) {
    for (run::Event& event : run.cases[7].samples[i].timeline.events) event.at += event.at / 10;
  }
  const RequestPlan plan = Planned(Set(std::move(run)), PlanOptions{});
  ASSERT_EQ(plan.families[0].noisiest.size(), 5U);
  EXPECT_EQ(plan.families[0].noisiest[0].id, PairMaker::Id(7));
  EXPECT_EQ(plan.families[0].noisiest[0].n, 20U);
  EXPECT_GE(plan.families[0].noisiest[0].noise, plan.families[0].noisiest[1].noise);
  EXPECT_GT(plan.families[0].noisiest[0].needs.stored.requests.value_or(10'001),
            plan.families[0].needs.stored.requests.value());
}

TEST(RequestPlan, AnEffectThatThePolicyHidesSaysWhatWouldShowIt) {
  // Half of 5 % is below the policy's 5 %; half of 20 % is not.
  const RunSet runs = Set(OneRun(0.02));
  const RequestPlan plan = Planned(runs, PlanOptions{0.05, 0.8});
  EXPECT_DOUBLE_EQ(plan.min_effect_needed.value(), 0.025);
  EXPECT_TRUE(plan.families[0].needs.stored.requests.has_value());
  EXPECT_THAT(plan.notes, Contains(HasSubstr("these figures need min_effect 2.5 % or less")));
  EXPECT_FALSE(Planned(runs, PlanOptions{0.20, 0.8}).min_effect_needed.has_value());
}

TEST(RequestPlan, AToleranceThatTakesTheEffectForNoneSaysSo) {
  Policy policy = DefaultPolicy();
  policy.tolerance = 0.1;
  const RequestPlan plan = Planned(Set(OneRun(0.02)), PlanOptions{0.08, 0.8}, policy);
  EXPECT_FALSE(plan.families[0].needs.stored.requests.has_value());
  EXPECT_THAT(plan.families[0].needs.stored.limit, HasSubstr("up to 10 % for none (tolerance)"));
}

TEST(RequestPlan, WithoutABaselineTheSessionsAreAssumed) {
  const RequestPlan plan = Planned(Set(OneRun(0.05)), PlanOptions{});
  EXPECT_TRUE(plan.families[0].sessions_assumed);
  EXPECT_EQ(plan.families[0].sessions, kMaxSessions);
  EXPECT_FALSE(plan.families[0].session_deviation.has_value());
  EXPECT_THAT(plan.notes, Contains(HasSubstr("no baseline was given")));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("lower bounds")));
}

class RequestPlanWithBaseline : public ::testing::Test {
 protected:
  RequestPlanWithBaseline() : temporary_(*base::TemporaryDirectory::Create("assay-plan")) {}

  // Sessions in each of which every case has a deviation of its own.
  void AcceptSessions(int count, double deviation) {
    for (int k = 0; k < count; ++k) {
      const std::string day = "2026-02-0" + std::to_string(k + 1);
      run::Run run = OneRun(0.02, 20, static_cast<unsigned>(50 + k), day + "T12:00:00Z");
      for (std::size_t c = 0; c < run.cases.size(); ++c) {
        const double factor = 1 + deviation * std::sin(static_cast<double>(7 * c + 3 * static_cast<std::size_t>(k)));
        for (run::Sample& sample : run.cases[c].samples) {
          for (run::Event& event : sample.timeline.events) {
            event.at = base::Nanoseconds(std::llround(static_cast<double>(event.at.count()) * factor));
          }
        }
      }
      const AcceptRequest request{temporary_.path(), "because", day + "T13:00:00Z", true, true, {}, DefaultPolicy()};
      const auto accepted = Accept(Set(std::move(run)), request);
      ASSERT_TRUE(accepted.ok()) << accepted.error().Message();
    }
  }
  base::TemporaryDirectory temporary_;
};

TEST_F(RequestPlanWithBaseline, SessionsThatLieApartAreCountedIn) {
  AcceptSessions(4, 0.03);
  const RunSet runs = Set(OneRun(0.02));
  const RequestPlan plan = Planned(runs, PlanOptions{0.2, 0.8}, DefaultPolicy(), {temporary_.path()});
  const FamilyPlan& ttft = plan.families[0];
  EXPECT_FALSE(ttft.sessions_assumed);
  EXPECT_EQ(ttft.sessions, 4U);
  // 3 % times a sine: a standard deviation of about 2 %.
  EXPECT_NEAR(ttft.session_deviation.value(), 0.021, 0.012);
  EXPECT_GE(ttft.needs.stored.requests.value_or(10'001),
            Planned(runs, PlanOptions{0.2, 0.8}).families[0].needs.stored.requests.value());
}

TEST_F(RequestPlanWithBaseline, WhereNoNumberOfRequestsIsEnoughItSaysWhatLimits) {
  AcceptSessions(3, 0.15);
  const RequestPlan plan = Planned(Set(OneRun(0.02)), PlanOptions{0.05, 0.8}, DefaultPolicy(), {temporary_.path()});
  const NeededRequests& stored = plan.families[0].needs.stored;
  EXPECT_FALSE(stored.requests.has_value());
  EXPECT_THAT(stored.limit, HasSubstr("how far a case moves by itself"));
}

TEST(RequestPlan, NumbersOutOfRangeAreUsageErrors) {
  const RunSet runs = Set(OneRun(0.02));
  for (const PlanOptions& wrong : {PlanOptions{0, 0.8}, PlanOptions{-0.05, 0.8}, PlanOptions{20, 0.8},
                                   PlanOptions{0.05, 1}, PlanOptions{0.05, 0.2}, PlanOptions{std::nan(""), 0.8}}) {
    const auto plan = PlanRequests(runs, {}, DefaultPolicy(), wrong);
    ASSERT_FALSE(plan.ok()) << wrong.effect << " " << wrong.power;
    EXPECT_EQ(plan.error().code, base::ErrorCode::kUsage);
  }
}

TEST(RequestPlan, TooFewRequestsAreAnErrorThatSaysHowMany) {
  const auto plan = PlanRequests(Set(OneRun(0.02, 4)), {}, DefaultPolicy(), PlanOptions{});
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(plan.error().what, HasSubstr("the most are 4"));
}

}  // namespace
}  // namespace assay::compare

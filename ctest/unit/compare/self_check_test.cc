// SPDX-License-Identifier: MIT
#include "tools/compare/self_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/compare/made_pairs.h"
#include "tools/compare/gate_rule.h"

namespace assay::compare {
namespace {

using made::PairMaker;
using made::PairSpec;
using ::testing::Contains;
using ::testing::HasSubstr;

RunSet OneRun(int cases, std::int64_t n, double noise = 0.05) {
  PairSpec spec;
  spec.cases = cases;
  spec.blocks = {n};
  spec.noise = noise;
  spec.speed = 0.05;
  return *RunSet::Create({PairMaker(spec).head.Build()});
}

SelfCheck Check(const RunSet& runs, std::size_t splits = 100, std::uint64_t seed = 1) {
  auto check = CheckSelf(runs, DefaultPolicy(), GateRule(), SelfCheckOptions{splits, seed});
  EXPECT_TRUE(check.ok()) << check.error().Message();
  return std::move(check).value();
}

TEST(SelfCheck, HalvesOfOneRunRaiseFewAlarms) {
  const SelfCheck check = Check(OneRun(20, 40), 100);
  EXPECT_EQ(check.splits, 100U);
  EXPECT_DOUBLE_EQ(check.alpha, 0.05);
  ASSERT_EQ(check.families.size(), 2U);  // time to first token, time per token
  EXPECT_EQ(check.families[0].kind, FamilyKind::kTtft);
  EXPECT_EQ(check.families[1].kind, FamilyKind::kDecode);
  for (const SelfCheckFamily& family : check.families) {
    EXPECT_EQ(family.cases, 20U);
    EXPECT_EQ(family.paired.splits, 100U);
    EXPECT_EQ(family.stored.splits, 100U);
    EXPECT_DOUBLE_EQ(family.alpha, 0.025);
    EXPECT_GT(family.paired.mde.value(), 0.0);
    EXPECT_LE(family.paired.alarms, check.paired.alarms);
  }
  // The run drifts by 30 % from its start to its end: no half has more of it than the other.
  EXPECT_LE(check.paired.Share().value(), 0.05);
  EXPECT_LE(check.stored.Share().value(), 0.05);
  EXPECT_FALSE(check.TooManyAlarms());
  EXPECT_THAT(check.notes, Contains(HasSubstr("one run is one session")));
}

TEST(SelfCheck, TheSameSeedGivesTheSameFigures) {
  const RunSet runs = OneRun(10, 20, 0.3);
  const SelfCheck one = Check(runs, 50, 7);
  const SelfCheck same = Check(runs, 50, 7);
  const SelfCheck other = Check(runs, 50, 8);
  EXPECT_EQ(one.paired.alarms, same.paired.alarms);
  EXPECT_EQ(one.families[0].paired.mde, same.families[0].paired.mde);
  EXPECT_NE(one.families[0].paired.mde, other.families[0].paired.mde);
}

TEST(SelfCheck, NoAlarmIsNoProofThatThereAreNone) {
  const SelfCheck check = Check(OneRun(10, 20, 0.001), 200);
  EXPECT_EQ(check.paired.alarms, 0U);
  // 1 - 0.05^(1/200)
  EXPECT_NEAR(check.paired.upper.value(), 0.014867, 1e-5);
}

TEST(SelfCheck, NoisierRunsHideLargerEffects) {
  const double quiet = Check(OneRun(10, 20, 0.02)).families[0].paired.mde.value();
  const double noisy = Check(OneRun(10, 20, 0.2)).families[0].paired.mde.value();
  EXPECT_GT(noisy, 2 * quiet);
}

TEST(SelfCheck, ARuleThatCriesWolfIsCaught) {
  class Wolf final : public LatencyRule {
   public:
    FamilyFindings JudgeFamily(std::span<const LatencySeries> family, std::span<const AnchorSeries>,
                               const FamilyOptions&) const override {
      return Cry(family.size());
    }
    FamilyFindings JudgePairs(std::span<const PairedSeries> family, const FamilyOptions&) const override {
      return Cry(family.size());
    }

   private:
    static FamilyFindings Cry(std::size_t size) {
      FamilyFindings findings;
      findings.pairs.resize(size);
      for (LatencyFinding& one : findings.pairs) one.verdict = Verdict::kUnchanged;
      findings.pairs[1].verdict = Verdict::kRegressed;
      return findings;
    }
  };
  const auto check = CheckSelf(OneRun(10, 20), DefaultPolicy(), Wolf(), SelfCheckOptions{20, 1});
  ASSERT_TRUE(check.ok());
  EXPECT_TRUE(check->TooManyAlarms());
  EXPECT_EQ(check->paired.alarms, 20U);
  EXPECT_DOUBLE_EQ(check->paired.upper.value(), 1);
  ASSERT_FALSE(check->worst.empty());
  EXPECT_EQ(check->worst[0].id, PairMaker::Id(1));
  EXPECT_EQ(check->worst[0].alarms, 20U);
  EXPECT_EQ(check->worst[0].n, 20U);
  EXPECT_LE(check->worst.size(), 5U);
}

TEST(SelfCheck, FewCasesCannotPlayTheStoredWay) {
  const SelfCheck check = Check(OneRun(3, 20));
  EXPECT_EQ(check.families[0].paired.splits, 100U);
  EXPECT_EQ(check.families[0].stored.splits, 0U);
  EXPECT_FALSE(check.stored.Share().has_value());
  EXPECT_THAT(check.families[0].why_no_stored, HasSubstr("needs 8 cases"));
}

TEST(SelfCheck, TooFewRequestsAreAnErrorThatSaysHowMany) {
  const auto check = CheckSelf(OneRun(10, 9), DefaultPolicy(), GateRule(), SelfCheckOptions{});
  ASSERT_FALSE(check.ok());
  EXPECT_EQ(check.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(check.error().what, HasSubstr("the 10 requests"));
  EXPECT_THAT(check.error().what, HasSubstr("the most are 9"));
}

TEST(SelfCheck, NoSplitsIsAUsageError) {
  const auto check = CheckSelf(OneRun(10, 20), DefaultPolicy(), GateRule(), SelfCheckOptions{0, 1});
  ASSERT_FALSE(check.ok());
  EXPECT_EQ(check.error().code, base::ErrorCode::kUsage);
}

}  // namespace
}  // namespace assay::compare

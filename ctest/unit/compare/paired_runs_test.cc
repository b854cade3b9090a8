// SPDX-License-Identifier: MIT
#include "tools/compare/paired_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/compare/made_pairs.h"
#include "fixtures/base/files.h"

namespace assay::compare {
namespace {

using ::testing::HasSubstr;

made::PairSpec Small() {
  made::PairSpec spec;
  spec.cases = 2;
  spec.blocks = {3, 2};
  return spec;
}

base::Error Refused(const made::PairMaker& maker) {
  const auto pair = PairedRuns::Create("there", maker.info, maker.base.Build("b"), maker.head.Build("h"));
  if (pair.ok()) {
    ADD_FAILURE() << "was taken";
    return {};
  }
  return pair.error();
}

TEST(PairedRuns, ReadsBothSidesAndWhichCaseBelongsToWhich) {
  const auto temporary = base::TemporaryDirectory::Create("assay-pair");
  ASSERT_TRUE(temporary.ok());
  made::PairSpec spec = Small();
  spec.head_model = made::kOtherModel;
  const made::PairMaker maker(spec);
  ASSERT_TRUE(maker.base.Write(temporary->path() / "base").ok());
  ASSERT_TRUE(maker.head.Write(temporary->path() / "head").ok());
  ASSERT_TRUE(run::WritePair(temporary->path(), maker.info).ok());

  const auto pair = PairedRuns::Read(temporary->path());
  ASSERT_TRUE(pair.ok()) << pair.error().Message();
  ASSERT_EQ(pair->cases().size(), 2U);
  EXPECT_EQ(pair->cases()[1].base->plan.id, made::PairMaker::Id(1));
  EXPECT_EQ(pair->cases()[1].head->plan.id, made::PairMaker::Id(1, made::kOtherModel));
  EXPECT_EQ(pair->cases()[1].head->samples.size(), 5U);
  EXPECT_EQ(pair->info().blocks, (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(pair->directory(), temporary->path());
}

TEST(PairedRuns, EntriesStayValidWhenThePairIsMoved) {
  PairedRuns first = made::PairMaker(Small()).Build();
  const PairedRuns second = std::move(first);
  EXPECT_EQ(second.cases()[0].head, &second.head().cases[0]);
}

TEST(PairedRuns, NamesTheSideThatIsNotThere) {
  const auto temporary = base::TemporaryDirectory::Create("assay-pair");
  ASSERT_TRUE(temporary.ok());
  const made::PairMaker maker(Small());
  ASSERT_TRUE(maker.base.Write(temporary->path() / "base").ok());
  ASSERT_TRUE(run::WritePair(temporary->path(), maker.info).ok());
  const auto pair = PairedRuns::Read(temporary->path());
  ASSERT_FALSE(pair.ok());
  EXPECT_THAT(pair.error().Message(), HasSubstr("head"));
}

TEST(PairedRuns, SidesOfTwoMachinesAreRefused) {
  made::PairMaker maker(Small());
  maker.head.Cpu("Other CPU");
  const base::Error error = Refused(maker);
  EXPECT_EQ(error.code, base::ErrorCode::kUsage);
  EXPECT_THAT(error.what, HasSubstr("other-cpu"));
  EXPECT_THAT(error.what, HasSubstr("--pair"));
}

TEST(PairedRuns, ACaseItsSideDidNotPlanIsRefused) {
  made::PairMaker maker(Small());
  maker.info.cases[0].base = "chat/no/such";
  EXPECT_THAT(Refused(maker).Message(), HasSubstr("the base did not plan the case 'chat/no/such'"));
  maker.info.cases[0] = maker.info.cases[1];
  maker.info.cases[0].head = "chat/no/\x1b[31m";
  EXPECT_THAT(Refused(maker).Message(), HasSubstr("the head did not plan the case 'chat/no/\\x1B"));
}

TEST(PairedRuns, ACaseInTwoPairsIsRefused) {
  made::PairMaker maker(Small());
  maker.info.cases[1].base = maker.info.cases[0].base;
  EXPECT_THAT(Refused(maker).what, HasSubstr("of the base is in two pairs"));
  maker = made::PairMaker(Small());
  maker.info.cases[1].head = maker.info.cases[0].head;
  EXPECT_THAT(Refused(maker).what, HasSubstr("of the head is in two pairs"));
}

TEST(PairedRuns, BlocksMustAddUp) {
  made::PairMaker maker(Small());
  maker.info.blocks = {3, 1};
  const base::Error error = Refused(maker);
  EXPECT_EQ(error.code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(error.what, HasSubstr("has repetition 4 (counted from 0), but the blocks add up to 4"));
  EXPECT_THAT(error.where, HasSubstr("pair.json"));
}

TEST(PairedRuns, BlocksOfNothingAreRefused) {
  made::PairMaker maker(Small());
  maker.info.blocks = {};
  EXPECT_THAT(Refused(maker).what, HasSubstr("$.blocks is empty"));
  maker.info.blocks = {5, 0};
  EXPECT_THAT(Refused(maker).what, HasSubstr("$.blocks has 0"));
}

TEST(PairedRuns, NoPairIsNothingToJudge) {
  made::PairMaker maker(Small());
  maker.info.cases.clear();
  EXPECT_THAT(Refused(maker).what, HasSubstr("nothing to judge"));
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "benchmarks/micro/measurement.h"

namespace assay::micro {
namespace {

const Figure kLower{"arrival error p50", "us", 20.0, 25.0, 1.25, false, 1000};
const Figure kHigher{"instant answers", "/s", 8000.0, 6000.0, 0.8, true, 2000};

TEST(Figure, IsHeldAgainstTheFloor) {
  EXPECT_DOUBLE_EQ(kLower.ratio().value(), 1.25);
  EXPECT_TRUE(kLower.met().value());
  Figure worse = kLower;
  worse.ours = 25.1;
  EXPECT_FALSE(worse.met().value());
}

TEST(Figure, OfWhichMoreIsBetterIsMissedBelowItsLimit) {
  EXPECT_DOUBLE_EQ(kHigher.ratio().value(), 0.75);
  EXPECT_FALSE(kHigher.met().value());
  Figure better = kHigher;
  better.ours = 6400.0;
  EXPECT_TRUE(better.met().value());
}

TEST(Figure, WithoutEnoughValuesIsNeitherMetNorMissed) {
  Figure figure = kLower;
  figure.floor.reset();
  EXPECT_FALSE(figure.ratio().has_value());
  EXPECT_FALSE(figure.met().has_value());
  figure = kLower;
  figure.limit.reset();
  EXPECT_TRUE(figure.ratio().has_value());
  EXPECT_FALSE(figure.met().has_value());
}

TEST(FiguresTable, HasALinePerFigure) {
  Figure absent = kLower;
  absent.name = "TTFT error p99";
  absent.floor.reset();
  absent.ours.reset();
  Figure free = kLower;
  free.name = "of eight streams";
  free.limit.reset();
  EXPECT_EQ(
      FiguresTable({kLower, kHigher, absent, free}),
      "figure                                                     floor      ours      ratio target          values\n"
      "arrival error p50                                           20.0      25.0 us    1.25 <= 1.25 met       1000\n"
      "instant answers                                           8000.0    6000.0 /s    0.75 >= 0.80 MISSED    2000\n"
      "TTFT error p99                                                 -         - us       - <= 1.25 ?         1000\n"
      "of eight streams                                            20.0      25.0 us    1.25 -                 1000\n");
}

TEST(FiguresJson, SaysHowItWasCounted) {
  Plan plan;
  plan.rounds = 3;
  Figure absent = kLower;
  absent.ours.reset();
  EXPECT_EQ(run::WriteJson(FiguresJson({kLower, absent}, plan), run::JsonStyle::kCompact),
            R"({"figures":[{"figure":"arrival error p50","floor":20.0,"limit":1.25,"met":true,"ours":25.0,)"
            R"("ratio":1.25,"unit":"us","values":1000},{"figure":"arrival error p50","floor":20.0,"limit":1.25,)"
            R"("met":null,"ours":null,"ratio":null,"unit":"us","values":1000}],"percentiles":"hyndman_fan_7",)"
            R"("rounds":3,"schema_version":1})");
}

TEST(AllGroups, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const Group& group : AllGroups()) {
    EXPECT_TRUE(names.insert(group.name).second) << group.name;
    EXPECT_NE(group.measure, nullptr);
  }
  EXPECT_FALSE(names.empty());
}

}  // namespace
}  // namespace assay::micro

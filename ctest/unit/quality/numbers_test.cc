// SPDX-License-Identifier: MIT
#include "fixtures/quality/numbers.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::quality {
namespace {

// Read by hand.
TEST(LastNumber, TakesTheLastOne) {
  EXPECT_EQ(LastNumber("17 + 25 = 42"), 42);
  EXPECT_EQ(LastNumber("The answer is 42."), 42);
  EXPECT_EQ(LastNumber("**1,234.5**"), 1234.5);
  EXPECT_EQ(LastNumber("1,234,567"), 1234567);
  EXPECT_EQ(LastNumber("12,34"), 34);  // no groups of three
  EXPECT_EQ(LastNumber("1234,567"), 567);
  EXPECT_EQ(LastNumber("-7"), -7);
  EXPECT_EQ(LastNumber("x = -7"), -7);
  EXPECT_EQ(LastNumber("\xE2\x88\x92"
                       "7"),
            -7);  // the minus sign
  EXPECT_EQ(LastNumber("10-7"), 7);
  EXPECT_EQ(LastNumber("1.5e3 and 2E-2"), 0.02);
  EXPECT_EQ(LastNumber("3e"), 3);
  EXPECT_EQ(LastNumber("$5"), 5);
  EXPECT_EQ(LastNumber("50%"), 50);
}

TEST(LastNumber, KnowsWhatIsNone) {
  EXPECT_EQ(LastNumber(""), std::nullopt);
  EXPECT_EQ(LastNumber("forty-two"), std::nullopt);
  EXPECT_EQ(LastNumber("B2B"), std::nullopt);
  EXPECT_EQ(LastNumber("7 of v3"), 7);
}

TEST(LastNumber, SurvivesHostileText) {
  EXPECT_EQ(LastNumber(std::string(1'000'000, '9')), std::nullopt);  // past any double
  EXPECT_EQ(LastNumber(std::string(500'000, ',') + "1"), 1);
  EXPECT_EQ(LastNumber(std::string("4\0"
                                   "5",
                                   3)),
            5);
}

}  // namespace
}  // namespace assay::quality

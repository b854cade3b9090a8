// SPDX-License-Identifier: MIT
#include "tools/report/numbers.h"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

TEST(Numbers, ShortHasThreeDigits) {
  EXPECT_EQ(Short(0), "0.00");
  EXPECT_EQ(Short(1.234), "1.23");
  EXPECT_EQ(Short(9.996), "10.0");
  EXPECT_EQ(Short(12.34), "12.3");
  EXPECT_EQ(Short(99.96), "100");
  EXPECT_EQ(Short(1234.4), "1234");
  EXPECT_EQ(Short(12345), "12.3k");
}

TEST(Numbers, PercentsCarryTheirSign) {
  EXPECT_EQ(SignedPercent(0.502), "+50.2 %");
  EXPECT_EQ(SignedPercent(-0.03), "-3.0 %");
  EXPECT_EQ(SignedPercent(12.345), "+1234 %");
  EXPECT_EQ(Percent(0.05), "5 %");
  EXPECT_EQ(Percent(0.025), "2.5 %");
}

TEST(Numbers, SmallPValuesHaveAFloor) {
  EXPECT_EQ(PValue(0.00001), "<0.0001");
  EXPECT_EQ(PValue(0.0004), "0.0004");
  EXPECT_EQ(PValue(0.31), "0.31");
  EXPECT_EQ(PValue(1), "1.00");
}

TEST(Numbers, StableDropsTheLastBitsOnly) {
  EXPECT_EQ(Stable(50.00000000000002), 50.0);
  EXPECT_EQ(Stable(0.00006495052934681416), 0.00006495052935);
  EXPECT_EQ(Stable(-123456789012.0), -123456789000.0);
  EXPECT_EQ(Stable(0.0), 0.0);
  EXPECT_EQ(Stable(1e-300), 1e-300);
}

}  // namespace
}  // namespace assay::report

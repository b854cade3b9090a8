// SPDX-License-Identifier: MIT
#include "fixtures/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace assay::base {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kInvalidInput, "odd", std::to_string(number)};
  return number / 2;
}
Result<int> Quarter(int number) {
  ASSAY_TRY(const int half, Half(number));
  ASSAY_TRY(const int quarter, Half(half));
  return quarter;
}
Status IsEven(int number) {
  ASSAY_RETURN_IF_ERROR(Half(number));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_TRUE(Half(4).ok());
  EXPECT_EQ(*Half(4), 2);
  EXPECT_FALSE(Half(3));
  EXPECT_EQ(Half(3).error().code, ErrorCode::kInvalidInput);
}

TEST(Result, HandsErrorsUpTheCalls) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).error().where, "3");
  EXPECT_TRUE(IsEven(2).ok());
  EXPECT_EQ(IsEven(5).error().where, "5");
}

TEST(Result, HoldsWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Error, MessageNamesThePlaceOnce) {
  EXPECT_EQ((Error{ErrorCode::kIo, "cannot read", "a.json"}.Message()), "cannot read (a.json)");
  EXPECT_EQ((Error{ErrorCode::kIo, "cannot read", ""}.Message()), "cannot read");
  EXPECT_EQ(WithContext(Error{ErrorCode::kIo, "cannot read", "a.json"}, "policy").Message(),
            "policy: cannot read (a.json)");
}

TEST(ErrorCode, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    names.insert(ToString(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::kInternal) + 1);
}

TEST(ResultDeathTest, ValueOfAnErrorEndsTheProgramAndSaysWhy) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(static_cast<void>(Half(3).value()), "internal error.*odd \\(3\\)");
  EXPECT_DEATH(static_cast<void>(Half(4).error()), "holds a value");
}

}  // namespace
}  // namespace assay::base

// SPDX-License-Identifier: MIT
#include "fixtures/base/boxed.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::base {
namespace {

TEST(Boxed, IsAbsentUntilGiven) {
  Boxed<std::string> text;
  EXPECT_FALSE(text);
  EXPECT_FALSE(text.has_value());
  EXPECT_EQ(text, Boxed<std::string>());
  text = std::string("there");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "there");
  EXPECT_EQ(text->size(), 5U);
  text.emplace(3, 'x');
  EXPECT_EQ(*text, "xxx");
  text.reset();
  EXPECT_FALSE(text);
}

TEST(Boxed, CopiesAreTheirOwn) {
  Boxed<std::string> one = std::string("one");
  Boxed<std::string> copy = one;
  EXPECT_EQ(copy, one);
  copy->append(" more");
  EXPECT_NE(copy, one);
  EXPECT_EQ(*one, "one");
  copy = one;
  EXPECT_EQ(copy, one);
  const Boxed<std::string>& itself = copy;
  copy = itself;
  EXPECT_EQ(copy, one);
  copy = Boxed<std::string>();
  EXPECT_FALSE(copy);
  EXPECT_NE(copy, one);
  const Boxed<std::string> moved = std::move(one);
  EXPECT_EQ(*moved, "one");
}

TEST(Boxed, AbsentTakesThePlaceOfAPointer) { EXPECT_EQ(sizeof(Boxed<std::string>), sizeof(void*)); }

}  // namespace
}  // namespace assay::base

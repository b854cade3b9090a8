// SPDX-License-Identifier: MIT
#include "tools/compare/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::compare {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<CaseAddress> kCases = {
    {"chat/m:1/a/x", "m:1", "m", "a"}, {"chat/m:1/b/x", "m:1", "m", "b"}, {"chat/n:2/a/x", "n:2", "n", "a"}};

std::string ErrorOf(const Selection& selection) {
  const auto selected = Select(selection, kCases);
  EXPECT_FALSE(selected.ok());
  if (selected.ok()) return "";
  EXPECT_EQ(selected.error().code, base::ErrorCode::kUsage);
  return selected.error().Message();
}

TEST(Selection, WithoutFiltersTakesAll) { EXPECT_THAT(*Select({}, kCases), ElementsAre(true, true, true)); }

TEST(Selection, ModelIsAVariantOrAnAlias) {
  EXPECT_THAT(*Select({{}, {"m"}, {}, {}}, kCases), ElementsAre(true, true, false));
  EXPECT_THAT(*Select({{}, {"n:2"}, {}, {}}, kCases), ElementsAre(false, false, true));
}

TEST(Selection, KindsNarrowEachOther) {
  EXPECT_THAT(*Select({{"chat/*"}, {"m"}, {"a"}, {}}, kCases), ElementsAre(true, false, false));
}

TEST(Selection, WhatMatchesNothingIsNamed) {
  EXPECT_THAT(ErrorOf({{"chat/z*"}, {}, {}, {}}), HasSubstr("'chat/z*' matches none of the 3 cases"));
  EXPECT_THAT(ErrorOf({{}, {"q"}, {}, {}}), HasSubstr("the model 'q' was planned nowhere; models here: m:1, n:2"));
  EXPECT_THAT(ErrorOf({{}, {}, {"c"}, {}}), HasSubstr("the prompt 'c' was planned nowhere; prompts here: a, b"));
  EXPECT_THAT(ErrorOf({{}, {"n"}, {"b"}, {}}), HasSubstr("'n' was planned nowhere with the prompt 'b'"));
  EXPECT_THAT(ErrorOf({{"*/b/*"}, {"n"}, {}, {}}), HasSubstr("together"));
}

}  // namespace
}  // namespace assay::compare

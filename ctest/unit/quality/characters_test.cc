// SPDX-License-Identifier: MIT
#include "fixtures/quality/characters.h"

#include <gtest/gtest.h>

namespace assay::quality {
namespace {

TEST(Characters, DecodesEveryLengthAndReplacesWhatIsNone) {
  EXPECT_EQ(CodePoints("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), U"a\u00E9\u20AC\U0001F600");
  EXPECT_EQ(CodePoints("\xFF\xC3"), U"\uFFFD\uFFFD");
  EXPECT_EQ(CodePoints("\xC0\x80"), U"\uFFFD\uFFFD");            // overlong NUL
  EXPECT_EQ(CodePoints("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(CodePoints("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
}

// Counted by hand.
TEST(Characters, CountsWords) {
  EXPECT_EQ(CountWords(U""), 0);
  EXPECT_EQ(CountWords(U" \n\t"), 0);
  EXPECT_EQ(CountWords(U"Water is wet."), 3);
  EXPECT_EQ(CountWords(U"don't be up-to-date -- 3.5 times"), 6);  // don't be up-to-date 3 5 times
  EXPECT_EQ(CountWords(U"\u6C34\u306F"), 2);                      // two ideographs
  EXPECT_EQ(CountWords(U"ab\u6C34cd"), 3);
  EXPECT_EQ(CountWords(U"na\u00EFve caf\u00E9"), 2);
  EXPECT_EQ(CountWords(U"\U0001F600 \u2026 \u2014"), 0);
  EXPECT_EQ(CountWords(U"\u043F\u0440\u0438\u0432\u0435\u0442, \u043C\u0438\u0440"), 2);
  EXPECT_EQ(CountWords(U"end-"), 1);
}

TEST(Characters, FoldsLatinGreekAndCyrillic) {
  EXPECT_EQ(Lower(U"\u00C4\u00D6\u00DC \u0158 \u017D \u0391\u03A9 \u0410\u042F\u0401"),
            U"\u00E4\u00F6\u00FC \u0159 \u017E \u03B1\u03C9 \u0430\u044F\u0451");
  EXPECT_EQ(Lower(U'\u00D7'), U'\u00D7');  // the multiplication sign
  EXPECT_EQ(Upper(U'\u00F7'), U'\u00F7');
  for (char32_t c = 0; c < 0x530; ++c) {
    if (Lower(c) == c || Lower(c) == 0x3C3) continue;
    EXPECT_EQ(Upper(Lower(c)), c) << static_cast<unsigned>(c);
  }
}

}  // namespace
}  // namespace assay::quality

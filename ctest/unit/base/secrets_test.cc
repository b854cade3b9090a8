// SPDX-License-Identifier: MIT
#include "fixtures/base/secrets.h"

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(Secrets, TakesTheirPlaceEverywhere) {
  Secrets secrets;
  secrets.Add("sk-test-123");
  EXPECT_EQ(secrets.Hide("sk-test-123 and sk-test-123, not sk-test-12"), "*** and ***, not sk-test-12");
  EXPECT_EQ(Secrets().Hide("sk-test-123"), "sk-test-123");
}

TEST(Secrets, HidesTheLongerOneFirst) {
  Secrets secrets;
  secrets.Add("abcd");
  secrets.Add("abcd-efgh");
  EXPECT_EQ(secrets.Hide("abcd-efgh abcd"), "*** ***");
}

TEST(Secrets, LeavesShortWordsInPeace) {
  Secrets secrets;
  for (const char* word : {"", "a", "ab", "abc"}) secrets.Add(word);
  EXPECT_EQ(secrets.Hide("an abc of it"), "an abc of it");
  EXPECT_FALSE(secrets.AreIn("abc"));
  secrets.Add("abcd");
  EXPECT_EQ(secrets.Hide("an abcd of it"), "an *** of it");
}

TEST(Secrets, KnowsAHeaderValueAlsoWithoutItsScheme) {
  Secrets secrets;
  secrets.AddHeaderValue("Bearer abcdef");
  EXPECT_EQ(secrets.Hide("'Bearer abcdef', 'abcdef', Bearer"), "'***', '***', Bearer");
}

// A key that is just "test" does not make every test model a secret.
TEST(Secrets, ShortOnesAreNamesOnlyAsAWhole) {
  Secrets secrets;
  secrets.Add("test");
  secrets.Add("sk-12345");
  EXPECT_TRUE(secrets.AreIn("test"));
  EXPECT_FALSE(secrets.AreIn("test-model"));
  EXPECT_TRUE(secrets.AreIn("model-sk-12345:1"));
  EXPECT_FALSE(secrets.AreIn("model-sk-1234:1"));
}

}  // namespace
}  // namespace assay::base

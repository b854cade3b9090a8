// SPDX-License-Identifier: MIT
#include "fixtures/embedded/stop_filter.h"

#include <gtest/gtest.h>

namespace assay::embedded {
namespace {

// The answer in pieces of `size` bytes, as it would be said.
std::string Said(const std::string& answer, const std::vector<std::string>& texts, std::size_t size) {
  StopFilter filter(texts);
  std::string said;
  for (std::size_t at = 0; at < answer.size() && !filter.stopped(); at += size) {
    said += filter.Feed(std::string_view(answer).substr(at, size));
  }
  return said + filter.Rest();
}

TEST(StopFilter, EndsBeforeTheFirstStopTextHoweverItComes) {
  for (std::size_t size = 1; size <= 12; ++size) {
    EXPECT_EQ(Said("one two three two", {"two"}, size), "one ") << size;
    EXPECT_EQ(Said("one two three", {"three", "two t"}, size), "one ") << size;
    EXPECT_EQ(Said("aaab aab", {"aab"}, size), "a") << size;
    EXPECT_EQ(Said("one tw", {"two"}, size), "one tw") << size << ": held back in vain";
    EXPECT_EQ(Said("one two", {}, size), "one two") << size;
    EXPECT_EQ(Said("two", {"two"}, size), "") << size;
  }
}

TEST(StopFilter, SaysNothingMoreOnceItIsStopped) {
  const std::vector<std::string> texts = {"."};
  StopFilter filter(texts);
  EXPECT_EQ(filter.Feed("Yes. No"), "Yes");
  EXPECT_TRUE(filter.stopped());
  EXPECT_EQ(filter.Feed("more"), "");
  EXPECT_EQ(filter.Rest(), "");
}

}  // namespace
}  // namespace assay::embedded

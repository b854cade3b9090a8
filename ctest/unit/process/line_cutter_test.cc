// SPDX-License-Identifier: MIT
#include "fixtures/process/line_cutter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay::process {
namespace {

using testing::ElementsAre;

std::vector<std::string> Cut(const std::vector<std::string>& parts) {
  std::vector<std::string> lines;
  LineCutter cutter([&](std::string_view line) { lines.emplace_back(line); });
  for (const std::string& part : parts) cutter.Take(part);
  cutter.Finish();
  return lines;
}

TEST(LineCutter, EndsALineAtNewlineAndAtReturn) { EXPECT_THAT(Cut({"a\nb\rc\n"}), ElementsAre("a", "b", "c")); }

TEST(LineCutter, TakesReturnAndNewlineForOneEnd) {
  EXPECT_THAT(Cut({"a\r\nb\r\n\r\nc\n\nd"}), ElementsAre("a", "b", "", "c", "", "d"));
}

TEST(LineCutter, HandsOutALastLineWithoutEnd) { EXPECT_THAT(Cut({"a\nb"}), ElementsAre("a", "b")); }

TEST(LineCutter, HasNothingLeftAfterALineEnd) { EXPECT_THAT(Cut({"a\n", ""}), ElementsAre("a")); }

TEST(LineCutter, DoesNotCareWhereTheBytesAreCut) {
  const std::string text = "a\r\nbb\r\rc\n\r\n d";
  const std::vector<std::string> whole = Cut({text});
  EXPECT_THAT(whole, ElementsAre("a", "bb", "", "c", "", " d"));
  for (std::size_t at = 0; at <= text.size(); ++at) {
    EXPECT_EQ(Cut({text.substr(0, at), text.substr(at)}), whole) << "cut at " << at;
  }
}

TEST(LineCutter, DropsTheRestOfALineThatIsTooLong) {
  const std::string most(LineCutter::kLongestLine, 'x');
  EXPECT_THAT(Cut({most + "y", "z\nnext\n"}), ElementsAre(most, "next"));
}

}  // namespace
}  // namespace assay::process

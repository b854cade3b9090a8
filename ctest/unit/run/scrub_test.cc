// SPDX-License-Identifier: MIT
#include "fixtures/run/scrub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::run {
namespace {

using ::testing::ElementsAre;

std::string Scrubbed1(std::string_view text, const std::string& name) {
  const std::vector<std::string> names = {name};
  return Scrub(text, names);
}

TEST(Scrub, DatesOfTheUsualSpellings) {
  for (const char* date : {"2026-11-21", "2026-11-21T14:05:09Z", "2026-11-21T14:05:09.123+01:00", "2026-11-21 14:05",
                           "21/11/2026", "11/21/2026", "21.11.2026", "21 November 2026", "21st Nov 2026",
                           "November 21, 2026", "Nov 3 2026", "3rd march 2026"}) {
    EXPECT_EQ(Scrubbed1("On " + std::string(date) + ", it rained.", "dates"), "On <date>, it rained.") << date;
    EXPECT_EQ(Scrubbed1(date, "dates"), "<date>") << date;
  }
}

TEST(Scrub, WhatIsNoDateStays) {
  for (const char* text : {"2026-13-21", "2026-11-32", "12026-11-21", "2026-11-210", "version 1.2.3", "40/50/2026",
                           "May the 4th", "21 November", "a2026-11-21", "2026-11-21x", "1/2", "Marching 21, 2026"}) {
    EXPECT_EQ(Scrubbed1(text, "dates"), text);
  }
}

TEST(Scrub, TimesOfDay) {
  EXPECT_EQ(Scrubbed1("at 14:05, at 2:05 pm, at 14:05:09.5.", "times"), "at <time>, at <time>, at <time>.");
  for (const char* text : {"25:00", "14:60", "ratio 3:1", "14:05th", "a14:05"})
    EXPECT_EQ(Scrubbed1(text, "times"), text);
}

TEST(Scrub, Uuids) {
  EXPECT_EQ(Scrubbed1("id 123e4567-e89b-12d3-a456-426614174000!", "uuids"), "id <uuid>!");
  EXPECT_EQ(Scrubbed1("ID F47AC10B-58CC-4372-A567-0E02B2C3D479", "uuids"), "ID <uuid>");
  for (const char* text : {"123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-4266141740001",
                           "g23e4567-e89b-12d3-a456-426614174000"}) {
    EXPECT_EQ(Scrubbed1(text, "uuids"), text);
  }
}

TEST(Scrub, TrailingWhiteSpaceOfLinesAndOfTheText) {
  EXPECT_EQ(Scrubbed1("a \nb\t \r\n\n  c  \n\n", "trailing_white_space"), "a\nb\n\n  c");
  EXPECT_EQ(Scrubbed1("a\n  b", "trailing_white_space"), "a\n  b");
  EXPECT_EQ(Scrubbed1(" \n ", "trailing_white_space"), "");
  EXPECT_EQ(Scrubbed1("", "trailing_white_space"), "");
}

TEST(Scrub, WhiteSpaceBecomesOneBlank) {
  EXPECT_EQ(Scrubbed1("\n a  b\n\tc ", "white_space"), "a b c");
  EXPECT_EQ(Scrubbed1("a b", "white_space"), "a b");
}

TEST(Scrub, OtherBytesStayAsTheyAre) {
  const std::string hostile = std::string("\x00\xff<b>", 5) + "\u202e \U0001F642";
  for (const std::string_view name : KnownScrubbers())
    EXPECT_EQ(Scrubbed1(hostile, std::string(name)), hostile) << name;
}

TEST(Scrub, OnlyWhatIsAskedForAndInOneOrder) {
  const std::string text = "2026-11-21 14:05 \n";
  const std::vector<std::string> none;
  EXPECT_EQ(Scrub(text, none), text);
  const std::vector<std::string> times_first = {"times", "dates"};
  EXPECT_EQ(Scrub(text, times_first), "<date> \n");  // the time belongs to the date
  EXPECT_EQ(Scrubbed1(text, "times"), "2026-11-21 <time> \n");
}

TEST(Scrub, CountsThePlaces) {
  const std::vector<std::string> names = {"uuids", "dates", "trailing_white_space"};
  const auto counts = CountScrubbed("2026-11-21 and 2026-11-22 \n", names);
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].name, "dates");
  EXPECT_EQ(counts[0].places, 2U);
  EXPECT_EQ(counts[1].name, "trailing_white_space");
  EXPECT_EQ(counts[1].places, 2U);  // the end of the line, and that of the text
}

TEST(Scrub, NamesAreKnown) {
  EXPECT_THAT(KnownScrubbers(), ElementsAre("dates", "times", "uuids", "white_space", "trailing_white_space"));
  EXPECT_TRUE(IsScrubber("dates"));
  EXPECT_FALSE(IsScrubber("date"));
}

}  // namespace
}  // namespace assay::run

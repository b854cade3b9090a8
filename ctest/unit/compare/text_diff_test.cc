// SPDX-License-Identifier: MIT
// Word by word differences. Expected hunks are written by hand; that a diff is never wrong is asked of texts drawn at
// random, from whose hunks both sides have to come out again; what is bounded is counted, not timed.
#include "tools/compare/text_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

using ::testing::ElementsAre;

// "[-old-]{+new+}" with the context as it is.
std::string Shown(const DiffHunk& hunk) {
  std::string text;
  for (const DiffPiece& piece : hunk.pieces) {
    if (piece.kind == DiffKind::kSame) text += piece.text;
    if (piece.kind == DiffKind::kRemoved) text += "[-" + piece.text + "-]";
    if (piece.kind == DiffKind::kAdded) text += "{+" + piece.text + "+}";
  }
  return text;
}

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = WordEnd(text, at);
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

TEST(TextDiff, WordsAreLettersWhiteSpaceAndSingleCharacters) {
  EXPECT_THAT(WordsOf("don't  stop,\n42nd"), ElementsAre("don", "'", "t", "  ", "stop", ",", "\n", "42nd"));
  // Stra\u00DFe; \u6771\u4EAC (Tokyo) is two; \u0E01\u0E34 is a Thai consonant with the vowel above it.
  EXPECT_THAT(WordsOf("Stra\xC3\x9F"
                      "e \xE6\x9D\xB1\xE4\xBA\xAC\xE0\xB8\x81\xE0\xB8\xB4"),
              ElementsAre("Stra\xC3\x9F"
                          "e",
                          " ", "\xE6\x9D\xB1", "\xE4\xBA\xAC", "\xE0\xB8\x81\xE0\xB8\xB4"));
  // e and a combining acute are one letter of one word.
  EXPECT_THAT(WordsOf("cafe\xCC\x81s"), ElementsAre("cafe\xCC\x81s"));
}

TEST(TextDiff, AnEmojiStaysWhole) {
  const std::string family = "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7";  // joined
  const std::string thumb = "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD";  // with a colour
  const std::string flag = "\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7";   // two letters
  EXPECT_THAT(WordsOf(family + thumb + flag + flag), ElementsAre(family, thumb, flag, flag));
}

TEST(TextDiff, BytesThatAreNoUtf8AreCharacters) {
  EXPECT_THAT(WordsOf("a\xFF\xFE z\xC3"), ElementsAre("a", "\xFF", "\xFE", " ", "z", "\xC3"));
}

TEST(TextDiff, EqualTextsHaveNoHunk) {
  const TextDiff diff = DiffWords("the same", "the same");
  EXPECT_TRUE(diff.hunks.empty());
  EXPECT_DOUBLE_EQ(diff.common_prefix_share, 1.0);
  EXPECT_FALSE(diff.bounded);
  EXPECT_TRUE(DiffWords("", "").hunks.empty());
}

TEST(TextDiff, OneWordBecomesAnother) {
  const TextDiff diff = DiffWords("The capital of France is Paris.", "The capital of France is Lyon.");
  ASSERT_EQ(diff.hunks.size(), 1U);
  // Four words and four blanks in front of it.
  EXPECT_EQ(Shown(diff.hunks[0]), "capital of France is [-Paris-]{+Lyon+}.");
  EXPECT_EQ(diff.hunks[0].old_character, 4U);
  EXPECT_EQ(diff.hunks[0].new_character, 4U);
  EXPECT_TRUE(diff.hunks[0].cut_before);
  EXPECT_FALSE(diff.hunks[0].cut_after);
  EXPECT_EQ(diff.first_word, 5U);
  EXPECT_EQ(diff.old_characters, 31U);
  EXPECT_EQ(diff.new_characters, 30U);
  EXPECT_DOUBLE_EQ(diff.common_prefix_share, 25.0 / 31.0);
}

TEST(TextDiff, NeighbouringWordsAreOneChange) {
  const TextDiff diff = DiffWords("a red old car", "a blue new car");
  ASSERT_EQ(diff.hunks.size(), 1U);
  EXPECT_EQ(Shown(diff.hunks[0]), "a [-red old-]{+blue new+} car");
}

TEST(TextDiff, ChangesFarApartAreHunksOfTheirOwn) {
  const std::string middle = " one two three four five six seven eight nine ten eleven ";
  const TextDiff diff = DiffWords("first" + middle + "last", "1st" + middle + "final");
  ASSERT_EQ(diff.hunks.size(), 2U);
  EXPECT_EQ(Shown(diff.hunks[0]), "[-first-]{+1st+} one two three four");
  EXPECT_FALSE(diff.hunks[0].cut_before);
  EXPECT_TRUE(diff.hunks[0].cut_after);
  EXPECT_EQ(Shown(diff.hunks[1]), "eight nine ten eleven [-last-]{+final+}");
  // "first" has 5 characters, " one two three four five six seven " 35; "1st" has 3.
  EXPECT_EQ(diff.hunks[1].old_character, 40U);
  EXPECT_EQ(diff.hunks[1].new_character, 38U);
}

TEST(TextDiff, AdditionsAndRemovalsAlone) {
  EXPECT_EQ(Shown(DiffWords("", "new").hunks.at(0)), "{+new+}");
  EXPECT_EQ(Shown(DiffWords("old", "").hunks.at(0)), "[-old-]");
  EXPECT_EQ(Shown(DiffWords("a c", "a b c").hunks.at(0)), "a {+b +}c");
  EXPECT_DOUBLE_EQ(DiffWords("", "new").common_prefix_share, 0.0);
}

TEST(TextDiff, OneCharacterInsideMultiByteTextIsFound) {
  // \u00E9 (C3 A9) against \u00E8 (C3 A8): the bytes part inside the character.
  const TextDiff letter = DiffWords("un caf\xC3\xA9 noir", "un caf\xC3\xA8 noir");
  EXPECT_EQ(Shown(letter.hunks.at(0)), "un [-caf\xC3\xA9-]{+caf\xC3\xA8+} noir");
  EXPECT_DOUBLE_EQ(letter.common_prefix_share, 6.0 / 12.0);
  // Of a family of three the child: the word is the whole emoji, the place is the code point.
  const std::string parents = "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D";
  const TextDiff family = DiffWords(parents + "\xF0\x9F\x91\xA7!", parents + "\xF0\x9F\x91\xA6!");
  EXPECT_EQ(Shown(family.hunks.at(0)), "[-" + parents + "\xF0\x9F\x91\xA7-]{+" + parents + "\xF0\x9F\x91\xA6+}!");
  EXPECT_DOUBLE_EQ(family.common_prefix_share, 4.0 / 6.0);
  EXPECT_EQ(family.first_word, 0U);
  // Of two characters of three bytes the second.
  const TextDiff han = DiffWords("\xE6\x9D\xB1\xE4\xBA\xAC", "\xE6\x9D\xB1\xE4\xBA\xAD");
  EXPECT_EQ(Shown(han.hunks.at(0)), "\xE6\x9D\xB1[-\xE4\xBA\xAC-]{+\xE4\xBA\xAD+}");
  EXPECT_EQ(han.first_word, 1U);
}

// Puts together what the hunks say of one side, with the stretches between them from the text itself.
std::string SideOf(const TextDiff& diff, const std::string& text, bool old_side) {
  const DiffKind other = old_side ? DiffKind::kAdded : DiffKind::kRemoved;
  std::string built;
  for (const DiffHunk& hunk : diff.hunks) {
    const std::size_t character = old_side ? hunk.old_character : hunk.new_character;
    const std::string between(base::FirstCodePoints(text, character));
    EXPECT_GE(between.size(), built.size());
    EXPECT_EQ(between.substr(0, built.size()), built);
    built = between;
    for (const DiffPiece& piece : hunk.pieces) {
      if (piece.kind != other) built += piece.text;
    }
  }
  return built + text.substr(std::min(built.size(), text.size()));
}

// What is equal in both texts between two hunks has to be the same stretch.
void ExpectTrue(const std::string& old_text, const std::string& new_text, const DiffLimits& limits) {
  const TextDiff diff = DiffWords(old_text, new_text, limits);
  ASSERT_EQ(SideOf(diff, old_text, true), old_text);
  ASSERT_EQ(SideOf(diff, new_text, false), new_text);
  ASSERT_EQ(diff.hunks.empty(), old_text == new_text);
  std::string rebuilt;  // the new text from the old one and the hunks alone
  std::size_t old_at = 0;
  for (const DiffHunk& hunk : diff.hunks) {
    const std::size_t from = base::FirstCodePoints(old_text, hunk.old_character).size();
    rebuilt += old_text.substr(old_at, from - old_at);
    old_at = from;
    for (const DiffPiece& piece : hunk.pieces) {
      if (piece.kind != DiffKind::kRemoved) rebuilt += piece.text;
      if (piece.kind != DiffKind::kAdded) old_at += piece.text.size();
    }
  }
  ASSERT_EQ(rebuilt + old_text.substr(old_at), new_text);
}

TEST(TextDiff, BothSidesComeOutOfTheHunksWhateverTheTextsAre) {
  const std::vector<std::string> alphabet = {
      "a",        "b",    " ",   "\n", ".", "\xC3\xA9", "\xE6\x9D\xB1", "\xF0\x9F\x91\x8D", "\xE2\x80\x8D",
      "\xCC\x81", "\xFF", "\xC3"};
  std::mt19937 random(6);
  const auto draw = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  DiffLimits narrow;
  narrow.most_edits = 3;
  narrow.context = 1;
  DiffLimits coarse;
  coarse.most_bytes = 4;
  DiffLimits no_context;
  no_context.context = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string old_text;
    for (std::size_t i = draw(30); i > 0; --i) old_text += alphabet[draw(10)];
    std::string new_text = old_text;
    if (round % 2 == 0) {
      new_text.clear();
      for (std::size_t i = draw(30); i > 0; --i) new_text += alphabet[draw(10)];
    } else {
      for (std::size_t edits = draw(4); edits > 0; --edits) {
        const std::size_t at = base::CodePointStart(new_text, draw(new_text.size() + 1));
        if (draw(2) == 0) {
          new_text.insert(at, alphabet[draw(10)]);
        } else {
          const std::size_t length = base::FirstCodePoints(std::string_view(new_text).substr(at), 1).size();
          new_text.erase(at, length);
        }
      }
    }
    for (const DiffLimits& limits : {DiffLimits(), narrow, coarse, no_context}) {
      ExpectTrue(old_text, new_text, limits);
      if (::testing::Test::HasFailure()) FAIL() << "'" << old_text << "' and '" << new_text << "'";
    }
  }
}

TEST(TextDiff, TheEditsAreTheFewest) {
  // The example of Myers' paper, with full stops between the letters.
  const TextDiff diff = DiffWords("A.B.C.A.B.B.A", "C.B.A.B.A.C");
  std::size_t edited = 0;
  for (const DiffHunk& hunk : diff.hunks) {
    for (const DiffPiece& piece : hunk.pieces) {
      if (piece.kind != DiffKind::kSame) edited += WordsOf(piece.text).size();
    }
  }
  // The full stops are words, too; the most that can be kept in order is the longest common subsequence, by the table
  // of any textbook.
  std::vector<std::string> a = WordsOf("A.B.C.A.B.B.A");
  std::vector<std::string> b = WordsOf("C.B.A.B.A.C");
  std::vector<std::vector<std::size_t>> longest(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      longest[i][j] = a[i - 1] == b[j - 1] ? longest[i - 1][j - 1] + 1 : std::max(longest[i - 1][j], longest[i][j - 1]);
    }
  }
  EXPECT_EQ(edited, a.size() + b.size() - 2 * longest[a.size()][b.size()]);
}

std::string RandomWords(std::size_t bytes, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < bytes) text += "w" + std::to_string(random() % 50000) + " ";
  return text;
}

TEST(TextDiff, AMegabyteOfSomethingElseIsBoundedAndSaysSo) {
  const std::string front = "Both begin like this. ";
  const std::string old_text = front + RandomWords(1'000'000, 1) + "the end";
  const std::string new_text = front + RandomWords(1'000'000, 2) + "the end";
  const DiffLimits limits;
  const TextDiff diff = DiffWords(old_text, new_text, limits);
  EXPECT_TRUE(diff.bounded);
  // It stops at the edits, far below what the texts would take: the work is diagonals plus words that happened to be
  // equal.
  EXPECT_LE(diff.work, limits.most_work + 1'000'000);
  EXPECT_GT(diff.work, limits.most_edits);
  ASSERT_EQ(diff.hunks.size(), 1U);
  const std::vector<DiffPiece>& pieces = diff.hunks[0].pieces;
  ASSERT_EQ(pieces.size(), 4U);
  EXPECT_EQ(pieces[1].kind, DiffKind::kRemoved);
  EXPECT_EQ(pieces[1].text.size(), limits.most_shown);
  EXPECT_GT(pieces[1].left_out, 900'000U);
  EXPECT_EQ(pieces[2].kind, DiffKind::kAdded);
  EXPECT_EQ(pieces[3].text.substr(pieces[3].text.size() - 7), "the end");
  EXPECT_EQ(diff.first_word, 5U);  // with the full stop
}

TEST(TextDiff, AMegabyteOfTwoWordsIsBoundedByItsWork) {
  // Half of all words are equal by chance, so that every diagonal moves: edits alone would not bound the time.
  const auto coins = [](std::uint32_t seed) {
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < 1'000'000) text += random() % 2 == 0 ? "x " : "y ";
    return text;
  };
  DiffLimits limits;
  limits.most_work = 100'000;
  const TextDiff diff = DiffWords(coins(4), coins(5), limits);
  EXPECT_TRUE(diff.bounded);
  EXPECT_GT(diff.work, limits.most_work);
  EXPECT_LT(diff.work, limits.most_work + 1000);  // the last diagonal runs to its end
}

TEST(TextDiff, AMegabyteWithOneChangeIsExact) {
  const std::string text = RandomWords(1'000'000, 3);
  std::string changed = text;
  changed.replace(500'000, 1, "\xF0\x9F\x98\x80");
  const TextDiff diff = DiffWords(text, changed);
  EXPECT_FALSE(diff.bounded);
  EXPECT_EQ(diff.hunks.size(), 1U);
  EXPECT_LT(diff.work, 1000U);  // what both begin and end with is no work
  EXPECT_NEAR(diff.common_prefix_share, 0.5, 0.001);
}

TEST(TextDiff, AnAnswerThatWasCutOffIsExactHoweverLongItsEndWas) {
  const std::string text = RandomWords(500'000, 7);
  const TextDiff diff = DiffWords(text, text.substr(0, 1000) + "w");
  EXPECT_EQ(diff.hunks.size(), 1U);
  const TextDiff cut = DiffWords("so far, " + text, "so far, ");
  EXPECT_FALSE(cut.bounded);
  ASSERT_EQ(cut.hunks.size(), 1U);
  EXPECT_EQ(cut.hunks[0].pieces.back().kind, DiffKind::kRemoved);
  EXPECT_EQ(cut.hunks[0].pieces.back().left_out, text.size() - 65'536);
}

TEST(TextDiff, TextsBeyondTheLimitAreNotSplitIntoWords) {
  DiffLimits limits;
  limits.most_bytes = 100;
  const std::string filler(500, 'f');
  const TextDiff diff = DiffWords("same " + filler + " x end", "same " + filler + "g y end", limits);
  EXPECT_TRUE(diff.bounded);
  EXPECT_EQ(diff.work, 0U);
  EXPECT_EQ(Shown(diff.hunks.at(0)), "same [-" + filler + " x-]{+" + filler + "g y+} end");
}

}  // namespace
}  // namespace assay::compare

// SPDX-License-Identifier: MIT
#include "tools/compare/text_diff.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <unordered_map>
#include <utility>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

enum class Class { kLetter, kSpace, kSingle, kMark, kRegional };

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t kCount>
bool In(const Range (&ranges)[kCount], std::uint32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& range) { return c >= range.first && c <= range.last; });
}

// Of Unicode's Zs, Zl and Zp, and the next-line character.
constexpr Range kSpaces[] = {{0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
                             {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
// What changes the character in front of it: combining marks, variation selectors, the joiner of emoji, skin colours
// and the tags of flags.
constexpr Range kMarks[] = {
    {0x300, 0x36F},     {0x483, 0x489},     {0x591, 0x5BD},    {0x610, 0x61A},   {0x64B, 0x65F},   {0x93A, 0x93C},
    {0x93E, 0x94F},     {0xE31, 0xE31},     {0xE34, 0xE3A},    {0xE47, 0xE4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200C, 0x200D},   {0x20D0, 0x20FF},   {0x302A, 0x302F},  {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0x1F3FB, 0x1F3FF}, {0xE0020, 0xE007F}, {0xE0100, 0xE01EF}};
// Punctuation, symbols and emoji, and the scripts that write without blanks: Thai, Lao, Tibetan, Burmese, Khmer, kana
// and Han.
constexpr Range kSingles[] = {
    {0xA1, 0xA9},       {0xAB, 0xB4},       {0xB6, 0xB9},       {0xBB, 0xBF},      {0xD7, 0xD7},     {0xF7, 0xF7},
    {0x2B0, 0x2FF},     {0x55A, 0x55F},     {0x5BE, 0x5BE},     {0x60C, 0x60D},    {0x61B, 0x61F},   {0x66A, 0x66D},
    {0x6D4, 0x6D4},     {0x964, 0x965},     {0xE00, 0xEFF},     {0xF00, 0xFFF},    {0x1000, 0x109F}, {0x1780, 0x17FF},
    {0x200B, 0x206F},   {0x20A0, 0x20CF},   {0x2100, 0x2BFF},   {0x2E00, 0x312F},  {0x3190, 0xA4CF}, {0xE000, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF0F},   {0xFF1A, 0xFF20},   {0xFF3B, 0xFF40},  {0xFF5B, 0xFFDC}, {0xFFE0, 0xFFFF},
    {0x1B000, 0x1B2FF}, {0x1D000, 0x1D3FF}, {0x1F000, 0x1FBFF}, {0x20000, 0x3FFFF}};

Class ClassOf(std::uint32_t c) {
  if (c < 0x80) {
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter) return Class::kLetter;
    return c == ' ' || (c >= '\t' && c <= '\r') ? Class::kSpace : Class::kSingle;
  }
  if (In(kSpaces, c)) return Class::kSpace;
  if (In(kMarks, c)) return Class::kMark;
  if (c >= 0x1F1E6 && c <= 0x1F1FF) return Class::kRegional;
  return In(kSingles, c) ? Class::kSingle : Class::kLetter;
}

constexpr std::uint32_t kJoiner = 0x200D;

struct Character {
  std::uint32_t value = 0;
  Class kind = Class::kSingle;
  std::size_t end = 0;
};

Character CharacterAt(std::string_view text, std::size_t at) {
  const base::CodePoint c = base::DecodeUtf8(text, at);
  if (c.length == 0) return {0xFFFD, Class::kSingle, at + 1};
  return {c.value, ClassOf(c.value), at + c.length};
}

// `first` and the marks behind it; behind a joiner the next character belongs to it, too.
std::size_t ClusterEnd(std::string_view text, const Character& first) {
  std::size_t end = first.end;
  bool flag_open = first.kind == Class::kRegional;
  bool joined = first.value == kJoiner;
  while (end < text.size()) {
    const Character next = CharacterAt(text, end);
    if (next.kind == Class::kRegional && flag_open) {
      flag_open = false;
    } else if (joined ? next.kind == Class::kSpace : next.kind != Class::kMark) {
      break;
    }
    joined = next.value == kJoiner;
    end = next.end;
  }
  return end;
}

// Words as numbers: equal numbers, equal words.
class Words {
 public:
  std::uint32_t Number(std::string_view word) {
    return numbers_.emplace(word, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }

 private:
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

struct Side {
  std::string_view text;
  std::vector<std::size_t> begins;  // of its words in `text`, and the end of the last one
  std::vector<std::uint32_t> numbers;

  std::size_t count() const { return numbers.size(); }
  std::string_view Part(std::size_t from, std::size_t to) const {
    return text.substr(begins[from], begins[to] - begins[from]);
  }
};

Side Split(std::string_view text, Words& words) {
  Side side;
  side.text = text;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = WordEnd(text, at);
    side.begins.push_back(at);
    side.numbers.push_back(words.Number(text.substr(at, end - at)));
    at = end;
  }
  side.begins.push_back(text.size());
  return side;
}

bool IsSpace(std::string_view word) { return CharacterAt(word, 0).kind == Class::kSpace; }

// What both sides begin with, in whole words.
struct Prefix {
  std::size_t bytes = 0;
  std::size_t words = 0;  // without white space
};
Prefix CommonWords(std::string_view old_text, std::string_view new_text) {
  Prefix prefix;
  const std::size_t shorter = std::min(old_text.size(), new_text.size());
  while (prefix.bytes < shorter) {
    const std::size_t old_end = WordEnd(old_text, prefix.bytes);
    const std::size_t new_end = WordEnd(new_text, prefix.bytes);
    const std::string_view word = old_text.substr(prefix.bytes, old_end - prefix.bytes);
    if (word != new_text.substr(prefix.bytes, new_end - prefix.bytes)) break;
    if (!IsSpace(word)) ++prefix.words;
    prefix.bytes = old_end;
  }
  return prefix;
}

// Where the last `count` words of the text begin.
std::vector<std::size_t> LastWords(std::string_view text, std::size_t count) {
  std::vector<std::size_t> begins;
  for (std::size_t at = 0; at < text.size(); at = WordEnd(text, at)) {
    begins.push_back(at);
    if (begins.size() > count) begins.erase(begins.begin());
  }
  return begins;
}

// Words [old_begin, old_end) became [new_begin, new_end).
struct Change {
  std::size_t old_begin = 0;
  std::size_t old_end = 0;
  std::size_t new_begin = 0;
  std::size_t new_end = 0;
};

using Numbers = std::span<const std::uint32_t>;

// How far each diagonal k = x - y got, for k = -d, -d + 2, ..., d; kNowhere where it lies outside.
constexpr std::int32_t kNowhere = -2;
using Reach = std::vector<std::int32_t>;

std::int32_t ReachOf(const Reach& reach, std::int64_t d, std::int64_t k) {
  return k < -d || k > d ? kNowhere : reach[static_cast<std::size_t>((k + d) / 2)];
}

// True: the best way onto the diagonal k comes from k + 1, one word of `b` further.
bool Down(const Reach& before, std::int64_t d, std::int64_t k) {
  return ReachOf(before, d - 1, k - 1) < ReachOf(before, d - 1, k + 1);
}

std::vector<Change> TraceBack(const std::vector<Reach>& reached, Numbers a, Numbers b) {
  std::vector<Change> changes;
  auto x = static_cast<std::int64_t>(a.size());
  auto y = static_cast<std::int64_t>(b.size());
  for (auto d = static_cast<std::int64_t>(reached.size()) - 1; d > 0; --d) {
    const Reach& before = reached[static_cast<std::size_t>(d - 1)];
    const std::int64_t k = x - y;
    const bool down = Down(before, d, k);
    const std::int64_t from_k = down ? k + 1 : k - 1;
    const std::int64_t from_x = ReachOf(before, d - 1, from_k);
    const std::int64_t from_y = from_x - from_k;
    const auto old_begin = static_cast<std::size_t>(from_x);
    const auto new_begin = static_cast<std::size_t>(from_y);
    const Change edit{old_begin, old_begin + (down ? 0 : 1), new_begin, new_begin + (down ? 1 : 0)};
    if (!changes.empty() && changes.back().old_begin == edit.old_end && changes.back().new_begin == edit.new_end) {
      changes.back().old_begin = edit.old_begin;
      changes.back().new_begin = edit.new_begin;
    } else {
      changes.push_back(edit);
    }
    x = from_x;
    y = from_y;
  }
  std::ranges::reverse(changes);
  return changes;
}

// False where a limit was reached; `changes` is then empty.
bool ShortestEdits(Numbers a, Numbers b, const DiffLimits& limits, std::size_t& work, std::vector<Change>& changes) {
  const auto n = static_cast<std::int64_t>(a.size());
  const auto m = static_cast<std::int64_t>(b.size());
  if (n == 0 || m == 0) {  // one change, however long: an answer that was cut off
    changes = {Change{0, a.size(), 0, b.size()}};
    return true;
  }
  const auto most = static_cast<std::int64_t>(limits.most_edits);
  if ((n > m ? n - m : m - n) > most) return false;
  std::vector<Reach> reached;
  for (std::int64_t d = 0; d <= std::min(most, n + m); ++d) {
    Reach reach(static_cast<std::size_t>(d) + 1, kNowhere);
    for (std::int64_t k = -d; k <= d; k += 2) {
      if (k < -m || k > n) continue;
      std::int64_t x = 0;
      if (d > 0) {
        const Reach& before = reached.back();
        x = Down(before, d, k) ? ReachOf(before, d - 1, k + 1) : ReachOf(before, d - 1, k - 1) + 1;
      }
      std::int64_t y = x - k;
      while (x < n && y < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(y)]) {
        ++x;
        ++y;
        ++work;
      }
      reach[static_cast<std::size_t>((k + d) / 2)] = static_cast<std::int32_t>(x);
      if (x >= n && y >= m) {
        reached.push_back(std::move(reach));
        changes = TraceBack(reached, a, b);
        return true;
      }
      if (++work > limits.most_work) return false;
    }
    reached.push_back(std::move(reach));
  }
  return false;
}

// "one two" -> "three four" reads better as one change than as two with a blank between them.
std::vector<Change> JoinAcrossSpace(const std::vector<Change>& changes, const Side& old_side) {
  std::vector<Change> joined;
  for (const Change& change : changes) {
    const bool join = !joined.empty() && change.old_begin == joined.back().old_end + 1 &&
                      IsSpace(old_side.Part(joined.back().old_end, change.old_begin));
    if (join) {
      joined.back().old_end = change.old_end;
      joined.back().new_end = change.new_end;
    } else {
      joined.push_back(change);
    }
  }
  return joined;
}

std::size_t Characters(std::string_view text) { return base::CodePointIndex(text, text.size()); }

class HunkWriter {
 public:
  // `in_front`: code points in front of the first word of either side.
  HunkWriter(const Side& old_side, const Side& new_side, const DiffLimits& limits, std::size_t in_front)
      : old_(old_side), new_(new_side), limits_(limits), in_front_(in_front) {}

  std::vector<DiffHunk> Write(const std::vector<Change>& changes) {
    std::vector<DiffHunk> hunks;
    std::size_t old_at = 0;  // words whose characters were counted
    std::size_t new_at = 0;
    std::size_t old_characters = in_front_;
    std::size_t new_characters = in_front_;
    for (std::size_t i = 0; i < changes.size();) {
      std::size_t end = i + 1;
      while (end < changes.size() && changes[end].old_begin - changes[end - 1].old_end <= 2 * limits_.context) ++end;
      const Change& first = changes[i];
      const Change& last = changes[end - 1];
      const std::size_t context = std::min(limits_.context, first.old_begin);
      const std::size_t old_from = first.old_begin - context;
      const std::size_t new_from = first.new_begin - context;
      old_characters += Characters(old_.Part(old_at, old_from));
      new_characters += Characters(new_.Part(new_at, new_from));
      old_at = old_from;
      new_at = new_from;
      DiffHunk hunk;
      hunk.old_character = old_characters;
      hunk.new_character = new_characters;
      hunk.cut_before = old_characters > 0;
      Add(DiffKind::kSame, old_.Part(old_from, first.old_begin), hunk);
      for (std::size_t j = i; j < end; ++j) {
        if (j > i) Add(DiffKind::kSame, old_.Part(changes[j - 1].old_end, changes[j].old_begin), hunk);
        Add(DiffKind::kRemoved, old_.Part(changes[j].old_begin, changes[j].old_end), hunk);
        Add(DiffKind::kAdded, new_.Part(changes[j].new_begin, changes[j].new_end), hunk);
      }
      const std::size_t old_to = std::min(last.old_end + limits_.context, old_.count());
      Add(DiffKind::kSame, old_.Part(last.old_end, old_to), hunk);
      hunk.cut_after = old_to < old_.count();
      hunks.push_back(std::move(hunk));
      i = end;
    }
    return hunks;
  }

 private:
  void Add(DiffKind kind, std::string_view text, DiffHunk& hunk) const {
    if (text.empty()) return;
    DiffPiece piece;
    piece.kind = kind;
    const std::string_view shown = base::FirstCodePoints(text, limits_.most_shown);
    piece.text = shown;
    piece.left_out = Characters(text.substr(shown.size()));
    hunk.pieces.push_back(std::move(piece));
  }

  const Side& old_;
  const Side& new_;
  const DiffLimits& limits_;
  std::size_t in_front_;
};

// Bytes both end with, in whole characters.
std::size_t CommonSuffix(std::string_view a, std::string_view b) {
  const auto parted = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  auto same = static_cast<std::size_t>(parted.first - a.rbegin());
  while (same > 0 && base::CodePointStart(a, a.size() - same) != a.size() - same) --same;
  return same;
}

// Texts that are too long to be split into words: three pieces each, the first one `same` bytes that both begin with,
// the last one what both end with.
std::pair<Side, Side> SplitCoarsely(std::string_view old_text, std::string_view new_text, std::size_t same) {
  const std::size_t suffix = CommonSuffix(old_text.substr(same), new_text.substr(same));
  const auto side = [&](std::string_view text) {
    Side coarse;
    coarse.text = text;
    coarse.begins = {0, same, text.size() - suffix, text.size()};
    coarse.numbers.resize(coarse.begins.size() - 1);
    return coarse;
  };
  return {side(old_text), side(new_text)};
}

}  // namespace

std::size_t WordEnd(std::string_view text, std::size_t at) {
  const Character first = CharacterAt(text, at);
  std::size_t end = first.kind == Class::kSpace ? first.end : ClusterEnd(text, first);
  if (first.kind != Class::kLetter && first.kind != Class::kSpace) return end;
  while (end < text.size()) {
    const Character next = CharacterAt(text, end);
    if (next.kind != first.kind) break;
    end = next.kind == Class::kSpace ? next.end : ClusterEnd(text, next);
  }
  return end;
}

TextDiff DiffWords(std::string_view old_text, std::string_view new_text, const DiffLimits& limits) {
  TextDiff diff;
  diff.old_characters = Characters(old_text);
  diff.new_characters = Characters(new_text);
  const Prefix prefix = CommonWords(old_text, new_text);
  diff.first_word = prefix.words;
  if (old_text == new_text) return diff;
  const auto parted = std::mismatch(old_text.begin(), old_text.end(), new_text.begin(), new_text.end());
  const auto first = static_cast<std::size_t>(parted.first - old_text.begin());
  const std::size_t same = std::min(base::CodePointStart(old_text, first), base::CodePointStart(new_text, first));
  diff.common_prefix_share = static_cast<double>(base::CodePointIndex(old_text, same)) /
                             static_cast<double>(std::max(diff.old_characters, diff.new_characters));

  // The context of the first change lies in what both begin with: its last words stay.
  const std::vector<std::size_t> kept_words = LastWords(old_text.substr(0, prefix.bytes), limits.context);
  const std::size_t kept = kept_words.size();
  const std::size_t cut = kept == 0 ? prefix.bytes : kept_words.front();
  const std::string_view old_rest = old_text.substr(cut);
  const std::string_view new_rest = new_text.substr(cut);
  std::pair<Side, Side> sides;
  std::vector<Change> changes;
  diff.bounded = std::max(old_rest.size(), new_rest.size()) > limits.most_bytes;
  if (diff.bounded) {
    sides = SplitCoarsely(old_rest, new_rest, prefix.bytes - cut);
    changes = {Change{1, 2, 1, 2}};
  } else {
    Words words;
    sides = {Split(old_rest, words), Split(new_rest, words)};
    const Numbers a = sides.first.numbers;
    const Numbers b = sides.second.numbers;
    std::size_t suffix = 0;
    while (suffix < std::min(a.size(), b.size()) - kept && a[a.size() - 1 - suffix] == b[b.size() - 1 - suffix]) {
      ++suffix;
    }
    diff.bounded = !ShortestEdits(a.subspan(kept, a.size() - kept - suffix), b.subspan(kept, b.size() - kept - suffix),
                                  limits, diff.work, changes);
    if (diff.bounded) changes = {Change{0, a.size() - kept - suffix, 0, b.size() - kept - suffix}};
    for (Change& change : changes) {
      change.old_begin += kept;
      change.old_end += kept;
      change.new_begin += kept;
      change.new_end += kept;
    }
    changes = JoinAcrossSpace(changes, sides.first);
  }
  const std::size_t in_front = base::CodePointIndex(old_text, cut);
  diff.hunks = HunkWriter(sides.first, sides.second, limits, in_front).Write(changes);
  return diff;
}

}  // namespace assay::compare

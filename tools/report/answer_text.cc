// SPDX-License-Identifier: MIT
#include "tools/report/answer_text.h"

#include <cstdint>
#include <cstdio>

#include "fixtures/base/text.h"

namespace assay::report {
namespace {

constexpr std::uint32_t kEmojiSelector = 0xFE0F;

// Blanks other than the usual one, fillers and variation selectors. Controls are the escaping's. U+3000 is as wide as
// the characters it stands between and is seen.
bool LooksLikeNothing(std::uint32_t c) {
  return c == 0xA0 || c == 0x34F || c == 0x115F || c == 0x1160 || c == 0x1680 || c == 0x17B4 || c == 0x17B5 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F || c == 0x2800 || c == 0x3164 ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFFA0 || (c >= 0xE0100 && c <= 0xE01EF);
}

// What U+FE0F makes an emoji of: signs, pictures and the digits of keycaps (Unicode's emoji-variation-sequences.txt, in
// ranges).
bool MayBeEmoji(std::uint32_t c) {
  return c == '#' || c == '*' || (c >= '0' && c <= '9') || c == 0xA9 || c == 0xAE || c == 0x203C || c == 0x2049 ||
         (c >= 0x2122 && c <= 0x2BFF && c != 0x2800) || c == 0x3030 || c == 0x303D || c == 0x3297 || c == 0x3299 ||
         (c >= 0x1F000 && c <= 0x1FAFF);
}

std::string Shown(std::string_view text, bool selectors) {
  std::string out;
  out.reserve(text.size());
  std::uint32_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    const base::CodePoint c = base::DecodeUtf8(text, at);
    const std::size_t length = c.length == 0 ? 1 : c.length;
    const bool of_emoji = c.value == kEmojiSelector && MayBeEmoji(before) && !selectors;
    if (text[at] == '\\') {
      out += "\\\\";
    } else if (c.length > 0 && LooksLikeNothing(c.value) && !of_emoji) {
      char code[16];
      std::snprintf(code, sizeof code, "\\u{%04X}", static_cast<unsigned>(c.value));
      out += code;
    } else {
      out.append(text.substr(at, length));
    }
    before = c.length == 0 ? 0 : c.value;
    at += length;
  }
  return out;
}

std::string WithoutSelectors(std::string text) {
  constexpr std::string_view kBytes = "\xEF\xB8\x8F";
  for (std::size_t at = text.find(kBytes); at != std::string::npos; at = text.find(kBytes, at)) {
    text.erase(at, kBytes.size());
  }
  return text;
}

}  // namespace

std::string AnswerText(std::string_view text) { return Shown(text, false); }

AnswerTexts AnswerTextsSideBySide(std::string_view one, std::string_view two) {
  const bool alike = one != two && WithoutSelectors(std::string(one)) == WithoutSelectors(std::string(two));
  return {Shown(one, alike), Shown(two, alike)};
}

}  // namespace assay::report

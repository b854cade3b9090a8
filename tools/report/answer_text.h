// SPDX-License-Identifier: MIT
// Text of an answer, so that two answers that differ never look the same. Not escaped for the place it is shown in:
// that is done with the whole line, and adds "\n" for a line break. Pure.
#pragma once

#include <string>
#include <string_view>

namespace assay::report {

// Backslashes are doubled, so that "\n" is a line break and "\\n" a backslash and an n. What looks like a blank and is
// none, and what is not seen at all, becomes \u{00A0}. U+FE0F behind an emoji stays, because it belongs to it.
std::string AnswerText(std::string_view text);

// The same of two texts that stand side by side: where only U+FE0F tells them apart, it is said, too.
struct AnswerTexts {
  std::string one;
  std::string two;
};
AnswerTexts AnswerTextsSideBySide(std::string_view one, std::string_view two);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
// A word by word difference as lines of text: "[-old-]{+new+}" with what stands around it. Not escaped: the renderer
// escapes each whole line for the place it shows it in.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/compare/text_diff.h"

namespace assay::report {

struct DiffTextLimits {
  std::size_t hunks = 3;
  std::size_t characters = 120;  // code points of one piece
};

// One line per hunk, and one that says how many are not shown. Texts are shown as AnswerText does, and what
// they have of the marks gets a backslash: "[\-".
std::vector<std::string> DiffLines(const compare::TextDiff& diff, const DiffTextLimits& limits);

}  // namespace assay::report

// SPDX-License-Identifier: MIT
// The four outcomes of comparing two things, the two questions a comparison answers, and which
// outcome wins.
#pragma once

#include <span>
#include <string_view>

namespace assay::compare {

enum class Verdict { kImproved, kUnchanged, kRegressed, kCannotTell };
std::string_view ToString(Verdict verdict);

enum class Question { kLatency, kDeterminism };
std::string_view ToString(Question question);

// The one that decides: regressed over cannot_tell over improved over unchanged. Of nothing:
// cannot_tell.
Verdict Worst(std::span<const Verdict> verdicts);

}  // namespace assay::compare

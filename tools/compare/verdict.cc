// SPDX-License-Identifier: MIT
#include "tools/compare/verdict.h"

#include <algorithm>

namespace assay::compare {

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kImproved:
      return "improved";
    case Verdict::kUnchanged:
      return "unchanged";
    case Verdict::kRegressed:
      return "regressed";
    case Verdict::kCannotTell:
      return "cannot_tell";
  }
  return "cannot_tell";
}

std::string_view ToString(Question question) { return question == Question::kLatency ? "latency" : "determinism"; }

Verdict Worst(std::span<const Verdict> verdicts) {
  for (const Verdict verdict : {Verdict::kRegressed, Verdict::kCannotTell, Verdict::kImproved, Verdict::kUnchanged}) {
    if (std::find(verdicts.begin(), verdicts.end(), verdict) != verdicts.end()) return verdict;
  }
  return Verdict::kCannotTell;
}

}  // namespace assay::compare

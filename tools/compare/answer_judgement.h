// SPDX-License-Identifier: MIT
// The answers of all cases of a comparison: each by its level (determinism_rule.h), what needs all of them together
// (level rate), a second look where there was one, and the likely causes of what changed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/compare/case_facts.h"
#include "tools/compare/determinism_rule.h"
#include "tools/compare/run_set.h"

namespace assay::compare {

struct AnswersOfCase {
  const RunSet::Entry* entry = nullptr;  // with a sample that counts
  const CaseFacts* facts = nullptr;
  DeterminismLevel level;
  const AcceptedAnswer* accepted = nullptr;  // null: nothing was
  std::string accepted_variant;              // that of the case, or another version of it
  const RunSet::Entry* again = nullptr;      // of the second look; null: none, or without a sample that counts
  const CaseFacts* again_facts = nullptr;
};

// One finding for each. `alpha` is of level rate.
std::vector<DeterminismFinding> JudgeAllAnswers(std::span<const AnswersOfCase> cases, double alpha);

}  // namespace assay::compare

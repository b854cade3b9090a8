// SPDX-License-Identifier: MIT
// Are the answers of a case still as good as the accepted ones? Scores of each kind against the baseline's: a drop of
// more than the tolerance is a regression, and where scores vary from request to request chance must be ruled out as
// well.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fixtures/run/run_directory.h"
#include "fixtures/run/scores.h"
#include "tools/compare/accepted_scores.h"
#include "tools/compare/verdict.h"

namespace assay::compare {

struct QualityPolicy {
  bool gate = true;
  double tolerance = 0.05;  // share of the scale that a mean may drop by
  double alpha = 0.05;      // of scores that vary, over all cases
};

struct QualityFinding {
  run::ScoreSource source = run::ScoreSource::kAutomatic;
  std::string dimension;                // empty for the automatic score
  std::optional<run::JudgeInfo> judge;  // of a judge's
  std::optional<double> mean;           // of the run, a share of the scale; absent: the run has none
  std::optional<double> accepted_mean;
  std::size_t n = 0;  // requests
  std::size_t accepted_n = 0;
  double tolerance = 0;
  bool comparable = false;           // both were asked and marked in one way
  bool varies = false;               // within the run or within what was accepted
  std::optional<double> p;           // of scores that vary: one-sided exact Mann-Whitney that the run's are lower
  std::optional<double> p_adjusted;  // Holm over all scores that vary
  std::optional<double> p_higher;    // that the run's are higher; not adjusted, an improvement only is shown
  Verdict verdict = Verdict::kCannotTell;
  bool gates = true;  // false: the policy only wants scores shown
  bool decides = false;
  std::string reason;  // a sentence without its full stop; empty when unchanged
};

// One case of a comparison.
struct QualityCase {
  const run::RunCase* one = nullptr;         // with a sample that counts
  const run::Scores* scores = nullptr;       // of its run
  const AcceptedScores* accepted = nullptr;  // null: none
  double tolerance = 0;
};

// One list per case, empty where there are no scores on either side. What cannot be compared - nothing accepted yet,
// another question, other expectations, another judge or template, marks that nobody gave this time - is said and
// decides nothing. `improved` is a mean that rose by more than the tolerance, chance ruled out likewise.
std::vector<std::vector<QualityFinding>> JudgeQuality(std::span<const QualityCase> cases, const QualityPolicy& policy);

}  // namespace assay::compare

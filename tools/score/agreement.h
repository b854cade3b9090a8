// SPDX-License-Identifier: MIT
// How far two raters agree on marks of the same answers. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fixtures/run/scores.h"

namespace assay::score {

using MarkPair = std::pair<double, double>;  // of one answer; a mean of several people need not be whole

struct Agreement {
  std::size_t answers = 0;
  double exact = 0;       // share of answers with equal marks (a mean is rounded, halves up)
  double within_one = 0;  // share of answers whose marks differ by at most one
  // Cohen's kappa with quadratic weights, of the rounded marks: 1 - sum((a-b)^2 observed) / sum((a-b)^2 expected from
  // the marginals). J. Cohen, "Weighted kappa: nominal scale agreement with provision for scaled disagreement or
  // partial credit", Psychol. Bull. 70(4), 1968; scikit-learn's cohen_kappa_score(weights="quadratic"). Absent when
  // both raters gave one and the same mark throughout: nothing could have disagreed.
  std::optional<double> kappa;
};

// Nothing for no pairs.
std::optional<Agreement> AgreementOf(std::span<const MarkPair> pairs);

struct JudgeAgreement {
  std::string judge;  // rater
  std::string dimension;
  Agreement agreement;
};

// Every judge against the mean of the people, per dimension, over the answers that both marked.
std::vector<JudgeAgreement> AgreementWithPeople(const run::Scores& scores);

}  // namespace assay::score

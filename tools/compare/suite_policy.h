// SPDX-License-Identifier: MIT
// What a policy asks of all cases together.
#pragma once

namespace assay::compare {

struct SuitePolicy {
  bool gate = true;
  double alpha = 0.01;
  double min_effect = 0.05;           // share, by the sessions of the baseline alone
  double min_effect_anchored = 0.03;  // share, beyond the anchors, or against the other side of a pair
};

}  // namespace assay::compare

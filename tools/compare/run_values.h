// SPDX-License-Identifier: MIT
// The latencies of one run by family, in the order they were measured: what a policy would judge, without anything to
// judge them by. For what is asked of the noise of a run alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/compare/latency_rule.h"
#include "tools/compare/policy.h"
#include "tools/compare/run_set.h"

namespace assay::compare {

class RunValues {
 public:
  struct Series {
    std::string case_id;
    const run::Metric* metric = nullptr;
    double min_effect = 0;
    double tolerance = 0;
    std::vector<double> values;  // all above 0
  };
  struct Family {
    FamilyKind kind = FamilyKind::kTtft;
    double alpha = 0;  // its part of the policy's
    std::vector<Series> series;
  };

  // Families that gate. Left out, with a note: requests under load, which are not independent of each other, and cases
  // with a time that is not above 0.
  RunValues(const RunSet& runs, const Policy& policy);

  const std::vector<Family>& families() const { return families_; }
  const std::vector<std::string>& notes() const { return notes_; }
  std::size_t MostValues() const;  // of any series

 private:
  std::vector<Family> families_;
  std::vector<std::string> notes_;
};

}  // namespace assay::compare

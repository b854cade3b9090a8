// SPDX-License-Identifier: MIT
// Fisher's exact test for two rates: does one side err more often? Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>

namespace assay::stats {

struct Hits {
  std::int64_t hits = 0;   // e.g. answers that differ from the accepted one
  std::int64_t total = 0;  // all answers looked at
};

// P(X >= head.hits) where X, the head's share of all hits, is hypergeometric: drawn without replacement from both sides
// together when they have one rate. R. A. Fisher, "Statistical Methods for Research Workers", 5th ed., 1934, section
// 21.02; SciPy's fisher_exact([[h, n-h], [b, m-b]], alternative='greater'), R's fisher.test of the same. Summed as
// positive terms relative to the largest, so small probabilities keep their digits. Time grows with the smaller of hits
// and totals. Nothing when a side was not looked at or has more hits than answers.
std::optional<double> FisherExactGreater(const Hits& head, const Hits& base);

// The fewest hits of `head_total` that are significant at `alpha` against `base`: what this comparison can see at best.
// Nothing when not even all are, or alpha is not in (0, 1).
std::optional<std::int64_t> FewestSignificantHits(std::int64_t head_total, const Hits& base, double alpha);

}  // namespace assay::stats

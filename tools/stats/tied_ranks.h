// SPDX-License-Identifier: MIT
// The rank-sum test where values repeat, as marks and shares of a few checks do: the exact distribution of U is then
// that of the mid-ranks at hand, not the one without ties. Pure; thread-safe.
#pragma once

#include <optional>
#include <span>

namespace assay::stats {

// Probability that `head`, of all ways to deal the pooled values out to two samples of these sizes, has a sum of
// mid-ranks no larger than it has: small when head tends to be smaller. The permutation distribution given the ties
// (E. L. Lehmann, "Nonparametrics: Statistical Methods Based on Ranks", 1975, section 1.4; R's
// coin::wilcox_test(distribution = "exact", alternative = "less")), counted group by group of equal values. Samples of
// more than 50 values: the normal approximation of MannWhitneyGreater. 1 when all values are equal; nothing when a
// sample is empty or holds a value that is not finite.
std::optional<double> TiedRankSumLess(std::span<const double> head, std::span<const double> base);

}  // namespace assay::stats

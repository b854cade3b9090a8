// SPDX-License-Identifier: MIT
// Robust scales of a set of standardised changes: is the spread of the cases larger than their errors say? Pure;
// thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace assay::stats {

// Qn: 2.2219 d_M times the k-th smallest |z_i - z_j|, i < j, with h = floor(M/2) + 1, k = h(h-1)/2 and the small-sample
// factor d_M = M/(M+1.4) for odd and M/(M+3.8) for even M: P. J. Rousseeuw, C. Croux, "Alternatives to the Median
// Absolute Deviation", JASA 88(424), 1993. Breaks down only when half of the values are bad; 82 % efficient. That
// factor is the asymptotic one for every M, without the paper's table for M <= 9. Time M log M, memory M. Nothing below
// two values or for values that are not finite.
std::optional<double> Qn(std::span<const double> values);

struct LowerScale {
  double scale = 1;       // median distance below the centre / 0.6745
  std::size_t count = 0;  // values below the centre
};

// Scale of the values below `centre` only: a real slowdown lies above and cannot inflate it. 0.6745 is the upper
// quartile of the standard normal, so a normal sample gives its standard deviation. The scale is 1 when fewer than
// max(5, floor(M/10)) values lie below. Nothing unless all are finite.
std::optional<LowerScale> ScaleBelow(std::span<const double> values, double centre);

// The factor by which standard errors are too small, never below 1: scale / (1 + 1.17/sqrt(max(1, count))), i.e. with
// one standard error of that scale as slack (1.17 = sqrt(1.36), 1.36 the asymptotic variance of the median absolute
// deviation of a normal sample, relative to its square).
double GuardFactor(const LowerScale& below);

}  // namespace assay::stats

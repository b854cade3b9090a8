// SPDX-License-Identifier: MIT
// Where a case lies and how well that is known: the trimmed mean and its error, as pure functions of numbers (in this
// project logarithms of latencies). Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace assay::stats {

enum class Trim {
  kLatency,  // lowest floor(n/5) and highest max(2, floor(n/5)): latency outliers only go up
  kPaired,   // floor(n/5) at both ends: differences of pairs are symmetric
};

struct Location {
  double mean = 0;                 // of the values left after trimming
  std::optional<double> variance;  // squared standard error of `mean`; nothing for a single value
  double df = 1;                   // degrees of freedom of `variance`: kept - 1, at least 1
  std::size_t kept = 0;            // values left after trimming
};

// With h values left of n and s_w^2 the variance (divisor n-1) of the Winsorised sample, in which each trimmed value is
// replaced by the nearest value kept: variance = (n-1) s_w^2 / (h max(1, h-1)), df = max(1, h-1). K. K. Yuen, "The
// Two-Sample Trimmed t for Unequal Population Variances", Biometrika 61(1), 1974; J. W. Tukey, D. H. McLaughlin,
// Sankhya A 25(3), 1963. For kLatency and n < 4 the top loses only n - 2 values, so that two remain. Yuen's theory is
// for equal trimming; the uneven kind is a heuristic whose false-alarm rate was simulated (gate.h). Nothing for no
// values, for values that are not finite, and where a sum overflows.
std::optional<Location> TrimmedLocation(std::span<const double> values, Trim trim);

}  // namespace assay::stats

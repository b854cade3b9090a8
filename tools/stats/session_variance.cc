// SPDX-License-Identifier: MIT
#include "tools/stats/session_variance.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tools/stats/descriptive.h"
#include "tools/stats/distributions.h"

namespace assay::stats {
namespace {

bool IsUsable(const SpreadOfCase& one) {
  return std::isfinite(one.between) && one.between >= 0 && std::isfinite(one.within) && one.within > 0 &&
         std::isfinite(one.df) && one.df > 0;
}

}  // namespace

std::optional<double> SessionVariance(std::span<const SpreadOfCase> cases) {
  if (cases.empty() || !std::all_of(cases.begin(), cases.end(), IsUsable)) return std::nullopt;
  // `between` over the median a case of its df has when s^2 + within is 1. The median of one df is asked for once.
  std::vector<double> scaled;
  double df = 0;
  double expected = 1;
  for (const SpreadOfCase& one : cases) {
    if (one.df != df) {
      const auto median = ChiSquaredMedian(one.df);
      if (!median || *median <= 0) return std::nullopt;
      df = one.df;
      expected = *median / df;
    }
    scaled.push_back(one.between / expected);
  }

  std::vector<double> ratios(cases.size());
  bool finite = true;
  const auto exceeds_expectation = [&](double variance) {
    for (std::size_t c = 0; c < cases.size(); ++c) ratios[c] = scaled[c] / (variance + cases[c].within);
    const auto median = Median(ratios);
    if (!median) finite = false;
    return median && *median > 1;
  };
  if (!exceeds_expectation(0)) return finite ? std::optional(0.0) : std::nullopt;
  double low = 0;
  double high = *std::max_element(scaled.begin(), scaled.end()) + 1e-12;
  for (int step = 0; step < 40; ++step) {
    const double middle = low + (high - low) / 2;
    (exceeds_expectation(middle) ? low : high) = middle;
  }
  if (!finite || !std::isfinite(high)) return std::nullopt;
  return high;
}

}  // namespace assay::stats

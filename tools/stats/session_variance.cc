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

// Where a falling function of the variance comes down to 1: 0 if it is there at 0, else by bisection up to `most`.
template <typename Function>
std::optional<double> Solve(double most, const Function& ratio) {
  bool finite = true;
  const auto exceeds_expectation = [&](double variance) {
    const auto value = ratio(variance);
    if (!value || !std::isfinite(*value)) finite = false;
    return value && *value > 1;
  };
  if (!exceeds_expectation(0)) return finite ? std::optional(0.0) : std::nullopt;
  double low = 0;
  double high = most + 1e-12;
  for (int step = 0; step < 40; ++step) {
    const double middle = low + (high - low) / 2;
    (exceeds_expectation(middle) ? low : high) = middle;
  }
  if (!finite || !std::isfinite(high)) return std::nullopt;
  return high;
}

constexpr double kCutQuantile = 0.95;

struct Cut {
  double at = 0;
  double expected = 0;
};
std::optional<Cut> CutOf(double df) {
  const auto quantile = ChiSquaredQuantile(kCutQuantile, df);
  if (!quantile) return std::nullopt;
  const auto below = ChiSquaredCdf(*quantile, df + 2);
  if (!below) return std::nullopt;
  return Cut{*quantile / df, *below + *quantile / df * (1 - kCutQuantile)};
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
  return Solve(*std::max_element(scaled.begin(), scaled.end()), [&](double variance) {
    for (std::size_t c = 0; c < cases.size(); ++c) ratios[c] = scaled[c] / (variance + cases[c].within);
    return Median(ratios);
  });
}

std::optional<double> TrimmedSessionVariance(std::span<const SpreadOfCase> cases) {
  if (cases.empty() || !std::all_of(cases.begin(), cases.end(), IsUsable)) return std::nullopt;
  std::vector<Cut> cuts;
  double most = 0;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (c > 0 && cases[c].df == cases[c - 1].df) {
      cuts.push_back(cuts.back());
    } else {
      const auto cut = CutOf(cases[c].df);
      if (!cut) return std::nullopt;
      cuts.push_back(*cut);
    }
    most = std::max(most, cases[c].between / cuts.back().expected);
  }
  return Solve(most, [&](double variance) -> std::optional<double> {
    double sum = 0;
    for (std::size_t c = 0; c < cases.size(); ++c) {
      sum += std::min(cases[c].between / (variance + cases[c].within), cuts[c].at) / cuts[c].expected;
    }
    return sum / static_cast<double>(cases.size());
  });
}

}  // namespace assay::stats

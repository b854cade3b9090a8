// SPDX-License-Identifier: MIT
// Order statistics and the size of a change, as pure functions of numbers. Knows nothing of metrics, units or cases.
// Empty or non-finite input gives nothing back: a NaN neither enters nor leaves. Thread-safe.
#pragma once

#include <optional>
#include <span>

namespace assay::stats {

// base::Quantile: the p-quantile, p in [0, 1], by definition 7 of Hyndman and Fan. Nothing for p outside [0, 1].
std::optional<double> Percentile(std::span<const double> values, double p);

// Percentile(values, 0.5).
std::optional<double> Median(std::span<const double> values);

// (head - base) / base: +0.5 = half as much again. Nothing unless both are finite and base > 0.
std::optional<double> RelativeChange(double head_median, double base_median);

// Estimate of the shift head - base: the median of all n*m pairwise differences (J. L. Hodges, E. L. Lehmann,
// "Estimates of Location Based on Rank Tests", Ann. Math. Statist. 34(2), 1963). Time and memory grow with n*m.
std::optional<double> HodgesLehmannShift(std::span<const double> head, std::span<const double> base);

}  // namespace assay::stats

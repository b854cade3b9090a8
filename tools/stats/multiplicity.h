// SPDX-License-Identifier: MIT
// Many tests at once: p-values adjusted so that one level holds for the whole family. Pure; thread-safe.
#pragma once

#include <optional>
#include <vector>

namespace assay::stats {

// Step-down adjusted p-values in the order given: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure",
// Scand. J. Statist. 6(2), 1979; equal to R's p.adjust(p, "holm"). Sorted upwards, adjusted[i] = max over k <= i of (m
// - k) p[k], k from 0, at most 1. Rejecting where adjusted <= alpha keeps the chance of any false rejection in the
// family at alpha, whatever the dependence. An empty family has no adjusted values; nothing comes back when a value is
// not a number in [0, 1].
std::optional<std::vector<double>> HolmAdjust(std::vector<double> p_values);

// One p-value of two one-sided ones for the same question whose statistics are correlated: P(Z > (z1 + z2) / sqrt(2 (1
// + correlation))), z the normal quantile of 1 - p; Stouffer's sum with the variance of correlated terms (M. J. Strube,
// "Combining and comparing significance levels from nonindependent hypothesis tests", Psychol. Bull. 97(2), 1985).
// Nothing unless both are in [0, 1) and the correlation in [0, 1].
std::optional<double> CombinedP(double first, double second, double correlation);

}  // namespace assay::stats

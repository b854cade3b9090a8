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

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
// Variances of few values each, made better by the whole family: a case with five requests borrows from its neighbours.
// Pure; thread-safe.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace assay::stats {

struct VarianceEstimate {
  double variance = 0;
  double df = 0;  // degrees of freedom
};

// Empirical-Bayes shrinkage towards a common prior s0^2 with d0 degrees of freedom: G. K. Smyth, "Linear Models and
// Empirical Bayes Methods for Assessing Differential Expression in Microarray Experiments", Stat. Appl. Genet. Mol.
// Biol. 3(1), 2004, section 6.2 (limma's fitFDist and squeezeVar):
//   e_c = ln v_c - digamma(df_c/2) + ln(df_c/2),  t = var_c(e) - mean_c trigamma(df_c/2)  (variance with divisor M-1)
//   trigamma(d0/2) = t,  ln s0^2 = mean(e) + digamma(d0/2) - ln(d0/2)
//   v~_c = (d0 s0^2 + df_c v_c) / (d0 + df_c),  df~_c = d0 + df_c.
// The variances show no spread of their own when t <= 0.001; d0 is then 1000, where limma takes infinity. A variance
// below 1e-12 counts as 1e-12 in e. Differing df_c are limma's generalisation; with equal ones this is the formula of
// the reference. A family of one has nobody to borrow from: it is returned as it is, at least 1e-12.
// Nothing for an empty family and unless every variance is finite and >= 0 and every df finite and > 0.
std::optional<std::vector<VarianceEstimate>> ModerateVariances(std::span<const VarianceEstimate> family);

// The x > 0 with trigamma(x) = y, for finite y > 0: Newton's method on 1/trigamma from 1/2 + 1/y, which converges
// monotonically (Smyth 2004, appendix).
std::optional<double> TrigammaInverse(double y);

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
// What no number of repetitions inside one session removes: the variance between sessions (or restarts) that each case
// has for itself. Pure; thread-safe.
#pragma once

#include <optional>
#include <span>

namespace assay::stats {

// One case seen in several sessions.
struct SpreadOfCase {
  double between = 0;  // variance over the sessions of the case's location, session effects removed (divisor df)
  double within =
      0;          // expected part of `between` from noise inside the sessions: squared standard error of one of them
  double df = 0;  // sessions - 1
};

// The variance s^2 >= 0 that sessions add to a case beyond its noise, one for all cases: the solution of
//   median_c [ between_c / (s^2 + within_c) / t_c ] = 1,   t_c = median(chi-squared with df_c) / df_c,
// by 40 bisections between 0 and max_c(between_c / t_c) + 1e-12, upper end; 0 when the left side is <= 1 at 0. That is
// the estimator of R. C. Paule, J. Mandel, "Consensus Values and Weighting Factors", J. Res. Natl. Bur. Stand. 87(5),
// 1982, with the mean over cases replaced by the median, so that a few cases that moved do not set it for all. With
// equal df the division by t_c is the reference's comparison with t. Nothing for no cases and unless between >= 0,
// within > 0, df > 0 and all are finite.
std::optional<double> SessionVariance(std::span<const SpreadOfCase> cases);

// The same of
//   mean_c [ min(between_c / (s^2 + within_c), q_c) / e_c ] = 1,   q_c = chi-squared quantile(0.95, df_c) / df_c,
//   e_c = E min(X, q_c) = F_{df+2}(q df) + q (1 - F_df(q df)) for X = chi-squared_df / df,
// i.e. with the tail of every case cut in place of all but the middle (P. J. Huber's kind of robustness): it bears few
// cases that moved, but where each case has few degrees of freedom (two restarts: one) it errs less than the median.
std::optional<double> TrimmedSessionVariance(std::span<const SpreadOfCase> cases);

}  // namespace assay::stats

// SPDX-License-Identifier: MIT
// The one-sided rank-sum test: is one sample stochastically larger than another? Makes no assumption about the shape of
// the distributions. Functions are pure and thread-safe; of ExactTails each thread needs its own.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace assay::stats {

struct MannWhitney {
  double u = 0;        // pairs (h, b) with h > b, plus half of those with h == b; between 0 and n*m
  double p_value = 1;  // probability of a U at least this large when both samples come from one distribution
  bool exact = false;  // from the exact distribution, not from the normal approximation
};

// The exact distribution of U for pairs of sample sizes, each computed once: it costs up to millions of steps, and a
// comparison of many cases asks for few pairs of sizes.
class ExactTails {
 public:
  // P(U >= u) for u = 0 .. n*m.
  const std::vector<double>& Of(std::size_t n, std::size_t m);

 private:
  std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> tails_;
};

// H. B. Mann, D. R. Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the
// Other", Ann. Math. Statist. 18(1), 1947. A small p says that `head` tends to be larger than `base`.
//
// No ties and both samples of at most 50: the exact distribution of U by the recurrence of that paper. Otherwise the
// normal approximation with the tie correction of the variance and a continuity correction of 1/2, i.e. SciPy's
// mannwhitneyu(head, base, alternative='greater', method='asymptotic'). SciPy's method='auto' goes over to the
// approximation as soon as both samples have more than 8 values; R's wilcox.test has our limit of 50. When all values
// are equal there is nothing to order and p is 1. Nothing when a sample is empty or holds a value that is not finite.
std::optional<MannWhitney> MannWhitneyGreater(std::span<const double> head, std::span<const double> base);
// The same, and what it had to compute stays in `tails`.
std::optional<MannWhitney> MannWhitneyGreater(std::span<const double> head, std::span<const double> base,
                                              ExactTails& tails);

// The smallest p the exact test can give for these sizes: 1 / C(n+m, n). Above the level asked for, the samples are too
// few to ever show a difference. Nothing when a size is 0.
std::optional<double> SmallestExactPValue(std::size_t n, std::size_t m);

}  // namespace assay::stats

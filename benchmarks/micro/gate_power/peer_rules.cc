// SPDX-License-Identifier: MIT
#include "benchmarks/micro/gate_power/peer_rules.h"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/stats/descriptive.h"
#include "tools/stats/distributions.h"
#include "tools/stats/mann_whitney.h"

namespace assay::micro {
namespace {

using Values = std::vector<double>;

Values Exp(const Values& logs) {
  Values values;
  for (const double log : logs) values.push_back(std::exp(log));
  return values;
}

double Mean(const Values& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Of the sample, n - 1 below.
double Variance(const Values& values) {
  const double mean = Mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size() - 1);
}

double Median(const Values& values) { return *stats::Median(values); }
double Quantile(const Values& values, double p) { return *stats::Percentile(values, p); }
double Lowest(const Values& values) { return *std::min_element(values.begin(), values.end()); }
double Highest(const Values& values) { return *std::max_element(values.begin(), values.end()); }

// P(Z > z), from Student's t with so many degrees of freedom that it is the normal distribution.
double NormalTail(double z) { return stats::StudentUpperTail(z, 1e9).value_or(z > 0 ? 0.0 : 1.0); }

// Two-sided, with a continuity correction: SciPy's 'asymptotic' without ties.
double AsymptoticU(const Values& base, const Values& head) {
  const auto n = static_cast<double>(head.size());
  const auto m = static_cast<double>(base.size());
  double u = 0;
  for (const double h : head) {
    for (const double b : base) u += h > b ? 1 : h == b ? 0.5 : 0;
  }
  const double sd = std::sqrt(n * m * (n + m + 1) / 12);
  return std::min(1.0, 2 * NormalTail((std::max(u, n * m - u) - n * m / 2 - 0.5) / sd));
}

double ExactU(const Values& base, const Values& head) {
  static thread_local stats::ExactTails tails;
  const double up = stats::MannWhitneyGreater(head, base, tails)->p_value;
  const double down = stats::MannWhitneyGreater(base, head, tails)->p_value;
  return std::min(1.0, 2 * std::min(up, down));
}

bool MedianUp(const Values& base, const Values& head, double by = 0) { return Median(head) - Median(base) > by; }

// --- Two sessions ----------------------------------------------------------------------------------------------------

template <bool (*kSlower)(const Values& base, const Values& head)>
std::vector<bool> EachCase(const PeerData& data) {
  std::vector<bool> slower;
  for (std::size_t c = 0; c < data.head.size(); ++c) slower.push_back(kSlower(data.sessions.back()[c], data.head[c]));
  return slower;
}

// google/benchmark tools/gbench/report.py: SciPy's mannwhitneyu, exact up to 8 values.
bool ComparePy(const Values& base, const Values& head) {
  return (base.size() <= 8 ? ExactU(base, head) : AsymptoticU(base, head)) < 0.05 && MedianUp(base, head);
}
bool ComparePy5(const Values& base, const Values& head) {
  return ComparePy(base, head) && MedianUp(base, head, std::log(1.05));
}
// golang/perf benchmath: exact U test.
bool Benchstat(const Values& base, const Values& head) { return ExactU(base, head) < 0.05 && MedianUp(base, head); }
// psf/pyperf: pooled two-sample t test, 95 %.
bool Pyperf(const Values& base, const Values& head) {
  const auto n = static_cast<double>(head.size());
  const Values b = Exp(base);
  const Values h = Exp(head);
  const double pooled = std::sqrt((Variance(b) + Variance(h)) / 2);
  return (Mean(h) - Mean(b)) / (pooled * std::sqrt(2 / n)) > *stats::StudentQuantile(0.975, 2 * n - 2);
}
// asv continuous: U test at .002 and a factor of 1.1; with too few values, ranges that do not overlap.
bool Asv(const Values& base, const Values& head) {
  if (!MedianUp(base, head, std::log(1.1))) return false;
  if (*stats::SmallestExactPValue(base.size(), head.size()) >= 0.002) return Lowest(head) > Highest(base);
  return ExactU(base, head) < 0.002;
}
// llvm-lnt: smallest values, 1 %, U test, 2.576 standard deviations.
bool Lnt(const Values& base, const Values& head) {
  const Values h = Exp(head);
  const double before = std::exp(Lowest(base));
  const double by = Lowest(h) - before;
  return std::fabs(by / before) > 0.01 && AsymptoticU(base, head) < 0.05 && by > 2.576 * std::sqrt(Variance(h));
}
// github-action-benchmark: one number over a ratio.
bool Ratio110(const Values& base, const Values& head) { return Mean(Exp(head)) / Mean(Exp(base)) > 1.1; }
bool Ratio200(const Values& base, const Values& head) { return Mean(Exp(head)) / Mean(Exp(base)) > 2; }

// criterion.rs: a bootstrap t test and a bootstrap interval of the change of the mean above 1 %; 400 resamples.
class Bootstrap {
 public:
  explicit Bootstrap(std::uint64_t seed) : random_(seed) {}

  bool Slower(const Values& base, const Values& head) {
    constexpr int kResamples = 400;
    const Values b = Exp(base);
    const Values h = Exp(head);
    Values pool = h;
    pool.insert(pool.end(), b.begin(), b.end());
    const double seen = T(h, b);
    int below = 0;
    Values changes;
    for (int i = 0; i < kResamples; ++i) {
      if (T(Draw(pool, h.size()), Draw(pool, b.size())) < seen) ++below;
      changes.push_back(Mean(Draw(h, h.size())) / Mean(Draw(b, b.size())) - 1);
    }
    const double lower = static_cast<double>(below) / kResamples;
    return 2 * std::min(lower, 1 - lower) < 0.05 && Quantile(changes, 0.025) > 0.01;
  }

 private:
  static double T(const Values& x, const Values& y) {
    const double se2 = Variance(x) / static_cast<double>(x.size()) + Variance(y) / static_cast<double>(y.size());
    return (Mean(x) - Mean(y)) / std::sqrt(se2 + 1e-30);
  }
  Values Draw(const Values& from, std::size_t count) {
    boost::random::uniform_int_distribution<std::size_t> pick(0, from.size() - 1);
    Values drawn(count);
    for (double& value : drawn) value = from[pick(random_)];
    return drawn;
  }

  boost::random::mt19937_64 random_;
};

std::vector<bool> Criterion(const PeerData& data) {
  // Of the data, so that the same data always give the same answer.
  const double first = data.head.front().front();
  Bootstrap bootstrap(static_cast<std::uint64_t>(std::llround(std::fabs(first) * 1e12)));
  std::vector<bool> slower;
  for (std::size_t c = 0; c < data.head.size(); ++c) {
    slower.push_back(bootstrap.Slower(data.sessions.back()[c], data.head[c]));
  }
  return slower;
}

// --- Several sessions ------------------------------------------------------------------------------------------------

template <double (*kOf)(const Values&)>
Values OfSessions(const PeerData& data, std::size_t place) {
  Values numbers;
  for (const Logs& session : data.sessions) numbers.push_back(kOf(Exp(session[place])));
  return numbers;
}

// bencher: t prediction limit over the sessions' means, 99 %.
std::vector<bool> Bencher(const PeerData& data) {
  std::vector<bool> slower;
  for (std::size_t c = 0; c < data.head.size(); ++c) {
    const Values means = OfSessions<Mean>(data, c);
    const auto k = static_cast<double>(means.size());
    const double limit = Mean(means) + *stats::StudentQuantile(0.99, k - 1) * std::sqrt(Variance(means) * (1 + 1 / k));
    slower.push_back(Mean(Exp(data.head[c])) > limit);
  }
  return slower;
}

// rustc-perf: a change of at least the third quartile plus three interquartile ranges of the changes before.
std::vector<bool> RustcPerf(const PeerData& data) {
  std::vector<bool> slower;
  for (std::size_t c = 0; c < data.head.size(); ++c) {
    const Values means = OfSessions<Mean>(data, c);
    Values changes;
    for (std::size_t k = 1; k < means.size(); ++k) changes.push_back(std::fabs(means[k] / means[k - 1] - 1));
    const double q3 = Quantile(changes, 0.75);
    slower.push_back(Mean(Exp(data.head[c])) / means.back() - 1 >= q3 + 3 * (q3 - Quantile(changes, 0.25)));
  }
  return slower;
}

// conbench: z of the best value over 5.
std::vector<bool> Conbench(const PeerData& data) {
  std::vector<bool> slower;
  for (std::size_t c = 0; c < data.head.size(); ++c) {
    const Values best = OfSessions<Lowest>(data, c);
    slower.push_back((std::exp(Lowest(data.head[c])) - Mean(best)) / std::sqrt(Variance(best)) > 5);
  }
  return slower;
}

// --- Pairs -----------------------------------------------------------------------------------------------------------

Values Differences(const SimulatedPair& pair, std::size_t place) {
  Values differences;
  for (std::size_t r = 0; r < pair.head[place].size(); ++r) {
    differences.push_back(pair.head[place][r] - pair.base[place][r]);
  }
  return differences;
}

// Lower end of the exact sign-test interval of the median; nothing below where n is too small for the confidence.
std::optional<double> SignIntervalLow(Values values, double confidence) {
  const auto n = static_cast<std::int64_t>(values.size());
  std::int64_t k = 0;
  while (k < n && *stats::BinomialCdf(k, n, 0.5) <= (1 - confidence) / 2) ++k;
  if (k == 0 || 2 * k > n) return std::nullopt;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(k - 1)];
}

std::vector<bool> Nanobench(const SimulatedPair& pair, double confidence) {
  std::vector<bool> slower;
  for (std::size_t c = 0; c < pair.head.size(); ++c) {
    slower.push_back(SignIntervalLow(Differences(pair, c), confidence).value_or(-1) > 0);
  }
  return slower;
}
std::vector<bool> Nanobench95(const SimulatedPair& pair) { return Nanobench(pair, 0.95); }
std::vector<bool> NanobenchBonferroni(const SimulatedPair& pair) {
  return Nanobench(pair, 1 - 0.05 / static_cast<double>(pair.head.size()));
}

// Skia's cabe and its like: Wilcoxon's signed rank test at .05, and 5 %.
std::vector<bool> SignedRank(const SimulatedPair& pair) {
  std::vector<bool> slower;
  for (std::size_t c = 0; c < pair.head.size(); ++c) {
    Values differences = Differences(pair, c);
    const double median = Median(differences);
    std::sort(differences.begin(), differences.end(), [](double a, double b) { return std::fabs(a) < std::fabs(b); });
    const auto n = static_cast<double>(differences.size());
    double w = 0;
    for (std::size_t i = 0; i < differences.size(); ++i) w += differences[i] > 0 ? static_cast<double>(i + 1) : 0;
    const double z = (w - n * (n + 1) / 4 - 0.5) / std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
    slower.push_back(2 * NormalTail(z) < 0.05 && median > std::log(1.05));
  }
  return slower;
}

}  // namespace

const std::vector<PeerRule>& PeerRules() {
  static const std::vector<PeerRule> rules = {
      {"compare.py U .05", false, true, &EachCase<&ComparePy>},
      {"compare.py U .05 & >5%", false, true, &EachCase<&ComparePy5>},
      {"benchstat U exact .05", false, true, &EachCase<&Benchstat>},
      {"criterion boot-t & 1%", false, true, &Criterion},
      {"pyperf t .05", false, true, &EachCase<&Pyperf>},
      {"asv U .002 & 1.1x", false, true, &EachCase<&Asv>},
      {"lnt min+2.576sd", false, true, &EachCase<&Lnt>},
      {"ratio > 110%", false, true, &EachCase<&Ratio110>},
      {"ratio > 200% (gh-action default)", false, true, &EachCase<&Ratio200>},
      {"bencher t .99 (K=5)", true, false, &Bencher},
      {"rustc-perf Q3+3IQR (K=5)", true, false, &RustcPerf},
      {"conbench z>5 best (K=5)", true, false, &Conbench},
  };
  return rules;
}

const std::vector<PairedPeerRule>& PairedPeerRules() {
  static const std::vector<PairedPeerRule> rules = {
      {"nanobench 95% interval", &Nanobench95},
      {"nanobench Bonferroni over the cases", &NanobenchBonferroni},
      {"signed rank .05 & >5%", &SignedRank},
  };
  return rules;
}

}  // namespace assay::micro

// SPDX-License-Identifier: MIT
#include "benchmarks/micro/gate_power/noise.h"

#include <boost/random/exponential_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay::micro {

const std::vector<NoiseLevel>& NoiseLevels() {
  static const std::vector<NoiseLevel> levels = {
      {"quiet", 0.03, 0.010, 0.005, 0.005, 0.01, 0.30, 100},
      {"typical", 0.06, 0.040, 0.015, 0.020, 0.03, 0.50, 100},
      {"noisy", 0.12, 0.100, 0.030, 0.040, 0.06, 0.70, 100},
      {"mixed", 0.06, 0.040, 0.015, 0.020, 0.03, 0.50, 100, 4},
      {"bursts", 0.05, 0.040, 0.020, 0.030, 0.12, 1.00, 15},
      {"uneven", 0.06, 0.040, 0.015, 0.020, 0.03, 0.50, 100, 1, 0, 3},
      {"apart", 0.06, 0.040, 0.015, 0.020, 0.03, 0.50, 100, 1, 0.02},
  };
  return levels;
}

namespace {

// From 1/most for the first case to `most` for the last.
double Spread(double most, std::size_t place, std::size_t cases) {
  if (most <= 1 || cases < 2) return 1;
  const double share = 2 * static_cast<double>(place) / static_cast<double>(cases - 1) - 1;
  return std::exp(share * std::log(most));
}

}  // namespace

double Noise::Normal(double sd) {
  boost::random::normal_distribution<double> normal(0, 1);
  return sd * normal(random_);
}

double Noise::Request(const NoiseLevel& noise, std::size_t place, std::size_t cases) {
  double value = Normal(noise.request * Spread(noise.spread, place, cases));
  boost::random::uniform_01<double> uniform;
  if (uniform(random_) < noise.outlier_share) {
    boost::random::exponential_distribution<double> longer(1 / noise.outlier_mean);
    value += std::log1p(longer(random_));
  }
  return value;
}

std::vector<double> Noise::Drift(const NoiseLevel& noise, std::size_t steps) {
  const double kept = std::exp(-1 / noise.drift_requests);
  const double fresh = noise.drift * std::sqrt(1 - kept * kept);
  std::vector<double> drift(steps);
  double now = Normal(noise.drift);
  for (double& value : drift) value = now = kept * now + Normal(fresh);
  return drift;
}

Logs Noise::Session(const NoiseLevel& noise, const std::vector<double>& levels, const std::vector<double>& effects,
                    std::size_t anchors, std::size_t requests) {
  const std::size_t all = levels.size();
  const std::size_t cases = all - anchors;
  const double session = Normal(noise.session);
  const double apart = Normal(noise.anchors_apart);
  const std::vector<double> drift = Drift(noise, all * requests);
  Logs logs(all, std::vector<double>(requests));
  for (std::size_t c = 0; c < all; ++c) {
    const double effect = c < cases ? std::log1p(effects[c]) : apart;
    const double offset = levels[c] + effect + session + Normal(noise.session_case * Spread(noise.uneven, c, all));
    // One request of every case in turn, as assay-bench asks.
    for (std::size_t r = 0; r < requests; ++r) logs[c][r] = offset + drift[r * all + c] + Request(noise, c, all);
  }
  return logs;
}

SimulatedPair Noise::Pair(const NoiseLevel& noise, const std::vector<double>& levels,
                          const std::vector<double>& effects, std::size_t requests, std::size_t restarts) {
  const std::size_t cases = levels.size();
  const double session = Normal(noise.session);
  const std::vector<double> drift = Drift(noise, 2 * cases * requests);
  SimulatedPair pair;
  for (Logs* side : {&pair.base, &pair.head}) {
    std::vector<double> start_all(restarts);
    for (double& value : start_all) value = Normal(0.4 * noise.session_case);
    side->assign(cases, std::vector<double>(requests));
    for (std::size_t c = 0; c < cases; ++c) {
      std::vector<double> start(restarts);
      for (std::size_t b = 0; b < restarts; ++b) start[b] = start_all[b] + Normal(0.6 * noise.session_case);
      const double offset = levels[c] + session + (side == &pair.head ? std::log1p(effects[c]) : 0);
      for (std::size_t r = 0; r < requests; ++r) {
        (*side)[c][r] = offset + start[r * restarts / requests] + Request(noise, c, cases);
      }
    }
  }
  boost::random::uniform_int_distribution<int> coin(0, 1);
  for (std::size_t r = 0; r < requests; ++r) {
    for (std::size_t c = 0; c < cases; ++c) {
      const std::size_t at = 2 * (r * cases + c);
      const auto head_first = static_cast<std::size_t>(coin(random_));
      pair.base[c][r] += drift[at + head_first];
      pair.head[c][r] += drift[at + 1 - head_first];
    }
  }
  return pair;
}

std::vector<std::size_t> Noise::Choose(std::size_t cases, std::size_t count) {
  std::vector<std::size_t> all(cases);
  std::iota(all.begin(), all.end(), std::size_t{0});
  for (std::size_t i = 0; i < count; ++i) {
    boost::random::uniform_int_distribution<std::size_t> pick(i, cases - 1);
    std::swap(all[i], all[pick(random_)]);
  }
  all.resize(count);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace assay::micro

// SPDX-License-Identifier: MIT
// Latencies of a language-model service as the gating study simulates them, on the natural logarithm:
//
//   ln y = level + S(session) + D(session, case) + W(session, time) + noise + outlier
//
// S is what a session does to all cases (heat, drivers, neighbours), D what no repetition inside one session removes
// (memory placement, how the model was loaded), W a slow drift within it (Ornstein-Uhlenbeck, correlated over
// requests), an outlier multiplies by 1 + Exp(mean). One generator per trial: the numbers hang on its seed alone.
#pragma once

#include <boost/random/mersenne_twister.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace assay::micro {

struct NoiseLevel {
  std::string_view name;
  double request = 0;         // standard deviation of the noise of a request
  double session = 0;         // of S
  double session_case = 0;    // of D
  double drift = 0;           // of W
  double outlier_share = 0;   // of requests
  double outlier_mean = 0;    // of the exponential
  double drift_requests = 0;  // correlation time of W
  double spread = 1;          // the noise of a case lies between request/spread and request*spread
  double anchors_apart = 0;   // standard deviation of what a session does to anchors and not to cases
  double uneven = 1;          // D of a case lies between session_case/uneven and session_case*uneven
};

// quiet, typical and noisy are the study's; the others are not what the gate was designed on: "mixed" has cases of very
// different noise, "bursts" many long outliers and fast drift, "apart" anchors that do not follow the suite well,
// "uneven" cases that sessions move very differently.
const std::vector<NoiseLevel>& NoiseLevels();

using Logs = std::vector<std::vector<double>>;  // [case][request], ln milliseconds

struct SimulatedPair {
  Logs base;
  Logs head;
};

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}

  // One session: `effects[c]` (0.05 = 5 % slower) of each case, and `anchors` cases more at the end that have none but
  // share S and W. `levels[c]` are the cases' logarithms, of the anchors too.
  Logs Session(const NoiseLevel& noise, const std::vector<double>& levels, const std::vector<double>& effects,
               std::size_t anchors, std::size_t requests);
  // Two services asked in turns, restarted together `restarts` - 1 times: they share S and W; each start has an offset
  // of its own (0.4 of D for all cases, 0.6 of D for each).
  SimulatedPair Pair(const NoiseLevel& noise, const std::vector<double>& levels, const std::vector<double>& effects,
                     std::size_t requests, std::size_t restarts);
  // `count` of 0..cases-1, without repetition.
  std::vector<std::size_t> Choose(std::size_t cases, std::size_t count);
  std::uint64_t Next() { return random_(); }

 private:
  double Normal(double sd);
  double Request(const NoiseLevel& noise, std::size_t place, std::size_t cases);
  std::vector<double> Drift(const NoiseLevel& noise, std::size_t steps);

  boost::random::mt19937_64 random_;
};

}  // namespace assay::micro

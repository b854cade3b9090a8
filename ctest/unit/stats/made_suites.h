// SPDX-License-Identifier: MIT
// Suites made of known levels, session effects and noise, for the tests of the gate.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "tools/stats/gate.h"

namespace assay::stats {

// Symmetric noise of standard deviation `sd`, the same on every platform: a sum of four uniforms.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : bits_(seed) {}
  double Next(double sd) {
    double sum = -2;
    for (int i = 0; i < 4; ++i) sum += static_cast<double>(bits_() >> 11) * 0x1p-53;
    return sum * std::sqrt(3.0) * sd;
  }
  Values Sample(std::size_t n, double level, double sd) {
    Values values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(level + Next(sd));
    return values;
  }

 private:
  std::mt19937_64 bits_;
};

struct Shape {
  std::size_t cases = 12;
  std::size_t sessions = 5;
  std::size_t n = 12;
  double noise = 0.03;
  double level_step = 0.4;
  std::vector<double> session_effects = {0, 0.03, -0.02, 0.01, 0.02};
  double head_effect = 0.02;
};

inline std::vector<StoredCase> MakeSuite(std::uint64_t seed, const Shape& shape) {
  Noise noise(seed);
  std::vector<StoredCase> cases(shape.cases);
  for (std::size_t c = 0; c < shape.cases; ++c) {
    const double level = 3 + shape.level_step * static_cast<double>(c);
    for (std::size_t k = 0; k < shape.sessions; ++k) {
      cases[c].sessions.push_back(noise.Sample(shape.n, level + shape.session_effects[k], shape.noise));
    }
    cases[c].head = noise.Sample(shape.n, level + shape.head_effect, shape.noise);
  }
  return cases;
}

inline void SlowDown(Values& values, double factor) {
  for (double& value : values) value += std::log(factor);
}

inline std::vector<PairedCase> MakePairs(std::uint64_t seed, std::size_t cases, std::size_t blocks, double shift) {
  Noise noise(seed);
  std::vector<PairedCase> pairs(cases);
  for (PairedCase& one : pairs) {
    for (std::size_t b = 0; b < blocks; ++b) one.blocks.push_back(noise.Sample(10, shift + noise.Next(0.005), 0.03));
  }
  return pairs;
}

}  // namespace assay::stats

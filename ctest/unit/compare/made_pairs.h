// SPDX-License-Identifier: MIT
// Paired runs made by hand for tests: a drift that both sides share, noise that each
// has for itself, and slowdowns of
// the head that the test states.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "ctest/support/run_builder.h"
#include "tools/compare/paired_runs.h"

namespace assay::compare::made {

inline constexpr const char* kOtherModel = "tiny-generic-cpu:1";

struct PairSpec {
  int cases = 12;
  std::vector<std::int64_t> blocks = {10, 10};
  double all = 1;       // factor on every case of the head
  double first = 1;     // and on its first case
  double noise = 0.02;  // standard deviation of one request
  double speed = 1;     // of the drift, radians per request
  std::string base_started_at = "2026-03-01T12:00:00Z";
  std::string head_started_at = "2026-03-01T12:00:01Z";
  std::string head_model = testing::RunBuilder::kModel;
  unsigned seed = 5;
  int from = 0;  // first case that is measured; a second look has few
};

class PairMaker {
 public:
  explicit PairMaker(PairSpec spec) : spec_(std::move(spec)), random_(spec_.seed) {
    std::int64_t n = 0;
    for (const std::int64_t block : spec_.blocks) n += block;
    base.StartedAt(spec_.base_started_at).Repetitions(n);
    head.StartedAt(spec_.head_started_at).Repetitions(n);
    info.seed = 1;
    info.base = run::PairSide{"base words", "base"};
    info.head = run::PairSide{"head words", "head"};
    info.blocks = spec_.blocks;
    info.restarted = spec_.blocks.size() > 1;
    for (int c = spec_.from; c < spec_.from + spec_.cases; ++c) AddCase(c, n);
  }

  PairedRuns Build() const {
    auto pair = PairedRuns::Create("pair", info, base.Build("pair/base"), head.Build("pair/head"));
    EXPECT_TRUE(pair.ok()) << pair.error().Message();
    return std::move(pair).value();
  }

  static std::string Prompt(int c) { return "prompt-" + std::to_string(c); }
  static std::string Id(int c, const std::string& model = testing::RunBuilder::kModel) {
    return testing::RunBuilder::CaseIdOf(Prompt(c), model);
  }

  testing::RunBuilder base;
  testing::RunBuilder head;
  run::PairInfo info;

 private:
  void AddCase(int c, std::int64_t n) {
    base.Case(Prompt(c));
    head.Case(Prompt(c), spec_.head_model);
    info.cases.push_back(run::PairedIds{Id(c), Id(c, spec_.head_model)});
    const double slower = spec_.all * (c == 0 ? spec_.first : 1);
    for (std::int64_t i = 0; i < n; ++i) {
      const double shared = 1 + 0.3 * std::sin(spec_.speed * static_cast<double>(i));
      base.Add(Sample(c, shared * Noise()));
      head.Add(Sample(c, shared * slower * Noise()));
    }
  }
  static testing::SampleSpec Sample(int c, double factor) {
    testing::SampleSpec sample;
    sample.e2e_ms = 100 * (c + 1) * factor;
    sample.ttft_ms = 20 * (c + 1) * factor;
    return sample;
  }
  // Sum of twelve uniform numbers: the same everywhere, which std::normal_distribution is not.
  double Noise() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random_()) / 4294967296.0;
    return std::exp(spec_.noise * sum);
  }

  PairSpec spec_;
  std::mt19937 random_;
};

}  // namespace assay::compare::made

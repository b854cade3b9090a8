// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tools/stats/descriptive.h"
#include "tools/stats/gate.h"
#include "tools/stats/gate_parts.h"
#include "tools/stats/session_variance.h"
#include "tools/stats/shrinkage.h"

namespace assay::stats {
namespace {

struct Pairs {
  std::size_t at = 0;  // index of the case
  Location location;
  std::size_t count = 0;
  std::vector<std::optional<double>> blocks;  // trimmed mean of each
  double block_count = 0;                     // those with pairs: R_c
  double between = 0;                         // variance of the blocks' means, from two blocks
};

// Absent when there are fewer than two pairs or a value is not finite.
std::optional<Pairs> ReadPairs(const PairedCase& paired, std::size_t at) {
  Pairs pairs;
  pairs.at = at;
  Values all;
  std::vector<double> means;
  for (const Values& block : paired.blocks) {
    pairs.blocks.emplace_back();
    if (block.empty()) continue;
    const auto location = TrimmedLocation(block, Trim::kPaired);
    if (!location) return std::nullopt;
    pairs.blocks.back() = location->mean;
    means.push_back(location->mean);
    all.insert(all.end(), block.begin(), block.end());
  }
  const auto location = TrimmedLocation(all, Trim::kPaired);
  if (!location || !location->variance) return std::nullopt;
  pairs.location = *location;
  pairs.count = all.size();
  pairs.block_count = static_cast<double>(means.size());
  if (means.size() >= 2) pairs.between = parts::VarianceOf(means);
  return pairs;
}

// Variance over the blocks of the median over the cases, and how many blocks all cases have.
struct BlockMedians {
  double variance = 0;
  std::size_t count = 0;
};
BlockMedians MediansOfBlocks(const std::vector<Pairs>& judged) {
  std::size_t most = 0;
  for (const Pairs& one : judged) most = std::max(most, one.blocks.size());
  std::vector<double> medians;
  for (std::size_t b = 0; b < most; ++b) {
    std::vector<double> means;
    for (const Pairs& one : judged) {
      if (b < one.blocks.size() && one.blocks[b]) means.push_back(*one.blocks[b]);
    }
    if (means.size() != judged.size()) continue;
    if (const auto median = Median(means)) medians.push_back(*median);
  }
  return {medians.size() < 2 ? 0.0 : parts::VarianceOf(medians), medians.size()};
}

SuiteShift PairedSuite(const std::vector<Pairs>& judged, std::span<const VarianceEstimate> errors, double shift,
                       double restart_variance, const GateOptions& options) {
  const auto count = static_cast<double>(judged.size());
  double noise = 0;        // of the median over all pairs
  double block_noise = 0;  // of the median over one block
  double per_block = 0;    // mean of 1/R_c
  for (std::size_t i = 0; i < judged.size(); ++i) {
    noise += std::numbers::pi / 2 * errors[i].variance / (count * count);
    block_noise += std::numbers::pi / 2 * errors[i].variance * judged[i].block_count / (count * count);
    per_block += 1 / (judged[i].block_count * count);
  }
  const BlockMedians blocks = MediansOfBlocks(judged);
  const double seen = std::max(0.0, blocks.variance - block_noise);
  const double shared = std::max(restart_variance, seen) * per_block;
  const double shared_df = seen > restart_variance ? static_cast<double>(blocks.count - 1) : count - 1;
  const double variance = noise + shared;
  const double df = variance * variance / (noise * noise / (count - 1) + shared * shared / shared_df);
  return parts::TestSuite(shift, std::sqrt(variance), df, options);
}

}  // namespace

bool parts::HasPairs(const PairedCase& paired) { return ReadPairs(paired, 0).has_value(); }

std::optional<GateResult> GatePaired(std::span<const PairedCase> cases, const GateOptions& options) {
  return parts::GatePairs(cases, options, {});
}

std::optional<GateResult> parts::GatePairs(std::span<const PairedCase> cases, const GateOptions& options,
                                           const std::optional<double>& given) {
  if (!parts::OptionsInRange(options)) return std::nullopt;
  std::vector<Pairs> judged;
  std::vector<VarianceEstimate> family;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!parts::CaseOptionsInRange(cases[c].tolerance, cases[c].min_effect)) return std::nullopt;
    const auto pairs = ReadPairs(cases[c], c);
    if (!pairs) continue;
    judged.push_back(*pairs);
    // What cases share is the noise of a pair: where they were not asked equally often, the errors differ by design.
    family.push_back({*pairs->location.variance * static_cast<double>(pairs->count), pairs->location.df});
  }
  auto errors = ModerateVariances(family);
  if (!errors) return std::nullopt;
  for (std::size_t i = 0; i < judged.size(); ++i) (*errors)[i].variance /= static_cast<double>(judged[i].count);

  std::vector<SpreadOfCase> spreads;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (judged[i].block_count < 2) continue;
    spreads.push_back({judged[i].between, (*errors)[i].variance * judged[i].block_count, judged[i].block_count - 1});
  }
  double spread_df = 0;
  for (const SpreadOfCase& one : spreads) spread_df += one.df;
  double restart_variance = given.value_or(0.0);
  if (!given && !spreads.empty()) {
    const auto variance = options.trimmed_spread ? TrimmedSessionVariance(spreads) : SessionVariance(spreads);
    if (!variance) return std::nullopt;
    restart_variance = *variance;
  }

  std::vector<CaseInput> inputs;
  std::vector<double> shifts;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    CaseInput input;
    input.shift = judged[i].location.mean;
    input.variance = (*errors)[i].variance + restart_variance / judged[i].block_count;
    input.df = std::min((*errors)[i].df, 3 * static_cast<double>(judged[i].count));
    const double restarts = restart_variance / judged[i].block_count;
    if (options.trimmed_spread && restarts > 0 && spread_df > 0) {  // Satterthwaite: few restarts of few cases
      const double noise = (*errors)[i].variance;
      input.df = input.variance * input.variance / (noise * noise / input.df + restarts * restarts / spread_df);
    }
    input.tolerance = cases[judged[i].at].tolerance;
    input.min_effect = cases[judged[i].at].min_effect;
    inputs.push_back(input);
    shifts.push_back(input.shift);
  }
  const bool blind = !given && spreads.empty();
  auto result = GateCore(inputs, false, blind, options);
  const auto shift = Median(shifts);
  if (!result || !shift) return std::nullopt;
  result->session_variance = restart_variance;
  result->suite = blind || judged.size() < 2 ? parts::TestSuite(*shift, 0, 0, options)
                                             : PairedSuite(judged, *errors, *shift, restart_variance, options);
  std::vector<std::optional<CaseEstimate>> spread(cases.size());
  for (std::size_t i = 0; i < judged.size(); ++i) spread[judged[i].at] = result->cases[i];
  result->cases = std::move(spread);
  return result;
}

}  // namespace assay::stats

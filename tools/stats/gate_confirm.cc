// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>

#include "tools/stats/descriptive.h"
#include "tools/stats/gate.h"
#include "tools/stats/gate_parts.h"

namespace assay::stats {
namespace {

// n times the variance of the middle of n normal values: the reference's for the median, and for the mean of the
// middle half (1.16 for 8 values, 1.2 in the limit).
constexpr double kMedianLoss = 1.57;

double Square(double value) { return value * value; }

// A suspect's two looks as one estimate; absent where a number would not be finite.
std::optional<CaseEstimate> Combine(double shift, double variance, double df, double base_share, double tolerance,
                                    double min_effect, std::size_t family, const GateOptions& options) {
  if (!std::isfinite(variance) || variance <= 0) return std::nullopt;
  CaseEstimate both;
  both.shift = shift;
  both.se = std::sqrt(variance);
  both.df = df;
  both.z = shift / both.se;
  both.base_share = base_share;
  parts::StudentPoints points;
  if (!parts::FinishEstimate(both, tolerance, min_effect, family, options, points)) return std::nullopt;
  both.suspect = true;
  return both;
}

// Whether the second look has every case the first one judged.
template <typename Predicate>
bool MeasuresAll(const GateResult& first, const Predicate& is_measured) {
  for (std::size_t c = 0; c < first.cases.size(); ++c) {
    if (first.cases[c] && !is_measured(c)) return false;
  }
  return true;
}

// For a second look at some cases only: they were chosen for how they look, so neither their median nor their spread
// says anything of the suite.
GateOptions WithoutFamily(GateOptions options) {
  options.centre = false;
  options.guard = false;
  return options;
}

// se^2 of a case's second look. What the guard added to V in the first look, (lambda^2 - 1) V, stands for something V
// does not know, and twice the requests do not make it smaller.
double SecondVariance(const GateResult& first, const GateResult& again, std::size_t c, bool whole, bool guard) {
  const double variance = Square(again.cases[c]->se);
  if (whole || !guard) return variance;
  return variance + Square(first.cases[c]->se) * (1 - 1 / Square(first.LambdaOf(first.cases[c]->shift)));
}

double FirstVariance(const GateResult& first, std::size_t c, bool guard) {
  return Square(first.cases[c]->se) / (guard ? 1 : Square(first.LambdaOf(first.cases[c]->shift)));
}

// What the controls say of the second look's session at the moment a suspect was asked for the last time.
struct Centre {
  double shift = 0;
  double variance = 0;  // by which that of the controls' locations is larger than of all their values
};

// The centre of what has `count` values: in rounds the controls may have been asked for longer, and what the machine
// did since must not be held against it.
class Centres {
 public:
  Centres(std::span<const Values> second, std::span<const std::optional<parts::Head>> heads, const GateResult& again,
          const std::vector<std::size_t>& controls)
      : second_(second), heads_(heads), again_(again), controls_(controls) {}

  const Centre& Of(std::size_t count) {
    const auto [found, inserted] = by_count_.emplace(count, Centre());
    if (inserted) found->second = Make(count);
    return found->second;
  }

 private:
  Centre Make(std::size_t count) const {
    Centre centre;
    std::vector<double> shifts;
    for (const std::size_t c : controls_) {
      double shift = again_.cases[c]->shift;
      const auto then = second_[c].size() > count ? parts::ReadHead(std::span(second_[c]).first(count)) : std::nullopt;
      if (then) {
        shift += then->location.mean - heads_[c]->location.mean;
        centre.variance += std::max(0.0, *then->location.variance - *heads_[c]->location.variance);
      }
      shifts.push_back(shift);
    }
    centre.shift = Median(shifts).value_or(0.0);
    if (!controls_.empty()) centre.variance /= static_cast<double>(controls_.size());
    return centre;
  }

  std::span<const Values> second_;
  std::span<const std::optional<parts::Head>> heads_;
  const GateResult& again_;
  const std::vector<std::size_t>& controls_;
  std::map<std::size_t, Centre> by_count_;
};

// The part of a case's se^2 that more requests make smaller.
double RequestsVariance(const parts::Baseline& baseline, const CaseEstimate& again, std::size_t c) {
  const double of_sessions = baseline.cases[c]->own_session_variance.value_or(baseline.session_variance);
  return std::max(0.0, Square(again.se) * (1 - again.base_share) - of_sessions);
}

template <typename Case>
std::vector<double> MinEffects(std::span<const Case> cases, const GateOptions& options) {
  std::vector<double> effects;
  for (const Case& one : cases) effects.push_back(one.min_effect.value_or(options.min_effect));
  return effects;
}

}  // namespace

double parts::WeightOfFirst(double first, double second, const GateOptions& options) {
  return options.weigh_looks ? second / (first + second) : 0.4;
}

std::vector<std::size_t> Suspects(const GateResult& first) {
  std::vector<std::size_t> suspects;
  for (std::size_t c = 0; c < first.cases.size(); ++c) {
    if (first.cases[c] && first.cases[c]->suspect) suspects.push_back(c);
  }
  return suspects;
}

std::vector<std::size_t> Controls(const GateResult& first, std::size_t count) {
  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < first.cases.size(); ++c) {
    if (first.cases[c]) order.push_back(c);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(first.cases[a]->z) < std::abs(first.cases[b]->z);
  });
  order.resize(std::min(count, order.size()));
  return order;
}

std::optional<ConfirmedGate> ConfirmStored(std::span<const StoredCase> cases, std::span<const Values> second,
                                           const GateOptions& options) {
  if (second.size() != cases.size()) return std::nullopt;
  const auto baseline = parts::ReadBaseline(cases, options);
  if (!baseline) return std::nullopt;
  std::vector<std::optional<parts::Head>> first_heads;
  std::vector<std::optional<parts::Head>> second_heads;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    first_heads.push_back(parts::ReadHead(cases[c].head));
    second_heads.push_back(parts::ReadHead(second[c]));
  }
  auto first = parts::GateOwnHeads(*baseline, cases, first_heads, options);
  if (!first) return std::nullopt;
  first->suite = parts::SuiteOfHeads(*baseline, first_heads, options);

  ConfirmedGate confirmed;
  confirmed.suspects = Suspects(*first);
  confirmed.cases.resize(cases.size());
  confirmed.variances.resize(cases.size());
  const bool whole = MeasuresAll(*first, [&](std::size_t c) { return second_heads[c].has_value(); });
  // The controls are the centre that suspects do not move.
  const std::vector<std::size_t> chosen = Controls(*first, options.controls);
  const auto again = parts::GateHeads(*baseline, cases, second_heads, whole ? options : WithoutFamily(options), nullptr,
                                      parts::MovedBy(*baseline, second_heads, chosen));
  if (again) {
    for (const std::size_t c : chosen) {
      if (again->cases[c]) confirmed.controls.push_back(c);
    }
    double mean_variance = 0;
    double mean_requests = 0;
    double measured = 0;
    for (std::size_t c = 0; c < cases.size(); ++c) {
      if (!again->cases[c] || !first->cases[c]) continue;
      mean_variance += SecondVariance(*first, *again, c, whole, options.guard_second);
      mean_requests += RequestsVariance(*baseline, *again->cases[c], c);
      ++measured;
    }
    Centres centres(second, second_heads, *again, confirmed.controls);
    const double price = options.centre ? kMedianLoss / static_cast<double>(confirmed.controls.size()) : 0;
    for (const std::size_t c : confirmed.suspects) {
      if (!again->cases[c] || (options.centre && confirmed.controls.empty())) continue;
      const Centre of_controls = options.centre ? centres.Of(second[c].size()) : Centre();
      const double centre = of_controls.shift;
      const double centre_variance = (mean_variance / measured + of_controls.variance) * price;
      const CaseEstimate& one = *first->cases[c];
      const CaseEstimate& two = *again->cases[c];
      const double variance_one = FirstVariance(*first, c, options.guard_second);
      const double variance_two = SecondVariance(*first, *again, c, whole, options.guard_second);
      const double base_one = variance_one * one.base_share;
      const double base_two = variance_two * two.base_share;
      const double base_part = std::max(base_one, base_two);
      const double own_one = variance_one - base_one;
      const double own_two = variance_two - base_two + centre_variance;
      const double df = 4 * static_cast<double>(first->family);
      const bool on_its_own = baseline->cases[c] && baseline->cases[c]->on_its_own;
      const double weight = parts::WeightOfFirst(own_one, own_two, options);
      const double variance = base_part + Square(weight) * own_one + Square(1 - weight) * own_two;
      confirmed.cases[c] = Combine(weight * one.shift + (1 - weight) * (two.shift - centre), variance,
                                   on_its_own ? std::min(df, one.df) : df, base_part / variance,
                                   cases[c].tolerance.value_or(options.tolerance),
                                   cases[c].min_effect.value_or(options.min_effect), first->family, options);
      if (!confirmed.cases[c]) continue;
      confirmed.cases[c]->second = two.shift - centre;
      const double requests = RequestsVariance(*baseline, two, c) + mean_requests / measured * price;
      confirmed.variances[c] = LooksVariance{base_part, own_one, own_two, requests};
    }
  }
  if (!parts::AdjustFamily(confirmed.cases, MinEffects(cases, options), first->family, options.alpha)) {
    return std::nullopt;
  }
  confirmed.first = std::move(*first);
  return confirmed;
}

std::optional<ConfirmedGate> ConfirmPaired(std::span<const PairedCase> cases, std::span<const PairedCase> second,
                                           const GateOptions& options) {
  if (second.size() != cases.size()) return std::nullopt;
  auto first = GatePaired(cases, options);
  if (!first) return std::nullopt;
  ConfirmedGate confirmed;
  confirmed.suspects = Suspects(*first);
  confirmed.cases.resize(cases.size());
  const bool whole = MeasuresAll(*first, [&](std::size_t c) { return parts::HasPairs(second[c]); });
  const auto again = whole || first->blind ? parts::GatePairs(second, whole ? options : WithoutFamily(options), {})
                                           : parts::GatePairs(second, WithoutFamily(options), first->session_variance);
  if (again) {
    for (const std::size_t c : confirmed.suspects) {
      if (!again->cases[c]) continue;
      const CaseEstimate& one = *first->cases[c];
      const CaseEstimate& two = *again->cases[c];
      const double variance_one = FirstVariance(*first, c, options.guard_second);
      const double variance_two = SecondVariance(*first, *again, c, whole, options.guard_second);
      const double weight = options.weigh_looks ? variance_two / (variance_one + variance_two) : 1.0 / 3;
      confirmed.cases[c] = Combine(weight * one.shift + (1 - weight) * two.shift,
                                   Square(weight) * variance_one + Square(1 - weight) * variance_two,
                                   options.trimmed_spread ? std::min(60.0, one.df + two.df) : 60.0, 0,
                                   cases[c].tolerance.value_or(options.tolerance),
                                   cases[c].min_effect.value_or(options.min_effect), first->family, options);
      if (confirmed.cases[c]) confirmed.cases[c]->second = two.shift;
    }
  }
  if (!parts::AdjustFamily(confirmed.cases, MinEffects(cases, options), first->family, options.alpha)) {
    return std::nullopt;
  }
  confirmed.first = std::move(*first);
  return confirmed;
}

}  // namespace assay::stats

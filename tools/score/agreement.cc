// SPDX-License-Identifier: MIT
#include "tools/score/agreement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

namespace assay::score {
namespace {

constexpr auto kMarks = static_cast<std::size_t>(run::kMostMark - run::kLeastMark + 1);

std::size_t Place(double mark) {
  const double rounded = std::floor(mark + 0.5) - static_cast<double>(run::kLeastMark);
  return static_cast<std::size_t>(std::clamp(rounded, 0.0, static_cast<double>(kMarks - 1)));
}

}  // namespace

std::optional<Agreement> AgreementOf(std::span<const MarkPair> pairs) {
  if (pairs.empty()) return std::nullopt;
  const auto n = static_cast<double>(pairs.size());
  std::array<double, kMarks> first{};
  std::array<double, kMarks> second{};
  double equal = 0;
  double close = 0;
  double observed = 0;
  for (const auto& [a, b] : pairs) {
    const std::size_t i = Place(a);
    const std::size_t j = Place(b);
    first[i] += 1;
    second[j] += 1;
    const double apart = static_cast<double>(i) - static_cast<double>(j);
    equal += i == j ? 1 : 0;
    close += std::fabs(apart) <= 1 ? 1 : 0;
    observed += apart * apart;
  }
  double expected = 0;
  for (std::size_t i = 0; i < kMarks; ++i) {
    for (std::size_t j = 0; j < kMarks; ++j) {
      const double apart = static_cast<double>(i) - static_cast<double>(j);
      expected += apart * apart * first[i] * second[j] / n;
    }
  }
  Agreement agreement{pairs.size(), equal / n, close / n, std::nullopt};
  if (expected > 0) agreement.kappa = 1 - observed / expected;
  return agreement;
}

std::vector<JudgeAgreement> AgreementWithPeople(const run::Scores& scores) {
  std::set<std::string> judges;
  for (const run::Rater& rater : scores.raters) {
    if (rater.judge) judges.insert(rater.name);
  }
  using Which = std::tuple<std::string, std::string, std::string>;  // case, answer, dimension
  std::map<Which, std::vector<double>> people;
  std::map<std::string, std::map<Which, double>> given;  // judge -> marks
  for (const run::Marked& marked : scores.marks) {
    for (const auto& [dimension, mark] : marked.marks) {
      const Which which{marked.case_id, marked.answer_sha256, dimension};
      if (judges.contains(marked.rater)) {
        given[marked.rater][which] = static_cast<double>(mark);
      } else {
        people[which].push_back(static_cast<double>(mark));
      }
    }
  }
  std::vector<JudgeAgreement> all;
  for (const auto& [judge, marks] : given) {
    std::map<std::string, std::vector<MarkPair>> pairs;
    for (const auto& [which, mark] : marks) {
      const auto found = people.find(which);
      if (found == people.end()) continue;
      const std::vector<double>& several = found->second;
      const double mean = std::accumulate(several.begin(), several.end(), 0.0) / static_cast<double>(several.size());
      pairs[std::get<2>(which)].emplace_back(mean, mark);
    }
    for (const auto& [dimension, own] : pairs) {
      if (const std::optional<Agreement> agreement = AgreementOf(own)) all.push_back({judge, dimension, *agreement});
    }
  }
  return all;
}

}  // namespace assay::score

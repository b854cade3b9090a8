// SPDX-License-Identifier: MIT
#include "tools/compare/run_values.h"

#include <algorithm>
#include <utility>

#include "tools/compare/gate_parts.h"
#include "tools/compare/pair_families.h"
#include "tools/compare/probe_rule.h"

namespace assay::compare {

RunValues::RunValues(const RunSet& runs, const Policy& policy) {
  std::vector<CaseFacts> facts;
  for (const RunSet::Entry& entry : runs.cases()) facts.push_back(FactsOf(*entry.one, *entry.run));
  // A case beside itself: in the families of a pair, with every request its own partner.
  std::vector<PairCase> cases;
  std::size_t loaded = 0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const run::RunCase& one = *runs.cases()[i].one;
    if (facts[i].counting == 0 || IsProbe(one.plan)) continue;
    if (one.plan.scenario.loaded()) {
      ++loaded;
      continue;
    }
    cases.push_back(PairCase{&one, &one, &facts[i], &facts[i], policy.For(one.plan.id), nullptr});
  }
  run::PairInfo whole;
  whole.blocks = {1};
  PairFamilies built = BuildPairFamilies(cases, PairShape{&whole, nullptr, 0}, policy);
  std::size_t zero = 0;
  for (PairFamily& family : built.families) {
    if (!family.gates) continue;
    Family own{family.kind, family.alpha, {}};
    for (PairedSeries& one : family.series) {
      std::vector<double>& values = one.blocks.front().head;
      if (parts::HasZero(values)) {
        ++zero;
        continue;
      }
      own.series.push_back(
          Series{std::move(one.case_id), one.metric, one.min_effect, one.tolerance, std::move(values)});
    }
    if (!own.series.empty()) families_.push_back(std::move(own));
  }
  if (loaded > 0) {
    notes_.push_back(std::to_string(loaded) + " cases under load were left out: their requests wait for each other");
  }
  if (zero > 0) {
    notes_.push_back(std::to_string(zero) + " series have a value that is not above 0 and were left out");
  }
}

std::size_t RunValues::MostValues() const {
  std::size_t most = 0;
  for (const Family& family : families_) {
    for (const Series& one : family.series) most = std::max(most, one.values.size());
  }
  return most;
}

}  // namespace assay::compare

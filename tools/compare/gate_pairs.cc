// SPDX-License-Identifier: MIT
// The gate on a paired run: stats::GatePaired, and stats::ConfirmPaired where a second look was taken.
#include <algorithm>
#include <cmath>
#include <optional>

#include "fixtures/base/result.h"
#include "tools/compare/gate_parts.h"
#include "tools/compare/gate_rule.h"
#include "tools/stats/descriptive.h"
#include "tools/stats/gate.h"

namespace assay::compare {
namespace {

std::size_t PairsIn(const std::vector<PairedSeries::Block>& blocks, bool block_is_pair) {
  std::size_t pairs = 0;
  for (const PairedSeries::Block& block : blocks) {
    const bool both = !block.base.empty() && !block.head.empty();
    pairs += block_is_pair ? (both ? 1 : 0) : block.head.size();
  }
  return pairs;
}

std::size_t Fewest(const PairedSeries& one) { return one.block_is_pair ? kFewestBlockPairs : kFewestPairs; }

std::vector<double> Pooled(const std::vector<PairedSeries::Block>& blocks,
                           std::vector<double> PairedSeries::Block::*side) {
  std::vector<double> values;
  for (const PairedSeries::Block& block : blocks) {
    values.insert(values.end(), (block.*side).begin(), (block.*side).end());
  }
  return values;
}

LatencyFinding Described(const PairedSeries& one, double alpha) {
  const std::vector<double> base = Pooled(one.blocks, &PairedSeries::Block::base);
  const std::vector<double> head = Pooled(one.blocks, &PairedSeries::Block::head);
  LatencyFinding finding;
  finding.metric = one.metric;
  finding.min_effect = one.min_effect;
  finding.tolerance = one.tolerance;
  finding.alpha = alpha;
  finding.n_head = head.size();
  finding.n_base = base.size();
  finding.sessions = static_cast<std::size_t>(
      std::count_if(one.blocks.begin(), one.blocks.end(), [](const auto& block) { return !block.head.empty(); }));
  finding.head_median = stats::Median(head);
  finding.base_median = stats::Median(base);
  return finding;
}

// Of a case that the gate has no estimate for.
void SayWhatIsMissing(const PairedSeries& one, LatencyFinding& finding) {
  const std::size_t pairs = PairsIn(one.blocks, one.block_is_pair);
  if (parts::HasZero(one)) {
    return parts::Refuse(finding, LatencyReason::kZeroTime, "a value that is not above 0 was recorded");
  }
  if (pairs < Fewest(one)) {
    const std::string what = one.block_is_pair ? " blocks of both sides" : " pairs";
    return parts::Refuse(finding, LatencyReason::kTooFewSamples,
                         "too few samples: there are " + std::to_string(pairs) + what + ", " +
                             std::to_string(Fewest(one)) + " are needed");
  }
  parts::Refuse(finding, LatencyReason::kTooFewSamples, "the numbers allow no estimate; measure again");
}

SuiteFinding JudgeSuite(const stats::GateResult& gate, std::size_t blocks, const SuitePolicy& policy) {
  SuiteFinding suite;
  suite.cases = gate.family;
  suite.sessions = blocks;
  suite.why_no_anchors = "the other side of the pair is the yardstick";
  suite.change = std::expm1(gate.suite->shift);
  if (!gate.suite->p) {
    suite.reason = gate.blind
                       ? "nothing was restarted between blocks: what a start does by chance is not in the numbers"
                       : "needs two cases that can be compared, found " + std::to_string(gate.family);
    if (*suite.change >= kUnjudgedSuiteLimit) suite.verdict = SuiteVerdict::kSuiteShift;
    return suite;
  }
  suite.lower = std::expm1(*gate.suite->lower);
  suite.upper = std::expm1(*gate.suite->upper);
  suite.p = gate.suite->shift >= 0 ? *gate.suite->p : *gate.suite->p_faster;
  // A change has to pass both, the test and the smallest effect that counts.
  if (gate.suite->mde) suite.mde = std::max(std::expm1(*gate.suite->mde), policy.min_effect_anchored);
  suite.verdict = SuiteVerdict::kUnchanged;
  if (*suite.p < policy.alpha && std::fabs(*suite.change) >= policy.min_effect_anchored) {
    suite.verdict = *suite.change > 0 ? SuiteVerdict::kSuiteRegression : SuiteVerdict::kSuiteImprovement;
  }
  return suite;
}

// Both looks at a suspect.
void Confirmed(const PairedSeries& one, const stats::CaseEstimate& first, const stats::CaseEstimate& both, double alpha,
               LatencyFinding& finding) {
  finding.first_change = std::expm1(parts::WorseSign(*one.metric) * first.shift);
  finding.n_second = Pooled(one.second_blocks, &PairedSeries::Block::head).size();
  parts::Estimated(*one.metric, both, finding);
  parts::Decide(both, alpha, finding);
}

// What `family` gives to the gate; cases with too few pairs give nothing.
std::vector<stats::PairedCase> Look(std::span<const PairedSeries> family, bool second) {
  std::vector<stats::PairedCase> cases;
  cases.reserve(family.size());
  for (const PairedSeries& one : family) {
    cases.push_back(parts::ToPaired(one, second));
    const auto& blocks = second ? one.second_blocks : one.blocks;
    if (PairsIn(blocks, one.block_is_pair) < Fewest(one)) cases.back().blocks.clear();
  }
  return cases;
}

}  // namespace

FamilyFindings GateRule::JudgePairs(std::span<const PairedSeries> family, const FamilyOptions& asked) const {
  for (const PairedSeries& one : family) {
    for (const PairedSeries::Block& block : one.blocks) {
      ASSAY_CHECK(one.block_is_pair || block.base.size() == block.head.size(), "partners stand at the same place");
    }
  }
  stats::GateOptions options = parts::PairedOptions(asked.alpha);
  options.suite_alpha = asked.suite.alpha;
  const std::vector<stats::PairedCase> cases = Look(family, false);
  const bool second = asked.second_look || std::any_of(family.begin(), family.end(), [](const PairedSeries& one) {
                        return !one.second_blocks.empty();
                      });
  std::optional<stats::ConfirmedGate> confirmed;
  if (second) confirmed = stats::ConfirmPaired(cases, Look(family, true), options);
  std::optional<stats::GateResult> alone;
  if (!confirmed) alone = stats::GatePaired(cases, options);
  const stats::GateResult* const gate = confirmed ? &confirmed->first : alone ? &*alone : nullptr;

  FamilyFindings result;
  result.pairs.reserve(family.size());
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < family.size(); ++i) {
    LatencyFinding finding = Described(family[i], asked.alpha);
    blocks = std::max(blocks, finding.sessions);
    if (gate == nullptr || !gate->cases[i]) {
      SayWhatIsMissing(family[i], finding);
    } else {
      finding.family = gate->family;
      const stats::CaseEstimate& first = *gate->cases[i];
      if (confirmed && confirmed->cases[i]) {
        Confirmed(family[i], first, *confirmed->cases[i], asked.alpha, finding);
      } else {
        parts::Estimated(*family[i].metric, first, finding);
        parts::Decide(first, asked.alpha, finding);
        if (second && first.suspect && first.flagged) {
          parts::Refuse(finding, LatencyReason::kNotConfirmed,
                        "the first look found head slower, and the second look has too few pairs of it; measure it "
                        "again with assay-bench --pair ... --confirm");
        }
      }
      parts::RefuseImplausible("the base", "let the policy report this metric of the case (\"cases\")", finding);
    }
    result.pairs.push_back(std::move(finding));
  }
  if (gate != nullptr && gate->suite) result.suite = JudgeSuite(*gate, blocks, asked.suite);
  return result;
}

}  // namespace assay::compare

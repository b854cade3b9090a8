// SPDX-License-Identifier: MIT
#include "tools/compare/pair_families.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "fixtures/base/result.h"
#include "tools/compare/metric_roles.h"
#include "tools/stats/descriptive.h"

namespace assay::compare {
namespace {

using ByRepetition = std::map<std::int64_t, double>;

ByRepetition ValuesOf(const run::RunCase& one, const run::Metric& metric) {
  ByRepetition values;
  for (const run::Sample& sample : one.samples) {
    if (!sample.counts()) continue;
    if (const std::optional<double> value = metric.value(sample)) values.emplace(sample.repetition, *value);
  }
  return values;
}

std::size_t BlockOf(std::int64_t repetition, const std::vector<std::int64_t>& blocks) {
  std::size_t block = 0;
  for (std::int64_t end = blocks[0]; repetition >= end && block + 1 < blocks.size(); end += blocks[block]) ++block;
  return block;
}

// Values without a partner are dropped, except where whole blocks are held against each other.
std::vector<PairedSeries::Block> Beside(const ByRepetition& base, const ByRepetition& head,
                                        const std::vector<std::int64_t>& blocks, bool block_is_pair) {
  std::vector<PairedSeries::Block> result(blocks.size());
  for (const auto& [repetition, value] : head) {
    PairedSeries::Block& block = result[BlockOf(repetition, blocks)];
    const auto partner = base.find(repetition);
    if (!block_is_pair && partner == base.end()) continue;
    block.head.push_back(value);
    if (!block_is_pair) block.base.push_back(partner->second);
  }
  if (block_is_pair) {
    for (const auto& [repetition, value] : base) result[BlockOf(repetition, blocks)].base.push_back(value);
  }
  return result;
}

std::size_t Count(const std::vector<PairedSeries::Block>& blocks, std::vector<double> PairedSeries::Block::*side) {
  std::size_t count = 0;
  for (const PairedSeries::Block& block : blocks) count += (block.*side).size();
  return count;
}

// Fills `series` when the pair can be compared; else the finding says why not.
bool Prepare(const PairCase& one, const PairShape& shape, const run::Metric& metric, PairedSeries& series,
             LatencyFinding& finding) {
  const auto refuse = [&](LatencyReason code, std::string reason) {
    finding.verdict = Verdict::kCannotTell;
    finding.code = code;
    finding.reason = std::move(reason);
    return false;
  };
  const ByRepetition base = ValuesOf(*one.base, metric);
  const ByRepetition head = ValuesOf(*one.head, metric);
  finding.n_base = base.size();
  finding.n_head = head.size();
  finding.base_median = stats::Median(MetricValues(*one.base, metric));
  finding.head_median = stats::Median(MetricValues(*one.head, metric));
  if (base.empty() && head.empty()) {
    return refuse(LatencyReason::kMetricAbsent, "not defined for this case, neither in the base nor in the head");
  }
  if (head.empty()) return refuse(LatencyReason::kMetricAbsent, "no sample of the head has it");
  if (base.empty()) return refuse(LatencyReason::kMetricAbsent, "no sample of the base has it");
  // The sides' loads are one block each, one after the other. That is a single pair, and a request of one has no
  // partner in the other.
  if (one.base->plan.scenario.loaded() || one.head->plan.scenario.loaded()) {
    return refuse(LatencyReason::kTooFewSamples,
                  "under load each side was asked in one block, and how far two such blocks lie apart by chance is not "
                  "known; let the policy only report this case, or compare the head with accepted sessions");
  }
  if (DependsOnTokenCounts(metric)) {
    if (one.head_facts->token_sources.size() > 1 || one.base_facts->token_sources.size() > 1) {
      return refuse(LatencyReason::kTokenSourceDiffers, "the tokens of one side come from different sources");
    }
    if (one.head_facts->TokenSource() != one.base_facts->TokenSource()) {
      return refuse(LatencyReason::kTokenSourceDiffers,
                    "tokens are counted by '" + std::string(run::ToString(one.head_facts->TokenSource())) +
                        "', in the base by '" + std::string(run::ToString(one.base_facts->TokenSource())) + "'");
    }
  }
  if (DependsOnLength(metric) && (one.head_facts->completion_tokens != one.base_facts->completion_tokens ||
                                  one.head_facts->completion_tokens.size() > 1)) {
    return refuse(LatencyReason::kCompletionTokensDiffer,
                  "answers of different length: " + TokenCounts(one.head_facts->completion_tokens) +
                      " tokens, in the base " + TokenCounts(one.base_facts->completion_tokens));
  }
  series.case_id = one.head->plan.id;
  series.metric = &metric;
  series.block_is_pair = shape.first->order == run::PairOrder::kBlocks;
  series.blocks = Beside(base, head, shape.first->blocks, series.block_is_pair);
  if (one.second != nullptr && shape.second != nullptr) {
    series.second_blocks = Beside(ValuesOf(*one.second->base, metric), ValuesOf(*one.second->head, metric),
                                  shape.second->blocks, series.block_is_pair);
  }
  finding.n_base = Count(series.blocks, &PairedSeries::Block::base);
  finding.n_head = Count(series.blocks, &PairedSeries::Block::head);
  if (finding.n_head == 0 || finding.n_base == 0) {
    return refuse(LatencyReason::kTooFewSamples, "too few samples: no request of the head has its partner in the base");
  }
  return true;
}

std::int64_t PlannedPairs(const PairCase& one) { return std::max(one.base_facts->planned, one.head_facts->planned); }

// A side that was cut short may have stopped because it got slow: what is there may be worse, not all right.
void MarkIncomplete(const PairCase& one, LatencyFinding& finding) {
  if (!Incomplete(one) || finding.verdict == Verdict::kRegressed || finding.verdict == Verdict::kCannotTell) return;
  const auto side = [](const char* name, const CaseFacts& facts) {
    if (!facts.Incomplete()) return std::string();
    return std::string(", ") + name + " has " + std::to_string(facts.counting) + " of " +
           std::to_string(facts.planned) + (facts.failed > 0 ? " (" + facts.Outcomes() + ")" : "");
  };
  finding.verdict = Verdict::kCannotTell;
  finding.code = LatencyReason::kIncomplete;
  finding.reason = "only " + std::to_string(CompletePairs(*one.base, *one.head)) + " of " +
                   std::to_string(PlannedPairs(one)) + " pairs are complete" + side("the base", *one.base_facts) +
                   side("the head", *one.head_facts);
}

// Whole latencies come last: whether they stand in for the time per token hangs on whether there is one.
void AddCase(std::size_t i, const PairCase& one, const PairShape& shape, const Policy& policy,
             std::map<FamilyKind, PairFamily>& gated, std::map<FamilyKind, PairFamily>& shown,
             std::vector<LatencyFinding>& findings) {
  findings.resize(policy.metrics.size());
  bool has_time_per_token = false;
  for (const bool whole : {false, true}) {
    for (std::size_t k = 0; k < policy.metrics.size(); ++k) {
      const run::Metric& metric = *policy.metrics[k].metric;
      if ((metric.value == run::E2eMs) != whole) continue;
      const PairPolicy rules = policy.Of(policy.metrics[k], one.policy);
      LatencyFinding& finding = findings[k];
      finding.metric = &metric;
      finding.gates = rules.gates;
      finding.min_effect = rules.min_effect;
      finding.tolerance = rules.tolerance;
      PairedSeries series;
      series.min_effect = rules.min_effect;
      series.tolerance = rules.tolerance;
      const bool ready = Prepare(one, shape, metric, series, finding);
      finding.decides = finding.gates && !(whole && has_time_per_token && !rules.gate_stated);
      if (!ready) continue;
      if (metric.value == run::TpotMs) has_time_per_token = finding.gates;
      const FamilyKind kind = KindOf(metric, finding.decides, rules.gate_stated);
      PairFamily& family = (finding.decides ? gated : shown)[kind];
      family.kind = kind;
      family.gates = finding.decides;
      family.places.push_back(PairPlace{i, k});
      family.series.push_back(std::move(series));
    }
  }
}

}  // namespace

std::size_t CompletePairs(const run::RunCase& base, const run::RunCase& head) {
  std::map<std::int64_t, int> counting;
  for (const run::Sample& sample : base.samples) {
    if (sample.counts()) counting[sample.repetition] = 1;
  }
  std::size_t pairs = 0;
  for (const run::Sample& sample : head.samples) {
    if (sample.counts() && counting.contains(sample.repetition)) ++pairs;
  }
  return pairs;
}

bool Incomplete(const PairCase& one) {
  const auto pairs = static_cast<std::int64_t>(CompletePairs(*one.base, *one.head));
  return one.base_facts->Incomplete() || one.head_facts->Incomplete() || pairs < PlannedPairs(one);
}

PairFamilies BuildPairFamilies(std::span<const PairCase> cases, const PairShape& shape, const Policy& policy) {
  PairFamilies result;
  result.findings.resize(cases.size());
  std::map<FamilyKind, PairFamily> gated;
  std::map<FamilyKind, PairFamily> shown;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    AddCase(i, cases[i], shape, policy, gated, shown, result.findings[i]);
  }
  for (auto* families : {&gated, &shown}) {
    for (auto& [kind, family] : *families) {
      family.alpha = policy.alpha / static_cast<double>(families->size());
      result.families.push_back(std::move(family));
    }
  }
  return result;
}

LatencyFindings JudgePairedLatency(std::span<const PairCase> cases, const PairShape& shape, const Policy& policy,
                                   const LatencyRule& rule) {
  PairFamilies built = BuildPairFamilies(cases, shape, policy);
  LatencyFindings result;
  result.cases = std::move(built.findings);
  for (const PairFamily& family : built.families) {
    const double alpha = family.alpha * (1 - shape.early_alpha_share);
    FamilyFindings judged = rule.JudgePairs(family.series, FamilyOptions{alpha, policy.suite, shape.second != nullptr});
    ASSAY_CHECK(judged.pairs.size() == family.series.size(), "a rule must give one finding per series");
    for (std::size_t i = 0; i < family.places.size(); ++i) {
      LatencyFinding& finding = result.cases[family.places[i].one][family.places[i].metric];
      judged.pairs[i].gates = finding.gates;
      judged.pairs[i].decides = finding.decides;
      judged.pairs[i].kind = family.kind;
      finding = std::move(judged.pairs[i]);
    }
    // Of a kind that gates and is also shown for other cases, the part that gates speaks for all.
    const bool spoken = std::any_of(result.suite.begin(), result.suite.end(),
                                    [&](const SuiteFinding& suite) { return suite.kind == family.kind; });
    if (!judged.suite || spoken) continue;
    judged.suite->kind = family.kind;
    judged.suite->gates = family.gates && policy.suite.gate;
    result.suite.push_back(std::move(*judged.suite));
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (LatencyFinding& finding : result.cases[i]) MarkIncomplete(cases[i], finding);
    SettleWhoDecides(result.cases[i]);
    MarkTooNoisy(policy.max_mde, true, result.cases[i]);
  }
  return result;
}

}  // namespace assay::compare

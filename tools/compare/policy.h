// SPDX-License-Identifier: MIT
// The thresholds a comparison is judged by, kept in version control as policy.json (format: policy.md beside this
// file). Reading refuses unknown keys, unknown metrics and numbers out of range. Whether every rule matches something
// is asked by the comparison, which knows the cases (CheckPolicyMatches).
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/summary.h"
#include "tools/compare/determinism_level.h"
#include "tools/compare/quality_rule.h"
#include "tools/compare/suite_policy.h"
#include "tools/compare/validity.h"

namespace assay::compare {

inline constexpr std::int64_t kPolicySchemaVersion = 1;

// What a question without a baseline means for the exit code.
enum class NoBaseline { kCannotTell, kReport };

struct MetricPolicy {
  const run::Metric* metric = nullptr;  // never null in a policy that was read
  bool gate = true;                     // false: shown, decides nothing
  bool gate_stated = false;             // the file says `"gate": true`: e2e_ms then gates also beside tpot_ms
  std::optional<double> min_effect;     // share, e.g. 0.05; absent = the policy's
  std::optional<double> tolerance;      // share: tests against a slowdown of this much; absent = the policy's
};

// An absolute limit: `p50 of ttft_ms <= 500`.
struct Budget {
  std::string match;  // glob over case ids; "*" for all
  const run::Metric* metric = nullptr;
  double quantile = 0.5;
  double limit = 0;
  bool gate = true;
};

struct QuarantineEntry {
  std::string match;
  std::string until;  // YYYY-MM-DD, the last day it holds
  std::string reason;
};

// States only what differs for the cases its glob matches, and for the metric when it names one.
struct CaseRule {
  std::string match;
  const run::Metric* metric = nullptr;  // null: every metric
  std::optional<double> min_effect;
  std::optional<double> tolerance;
  // false: shown only. true: with a metric, it gates there; without one, takes back a false and leaves the metrics
  // their own `gate`.
  std::optional<bool> latency;
  std::optional<DeterminismLevel> determinism;   // never with a metric
  std::optional<double> quality_tolerance = {};  // likewise
};

// What holds for one case after its rules were applied; of one metric of the case: Policy::Of.
struct CasePolicy {
  struct OfMetric {  // from rules that name it
    const run::Metric* metric = nullptr;
    std::optional<double> min_effect;
    std::optional<double> tolerance;
    std::optional<bool> gate;
  };
  std::optional<double> min_effect;  // beats the metric's
  std::optional<double> tolerance;   // likewise
  bool latency = true;               // false: no metric gates unless a rule names it
  DeterminismLevel determinism = DeterminismLevel::kExact;
  std::optional<double> quality_tolerance;  // beats the policy's
  std::vector<OfMetric> metrics;            // beat all others; mostly empty
};

// What holds for one metric of one case.
struct PairPolicy {
  double min_effect = 0;  // share
  double tolerance = 0;   // share
  bool gates = true;
  bool gate_stated = false;  // gates in so many words: e2e_ms also beside tpot_ms
};

struct Policy {
  std::string source;  // the file, or "built-in defaults"
  double alpha = 0.05;
  double min_effect = 0.05;
  double tolerance = 0;
  double max_mde = 2;  // share: where a slowdown of more than this could have been missed, nothing is `unchanged`
  SuitePolicy suite;
  NoBaseline latency_no_baseline = NoBaseline::kCannotTell;
  std::vector<MetricPolicy> metrics;  // the latencies, in the order of the metric registry
  // Throughput and load time: one number per session. Always all of them, in the order of the registry; each gates only
  // where the file says so.
  std::vector<MetricPolicy> session_metrics;
  DeterminismLevel determinism = DeterminismLevel::kExact;
  double determinism_alpha = 0.05;  // of level rate, over all cases that have it
  NoBaseline determinism_no_baseline = NoBaseline::kCannotTell;
  QualityPolicy quality;
  ValidityPolicy validity;
  std::vector<run::Limit> goodput;  // in the order of the metric registry; empty = goodput is not asked for
  std::vector<Budget> budgets;
  std::vector<QuarantineEntry> quarantine;
  std::vector<CaseRule> cases;

  // A rule that names a metric beats one that does not; of several of one kind that match and state the same key the
  // last one wins.
  CasePolicy For(std::string_view case_id) const;
  // `one` is For(case id). A rule with the metric, a rule without, the metric, the policy: the first that states it.
  PairPolicy Of(const MetricPolicy& metric, const CasePolicy& one) const;
  double MinEffect(const MetricPolicy& metric, const CasePolicy& one) const { return Of(metric, one).min_effect; }
};

// That each case rule, budget and quarantine entry matches one of the cases. kInvalidInput with the first that does
// not: a renamed prompt must not lose its rule in silence.
base::Status CheckPolicyMatches(const Policy& policy, std::span<const std::string_view> case_ids);

// Gates ttft_ms, tpot_ms and, where a case has no time per token, e2e_ms at alpha 0.05 and 5 %, answers exactly; shows
// throughput and load time; DefaultValidity; no goodput, no budgets.
Policy DefaultPolicy();
base::Result<Policy> ParsePolicy(const run::Json& value, const std::string& where);
base::Result<Policy> ReadPolicy(const std::filesystem::path& path);

}  // namespace assay::compare

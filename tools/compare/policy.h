// SPDX-License-Identifier: MIT
// The thresholds a comparison is judged by, kept in version control as policy.json (format:
// policy.md beside this file). Reading refuses unknown keys, unknown metrics and numbers out of
// range. Whether every case rule matches something is checked by the comparison, which knows the
// cases.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/summary.h"
#include "tools/compare/validity.h"

namespace assay::compare {

inline constexpr std::int64_t kPolicySchemaVersion = 1;

// What a question without a baseline means for the exit code.
enum class NoBaseline { kCannotTell, kReport };
enum class DeterminismLevel { kExact, kOff };
std::string_view ToString(DeterminismLevel level);

struct MetricPolicy {
  const run::Metric* metric = nullptr;  // never null in a policy that was read
  bool gate = true;                     // false: shown, decides nothing
  std::optional<double> min_effect;     // share, e.g. 0.05; absent = the policy's
};

// States only what differs for the cases its glob matches.
struct CaseRule {
  std::string match;
  std::optional<double> min_effect;
  std::optional<bool> latency;
  std::optional<DeterminismLevel> determinism;
};

// What holds for one case after its rules were applied.
struct CasePolicy {
  std::optional<double> min_effect;  // beats the metric's
  bool latency = true;
  DeterminismLevel determinism = DeterminismLevel::kExact;
};

struct Policy {
  std::string source;  // the file, or "built-in defaults"
  double alpha = 0.05;
  double min_effect = 0.05;
  NoBaseline latency_no_baseline = NoBaseline::kCannotTell;
  std::vector<MetricPolicy> metrics;  // in the order of the metric registry
  DeterminismLevel determinism = DeterminismLevel::kExact;
  NoBaseline determinism_no_baseline = NoBaseline::kCannotTell;
  ValidityPolicy validity;
  std::vector<run::Limit> goodput;  // in the order of the metric registry; empty = goodput is not asked for
  std::vector<CaseRule> cases;

  // Of several matching rules that state the same key the last one wins.
  CasePolicy For(std::string_view case_id) const;
  double MinEffect(const MetricPolicy& metric, const CasePolicy& one) const;
};

// Gates e2e_ms, ttft_ms and tpot_ms at alpha 0.05 and 5 %, answers exactly; DefaultValidity; no goodput.
Policy DefaultPolicy();
base::Result<Policy> ParsePolicy(const run::Json& value, const std::string& where);
base::Result<Policy> ReadPolicy(const std::filesystem::path& path);

}  // namespace assay::compare

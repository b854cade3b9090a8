// SPDX-License-Identifier: MIT
// A run against its baselines under a policy: the model every report renders. Nothing is lost on
// the way: a case that was planned, or that the baseline knows, ends up with a named status, and
// only what was looked at can pass.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fixtures/run/pair.h"
#include "tools/compare/baseline_store.h"
#include "tools/compare/budgets.h"
#include "tools/compare/case_facts.h"
#include "tools/compare/determinism_rule.h"
#include "tools/compare/latency_rule.h"
#include "tools/compare/policy.h"
#include "tools/compare/quality_rule.h"
#include "tools/compare/quarantine.h"
#include "tools/compare/run_set.h"
#include "tools/compare/selection.h"
#include "tools/compare/validity.h"

namespace assay::compare {

enum class CaseStatus {
  kMeasured,
  kFailed,          // a request failed and the case could not be measured to its end
  kMissing,         // planned without a sample, or known to the baseline and not planned
  kNew,             // measured, but neither question has a baseline
  kRequestChanged,  // measured, but with another request than the baseline's
};
std::string_view ToString(CaseStatus status);

struct CaseComparison {
  std::string id;
  std::string model;
  std::string alias;
  std::string prompt;
  std::optional<run::ProbeKind> probe;  // a probe has answers to judge, and no latency
  CaseStatus status = CaseStatus::kMeasured;
  std::string outcome;  // class of the failure, e.g. "timeout"; empty unless failed
  std::string reason;   // why failed or missing
  CaseFacts facts;

  std::vector<LatencyFinding> latency;  // one per metric of the policy; empty when not measured
  Verdict latency_verdict = Verdict::kCannotTell;
  bool latency_decides = false;
  std::vector<BudgetFinding> budgets;  // in the policy's order
  std::optional<Quarantined> quarantine;
  std::string paired_with;                    // id of the base case; empty unless a pair was compared
  std::optional<DeterminismFinding> answers;  // absent when not measured
  std::vector<QualityFinding> quality;        // scores of the answers; part of their verdict
  Verdict answers_verdict = Verdict::kCannotTell;
  bool answers_decide = false;

  Verdict verdict = Verdict::kCannotTell;  // over the questions asked
  bool decides = false;                    // false: the policy only wants it shown

  // Its quarantine holds today: it decides nothing.
  bool quarantined() const { return quarantine && !quarantine->expired; }
  bool measured() const { return status != CaseStatus::kFailed && status != CaseStatus::kMissing; }
};

struct ComparedRun {
  std::string directory;
  run::ServiceInfo service;
  run::Provenance provenance;
  run::Validity validity;
  std::vector<run::ModelInfo> models;
  std::optional<run::MachineInfo> machine;  // these two: absent in files of before
  std::optional<run::Overhead> overhead;
};

// What a second look should measure, for assay-bench --confirm.
struct SecondLookPlan {
  std::vector<std::string> suspects;  // case ids; never empty
  std::vector<std::string> controls;  // stored mode only
  std::int64_t repetitions = 0;       // per case
  bool in_rounds = false;             // as a first run was
};

struct Comparison {
  run::Environment environment;
  std::vector<ComparedRun> runs;
  std::vector<std::string> baselines;  // folders, as given
  // Variant -> which of them its answers were looked up in; the first where none has them yet.
  std::map<std::string, std::size_t> outputs_folder;
  std::string policy_source;
  double alpha = 0;
  Selection selection;
  std::vector<CaseComparison> cases;  // the selected ones, by variant: as planned, then the missing ones
  std::vector<SuiteFinding> suite;    // of all cases, selected or not; empty when latency was not asked for
  std::size_t cases_in_family = 0;    // all that were looked at, selected or not
  bool latency_baseline = false;      // every variant of the run has one for this environment
  std::vector<std::string> without_latency_baseline;  // variants
  std::vector<run::Warning> warnings;                 // of the runs, about the selected cases or the whole run
  std::vector<JudgedFlag> flags;                      // likewise, raised or not
  std::optional<run::PairInfo> pair;                  // of a paired run: base against head, no baseline
  std::optional<SecondLookPlan> second_look;          // worth taking; absent when there is no suspect or it was taken
  std::vector<std::string> second_looks;              // directories that were taken into account
  Verdict verdict = Verdict::kCannotTell;  // of what decides; where nothing does it stays, with the exit code 0
  int exit_code = 3;                       // 0, 1 or 3: design.md section 7
};

struct CompareRequest {
  const RunSet* runs = nullptr;
  const RunSet* second = nullptr;  // the second look; null: the first one only
  std::vector<std::filesystem::path> baselines;
  const Policy* policy = nullptr;
  Selection selection;
  std::string today;  // YYYY-MM-DD, UTC: what ends a quarantine
};

// kUsage and kInvalidInput for a selection or a case rule that matches nothing, for baselines that cannot be read, and
// for a second look that belongs to other runs.
base::Result<Comparison> Compare(const CompareRequest& request, const LatencyRule& rule);

}  // namespace assay::compare

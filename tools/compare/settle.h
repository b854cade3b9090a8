// SPDX-License-Identifier: MIT
// Between two rounds of a run: which cases need not be asked any more. Builds the families a comparison would build and
// asks stats/sequential.h; what a case did before is in the run, nothing else is remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/paired_runs.h"
#include "tools/compare/policy.h"
#include "tools/compare/run_set.h"

namespace assay::compare {

enum class Settlement { kCannotRegress, kRegressed };
std::string_view ToString(Settlement settlement);  // "cannot_regress", "regressed"

struct SettledCase {
  std::string id;
  Settlement why = Settlement::kCannotRegress;
};

struct SettleOptions {
  std::size_t look = 1;  // from 1
  std::size_t looks = 1;
  double early_alpha_share = 0;       // part of alpha that the looks before the last may spend, 0..1
  std::optional<std::int64_t> n_max;  // requests per case at the last look; absent = what the run planned
};

// A case is settled only when it is in every family it decides in: regressed when it regressed in one of them, and
// cannot_regress when it can in none. A case without a baseline, with a failed request, with another request than its
// baseline's, or of whom no latency decides is never settled: what is missing of it can only be found out by asking on.
// Nothing is settled at the last look. kUsage: numbers out of range; else as Compare.
base::Result<std::vector<SettledCase>> Settle(const RunSet& runs, const std::vector<std::filesystem::path>& baselines,
                                              const Policy& policy, const SettleOptions& options);
// Of a second look while it is measured: `runs` are those it belongs to, whole, `second` is what it has so far. Settled
// is a suspect that both looks together will hardly flag, and a control that no suspect waits for; never kRegressed, so
// early_alpha_share plays no part. Nothing is settled where the suite as a whole, or a variant, is in question. kUsage
// as above, and for a second look of other runs.
base::Result<std::vector<SettledCase>> SettleSecondLook(const RunSet& runs, const RunSet& second,
                                                        const std::vector<std::filesystem::path>& baselines,
                                                        const Policy& policy, const SettleOptions& options);
// Of a paired run; the ids are the head's.
base::Result<std::vector<SettledCase>> SettlePair(const PairedRuns& pair, const Policy& policy,
                                                  const SettleOptions& options);

}  // namespace assay::compare

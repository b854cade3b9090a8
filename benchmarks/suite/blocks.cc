// SPDX-License-Identifier: MIT
#include "benchmarks/suite/blocks.h"

#include <algorithm>

#include "benchmarks/suite/pair_order.h"
#include "fixtures/embedded/scenario.h"

namespace assay::suite {
namespace {

// A short block costs more for warming than it has requests; six draws bring the error of their mean down to two
// fifths.
constexpr std::int64_t kRepetitionsOfABlock = 5;
constexpr std::int64_t kMostBlocks = 6;

base::Error Usage(std::string what) { return {base::ErrorCode::kUsage, std::move(what), ""}; }

}  // namespace

bool AnotherBlockFollows(const std::vector<std::int64_t>& blocks, std::int64_t repetitions) {
  std::int64_t end = 0;
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
    end += blocks[i];
    if (end == repetitions) return true;
  }
  return false;
}

bool GoesOnAlike(const std::string& scenario) {
  const base::Result<embedded::Scenario> played = embedded::LoadScenario(scenario);
  return played.ok() && std::ranges::all_of(played->faults, [](const embedded::Fault& fault) {
           return fault.kind == embedded::FaultKind::kSlowDecode && fault.after == 0 && fault.times == 0;
         });
}

base::Result<std::vector<std::int64_t>> BlocksOf(const Options& options, std::int64_t repetitions,
                                                 const run::ServiceInfo& service, session::Renewal renewal) {
  std::int64_t blocks = 1;
  if (options.restarts) {
    blocks = *options.restarts;
    if (blocks > repetitions) {
      return Usage("--restarts=" + std::to_string(blocks) + " is more than the " + std::to_string(repetitions) +
                   " repetitions; every block needs one");
    }
    if (blocks > 1 && renewal == session::Renewal::kNone) {
      return Usage("--restarts=" + std::to_string(blocks) +
                   ": it is not for this run to stop the service or to unload its models; leave --restarts out, or let "
                   "the run start the service (--service=auto or embedded)");
    }
  } else if (service.kind == "embedded" && renewal == session::Renewal::kRestart &&
             GoesOnAlike(options.played_scenario)) {
    blocks = std::clamp<std::int64_t>(repetitions / kRepetitionsOfABlock, 1, kMostBlocks);
  }
  return CutIntoBlocks(repetitions, blocks);
}

}  // namespace assay::suite

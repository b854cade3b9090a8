// SPDX-License-Identifier: MIT
#include <limits>
#include <ostream>

#include "fixtures/base/files.h"
#include "fixtures/run/pair.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/compare/gate_rule.h"
#include "tools/compare/self_check.h"
#include "tools/report/self_check_report.h"

namespace assay::cli {
namespace {

constexpr std::int64_t kMostSplits = 100'000;

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

}  // namespace

base::Result<int> SelfCheckCommand(const Options& options, std::ostream& out) {
  for (const char* other : {"baselines", "confirm", "confirm-if-there", "case", "model", "prompt", "question",
                            "markdown", "ctest", "today"}) {
    if (options.Has(other)) {
      return Usage(std::string("--self splits the run and compares it with itself; leave --") + other + " out");
    }
  }
  ASSAY_TRY(const std::vector<std::filesystem::path> directories, options.RequiredPaths("run"));
  for (const std::filesystem::path& directory : directories) {
    if (run::IsPair(directory)) {
      return Usage("--self splits one run, and this is a pair: name a side of it, " + (directory / "base").string() +
                   " or " + (directory / "head").string());
    }
  }
  compare::SelfCheckOptions check;
  ASSAY_TRY(const std::optional<std::int64_t> splits, options.WholeNumber("splits", 1, kMostSplits));
  ASSAY_TRY(const std::optional<std::int64_t> seed,
            options.WholeNumber("seed", 0, std::numeric_limits<std::int64_t>::max()));
  if (splits) check.splits = static_cast<std::size_t>(*splits);
  if (seed) check.seed = static_cast<std::uint64_t>(*seed);
  ASSAY_TRY(const compare::Policy policy, PolicyOf(options));
  ASSAY_TRY(const compare::RunSet runs, compare::RunSet::Read(directories));
  ASSAY_TRY(const compare::SelfCheck result, compare::CheckSelf(runs, policy, compare::GateRule(), check));
  report::WriteSelfCheckTerminal(result, out);
  if (const std::optional<std::string> file = options.Value("json")) {
    ASSAY_RETURN_IF_ERROR(
        base::WriteFileAtomically(*file, [&](std::ostream& text) { report::WriteSelfCheckJson(result, text); }));
  }
  return int{result.TooManyAlarms() ? kCannotTell : kGood};
}

}  // namespace assay::cli

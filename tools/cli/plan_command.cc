// SPDX-License-Identifier: MIT
#include <ostream>

#include "fixtures/base/files.h"
#include "fixtures/run/pair.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/compare/request_plan.h"
#include "tools/report/request_plan_report.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay plan --run DIR [--run DIR ...] --effect 5% [options]\n\n"
    "How many requests per case does it take to see an effect? Answers from the noise in a run and, with baselines, "
    "from\n"
    "how far their sessions lie apart; for stored sessions and for pairs, each without and with a second look.\n"
    "Ends with 0, with 2 on wrong usage or unreadable input.";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay plan --run build/run --effect 5%\n"
    "  assay plan --run build/run --baselines baselines --policy policy.json --effect 10% --power 90% --json "
    "plan.json\n";

// A slowdown above this is seen without a plan, and a power of all needs requests without end.
constexpr double kLargestEffect = 10;
constexpr double kLargestPower = 1;

void Declare(Options& options) {
  options.AddValue("run", "DIR", "run directory; several are planned together", true);
  options.AddValue("baselines", "DIR", "folder of baselines: how far sessions lie apart; without it 5 are assumed",
                   true);
  options.AddValue("policy", "FILE", "thresholds; see assay compare --policy");
  options.AddValue("effect", "PERCENT", "the slowdown that is to be seen, such as 5%");
  options.AddValue("power", "PERCENT", "in how many of the comparisons, such as 80% (which it is when left out)");
  options.AddValue("json", "FILE", "also write the plan as JSON");
}

}  // namespace

base::Result<int> PlanCommand(const std::vector<std::string>& args, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_TRY(const bool parsed, ParseOrHelp(args, options, out));
  if (!parsed) return int{kGood};
  ASSAY_TRY(const std::vector<std::filesystem::path> directories, options.RequiredPaths("run"));
  ASSAY_TRY(const std::string needed, options.Required("effect"));
  ASSAY_TRY(const std::optional<double> effect, options.Share("effect", 0, kLargestEffect));
  ASSAY_TRY(const std::optional<double> power, options.Share("power", 0, kLargestPower));
  for (const std::filesystem::path& directory : directories) {
    if (!run::IsPair(directory)) continue;
    return base::Error{base::ErrorCode::kUsage,
                       "this is a pair, and a plan is made from one run: name a side of it, " +
                           (directory / "base").string() + " or " + (directory / "head").string(),
                       ""};
  }
  compare::PlanOptions plan;
  if (effect) plan.effect = *effect;
  if (power) plan.power = *power;
  ASSAY_TRY(const compare::Policy policy, PolicyOf(options));
  ASSAY_TRY(const compare::RunSet runs, compare::RunSet::Read(directories));
  ASSAY_TRY(const compare::RequestPlan result, compare::PlanRequests(runs, options.Paths("baselines"), policy, plan));
  report::WriteRequestPlanTerminal(result, out);
  if (const std::optional<std::string> file = options.Value("json")) {
    ASSAY_RETURN_IF_ERROR(
        base::WriteFileAtomically(*file, [&](std::ostream& text) { report::WriteRequestPlanJson(result, text); }));
  }
  return int{kGood};
}

}  // namespace assay::cli

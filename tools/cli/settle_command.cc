// SPDX-License-Identifier: MIT
#include <ostream>

#include "fixtures/run/pair.h"
#include "fixtures/run/run_directory.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/compare/settle.h"
#include "tools/report/settled_json.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay settle --run DIR --baselines DIR [--baselines DIR ...] --look I --looks N --early-alpha-share "
    "SHARE\n\n"
    "For programs: assay-bench --repetitions=auto calls it after each round of a run that is still being written, "
    "with\n"
    "--first for a second look. Says which cases need not be asked any more, because their verdict cannot change or "
    "is\n"
    "sure already, so that the chance of a false alarm stays as stated. One line of JSON\n"
    "(tools/report/verdict_format.md):\n"
    "  {\"schema_version\":1,\"settled\":[{\"case\":ID,\"why\":\"cannot_regress\"}, ...]}\n"
    "why: cannot_regress or regressed. Ends with 0, with 2 on wrong usage or unreadable input.";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay settle --run build/run --baselines baselines --look 1 --looks 3 --early-alpha-share 0.1\n"
    "  assay settle --run build/again --first build/run --baselines baselines --look 1 --looks 4 --early-alpha-share "
    "0\n";

constexpr std::int64_t kMostLooks = 1000;
constexpr std::int64_t kMostRequests = 1'000'000;

void Declare(Options& options) {
  options.AddValue("run", "DIR", "directory of a run, or of a pair, that is still being written");
  options.AddValue("baselines", "DIR",
                   "folder of baselines; of several the first that has a variant's file counts; none "
                   "for a pair",
                   true);
  options.AddValue("first", "DIR", "the run is the second look of this one; repeat it for each run of the first look",
                   true);
  options.AddValue("policy", "FILE", "thresholds; see assay compare --policy");
  options.AddValue("look", "I", "which look this is, from 1");
  options.AddValue("looks", "N", "how many are planned");
  options.AddValue("early-alpha-share", "SHARE", "part of alpha, 0 to 1, that the looks before the last may spend");
  options.AddValue("most", "N", "requests per case when it is never settled; without it what the run planned");
}

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

base::Result<compare::SettleOptions> SettleOptionsOf(const Options& options) {
  for (const char* name : {"look", "looks", "early-alpha-share"}) {
    ASSAY_TRY(const std::string needed, options.Required(name));
  }
  compare::SettleOptions settle;
  ASSAY_TRY(const std::optional<std::int64_t> looks, options.WholeNumber("looks", 1, kMostLooks));
  ASSAY_TRY(const std::optional<std::int64_t> look, options.WholeNumber("look", 1, *looks));
  ASSAY_TRY(const std::optional<double> share, options.PlainShare("early-alpha-share"));
  ASSAY_TRY(settle.n_max, options.WholeNumber("most", 1, kMostRequests));
  settle.look = static_cast<std::size_t>(*look);
  settle.looks = static_cast<std::size_t>(*looks);
  settle.early_alpha_share = *share;
  return settle;
}

}  // namespace

base::Result<int> SettleCommand(const std::vector<std::string>& args, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_TRY(const bool parsed, ParseOrHelp(args, options, out));
  if (!parsed) return int{kGood};
  ASSAY_TRY(const std::string directory, options.Required("run"));
  ASSAY_TRY(const compare::SettleOptions settle, SettleOptionsOf(options));
  ASSAY_TRY(const compare::Policy policy, PolicyOf(options));
  std::vector<compare::SettledCase> settled;
  if (run::IsPair(directory)) {
    if (options.Has("baselines")) {
      return Usage("a pair is judged by its other side; leave --baselines out for " + directory);
    }
    if (options.Has("first")) return Usage("a pair has no rounds in its second look; leave --first out");
    ASSAY_TRY(const compare::PairedRuns pair, compare::PairedRuns::ReadInterim(directory));
    ASSAY_TRY(settled, compare::SettlePair(pair, policy, settle));
  } else {
    ASSAY_TRY(const std::vector<std::filesystem::path> baselines, options.RequiredPaths("baselines"));
    std::vector<run::Run> runs;
    ASSAY_TRY(run::Run one, run::ReadInterimRun(directory));
    runs.push_back(std::move(one));
    ASSAY_TRY(const compare::RunSet set, compare::RunSet::Create(std::move(runs)));
    if (options.Has("first")) {
      ASSAY_TRY(const std::vector<std::filesystem::path> directories, options.RequiredPaths("first"));
      ASSAY_TRY(const compare::RunSet first, compare::RunSet::Read(directories));
      ASSAY_TRY(settled, compare::SettleSecondLook(first, set, baselines, policy, settle));
    } else {
      ASSAY_TRY(settled, compare::Settle(set, baselines, policy, settle));
    }
  }
  report::WriteSettledJson(settled, out);
  return int{kGood};
}

}  // namespace assay::cli

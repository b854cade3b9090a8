// SPDX-License-Identifier: MIT
#include <chrono>
#include <map>
#include <ostream>
#include <string>

#include "fixtures/base/clock.h"
#include "fixtures/base/text.h"
#include "tools/cli/ci.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/compare/accept.h"
#include "tools/compare/prune.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay accept --run DIR [--run DIR ...] --baselines DIR --reason TEXT [options]\n"
    "       assay accept --prune --run DIR [--run DIR ...] --baselines DIR [--case GLOB ...] [--only outputs|latency]"
    "\n\n"
    "Makes runs the new baseline: their answers, and their latency as one more session of this "
    "environment.\n"
    "Failed, missing, interrupted and nondeterministic cases are refused, and then nothing is "
    "written.\n"
    "--prune accepts nothing and removes what the suite does not have any more: cases of the run's variants that the "
    "run "
    "did\n"
    "not plan, from the answers and from the latencies of every environment. Of a run that asked a part of its suite "
    "say "
    "with\n"
    "--case which may go.\n"
    "In CI (CI, GITHUB_ACTIONS, TF_BUILD, ... is set; ASSAY_CI=on|off beats them) nothing is written at all: it ends "
    "with 2\n"
    "and the command to type at a desk.";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay accept --run build/run --baselines baselines --reason \"first baseline\"\n"
    "  assay accept --run build/run --baselines baselines --only outputs --case 'chat/*/capital/*' "
    "--reason \"new template\"\n"
    "  assay accept --prune --run build/run --baselines baselines\n";

void Declare(Options& options) {
  options.AddValue("run", "DIR", "run directory; several are accepted together", true);
  options.AddValue("baselines", "DIR", "folder of baselines to update; created when it is not there");
  options.AddValue("reason", "TEXT", "why this run is right; kept with what it accepts");
  options.AddValue("only", "outputs|latency", "accept only this part");
  options.AddValue("case", "GLOB", "accept, or remove, only these cases", true);
  options.AddValue("policy", "FILE", "cases whose answers it does not gate are accepted for their latency only");
  options.AddFlag("prune", "remove the cases that the baselines have and the run did not plan");
}

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

base::Result<int> PruneBaselines(const Options& options, const compare::AcceptRequest& asked,
                                 const std::vector<std::filesystem::path>& directories, std::ostream& out) {
  for (const char* of_accepting : {"reason", "policy"}) {
    if (!options.Has(of_accepting)) continue;
    return Usage(std::string("--prune removes and accepts nothing; leave --") + of_accepting + " out");
  }
  // Which cases were planned is all that is asked of the run.
  ASSAY_TRY(const compare::RunSet runs,
            compare::RunSet::Read(directories, compare::OnlyJudged(compare::DefaultPolicy())));
  ASSAY_TRY(const compare::PruneSummary summary,
            compare::Prune(runs, {asked.baselines, asked.outputs, asked.latency, asked.cases}));
  for (const compare::PrunedCase& one : summary.removed) {
    out << "removed " << base::EscapeForTerminal(one.id) << " from " << base::EscapeForTerminal(one.file.string())
        << "\n";
  }
  for (const std::filesystem::path& path : summary.deleted) {
    out << "deleted " << base::EscapeForTerminal(path.string()) << ", which had no case left\n";
  }
  if (summary.removed.empty()) out << "nothing to remove: the run planned every case that the baselines have\n";
  return int{kGood};
}

}  // namespace

base::Result<int> AcceptCommand(const std::vector<std::string>& args, const Surroundings& around, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_TRY(const bool parsed, ParseOrHelp(args, options, out));
  if (!parsed) return int{kGood};
  ASSAY_TRY(const std::vector<std::filesystem::path> directories, options.RequiredPaths("run"));
  compare::AcceptRequest request;
  ASSAY_TRY(request.baselines, options.Required("baselines"));
  if (!options.Has("prune")) {
    ASSAY_TRY(request.reason, options.Required("reason"));
  }
  ASSAY_TRY(const std::optional<std::string> only, options.OneOf("only", {"outputs", "latency"}));
  request.outputs = !only || *only == "outputs";
  request.latency = !only || *only == "latency";
  request.cases = options.Values("case");
  request.at = base::UtcTimestamp(std::chrono::system_clock::now());
  ASSAY_RETURN_IF_ERROR(RefuseInCi(around.environment, "accept", args));
  if (options.Has("prune")) return PruneBaselines(options, request, directories, out);
  ASSAY_TRY(request.policy, PolicyOf(options));
  ASSAY_TRY(const compare::RunSet runs, compare::RunSet::Read(directories));
  ASSAY_TRY(const compare::AcceptSummary summary, compare::Accept(runs, request));

  out << "accepted " << summary.cases << (summary.cases == 1 ? " case" : " cases") << ": answers "
      << summary.answers_new << " new, " << summary.answers_changed << " changed, " << summary.answers_unchanged
      << " unchanged; latency sessions " << summary.sessions_added << " added, " << summary.sessions_replaced
      << " replaced\n";
  if (summary.scored > 0) out << "scores of " << summary.scored << (summary.scored == 1 ? " case\n" : " cases\n");
  std::map<std::string, std::size_t> left_out;  // by reason, which is said once
  for (const compare::NotAccepted& one : summary.latency_left_out) ++left_out[one.reason];
  for (const auto& [reason, cases] : left_out) {
    out << "left out the latency of " << cases << (cases == 1 ? " case: " : " cases: ")
        << base::EscapeForTerminal(reason) << "\n";
  }
  for (const std::filesystem::path& path : summary.written) {
    out << "wrote " << base::EscapeForTerminal(path.string()) << "\n";
  }
  return int{kGood};
}

}  // namespace assay::cli

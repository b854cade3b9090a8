// SPDX-License-Identifier: MIT
#include <chrono>
#include <map>
#include <ostream>
#include <string>

#include "fixtures/base/clock.h"
#include "fixtures/base/text.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/compare/accept.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay accept --run DIR [--run DIR ...] --baselines DIR --reason TEXT [options]\n\n"
    "Makes runs the new baseline: their answers, and their latency as one more session of this "
    "environment.\n"
    "Failed, missing, interrupted and nondeterministic cases are refused, and then nothing is "
    "written.";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay accept --run build/run --baselines baselines --reason \"first baseline\"\n"
    "  assay accept --run build/run --baselines baselines --only outputs --case 'chat/*/capital/*' "
    "--reason \"new template\"\n";

void Declare(Options& options) {
  options.AddValue("run", "DIR", "run directory; several are accepted together", true);
  options.AddValue("baselines", "DIR", "folder of baselines to update; created when it is not there");
  options.AddValue("reason", "TEXT", "why this run is right; kept with what it accepts");
  options.AddValue("only", "outputs|latency", "accept only this part");
  options.AddValue("case", "GLOB", "accept only these cases", true);
  options.AddValue("policy", "FILE", "cases whose answers it does not gate are accepted for their latency only");
}

}  // namespace

base::Result<int> AcceptCommand(const std::vector<std::string>& args, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_TRY(const bool parsed, ParseOrHelp(args, options, out));
  if (!parsed) return int{kGood};
  ASSAY_TRY(const std::vector<std::filesystem::path> directories, options.RequiredPaths("run"));
  compare::AcceptRequest request;
  ASSAY_TRY(request.baselines, options.Required("baselines"));
  ASSAY_TRY(request.reason, options.Required("reason"));
  ASSAY_TRY(const std::optional<std::string> only, options.OneOf("only", {"outputs", "latency"}));
  request.outputs = !only || *only == "outputs";
  request.latency = !only || *only == "latency";
  request.cases = options.Values("case");
  request.at = base::UtcTimestamp(std::chrono::system_clock::now());
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

// SPDX-License-Identifier: MIT
#include "benchmarks/suite/rounds.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <span>
#include <utility>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/run/json.h"

namespace assay::suite {
namespace {

constexpr auto kDeadline = std::chrono::seconds(60);
// Tenths of the most requests, and the fewest: a trimmed mean of latencies of fewer keeps too few values.
using Look = std::pair<std::int64_t, std::int64_t>;
constexpr Look kEarlyLooks[] = {{4, 8}, {6, 12}};
constexpr Look kEarlySecondLooks[] = {{2, 8}, {3, 12}, {5, 20}};

std::vector<std::int64_t> Looks(std::span<const Look> early, std::int64_t most) {
  std::vector<std::int64_t> looks;
  for (const auto& [tenths, fewest] : early) {
    const std::int64_t look = std::max(fewest, most * tenths / 10);
    if (look < most && (looks.empty() || look > looks.back())) looks.push_back(look);
  }
  looks.push_back(most);
  return looks;
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

base::Error NotUnderstood(const std::string& why) {
  return {base::ErrorCode::kContent, "its answer cannot be read (" + why + "); are both programs of one version?", ""};
}

// {"schema_version":1,"settled":[{"case":ID,"why":"cannot_regress"|"regressed"}]}
base::Result<std::vector<run::Rounds::Stop>> StopsFromText(const std::string& text) {
  const base::Result<run::Json> json = run::ParseJson(text, "assay settle");
  if (!json.ok()) return NotUnderstood(json.error().what);
  run::JsonFields fields(*json, "assay settle", "");
  fields.RequireSchemaVersion(1);
  const run::JsonArray& settled = fields.RequiredArray("settled");
  if (const base::Status status = fields.Finish(); !status.ok()) return NotUnderstood(status.error().what);
  std::vector<run::Rounds::Stop> stops;
  for (const run::Json& one : settled) {
    run::JsonFields stop(one, "assay settle", "settled");
    run::Rounds::Stop& added = stops.emplace_back();
    added.case_id = stop.RequiredString("case");
    added.why = stop.RequiredString("why");
    if (stop.ok() && added.why != "cannot_regress" && added.why != "regressed") {
      stop.Fail("why", "should be cannot_regress or regressed, found '" + base::EscapeForTerminal(added.why) + "'");
    }
    if (const base::Status status = stop.Finish(); !status.ok()) return NotUnderstood(status.error().what);
  }
  return stops;
}

}  // namespace

// Which simulation recommends (tools/stats/sequential.h).
std::vector<std::int64_t> LooksFor(std::int64_t most) { return Looks(kEarlyLooks, most); }
std::vector<std::int64_t> SecondLooksFor(std::int64_t most) { return Looks(kEarlySecondLooks, most); }

base::Status HasFirstRuns(const std::vector<std::filesystem::path>& directories) {
  // Without them the second look would be judged as a run of its own.
  if (directories.empty()) {
    return base::Error{
        base::ErrorCode::kUsage,
        "--repetitions=auto judges a second look together with the first run, and the verdict names none; "
        "make it anew with `assay compare --json FILE`, or say how many repetitions",
        ""};
  }
  for (const std::filesystem::path& directory : directories) {
    std::error_code ec;
    if (std::filesystem::exists(directory / "run.json", ec)) continue;
    return base::Error{base::ErrorCode::kUsage,
                       "--repetitions=auto judges a second look together with the first run, which is not where the "
                       "verdict says; call this from the folder that `assay compare` was called from, or say how many "
                       "repetitions",
                       base::ToUtf8(directory)};
  }
  return {};
}

base::Result<bool> HasBaselines(const std::vector<std::filesystem::path>& baselines,
                                const std::optional<std::filesystem::path>& policy) {
  std::error_code ec;
  if (policy && !std::filesystem::is_regular_file(*policy, ec)) {
    return base::Error{base::ErrorCode::kUsage,
                       "--policy: there is no such file; name the one `assay compare` judges by",
                       base::ToUtf8(*policy)};
  }
  bool any = false;
  for (const std::filesystem::path& folder : baselines) {
    if (std::filesystem::exists(folder, ec) && !std::filesystem::is_directory(folder, ec)) {
      return base::Error{base::ErrorCode::kUsage,
                         "--baselines: this is no folder; name the one that `assay accept` writes into",
                         base::ToUtf8(folder)};
    }
    any = any || std::filesystem::is_directory(folder / "latency", ec);
  }
  return any;
}

RoundJudge::RoundJudge(RoundOptions options, const std::vector<run::PlannedCase>& cases,
                       std::filesystem::path directory, std::function<base::Status()> interim)
    : options_(std::move(options)),
      cases_(cases),
      directory_(std::move(directory)),
      interim_(std::move(interim)),
      looks_(options_.first_runs.empty() ? LooksFor(options_.most) : SecondLooksFor(options_.most)) {
  if (!options_.run) options_.run = [](const process::Command& command) { return process::Run(command, kDeadline); };
}

base::Result<std::vector<run::Rounds::Stop>> RoundJudge::Judge(std::size_t look) {
  ASSAY_RETURN_IF_ERROR(interim_());
  process::Command command{base::ToUtf8(options_.assay), {"settle", "--run=" + base::ToUtf8(directory_)}, {}};
  for (const std::filesystem::path& first : options_.first_runs) {
    command.arguments.push_back("--first=" + base::ToUtf8(first));
  }
  for (const std::filesystem::path& folder : options_.baselines) {
    command.arguments.push_back("--baselines=" + base::ToUtf8(folder));
  }
  if (options_.policy) command.arguments.push_back("--policy=" + base::ToUtf8(*options_.policy));
  command.arguments.push_back("--look=" + std::to_string(look));
  command.arguments.push_back("--looks=" + std::to_string(looks_.size()));
  command.arguments.push_back("--early-alpha-share=" + Number(EarlyAlphaShare()));
  ASSAY_TRY(const process::Completed done, options_.run(command));
  if (done.exit_code != 0) {
    return base::Error{
        base::ErrorCode::kUnavailable,
        "it ended with " + std::to_string(done.exit_code) + ": " + std::string(base::Trim(done.standard_error)),
        command.ToString()};
  }
  return StopsFromText(done.standard_output);
}

// Phases and groups of models are disjoint: each case is judged at each look once, when its own phase has come so far,
// so that the looks of all of them together spend no more than those of one.
std::vector<std::size_t> RoundJudge::Between(const Round& round) {
  if (gave_up_ || round.phase == Phase::kUnderLoad || round.repetitions == 0 || round.open.empty()) return {};
  if (options_.cancelled && options_.cancelled()) return {};
  const auto found = std::ranges::find(looks_, round.repetitions);
  if (found == looks_.end() || round.repetitions == looks_.back()) return {};
  const auto look = static_cast<std::size_t>(found - looks_.begin()) + 1;
  base::Result<std::vector<run::Rounds::Stop>> stops = Judge(look);
  if (!stops.ok()) {
    gave_up_ = true;
    if (stops.error().code == base::ErrorCode::kCancelled) return {};
    warnings_.push_back(
        {"rounds_not_judged", "",
         "after " + std::to_string(round.repetitions) +
             " repetitions `assay settle` could not tell which cases are settled, all were asked to the "
             "end: " +
             stops.error().Message()});
    return {};
  }
  judged_.insert(round.repetitions);
  std::vector<std::size_t> settled;
  for (run::Rounds::Stop& stop : *stops) {
    const auto open = std::ranges::find_if(round.open, [&](std::size_t at) { return cases_[at].id == stop.case_id; });
    if (open == round.open.end() || std::ranges::count(settled, *open) > 0) continue;
    settled.push_back(*open);
    saved_ += options_.most - round.repetitions;
    stop.repetitions = round.repetitions;
    stops_.push_back(std::move(stop));
  }
  return settled;
}

std::optional<run::Rounds> RoundJudge::Finish(std::int64_t planned) const {
  if (judged_.empty()) return std::nullopt;
  run::Rounds rounds;
  rounds.looks.assign(judged_.begin(), judged_.end());
  rounds.looks.push_back(looks_.back());
  // A look that was not judged could not spend its part.
  rounds.early_alpha_share =
      EarlyAlphaShare() * static_cast<double>(judged_.size()) / static_cast<double>(looks_.size() - 1);
  rounds.planned_requests = planned;
  rounds.asked_requests = planned - saved_;
  rounds.stops = stops_;
  return rounds;
}

std::vector<run::Warning> RoundJudge::TakeWarnings() { return std::exchange(warnings_, {}); }

}  // namespace assay::suite

// SPDX-License-Identifier: MIT
// --repetitions=auto: after some of the rounds `assay settle` is asked which cases need no more requests. Knows nothing
// of the statistics: it hands over what was measured so far and believes the answer. Where that cannot be had every
// case is asked to the end. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "benchmarks/suite/between_rounds.h"
#include "fixtures/base/result.h"
#include "fixtures/process/process.h"
#include "fixtures/run/looks.h"
#include "fixtures/run/run_directory.h"

namespace assay::suite {

// The part of alpha that the looks before the last may spend together.
inline constexpr double kEarlyAlphaShare = 0.1;
// Three fifths of the fixed plan of 20 that it was simulated against: what stays open is better asked in a second look,
// another session, which spends its requests on a few cases.
inline constexpr std::int64_t kDefaultMostRepetitions = 12;
// Fewer leave no early look.
inline constexpr std::int64_t kFewestMostRepetitions = 10;

// Repetitions after which the cases are judged; the last is `most`.
std::vector<std::int64_t> LooksFor(std::int64_t most);
// The same of a second look.
std::vector<std::int64_t> SecondLooksFor(std::int64_t most);

// kUsage when a run that a second look has to be judged with is not where its verdict says.
base::Status HasFirstRuns(const std::vector<std::filesystem::path>& directories);

// Whether there is any latency to judge by; looked at before anything is started. kUsage for a folder of baselines that
// is a file, and for a policy that is not there.
base::Result<bool> HasBaselines(const std::vector<std::filesystem::path>& baselines,
                                const std::optional<std::filesystem::path>& policy);

struct RoundOptions {
  std::int64_t most = kDefaultMostRepetitions;
  std::filesystem::path assay;                         // the program that judges
  std::vector<std::filesystem::path> first_runs = {};  // those that this run is the second look of; empty = it is none
  std::vector<std::filesystem::path> baselines;
  std::optional<std::filesystem::path> policy;
  std::function<bool()> cancelled;
  // Empty = as a process, with a deadline. Tests have their own.
  std::function<base::Result<process::Completed>(const process::Command&)> run;
};

class RoundJudge final : public BetweenRounds {
 public:
  // `cases` are those of the run; `interim` writes them down for the judge, as far as they are measured, into
  // `directory`. Both outlive this.
  RoundJudge(RoundOptions options, const std::vector<run::PlannedCase>& cases, std::filesystem::path directory,
             std::function<base::Status()> interim);

  std::vector<std::size_t> Between(const Round& round) override;

  // `planned` = requests with every case asked to the end. Absent when no look was judged: then the run is an ordinary
  // one.
  std::optional<run::Rounds> Finish(std::int64_t planned) const;
  // Why cases were asked to the end although nobody knows whether they had to be.
  std::vector<run::Warning> TakeWarnings();

 private:
  base::Result<std::vector<run::Rounds::Stop>> Judge(std::size_t look);
  // Nothing of a second look is sure before its end.
  double EarlyAlphaShare() const { return options_.first_runs.empty() ? kEarlyAlphaShare : 0; }

  RoundOptions options_;
  const std::vector<run::PlannedCase>& cases_;
  std::filesystem::path directory_;
  std::function<base::Status()> interim_;
  std::vector<std::int64_t> looks_;
  std::set<std::int64_t> judged_;  // of `looks_`
  std::vector<run::Rounds::Stop> stops_;
  std::int64_t saved_ = 0;
  bool gave_up_ = false;
  std::vector<run::Warning> warnings_;
};

}  // namespace assay::suite

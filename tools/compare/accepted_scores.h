// SPDX-License-Identifier: MIT
// The scores of a case as a baseline keeps them, and their JSON (format page: baseline_format.md). They stand beside
// the accepted answers, not in them: a case whose answers nobody compares has scores all the same. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"
#include "fixtures/run/scores.h"

namespace assay::compare {

// One kind of score: which, and how often each value came. A share of the scale, 0 to 1.
struct AcceptedSeries {
  run::ScoreSource source = run::ScoreSource::kAutomatic;
  std::string dimension;                // empty for the automatic one
  std::optional<run::JudgeInfo> judge;  // of a judge's
  std::map<double, std::int64_t> counts;

  std::vector<double> Values() const;
  double Mean() const;  // of at least one value
  friend bool operator==(const AcceptedSeries&, const AcceptedSeries&) = default;
};

struct AcceptedScores {
  std::string fingerprint;    // of the request
  std::string expect_sha256;  // of what the prompt expected; empty = nothing
  std::string at;             // UTC time of the acceptance
  std::string reason;
  std::vector<AcceptedSeries> series;  // never empty

  // Everything but when and why.
  bool SameContent(const AcceptedScores& other) const;
};

// Values are rounded to 1e-6: they are shares of a few checks or means of a few marks.
AcceptedSeries AcceptedSeriesOf(const run::ScoreSeries& series);

run::Json ToJson(const AcceptedScores& scores);
base::Result<AcceptedScores> AcceptedScoresFromJson(const run::Json& value, const std::string& where,
                                                    const std::string& path);

}  // namespace assay::compare

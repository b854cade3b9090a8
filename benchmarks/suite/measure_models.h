// SPDX-License-Identifier: MIT
// From models that are resolved and cached to a run on disk: loads them in groups, measures our own overhead, probes,
// fits prompts, measures, writes.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "benchmarks/suite/answer_keeper.h"
#include "benchmarks/suite/case_failures.h"
#include "benchmarks/suite/options.h"
#include "benchmarks/suite/progress.h"
#include "fixtures/base/result.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/session/session.h"

namespace assay::suite {

struct Ended {
  std::optional<base::Error> error;  // to be said; absent: a run was written
  std::optional<int> exit_code;      // absent: what the error means for a service
};

struct MeasureModels {
  const Options& options;
  session::Session& session;
  Progress& progress;
  std::function<void(const std::vector<std::string>& lines)> tell;
  std::ostream& out;
  std::ostream& err;
  std::optional<run::SecondLook> second_look = {};  // the run is one
  ExpectedAnswers expected = {};
  std::vector<std::filesystem::path> first_runs = {};  // of a second look

  // `cases` learn their failures and what was asked in the end.
  Ended Run(const std::vector<catalogue::ResolvedModel>& models, Cases& cases);
};

}  // namespace assay::suite

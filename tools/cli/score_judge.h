// SPDX-License-Identifier: MIT
// Asks a model for marks of a run's answers: hands over to assay-bench, which alone knows services, and reads what it
// recorded.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/run_directory.h"
#include "tools/score/judge.h"

namespace assay::cli {

struct JudgeRequest {
  std::string model;               // alias or variant, as assay-bench --models takes it
  std::vector<std::string> flags;  // more of assay-bench, e.g. --service=embedded
  score::Dimensions dimensions;
};

// Leaves the judge's own run in DIR/judge, which replaces one that is there. An error when assay-bench cannot be found
// or cannot measure; `out` is told what is asked.
base::Result<score::Judgement> AskJudge(const run::Run& run, const score::Subjects& subjects,
                                        const JudgeRequest& request, std::ostream& out);

}  // namespace assay::cli

// SPDX-License-Identifier: MIT
// The annotation file: answers with empty marks for a person to fill in, and what was filled in (format:
// fixtures/run/scores_format.md).
#pragma once

#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"
#include "fixtures/run/scores.h"
#include "tools/score/subjects.h"

namespace assay::score {

inline constexpr const char* kAnnotationFile = "annotations.json";

run::Json Template(const Subjects& subjects, const Dimensions& dimensions);

struct Annotations {
  std::string rater;
  std::vector<run::Marked> marks;  // of answers that were marked in at least one dimension
  std::int64_t unmarked = 0;       // answers without any
};

// kInvalidInput with file, path and what to do: no rater, no mark at all, a mark that is none, an answer that `run`
// does not have.
base::Result<Annotations> ReadAnnotations(const run::Json& file, const std::string& where, const run::Run& run);

}  // namespace assay::score

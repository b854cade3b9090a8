// SPDX-License-Identifier: MIT
// The answers of a run that can be marked: each distinct answer of a case once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"
#include "fixtures/run/run_directory.h"

namespace assay::score {

struct Subject {
  std::string case_id;
  std::int64_t requests = 0;  // measured, answered so
  run::Json question;         // the messages as they were sent
  run::Answer answer;         // with its text
};

struct Subjects {
  std::vector<Subject> answers;  // cases as planned, answers in the order they came
  std::int64_t hashed = 0;       // answers that are left out: the run keeps only their hashes
};

// kIo, kInvalidInput: answers.jsonl cannot be read any more.
base::Result<Subjects> SubjectsOf(const run::Run& run);

// Dimensions to mark, with what each means.
using Dimensions = std::map<std::string, std::string>;
// Coherence, factuality, brevity: the workshop's rubric.
const Dimensions& UsualDimensions();
// "tone=is it polite?" or "tone". kUsage for a name that cannot be one.
base::Status AddDimension(const std::string& stated, Dimensions& dimensions);

}  // namespace assay::score

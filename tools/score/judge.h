// SPDX-License-Identifier: MIT
// A model as a judge of another one's answers: the prompts it is asked and the marks in what it says. Nothing is asked
// here. Answers and judgements are hostile text: the one is fenced and cut, the other searched in linear time. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"
#include "fixtures/run/run_directory.h"
#include "fixtures/run/scores.h"
#include "tools/score/subjects.h"

namespace assay::score {

// Of the template: a change of a single word is another version, and its marks are another scale.
inline constexpr std::int64_t kTemplateVersion = 1;
inline constexpr const char* kJudgeFolder = "judge";  // in the run directory: prompts.json and the judge's own run
inline constexpr std::size_t kMostJudged = 12'000;  // characters of a question or an answer; more is cut in the middle

// One prompt of prompts.json per answer, in their order; ids "a0", "a1", ...
run::Json JudgePrompts(const Subjects& subjects, const Dimensions& dimensions);

// The marks in what a judge said, of these dimensions; empty when there are none. From the last flat JSON object that
// has any; else from the lines that name a dimension and then a number from 1 to 5 ("Coherence: 4/5"), where all of
// them agree.
std::map<std::string, std::int64_t> ParseMarks(std::string_view said, const Dimensions& dimensions);

struct Judgement {
  run::Rater rater;
  std::vector<run::Marked> marks;  // of answers with at least one
  std::int64_t unread = 0;         // answers the judge said something to that holds no marks
  std::int64_t unanswered = 0;     // answers it was asked about in vain
};

// What the judge's own run says of the subjects it was asked about. kInvalidInput when that run is not one model asked
// these prompts.
base::Result<Judgement> ReadJudgement(const run::Run& judge, const Subjects& subjects, const Dimensions& dimensions);

}  // namespace assay::score

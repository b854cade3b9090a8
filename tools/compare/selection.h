// SPDX-License-Identifier: MIT
// Which cases and questions of a comparison are reported and decide its exit code. The statistics
// always see everything: a selection never changes a verdict.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/verdict.h"

namespace assay::compare {

struct Selection {
  std::vector<std::string> cases;    // globs over case ids
  std::vector<std::string> models;   // variants or aliases
  std::vector<std::string> prompts;  // ids
  std::optional<Question> question;  // absent = both

  bool Asks(Question one) const { return !question || *question == one; }
};

// What a selection looks at.
struct CaseAddress {
  std::string id;
  std::string model;
  std::string alias;
  std::string prompt;
};

// True for each case that matches one of every kind given. kUsage names the glob, model, prompt or
// model x prompt pair that matches nothing.
base::Result<std::vector<bool>> Select(const Selection& selection, std::span<const CaseAddress> cases);

}  // namespace assay::compare

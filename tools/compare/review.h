// SPDX-License-Identifier: MIT
// What a person decides about answers that are not the accepted ones: which cases there are to decide about, and the
// rejections, which are kept beside the run (review.json, format page: review_format.md). Acceptances are accept.h's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "tools/compare/comparison.h"

namespace assay::compare {

inline constexpr std::int64_t kReviewSchemaVersion = 1;

// The case with this answer as its most frequent one: another answer is another question.
struct Rejection {
  std::string case_id;
  std::string answer_sha256;
  std::string at;  // UTC
};

class Rejections {
 public:
  // Of DIR/review.json; none where there is no such file. kInvalidInput with file and place when it cannot be read.
  static base::Result<Rejections> Read(const std::filesystem::path& run_directory);

  bool Has(std::string_view case_id, std::string_view answer_sha256) const;
  // Takes the place of an older one of the case.
  void Add(Rejection rejection);
  // True when there was one of the case.
  bool Remove(std::string_view case_id);
  base::Status Write() const;
  const std::filesystem::path& path() const { return path_; }
  const std::vector<Rejection>& entries() const { return entries_; }

 private:
  explicit Rejections(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  std::vector<Rejection> entries_;  // in the order they were made
};

// True for a case whose answer is changed, disagrees with itself, is new or belongs to a changed request, unless the
// policy does not look at its answers.
bool NeedsReview(const CaseComparison& one);
// Its most frequent answer; the case must need a review.
const std::string& ReviewedAnswer(const CaseComparison& one);

}  // namespace assay::compare
